"""The page of copies: which items are the same footage or picture, wholly or in part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.model import Artifact, Finding
from forensics.reporter.blocks import Block, Column, Gallery, Mask, Paragraph, Picture, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import ItemFacts, Observation
from forensics.reporter.item_range import item_ranges
from forensics.reporter.masking import Setting
from forensics.reporter.naming import value_said
from forensics.reporter.page_frame import aside, head
from forensics.reporter.page_weight import weight
from forensics.reporter.reading import members, number, text
from forensics.reporter.wording import Words

KIND = "source.match"

MEMBERS_SHOWN = 30
"""Most items of a group that are listed; the record has all."""

PAIRS_SHOWN = 40
"""Most pairs of a group that are listed; the record has all."""

FRAMES_SHOWN = 4
"""Most key frames that are drawn, one of each item."""


def copies(found: Observation, *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the page of one group of copies."""
    words, finding = setting.words, found.finding
    blocks: list[Block] = list(head(found, setting))
    group = _members(finding)
    if group:
        blocks.append(_member_table(group[:MEMBERS_SHOWN], setting))
    if group[MEMBERS_SHOWN:]:
        blocks.append(Paragraph(words.say("copies.cut", n=len(group), shown=MEMBERS_SHOWN, ref=found.ref), "note"))
    pairs = members(finding.values, "pairs")
    if pairs:
        blocks.append(Paragraph(words.say("copies.pairs_title"), "strong"))
        blocks.append(_pair_table(pairs[:PAIRS_SHOWN], setting))
    if pairs[PAIRS_SHOWN:]:
        blocks.append(Paragraph(words.say("copies.cut", n=len(pairs), shown=PAIRS_SHOWN, ref=found.ref), "note"))
    blocks += _frames(found, setting)
    blocks += weight(found, setting)
    blocks += aside(found, setting)
    count = sum(len(setting.items((one,))) or 1 for one in group)
    title = words.say("copies.title" if are_copies(finding) else "copies.title_related", n=count)
    return Section(anchor, number_said, title, tuple(blocks))


def are_copies(finding: Finding) -> bool:
    """Whether a finding is of copies of one work; others are of a shared passage, a similar scene and so on."""
    return text(finding.values, "about") in ("group", "identical")


def _members(finding: Finding) -> tuple[str, ...]:
    named = tuple(text(one, "sha256") for one in members(finding.values, "members"))
    return tuple(dict.fromkeys(one for one in named or finding.subject if one))


def _member_table(contents: Sequence[str], setting: Setting) -> Table:
    words = setting.words
    titles = (("item", 14), ("name", 40), ("captured", 25), ("digest", 21))
    columns = tuple(
        Column(words.say(f"copies.column_{name}"), share, "digest" if name == "digest" else "text")
        for name, share in titles
    )
    return Table(columns, tuple(_member_rows(contents, setting)), "compact")


def _member_rows(contents: Sequence[str], setting: Setting) -> Iterator[tuple[Said, ...]]:
    """Gives a row for each item, so that items with the same bytes are counted one by one."""
    words = setting.words
    for sha256 in contents:
        items: tuple[ItemFacts | None, ...] = setting.items((sha256,)) or (None,)
        for facts in items:
            if facts is None:
                yield words.say("word.unassigned"), words.say("word.none"), words.say("word.none"), words.show(sha256)
                continue
            name = words.say("word.masked_name") if facts.masked else words.shortened(facts.name, 90)
            at = (
                words.say("word.time_utc", utc=words.utc(facts.shown.record.started_at))
                if facts.shown
                else words.say("word.none")
            )
            yield words.show(facts.item.id), name, at, words.short_digest(sha256)


def _pair_table(pairs: Sequence[Mapping[str, Any]], setting: Setting) -> Table:
    words = setting.words
    titles = (("first", 26), ("second", 26), ("relation", 16), ("overlap", 10), ("offset", 10), ("changes", 12))
    columns = tuple(Column(words.say(f"copies.column_{name}"), share) for name, share in titles)
    return Table(columns, tuple(_pair_row(one, setting) for one in pairs), "compact")


def _pair_row(pair: Mapping[str, Any], setting: Setting) -> tuple[Said, ...]:
    words = setting.words
    overlap, offset = (_seconds(number(pair, one), words) for one in ("overlap_s", "offset_s"))
    changes = [
        words.say(f"copies.{name}")
        for name, keys in (("mirrored", ("mirrored", "is_mirrored")), ("cropped", ("cropped", "is_cropped")))
        if any(pair.get(key) is True for key in keys)
    ]
    return (
        _named(pair, "a", setting),
        _named(pair, "b", setting),
        value_said(("relation",), text(pair, "relation"), words=words),
        overlap,
        offset,
        words.listed(changes) or words.say("word.none"),
    )


def _named(pair: Mapping[str, Any], key: str, setting: Setting) -> Said:
    """Names a side of a pair: by its items, where it is recorded as a digest."""
    recorded = text(pair, key) or text(pair, key, "sha256")
    items = setting.items((recorded,))
    return item_ranges((one.item.id for one in items), setting.words) or setting.words.shortened(recorded, 16)


def _seconds(value: float | None, words: Words) -> Said:
    return words.say("word.none") if value is None else words.say("word.seconds", n=words.decimal(value, 2))


def _frames(found: Observation, setting: Setting) -> Iterator[Block]:
    """Draws key frames, the attached ones or else those of the fingerprints of the members."""
    shown = [_frame(one, found.finding.subject, found, setting) for one in _key_frames(found.finding)[:FRAMES_SHOWN]]
    if not shown:
        for sha256 in _members(found.finding)[:FRAMES_SHOWN]:
            prints = next((one for one in setting.prints(sha256) if _key_frames(one.finding)), None)
            if prints is not None:
                shown.append(_frame(_key_frames(prints.finding)[0], (sha256,), prints, setting))
    if shown:
        yield Gallery(tuple(shown), in_a_row=5)


def _key_frames(finding: Finding) -> tuple[Artifact, ...]:
    return tuple(one for one in finding.attachments if one.role == "key-frame")


def _frame(artifact: Artifact, contents: Sequence[str], found: Observation, setting: Setting) -> Picture | Mask:
    words = setting.words
    items = words.listed(one.item.id for one in setting.items(contents))
    time = number(artifact.facts, "time_s")
    at = words.say("word.none") if time is None else words.decimal(time, 2)
    caption = words.say("copies.frame", items=items, time=at, digest=words.short_digest(artifact.content_sha256))
    return setting.picture(artifact, caption, contents=contents, ref=found.ref)
