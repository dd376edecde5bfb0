"""Fingerprints of pictures and clips, by which copies are found within a case, and key frames for people."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from forensics.analyzers import describe
from forensics.analyzers.prints import statement as say
from forensics.media import fingerprint
from forensics.media.frame import NEEDS
from forensics.model import Artifact, Finding, Gap, GapReason, Result, Stage
from forensics.plugins import Evidence, Sink
from forensics.watch import watch

if TYPE_CHECKING:
    from forensics.analyzers.prints.work import Gathered
    from forensics.media.frame import Frame

KIND = "source.fingerprint"


@dataclass(frozen=True)
class PrintsAnalyzer:
    """Makes the fingerprint of a picture or clip.

    Attributes:
        most_frames: Frames of a clip that are kept; of longer clips every second, fourth, … frame is.
        most_corners: Corners that are kept of each marked frame of a clip.
        still_corners: Corners that are kept of a still.
    """

    most_frames: int = 18_000
    most_corners: int = 200
    still_corners: int = 500

    name: ClassVar[str] = "prints"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("image/*", "video/*")
    needs: ClassVar[tuple[str, ...]] = NEEDS
    reads: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = (fingerprint.ROLE,)

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States of how many frames a fingerprint was made."""
        return watch(self, evidence, sink)

    def start(self, evidence: Evidence, sink: Sink) -> Work:
        """Begins an examination."""
        from forensics.analyzers.prints.work import Gathered

        gathered = Gathered(self.most_frames, self.most_corners, self.still_corners)
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.COMPARE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=say.unread(),
            analyzer=describe(self),
            limits=say.limits(),
            alternatives=say.alternatives(),
        )
        return Work(gathered, blank, sink)


@dataclass
class Work:
    """One examination.

    Attributes:
        gathered: What the frames gave.
        blank: The finding without what is found.
        sink: Takes the fingerprint and the key frames.
    """

    gathered: Gathered
    blank: Finding
    sink: Sink

    def feed(self, frame: Frame) -> None:
        """Takes in the next frame."""
        self.gathered.feed(frame)

    def finish(self, gaps: tuple[Gap, ...]) -> Iterable[Finding]:
        """States what was made."""
        if not self.gathered.frame_count:
            gap = Gap("fingerprint", GapReason.UNREADABLE, "no frame could be decoded")
            yield replace(self.blank, gaps=gaps or (gap,), alternatives=(say.damaged(),))
            return
        made = self.gathered.fingerprint()
        yield replace(
            self.blank,
            result=Result.FOUND,
            statement=say.made(made),
            values=say.values(made, self.gathered.key_frames.chosen),
            attachments=(self._fingerprint(made), *self._key_frames()),
            gaps=gaps,
        )

    def _fingerprint(self, made: fingerprint.Fingerprint) -> Artifact:
        content = io.BytesIO(fingerprint.encode(made))
        name, kind = "fingerprint.fpr", fingerprint.MEDIA_TYPE
        return self.sink.put(content, role=fingerprint.ROLE, name=name, media_type=kind)

    def _key_frames(self) -> Iterable[Artifact]:
        for one in self.gathered.key_frames.chosen:
            time_s = round(one.time_s, 3)
            name = f"key-frame-{time_s:09.3f}s.jpg"
            content, role = io.BytesIO(one.jpeg), fingerprint.KEY_FRAME_ROLE
            yield self.sink.put(content, role=role, name=name, media_type="image/jpeg", time_s=time_s)
