"""Builds the sealed packet: copies, manifests, signed statement; checked by two programs before it has its name."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from forensics.codec import canonical, format_time
from forensics.custody import bag
from forensics.custody.bag import BagFile
from forensics.custody.case import Case
from forensics.custody.container import Container, FolderContainer, TarContainer, ZipContainer
from forensics.custody.digest import digest_stream, sha256_hex
from forensics.custody.ledger import Head, Signer
from forensics.errors import IntegrityError, PacketError, UsageError
from forensics.model import FORMAT_VERSION
from forensics.reporter.packet_contents import Selection, Source, select
from forensics.verify import State, verify
from forensics.verify.packet_steps import PACKET_PREFIX, SIGNATURE, STATEMENT

HOW_TO_VERIFY, SIGNER = "HOW-TO-VERIFY.txt", "signer.pem"
_LISTED_DEFECTS = 5


class PacketSigner(Signer, Protocol):
    """A signing key that can also show its public half."""

    def public_pem(self) -> bytes:
        """Gives the public key as PEM."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a packet is to be.

    Attributes:
        created_at: Time that the statement gives, with its zone; its date in UTC stands in `bag-info.txt`.
        include_sealed: Whether sealed blobs are put in (still encrypted).
        only_items: Items to disclose; None for all.
        templates: Folder of the templates; None for those that belong to the program.
    """

    created_at: datetime
    include_sealed: bool = False
    only_items: frozenset[str] | None = None
    templates: Path | None = None


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was built and checked.

    Attributes:
        digest: SHA-256 of the archive; of `packet.json` where the packet is a folder.
        size: Bytes of all payload files.
        withheld_blobs: SHA-256 of blobs that it leaves out.
        withheld_records: References `SEQ/INDEX` of records that it leaves out.
    """

    path: Path
    digest: str
    head: Head
    size: int
    withheld_blobs: tuple[str, ...]
    withheld_records: tuple[str, ...]


def build(case: Case, out: Path, *, signer: PacketSigner, options: Options) -> Packet:
    """Builds a packet of a case as of its head.

    Args:
        case: The case; only read.
        out: Where the packet shall lie: an archive where the name ends in `.zip` or `.tar`, otherwise a folder.
        signer: A key that the case lists.
        options: How the packet is to be.

    Raises:
        UsageError: There is something at `out` already, or it lies where the case keeps evidence.
        IntegrityError: A file of the case is missing or has other bytes than its digest says.
        PacketError: The packet could not be written or did not pass its checks; nothing is left of it.
    """
    _refuse_place(case, out)
    selection = select(case, include_sealed=options.include_sealed, only_items=options.only_items)
    with _unfinished(out) as temporary:
        files = _write(case, temporary, selection, signer=signer, options=options, top=_top(out))
        _check(temporary)
        digest = _digest(temporary)
        if os.path.lexists(out):
            raise PacketError(f"{out} came to be in the meantime", hint="Choose another name.")
        temporary.replace(out)
    return Packet(
        path=out,
        digest=digest,
        head=case.head,
        size=sum(file.size for file in files),
        withheld_blobs=selection.withheld_blobs,
        withheld_records=tuple(f"{s}/{i}" for s, indexes in selection.withheld_lines.items() for i in indexes),
    )


def _refuse_place(case: Case, out: Path) -> None:
    if os.path.lexists(out):
        raise UsageError(f"{out} exists already", hint="Choose another name.", kept="Nothing was changed.")
    folder, place = case.folder.resolve(), out.absolute().parent.resolve()
    if place.is_relative_to(folder) and place != folder / "packets":
        hint = f"In the case itself, packets lie in {case.folder / 'packets'}."
        raise UsageError(f"{out} lies where the case keeps something else", hint=hint, kept="Nothing was changed.")


def _top(out: Path) -> str:
    """Gives the name of the folder in an archive."""
    return out.stem if out.suffix.lower() in _ARCHIVES else out.name


