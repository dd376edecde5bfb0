"""Registers a subject with reference photos and the legal basis in one event, and deletes one with a receipt."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forensics.codec import name_of
from forensics.collectors.local import LocalCollector
from forensics.custody.subject import ACTION, Erased, erase_subject
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import Request, acquire
from forensics.engine.batch import Batch
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.subject import demand_basis, find_subject, is_id, name_key, next_id, subject_named
from forensics.errors import CaseError, UsageError
from forensics.model import Acquisition, Gap, LegalBasis, Outcome, Sensitivity, Subject

if TYPE_CHECKING:
    from forensics.engine.collect import Setup
    from forensics.engine.portrait import Portrait


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be registered and why; empty texts keep what is recorded of a subject that is registered already."""

    name: str
    basis: str = ""
    consent: str = ""
    scope: str = ""
    impact: str = ""


@dataclass(frozen=True)
class Enrolled:
    """What became of a registration.

    Attributes:
        subject: As it is registered now.
        is_new: Whether it was not registered before.
        added: Items of the photos that were added.
        known: Paths of photos whose content was registered already.
        act: Reference of the act's record; empty where nothing had to be recorded.
        gaps: What is missing of the act itself.
        stamped: What became of the request for trusted time; None where nothing had to be recorded.
    """

    subject: Subject
    is_new: bool
    added: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    act: str = ""
    gaps: tuple[Gap, ...] = ()
    stamped: Stamped | None = None


