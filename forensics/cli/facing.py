"""What `faces` does, and how its result is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import Writer, writing
from forensics.engine.appearance import Appearance, appearances
from forensics.engine.collect import Setup
from forensics.engine.examine import Analyzed, chosen_analyzers, default_jobs, examine_case
from forensics.engine.identify import Identified, identify_case
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.subject import record_basis, registered
from forensics.engine.weigh import own_calibrations, shipped
from forensics.model import Finding, Gap, Interpretation, LegalBasis
from forensics.proof.calibration import Calibration, digest_of

FACES = "faces"

WHY_OFF = (
    "Faces are not compared with one another or with anybody: no legal basis is recorded. A face that is compared is "
    "sensitive personal information (PIPL articles 28 and 29; GDPR article 9)."
)
HOW_ON = (
    'Record one with `forensics faces CASE --basis "…"`, or register a person with '
    '`forensics subject CASE NAME --photo FILE --basis "…"`.'
)


@dataclass(frozen=True)
class Wanted:
    """What the user asked for.

    Attributes:
        items: Items that are told; empty for all.
        basis: Legal basis to be recorded; empty for none.
        consent: Who consented, how and when.
        scope: What the comparison is limited to.
        impact: Impact assessment, or where it is kept.
        calibrations: Calibration files of a laboratory, to be used in place of those of the program.
        jobs: Number of worker processes; None for one per core.
    """

    items: tuple[str, ...]
    basis: str = ""
    consent: str = ""
    scope: str = ""
    impact: str = ""
    calibrations: tuple[Path, ...] = ()
    jobs: int | None = None


@dataclass(frozen=True)
class _Done:
    """What was run, and the last checkpoint."""

    looked: Analyzed
    identified: Identified
    stamped: Stamped | None
    gaps: tuple[Gap, ...]


def show_faces(
    folder: Path, wanted: Wanted, *, key: SigningKey, home: Home, wait_s: float, found: Times, setup: Setup
) -> dict[str, Any]:
    """Looks for faces, compares them where that is allowed, and tells who appears where.

    Raises:
        UsageError: There is no such item, or a calibration cannot be read.
    """
    own = own_calibrations(wanted.calibrations)
    with writing(folder, key, home=home, verb=FACES, wait_s=wait_s) as writer:
        done = _run(writer, wanted, setup=setup, own=own)
        names = {one.id: one.name for one in registered(writer)}
        shown = appearances(writer, wanted.items, subjects=tuple(names))
        head = str(writer.case.head)
    time, gaps = time_answer(done.stamped, found) if done.stamped else ("nothing new to time-stamp", [])
    persons = shown.persons if done.identified.has_basis else None
    groups = _group_of(persons)
    return {
        "is_compared": done.identified.has_basis,
        "why_not": None if done.identified.has_basis else WHY_OFF,
        "how": None if done.identified.has_basis else HOW_ON,
        "subjects": [{"id": name, "registered_as": text} for name, text in names.items()],
        "contents": [_content(one, groups) for one in shown.contents],
        "persons": None if persons is None else _persons(persons),
        "examined": done.looked.examined,
        "compared": sum(one.kind == "face.identity" for one in done.identified.findings),
        "compared_before": done.identified.skipped,
        "gaps": [*map(to_json, done.gaps), *gaps],
        "head": head,
        "time": time,
        "exit_code": max(done.looked.exit_code, done.identified.exit_code),
    }


def _run(writer: Writer, wanted: Wanted, *, setup: Setup, own: Mapping[str, Calibration]) -> _Done:
    """Records the basis, looks for faces, and compares them; each in an act of its own."""
    jobs = wanted.jobs or default_jobs()
    stamped = None
    if wanted.basis:
        stated = LegalBasis(
            basis=wanted.basis,
            at=datetime.now(UTC),
            consent=wanted.consent,
            scope=wanted.scope,
            impact=wanted.impact,
        )
        record_basis(writer, stated)
        stamped = checkpoint(writer, setup.authorities)
    looked = examine_case(writer, wanted.items, analyzers=chosen_analyzers((FACES,), ()), setup=setup, jobs=jobs)
    identified = identify_case(writer, wanted.items, setup=setup, jobs=jobs, own=own)
    last = identified.stamped or looked.stamped or stamped
    gaps = tuple(gap for gap in (*looked.gaps, *identified.gaps) if gap.is_of_content)
    return _Done(looked, identified, last, gaps)


def _group_of(persons: Finding | None) -> dict[tuple[str, str], str]:
    """Gives the person of each face: by content and track."""
    if persons is None:
        return {}
    return {
        (str(member["sha256"]), str(member["track"])): str(one["id"])
        for one in persons.values.get("persons", ())
        for member in one["members"]
    }


def _persons(finding: Finding) -> dict[str, Any]:
    names = ("person_count", "person_count_range", "is_stable", "threshold", "left_out_count")
    return {"statement": finding.statement.text, **{name: finding.values.get(name) for name in names}}


def _content(one: Appearance, groups: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    tracks: Sequence[Mapping[str, Any]] = one.faces.values.get("tracks") or ()
    return {
        "items": list(one.items),
        "sha256": one.sha256,
        "result": str(one.faces.result),
        "statement": one.faces.statement.text,
        "track_count": one.faces.values.get("track_count"),
        "tracks": [
            {
                "id": track["id"],
                "ranges_s": track.get("ranges_s"),
                "is_suitable": bool(track.get("suitable")),
                "reasons": list(track.get("reasons") or ()),
                "person": groups.get((one.sha256, str(track["id"]))),
            }
            for track in tracks
        ],
        "identities": [_identity(finding, weighed) for finding, weighed in one.identities],
    }


def _identity(finding: Finding, weighed: Interpretation | None) -> dict[str, Any]:
    names = ("subject", "similarity", "track", "tracks", "photo_count", "photos_agree", "distributions")
    return {
        "result": str(finding.result),
        "statement": finding.statement.text,
        **{name: finding.values.get(name) for name in names},
        "interpretation": None if weighed is None else _interpretation(weighed),
    }


def _shipped_digests() -> frozenset[str]:
    return frozenset(digest_of(one) for one in shipped().values())


def _interpretation(one: Interpretation) -> dict[str, Any]:
    return {
        "propositions": [each.text for each in one.propositions],
        "term": one.term,
        "favours": one.favours,
        "log10_lr": one.log10_lr,
        "log10_interval": None if one.log10_interval is None else list(one.log10_interval),
        "log10_cap": one.log10_cap,
        "calibration": one.calibration,
        "is_own_calibration": one.calibration is not None and one.calibration not in _shipped_digests(),
        "limits": [each.text for each in one.limits],
    }