_ARCHIVES: Mapping[str, Callable[..., Container]] = {".zip": ZipContainer, ".tar": TarContainer}


@contextmanager
def _unfinished(out: Path) -> Iterator[Path]:
    """Gives a name beside the packet's own; what lies there is removed unless it was renamed."""
    temporary = out.absolute().with_name(f".{secrets.token_hex(4)}-{out.name}")
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        yield temporary
    except OSError as error:
        raise PacketError(
            f"the packet cannot be written: {error.filename or out}: {error.strerror or error}",
            hint="Check the free space and the permissions there.",
            kept="Nothing is left of the packet; the case was not changed.",
        ) from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def _write(
    case: Case, temporary: Path, selection: Selection, *, signer: PacketSigner, options: Options, top: str
) -> list[BagFile]:
    """Writes all files of a packet and has the second program check them; gives the payload files."""
    kind = _ARCHIVES.get(temporary.suffix.lower())
    container = FolderContainer(temporary) if kind is None else kind(temporary, top=top)
    with container:
        payload = [_copy(container, source) for source in selection.sources]
        tags = _tag_files(case, payload, selection, signer=signer, options=options)
        for path, data in tags.items():
            container.add(path, io.BytesIO(data), size=len(data))
    if kind is None:
        _check_with_bagit(temporary, has_links=False)
    else:
        with tempfile.TemporaryDirectory(prefix="forensics-packet-") as folder:
            _lay_out(Path(folder), selection.sources, tags)
            _check_with_bagit(Path(folder), has_links=True)
    return payload


def _copy(container: Container, source: Source) -> BagFile:
    """Copies one file; what its name says of its bytes is compared while they pass."""
    with source.open() as stream:
        file = container.add(f"data/{source.path}", stream, size=source.size)
    if source.sha256 and file.sha256 != source.sha256:
        raise IntegrityError(
            f"{source.path} holds other bytes than the case says: their SHA-256 is {file.sha256}",
            hint="Run `forensics verify CASE` and restore the file from a copy.",
            kept="Nothing is left of the packet; the case was not changed.",
        )
    return file


def _tag_files(
    case: Case, payload: Sequence[BagFile], selection: Selection, *, signer: PacketSigner, options: Options
) -> dict[str, bytes]:
    """Makes everything in a packet that is not payload, in the order in which one covers the other."""
    tags = {
        bag.DECLARATION: bag.BAGIT_TXT,
        bag.INFO: bag.bag_info(payload, options.created_at.astimezone(UTC).date()),
        HOW_TO_VERIFY: _how_to_verify(case, selection, signer.key_id, options.templates),
        SIGNER: signer.public_pem(),
        **{name: bag.manifest(payload, algorithm) for name, algorithm in bag.PAYLOAD_MANIFESTS.items()},
    }
    described = [_describe(path, data) for path, data in tags.items()]
    manifests = {name: bag.manifest(described, algorithm) for name, algorithm in bag.TAG_MANIFESTS.items()}
    statement = canonical(_statement(case, manifests, selection, key_id=signer.key_id, created_at=options.created_at))
    signature = signer.sign(PACKET_PREFIX + statement)
    return {**tags, **manifests, STATEMENT: statement + b"\n", SIGNATURE: signature}


def _describe(path: str, data: bytes) -> BagFile:
    import hashlib

    digests = digest_stream(io.BytesIO(data))
    return BagFile(path, len(data), digests.sha256, hashlib.sha512(data).hexdigest(), digests.blake3)


def _statement(
    case: Case, manifests: Mapping[str, bytes], selection: Selection, *, key_id: str, created_at: datetime
) -> dict[str, Any]:
    lines = selection.withheld_lines
    return {
        "format_version": FORMAT_VERSION,
        "case": case.info.id,
        "created_at": format_time(created_at),
        "head": {"seq": case.head.seq, "digest": case.head.digest},
        "key": key_id,
        "tag_manifests": {name: sha256_hex(data) for name, data in manifests.items()},
        "withheld": {
            "blobs": list(selection.withheld_blobs),
            "records": [{"seq": seq, "indexes": list(lines[seq])} for seq in sorted(lines)],
        },
    }


