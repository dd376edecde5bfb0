"""Small grey frames of a picture or clip, by FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics import tools
from forensics.analyzers.labels.comparison_hash import SIDE_PX
from forensics.errors import MediaError
from forensics.plugins import Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEED = "ffmpeg>=4.0"
_FORMATS = (
    *("apng", "asf", "avi", "flv", "gif", "h264", "hevc", "ivf", "matroska", "mjpeg", "mov", "mpeg", "mpegts"),
    *("mpegvideo", "mxf", "ogg", "webm", "bmp_pipe", "gif_pipe", "j2k_pipe", "jpeg_pipe", "jpegxl_pipe", "png_pipe"),
    *("tiff_pipe", "webp_pipe"),
)
"""Formats that FFmpeg may read: none that can name other files or hosts. *Source:* FFmpeg Formats Documentation."""
_MEMORY_BYTES = 4 << 30
_SIZE = SIDE_PX * SIDE_PX


def frames(evidence: Evidence, *, most: int, time_limit_s: float) -> NDArray[np.uint8]:
    """Decodes a picture, or one frame of each second of a clip, scaled to 32 by 32 grey pixels.

    Args:
        evidence: A picture or clip.
        most: Frames at most, from the start.
        time_limit_s: Seconds for the program.

    Returns:
        Grey values, shape (frames, 32, 32), 0-255; at least one frame.

    Raises:
        ToolError: FFmpeg is missing, or ran out of its time or memory.
        MediaError: It found no picture.
    """
    import numpy as np

    is_picture = evidence.artifact.media_type.startswith("image/")
    raw = _decoded(evidence, most, is_picture=is_picture, time_limit_s=time_limit_s)
    if len(raw) < _SIZE and not is_picture:  # a clip of less than half a second has no frame at a whole one
        raw = _decoded(evidence, most, is_picture=True, time_limit_s=time_limit_s)
    count = min(most, len(raw) // _SIZE)
    if not count:
        raise MediaError("FFmpeg finds no picture in it")
    return np.frombuffer(raw[: count * _SIZE], np.uint8).reshape(count, SIDE_PX, SIDE_PX)


def _decoded(evidence: Evidence, most: int, *, is_picture: bool, time_limit_s: float) -> bytes:
    limits = tools.Limits(time_limit_s, _MEMORY_BYTES, most * _SIZE + (1 << 20))
    with evidence.path() as path, path.open("rb") as stream:
        return tools.run(_command(most, is_picture=is_picture), limits=limits, stdin=stream).stdout


def _command(most: int, *, is_picture: bool) -> list[str]:
    scaled = f"scale={SIDE_PX}:{SIDE_PX}:flags=area,format=gray"
    chain = scaled if is_picture else f"fps=1,{scaled}"
    return [
        *(str(tools.find(NEED).path), "-nostdin", "-v", "error", "-threads", "1"),
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(_FORMATS), "-i", "file:/dev/stdin"),
        *("-an", "-sn", "-dn", "-vf", chain, "-frames:v", str(1 if is_picture else most)),
        *("-f", "rawvideo", "pipe:1"),
    ]
