"""What people look at: pictures side by side, difference maps, a plot of time, a short clip, and the tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics import tools
from forensics.analyzers.source.footage import MEMORY_BYTES, Reel
from forensics.analyzers.source.identity import Identity
from forensics.analyzers.source.measure import FaceResult, Outcome
from forensics.analyzers.source.pair import Pair
from forensics.analyzers.source.plot import font, timeline_plot
from forensics.analyzers.source.sampling import Alignment, paired, pictures
from forensics.analyzers.source.sheet import SheetNames, pairing_sheet
from forensics.analyzers.source.summary import DIFFERS_BELOW
from forensics.analyzers.source.timeline import Timeline
from forensics.errors import MediaError, ToolError
from forensics.faces.face import Face, hull
from forensics.model import Artifact
from forensics.plugins import Sink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FFMPEG = "ffmpeg>=4.4"
RULE = "of the leading face: lowest, median and highest structure inside; and the first and last measured instant"
"""By which instants are shown; without faces only the first, middle and last measured instant are."""

_GAP_PX = 8
_HEAD_PX = 24
_NOTHING = 96
_FULL = 40.0
"""Difference, in grey levels, that is drawn with the strongest colour."""
_LINE = (40, 200, 40)
_CLIP_S = 4.0
_CLIP_HZ = 12.0
_COMPRESSION = 6


def exhibits(outcome: Outcome, sink: Sink, *, called: tuple[str, str], folder: Path) -> tuple[Artifact, ...]:
    """Makes and stores everything that can be shown of a comparison.

    Args:
        outcome: The comparison.
        sink: Takes the exhibits.
        called: What the questioned item and the original are called.
        folder: For encoded clips, for the moment.

    Raises:
        StoreError: The case's disk does not take more.
    """
    kept = list(_tables(outcome, sink))
    if outcome.alignment is not None and outcome.samples:
        kept.extend(_pictures(outcome, outcome.alignment, sink, called=called))
    if outcome.timeline is not None:
        plot = timeline_plot(outcome, called=called, face=leading(outcome))
        kept.append(_put(sink, plot, role="source-timeline", name="timeline.png", media_type="image/png"))
        if outcome.alignment is not None and outcome.samples:
            kept.extend(_clip(outcome, outcome.alignment, sink, folder=folder))
    return tuple(kept)


def sheet(outcome: Outcome, identity: Identity, sink: Sink, *, called: tuple[str, str, str]) -> tuple[Artifact, ...]:
    """Makes and stores the pairing sheet; nothing where no face could be compared.

    Args:
        outcome: The comparison.
        identity: What came of the subject's photos.
        sink: Takes the picture.
        called: What subject, questioned item and original are called.
    """
    made = pairing_sheet(outcome, identity, SheetNames(*called))
    if made is None:
        return ()
    content, facts = made
    return (_put(sink, content, role="pairing-sheet", name="pairing-sheet.png", media_type="image/png", **facts),)


def leading(outcome: Outcome) -> FaceResult | None:
    """Gives the face that the verdict rests on: the first that differs, then that was altered, then that was seen."""
    order = ("differs", "covered", "altered", "undecided", "agrees")
    return min(outcome.faces, key=lambda one: order.index(one.judgement.state.value), default=None)


def shown_samples(outcome: Outcome) -> list[int]:
    """Chooses the samples that are shown, by `RULE`, in the order of time."""
    last = len(outcome.samples) - 1
    face = leading(outcome)
    if face is None:
        return sorted({0, last // 2, last})
    ranked = sorted(face.track.samples, key=lambda one: (one[1].structure, one[0]))
    return sorted({0, last, ranked[0][0], ranked[len(ranked) // 2][0], ranked[-1][0]})


def _pictures(outcome: Outcome, alignment: Alignment, sink: Sink, *, called: tuple[str, str]) -> Iterator[Artifact]:
    for number, index in enumerate(shown_samples(outcome)):
        sample = outcome.samples[index]
        instant, faces = sample.times_s, [one.face for one in sample.faces]
        pair = paired(alignment, *outcome.pictures[instant], faces=faces)
        if pair is None:
            continue
        facts = {"questioned_s": round(instant[0], 3), "original_s": round(instant[1], 3), "rule": RULE}
        names = [f"{name}   {time:.2f} s" for name, time in zip(called, instant, strict=True)]
        shown = [_outlined(one, faces) for one in (covered(pair), pair.original)]
        both = _png(beside(*(_named(one, name) for one, name in zip(shown, names, strict=True))))
        yield _put(sink, both, role="source-pair", name=f"pair-{number}.png", media_type="image/png", **facts)
        drawn = _png(_named(_difference(pair.residual, pair.valid, pair.original), " - ".join(names), has_scale=True))
        yield _put(
            sink, drawn, role="source-difference", name=f"difference-{number}.png", media_type="image/png", **facts
        )


def covered(pair: Pair) -> NDArray[np.uint8]:
    """Gives the questioned picture as it lies upon the original, grey where it has no pixels."""
    shown = pair.questioned.copy()
    shown[~pair.valid] = _NOTHING
    return shown


def beside(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Sets two pictures of equal size side by side with a white strip between them."""
    import numpy as np

    strip = np.full((first.shape[0], _GAP_PX, 3), 255, np.uint8)
    return np.hstack([first, strip, second])


