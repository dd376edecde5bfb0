"""Measures how often earlier JPEG saves and pasted regions are found: `python -m benchmarks.accuracy_jpeg FOLDER`.

Pictures of the folder are made smaller by 2.1 and 3.3, which removes their own history, then saved once, saved twice,
cropped between saves, and pasted into each other. Rates come with exact 95 % intervals (Clopper & Pearson 1934). The
pictures of one folder are not those of a case: read each row by itself.
"""

from __future__ import annotations

import io
import math
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from forensics.analyzers.compression import coefficient, double, extraction, pixel, region, shift

ENDINGS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
SHRINKING = (2.1, 3.3)
LEAST_SIDE_PX = 130
ONCE = (60, 70, 75, 80, 85, 90, 92, 95, 98, 100)


@dataclass
class Row:
    """One condition: how many pictures, in how many it was found, and how many could not be examined."""

    count: int = 0
    found: int = 0
    open: int = 0

    def add(self, *, is_found: bool, is_open: bool) -> None:
        """Counts one picture."""
        self.count += 1
        self.found += is_found
        self.open += is_open and not is_found


@dataclass
class Rows:
    """All conditions by name, and the pixel AUC of each pasted region that passed the gate."""

    rows: dict[str, Row] = field(default_factory=dict)
    areas: list[float] = field(default_factory=list)

    def add(self, name: str, *, is_found: bool, is_open: bool = False) -> None:
        """Counts one picture under a condition."""
        self.rows.setdefault(name, Row()).add(is_found=is_found, is_open=is_open)


def main(folder: Path) -> None:
    """Prints a table of conditions."""
    rows, chance = Rows(), random.Random(20)
    pictures = list(sources(folder))
    for _, picture in pictures:
        measure_once(rows, picture, chance=chance)
        measure_twice(rows, picture, chance=chance)
        other = chance.choice(pictures)[1]
        measure_pasted(rows, picture, other, chance=chance)
    for name, made in generated():
        for quality in ONCE:
            judge(rows, f"once: {name}", pillow(made, quality, 0 if quality > 90 else 2))
    print("| condition | n | found | rate | 95 % interval | not applicable |\n|---|---|---|---|---|---|")
    for name, row in sorted(rows.rows.items()):
        low, high = interval(row.found, row.count)
        rate = row.found / row.count
        print(f"| {name} | {row.count} | {row.found} | {rate:.3f} | {low:.3f} to {high:.3f} | {row.open} |")
    if rows.areas:
        mean, low, high = resampled(rows.areas)
        print(f"\nPixel AUC of the map, gate passed: {mean:.3f} ({low:.3f} to {high:.3f}), n = {len(rows.areas)}")


