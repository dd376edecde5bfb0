"""Reports that draw what is otherwise not drawn: asked for on record, kept sealed, written outside of the case."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from forensics.custody import sealing
from forensics.custody.store import Staged
from forensics.custody.writer import Writer
from forensics.errors import UsageError
from forensics.model import Access, Artifact, CustodyEvent, Digests, Snapshot
from forensics.reporter.picture import MAX_BYTES, OpenBlob


@dataclass(frozen=True, slots=True)
class Unmasking:
    """A wish to draw in a report what is otherwise not drawn.

    Attributes:
        items: Ids of the items whose pictures are wanted.
        reason: Why; it is recorded and printed in the report.
    """

    items: tuple[str, ...] = ()
    reason: str = ""


def log_request(writer: Writer, unmasking: Unmasking) -> CustodyEvent:
    """Commits the request before anything is drawn.

    Raises:
        UsageError: There is no reason, or no such item.
    """
    if not unmasking.reason.strip():
        raise UsageError("no reason is given for drawing what is masked", hint="Say why: --reason TEXT.")
    items = tuple(dict.fromkeys(unmasking.items))
    known = {one.record.id for one in writer.case.records_of("item", writer.index)}
    missing = [one for one in items if one not in known]
    if missing:
        raise UsageError(f"the case has no item {missing[0]}", hint="`forensics status CASE` lists the items.")
    record = Access(items, writer.case.info.examiner, unmasking.reason.strip(), datetime.now(UTC))
    return writer.commit("access", [record])


def opener(writer: Writer, snapshot: Snapshot) -> OpenBlob:
    """Gives what opens stored pictures; of items that this report may draw, also those that are sealed."""
    asked = {name for one in snapshot.accesses if _is_of(snapshot, one.ref) for name in one.record.items}
    if not asked:
        return writer.store.open
    sealed = {one.digests.sha256: one for one in _artifacts(snapshot, asked) if one.sealed is not None}
    return partial(_opened, writer, sealed)


def _is_of(snapshot: Snapshot, ref: str) -> bool:
    return int(ref.partition("/")[0]) == snapshot.as_of


def _artifacts(snapshot: Snapshot, asked: set[str]) -> Iterator[Artifact]:
    """Gives what was obtained of items, and what examinations of nothing but drawable content made."""
    contents: set[str] = set()
    for done in snapshot.acquisitions:
        if done.record.item in asked:
            contents.update(one.content_sha256 for one in done.record.artifacts)
            yield from done.record.artifacts
    for found in snapshot.findings:
        if contents.intersection(found.record.subject):
            yield from found.record.attachments


def _opened(writer: Writer, sealed: dict[str, Artifact], sha256: str) -> BinaryIO:
    if sha256 not in sealed or sealed[sha256].digests.size > MAX_BYTES:
        return writer.store.open(sha256)
    plain = (sealed[sha256].sealed or {}).get("plain") or {}
    target = io.BytesIO()
    with writer.store.open(sha256) as stream:
        sealing.decrypt(stream, target, identities=(writer.key.identity,), plain_sha256=plain.get("sha256"))
    target.seek(0)
    return target


def stage_sealed(writer: Writer, data: bytes) -> tuple[Staged, dict[str, object]]:
    """Stages bytes encrypted for the case's recipients, and gives what the artifact says of the plaintext."""
    seal = partial(sealing.encrypt, io.BytesIO(data), recipients=writer.recipients, with_sm3=writer.store.with_sm3)
    staged, plain = writer.store.stage_made(seal)
    return staged, {"plain": _plain(plain)}


def _plain(digests: Digests) -> dict[str, object]:
    return {"sha256": digests.sha256, "blake3": digests.blake3, "size": digests.size, "sm3": digests.sm3}


def check_outside(folder: Path | None, case: Path) -> Path:
    """Gives the folder for a report that draws what is masked: one outside of the case.

    Raises:
        UsageError: None is given, or it lies in the case, from where packets are made.
    """
    hint = "Name a folder outside of the case: --out DIRECTORY."
    if folder is None:
        raise UsageError("a report with unmasked pictures is not put into the case", hint=hint)
    if folder.resolve().is_relative_to(case.resolve()):
        raise UsageError(f"{folder} lies in the case, where no report with unmasked pictures is put", hint=hint)
    return folder
