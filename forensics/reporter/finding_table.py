"""The table of an item's findings: the three results in the same rows, and below it what does not fit into a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from forensics.model import Finding, Result, Stage
from forensics.reporter import attached, measured
from forensics.reporter.blocks import Block, Column, Paragraph, Picture, Table
from forensics.reporter.choice import CHOICES, PAGE_KINDS
from forensics.reporter.evidence import Said
from forensics.reporter.explained import Explained, Shown, joined, ref_ranges
from forensics.reporter.facts import ItemFacts
from forensics.reporter.front import kind_name
from forensics.reporter.gaps import gap_text
from forensics.reporter.naming import shown_name, value_said
from forensics.reporter.page_frame import sentence_in
from forensics.reporter.ranking import family_rank
from forensics.reporter.recorded import flat
from forensics.reporter.wording import Words

PLACES_SHOWN = 6
"""Most places in a subject that are written out."""

Row = tuple[Said, ...]


def findings(shown: Sequence[Shown], key: Explained, *, facts: ItemFacts | None, words: Words) -> Iterator[Block]:
    """Gives the table of findings, then lists of values, files, and what is to be added to several.

    Args:
        shown: Findings of one item, in any order.
        key: Numbers of the kinds, their limits and other explanations.
        facts: The item; None where the material belongs to none.
        words: The language.
    """
    ordered = sorted(shown, key=lambda one: _place(one.found.finding))
    if any(one.is_hidden and one.found.finding.values for one in ordered):
        yield Paragraph(words.say("observations.values_hidden"), "note")
    rows = tuple(_rows(ordered, key, names=_contents(facts, words), words=words))
    if rows:
        first = 8 if words.language == "zh" else 12
        names = (("result", first), ("kind", 22), ("statement", 70 - first), ("record", 8))
        roles = {"result": "strong"}
        columns = (
            Column(words.say(f"observations.column_{name}"), share, roles.get(name, "text")) for name, share in names
        )
        yield Table(tuple(columns), rows, "compact")
    for one in ordered:
        if _has_values(one):
            yield from measured.lists(one.found.finding, one.found.ref, words=words)
    yield from attached.files([one.found for one in ordered if _has_values(one)], words=words)
    yield from _added(ordered, words)


def galleries(first: Sequence[Picture], shown: Sequence[Shown], words: Words) -> Iterator[Block]:
    """Gives the picture of an item and those that examinations made of it."""
    ordered = sorted(shown, key=lambda one: _place(one.found.finding))
    yield from attached.galleries(first, [one.found for one in ordered if _has_values(one)], words=words)


def is_plain(one: Shown, words: Words) -> bool:
    """Whether all that a finding says is that nothing was found: it shares a row with others of the kind."""
    finding = one.found.finding
    if finding.result is not Result.NOT_FOUND:
        return False
    if not _has_values(one):
        return True
    return not (finding.attachments or measured.has_values(finding, words=words) or _places(one, words))


def _has_values(one: Shown) -> bool:
    """Whether values and files stand with a finding: neither with protected material nor where a page has them."""
    return not one.is_hidden and one.found.finding.kind not in PAGE_KINDS


def _place(finding: Finding) -> tuple[int, tuple[int, str]]:
    return list(Stage).index(finding.stage), family_rank(finding.kind)


def _contents(facts: ItemFacts | None, words: Words) -> Mapping[str, Said]:
    """Names the files of an item that has several, by digest; none where it has only one."""
    if facts is None:
        return {}
    kept = [artifact for done in facts.acquisitions for artifact in done.record.artifacts]
    named: dict[str, Said] = {}
    for artifact in kept:
        said = attached.role_name(artifact, words)
        if artifact.role == "media" and not facts.masked:
            said = words.shortened(words.name(artifact.name), 60)
        named.setdefault(artifact.content_sha256, said)
    return named if len(named) > 1 else {}


def _rows(ordered: Sequence[Shown], key: Explained, *, names: Mapping[str, Said], words: Words) -> Iterator[Row]:
    """Gives a row for each finding that says something of its own, then one for all others of each content."""
    plain: dict[Said, list[Shown]] = {}
    for one in ordered:
        about = names.get(one.found.finding.subject[0], Said(""))
        if is_plain(one, words):
            plain.setdefault(about, []).append(one)
        else:
            yield _row(one, about, key, words)
    yield from (_shared_row(together, about, key, words) for about, together in plain.items())


def _row(one: Shown, about: Said, key: Explained, words: Words) -> Row:
    found = one.found
    return (
        words.say(f"result.{found.finding.result.value}"),
        words.join(filter(None, [kind_name(found.finding.kind, words), about]), "\n"),
        _said(one, key, words),
        words.show(found.ref),
    )


def _said(one: Shown, key: Explained, words: Words) -> Said:
    """Writes the statement of a finding, or that it has a page, then its values and numbers."""
    if one.has_page:
        statement = words.say("observations.on_page", part=words.part("comparisons"))
    else:
        statement = sentence_in(one.found, words, hide=one.is_hidden)
    lines = list(_lines(one, words))
    marks = list(_marks([one], key, words))
    if not lines:
        return words.join([statement, *marks], " ")
    return words.join([statement, words.join([*lines, *marks], " ")], "\n")


def _lines(one: Shown, words: Words) -> Iterator[Said]:
    finding = one.found.finding
    if _has_values(one):
        yield from measured.run_in(finding, words=words)
    places = _places(one, words)
    if places:
        yield words.join([words.label("observations.where"), *places])
    yield from _gap_lines([one], words)


def _gap_lines(shown: Sequence[Shown], words: Words) -> Iterator[Said]:
    said = dict.fromkeys(
        gap_text(gap, words, is_hidden=one.is_hidden) for one in shown for gap in one.found.finding.gaps
    )
    if said:
        yield words.join([words.label("observations.gaps"), words.join(said, words.say("word.semicolon"))])


def _shared_row(together: Sequence[Shown], about: Said, key: Explained, words: Words) -> Row:
    """Gives the row of the findings of which the part's first section has the statements, by kind."""
    counted = Counter(one.found.finding.kind for one in together)
    kinds = [
        words.say("observations.times", kind=kind_name(kind, words), n=n) if n > 1 else kind_name(kind, words)
        for kind, n in counted.items()
    ]
    refs = words.say("word.record", ref=ref_ranges((one.found.ref for one in together), words))
    said = words.join([words.join(kinds, words.say("word.semicolon")), refs], words.say("word.full_stop"))
    lines = [said, words.join([*_gap_lines(together, words), *_marks(together, key, words)], " ")]
    return (
        words.say(f"result.{Result.NOT_FOUND.value}"),
        words.join(filter(None, [words.say("observations.shared", n=len(together)), about]), "\n"),
        words.join(filter(None, lines), "\n"),
        words.say("word.none"),
    )


