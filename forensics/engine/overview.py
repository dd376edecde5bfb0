"""The verb `status`: what a case holds and what it lacks, from the index alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forensics.custody.case import Case
from forensics.custody.index import Index
from forensics.engine.exhibit import exhibited, leads_in
from forensics.proof.element import Profile
from forensics.proof.element_matrix import Missing, Standing, matrix, missing_to_file, strays

MOST_LISTED = 50
"""Items that are named one by one; the rest is counted."""


@dataclass(frozen=True)
class Elements:
    """Where the elements of proof stand.

    Attributes:
        profile: What they were taken from.
        standings: In the order of the profile.
        missing: What the profile's minimum for filing lacks.
        strays: Elements that exhibits or statements name and the profile does not have.
    """

    profile: Profile
    standings: tuple[Standing, ...]
    missing: tuple[Missing, ...]
    strays: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """Counts and gaps of a case.

    Attributes:
        outcomes: Number of items by the outcome of their latest acquisition.
        findings: Number of findings by kind and result.
        gaps: Number of gaps by reason.
        unstamped: Number of items whose latest acquisition no token covers.
        unexamined: Number of collected contents without any finding.
        items: The latest acquisition of the first items: id, outcome, whether a token covers it.
    """

    case: Case
    counts: dict[str, int]
    outcomes: dict[str, int]
    findings: dict[str, dict[str, int]]
    gaps: dict[str, int]
    unstamped: int
    unexamined: int
    authorities: tuple[str, ...]
    items: tuple[dict[str, Any], ...]


_LATEST = """
CREATE TEMP VIEW IF NOT EXISTS latest AS
SELECT item, max(seq * 1000000 + idx) AS place, outcome, seq FROM acquisition GROUP BY item
"""
"""The latest acquisition of each item: with one `max`, SQLite takes the other columns from the row that has it."""


def overview(case: Case, index: Index) -> Overview:
    """Summarises a case."""
    index.rows(_LATEST)
    covered = index.rows("SELECT coalesce(max(checkpoint), -1) FROM proof")[0][0]
    outcomes = dict(index.rows("SELECT outcome, count(*) FROM latest GROUP BY outcome"))
    findings: dict[str, dict[str, int]] = {}
    for kind, result, number in index.rows("SELECT kind, result, count(*) FROM finding GROUP BY kind, result"):
        findings.setdefault(kind, {})[result] = number
    rows = index.rows(
        "SELECT latest.* FROM latest JOIN item ON item.id = latest.item ORDER BY number LIMIT ?",
        (MOST_LISTED,),
    )
    return Overview(
        case=case,
        counts=_counts(index),
        outcomes=outcomes,
        findings=findings,
        gaps=dict(index.rows("SELECT why, count(*) FROM gap GROUP BY why")),
        unstamped=index.rows("SELECT count(*) FROM latest WHERE seq > ?", (covered,))[0][0],
        unexamined=index.rows(_UNEXAMINED)[0][0],
        authorities=tuple(row[0] for row in index.rows("SELECT DISTINCT authority FROM proof ORDER BY authority")),
        items=tuple({"id": item, "outcome": outcome, "time_stamped": seq <= covered} for item, _, outcome, seq in rows),
    )


def elements(case: Case, index: Index, *, profile: Profile) -> Elements:
    """Works out where the elements of proof stand, without reading more of the case than its exhibits need."""
    snapshot = exhibited(case, index)
    kinds = {kind for one in profile.elements for kind in one.supplies.kinds}
    standings = matrix(snapshot, profile, found=leads_in(index, kinds))
    made = (one.record for one in snapshot.outputs if one.record.kind == "report")
    has_report = any(one.as_of >= snapshot.as_of and "notice" not in one.facts for one in made)
    missing = missing_to_file(standings, profile, has_report=has_report)
    return Elements(profile, standings, missing, strays(snapshot, profile))


_UNEXAMINED = """
SELECT count(DISTINCT content) FROM artifact WHERE item IS NOT NULL AND role != 'symlink'
AND content NOT IN (SELECT sha256 FROM subject)
"""


def _counts(index: Index) -> dict[str, int]:
    items, acquisitions, findings, proofs = index.rows(
        "SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM acquisition), "
        "(SELECT count(*) FROM finding), (SELECT count(*) FROM proof)"
    )[0]
    blobs, size = index.rows("SELECT count(*), coalesce(sum(size), 0) FROM (SELECT DISTINCT blob, size FROM artifact)")[
        0
    ]
    return {
        "items": items,
        "acquisitions": acquisitions,
        "findings": findings,
        "proofs": proofs,
        "blobs": blobs,
        "bytes": size,
    }
