"""What is said of a comparison with a subject: numbers side by side, never who is shown."""

from __future__ import annotations

from typing import Any

from forensics.analyzers import message
from forensics.analyzers.source.identity import LEAST_APART, LEAST_SIMILAR, Identity, IdentityTable, Nearer
from forensics.analyzers.source.sheet import SHEET_RULE
from forensics.analyzers.source.statement import Names
from forensics.model import Message, Result

RESULTS = {
    Nearer.SUBJECT: Result.INDETERMINATE,
    Nearer.ORIGINAL: Result.NOT_FOUND,
    Nearer.NEITHER: Result.INDETERMINATE,
}
"""What is looked for is a face that is nearer to the subject than to the original; it is a pointer at most."""

_MEASURED = (
    "Face {face} of {questioned}: the similarity of its measure to the reference photos of {subject} ({photos}) is "
    "{face_subject} (middle four fifths {face_subject_low} to {face_subject_high}); to the face of {original} at the "
    "same instants it is {face_original} ({face_original_low} to {face_original_high}). The face of {original} and the "
    "photos of {subject} give {subject_original} ({subject_original_low} to {subject_original_high})."
)


def result(identity: Identity) -> Result:
    """Gives the result: never that somebody was recognised."""
    return RESULTS[identity.tables[0].nearer] if identity.tables else Result.INDETERMINATE


def statement(identity: Identity, names: Names, subject: str) -> Message:
    """Says what was measured, and to which of the two the questioned face is nearer."""
    if not identity.tables:
        return message(
            "source.identity.unsuitable",
            "No face of {questioned} could be compared with {subject} and with {original}: not suitable for "
            "examination (too small, blurred, turned away, covered, too strongly compressed, or not seen at common "
            "instants).",
            questioned=names.questioned,
            original=names.original,
            subject=subject,
        )
    table = identity.tables[0]
    numbers = _numbers(table, identity, names, subject)
    if table.nearer is Nearer.SUBJECT:
        told = " By these numbers the face is nearer to {subject} than to the face that {original} shows there."
        return message("source.identity.nearer_subject", _MEASURED + told, **numbers)
    if table.nearer is Nearer.ORIGINAL:
        told = " By these numbers the face is nearer to the face that {original} shows there than to {subject}."
        return message("source.identity.nearer_original", _MEASURED + told, **numbers)
    told = " These numbers do not say to which of the two the face is nearer."
    return message("source.identity.undecided", _MEASURED + told, **numbers)


def _numbers(table: IdentityTable, identity: Identity, names: Names, subject: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "questioned": names.questioned,
        "original": names.original,
        "subject": subject,
        "photos": len(identity.references),
        "face": table.number,
    }
    for name in ("face_subject", "face_original", "subject_original"):
        one = getattr(table, name)
        found[name] = f"{one.median:.2f}"
        found[f"{name}_low"], found[f"{name}_high"] = f"{one.low:.2f}", f"{one.high:.2f}"
    return found


def values(identity: Identity, subject: str) -> dict[str, Any]:
    """Gives everything that was measured; a table per face, that of the finding first."""
    first = identity.tables[0] if identity.tables else None
    told: dict[str, Any] = {
        "subject": subject,
        "identity_table": first.described() if first else None,
        "face": first.number if first else None,
        "nearer": first.nearer.value if first else None,
        "faces": [
            {"number": one.number, "nearer": one.nearer.value, **one.described(), "instants_s": list(one.instants_s)}
            for one in identity.tables
        ],
        "photo_count": len(identity.references),
        "photos": [one.sha256 for one in identity.references],
        "left_out": dict(identity.left_out),
        "least_apart": LEAST_APART,
        "least_similar": LEAST_SIMILAR,
        "shown_by": SHEET_RULE if first else None,
    }
    if first and first.nearer is Nearer.SUBJECT:
        told["strength"] = "consistent_with"
    return told


def limits(identity: Identity | None) -> tuple[Message, ...]:
    """Says what does not follow."""
    said = [
        message(
            "source.identity.limit.measure",
            "Similarity of face measures identifies nobody. 99 of 100 pairs of unrelated people stay below {least}, "
            "which leaves many people alike; the measure errs more often for some groups of people than for others; "
            "and a face that was computed from two persons lies between both.",
            least=LEAST_SIMILAR,
        )
    ]
    if identity is not None and len(identity.tables) > 1:
        said.append(
            message(
                "source.identity.limit.chosen",
                "Several faces were compared. Stated is, of those that differ most from the original, the one that is "
                "most like the photos; the values have all.",
            )
        )
    return tuple(said)


def alternatives() -> tuple[Message, ...]:
    """Gives innocent explanations."""
    return (
        message(
            "source.identity.alternative.alike",
            "Relatives and people who look alike, make-up, hair, glasses, light and pose move these numbers in either "
            "direction.",
        ),
    )
