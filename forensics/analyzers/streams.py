"""Streams: what a media file holds by its headers, and whether its content is of the type that its name says."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, ClassVar

from forensics import media, tools
from forensics.analyzers import describe, message
from forensics.errors import ToolError, ToolLimitError, ToolTimeoutError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

_NEED = "ffprobe>=4.0"

FORMATS = (
    *("aac", "ac3", "act", "aiff", "amr", "amrnb", "amrwb", "ape", "apng", "asf", "au", "av1", "avi", "caf", "dirac"),
    *(
        "dnxhd",
        "dsf",
        "dts",
        "dtshd",
        "dv",
        "eac3",
        "flac",
        "flic",
        "flv",
        "fits",
        "gif",
        "gsm",
        "gxf",
        "h261",
        "h263",
        "h264",
    ),
    *("hevc", "ico", "ivf", "live_flv", "m4v", "matroska", "mjpeg", "mlp", "mov", "mp3", "mpc", "mpc8", "mpeg"),
    *("mpegts", "mpegvideo", "mxf", "mxg", "nut", "nsv", "obu", "ogg", "oma", "qcp", "r3d", "rm", "sox", "swf", "tak"),
    *("truehd", "tta", "vc1", "vivo", "voc", "vqf", "w64", "wav", "webm", "wsd", "wtv", "wv", "yuv4mpegpipe"),
    *("bmp_pipe", "dds_pipe", "dpx_pipe", "exr_pipe", "gif_pipe", "j2k_pipe", "jpeg_pipe", "jpegls_pipe"),
    *("jpegxl_pipe", "pam_pipe", "pbm_pipe", "pcx_pipe", "pfm_pipe", "pgm_pipe", "pgx_pipe", "photocd_pipe"),
    *("png_pipe", "ppm_pipe", "psd_pipe", "qoi_pipe", "sgi_pipe", "sunrast_pipe", "tiff_pipe", "webp_pipe", "xbm_pipe"),
)
"""Formats that FFprobe may read. Left out is whatever can name other files or hosts (playlists, manifests, session
descriptions, lists of files), devices, scripts, subtitles, and formats without a mark of their own, since a file of the
evidence must never make FFprobe open anything else. *Source:* FFmpeg Formats Documentation, "Demuxers"."""

_SOURCE = "file:/dev/stdin"
_REFUSED = re.compile(r"\[(\S+)\] Format not on whitelist")
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_RATIO = re.compile(r"(\d+)[/:](\d+)")
_PICTURE = "_pipe"
"""How FFprobe's names end for formats of single pictures."""

_NO_RATE = dict.fromkeys(
    (
        "r_frame_rate",
        "r_frame_rate_hz",
        "avg_frame_rate",
        "avg_frame_rate_hz",
        "time_base",
        "start_time_s",
        "duration_s",
    )
)
"""What FFprobe makes up for a single picture, as if it were a clip of 25 pictures a second."""

_UNKNOWN_LEVEL = -99
"""*Source:* FFmpeg, avcodec.h: FF_LEVEL_UNKNOWN."""

_MOST_STREAMS = 100
_MOST_LINES = 20
_LONGEST = 1000
_MEDIA = frozenset({"application/mxf", "application/vnd.rn-realmedia", "application/x-shockwave-flash"})
_SURE = 26
"""Least score at which a format is believed that the first bytes do not suggest. *Source:* FFmpeg, avformat.h: at
AVPROBE_SCORE_RETRY, 25, and below the library itself would want more data."""

_DECLARED = message(
    "streams.limit.declared",
    "Lengths, rates and numbers of frames are those that the headers declare; frames were not decoded or counted.",
)
_UNKNOWN = message(
    "streams.limit.unknown", "FFprobe knows many formats, not all; an unknown format is not a damaged file."
)
_START = message("streams.limit.start", "The type is told by the first bytes; what follows them was not looked at.")
_RENAMED = message(
    "streams.alternative.renamed",
    "Files are renamed by people, and programs and platforms save one format under the ending of another.",
)
_CONVERTED = message(
    "streams.alternative.converted",
    "Messengers, platforms and editing programs convert files; format and settings are then theirs.",
)