def _named(picture: NDArray[np.uint8], name: str, *, has_scale: bool = False) -> NDArray[np.uint8]:
    """Puts a white strip with a name above a picture, and below where asked for the scale of its colours."""
    import cv2
    import numpy as np
    from PIL import Image, ImageDraw

    width = picture.shape[1]
    # All is in the order blue, green, red; black, white and grey are the same in both.
    head = Image.new("RGB", (width, _HEAD_PX), (255, 255, 255))
    pen = ImageDraw.Draw(head)
    letters = min(16, max(8, round(16 * width / max(1.0, pen.textlength(name, font=font(16))))))
    pen.text((width / 2, _HEAD_PX / 2), name, fill=(20, 20, 20), font=font(letters), anchor="mm")
    parts = [np.asarray(head), picture]
    if has_scale:
        foot = Image.new("RGB", (width, _HEAD_PX), (255, 255, 255))
        bar = np.tile(np.linspace(0, 255, width // 2).astype(np.uint8), (10, 1))
        colours = np.asarray(cv2.applyColorMap(bar, cv2.COLORMAP_INFERNO), np.uint8)
        foot.paste(Image.fromarray(colours), (width // 4, 7))
        pen = ImageDraw.Draw(foot)
        pen.text((width / 4 - 8, _HEAD_PX / 2), "0", fill=(20, 20, 20), font=font(14), anchor="rm")
        most = (width // 4 + width // 2 + 8, _HEAD_PX / 2)
        pen.text(most, f"{_FULL:.0f}", fill=(20, 20, 20), font=font(14), anchor="lm")
        parts.append(np.asarray(foot))
    return np.ascontiguousarray(np.vstack([np.asarray(one, np.uint8) for one in parts]))


def _outlined(picture: NDArray[np.uint8], faces: Sequence[Face]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    drawn = picture.copy()
    for face in faces:
        points = np.clip(np.rint(hull(face)), -(1 << 15), 1 << 15).astype(np.int32)
        cv2.polylines(drawn, [points], isClosed=True, color=_LINE, thickness=1, lineType=cv2.LINE_AA)
    return drawn


def _difference(
    residual: NDArray[np.float32], valid: NDArray[np.bool_], original: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Paints the difference over the greyed original; what the questioned item does not cover is hatched dark."""
    import cv2
    import numpy as np

    strength = np.clip(residual / _FULL, 0, 1)
    colours = cv2.applyColorMap((strength * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(cv2.cvtColor(original, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    weight = (0.35 + 0.65 * strength)[..., None]
    mixed = grey * 0.5 * (1 - weight) + colours * weight
    mixed[~valid] = grey[~valid] * 0.25
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def _png(picture: NDArray[np.uint8]) -> bytes:
    import cv2

    _, content = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    return bytes(content.tobytes())


def _clip(outcome: Outcome, alignment: Alignment, sink: Sink, *, folder: Path) -> Iterator[Artifact]:
    """Makes a clip of both side by side about the most telling instant; nothing where FFmpeg cannot."""
    chosen = _clip_instants(outcome, alignment)
    raw, made = folder / "both.raw", folder / "both.mp4"
    size = None
    with raw.open("wb") as stream:
        for _, questioned, original in pictures(alignment, chosen):
            pair = paired(alignment, questioned, original, faces=())
            if pair is not None:
                both = beside(covered(pair), pair.original)
                size = (both.shape[1], both.shape[0])
                stream.write(both.tobytes())
    if size is None:
        return
    try:
        _encode(raw, made, size=size, time_limit_s=alignment.original.time_limit_s)
        content = made.read_bytes()
    except (ToolError, MediaError, OSError):
        return
    facts = {"questioned_from_s": round(chosen[0][0], 3), "questioned_to_s": round(chosen[-1][0], 3)}
    yield _put(sink, content, role="source-clip", name="side-by-side.mp4", media_type="video/mp4", **facts)


def _clip_instants(outcome: Outcome, alignment: Alignment) -> list[tuple[float, float]]:
    face = leading(outcome)
    sample = outcome.samples[len(outcome.samples) // 2]
    if face is not None:
        sample = outcome.samples[min(face.track.samples, key=lambda one: (one[1].structure, one[0]))[0]]
    middle = sample.times_s[0]
    kept: list[tuple[float, float]] = []
    for instant in alignment.instants_s:
        is_near = abs(instant[0] - middle) <= _CLIP_S / 2
        if is_near and (not kept or instant[0] - kept[-1][0] >= 0.9 / _CLIP_HZ):
            kept.append(instant)
    return kept


def _encode(raw: Path, made: Path, *, size: tuple[int, int], time_limit_s: float) -> None:
    command = [
        *(str(tools.find(FFMPEG).path), "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file"),
        *("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size[0]}x{size[1]}", "-r", f"{_CLIP_HZ:g}"),
        *("-i", "file:/dev/stdin", "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p", "-c:v", "libx264"),
        *("-preset", "veryfast", "-crf", "20", "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        *("-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", str(made)),
    ]
    with raw.open("rb") as stream:
        done = tools.run(command, limits=tools.Limits(time_limit_s, MEMORY_BYTES, 1 << 20), stdin=stream)
    if done.returncode != 0:
        raise ToolError("FFmpeg could not make the clip of both side by side")


def _tables(outcome: Outcome, sink: Sink) -> Iterator[Artifact]:
    if outcome.samples:
        table = _csv(_SAMPLE_HEAD, _sample_rows(outcome))
        yield _put(sink, table, role="source-measurements", name="measurements.csv", media_type="text/csv")
    if outcome.timeline is not None and outcome.reels is not None:
        rows = _alignment_rows(outcome.timeline, outcome.reels)
        table = _csv(("questioned_s", "original_s", "correlation"), rows)
        yield _put(sink, table, role="source-alignment", name="alignment.csv", media_type="text/csv")


_SAMPLE_HEAD = (
    *("questioned_s", "original_s", "face", "face_width_px", "structure_outside", "residual_outside"),
    *("structure_inside", "structure_coarse", "structure_if_smoothed", "eyes", "nose", "mouth", "residual_log2_ratio"),
    *("identity_cosine", "landmark_shift", "is_different"),
)


def _sample_rows(outcome: Outcome) -> Iterator[tuple[object, ...]]:
    numbered = {
        (number, id(sample)): index + 1
        for index, face in enumerate(outcome.faces)
        for number, sample in face.track.samples
    }
    for number, sample in enumerate(outcome.samples):
        around = (round(sample.blocks.correlation(), 3), round(sample.residual_outside, 2))
        times = (round(sample.times_s[0], 3), round(sample.times_s[1], 3))
        if not sample.faces:
            yield (*times, "", "", *around, *("",) * 10)
        for face in sample.faces:
            yield (
                *times,
                numbered.get((number, id(face)), ""),
                round(face.width_px),
                *around,
                *(round(one, 3) for one in (face.structure, face.coarse, face.blurred, *face.parts.values())),
                round(face.residual_log2_ratio, 2),
                "" if face.similarity is None else round(face.similarity, 3),
                "" if face.landmark_shift is None else round(face.landmark_shift, 4),
                int(face.structure <= DIFFERS_BELOW),
            )


def _alignment_rows(timeline: Timeline, reels: tuple[Reel, Reel]) -> Iterator[tuple[object, ...]]:
    first, second = reels
    for number, match in enumerate(timeline.matches):
        time = round(float(first.times_s[number]), 3)
        if match < 0:
            yield (time, "", "")
        else:
            likeness = round(float(timeline.correlations[number]), 3)
            yield (time, round(float(second.times_s[match]), 3), likeness)


def _csv(head: Sequence[str], rows: Iterator[tuple[object, ...]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return stream.getvalue().encode()


def _put(sink: Sink, content: bytes, *, role: str, name: str, media_type: str, **facts: Any) -> Artifact:
    return sink.put(io.BytesIO(content), role=role, name=name, media_type=media_type, **facts)