def _marks(shown: Sequence[Shown], key: Explained, words: Words) -> Iterator[Said]:
    limits, others = zip(*(key.of(one.found) for one in shown), strict=True)
    said = [
        words.say(f"observations.{name}", marks=joined(marks, words))
        for name, marks in (("limits_marks", limits), ("others_marks", others))
        if any(marks)
    ]
    if said:
        yield words.say("observations.marks", marks=words.join(said, words.say("word.semicolon")))


def _places(one: Shown, words: Words) -> list[Said]:
    """Writes the places of a finding on one line; nothing where a table beside it has them."""
    finding = one.found.finding
    if not finding.where or one.is_hidden or finding.kind in PAGE_KINDS:
        return []
    if finding.kind in CHOICES and CHOICES[finding.kind].has_places:
        return []
    places = [
        words.join(
            (_place_said(name, value, finding.kind, words) for name, value in flat(place)), words.say("word.clause")
        )
        for place in finding.where[:PLACES_SHOWN]
    ]
    if finding.where[PLACES_SHOWN:]:
        more = words.count("places", len(finding.where) - PLACES_SHOWN)
        places.append(words.say("observations.more_places", places=more, ref=one.found.ref))
    return [words.join(places, words.say("word.semicolon"))]


def _place_said(name: str, value: object, kind: str, words: Words) -> Said:
    path = tuple(name.split("."))
    return words.join([shown_name(path, kind, words=words), value_said(path, value, words=words)], "\u00a0")


def _added(ordered: Sequence[Shown], words: Words) -> Iterator[Paragraph]:
    """Says which findings later runs repeated, and which are about further items too."""
    repeated = [
        words.say("observations.repeated_by", ref=one.found.ref, refs=ref_ranges(one.found.repeats, words))
        for one in ordered
        if one.found.repeats
    ]
    if repeated:
        said = words.join(repeated, words.say("word.semicolon"))
        yield Paragraph(said, "note", words.label("observations.repeats"))
    others: dict[tuple[str, ...], list[str]] = {}
    for one in ordered:
        if one.found.others:
            others.setdefault(one.found.others, []).append(one.found.ref)
    if others:
        yield Paragraph(
            words.join(_about(others.items(), words), words.say("word.semicolon")),
            "note",
            words.label("observations.others"),
        )


def _about(others: Iterable[tuple[tuple[str, ...], list[str]]], words: Words) -> Iterator[Said]:
    for items, refs in others:
        yield words.say("observations.about", items=words.listed(items), refs=ref_ranges(refs, words))
