"""Faces: where and when they are seen, how well, and whether eyes lie where generators of portraits put them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import ClassVar

from forensics.analyzers import describe
from forensics.analyzers.faces.joint import EyeLayoutComparison
from forensics.analyzers.faces.setting import Setting
from forensics.analyzers.faces.work import FaceWork
from forensics.faces.table import CROP_ROLE, ROLE
from forensics.model import Finding, Message, Result, Stage
from forensics.plugins import Evidence, FrameWork, Sink
from forensics.watch import watch

__all__ = ["EyeLayoutComparison", "FacesAnalyzer"]


@dataclass(frozen=True)
class FacesAnalyzer:
    """Finds faces in stills, and follows them through clips.

    Attributes:
        start_score: Least score of a face of a still, and of the first one of a track.
        score: Least score of a face that continues a track.
        overlap: Share of overlap from which on faces of two frames are in the same place.
        gap_s: Longest time for which a face may be out of sight within a track.
        least_frames: Frames of a clip in which a face must have `start_score`, which must be half of those in which it
            is seen.
        sure_score: Score from which on one frame suffices.
        max_faces: Faces of one frame of a clip that are followed, the widest first.
        max_tracks: Tracks that are recorded, those first that are seen best and longest.
        max_crops: Pictures of faces that are kept of all tracks suitable for comparison together.
        crops: Pictures that are kept of one face.
        apart_s: Least time between two of them.
        crop_px: Longest side of one.
    """

    start_score: float = 0.8
    score: float = 0.6
    overlap: float = 0.3
    gap_s: float = 1.0
    least_frames: int = 2
    sure_score: float = 0.9
    max_faces: int = 24
    max_tracks: int = 200
    max_crops: int = 200
    crops: int = 5
    apart_s: float = 1.0
    crop_px: int = 320

    name: ClassVar[str] = "faces"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/*", "video/*")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = (ROLE, CROP_ROLE)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States which faces are found, and of a still where the eyes of the largest lie."""
        return watch(self, evidence, sink)

    def start(self, evidence: Evidence, sink: Sink) -> FrameWork:
        """Begins an examination."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.SAMPLE,
            kind="faces.detected",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        is_picture = evidence.artifact.media_type.startswith("image/")
        settings = {one.name: getattr(self, one.name) for one in fields(Setting)}
        return FaceWork(Setting(**settings), blank, sink, is_picture=is_picture)
