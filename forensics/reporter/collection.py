"""The part on collection: runs of the program, what each attempt obtained, what is recorded about the originals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from forensics.model import Act, ActEnd, ClockCheck, Committed
from forensics.reporter import capture_preflight
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Section, Table
from forensics.reporter.capture_preflight import Preflights
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, seq_of
from forensics.reporter.gaps import gap_text
from forensics.reporter.recorded import gathered, pairs, value_text
from forensics.reporter.wording import Words

GAPS_SHOWN = 3
"""Most gaps that the table of attempts writes out; the part on anomalies has all."""

ATTRIBUTES_SHOWN = 6
"""Most extended attributes that are written out per item."""

PATH_LENGTH = 400
"""Characters after which a path is cut; the record has it in full."""


FILE_FACTS = ("path_as_given", "mtime", "owner", "group", "mode", "xattrs")
"""Facts of an artifact that come from a file system."""


def collection(case: CaseFacts, words: Words, *, preflights: Preflights) -> Section:
    """Builds the part on collection; the checks before captures have a section where there were captures."""
    sections = [_runs(case, words), _attempts(case, words), _originals(case, words)]
    if preflights.printed:
        number = words.sub_number("collection", len(sections) + 1)
        sections.append(capture_preflight.section(preflights, number, words=words))
    title = words.say("collection.title")
    return Section("collection", words.heading_number("collection"), title, (), tuple(sections))


def _section(index: int, name: str, *, blocks: Iterable[Block], words: Words) -> Section:
    title = words.say(f"collection.{name}_title")
    return Section(f"collection-{name}", words.sub_number("collection", index), title, tuple(blocks))


def _runs(case: CaseFacts, words: Words) -> Section:
    blocks: list[Block] = [Paragraph(words.say("collection.runs" if case.snapshot.acts else "collection.no_runs"))]
    ends = {end.record.act: end for end in case.snapshot.act_ends}
    printed: dict[str, str] = {}
    for act in case.snapshot.acts:
        blocks += _run(act, ends.get(act.ref), case=case, words=words, printed=printed)
        printed.setdefault(_key(act.record.environment), act.ref)
    return _section(1, "runs", blocks=blocks, words=words)


def _key(environment: Mapping[str, Any]) -> str:
    return repr(sorted(environment.items(), key=lambda pair: pair[0]))


def _run(
    act: Committed[Act], end: Committed[ActEnd] | None, *, case: CaseFacts, words: Words, printed: Mapping[str, str]
) -> Iterator[Block]:
    tool = case.snapshot.events[seq_of(act.ref)].tool
    yield Paragraph(words.say("collection.run", ref=act.ref, verb=act.record.verb), "strong")
    rows = [
        (words.say("collection.started"), words.both(act.record.started_at)),
        (words.say("collection.ended"), words.both(end.record.ended_at) if end else words.say("collection.no_end")),
        (words.say("collection.program"), words.join([tool.name, tool.version], " ")),
        (words.say("collection.arguments"), _arguments(act, case, words=words)),
    ]
    yield Pairs((*rows, *_environment(act.record, words, printed=printed), *_self_test(act.record, words)))
    yield from _clock(act.record.clock + (end.record.clock if end else ()), words)


def _arguments(act: Committed[Act], case: CaseFacts, *, words: Words) -> Said:
    """Writes the command line, unless the run collected something whose name must not be shown."""
    masked = any(done.record.act == act.ref for facts in case.items if facts.masked for done in facts.acquisitions)
    if masked:
        return words.say("collection.arguments_hidden", ref=act.ref)
    return value_text(" ".join(act.record.arguments), words)


def _environment(act: Act, words: Words, *, printed: Mapping[str, str]) -> Iterator[tuple[Said, Said]]:
    if not act.environment:
        yield words.say("collection.environment"), words.say("word.not_recorded")
    elif _key(act.environment) in printed:
        same = words.say("collection.same_environment", ref=printed[_key(act.environment)])
        yield words.say("collection.environment"), same
    else:
        for name, value in pairs(gathered(act.environment), words):
            yield words.say("collection.environment_of", name=name), value


def _self_test(act: Act, words: Words) -> Iterator[tuple[Said, Said]]:
    if not act.self_test:
        yield words.say("collection.self_test"), words.say("word.not_recorded")
    for name, value in pairs(act.self_test, words):
        yield words.say("collection.self_test_of", name=name), value


def _clock(checks: Sequence[ClockCheck], words: Words) -> Iterator[Block]:
    if not checks:
        yield Paragraph(words.say("collection.no_clock"), "note")
        return
    titles = (("server", 34), ("phase", 16), ("at", 26), ("offset", 18), ("round_trip", 18))
    columns = tuple(Column(words.say(f"collection.column_{name}"), share) for name, share in titles)
    yield Table(columns, tuple(_clock_row(check, words) for check in checks))


def _clock_row(check: ClockCheck, words: Words) -> tuple[Said, ...]:
    key = f"phase.{check.phase}"
    phase = words.say(key) if words.has(key) else words.show(check.phase)
    nothing = gap_text(check.gap, words) if check.gap else words.say("word.none")
    offset = (
        nothing if check.offset_s is None else words.say("word.milliseconds", n=words.decimal(check.offset_s * 1000, 1))
    )
    trip = check.round_trip_s
    round_trip = (
        words.say("word.none") if trip is None else words.say("word.milliseconds", n=words.decimal(trip * 1000, 1))
    )
    return (words.show(check.server), phase, words.utc(check.at), offset, round_trip)


def _attempts(case: CaseFacts, words: Words) -> Section:
    titles = (("item", 15), ("times", 24), ("outcome", 15), ("collector", 15), ("obtained", 31))
    columns = tuple(
        Column(words.say(f"collection.column_{name}"), share, "strong" if name == "item" else "text")
        for name, share in titles
    )
    rows = tuple(row for facts in case.items for row in _attempt_rows(facts, case, words=words))
    blocks: list[Block] = [Paragraph(words.say("collection.attempts" if rows else "collection.no_attempts"))]
    if rows:
        blocks.append(Table(columns, rows))
    return _section(2, "attempts", blocks=blocks, words=words)


def _attempt_rows(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Iterator[tuple[Said, ...]]:
    for done in facts.acquisitions:
        record = done.record
        times = words.say("word.from_to", start=words.utc(record.started_at), end=words.utc(record.ended_at))
        outcome = [words.say(f"outcome.{record.outcome.value}")]
        if record.artifacts:
            outcome.append(words.say(f"stamp.{case.stamps[done.ref].value}"))
        obtained = [words.count("artifacts", len(record.artifacts))]
        obtained += [gap_text(gap, words, is_hidden=facts.masked) for gap in record.gaps[:GAPS_SHOWN]]
        if record.gaps[GAPS_SHOWN:]:
            obtained.append(words.say("collection.more_gaps", gaps=words.count("gaps", len(record.gaps) - GAPS_SHOWN)))
        yield (
            words.join([facts.item.id, done.ref], "\n"),
            times,
            words.join(outcome, "\n"),
            words.join([record.collector.name, record.collector.version], " "),
            words.join(obtained, "\n"),
        )


def _originals(case: CaseFacts, words: Words) -> Section:
    titles = (("item", 15), ("path", 45), ("modified", 20), ("rights", 20))
    columns = tuple(
        Column(words.say(f"collection.column_{name}"), share, "strong" if name == "item" else "text")
        for name, share in titles
    )
    rows = tuple(
        _original_row(facts, words)
        for facts in case.items
        if facts.original and not facts.original.facts.keys().isdisjoint(FILE_FACTS)
    )
    blocks: list[Block] = [Paragraph(words.say("collection.originals" if rows else "collection.no_originals"))]
    if rows:
        blocks.append(Table(columns, rows))
    return _section(3, "originals", blocks=blocks, words=words)


def _original_row(facts: ItemFacts, words: Words) -> tuple[Said, ...]:
    found = facts.original.facts if facts.original else {}
    missing = words.say("word.not_recorded")
    rights = [words.show(found[name]) for name in ("owner", "group", "mode") if found.get(name) is not None]
    return (
        words.show(facts.item.id),
        words.join(_path_lines(facts, found, words=words), "\n"),
        _modified(found, words),
        words.join(rights, "\n") if rights and not facts.masked else (words.say("word.hidden") if rights else missing),
    )


def _path_lines(facts: ItemFacts, found: Mapping[str, Any], *, words: Words) -> Iterator[Said]:
    path = found.get("path_as_given")
    if facts.masked:
        yield words.say("word.masked_name")
        return
    if isinstance(path, Mapping):
        yield words.say("word.raw_name", name=str(path.get("display")), hex=str(path.get("raw_hex")))
    else:
        yield words.shortened(str(path), PATH_LENGTH) if path else words.say("word.not_recorded")
    attributes = found.get("xattrs") or ()
    if isinstance(attributes, Sequence) and attributes:
        names = [str(one.get("name") if isinstance(one, Mapping) else one) for one in attributes[:ATTRIBUTES_SHOWN]]
        yield words.say("collection.attributes", n=len(attributes), names=words.listed(names))


def _modified(found: Mapping[str, Any], words: Words) -> Said:
    moment = found.get("mtime")
    if not moment:
        return words.say("word.not_recorded")
    return words.join([str(moment)[:19].replace("T", " ")])