def sources(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Gives every picture that is large enough, made smaller; palettes and broken files are left out."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in ENDINGS:
            continue
        try:
            with Image.open(path) as opened:
                whole = opened.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
        for factor in SHRINKING:
            size = (int(whole.width / factor), int(whole.height / factor))
            if min(size) >= LEAST_SIDE_PX and np.asarray(whole.convert("L")).std() > 8:
                yield path.name, whole.resize(size, Image.Resampling.LANCZOS)


def measure_once(rows: Rows, picture: Image.Image, *, chance: random.Random) -> None:
    """Saves a picture once: as it is, and after changes that leave gaps in its grey levels."""
    for quality in chance.sample(ONCE, 5):
        judge(rows, "once: photograph, Pillow", pillow(picture, quality, chance.choice((0, 2))), is_map=True)
    judge(rows, "once: photograph, OpenCV", opencv(picture, chance.choice(ONCE)))
    for name, change in CHANGES.items():
        judge(rows, f"once: {name}", pillow(change(picture), chance.choice(ONCE), chance.choice((0, 2))))


def measure_twice(rows: Rows, picture: Image.Image, *, chance: random.Random) -> None:
    """Saves a picture twice: on one grid, cropped between, and with the stronger save last."""
    for size in ("whole", "300 px"):
        shown = picture if size == "whole" else ImageOps.contain(picture, (300, 300))
        for _ in range(3):
            first = chance.randrange(40, 86)
            last = chance.randrange(max(60, first + 10), 99)
            encoders = [chance.choice((pillow, opencv)) for _ in range(2)]
            once = reopened(encoders[0](shown, first, chance.choice((0, 2))))
            content = encoders[1](once, last, chance.choice((0, 2)))
            judge(rows, f"twice, 10 or more apart: {size}", content, is_map=size == "whole")
    first = chance.randrange(40, 86)
    once = reopened(pillow(picture, first, 2))
    judge(rows, "twice, 5 to 9 apart", pillow(once, first + chance.randrange(5, 10), 2))
    judge(rows, "twice, the last stronger", pillow(once, chance.randrange(30, first), 2))
    cropped = once.crop((chance.randrange(1, 8), chance.randrange(8), once.width, once.height))
    judge(rows, "twice, cropped between", pillow(cropped, min(98, first + chance.randrange(10, 40)), 2))
    judge(rows, "twice, first by FFmpeg", pillow(reopened(ffmpeg(picture, chance.randrange(5, 12))), 95, 2))
    judge(rows, "twice, last by FFmpeg", ffmpeg(reopened(pillow(picture, chance.randrange(40, 70), 2)), 2))


def measure_pasted(rows: Rows, picture: Image.Image, other: Image.Image, *, chance: random.Random) -> None:
    """Pastes an ellipse of another picture into one that was saved before, and saves the whole."""
    first = chance.randrange(45, 86)
    base = np.array(reopened(pillow(picture, first, 2)))
    patch = np.array(other.resize(picture.size))
    mask = np.zeros(base.shape[:2], np.uint8)
    width, height = (chance.randrange(size // 5, size // 2) for size in picture.size)
    left, top = chance.randrange(picture.width - width), chance.randrange(picture.height - height)
    cv2.ellipse(mask, (left + width // 2, top + height // 2), (width // 2, height // 2), 0, 0, 360, 1, -1)
    base[mask > 0] = patch[mask > 0]
    content = pillow(Image.fromarray(base), min(98, first + chance.randrange(8, 30)), 2)
    coefficients = read(content)
    earlier = double.judge(coefficients)
    is_open = not (earlier.is_found and region.is_applicable(coefficients))
    marked = () if is_open else regions(content, coefficients, earlier)
    hits = [bool(mask[y : y + h, x : x + w].any()) for x, y, w, h in marked]
    rows.add("region pasted, found", is_found=any(hits), is_open=is_open)
    rows.add("region pasted, a place beside it marked", is_found=not all(hits), is_open=is_open)
    if not is_open:
        scores = region.double_map(coefficients).averaged
        truth = mask[4::8, 4::8][: scores.shape[0], : scores.shape[1]] > 0
        rows.areas.append(area(scores[: truth.shape[0], : truth.shape[1]], truth))


def judge(rows: Rows, name: str, content: bytes, *, is_map: bool = False) -> None:
    """Judges one picture and counts it; its map as well where asked for."""
    coefficients = read(content)
    earlier = double.judge(coefficients)
    is_found = earlier.is_found or shift.find(pixel.decode(content, "L")) is not None
    rows.add(name, is_found=is_found, is_open=not earlier.is_applicable)
    if is_map:
        is_open = not (earlier.is_found and region.is_applicable(coefficients))
        marked = () if is_open else regions(content, coefficients, earlier)
        rows.add(f"region marked, nothing pasted; {name}", is_found=bool(marked), is_open=is_open)


def regions(
    content: bytes, coefficients: coefficient.Coefficients, earlier: double.Earlier
) -> tuple[tuple[int, int, int, int], ...]:
    """Gives the boxes of the regions that the analyzer would report."""
    made = region.double_map(coefficients)
    if made.score < region.LEAST_SCORE:
        return ()
    rows, columns = made.averaged.shape
    clipped = pixel.clipped_blocks(pixel.decode(content, "RGB"), (rows, columns))
    return tuple(one.box_px for one in region.regions(made, coefficients, earlier, clipped=clipped))


def read(content: bytes) -> coefficient.Coefficients:
    """Reads coefficients in this process, since the files are our own."""
    header, planes = extraction.extract(content, 1 << 30, library=coefficient.library())
    return coefficient.unpack(header, b"".join(planes), b"")


def pillow(picture: Image.Image, quality: int, subsampling: int = 2) -> bytes:
    """Saves with Pillow; subsampling 0 is 4:4:4, 2 is 4:2:0."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling=subsampling)
    return stream.getvalue()


def opencv(picture: Image.Image, quality: int, subsampling: int = 2) -> bytes:
    """Saves with OpenCV."""
    factor = {0: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444, 2: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420}[subsampling]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    return cv2.imencode(".jpg", np.asarray(picture)[:, :, ::-1], options)[1].tobytes()


def ffmpeg(picture: Image.Image, scale: int) -> bytes:
    """Saves with FFmpeg, whose tables are those of MPEG, at a quantiser scale of 2 to 31."""
    stream = io.BytesIO()
    picture.save(stream, "BMP")
    command = ["ffmpeg", "-v", "error", "-f", "bmp_pipe", "-i", "-", "-pix_fmt", "yuvj420p", "-q:v", str(scale)]
    return subprocess.run(
        [*command, "-f", "image2pipe", "-c:v", "mjpeg", "-"], input=stream.getvalue(), capture_output=True, check=True
    ).stdout


def reopened(content: bytes) -> Image.Image:
    """Decodes a picture."""
    return Image.open(io.BytesIO(content)).convert("RGB")


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "16 levels": lambda picture: picture.point([value // 16 * 16 for value in range(256)] * 3),
    "8 levels": lambda picture: ImageOps.posterize(picture, 3),
    "palette of 256": lambda picture: picture.quantize(256).convert("RGB"),
    "palette of 16": lambda picture: picture.quantize(16).convert("RGB"),
    "contrast 1.5": lambda picture: picture.point(
        [min(255, max(0, int((v - 128) * 1.5 + 128))) for v in range(256)] * 3
    ),
    "contrast 2.5": lambda picture: picture.point(
        [min(255, max(0, int((v - 128) * 2.5 + 128))) for v in range(256)] * 3
    ),
    "gamma 0.5": lambda picture: picture.point([int(255 * (value / 255) ** 0.5) for value in range(256)] * 3),
    "equalised": ImageOps.equalize,
    "black and white": lambda picture: picture.convert("1").convert("RGB"),
    "every pixel doubled": lambda picture: picture.resize(
        (picture.width * 2, picture.height * 2), Image.Resampling.NEAREST
    ),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
    "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(2, 200, 0)),
}


def generated() -> Iterator[tuple[str, Image.Image]]:
    """Makes noise, ramps, flat colour, text and drawings."""
    numbers = np.random.default_rng(1)
    yield "noise", Image.fromarray(numbers.integers(0, 256, (400, 500, 3), dtype=np.uint8))
    down, across = np.mgrid[0:480, 0:640]
    ramp = np.stack([across * 255 / 640, down * 255 / 480, (across + down) * 255 / 1120], axis=2)
    yield "ramp", Image.fromarray(ramp.astype(np.uint8))
    yield "noisy ramp", Image.fromarray(np.clip(ramp + numbers.normal(0, 2, (480, 640, 1)), 0, 255).astype(np.uint8))
    yield "flat", Image.new("RGB", (500, 400), (200, 100, 40))
    checks = ((across // 5 + down // 7) % 2 * 255).astype(np.uint8)
    yield "checks", Image.fromarray(checks).convert("RGB")
    blocks = numbers.integers(0, 8, (60, 80, 3), dtype=np.uint8) * 32
    yield "blocks of 8", Image.fromarray(blocks).resize((640, 480), Image.Resampling.NEAREST)
    page = Image.new("RGB", (720, 1280), "white")
    draw = ImageDraw.Draw(page)
    for line in range(10, 1270, 18):
        words = "".join(chr(97 + int(code)) if code < 26 else " " for code in numbers.integers(0, 31, 90))
        draw.text((12, line), words, fill="black")
    yield "text", page
    for _ in range(30):
        left, top = int(numbers.integers(0, 600)), int(numbers.integers(0, 1200))
        draw.rounded_rectangle((left, top, left + 110, top + 50), 8, fill=tuple(map(int, numbers.integers(0, 256, 3))))
    yield "screenshot", page


def area(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Gives the area under the ROC curve: how often a pasted block scores higher than another."""
    ranks = np.empty(scores.size)
    ranks[np.argsort(scores.ravel(), kind="stable")] = np.arange(scores.size)
    inside = int(truth.sum())
    outside = truth.size - inside
    return float((ranks[truth.ravel()].sum() - inside * (inside - 1) / 2) / max(inside * outside, 1))


def resampled(values: list[float]) -> tuple[float, float, float]:
    """Gives the mean and its 95 % interval by 2,000 resamplings."""
    numbers = np.random.default_rng(1)
    means = numbers.choice(values, (2000, len(values))).mean(axis=1)
    return float(np.mean(values)), float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def interval(found: int, count: int) -> tuple[float, float]:
    """Gives the exact 95 % interval of a rate. *Source:* Clopper & Pearson, Biometrika 26 (1934), 404."""
    low = 0.0 if found == 0 else _solve(lambda rate: 1 - _below(found - 1, count, rate), 0.025, is_rising=True)
    high = 1.0 if found == count else _solve(lambda rate: _below(found, count, rate), 0.025, is_rising=False)
    return low, high


def _below(most: int, count: int, rate: float) -> float:
    """Gives the probability of at most so many hits."""
    logs = (
        math.lgamma(count + 1)
        - math.lgamma(k + 1)
        - math.lgamma(count - k + 1)
        + k * math.log(rate)
        + (count - k) * math.log1p(-rate)
        for k in range(most + 1)
    )
    return sum(math.exp(one) for one in logs)


def _solve(probability: Callable[[float], float], wanted: float, *, is_rising: bool) -> float:
    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        if (probability(middle) < wanted) == is_rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


if __name__ == "__main__":
    main(Path(sys.argv[1]))
