"""Feeds the frames of a picture or clip to what examines frames: one decoder, the same frames for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.errors import MediaError, ToolLimitError, ToolTimeoutError
from forensics.model import Finding, Gap, GapReason
from forensics.plugins import Evidence, FrameAnalyzer, Sink

if TYPE_CHECKING:
    from forensics.media.frame import Frame

RATE_HZ = 5.0
"""Frames per second of a clip: the first of each fifth of a second. *Source:* measured; a face that is shown for half a
second is seen twice, and a minute of 720p costs about 3 s of decoding."""

SIDE_PX = 1920
"""Longest side of a clip's frames; larger ones are made smaller. A face of 120 px in 4K keeps 60 px."""

MOST_COMPLAINTS = 3
"""Complaints of the decoder that a gap quotes."""


@dataclass
class Reel:
    """The frames of one file, and what the decoder could not give.

    A clip gives `RATE_HZ` frames per second of at most `SIDE_PX` a side; a picture has all its pixels, and gives one
    frame, or as many as a clip where it is animated. The colours are blue, green, red.

    Attributes:
        path: The file.
        gaps: Complete once the frames are used up.
    """

    path: Path
    gaps: list[Gap] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        from forensics.media.frame import frames

        complaints: list[str] = []
        try:
            size = None if self._is_picture() else (SIDE_PX, SIDE_PX)
            yield from frames(self.path, size=size, rate_hz=RATE_HZ, pixel="bgr", heed=complaints.append)
        except (ToolTimeoutError, ToolLimitError) as error:
            self.gaps.append(Gap("frames", GapReason.TIMED_OUT, str(error)))
        except MediaError as error:
            self.gaps.append(Gap("frames", GapReason.UNREADABLE, str(error)))
        else:
            if complaints:
                self.gaps.append(Gap("frames", GapReason.UNPARSABLE, _quoted(complaints)))

    def _is_picture(self) -> bool:
        from forensics import media

        with self.path.open("rb") as stream:
            return media.sniff(stream.read(media.HEAD_SIZE)).startswith("image/")


def watch(analyzer: FrameAnalyzer, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
    """Examines the frames of one content by one analyzer alone: what its `examine` does.

    Raises:
        ForensicsError: The analyzer could not go on.
    """
    with evidence.path() as path:
        work, reel = analyzer.start(evidence, sink), Reel(path)
        for frame in reel:
            work.feed(frame)
        yield from work.finish(tuple(reel.gaps))


def _quoted(complaints: list[str]) -> str:
    kinds = list(dict.fromkeys(complaints))[:MOST_COMPLAINTS]
    return f"the decoder complained {len(complaints)} times and guessed what is damaged: {'; '.join(kinds)}"
