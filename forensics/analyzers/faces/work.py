"""One examination: frames come in, tracks go out as they end, and findings at the end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forensics.analyzers.faces import eye, statement
from forensics.analyzers.faces.follow import Follower, Rule, Seen, see
from forensics.analyzers.faces.setting import Setting
from forensics.analyzers.faces.statement import Looked
from forensics.analyzers.faces.timeline import timeline
from forensics.analyzers.faces.trail import Gallery, Limit, Trail
from forensics.faces.table import CROP_ROLE, ROLE, Table, TrackRow, write_table
from forensics.model import Artifact, Finding, Gap
from forensics.plugins import Sink
from forensics.watch import RATE_HZ

if TYPE_CHECKING:
    from forensics.media.frame import Frame

TIMELINE_ROLE = "face-timeline"
"""Role under which the picture of tracks over time is kept."""


@dataclass
class FaceWork:
    """The examination of one picture or clip, as far as it has got; holds no frame, and little of each face.

    Attributes:
        setting: Of the analyzer.
        blank: A finding to be filled in.
        sink: Takes the table and pictures.
        is_picture: Whether the content is a picture, which may be animated.
    """

    setting: Setting
    blank: Finding
    sink: Sink
    is_picture: bool
    _frame_count: int = 0
    _crowded_count: int = 0
    _doubtful_count: int = 0
    _last_s: float = 0.0
    _size_px: tuple[int, int] = (1, 1)
    _first: list[Seen] = field(default_factory=list)
    _trails: dict[int, Trail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        setting = self.setting
        self._follower = Follower(Rule(setting.start_score, setting.overlap, setting.gap_s))
        self._gallery = Gallery(setting.max_tracks, setting.max_crops)
        self._limit = Limit(setting.start_score, setting.crops, setting.apart_s, setting.crop_px)

    def feed(self, frame: Frame) -> None:
        """Finds the faces of the next frame and adds them to their tracks."""
        search = self.setting.search(is_picture=self.is_picture)
        seen, left_out = see(frame, search, most=self.setting.most(is_picture=self.is_picture))
        if self._frame_count == 0:
            height, width = (max(1, round(side / frame.scale)) for side in frame.pixels.shape[:2])
            self._first, self._size_px = seen, (width, height)
        self._wait(frame.time_s - self._last_s)
        placed, ended = self._follower.feed(frame, seen)
        for number in ended:
            self._end(number)
        for number, one in placed:
            trail = self._trails.setdefault(number, Trail(number, self._limit))
            trail.add(one, frame.pixels, before_s=self._last_s)
            if trail.is_full:
                self._follower.end(number)
                self._end(number)
        self._frame_count, self._crowded_count = self._frame_count + 1, self._crowded_count + (left_out > 0)
        self._last_s = frame.time_s

    def finish(self, gaps: tuple[Gap, ...]) -> Iterator[Finding]:
        """States what was found."""
        if self._frame_count == 0:
            yield statement.unread_finding(self.blank, gaps)
            return
        self._wait(1 / RATE_HZ)
        for number in sorted(self._trails):
            self._end(number)
        trails = self._gallery.chosen()
        made, rows = self._kept(trails)
        table = self._table(rows)
        looked = Looked(
            self._is_still, self._frame_count, self._gallery.count, self._doubtful_count, self._crowded_count
        )
        values = [trail.values(row) for trail, row in zip(trails, rows, strict=True)]
        artifacts = (*self._tabled(table), *made)
        yield statement.faces_finding(self.blank, looked, table=table, tracks=values, made=artifacts, gaps=gaps)
        if self._is_still and self._first:
            yield eye.layout_finding(self.blank, self._first[0].face, size_px=self._size_px, gaps=gaps)

    @property
    def _is_still(self) -> bool:
        return self.is_picture and self._frame_count == 1

    def _wait(self, seconds: float) -> None:
        for trail in self._trails.values():
            if trail.end_s >= self._last_s:
                trail.wait(seconds)

    def _end(self, number: int) -> None:
        """Takes a track that has ended, unless it is seen too briefly or too weakly to be counted."""
        trail = self._trails.pop(number)
        if self._is_counted(trail):
            self._gallery.take(trail)
        else:
            self._doubtful_count += 1

    def _is_counted(self, trail: Trail) -> bool:
        """Whether a track is one: surely a face once, or clear in half of its frames and for long enough."""
        least = min(self.setting.least_frames, self._frame_count)
        is_long = trail.clear >= least or trail.shown_s >= (least - 0.5) / RATE_HZ
        return trail.score >= self.setting.sure_score or (is_long and 2 * trail.clear >= trail.count)

    def _kept(self, trails: list[Trail]) -> tuple[list[Artifact], tuple[TrackRow, ...]]:
        """Keeps the pictures of faces, and gives the tracks with their names."""
        made: list[Artifact] = []
        rows = []
        for number, trail in enumerate(trails, start=1):
            best = []
            for crop in trail.crops[: self._gallery.share() if trail.suitable else 1]:
                name = f"F{number}-{crop.seen.time_s:08.3f}s.png"
                facts: dict[str, Any] = {"track": f"F{number}", "time_s": crop.seen.time_s}
                made.append(self._put(crop.png(), role=CROP_ROLE, name=name, media_type="image/png", **facts))
                best.append(crop.row(made[-1].content_sha256))
            rows.append(trail.described(f"F{number}", best))
        return made, tuple(rows)

    def _table(self, rows: tuple[TrackRow, ...]) -> Table:
        width, height = self._size_px
        rate_hz, duration_s = (None, None) if self._is_still else (RATE_HZ, self._last_s)
        return Table(rate_hz, duration_s, width, height, rows)

    def _tabled(self, table: Table) -> Iterator[Artifact]:
        yield self._put(write_table(table), role=ROLE, name="faces.json", media_type="application/json")
        if table.tracks and not table.is_still:
            picture = timeline(table)
            yield self._put(picture, role=TIMELINE_ROLE, name="face-timeline.png", media_type="image/png")

    def _put(self, content: bytes, *, role: str, name: str, media_type: str, **facts: Any) -> Artifact:
        return self.sink.put(io.BytesIO(content), role=role, name=name, media_type=media_type, **facts)
