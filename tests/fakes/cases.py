"""Builds small real cases through the program's own writer, and judges cases with the second verifier."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.custody import sealing
from forensics.custody.case import Case, Opening, new_case, open_case
from forensics.custody.signing import DEFAULT_KEY, Home, SigningKey, has_key, load_key, new_key
from forensics.custody.store import FileSystem, Staged
from forensics.custody.writer import Writer, writing
from forensics.model import (
    Acquisition,
    Act,
    ActEnd,
    Artifact,
    CustodyEvent,
    Finding,
    Interpretation,
    Item,
    Message,
    Name,
    Outcome,
    Output,
    Record,
    Result,
    Sensitivity,
    Stage,
    TimeProof,
    Tool,
)
from tests.conformance import second_verifier

LOCAL = Tool("local", "1")
LOOKER = Tool("looker", "1", settings={"depth": 3})


@dataclass(frozen=True)
class Built:
    """A case on the disk with what is needed to write to it."""

    folder: Path
    home: Home
    key: SigningKey

    def open(self) -> Case:
        """Opens the case for reading, anew."""
        return open_case(self.folder)

    def writing(
        self, verb: str = "test", *, wait_s: float = 0, file_system: FileSystem | None = None
    ) -> AbstractContextManager[Writer]:
        """Opens the case for writing."""
        return writing(self.folder, self.key, home=self.home, verb=verb, wait_s=wait_s, file_system=file_system)


def home_in(folder: Path) -> Home:
    """Gives a home whose keys and state lie in a folder."""
    return Home(folder, folder / "state")


def key_of(home: Home) -> SigningKey:
    """Gives the user's key, a new one where there is none."""
    return load_key(home, lambda _: None) if has_key(home, name=DEFAULT_KEY) else new_key(home)


def empty_case(folder: Path, home: Home, *, jurisdiction: str = "intl", file_system: FileSystem | None = None) -> Built:
    """Opens a new case."""
    key = key_of(home)
    opening = Opening("Case of A", "B. Examiner", jurisdiction=jurisdiction)
    new_case(folder, opening, signer=key, spki=key.spki, recipient=key.recipient, file_system=file_system)
    return Built(folder, home, key)


def build_case(
    folder: Path, home: Home, *, items: int = 3, jurisdiction: str = "intl", sealed: Collection[int] = ()
) -> Built:
    """Builds a case of one collecting and one examining act, each under a checkpoint.

    Args:
        folder: Where the case shall lie.
        home: Where its key is or shall be.
        items: How many items it has: `ITEM-0001` and so on.
        jurisdiction: With `cn`, digests include SM3.
        sealed: Numbers of the items that are sealed.
    """
    built = empty_case(folder, home, jurisdiction=jurisdiction)
    with built.writing("collect") as writer:
        act = begin_act(writer)
        for number in range(1, items + 1):
            collect_item(writer, number, act=act, is_sealed=number in sealed)
        writer.commit("collect", [ActEnd(act, now())])
        writer.commit("checkpoint")
    with built.writing("analyze") as writer:
        for number in range(1, items + 1):
            examine_item(writer, number)
        writer.commit("checkpoint")
    return built


def begin_act(writer: Writer, verb: str = "collect") -> str:
    """Commits an act and gives its reference."""
    environment, self_test = {"machine": "x86_64"}, {"passed": True}
    event = writer.commit(verb, [Act(verb, now(), (verb, "CASE"), environment, self_test)])
    return f"{event.seq}/0"


def item_id(number: int) -> str:
    """Gives the id of an item."""
    return f"ITEM-{number:04d}"


def secret_of(number: int) -> bytes:
    """Gives the text that an item's content repeats and that stands nowhere else but in its records."""
    return f"the secret of item {number}. ".encode()


def content_of(number: int) -> bytes:
    """Gives an item's content, a few kilobytes."""
    return secret_of(number) * 200


def now() -> datetime:
    """Gives the time."""
    return datetime.now(UTC)


def collect_item(
    writer: Writer, number: int, *, act: str, content: bytes | None = None, is_sealed: bool = False
) -> CustodyEvent:
    """Commits one item with an acquisition."""
    records, staged = acquired(writer, number, act=act, content=content, is_sealed=is_sealed)
    return writer.commit("collect", records, staged=staged)


