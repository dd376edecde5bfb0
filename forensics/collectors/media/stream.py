"""Fetches adaptive streams with the plain client: the list, every segment of the chosen rendition, and keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from forensics.collectors.media.direct import Kind, kind_of_response
from forensics.collectors.media.job import Job, Kept
from forensics.collectors.media.names import ending_of
from forensics.errors import MediaError, StoreError
from forensics.model import Gap, GapReason
from forensics.web.addresses import shown
from forensics.web.exchange import Headers
from forensics.web.fetch import Fetched
from forensics.web.stream_dash import read_manifest
from forensics.web.stream_hls import Master, read_list
from forensics.web.stream_track import Segment, Track

LIST_BYTES = 32 << 20
"""Longer lists are not read."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """One track as it was fetched.

    Attributes:
        path: Segments joined in order, as they came: encrypted ones stay encrypted. None where there is none.
        sha256: Its digest; empty where there is none.
        missing: How many segments are not there, or not whole.
        plain: The same without encryption, where its keys were served to anyone; None where there is none.
        plain_sha256: Its digest; empty where there is none.
    """

    track: Track
    path: Path | None = None
    sha256: str = ""
    missing: int = 0
    plain: Path | None = None
    plain_sha256: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every segment is there and can be played."""
        is_readable = self.plain is not None or not self.track.encryption
        return self.path is not None and not self.missing and not self.track.gaps and is_readable

    @property
    def digests(self) -> tuple[str, ...]:
        """Gives the digests of its files."""
        return tuple(digest for digest in (self.sha256, self.plain_sha256) if digest)

    def kept(self, stem: str) -> Kept | None:
        """Gives the file that becomes an artifact, the playable one first; None where there is none.

        Args:
            stem: Beginning of its name.
        """
        path = self.plain or self.path
        if path is None:
            return None
        facts = {
            "from": "stream",
            "via": "plain",
            "url": self.track.url,
            "rendition": self.track.label or None,
            "track": self.track.kind or None,
            "segments": len(self.track.segments),
            "segments_missing": self.missing,
            "is_joined": True,
            "is_whole": self.is_whole,
            "remuxed": False,
            "encryption": self.track.encryption or None,
            "is_decrypted": self.plain is not None,
            "sha256_as_served": self.sha256,
            "sha256_of_file": self.plain_sha256 or self.sha256,
        }
        return Kept(path, f"{stem}{path.suffix}", facts=facts)


def fetch_stream(job: Job, fetched: Fetched, kind: Kind, *, headers: Headers = ()) -> list[Streamed]:
    """Reads a list that was fetched, and fetches the best rendition that it offers.

    What cannot be read or fetched becomes a gap of the job.
    """
    try:
        tracks = _tracks(job, fetched, kind, headers=headers)
    except MediaError as error:
        job.gaps.append(Gap(f"stream {shown(fetched.final_url)}", GapReason.UNPARSABLE, str(error)))
        return []
    return [fetch_track(job, track, headers=headers) for track in tracks]


def fetch_track(job: Job, track: Track, *, headers: Headers = ()) -> Streamed:
    """Fetches every file of a track, each once, and joins the segments."""
    keys = set(track.keys)
    files: dict[str, Path] = {}
    for address in track.addresses:
        if job.left_s < 0:
            job.gaps.append(Gap(f"stream {shown(track.url)}", GapReason.TIMED_OUT, "the time for it was over"))
            break
        found = job.fetch_once(address, headers=headers)
        if _is_whole(found) and found.path and (address in keys or kind_of_response(found)[0] is Kind.MEDIA):
            files[address] = found.path
    lost = [segment for segment in track.segments if segment.url not in files]
    job.gaps.extend(track.gaps)
    job.gaps.extend(_lost_segments(track, lost))
    job.gaps.extend(
        Gap("key of a stream", GapReason.FAILED, f"{shown(key)} could not be fetched") for key in keys - files.keys()
    )
    if len(lost) == len(track.segments):
        return Streamed(track, missing=len(lost))
    target = _target(job, track)
    streamed = Streamed(track, target, _join(_pieces(track.segments, files), target), len(lost))
    if not track.is_decryptable or lost or not keys <= files.keys():
        return streamed
    return _decrypted(job, streamed, files)


