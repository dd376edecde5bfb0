"""Who may be compared with the case, and on which legal basis: what every comparison of faces asks first."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from forensics.custody.records import read_at
from forensics.custody.subject import erased_in, registered_in
from forensics.custody.writer import Writer
from forensics.engine.recapture import newest_artifact
from forensics.errors import UsageError
from forensics.model import Acquisition, Artifact, Committed, LegalBasis, Subject

FACE_COMPARISON = "face-comparison"
"""Purpose that a legal basis must have for faces to be compared."""

ROLE = "original"
"""Role of a reference photo in its acquisition."""

FACE_BOX = "face_box_px"
"""Fact of an artifact that `photos_of` gives: the box of the subject's face in the picture as it is shown."""

_ID = re.compile(r"SUBJECT-[0-9]{4,}")
_QUERY = (
    "SELECT record.seq, record.offset, record.length, artifact.nr FROM artifact "
    "JOIN record ON record.seq = artifact.seq AND record.idx = artifact.idx "
    "WHERE artifact.item = ? AND artifact.content = ? AND artifact.role = ? "
    "ORDER BY artifact.seq DESC, artifact.idx DESC, artifact.nr LIMIT 1"
)


def demand_basis(text: str) -> str:
    """Gives a legal basis as it is recorded, without white space around it.

    Raises:
        UsageError: It is empty: faces are compared on a recorded legal basis only.
    """
    if stated := text.strip():
        return stated
    raise UsageError(
        "faces are compared only on a recorded legal basis, and none was given",
        hint="A face that is compared with others is sensitive personal information (PIPL articles 28 and 29; GDPR "
        'article 9). Say what allows it: --basis "consent of the person shown, given on …", or the order of a court.',
        kept="Nothing was changed.",
    )


def record_basis(writer: Writer, basis: LegalBasis) -> Committed[LegalBasis]:
    """Records a legal basis that concerns the case as a whole; the caller closes it with a checkpoint.

    Raises:
        UsageError: The basis is empty.
        StoreError: It could not be committed.
    """
    stated = replace(basis, basis=demand_basis(basis.basis))
    event = writer.commit("legal-basis", [stated])
    return Committed(f"{event.seq}/0", stated)


def has_basis(writer: Writer) -> bool:
    """Whether faces of this case may be compared: a basis was recorded for it, or a subject is registered."""
    bases = writer.case.records_of("legal-basis", writer.index)
    return any(one.record.purpose == FACE_COMPARISON for one in bases) or bool(registered(writer))


def registered(writer: Writer) -> tuple[Subject, ...]:
    """Gives the newest record of each subject that was not erased, in the order of their ids."""
    return registered_in(writer.case, writer.index)


def name_key(name: str) -> str:
    """Gives the text by which equal names are found: white space and case do not count."""
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()


def is_id(text: str) -> bool:
    """Whether a text has the form of a subject's id."""
    return _ID.fullmatch(text) is not None


def find_subject(writer: Writer, name_or_id: str) -> Subject | None:
    """Finds a registered subject by id or name; None where there is none."""
    for one in registered(writer):
        if one.id == name_or_id or name_key(one.name) == name_key(name_or_id):
            return one
    return None


def subject_named(writer: Writer, name_or_id: str) -> Subject:
    """Finds a registered subject by id or name.

    Raises:
        UsageError: There is none, or it was erased.
    """
    if (found := find_subject(writer, name_or_id)) is not None:
        return found
    hint = "`forensics subject CASE` lists them; `forensics subject CASE NAME --photo FILE --basis TEXT` registers one."
    erased = erased_in(writer.case, writer.index).get(name_or_id)
    if erased is not None:
        raise UsageError(f"{name_or_id} was erased (record {erased})", hint=hint)
    raise UsageError("no subject of this name or id is registered in the case", hint=hint)


def next_id(writer: Writer) -> str:
    """Gives an id that no subject has or had."""
    used = [one.id for one in registered(writer)] + list(erased_in(writer.case, writer.index))
    highest = max((int(name.rpartition("-")[2]) for name in used), default=0)
    return f"SUBJECT-{highest + 1:04d}"


def photos_of(writer: Writer, subject: Subject) -> tuple[Artifact, ...]:
    """Gives the reference photos of a subject, as they were when their faces were looked at.

    Returns:
        Artifacts, in the order of `subject.photos`; their facts have `face_box_px` (left, top, width, height): a photo
        may show several persons, and the face that overlaps this box most is the subject's. Photos that were erased
        are left out.
    """
    found = list[Artifact]()
    for number in range(len(subject.photos)):
        artifact = _photo(writer, subject, number=number)
        if artifact is not None:
            box = {FACE_BOX: list(subject.faces_px[number])} if number < len(subject.faces_px) else {}
            found.append(replace(artifact, facts={**artifact.facts, **box}))
    return tuple(found)


def _photo(writer: Writer, subject: Subject, *, number: int) -> Artifact | None:
    item = subject.photos[number]
    if number >= len(subject.contents):
        return newest_artifact(writer, item, role=ROLE)
    for seq, offset, length, nr in writer.index.rows(_QUERY, (item, subject.contents[number], ROLE)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Acquisition):
            found: Artifact = record.artifacts[nr]
            return found
    return None