def acquired(
    writer: Writer, number: int, *, act: str, content: bytes | None = None, is_sealed: bool = False
) -> tuple[list[Record], list[Staged]]:
    """Stages an item's content and gives the records that name it."""
    plain = content_of(number) if content is None else content
    staged, sealed = stage_sealed(writer, plain) if is_sealed else (writer.store.stage(io.BytesIO(plain)), None)
    name = Name(f"secret-{number}.bin")
    artifact = Artifact(
        staged.digests, "original", name, "application/octet-stream", now(), {"size": len(plain)}, sealed
    )
    sensitivity = Sensitivity.INTIMATE if is_sealed else Sensitivity.NORMAL
    item = Item(item_id(number), Name(f"/evidence/secret-{number}.bin"), "file", sensitivity=sensitivity)
    return [item, Acquisition(item.id, LOCAL, act, Outcome.COMPLETE, now(), now(), (artifact,))], [staged]


def stage_sealed(writer: Writer, plain: bytes) -> tuple[Staged, dict[str, Any]]:
    """Encrypts bytes for the case's recipients and stages them."""
    target = io.BytesIO()
    digests = sealing.encrypt(io.BytesIO(plain), target, recipients=writer.recipients)
    staged = writer.store.stage(io.BytesIO(target.getvalue()))
    return staged, {"plain": {"sha256": digests.sha256, "blake3": digests.blake3, "size": digests.size}}


def examine_item(writer: Writer, number: int) -> CustodyEvent:
    """Commits a finding about an item, with an attachment that was made from its content."""
    place = writer.index.rows("SELECT content FROM artifact WHERE item = ?", (item_id(number),))
    staged = writer.store.stage(io.BytesIO(b"a map of " + secret_of(number)))
    made = Artifact(staged.digests, "map", Name(f"map-{number}.bin"), "application/octet-stream", now())
    found = finding_about(place[0][0], attachments=(made,))
    return writer.commit("analyze", [found], staged=[staged])


def finding_about(*subject: str, attachments: tuple[Artifact, ...] = ()) -> Finding:
    """Makes a finding about contents, given by their SHA-256."""
    statement = Message("looker.trace", "A trace was found.")
    return Finding(subject, Stage.DETECT, "looker.trace", Result.FOUND, statement, LOOKER, attachments=attachments)


def interpretation_of(*findings: str) -> Interpretation:
    """Makes an interpretation of findings, given by their references."""
    propositions = Message("h1", "The one is so."), Message("h2", "The other is so.")
    return Interpretation(findings, propositions, "not_evaluated", Tool("weighing", "1"))


def commit_report(writer: Writer, data: bytes, name: str = "report.pdf") -> CustodyEvent:
    """Places a report and commits it."""
    writer.place_output(data, f"reports/{name}")
    staged = writer.store.stage(io.BytesIO(data))
    artifact = Artifact(staged.digests, "report", Name(name), "application/pdf", now())
    output = Output("report", f"reports/{name}", staged.digests.sha256, writer.case.last_evidence_event(), artifact)
    return writer.commit("report", [output], staged=[staged])


def commit_proof(writer: Writer, token: bytes = b"a token", certificate: bytes = b"a certificate") -> CustodyEvent:
    """Keeps a token, which need not be one for these tests, and commits the record that names it."""
    checkpoint = writer.commit("checkpoint")
    names = writer.keep_proof(token, ".tsr"), writer.keep_proof(certificate, ".cer")
    proof = TimeProof(checkpoint.seq, "https://tsa.example/", names[0], now(), now(), now(), None, names[1:])
    return writer.commit("time-proof", [proof])


def judged(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Gives the defects and the uncommitted remains of a case, as the second verifier finds them; not its proofs."""
    finds = second_verifier.Finds()
    second_verifier.verify_path(folder, finds, ())
    return [defect for _, defect in finds.defects], finds.remains


def open_descriptors() -> int:
    """Counts the files that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def files_with(folder: Path, text: bytes) -> Iterator[Path]:
    """Gives every file below a folder in whose raw bytes a text stands."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and text in path.read_bytes():
            yield path