def _decrypted(job: Job, streamed: Streamed, files: dict[str, Path]) -> Streamed:
    """Takes encryption off whose keys the server gives to anyone, as every player does; a failure is a gap."""
    target = _target(job, streamed.track)
    try:
        digest = _join(_decrypt(streamed.track.segments, files), target)
    except MediaError as error:
        job.gaps.append(Gap("stream without encryption", GapReason.UNPARSABLE, str(error)))
        return streamed
    return replace(streamed, plain=target, plain_sha256=digest)


def _target(job: Job, track: Track) -> Path:
    ending = ending_of(track.segments[0].url)
    number = len(list(job.folder.glob("track-*"))) + 1
    return job.folder / f"track-{number:04d}.{ending if ending.isalnum() else 'bin'}"


def _tracks(job: Job, fetched: Fetched, kind: Kind, *, headers: Headers) -> tuple[Track, ...]:
    if fetched.gaps or fetched.path is None or fetched.size > LIST_BYTES:
        raise MediaError("the list of the stream is not whole, or is too long")
    content = fetched.path.read_bytes()
    if kind is Kind.DASH:
        return read_manifest(content, fetched.final_url)
    found = read_list(content.decode("utf-8", errors="replace"), fetched.final_url)
    if isinstance(found, Track):
        return (found,)
    return tuple(_rendition(job, found, headers=headers))


def _rendition(job: Job, master: Master, *, headers: Headers) -> Iterable[Track]:
    for place, variant in enumerate(master.best()):
        fetched = job.fetch_once(variant.url, headers=headers)
        if kind_of_response(fetched)[0] is not Kind.HLS or fetched.path is None or fetched.gaps:
            raise MediaError(f"the list of the rendition {variant.label or place + 1} could not be fetched")
        text = fetched.path.read_text("utf-8", errors="replace")
        found = read_list(text, fetched.final_url)
        if not isinstance(found, Track):
            raise MediaError("a list of renditions names another list of renditions")
        yield replace(found, label=variant.label, kind="audio" if place else "")


def _is_whole(fetched: Fetched) -> bool:
    return fetched.status == 200 and not fetched.gaps  # noqa: PLR2004 -- OK


def _lost_segments(track: Track, lost: Sequence[Segment]) -> Iterable[Gap]:
    if lost:
        first = shown(lost[0].url)
        detail = f"{len(lost)} of {len(track.segments)} segments could not be fetched whole; the first is {first}"
        yield Gap(f"stream {shown(track.url)}", GapReason.FAILED, detail)


def _pieces(segments: Sequence[Segment], files: dict[str, Path]) -> Iterator[bytes]:
    """Gives the bytes of the segments that there are, in order."""
    for segment in segments:
        if segment.url in files:
            yield from _blocks(files[segment.url], segment.piece)


def _decrypt(segments: Sequence[Segment], files: dict[str, Path]) -> Iterator[bytes]:
    """Gives the bytes of segments without AES-128. *Source:* RFC 8216, sections 4.3.2.4 and 5.2.

    Raises:
        MediaError: A key or segment is not what it should be.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    for segment in segments:
        blocks = _blocks(files[segment.url], segment.piece)
        if not segment.key:
            yield from blocks
            continue
        try:
            cipher = Cipher(algorithms.AES128(files[segment.key].read_bytes()), modes.CBC(segment.iv)).decryptor()
            padding = PKCS7(128).unpadder()
            for block in blocks:
                yield padding.update(cipher.update(block))
            yield padding.update(cipher.finalize()) + padding.finalize()
        except ValueError as error:
            raise MediaError(f"a segment cannot be decrypted with its key: {error}") from error


def _blocks(path: Path, piece: tuple[int, int] | None) -> Iterator[bytes]:
    with path.open("rb") as part:
        left = path.stat().st_size
        if piece is not None:
            part.seek(piece[0])
            left = piece[1]
        while left and (block := part.read(min(left, 1 << 20))):
            yield block
            left -= len(block)


def _join(blocks: Iterable[bytes], target: Path) -> str:
    """Writes blocks to a new file and gives the digest of what was written."""
    hasher = hashlib.sha256()
    try:
        with target.open("xb") as joined:
            for block in blocks:
                joined.write(block)
                hasher.update(block)
    except OSError as error:
        raise StoreError(f"a stream cannot be stored: {error.strerror}", hint="Free space on the disk.") from error
    return hasher.hexdigest()
