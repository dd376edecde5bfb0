"""What a paper can be filled with: facts of the record, and what persons stated; what neither says is absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from forensics.custody.statement import standing
from forensics.model import Act, Committed
from forensics.reporter.captured import all_captures
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, holds, seq_of
from forensics.reporter.front import evidence_root, handed_over
from forensics.reporter.item_range import item_ranges
from forensics.reporter.wording import Words

TEXT_LENGTH = 600
"""Characters after which what a person stated is cut; the record has it in full."""

STATED = {
    "author": {
        "collector": "name",
        "qualification": "qualification",
        "experience": "experience",
        "relation": "relation",
        "funding": "funding",
        "ai": "ai_assistance",
        "reviewed_by": "reviewed_by",
    },
    "collection": {
        "place": "place",
        "device": "device",
        "network": "network",
        "relation": "relation",
        "cleanliness": "cleanliness",
        "received": "holder",
        "access": "legal_basis",
        "second_operator": "second_operator",
        "witness": "witness",
    },
}
"""Kind of a statement to facts, each with the value that states it (docs/statements.md)."""


def said(name: str, words: Words, **values: object) -> Said:
    """Gives one of the words that papers share (templates/papers/words.toml)."""
    text = words.templates.papers["words"][words.language][name]
    return words.fill(str(text), name, values=values)


def known(case: CaseFacts, words: Words) -> Mapping[str, Said]:
    """Gives the facts that are recorded or stated; one that is neither is absent. What is stated stands first."""
    recorded: dict[str, Callable[[CaseFacts, Words], Said | None]] = {
        "collector": lambda one, _: _shown(one.snapshot.info.examiner, words),
        "organisation": lambda one, _: _shown(one.snapshot.info.organisation, words),
        "case": lambda one, _: _shown(one.snapshot.info.title, words),
        "reference": lambda one, _: _shown(one.snapshot.info.reference, words),
        "period": _period,
        "machine": _machine,
        "program": _programs,
        "self_test": _self_test,
        "clock": _clock,
        "cleanliness": _cleanliness,
        "received": _received,
        "access": _access,
        "original": _original,
        "integrity": lambda one, spoken: said("algorithm_used", spoken, root=evidence_root(one, spoken)),
        "stamps": _stamps,
        "gaps": _gaps,
        "custody": _custody,
    }
    found = {name: text for name, find in recorded.items() if (text := find(case, words)) is not None}
    return found | dict(_stated(case, words))


def collecting(case: CaseFacts) -> tuple[Committed[Act], ...]:
    """Gives the runs that obtained or tried to obtain something, in order."""
    wanted = {done.record.act for done in case.snapshot.acquisitions}
    return tuple(act for act in case.snapshot.acts if act.ref in wanted)


def _shown(text: str, words: Words) -> Said | None:
    return words.shortened(text, TEXT_LENGTH) if text.strip() else None


def _stated(case: CaseFacts, words: Words) -> Iterator[tuple[str, Said]]:
    for kind, facts in STATED.items():
        found = standing(case.snapshot.statements, kind)
        for name, key in facts.items():
            told = dict.fromkeys(str(one.record.values[key]) for one in found if one.record.values.get(key))
            if name == "access":
                modes = (one.record.values.get("access_mode") for one in found)
                told = dict.fromkeys([*(_mode(mode, words) for mode in modes if mode), *told])
            if told:
                yield name, words.shortened(words.join(told, words.say("word.semicolon")), TEXT_LENGTH)


def _period(case: CaseFacts, words: Words) -> Said | None:
    done = case.snapshot.acquisitions
    if not done:
        return None
    first, last = min(one.record.started_at for one in done), max(one.record.ended_at for one in done)
    return said("period", words, first=words.both(first), last=words.both(last))


def _machine(case: CaseFacts, words: Words) -> Said | None:
    names = dict.fromkeys(name for act in collecting(case) if (name := _system(act.record.environment)))
    return words.join(map(words.show, names), words.say("word.semicolon")) if names else None


def _system(environment: Mapping[str, Any]) -> str:
    """Names operating system and kind of machine: its name and network are for the report's sealed part."""
    told = (environment.get(key) for key in ("operating_system", "kernel", "machine"))
    return ", ".join(str(one) for one in told if one)


