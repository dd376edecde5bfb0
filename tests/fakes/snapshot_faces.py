"""Builds example cases with comparisons, copies, faces, a registered person and weighings, as snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forensics.model import (
    Access,
    Artifact,
    Finding,
    Interpretation,
    Item,
    LegalBasis,
    Message,
    Name,
    Result,
    Sensitivity,
    Stage,
    Subject,
    Tool,
)
from forensics.proof.proposition import FACE_DIFFERS, SAME_PERSON, Propositions
from tests.fakes.snapshots import Case, acquisition, act, digest, finding, opened, picture, stamp

COMPARISON = "source.comparison"
FACE = {
    "number": 1,
    "state": "differs",
    "structure_inside": [0.7, 0.67, 0.75],
    "structure_coarse": 0.9,
    "structure_if_smoothed": 0.81,
    "structure_parts": {"eyes": 0.78, "nose": 0.75, "mouth": 0.73},
    "residual_log2_ratio": [4, 3.7, 4.2],
    "peak": 23.4,
    "identity_cosine": [0.24, 0.18, 0.3],
    "identity_cosine_other_frames": [0.89, 0.86, 0.98],
    "landmark_shift": 0.03,
    "control": {
        "structure_inside": [1, 0.99, 1],
        "structure_coarse": 1,
        "structure_if_smoothed": 0.97,
        "structure_parts": {"eyes": 1, "nose": 1, "mouth": 1},
        "residual_log2_ratio": [0, 0, 0.2],
        "peak": 1.1,
        "identity_cosine": [0.99, 0.97, 0.99],
        "landmark_shift": 0.004,
    },
}
VALUES = {
    "verdict": "scene_corresponds_face_differs",
    "aligned_share": 1,
    "offset_s": 6.02,
    "pieces": [
        {"questioned_from_s": 0, "questioned_to_s": 4.5, "offset_s": 6.02},
        {"questioned_from_s": 4.54, "questioned_to_s": 9, "offset_s": 8.1},
    ],
    "transform": {"is_mirrored": True, "scale": 0.75, "rotation_deg": 0.4, "shown_box_share": [0.05, 0.05, 0.9, 0.9]},
    "structure_outside": [0.97, 0.95, 0.98],
    "control": {"codec": "libx264", "strength": 15, "structure_outside": 0.97, "is_reached": True, "pair_count": 8},
    "faces": [FACE],
    "identity_table": {
        "face_subject": {"cosine": 0.59, "range": [0.52, 0.66], "count": 45},
        "face_original": {"cosine": 0.24, "range": [0.18, 0.3], "count": 15},
        "subject_original": {"cosine": 0.11, "range": [0.06, 0.17], "count": 45},
    },
    "subject": "SUBJECT-0001",
}
"""What a comparison records; the numbers are those of one swapped clip and its original, rounded."""

DISTRIBUTIONS = {
    "unrelated": {"pairs": 1275, "units": 25, "low": -0.09, "median": 0.08, "high": 0.24, "source": "test set A"},
    "same_person": {"pairs": 40, "units": 12, "low": 0.7, "median": 0.82, "high": 0.95, "source": "test set A"},
    "swapped_source": {"pairs": 11, "units": 7, "low": 0.54, "median": 0.62, "high": 0.66, "source": "test set A"},
}
LIMIT = Message("example.limit", "This does not say which of the two came first, or who did it.")
ALTERNATIVE = Message("example.alternative", "Filters and retouching change parts of a picture too.")
SCOPE = Message("weighing.scope", "The number and its term weigh the findings under the two propositions.")


def made(case: Case, name: str, role: str, *, seed: int, size: tuple[int, int] = (480, 200), **facts: Any) -> Artifact:
    """Stores a picture that an examination made."""
    kept = case.artifact(name, picture(seed, size=size), "image/jpeg", **facts)
    return replace(kept, role=role)


def _sealed(one: Artifact) -> dict[str, Any]:
    """Says that stored bytes are sealed; the plaintext's digest stays what tests look it up by."""
    return {"plain": {"sha256": one.digests.sha256, "blake3": one.digests.blake3, "size": one.digests.size}}