def _how_to_verify(case: Case, selection: Selection, key_id: str, templates: Path | None) -> bytes:
    """Fills the instructions in the case's language, followed by the English ones."""
    from forensics.reporter.text import template_root

    folder = (template_root() if templates is None else templates) / "packet"
    values = {
        "{head}": str(case.head),
        "{key}": key_id,
        "{root}": case.root(case.head.seq) or "-",
        "{tokens}": "\n\n".join(_token_commands(*each) for each in selection.tokens) or "    -",
        "{withheld}": str(len(selection.withheld_blobs)),
    }
    texts = [_template(folder, language) for language in dict.fromkeys((case.info.language, "en"))]
    filled = "\n\n".join(texts)
    for name, value in values.items():
        filled = filled.replace(name, value)
    return filled.encode()


def _token_commands(checkpoint: int, token: str) -> str:
    return (
        f'    sed -n "{checkpoint + 1}p" data/ledger.jsonl | tr -d \'\\n\' > "$TEMPORARY/line"\n'
        f'    openssl ts -verify -data "$TEMPORARY/line" -in data/proofs/{token}.tsr -CAfile "$AUTHORITY"\n'
        f"    openssl ts -reply -in data/proofs/{token}.tsr -text"
    )


def _template(folder: Path, language: str) -> str:
    path = folder / f"how-to-verify.{language}.txt"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Install the program again, or give a folder with complete templates."
        raise PacketError(f"template {path} cannot be read: {error}", hint=hint) from error


def _lay_out(folder: Path, sources: Sequence[Source], tags: Mapping[str, bytes]) -> None:
    """Lays a bag out without copying what the case holds, for a program that reads folders only.

    The archive itself is read by `verify`, which compares it with the same manifests; so both see the same bytes.
    """
    for source in sources:
        target = folder / "data" / source.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.file is None:
            target.write_bytes(source.body)
        else:
            target.symlink_to(source.file.absolute())
    for path, data in tags.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _check_with_bagit(folder: Path, *, has_links: bool) -> None:
    """Has the `bagit` package validate a bag.

    Args:
        folder: The bag.
        has_links: Whether its payload is links that `_lay_out` made, which the package would refuse to follow.

    Raises:
        PacketError: It objects.
    """
    import bagit

    class LinkedBag(bagit.Bag):  # type: ignore[misc]
        def _path_is_dangerous(self, path: str) -> bool:
            return Path(path).is_absolute() or ".." in path.split("/")

    was_silent, bagit.LOGGER.disabled = bagit.LOGGER.disabled, True
    try:
        (LinkedBag if has_links else bagit.Bag)(str(folder)).validate()
    except bagit.BagError as error:
        raise PacketError(
            f"the packet did not pass the check by bagit {bagit.VERSION}: {error}",
            hint="Check the disk and the memory of this machine, then build it again.",
            kept="Nothing is left of the packet; the case was not changed.",
        ) from error
    finally:
        bagit.LOGGER.disabled = was_silent


def _check(packet: Path) -> None:
    """Verifies a packet as anyone can.

    Raises:
        PacketError: It is not intact.
    """
    result = verify(packet)
    if result.intact.state is not State.PASSED:
        listed = "; ".join(f"{d.kind.value} in {d.where}: {d.detail}" for d in result.defects[:_LISTED_DEFECTS])
        raise PacketError(
            f"the packet did not pass its own verification: {listed}",
            hint="Run `forensics verify CASE`: the case itself may be damaged.",
            kept="Nothing is left of the packet; the case was not changed.",
        )


def _digest(packet: Path) -> str:
    with (packet / STATEMENT if packet.is_dir() else packet).open("rb") as stream:
        return digest_stream(stream).sha256
