"""The authenticity table: what a forum asks about electronic data, and where the recorded facts stand, if any are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from forensics.model import Outcome, Stage
from forensics.proof.element_exhibit import current
from forensics.reporter.blocks import Column, Paragraph, Section, Table
from forensics.reporter.captured import all_captures, at, is_online, members
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Stamp
from forensics.reporter.front import hand_over
from forensics.reporter.gaps import all_gaps
from forensics.reporter.item_range import item_ranges
from forensics.reporter.wording import Words

ROWS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "cn": (
        ("ic11_1", ("environment", "preflight", "self_test", "clock", "origin_device")),
        ("ic11_2", ("origin", "origin_times", "times_of_collection", "stamps", "content")),
        ("ic11_3", ("storage", "sealed", "log")),
        ("ic11_4", ("collectors", "tools", "repeat")),
        ("ic11_5", ("digests", "gaps", "erasures")),
        ("ic11_6", ("verification", "stamps")),
        ("ce93_1", ("environment", "preflight", "origin_device")),
        ("ce93_2", ("self_test", "clock", "interruptions")),
        ("ce93_3", ("digests", "self_test", "log")),
        ("ce93_4", ("storage", "digests", "log", "gaps")),
        ("ce93_5", ("ordinary_course",)),
        ("ce93_6", ("collectors", "relation", "funding")),
        ("ce93_7", ("gaps", "interruptions", "erasures")),
    ),
    "us": (
        ("fre901_a", ("exhibits", "origin", "digests", "stamps")),
        ("fre901_b1", ("collectors", "statements", "declaration")),
        ("fre901_b3", ("comparisons", "digests")),
        ("fre901_b4", ("metadata", "origin")),
        ("fre901_b9", ("tools", "preflight", "self_test", "clock", "repeat")),
        ("fre902_11", ("ordinary_course", "declaration")),
        ("fre902_13", ("environment", "tools", "self_test", "declaration")),
        ("fre902_14", ("digests", "storage", "log", "declaration")),
    ),
    "eu": (
        ("nf_01", ("nf", "protocol", "tools")),
        ("nf_02", ("nf", "environment")),
        ("nf_03", ("nf", "environment")),
        *((f"nf_{number:02d}", ("nf",)) for number in range(4, 11)),
        ("nf_11", ("nf", "clock")),
        *((f"nf_{number:02d}", ("nf",)) for number in range(12, 17)),
        ("nf_17", ("nf", "times_of_collection", "collected", "gaps")),
        ("nf_18", ("nf", "web")),
        ("nf_19", ("digests", "storage", "sealed", "log")),
        ("nf_20", ("observations_only",)),
        ("eidas_41", ("stamps", "qualified")),
    ),
    "intl": (
        ("iso_audit", ("log", "tools", "environment")),
        ("iso_repeat", ("tools", "repeat")),
        ("iso_reproduce", ("verification", "repeat")),
        ("iso_justify", ("protocol", "origin", "gaps")),
        ("iso_identify", ("collected", "digests")),
        ("iso_custody", ("log", "collectors", "access", "interruptions")),
        ("iso_changes", ("gaps", "erasures", "stamps")),
    ),
}
"""Jurisdiction to its points, each with the facts that speak to it.

*Source:* Provisions on Internet Courts (2018), article 11; Civil Evidence Provisions (2019), article 93;
FRE 901 and 902; NF Z67-147; eIDAS, article 41; ISO/IEC 27037.
"""


OF_CAPTURES = frozenset({"preflight"})
"""Facts that are spoken of only where something online was captured."""


def authenticity(case: CaseFacts, words: Words) -> Section:
    """Builds the authenticity table of the case's jurisdiction."""
    place = {"fr": "eu"}.get(case.snapshot.info.jurisdiction, case.snapshot.info.jurisdiction)
    rows = ROWS.get(place, ROWS["intl"])
    here = place if place in ROWS else "intl"
    shares = (("point", 30), ("where", 40), ("missing", 30))
    columns = tuple(Column(words.say(f"authenticity.column_{name}"), share) for name, share in shares)
    table = Table(columns, tuple(_row(name, facts, case=case, words=words) for name, facts in rows), "compact")
    intro = Paragraph(words.say(f"authenticity.intro_{here}"))
    blocks = (intro, _exhibits(case, words), table, Paragraph(words.say("authenticity.review"), "note"))
    return Section("authenticity", words.heading_number("authenticity"), words.say("authenticity.title"), blocks)