def _programs(case: CaseFacts, words: Words) -> Said:
    """Names the programs, by the log, that obtained something; the one that makes the report where nothing was."""
    obtaining = {seq_of(done.ref) for done in case.snapshot.acquisitions}
    tools = (event.tool for event in case.snapshot.events if event.seq in obtaining)
    return words.listed(dict.fromkeys(f"{tool.name} {tool.version}" for tool in tools) or [case.program])


def _self_test(case: CaseFacts, words: Words) -> Said | None:
    told = [act.record.self_test.get("passed") for act in collecting(case) if act.record.self_test]
    return said("runs_passed", words, n=len(told), passed=sum(one is True for one in told)) if told else None


def _clock(case: CaseFacts, words: Words) -> Said | None:
    acts = {act.ref: act.record.clock for act in collecting(case)}
    ends = (end.record.clock for end in case.snapshot.act_ends if end.record.act in acts)
    offsets = [
        abs(check.offset_s) for checks in (*acts.values(), *ends) for check in checks if check.offset_s is not None
    ]
    if not acts:
        return None
    if not offsets:
        return said("clock_none", words)
    return said("clock", words, n=len(offsets), offset=words.decimal(max(offsets) * 1000, 1))


def _cleanliness(case: CaseFacts, words: Words) -> Said | None:
    is_recorded = any(capture.preflight or capture.commitment for _, capture in all_captures(case))
    return said("checks_recorded", words, part=words.part("collection")) if is_recorded else None


def _by_items(case: CaseFacts, words: Words, *, tell: Callable[[Mapping[str, Any]], Iterable[str]]) -> Said | None:
    """Says what the record has of each item, items of which it says the same together; None where it has nothing."""
    groups: dict[str, list[str]] = {}
    for facts in case.items:
        text = words.listed(tell(_hand_over(facts)))
        if text:
            groups.setdefault(text, []).append(facts.item.id)
    lines = [said("of_items", words, items=item_ranges(ids, words), text=Said(text)) for text, ids in groups.items()]
    return words.join(lines, "\n") if lines else None


def _hand_over(facts: ItemFacts) -> Mapping[str, Any]:
    return handed_over(facts.shown.record.artifacts if facts.shown else ())


def _received(case: CaseFacts, words: Words) -> Said | None:
    names = ("received_from", "received_at")
    return _by_items(case, words, tell=lambda one: [words.show(one[name]) for name in names if name in one])


def _mode(mode: object, words: Words) -> Said:
    key = f"access.{mode}"
    return words.say(key) if words.has(key) else words.show(mode)


def _access(case: CaseFacts, words: Words) -> Said | None:
    def tell(found: Mapping[str, Any]) -> Iterator[Said]:
        if found.get("access_mode"):
            yield _mode(found["access_mode"], words)
        if found.get("legal_basis"):
            yield words.shortened(str(found["legal_basis"]), 200)

    return _by_items(case, words, tell=tell)


def _original(case: CaseFacts, words: Words) -> Said | None:
    return _by_items(case, words, tell=lambda one: [words.show(one["device"])] if "device" in one else [])


def _stamps(case: CaseFacts, words: Words) -> Said | None:
    good = [proof.record for proof in case.snapshot.time_proofs if holds(proof.record)]
    lines = [said("stamp", words, authority=one.authority, utc=words.utc(one.gen_time)) for one in good]
    return words.join(dict.fromkeys(lines), "\n") if lines else None


def _gaps(case: CaseFacts, words: Words) -> Said | None:
    number = sum(len(done.record.gaps) for done in case.snapshot.acquisitions)
    if not number:
        return None
    return said("gaps", words, gaps=words.count("gaps", number), part=words.part("anomalies"))


def _custody(case: CaseFacts, words: Words) -> Said:
    return said("custody", words, n=len(case.snapshot.events), part=words.part("custody"))