def compared(case: Case, subject: tuple[str, ...], *, is_sealed: bool = False) -> Finding:
    """Makes the finding of a comparison with its exhibits."""
    kept = []
    for number in range(3):
        facts = {"questioned_s": number * 1.25, "original_s": number * 1.25 + 6.02}
        kept.append(made(case, f"pair-{number}.png", "source-pair", seed=20 + number, **facts))
        kept.append(made(case, f"difference-{number}.png", "source-difference", seed=30 + number, **facts))
    kept.append(made(case, "timeline.png", "source-timeline", seed=40, size=(480, 320)))
    kept.append(made(case, "sheet.png", "pairing-sheet", seed=41))
    kept.append(replace(case.artifact("measurements.csv", b"a,b\n", "text/csv"), role="source-measurements"))
    if is_sealed:
        kept = [replace(one, sealed=_sealed(one)) for one in kept]
    statement = Message(
        "example.compared",
        "ITEM-0001 and ITEM-0002 show the same scene; inside 1 of 1 faces they differ: 0.70.",
        {"questioned": "ITEM-0001", "original": "ITEM-0002", "inside": "0.70"},
    )
    found = finding(
        subject, COMPARISON, Result.FOUND, "", stage=Stage.COMPARE, values=VALUES, attachments=tuple(kept),
        limits=(LIMIT,), alternatives=(ALTERNATIVE,),
    )  # fmt: skip
    return replace(found, statement=statement)


def detected(case: Case, content: str, *, count: int = 3) -> Finding:
    """Makes the finding of the faces of a clip: the last track is not suitable."""
    tracks = [
        {
            "id": f"F{number + 1}",
            "start_s": number * 1.5,
            "end_s": number * 1.5 + 3,
            "ranges_s": [[number * 1.5, number * 1.5 + 1], [number * 1.5 + 2, number * 1.5 + 3]],
            "frame_count": 12 + number,
            "width_px": [80, 96, 120],
            "suitable": number + 1 < count,
            "reasons": [] if number + 1 < count else ["small", "blurred"],
        }
        for number in range(count)
    ]
    crops = tuple(
        made(case, f"F{n + 1}.png", "face", seed=50 + n, size=(120, 140), track=f"F{n + 1}", time_s=n * 1.5)
        for n in range(min(count, 3))
    )
    return finding(
        content, "faces.detected", Result.FOUND, f"{count} faces were followed.", stage=Stage.DETECT,
        values={"track_count": count, "duration_s": 9.0, "tracks": tracks}, attachments=crops,
        limits=(LIMIT,), alternatives=(ALTERNATIVE,),
    )  # fmt: skip


def likeness(content: str, photo: str) -> Finding:
    """Makes the finding of a face that resembles a registered person."""
    track = {"track": "F1", "similarity": 0.59, "range": [0.52, 0.66], "frame_count": 5, "start_s": 0, "end_s": 3}
    other = {"track": "F2", "similarity": 0.12, "range": [0.05, 0.2], "frame_count": 4, "start_s": 1.5, "end_s": 4.5}
    values = {
        "subject": "SUBJECT-0001",
        "similarity": 0.59,
        "track": "F1",
        "tracks": [track, other],
        "photo_count": 3,
        "distributions": DISTRIBUTIONS,
        "strength": "consistent_with",
    }
    return finding(
        (content, photo), "face.identity", Result.INDETERMINATE, "The face F1 has a similarity of 0.59.",
        stage=Stage.COMPARE, values=values, where=({"track": "F1", "start_s": 0},), limits=(LIMIT,),
        alternatives=(ALTERNATIVE,),
    )  # fmt: skip


def weighing(ref: str, propositions: Propositions, **more: Any) -> Interpretation:
    """Makes a weighing of one finding."""
    return Interpretation((ref,), propositions, weigher=Tool("weighing", "1"), **more)


LIMITED = {
    "term": "limited",
    "favours": "h1",
    "log10_lr": 0.85,
    "log10_interval": (0.31, 0.95),
    "log10_cap": 0.95,
    "calibration": digest("calibration"),
    "limits": (SCOPE,),
}
"""A number that the scale calls limited support: 10 ** 0.85 is 7.08."""