def _exhibits(case: CaseFacts, words: Words) -> Paragraph:
    """Lists the exhibits with their items, so that the item numbers of the table lead to them."""
    found = current(case.snapshot.exhibits)
    if not found:
        return Paragraph(words.say("authenticity.no_exhibits"), "note")
    said = (words.join([one.record.label, _of(one.record.items, words)], "\u00a0") for one in found)
    return Paragraph(words.say("authenticity.exhibits", exhibits=words.join(said, words.say("word.semicolon"))), "note")


def _of(items: tuple[str, ...], words: Words) -> Said:
    return words.say("authenticity.in_brackets", items=item_ranges(items, words)) if items else Said("")


def _row(name: str, facts: tuple[str, ...], *, case: CaseFacts, words: Words) -> tuple[Said, Said, Said]:
    wanted = [fact for fact in facts if fact not in OF_CAPTURES or RECORDED["web"](case)]
    there: list[Said] = []
    missing: list[Said] = []
    for fact in wanted:
        if fact == "nf":
            _nf(name, case, there=there, missing=missing, words=words)
        else:
            _answer(fact, case, there=there, missing=missing, words=words)
    none = words.say("word.none")
    return words.say(f"point.{name}"), words.join(there, "\n") or none, words.join(missing, "\n") or none


def _answer(fact: str, case: CaseFacts, *, there: list[Said], missing: list[Said], words: Words) -> None:
    """Says of a fact where it is recorded, for which items, and for which it is not."""
    parts = {anchor: words.part(anchor) for anchor in (*words.parts, *words.annexes)}
    yes, no = (words.say(f"fact.{fact}_{answer}", **parts) for answer in ("yes", "no"))
    if not RECORDED[fact](case):
        (there if fact in GOOD_IF_NONE else missing).append(no)
        return
    if fact not in OF_ITEMS:
        (missing if fact in BAD_IF_ANY else there).append(yes)
        return
    covered = [facts.item.id for facts in case.items if OF_ITEMS[fact](facts)]
    rest = [facts.item.id for facts in case.items if not OF_ITEMS[fact](facts)]
    there.append(words.say("authenticity.of_items", text=yes, items=item_ranges(covered, words)))
    if rest and fact not in PARTIAL:
        missing.append(words.say("authenticity.not_of_items", text=no, items=item_ranges(rest, words)))


def _nf(name: str, case: CaseFacts, *, there: list[Said], missing: list[Said], words: Words) -> None:
    """Says of a point of NF Z67-147 what the checks before the captures gave on it."""
    captures = list(all_captures(case))
    if not captures:
        missing.append(words.say("fact.nf_offline"))
        return
    wanted = f"NF{name.removeprefix('nf_')}"
    found: Counter[str] = Counter()
    for _, capture in captures:
        points = [one for one in members(capture.preflight, "points") if one.get("id") == wanted]
        found[str(points[0].get("status", "")) if points else "absent"] += 1
    made = {status: found[status] for status in STATED if found[status]}
    if made:
        counted = words.count("captures", sum(made.values()))
        said = words.listed(words.say(f"preflight_status.{status}") for status in made)
        there.append(words.say("fact.nf_yes", captures=counted, statuses=said, collection=words.part("collection")))
    for status, key in UNSTATED.items():
        if found[status]:
            missing.append(words.say(f"fact.nf_{key}", captures=words.count("captures", found[status])))


STATED = ("done", "sealed", "warning", "capture")
"""What a check can come to and have an answer."""

UNSTATED = {
    "warning": "deviation",
    "operator": "operator",
    "not-available": "unavailable",
    "absent": "absent",
}
"""What a check can come to and leave something open, with what is said of it."""

GOOD_IF_NONE = frozenset({"erasures", "interruptions", "gaps", "sealed"})
"""Facts of which there being none is no lack."""

BAD_IF_ANY = frozenset({"gaps", "interruptions", "erasures"})
"""Facts that say that something is missing."""

PARTIAL = frozenset({"comparisons", "metadata", "sealed"})
"""Facts that need not hold for every item."""


def _has_hand_over(*names: str) -> Callable[[CaseFacts], bool]:
    return lambda case: any(_is_handed(facts, *names) for facts in case.items)


def _is_handed(facts: ItemFacts, *names: str) -> bool:
    found = hand_over(facts)
    return any(name in found for name in names)


