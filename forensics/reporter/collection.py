"""The part on collection: runs of the program, what each attempt obtained, what is recorded about the originals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from forensics.model import Act, ClockCheck, Committed
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
    acts = case.snapshot.acts
    blocks: list[Block] = [Paragraph(words.say("collection.runs" if acts else "collection.no_runs"))]
    if acts:
        titles = (("run", 23), ("times", 28), ("arguments", 34), ("machine", 15))
        columns = tuple(Column(words.say(f"collection.column_{name}"), share) for name, share in titles)
        machines = _machines(case, words)
        blocks.append(
            Table(columns, tuple(_run_row(act, case, words=words, machines=machines) for act in acts), "compact")
        )
        blocks += _machine_blocks(machines, words)
        blocks += _clock(case, words)
    return _section(1, "runs", blocks=blocks, words=words)


_Machine = tuple[tuple[Said, Said], ...]
"""Names and values that a run recorded of its machine, and of its test of itself."""


def _machines(case: CaseFacts, words: Words) -> dict[str, _Machine]:
    """Gives what each run recorded of machine and self-test; of runs that recorded the same, equal values."""
    return {act.ref: (*_environment(act.record, words), *_self_test(act.record, words)) for act in case.snapshot.acts}


def _run_row(
    act: Committed[Act], case: CaseFacts, *, words: Words, machines: Mapping[str, _Machine]
) -> tuple[Said, ...]:
    tool = case.snapshot.events[seq_of(act.ref)].tool
    program = words.join([tool.name, tool.version], " ")
    end = next((one for one in case.snapshot.act_ends if one.record.act == act.ref), None)
    first = next(ref for ref, machine in machines.items() if machine == machines[act.ref])
    key = "collection.machine_below" if first == act.ref else "collection.same_environment"
    return (
        words.join([words.say("collection.run", ref=act.ref, verb=act.record.verb), program], words.say("word.clause")),
        _times(act.record.started_at, end.record.ended_at if end else None, words),
        _arguments(act, case, words=words),
        words.say(key, ref=first),
    )


def _machine_blocks(machines: Mapping[str, _Machine], words: Words) -> Iterator[Block]:
    """Gives what the first run recorded of its machine, and of each other machine what differs from that."""
    printed: list[_Machine] = []
    for ref, machine in machines.items():
        if machine in printed:
            continue
        rows = machine if not printed else _different(printed[0], machine, words)
        key = "collection.machine" if not printed else "collection.machine_differs"
        yield Paragraph(words.say(key, ref=ref, first=next(iter(machines))), "strong")
        yield Pairs(rows, "dense")
        printed.append(machine)


def _different(first: _Machine, machine: _Machine, words: Words) -> _Machine:
    missing = words.say("word.not_recorded")
    gone = ((name, missing) for name, _ in first if name not in dict(machine))
    return (*(pair for pair in machine if pair not in first), *gone)


def _arguments(act: Committed[Act], case: CaseFacts, *, words: Words) -> Said:
    """Writes the command line, unless the run collected something whose name must not be shown."""
    masked = any(done.record.act == act.ref for facts in case.items if facts.masked for done in facts.acquisitions)
    if masked:
        return words.say("collection.arguments_hidden", ref=act.ref)
    return value_text(" ".join(act.record.arguments), words)


def _environment(act: Act, words: Words) -> Iterator[tuple[Said, Said]]:
    if not act.environment:
        yield words.say("collection.environment"), words.say("word.not_recorded")
    for name, value in pairs(gathered(act.environment), words):
        yield words.say("collection.environment_of", name=name), value


def _self_test(act: Act, words: Words) -> Iterator[tuple[Said, Said]]:
    if not act.self_test:
        yield words.say("collection.self_test"), words.say("word.not_recorded")
    for name, value in pairs(act.self_test, words):
        yield words.say("collection.self_test_of", name=name), value


def _clock(case: CaseFacts, words: Words) -> Iterator[Block]:
    """Gives the checks of the clock before and after runs, and names the runs without any."""
    ends = {end.record.act: end.record for end in case.snapshot.act_ends}
    checked = {
        act.ref: act.record.clock + (ends[act.ref].clock if act.ref in ends else ()) for act in case.snapshot.acts
    }
    rows = tuple((words.show(ref), *_clock_row(check, words)) for ref, checks in checked.items() for check in checks)
    without = [ref for ref, checks in checked.items() if not checks]
    if without:
        yield Paragraph(words.say("collection.no_clock", refs=words.listed(without)), "note")
    if rows:
        titles = (("clock_run", 10), ("server", 30), ("phase", 14), ("at", 20), ("offset", 14), ("round_trip", 12))
        columns = tuple(Column(words.say(f"collection.column_{name}"), share) for name, share in titles)
        yield Table(columns, rows, "compact")


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


def _times(start: datetime, end: datetime | None, words: Words) -> Said:
    """Writes start and end on one line, of the end only the hour where the day is the same."""
    if end is None:
        ended = words.say("collection.no_end")
    elif start.astimezone(UTC).date() == end.astimezone(UTC).date():
        ended = Said(f"{end.astimezone(UTC):%H:%M:%S}")
    else:
        ended = words.utc(end)
    return words.say("word.range", first=words.utc(start), last=ended)


def _attempts(case: CaseFacts, words: Words) -> Section:
    titles = (("item", 20), ("times", 28), ("outcome", 18), ("collector", 12), ("obtained", 22))
    columns = tuple(
        Column(words.say(f"collection.column_{name}"), share, "strong" if name == "item" else "text")
        for name, share in titles
    )
    rows = tuple(row for facts in case.items for row in _attempt_rows(facts, case, words=words))
    blocks: list[Block] = [Paragraph(words.say("collection.attempts" if rows else "collection.no_attempts"))]
    if rows:
        blocks.append(Table(columns, rows, "compact"))
    return _section(2, "attempts", blocks=blocks, words=words)


def _attempt_rows(facts: ItemFacts, case: CaseFacts, *, words: Words) -> Iterator[tuple[Said, ...]]:
    for done in facts.acquisitions:
        record = done.record
        times = _times(record.started_at, record.ended_at, words)
        outcome = [words.say(f"outcome.{record.outcome.value}")]
        if record.artifacts:
            outcome.append(words.say(f"stamp.{case.stamps[done.ref].value}"))
        obtained = [words.count("artifacts", len(record.artifacts))]
        obtained += [gap_text(gap, words, is_hidden=facts.masked) for gap in record.gaps[:GAPS_SHOWN]]
        if record.gaps[GAPS_SHOWN:]:
            obtained.append(words.say("collection.more_gaps", gaps=words.count("gaps", len(record.gaps) - GAPS_SHOWN)))
        yield (
            words.join([facts.item.id, words.say("word.record", ref=done.ref)], words.say("word.clause")),
            times,
            words.join(outcome, words.say("word.clause")),
            words.join([record.collector.name, record.collector.version], " "),
            words.join(obtained, "\n"),
        )


def _originals(case: CaseFacts, words: Words) -> Section:
    titles = (("item", 11), ("path", 50), ("modified", 19), ("rights", 20))
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
        blocks.append(Table(columns, rows, "compact"))
    return _section(3, "originals", blocks=blocks, words=words)


def _original_row(facts: ItemFacts, words: Words) -> tuple[Said, ...]:
    found = facts.original.facts if facts.original else {}
    missing = words.say("word.not_recorded")
    rights = [words.show(found[name]) for name in ("owner", "group", "mode") if found.get(name) is not None]
    return (
        words.show(facts.item.id),
        words.join(_path_lines(facts, found, words=words), "\n"),
        _modified(found, words),
        words.join(rights, " ") if rights and not facts.masked else (words.say("word.hidden") if rights else missing),
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