def swap(*, jurisdiction: str = "intl", language: str = "en", sensitivity: Sensitivity = Sensitivity.NORMAL) -> Case:
    """A questioned clip, its original, a copy, and a registered person; compared and weighed.

    Args:
        jurisdiction: Forum.
        language: Language of the case.
        sensitivity: Of the questioned clip; from `INTIMATE` on what was made of it is sealed.
    """
    case = opened(jurisdiction=jurisdiction, language=language, reference="2026-18")
    case.event("collect", act(case, "collect"))
    names = ("questioned.mp4", "original.mp4", "copy.mp4")
    clips = [case.artifact(name, name.encode(), "video/mp4") for name in names]
    if sensitivity.is_sealed:
        clips[0] = replace(clips[0], sealed=_sealed(clips[0]))
    photo = case.artifact("portrait of somebody.jpg", picture(60), "image/jpeg")
    levels = (sensitivity, Sensitivity.NORMAL, Sensitivity.NORMAL, Sensitivity.BIOMETRIC)
    records: list[Any] = []
    for number, (artifact, level) in enumerate(zip((*clips, photo), levels, strict=True), 1):
        item = Item(f"ITEM-{number:04d}", Name(f"/evidence/{artifact.name}"), "file", sensitivity=level)
        records += [item, acquisition(case, item.id, artifact, act="1/0")]
    basis = LegalBasis(basis="consent of the person, 2026-11-20", at=case.now, consent="in writing", scope="this case")
    contents = (photo.content_sha256,)
    records.append(Subject("SUBJECT-0001", "A. Person", ("ITEM-0004",), basis, case.now, contents, ()))
    case.event("collect", *records)
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    questioned, original, copy = (one.content_sha256 for one in clips)
    seq = len(case.events)
    case.event(
        "analyze",
        compared(case, (questioned, original, photo.content_sha256), is_sealed=sensitivity.is_sealed),
        _crops_sealed(detected(case, questioned), is_sealed=sensitivity.is_sealed),
        _persons(questioned, original),
        likeness(questioned, photo.content_sha256),
        _unsuitable(original, photo.content_sha256),
        _copies(case, questioned, copy),
    )
    case.event(
        "analyze",
        weighing(f"{seq}/0", FACE_DIFFERS, term="not_evaluated", limits=(SCOPE,)),
        weighing(f"{seq}/3", SAME_PERSON, **LIMITED),
        weighing(f"{seq}/4", SAME_PERSON, term="O0", limits=(Message("example.small", "The face is too small."),)),
    )
    case.event("checkpoint")
    return case


def _crops_sealed(found: Finding, *, is_sealed: bool) -> Finding:
    if not is_sealed:
        return found
    sealed = (replace(one, sealed=_sealed(one)) for one in found.attachments)
    return replace(found, attachments=tuple(sealed))


def _persons(questioned: str, original: str) -> Finding:
    people = [
        {
            "id": "P1",
            "track_count": 2,
            "members": [{"sha256": questioned, "track": "F1"}, {"sha256": original, "track": "F1"}],
        },
        {"id": "P2", "track_count": 1, "members": [{"sha256": questioned, "track": "F2"}]},
    ]
    values = {
        "person_count": 2,
        "is_stable": False,
        "person_count_range": [1, 2],
        "persons": people,
        "left_out": [{"sha256": questioned, "track": "F3", "reasons": ["small"]}],
    }
    return finding(
        (questioned, original), "faces.persons", Result.FOUND, "2 groups of faces were formed.", stage=Stage.COMPARE,
        values=values, limits=(LIMIT,), alternatives=(ALTERNATIVE,),
    )  # fmt: skip


def _unsuitable(content: str, photo: str) -> Finding:
    values = {"subject": "SUBJECT-0001", "similarity": None, "tracks": [], "unsuitable": ["small", "turned"]}
    return finding(
        (content, photo), "face.identity", Result.INDETERMINATE, "The faces are not suitable for a comparison.",
        stage=Stage.COMPARE, values=values, limits=(LIMIT,), alternatives=(ALTERNATIVE,),
    )  # fmt: skip


def _copies(case: Case, questioned: str, copy: str) -> Finding:
    frame = made(case, "key.jpg", "key-frame", seed=70, size=(320, 180), time_s=2.0)
    pair = {
        "a": questioned,
        "b": copy,
        "relation": "same_footage",
        "overlap_s": 8.5,
        "offset_s": 0.5,
        "mirrored": True,
        "cropped": True,
    }
    values = {"about": "group", "group": "G1", "members": [{"sha256": questioned}, {"sha256": copy}], "pairs": [pair]}
    return finding(
        (questioned, copy), "source.match", Result.FOUND, "2 contents are copies of one work.", stage=Stage.COMPARE,
        values=values, attachments=(frame,), limits=(LIMIT,), alternatives=(ALTERNATIVE,),
    )  # fmt: skip


def asked_for(case: Case, *items: str, reason: str = "shown to the court in camera") -> Case:
    """Adds a request to draw what is masked, as the last event."""
    case.event("access", Access(items, "Li Wei", reason, case.now))
    return case


def crowd(count: int = 2000, *, jurisdiction: str = "intl", language: str = "en") -> Case:
    """One clip with many faces, and many clips with faces."""
    case = opened(jurisdiction=jurisdiction, language=language)
    case.event("collect", act(case, "collect"))
    records: list[Any] = []
    contents = []
    for number in range(1, 61):
        clip = case.artifact(f"clip {number}.mp4", f"clip {number}".encode(), "video/mp4")
        contents.append(clip.content_sha256)
        item = Item(f"ITEM-{number:04d}", Name(f"/clip {number}.mp4"), "file")
        records += [item, acquisition(case, item.id, clip, act="1/0")]
    case.event("collect", *records)
    case.event("checkpoint")
    case.event("analyze", detected(case, contents[0], count=count))
    case.event("analyze", *(detected(case, content) for content in contents[1:]))
    return case