@dataclass(frozen=True)
class StreamsAnalyzer:
    """Reads the headers of media with FFprobe, and compares type and name of any file.

    Attributes:
        time_limit_s: Seconds for one file.
        memory_limit_bytes: Address space of the FFprobe process.
        output_limit_bytes: Bytes that FFprobe may answer.
        probe_bytes: Bytes that FFprobe reads to tell the format and find streams.
        probe_duration_us: Microseconds of media that it reads for the same.
    """

    time_limit_s: float = 60.0
    memory_limit_bytes: int = 2 << 30
    output_limit_bytes: int = 16 << 20
    probe_bytes: int = 5_000_000
    probe_duration_us: int = 5_000_000

    name: ClassVar[str] = "streams"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("*/*",)
    needs: ClassVar[tuple[str, ...]] = (_NEED,)
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:  # noqa: ARG002 -- nothing is made
        """States the type of the content, and for media the container and its streams."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.METADATA,
            kind="streams.container",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
            tools=(tools.require(_NEED),),
        )
        with evidence.open() as stream:
            head = stream.read(media.HEAD_SIZE)
        name = evidence.artifact.name.display
        content = media.sniff(head, name)
        yield _type_finding(blank, content, name)
        if content.startswith(("image/", "video/", "audio/")) or content in _MEDIA or content == media.UNKNOWN:
            yield from self._media(blank, evidence, content)
        else:
            yield _not_media(blank)

    def _media(self, blank: Finding, evidence: Evidence, content: str) -> Iterator[Finding]:
        try:
            found = self._probe(evidence)
        except ToolTimeoutError as error:
            yield _unread(blank, Gap("container", GapReason.TIMED_OUT, str(error)))
            return
        except ToolLimitError as error:
            yield _unread(blank, Gap("container", GapReason.LIMIT, str(error)))
            return
        container = found.container(content)
        if container is not None:
            yield _container_finding(blank, container, found.complaints)
            is_picture = str(container.get("format_name")).endswith(_PICTURE)
            yield _streams_finding(blank, found.answer.get("streams") or [], is_picture=is_picture)
        elif content != media.UNKNOWN:
            yield _unread(blank, found.gap())
        else:
            yield _not_media(blank)

    def command(self) -> list[str]:
        """Gives the command line of FFprobe, for a file that is its standard input."""
        # ffmpeg.probe() waits without any limit, so only its command line is built by the library. The file is standard
        # input, so that neither its name nor its folder can change what FFprobe takes it for.
        import ffmpeg

        options = {
            "v": "error",
            "protocol_whitelist": "file",
            "format_whitelist": ",".join(FORMATS),
            "probesize": self.probe_bytes,
            "analyzeduration": self.probe_duration_us,
            "show_format": None,
            "show_streams": None,
            "of": "json",
        }
        arguments = ffmpeg.get_args(ffmpeg.input(_SOURCE, **options).output("-"))
        return [str(tools.find(_NEED).path), *arguments[:-1]]

    def _probe(self, evidence: Evidence) -> _Probed:
        limits = tools.Limits(self.time_limit_s, self.memory_limit_bytes, self.output_limit_bytes)
        with evidence.path() as path, path.open("rb") as stream:
            return _Probed.of(tools.run(self.command(), limits=limits, stdin=stream))


@dataclass(frozen=True)
class _Probed:
    """What FFprobe answered: its JSON, and what it complained of without addresses in memory."""

    answer: Mapping[str, Any]
    complaints: tuple[str, ...]

    @classmethod
    def of(cls, done: tools.Completed) -> _Probed:
        lines = done.stderr.decode("utf-8", errors="replace").splitlines()
        complaints = tuple(_ADDRESS.sub("", line)[:_LONGEST] for line in lines[:_MOST_LINES])
        try:
            answer = json.loads(done.stdout.decode("utf-8", errors="replace") or "{}", parse_constant=str)
        except (ValueError, RecursionError) as error:
            raise ToolError("FFprobe gave no usable answer") from error
        return cls(answer if isinstance(answer, dict) else {}, complaints)

    def container(self, content: str) -> Mapping[str, Any] | None:
        """Gives what FFprobe says of the container; None where it says nothing, or guesses against the first bytes."""
        found = self.answer.get("format")
        if not isinstance(found, dict):
            return None
        is_sure = _integer(found.get("probe_score")) >= _SURE
        is_picture = str(found.get("format_name")).endswith(_PICTURE)
        is_expected = is_picture if content.startswith("image/") else content != media.UNKNOWN
        return found if is_sure or is_expected else None

    def gap(self) -> Gap:
        """Says why there is no container."""
        text = " ".join(self.complaints) or "FFprobe gave no reason"
        if refused := _REFUSED.search(text):
            detail = (
                f"FFprobe would read it as {refused.group(1)}, which is not among the formats that it may open here"
            )
            return Gap("container", GapReason.REFUSED, detail)
        return Gap("container", GapReason.UNPARSABLE, text[:_LONGEST])


def _type_finding(blank: Finding, content: str, name: str) -> Finding:
    matches = media.ending_matches(content, name)
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    differs = message(
        "streams.type.differs",
        "The content is of the type {content}, which does not go with the ending {ending} of the name.",
        content=content,
        ending=ending,
    )
    agrees = message(
        "streams.type.agrees",
        "The content is of the type {content}, which goes with the ending {ending} of the name.",
        content=content,
        ending=ending,
    )
    result = {None: Result.INDETERMINATE, True: Result.NOT_FOUND, False: Result.FOUND}[matches]
    return replace(
        blank,
        kind="streams.type",
        result=result,
        statement={None: _not_compared(content), True: agrees, False: differs}[matches],
        values={"content_type": content, "ending": ending, "ending_matches": matches},
        limits=(_START,),
        alternatives=(_RENAMED,) if matches is False else (),
        tools=(),
    )


def _not_compared(content: str) -> Message:
    if content == media.EMPTY:
        return message("streams.type.empty", "The file is empty, so its name was not compared with its content.")
    if content == media.UNKNOWN:
        text = "The content is of no type that is known here, so it was not compared with the name."
        return message("streams.type.unknown", text)
    text = "The content is of the type {content}; the name has no ending that could be compared with it."
    return message("streams.type.open", text, content=content)


def _not_media(blank: Finding) -> Finding:
    return replace(
        blank,
        result=Result.NOT_FOUND,
        statement=message("streams.container.none", "No container of images, sound or video was found in the file."),
        gaps=(Gap("container", GapReason.NOT_APPLICABLE, "the content is of no type of media"),),
        limits=(_START,),
    )


def _unread(blank: Finding, gap: Gap) -> Finding:
    statement = message("streams.container.unread", "FFprobe could not read the headers of the file.")
    return replace(blank, statement=statement, gaps=(gap,), limits=(_UNKNOWN,))


def _container_finding(blank: Finding, container: Mapping[str, Any], complaints: tuple[str, ...]) -> Finding:
    names = str(container.get("format_name", "")).split(",")
    described = str(container.get("format_long_name") or names[0])
    if names[0].endswith(_PICTURE):
        described = names[0].removesuffix(_PICTURE)
    return replace(
        blank,
        result=Result.FOUND,
        statement=message(
            "streams.container.found",
            "By its headers the file has the format {container}; number of streams: {count}.",
            container=described,
            count=_integer(container.get("nb_streams")),
        ),
        values={
            "format_names": names,
            "format": described,
            "duration_s": _number(container.get("duration")),
            "bit_rate_bps": _whole(container.get("bit_rate")),
            "start_time_s": _number(container.get("start_time")),
            "size_bytes": _whole(container.get("size")),
            "stream_count": _integer(container.get("nb_streams")),
            "probe_score": _whole(container.get("probe_score")),
            "tags": _tags(container.get("tags")),
            "complaints": list(complaints),
        },
        gaps=(Gap("parts of the file", GapReason.UNPARSABLE, " ".join(complaints)[:_LONGEST]),) if complaints else (),
        limits=(_DECLARED,),
        alternatives=(_CONVERTED,),
    )


def _streams_finding(blank: Finding, streams: list[Any], *, is_picture: bool) -> Finding:
    rows = [
        _stream(stream) | (_NO_RATE if is_picture else {})
        for stream in streams[:_MOST_STREAMS]
        if isinstance(stream, dict)
    ]
    kinds = [row["codec_type"] for row in rows]
    video, audio = kinds.count("video"), kinds.count("audio")
    found = message(
        "streams.streams.found",
        "Streams in the file: video or image {video}, sound {audio}, other {other}.",
        video=video,
        audio=audio,
        other=len(kinds) - video - audio,
    )
    none = message("streams.streams.none", "No stream was found in the container by FFprobe.")
    left_out = len(streams) - len(rows)
    return replace(
        blank,
        kind="streams.streams",
        result=Result.FOUND if rows else Result.NOT_FOUND,
        statement=found if rows else none,
        values={"streams": rows},
        gaps=(Gap("streams", GapReason.LIMIT, f"{left_out} streams were not recorded"),) if left_out else (),
        limits=(_DECLARED,),
        alternatives=(_CONVERTED,) if rows else (),
    )


def _stream(stream: Mapping[str, Any]) -> dict[str, Any]:
    """Takes what identifies a stream out of FFprobe's answer; what the headers do not say is None."""
    return {
        "index": _integer(stream.get("index")),
        "codec_type": stream.get("codec_type"),
        "codec_name": stream.get("codec_name"),
        "codec_tag": stream.get("codec_tag_string") if stream.get("codec_tag") != "0x0000" else None,
        "profile": _text(stream.get("profile")),
        "level": _whole(stream.get("level")) if stream.get("level") != _UNKNOWN_LEVEL else None,
        "width_px": _whole(stream.get("width")),
        "height_px": _whole(stream.get("height")),
        "pix_fmt": stream.get("pix_fmt"),
        "field_order": stream.get("field_order"),
        "color": {key: stream.get(f"color_{key}") for key in ("range", "space", "transfer", "primaries")},
        "sample_aspect_ratio": _text(stream.get("sample_aspect_ratio")),
        "rotation_deg": _rotation(stream),
        "sample_format": stream.get("sample_fmt"),
        "sample_rate_hz": _whole(stream.get("sample_rate")),
        "channels": _whole(stream.get("channels")),
        "channel_layout": stream.get("channel_layout"),
        "r_frame_rate": _text(stream.get("r_frame_rate")),
        "r_frame_rate_hz": _ratio(stream.get("r_frame_rate")),
        "avg_frame_rate": _text(stream.get("avg_frame_rate")),
        "avg_frame_rate_hz": _ratio(stream.get("avg_frame_rate")),
        "time_base": _text(stream.get("time_base")),
        "start_time_s": _number(stream.get("start_time")),
        "duration_s": _number(stream.get("duration")),
        "bit_rate_bps": _whole(stream.get("bit_rate")),
        "frame_count": _whole(stream.get("nb_frames")),
        "disposition": sorted(name for name, value in (stream.get("disposition") or {}).items() if value),
        "tags": _tags(stream.get("tags")),
    }


def _rotation(stream: Mapping[str, Any]) -> float | None:
    """Gives the rotation for display, in degrees as FFprobe counts them; None where the headers say none."""
    for side in stream.get("side_data_list") or []:
        if isinstance(side, dict) and "rotation" in side:
            return _number(side["rotation"])
    return _number((stream.get("tags") or {}).get("rotate"))


def _tags(tags: Any) -> dict[str, str]:
    return {str(key)[:_LONGEST]: str(value)[:_LONGEST] for key, value in (tags or {}).items()}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: Any) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _integer(value: Any) -> int:
    return _whole(value) or 0


def _ratio(value: Any) -> float | None:
    match = _RATIO.fullmatch(str(value))
    if match is None or int(match.group(2)) == 0:
        return None
    return int(match.group(1)) / int(match.group(2))
