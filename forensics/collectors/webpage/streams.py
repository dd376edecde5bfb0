"""Obtains adaptive streams that a page plays, through the browser: the list, each segment of the best rendition."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from forensics.collectors.webpage.embedded import is_whole
from forensics.collectors.webpage.keep import Medium
from forensics.collectors.webpage.recorder import Recorder
from forensics.errors import MediaError, StoreError
from forensics.model import Gap, GapReason
from forensics.web.exchange import Exchange
from forensics.web.stream_dash import read_manifest
from forensics.web.stream_hls import read_list
from forensics.web.stream_track import Segment, Track
from forensics.web.warc import shown

LIST_BYTES = 32 << 20
"""Longer lists are not read."""

MOST_SEGMENTS = 2_000
"""Segments of one stream that are fetched with a page; the collector `media` fetches longer ones by their address."""


@dataclass(slots=True)
class Streams:
    """Obtains streams one after another.

    Attributes:
        folder: Where joined tracks go.
        media: What was obtained.
        gaps: What was not.
    """

    recorder: Recorder
    folder: Path
    media: list[Medium] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def obtain(self, url: str) -> None:
        """Fetches one stream.

        Args:
            url: Address of its list.

        Raises:
            BrowserGoneError: The browser ended.
            StoreError: A file cannot be written.
        """
        try:
            async for track in self._tracks(url):
                await self._keep(track)
        except MediaError as error:
            self.gaps.append(Gap(f"stream {shown(url)}", GapReason.UNPARSABLE, str(error)))

    async def _tracks(self, url: str) -> AsyncIterator[Track]:
        content = await self._list(url)
        if urlsplit(url).path.lower().endswith(".mpd") or content.lstrip()[:1] == b"<":
            for track in read_manifest(content, url):
                yield track
            return
        found = read_list(content.decode("utf-8", errors="replace"), url)
        if isinstance(found, Track):
            yield found
            return
        for place, variant in enumerate(found.best()):
            inner = read_list((await self._list(variant.url)).decode("utf-8", errors="replace"), variant.url)
            if not isinstance(inner, Track):
                raise MediaError("a list of renditions names another list of renditions")
            yield replace(inner, label=variant.label, kind="audio" if place else "")

    async def _list(self, url: str) -> bytes:
        exchange = await self.recorder.load_whole(url)
        if not is_whole(exchange) or exchange.body.path is None or exchange.body.size > LIST_BYTES:
            reason = exchange.refused or exchange.error or f"status {exchange.status}, {exchange.body.size} bytes"
            raise MediaError(f"the list {shown(url)} could not be fetched whole: {reason}")
        return exchange.body.path.read_bytes()

    async def _keep(self, track: Track) -> None:
        """Fetches the segments of a track, each file once, and joins them as they came."""
        files: dict[str, Exchange] = {}
        for address in track.addresses[:MOST_SEGMENTS]:
            exchange = await self.recorder.load_whole(address)
            if is_whole(exchange):
                files[address] = exchange
        lost = [segment for segment in track.segments if segment.url not in files]
        self.gaps += [*track.gaps, *_lost(track, lost)]
        if track.encryption:
            detail = f"the segments are encrypted ({track.encryption}) and kept so"
            self.gaps.append(Gap(f"stream {shown(track.url)}", GapReason.UNREADABLE, detail))
        if len(lost) < len(track.segments):
            self.media.append(self._joined(track, files))

    def _joined(self, track: Track, files: dict[str, Exchange]) -> Medium:
        ending = urlsplit(track.segments[0].url).path.rpartition(".")[2]
        path = self.folder / f"stream-{len(self.media) + 1:02d}.{ending if ending.isalnum() else 'bin'}"
        try:
            with path.open("wb") as target:
                for block in _pieces(track, files):
                    target.write(block)
        except OSError as error:
            hint = "Look at the free space of the disk on which the case lies."
            raise StoreError(f"a stream cannot be joined: {error.strerror}", hint=hint) from error
        facts = {
            "from": "stream",
            "via": "loader",
            "segments": len(track.segments),
            "segments_kept": sum(segment.url in files for segment in track.segments),
            "rendition": track.label,
            "joined": "the segments in the order of the list, as they came; the archive has each of them",
        }
        return Medium(track.url, facts, path=path, name=path.name)


def _pieces(track: Track, files: dict[str, Exchange]) -> Iterator[bytes]:
    for segment in track.segments:
        exchange = files.get(segment.url)
        if exchange is not None and exchange.body.path is not None:
            yield _piece(segment, exchange.body.path)


def _piece(segment: Segment, path: Path) -> bytes:
    """Reads one segment: the file, or the piece of it that the list names. One segment is at most one body long."""
    with path.open("rb") as stream:
        if segment.piece is None:
            return stream.read()
        stream.seek(segment.piece[0])
        return stream.read(segment.piece[1])


def _lost(track: Track, lost: list[Segment]) -> Iterator[Gap]:
    if lost:
        detail = f"{len(lost)} of {len(track.segments)} segments could not be fetched whole; the first is "
        yield Gap(f"stream {shown(track.url)}", GapReason.FAILED, detail + shown(lost[0].url))