class _Whole(Batch):
    """Waiting records that come into the case as one event, or not at all."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer, ACTION)

    def _is_due(self, more: int) -> bool:  # noqa: ARG002 - the signature of Batch
        return False

    def flush(self) -> None:
        """Waits; see `commit`."""

    def commit(self) -> None:
        """Commits everything.

        Raises:
            StoreError: It could not be committed.
        """
        super().flush()


def enrol(writer: Writer, wish: Wish, photos: Sequence[Portrait], *, setup: Setup) -> Enrolled:
    """Registers a subject with its photos in one event, or adds photos to one, and stamps a checkpoint over it.

    Args:
        writer: The open case.
        wish: Who and why.
        photos: What is to be collected; what was looked at must still be what the files hold.
        setup: What the act is given; its arguments must not name the person or the files.

    Raises:
        UsageError: There is no name, no basis, or no photo; nothing was changed.
        CaseError: A photo changed since it was looked at, or could not be read; nothing was changed.
        StoreError: The case's disk does not take more.
    """
    before = _before(writer, wish)
    new, known = _unknown(photos, before)
    basis = _basis(wish, before)
    if before is not None and not new and replace(basis, at=before.basis.at) == before.basis:
        return Enrolled(before, is_new=False, known=known)
    if not (new or before):
        raise UsageError("a subject needs at least one photo", hint="Name it: --photo FILE.")
    batch = _Whole(writer)
    running = act.begin(batch, "subject", arguments=setup.arguments, servers=setup.servers)
    requests = [_request(one.path) for one in new]
    acquired = list(acquire(writer, batch, requests=requests, collectors=[LocalCollector()], running=running))
    for one, obtained in zip(new, acquired, strict=True):
        _demand_same(one, obtained.acquisition)
    items = tuple(one.item.id for one in acquired)
    subject = _subject(before or Subject(next_id(writer), wish.name.strip(), (), basis, basis.at), new, items=items)
    batch.add([replace(subject, basis=basis, at=datetime.now(UTC))])
    gaps = act.end(batch, running)
    batch.commit()
    stamped = checkpoint(writer, setup.authorities)
    subject = subject_named(writer, subject.id)
    return Enrolled(subject, before is None, items, known, running.act, gaps, stamped)


def _before(writer: Writer, wish: Wish) -> Subject | None:
    if not name_key(wish.name):
        raise UsageError("a subject needs a name", hint="Any name or sign by which you know who is meant.")
    return subject_named(writer, wish.name) if is_id(wish.name) else find_subject(writer, wish.name)


def _basis(wish: Wish, before: Subject | None) -> LegalBasis:
    """Joins what was stated now with what was stated before."""
    old = before.basis if before else LegalBasis(basis="", at=datetime.now(UTC))
    return LegalBasis(
        basis=demand_basis(wish.basis or old.basis),
        consent=wish.consent.strip() or old.consent,
        scope=wish.scope.strip() or old.scope,
        impact=wish.impact.strip() or old.impact,
        at=datetime.now(UTC),
    )


def _unknown(photos: Sequence[Portrait], before: Subject | None) -> tuple[list[Portrait], tuple[str, ...]]:
    """Leaves out photos whose bytes are registered already: one picture under two names is no second picture."""
    contents = set(before.contents) if before else set()
    new: list[Portrait] = []
    known: list[str] = []
    for one in photos:
        if one.sha256 in contents:
            known.append(one.path)
        else:
            new.append(one)
        contents.add(one.sha256)
    return new, tuple(known)


def _request(path: str) -> Request:
    locator = name_of(os.path.abspath(path))  # noqa: PTH100 -- links stay, as when other files are collected
    return Request(locator, "file", name_of(path), sensitivity=Sensitivity.BIOMETRIC)


def _demand_same(photo: Portrait, acquisition: Acquisition) -> None:
    contents = [artifact.content_sha256 for artifact in acquisition.artifacts]
    if acquisition.outcome is not Outcome.COMPLETE or contents != [photo.sha256]:
        why = "; ".join(gap.detail for gap in acquisition.gaps) or "it changed since its face was looked at"
        raise CaseError(
            f"{photo.path} could not be collected: {why}", hint="Run the command again.", kept="Nothing was changed."
        )


def _subject(subject: Subject, new: Sequence[Portrait], *, items: tuple[str, ...]) -> Subject:
    """Adds photos to a subject."""
    return replace(
        subject,
        photos=subject.photos + items,
        contents=subject.contents + tuple(one.sha256 for one in new),
        faces_px=subject.faces_px + tuple(one.box_px for one in new),
    )


@dataclass(frozen=True)
class Receipt:
    """What a person whose data were deleted can be handed: it has no name and no picture.

    Attributes:
        case: Id of the case.
        event: Number of the event in the ledger.
        event_sha256: Digest of its line.
        subject: Id of the subject.
        at: Time of the event, by the machine's clock.
        basis: Why it was deleted, as stated.
        records: How many records were erased.
        blobs: How many stored files were destroyed.
        items: Reference photos that were erased.
        kept_items: Items that stay although they are reference photos or hold the bytes of one, because they were
            collected as evidence too or are photos of another subject.
    """

    case: str
    event: int
    event_sha256: str
    subject: str
    at: datetime
    basis: str
    records: int
    blobs: int
    items: tuple[str, ...] = field(default=())
    kept_items: tuple[str, ...] = field(default=())


def delete(writer: Writer, subject: Subject, *, basis: str) -> Receipt:
    """Erases a subject with all that rests on it; the caller closes it with a checkpoint.

    Raises:
        UsageError: The basis is empty or names the person: it stays in the case.
        StoreError: A step failed; the next opening finishes an erasure that was committed.
    """
    stated = basis.strip()
    if not stated:
        raise UsageError("a deletion needs a basis", hint='Say why: --basis "consent withdrawn on …".')
    if _names(stated, subject.name):
        raise UsageError(
            "the basis of the deletion names the person, and it stays in the case",
            hint=f"Write {subject.id} in place of the name.",
            kept="Nothing was changed.",
        )
    erased = erase_subject(writer, subject.id, basis=stated)
    return _receipt(writer, subject.id, erased, basis=stated)


def _names(text: str, name: str) -> bool:
    """Whether a text has a name in it: as a word of its own, where its script separates words."""
    key = name_key(name)
    edges = [r"(?<!\w)" if key[0].isascii() else "", r"(?!\w)" if key[-1].isascii() else ""]
    return re.search(re.escape(key).join(edges), name_key(text)) is not None


def _receipt(writer: Writer, subject_id: str, erased: Erased, *, basis: str) -> Receipt:
    event = erased.event
    return Receipt(
        case=writer.case.info.id,
        event=event.seq,
        event_sha256=event.line_sha256,
        subject=subject_id,
        at=event.at,
        basis=basis,
        records=sum(len(numbers) for _, numbers in event.erased),
        blobs=erased.blobs,
        items=erased.items,
        kept_items=erased.kept,
    )