def _has_stage(*stages: Stage) -> Callable[[CaseFacts], bool]:
    return lambda case: any(found.finding.stage in stages for found in case.findings)


def _is_of_stage(facts: ItemFacts, *stages: Stage) -> bool:
    return any(found.finding.stage in stages for found in facts.observations)


def _is_stated(kind: str, *names: str) -> Callable[[CaseFacts], bool]:
    return lambda case: any(one.record.values.get(name) for one in case.stated(kind) for name in names)


def _always(_: CaseFacts) -> bool:
    return True


def _never(_: CaseFacts) -> bool:
    return False


RECORDED: Mapping[str, Callable[[CaseFacts], bool]] = {
    "access": _never,
    "clock": lambda case: any(
        check.offset_s is not None
        for checks in (
            *(act.record.clock for act in case.snapshot.acts),
            *(end.record.clock for end in case.snapshot.act_ends),
        )
        for check in checks
    ),
    "collected": lambda case: any(done.record.outcome is not Outcome.FAILED for done in case.snapshot.acquisitions),
    "collectors": lambda case: bool(case.snapshot.keys or case.snapshot.info.examiner),
    "comparisons": _has_stage(Stage.COMPARE),
    "content": lambda case: bool(case.findings),
    "declaration": _always,
    "digests": lambda case: any(done.record.artifacts for done in case.snapshot.acquisitions),
    "environment": lambda case: any(act.record.environment for act in case.snapshot.acts),
    "erasures": lambda case: bool(case.snapshot.erasures or case.snapshot.erased),
    "gaps": lambda case: bool(all_gaps(case)),
    "interruptions": lambda case: bool(case.snapshot.recoveries),
    "log": _always,
    "metadata": _has_stage(Stage.METADATA),
    "nf": lambda case: any(capture.preflight for _, capture in all_captures(case)),
    "observations_only": _always,
    "ordinary_course": _never,
    "origin": _has_hand_over("received_from", "access_mode", "legal_basis"),
    "origin_device": _has_hand_over("device"),
    "origin_times": lambda case: any(facts.original and facts.original.facts.get("mtime") for facts in case.items),
    "preflight": lambda case: any(capture.preflight for _, capture in all_captures(case)),
    "protocol": lambda case: any(at(capture.preflight, "protocol") for _, capture in all_captures(case)),
    "qualified": _never,
    "relation": _is_stated("author", "relation"),
    "funding": _is_stated("author", "funding"),
    "exhibits": lambda case: bool(current(case.snapshot.exhibits)),
    "statements": lambda case: bool(case.stated("mandate") or case.stated("author")),
    "repeat": lambda case: bool(case.findings),
    "sealed": lambda case: any(
        artifact.sealed is not None for done in case.snapshot.acquisitions for artifact in done.record.artifacts
    ),
    "self_test": lambda case: any(act.record.self_test for act in case.snapshot.acts),
    "stamps": lambda case: any(facts.stamp is Stamp.STAMPED for facts in case.obtained),
    "storage": lambda case: any(done.record.artifacts for done in case.snapshot.acquisitions),
    "times_of_collection": lambda case: bool(case.snapshot.acquisitions),
    "tools": lambda case: bool(case.snapshot.acquisitions or case.findings),
    "verification": _always,
    "web": lambda case: any(is_online(facts) for facts in case.items),
}
"""Fact to whether the case records it; `_never` is for what this version does not record, and the table says so."""


OF_ITEMS: Mapping[str, Callable[[ItemFacts], bool]] = {
    "comparisons": lambda facts: _is_of_stage(facts, Stage.COMPARE),
    "content": lambda facts: bool(facts.observations or facts.mentioned),
    "digests": lambda facts: any(done.record.artifacts for done in facts.acquisitions),
    "metadata": lambda facts: _is_of_stage(facts, Stage.METADATA),
    "origin": lambda facts: _is_handed(facts, "received_from", "access_mode", "legal_basis"),
    "origin_device": lambda facts: _is_handed(facts, "device"),
    "origin_times": lambda facts: bool(facts.original and facts.original.facts.get("mtime")),
    "sealed": lambda facts: any(one.sealed for done in facts.acquisitions for one in done.record.artifacts),
    "stamps": lambda facts: facts.stamp is Stamp.STAMPED,
}
"""Facts that hold for some items and not for others, with whether they hold for one."""
