"""What was looked for, kind by kind: how often with which result, in which words nothing was found, which limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from forensics.model import Result, Stage, Tool
from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.explained import Explained, Kind, dotted, lettered, ref_ranges
from forensics.reporter.finding_table import is_plain
from forensics.reporter.front import kind_name
from forensics.reporter.item_range import item_ranges
from forensics.reporter.page_frame import sentence_in
from forensics.reporter.wording import Words


def kinds(key: Explained, number: Said, *, words: Words) -> Section:
    """Builds the section that every table of findings refers to."""
    blocks: list[Block] = [Paragraph(words.say("kinds.intro", part=words.part("limits")))]
    columns = tuple(Column(words.say(f"kinds.column_{name}"), share) for name, share in (("kind", 26), ("limits", 74)))
    for stage in Stage:
        here = [kind for kind in key.kinds.values() if kind.stage is stage]
        if here:
            blocks.append(Paragraph(words.say(f"stage.{stage.value}"), "strong"))
            blocks.append(Table(columns, tuple(_row(kind, words) for kind in here), "fine"))
    return Section("observations-kinds", number, words.say("kinds.title"), tuple(blocks))


def _row(kind: Kind, words: Words) -> tuple[Said, ...]:
    counted = Counter(one.found.finding.result for one in kind.shown)
    results = [words.say("kinds.result", result=words.say(f"result.{one.value}"), n=counted[one]) for one in Result]
    title = words.say("kinds.numbered", mark=kind.number, text=kind_name(kind.name, words))
    left = [title, words.show(kind.name), words.listed(results), *_tools(kind, words)]
    said = numbered(kind.limits, kind.number, separator=words.say("word.sentence_space"), words=words)
    right = [words.join([words.label("observations.limits"), said]), *_statements(kind, words)]
    return (words.join(left, "\n"), words.join(right, "\n"))


def numbered(
    sentences: Mapping[Said, int], number: int, *, separator: str, words: Words, is_limit: bool = True
) -> Said:
    """Writes sentences one after the other, each behind its number."""
    write = dotted if is_limit else lettered
    lines = (words.say("kinds.numbered", mark=write(number, place), text=text) for text, place in sentences.items())
    return words.join(lines, separator) or words.say("word.none")


def _tools(kind: Kind, words: Words) -> Iterator[Said]:
    """Names the programs by which a kind was examined; where they differ, with the records of each."""
    used: dict[tuple[Said, ...], list[str]] = {}
    for one in kind.shown:
        finding = one.found.finding
        tools = tuple(tool_name(tool, words) for tool in (finding.analyzer, *finding.tools))
        used.setdefault(tools, []).append(one.found.ref)
    for tools, refs in used.items():
        said = words.listed(tools)
        if len(used) > 1:
            said = words.say("observations.tools_text", tools=said, refs=ref_ranges(refs, words))
        yield words.join([words.label("observations.tools"), said])


def tool_name(tool: Tool, words: Words) -> Said:
    """Names a tool with its version and the beginning of its digest, where there is one."""
    name = words.join([tool.name, tool.version], " ")
    return words.say("word.tool_digest", tool=name, digest=words.short_digest(tool.digest)) if tool.digest else name


def _statements(kind: Kind, words: Words) -> Iterator[Said]:
    """Gives each sentence by which nothing was found, with the items to which it applies."""
    said: dict[Said, dict[str, None]] = {}
    for one in kind.shown:
        if is_plain(one, words):
            said.setdefault(sentence_in(one.found, words, hide=one.is_hidden), {})[one.item] = None
    for text, items in said.items():
        yield words.say("kinds.statement", items=_items(items, words), text=text)


def _items(items: Mapping[str, None], words: Words) -> Said:
    named = item_ranges([one for one in items if one], words)
    return words.listed(filter(None, [named, words.say("word.unassigned") if "" in items else ""]))
