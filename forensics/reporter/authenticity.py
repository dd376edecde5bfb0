"""The authenticity table: what a forum asks about electronic data, and where the recorded facts stand, if any are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forensics.model import Outcome, Stage
from forensics.reporter.blocks import Column, Paragraph, Section, Table
from forensics.reporter.captured import all_captures, at, is_online
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, Stamp
from forensics.reporter.front import hand_over
from forensics.reporter.gaps import all_gaps
from forensics.reporter.wording import ANNEXES, PARTS, Words

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
        ("ce93_6", ("collectors", "relation")),
        ("ce93_7", ("gaps", "interruptions", "erasures")),
    ),
    "us": (
        ("fre901_b1", ("collectors", "declaration")),
        ("fre901_b3", ("comparisons", "digests")),
        ("fre901_b4", ("metadata", "origin")),
        ("fre901_b9", ("tools", "preflight", "self_test", "clock", "repeat")),
        ("fre902_11", ("ordinary_course", "declaration")),
        ("fre902_13", ("environment", "tools", "self_test", "declaration")),
        ("fre902_14", ("digests", "storage", "log", "declaration")),
    ),
    "eu": (
        ("nf_1", ("protocol", "tools")),
        ("nf_2_3", ("environment",)),
        ("nf_11", ("clock",)),
        ("nf_17", ("times_of_collection", "collected", "gaps")),
        ("nf_19", ("digests", "storage", "sealed", "log")),
        ("nf_20", ("observations_only",)),
        ("nf_web", ("web",)),
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
    columns = (
        Column(words.say("authenticity.column_point"), 42),
        Column(words.say("authenticity.column_where"), 58),
    )
    table = Table(columns, tuple(_row(name, facts, case=case, words=words) for name, facts in rows))
    intro = Paragraph(words.say(f"authenticity.intro_{here}"))
    blocks = (intro, table, Paragraph(words.say("authenticity.review"), "note"))
    return Section("authenticity", words.heading_number("authenticity"), words.say("authenticity.title"), blocks)


def _row(name: str, facts: tuple[str, ...], *, case: CaseFacts, words: Words) -> tuple[Said, Said]:
    wanted = [fact for fact in facts if fact not in OF_CAPTURES or RECORDED["web"](case)]
    return words.say(f"point.{name}"), words.join((_answer(fact, case, words=words) for fact in wanted), "\n")


def _answer(fact: str, case: CaseFacts, *, words: Words) -> Said:
    parts = {anchor: words.part(anchor) for anchor in (*PARTS, *ANNEXES)}
    return words.say(f"fact.{fact}_{'yes' if RECORDED[fact](case) else 'no'}", **parts)


def _has_hand_over(*names: str) -> Callable[[CaseFacts], bool]:
    return lambda case: any(name in hand_over(facts) for facts in case.items for name in names)


def _has_stage(*stages: Stage) -> Callable[[CaseFacts], bool]:
    return lambda case: any(found.finding.stage in stages for found in case.findings)


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
    "observations_only": _always,
    "ordinary_course": _never,
    "origin": _has_hand_over("received_from", "access_mode", "legal_basis"),
    "origin_device": _has_hand_over("device"),
    "origin_times": lambda case: any(facts.original and facts.original.facts.get("mtime") for facts in case.items),
    "preflight": lambda case: any(capture.preflight for _, capture in all_captures(case)),
    "protocol": lambda case: any(at(capture.preflight, "protocol") for _, capture in all_captures(case)),
    "qualified": _never,
    "relation": _never,
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
