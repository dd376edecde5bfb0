"""The part on preservation: the evidence root, keys, the custody log, time stamps, and what custody cannot show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forensics.model import Committed, CustodyEvent, TimeProof
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Points, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import MAY_BE_OPEN, NOT_CHECKED, PASSED, CaseFacts, Stamp
from forensics.reporter.front import evidence_root
from forensics.reporter.gaps import gap_text
from forensics.reporter.item_range import item_ranges
from forensics.reporter.wording import Words

EVENTS_SHOWN = 400
"""Most events in the table of the custody log; of a longer log its first and last halves are shown."""

KEY_LENGTH = 8
"""Characters of a key id in the table of events; the table of keys has it in full."""


def custody(case: CaseFacts, words: Words) -> Section:
    """Builds the part on preservation and chain of custody."""
    bodies: list[tuple[str, Iterable[Block]]]
    bodies = [("root", _root(case, words)), ("log", _log_summary(case, words)), ("time", _time(case, words))]
    history = tuple(_history(case, words))
    if history:
        bodies.append(("history", history))
    bodies.append(("cannot", (Paragraph(words.say("custody.cannot")), Points(words.lines("custody.cannot_points")))))
    sections = tuple(
        Section(
            f"custody-{name}", words.sub_number("custody", index), words.say(f"custody.{name}_title"), tuple(blocks)
        )
        for index, (name, blocks) in enumerate(bodies, 1)
    )
    return Section("custody", words.heading_number("custody"), words.say("custody.title"), (), sections)


def _columns(names: Iterable[tuple[str, int]], words: Words) -> tuple[Column, ...]:
    roles = {"digest": "digest", "key": "digest", "no": "strong"}
    return tuple(Column(words.say(f"custody.column_{name}"), share, roles.get(name, "text")) for name, share in names)


def _root(case: CaseFacts, words: Words) -> Iterator[Block]:
    yield Paragraph(words.say("custody.root", part=words.part("verification")))
    checkpoint = case.checkpoint
    at = words.say("word.none") if checkpoint is None else words.number(checkpoint)
    yield Pairs(((words.say("cover.root"), evidence_root(case, words)), (words.say("custody.checkpoint"), at)))
    if checkpoint is not None and checkpoint < case.snapshot.as_of:
        yield Paragraph(
            words.say("custody.after_checkpoint", events=_range(checkpoint + 1, case.snapshot.as_of, words=words))
        )
    yield Paragraph(words.say("custody.keys"))
    rows = tuple(_key_rows(case, words))
    yield Table(_columns((("key", 56), ("holder", 20), ("introduced", 24)), words), rows)
    yield Paragraph(words.say("custody.self_introduced"), "note")


def _range(first: int, last: int, *, words: Words) -> Said:
    return words.number(first) if first == last else words.say("word.range", first=first, last=last)


def _key_rows(case: CaseFacts, words: Words) -> Iterator[tuple[Said, ...]]:
    holders = {holder.record.key_id: holder.record.holder for holder in case.snapshot.keys}
    events = case.snapshot.events
    for event in events:
        if event.action in ("open", "key-add") and event.key:
            key = event.key["id"]
            ends = [
                late
                for late in events
                if late.action in ("key-retire", "key-revoke") and (late.key or {}).get("id") == key
            ]
            lines = [words.say("custody.key_introduced", seq=event.seq), *(_key_end(late, words) for late in ends)]
            yield (
                words.show(key),
                words.show(holders.get(key) or words.say("word.not_recorded")),
                words.join(lines, "\n"),
            )


def _key_end(event: CustodyEvent, words: Words) -> Said:
    if event.action == "key-retire":
        return words.say("custody.key_retired", seq=event.seq)
    return words.say("custody.key_revoked", seq=event.seq, since=(event.key or {}).get("since", ""))


def _log_summary(case: CaseFacts, words: Words) -> Iterator[Block]:
    events = case.snapshot.events
    counted = words.count("events", len(events))
    ends = {"first": words.utc(events[0].at), "last": words.utc(events[-1].at)}
    yield Paragraph(words.say("custody.log_summary", events=counted, annex=words.part("events"), **ends))
    by_action: dict[str, list[CustodyEvent]] = {}
    for event in events:
        by_action.setdefault(event.action, []).append(event)
    names = (("action", 40), ("times", 12), ("first", 24), ("last", 24))
    rows = tuple(
        (_action(name, words), words.number(len(found)), words.utc(found[0].at), words.utc(found[-1].at))
        for name, found in by_action.items()
    )
    yield Table(_columns(names, words), rows, "compact")


def events(case: CaseFacts, words: Words) -> Section:
    """Builds the annex with the custody log, act by act."""
    return Section("events", words.heading_number("events"), words.say("events.title"), tuple(_log(case, words)))


def _action(name: str, words: Words) -> Said:
    key = f"action.{name}"
    return words.say(key) if words.has(key) else words.show(name)


def _log(case: CaseFacts, words: Words) -> Iterator[Block]:
    events = case.snapshot.events
    zone = [] if words.is_utc else [words.say("custody.log_local", zone=words.zone_name)]
    yield Paragraph(words.join([words.say("custody.log"), *zone], words.say("word.sentence_space")))
    half = EVENTS_SHOWN // 2
    shown = events if len(events) <= EVENTS_SHOWN else (*events[:half], *events[-half:])
    if len(shown) < len(events):
        left_out = words.say(
            "custody.log_cut", shown=len(shown), total=len(events), first=half, last=len(events) - half - 1
        )
        yield Paragraph(left_out, "note")
    names = (("no", 8), ("utc", 24), ("local", 32), ("action", 18), ("records", 11), ("key_short", 13), ("digest", 22))
    columns = _columns((name for name in names if name[0] != "local" or not words.is_utc), words)
    yield Table(columns, tuple(_event_row(event, words) for event in shown), "fine")
    yield Paragraph(words.say("custody.log_digests"), "note")


def _event_row(event: CustodyEvent, words: Words) -> tuple[Said, ...]:
    return (
        words.number(event.seq),
        words.utc(event.at),
        *(() if words.is_utc else (words.local(event.at),)),
        _action(event.action, words),
        words.number(event.records.count),
        words.show(event.actor[:KEY_LENGTH]),
        words.short_digest(event.line_sha256),
    )


def _time(case: CaseFacts, words: Words) -> Iterator[Block]:
    proofs, failures = case.snapshot.time_proofs, case.snapshot.time_failures
    yield Paragraph(words.say("custody.time" if proofs else "custody.no_time"))
    groups: dict[tuple[Said, ...], list[Committed[TimeProof]]] = {}
    for proof in proofs:
        groups.setdefault(_alike(proof.record, words), []).append(proof)
    for alike, together in groups.items():
        labels = (words.say(f"custody.column_{name}") for name in ("authority", "accuracy", "checks"))
        yield Pairs(tuple(zip(labels, alike, strict=True)), "values", is_kept=True)
        names = [("checkpoint", 14), ("gen_time", 28), ("gen_time_local", 32), ("digest", 26)]
        columns = _columns((name for name in names if name[0] != "gen_time_local" or not words.is_utc), words)
        yield Table(columns, tuple(_proof_row(proof, words) for proof in together), "compact")
    if failures:
        yield Paragraph(words.say("custody.failures"))
        rows = tuple(
            (words.number(one.record.checkpoint), words.show(one.record.authority), words.utc(one.record.requested_at),
             gap_text(one.record.gap, words))
            for one in failures
        )  # fmt: skip
        yield Table(_columns((("checkpoint", 16), ("authority", 34), ("asked", 24), ("failure", 36)), words), rows)
    yield from _coverage(case, words)


def _coverage(case: CaseFacts, words: Words) -> Iterator[Block]:
    for stamp in (Stamp.STAMPED, Stamp.RESERVED, Stamp.NONE):
        ids = [facts.item.id for facts in case.obtained if facts.stamp is stamp]
        if ids:
            yield Paragraph(item_ranges(ids, words), label=words.label(f"custody.items_{stamp.value}"))


def _alike(record: TimeProof, words: Words) -> tuple[Said, ...]:
    """Gives what many tokens have in common: the authority, its accuracy, the answers of the checks."""
    accuracy = record.accuracy_s
    accurate = (
        words.say("custody.no_accuracy")
        if accuracy is None
        else words.say("word.seconds", n=words.decimal(accuracy, 3))
    )
    checks = words.join(_checks(record.checks, words), "\n") if record.checks else words.say("word.not_recorded")
    return words.show(record.authority), accurate, checks


def _proof_row(proof: Committed[TimeProof], words: Words) -> tuple[Said, ...]:
    record = proof.record
    return (
        words.number(record.checkpoint),
        words.utc(record.gen_time),
        *(() if words.is_utc else (words.local(record.gen_time),)),
        words.short_digest(record.token),
    )


def _checks(checks: Mapping[str, str], words: Words) -> Iterator[Said]:
    """Writes the answers of the checks: what was passed, what may be open and is, and each other one by itself."""
    labels = {name: words.say(f"check.{name}") if words.has(f"check.{name}") else words.show(name) for name in checks}
    passed = [labels[name] for name, answer in checks.items() if answer == PASSED]
    unchecked = [name for name, answer in checks.items() if answer.startswith(NOT_CHECKED) and name in MAY_BE_OPEN]
    if passed:
        yield words.say("custody.check_passed", checks=words.listed(passed))
    if unchecked:
        yield words.say("custody.check_open", checks=words.listed(labels[name] for name in unchecked))
    for name, answer in checks.items():
        if answer != PASSED and name not in unchecked:
            yield words.say("custody.check_other", check=labels[name], answer=words.shortened(answer, 120))


def _history(case: CaseFacts, words: Words) -> Iterator[Block]:
    yield from _history_table("recoveries", _recoveries(case, words), words=words)
    yield from _history_table("erasures", _erasures(case, words), words=words)
    yield from _history_table("outputs", _outputs(case, words), words=words)


def _history_table(name: str, rows: Iterable[tuple[Said, ...]], *, words: Words) -> Iterator[Block]:
    table = tuple(rows)
    if not table:
        return
    columns = {
        "recoveries": (("ref", 14), ("removed", 86)),
        "erasures": (("ref", 14), ("at", 24), ("item", 18), ("basis", 44)),
        "outputs": (("ref", 14), ("kind", 16), ("as_of", 14), ("digest", 56)),
    }
    yield Paragraph(words.say(f"custody.{name}"))
    yield Table(_columns(columns[name], words), table)


def _recoveries(case: CaseFacts, words: Words) -> Iterator[tuple[Said, ...]]:
    for found in case.snapshot.recoveries:
        removed = [words.join([_removed(one, words)]) for one in found.record.removed[:20]]
        yield words.show(found.ref), words.join(removed, "\n") if removed else words.say("word.none")


def _removed(one: Any, words: Words) -> Said:
    return words.shortened(", ".join(f"{name} {value}" for name, value in one.items()), 160)


def _erasures(case: CaseFacts, words: Words) -> Iterator[tuple[Said, ...]]:
    for found in case.snapshot.erasures:
        record = found.record
        yield words.show(found.ref), words.utc(record.at), words.show(record.item), words.shortened(record.basis, 300)


def _outputs(case: CaseFacts, words: Words) -> Iterator[tuple[Said, ...]]:
    for found in case.snapshot.outputs:
        key = f"output.{found.record.kind}"
        kind = words.say(key) if words.has(key) else words.show(found.record.kind)
        yield words.show(found.ref), kind, words.number(found.record.as_of), words.show(found.record.digest)
