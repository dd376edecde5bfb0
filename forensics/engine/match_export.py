"""Writes key frames and hashes of a case into a folder, for a search by hand; nothing leaves the machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from forensics.custody.store import Store
from forensics.engine.evidence import StoredEvidence
from forensics.engine.examination import Bench
from forensics.engine.match import Content
from forensics.errors import ForensicsError, StoreError, UsageError
from forensics.media import fingerprint
from forensics.media.fingerprint import KEY_FRAME_ROLE, ROLE
from forensics.model import Artifact

README = "README.txt"

_HEAD = """Key frames and hashes for a search by hand.

Each folder holds what was made of one content: pictures of at most 640 pixels a side, and pdq.txt with one line for
each sampled frame: PDQ hash (64 hex digits), quality (0 to 100; below 50 of little use), time in seconds. The hashes
are calculated as PDQ is published (Meta, ThreatExchange); those of other programs differ in a few bits.

Nothing was sent anywhere. Whoever uploads a picture to a search service discloses it to that service. The pictures are
not the evidence: the evidence is in the case, under the digests below.

"""


def check_folder(folder: Path) -> None:
    """Refuses a folder that holds something.

    Raises:
        UsageError: The folder exists and is not empty, or is no folder.
    """
    try:
        is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}", hint="Name another folder.") from error
    if not is_free:
        raise UsageError(
            f"{folder} exists and is not empty",
            hint="Name a new folder for --export; nothing is ever written over.",
            kept="Nothing was changed.",
        )


def export(contents: Sequence[Content], folder: Path, *, bench: Bench, with_sealed: bool) -> tuple[int, int]:
    """Writes the folder.

    Args:
        contents: What was compared.
        folder: New or empty.
        bench: How to read the case.
        with_sealed: Whether sealed contents are written too, unencrypted.

    Returns:
        How many contents were written, and how many were left out.

    Raises:
        StoreError: The disk does not take it.
        UsageError: The folder is not empty.
    """
    check_folder(folder)
    store = Store(bench.folder, with_sm3=bench.with_sm3)
    chosen = [one for one in contents if with_sealed or not one.is_sealed]
    lines: list[str] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in chosen:
            lines.extend(_written(one, folder, store=store, identities=bench.identities))
        left_out = len(contents) - len(chosen)
        lines.append(f"Left out because they are sealed: {left_out}")
        (folder / README).write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Name another folder.") from error
    return len(chosen), left_out


def _written(content: Content, folder: Path, *, store: Store, identities: tuple[str, ...]) -> Iterator[str]:
    sha256 = content.seen.artifact.content_sha256
    place = folder / f"{(content.items or ('content',))[0]}-{sha256[:16]}"
    place.mkdir(mode=0o700)
    yield f"Content SHA-256 {sha256}, collected as {', '.join(content.items) or 'unknown'}"
    for number, one in enumerate(content.seen.made.get(KEY_FRAME_ROLE, ()), 1):
        time_s = float(one.facts.get("time_s", 0.0))
        yield _file(place / f"{number:02d}-{time_s:.3f}s.jpg", _read(one, store, identities))
    for one in content.seen.made.get(ROLE, ()):
        yield _file(place / "pdq.txt", _hashes(_read(one, store, identities)))
    yield ""


def _file(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return f"  {hashlib.sha256(content).hexdigest()}  {path.parent.name}/{path.name}"


def _read(artifact: Artifact, store: Store, identities: tuple[str, ...]) -> bytes:
    with StoredEvidence(artifact, store, identities).open() as stream:
        return stream.read()


def _hashes(content: bytes) -> bytes:
    try:
        value = fingerprint.decode(content)
    except ForensicsError as error:
        return f"# {error}\n".encode()
    rows = zip(value.hashes, value.qualities.tolist(), value.times_s.tolist(), strict=True)
    return "".join(f"{code.tobytes().hex()},{quality},{time_s:.3f}\n" for code, quality, time_s in rows).encode()
