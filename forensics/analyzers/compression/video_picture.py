"""The table of a clip's frames, and a drawing of their sizes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from forensics.analyzers.compression import video_repeat
from forensics.analyzers.compression.video_frame import Frame
from forensics.analyzers.compression.video_timing import Timing
from forensics.model import Artifact
from forensics.plugins import Sink

_WIDTH_PX, _HEIGHT_PX = 1200, 300
_EDGE_PX = 20
_COLOURS: Mapping[str, tuple[int, int, int]] = {"I": (196, 40, 40), "P": (40, 90, 180), "B": (90, 160, 90)}
_OTHER_COLOUR = (120, 120, 120)
_REPEAT_COLOUR = (230, 150, 0)
_AXIS_COLOUR = (60, 60, 60)


def table(sink: Sink, frames: Sequence[Frame], timing: Timing) -> Artifact:
    """Keeps a table with a row for each frame: index, time, type, size, whether it repeats, difference.

    Raises:
        StoreError: It could not be stored.
    """
    content = io.StringIO(newline="")
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(("index", "pts_s", "type", "size_bytes", "repeats_previous", "difference_percent"))
    for index, frame in enumerate(frames):
        stamp = "" if frame.pts is None else f"{timing.seconds(frame.pts):.6f}"
        size = "" if frame.size_bytes is None else frame.size_bytes
        is_repeat = int(video_repeat.is_repeat(frames, index))
        writer.writerow((index, stamp, frame.kind, size, is_repeat, f"{frame.difference:.3f}"))
    stream = io.BytesIO(content.getvalue().encode())
    return sink.put(stream, role="frame-table", name="frame-table.csv", media_type="text/csv", frames=len(frames))


def plot(sink: Sink, frames: Sequence[Frame]) -> Artifact:
    """Keeps a drawing of the frames' sizes in their order: I red, P blue, B green; repeats with an orange mark below.

    Raises:
        StoreError: It could not be stored.
    """
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (_WIDTH_PX, _HEIGHT_PX), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    width, height = _WIDTH_PX - 2 * _EDGE_PX, _HEIGHT_PX - 2 * _EDGE_PX
    base = _EDGE_PX + height
    most = max((frame.size_bytes or 0 for frame in frames), default=0) or 1
    step = width / max(1, len(frames))
    for index, frame in sorted(enumerate(frames), key=lambda pair: pair[1].size_bytes or 0):
        left = _EDGE_PX + int(index * step)
        right = max(left, _EDGE_PX + int((index + 1) * step) - 1)
        top = base - round((frame.size_bytes or 0) / most * height)
        draw.rectangle((left, top, right, base), fill=_COLOURS.get(frame.kind, _OTHER_COLOUR))
        if video_repeat.is_repeat(frames, index):
            draw.rectangle((left, base + 4, right, base + 10), fill=_REPEAT_COLOUR)
    draw.line((_EDGE_PX, base, _EDGE_PX + width, base), fill=_AXIS_COLOUR)
    draw.line((_EDGE_PX, _EDGE_PX, _EDGE_PX, base), fill=_AXIS_COLOUR)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    stream.seek(0)
    name = "frame-plot.png"
    return sink.put(
        stream, role="frame-plot", name=name, media_type="image/png", frames=len(frames), largest_bytes=most
    )
