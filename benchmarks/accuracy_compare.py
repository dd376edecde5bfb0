"""Measures the comparison with a suspected original: `python -m benchmarks.accuracy_compare FOLDER [--only WORD]`.

FOLDER holds `pairs.csv` with the columns `questioned`, `original` (paths in the folder) and `truth`: `swap` where a
face of the questioned item was replaced, `same` where both are one file, any other word (`aged`, `take`) where
something else was changed and no other face may be stated. Every pair is compared as it is and in
variants that are made here: compressed, scaled, cropped, mirrored, cut, captioned, sped up, all together. Files of
truth `same` are changed as well in ways that must not be taken for another face: smoothing, mosaic, bars, make-up, a
mouth of another moment; and every original is compared with those of other pairs, and a clip with another moment of
itself.

Rates come with exact 95 % intervals (Clopper & Pearson 1934). Variants of one file are not independent of one another:
read each row by itself, and the number of files before the rate.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy_jpeg import interval
from forensics import media
from forensics.analyzers.source import footage, measure
from forensics.analyzers.source.verdict import Verdict
from forensics.errors import ForensicsError
from forensics.faces.face import Face, Search, find, hull_mask
from forensics.media.frame import frames
from forensics.media.frame_clip import probe

Picture = NDArray[np.uint8]
Change = Callable[[Picture, Face, list[Picture], int], Picture]

LEAST_SHOWN = 24
SEARCH = Search(sides_px=(640,), score=0.6)
EVEN = "scale=trunc(iw*{0}/2)*2:trunc(ih*{0}/2)*2"
CROP = "crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2"
CAPTION = (
    "drawbox=x=0:y=ih*0.82:w=iw:h=ih*0.12:color=black@1:t=fill,"
    "drawbox=x=iw*0.1:y=ih*0.86:w=iw*0.8:h=ih*0.03:color=white@1:t=fill,"
    "drawbox=x=iw*0.04:y=ih*0.04:w=iw*0.16:h=ih*0.08:color=red@1:t=fill"
)
ALL = f"{CROP},hflip,{CAPTION},{EVEN.format(0.75)},eq=brightness=0.06:contrast=1.1:saturation=1.2"


@dataclass(frozen=True)
class Variant:
    """A change that a copy may undergo.

    Attributes:
        chain: Filters of FFmpeg.
        crf: Strength of H.264.
        quality: Quality of JPEG, for stills.
        keep: Share of the clip's length that is left out at the start and at the end.
        is_for_clips: Whether it makes sense for clips alone.
    """

    chain: str = "null"
    crf: int = 23
    quality: int = 85
    keep: float = 0.0
    is_for_clips: bool = False


VARIANTS = {
    "as it is": None,
    "crf 28, quality 70": Variant(crf=28, quality=70),
    "crf 35, quality 40": Variant(crf=35, quality=40),
    "half size": Variant(EVEN.format(0.5)),
    "cropped by 10 %": Variant(CROP),
    "mirrored": Variant("hflip"),
    "captions and logo": Variant(CAPTION),
    "picture in picture": Variant(f"{EVEN.format(0.6)},pad=trunc(iw/0.6/2)*2:trunc(ih/0.6/2)*2:iw*0.2:ih*0.3:gray"),
    "trimmed": Variant(keep=0.2, is_for_clips=True),
    "faster by 1.25": Variant("setpts=PTS/1.25", is_for_clips=True),
    "cut inside": Variant(
        "select='lt(t,{d}*0.3)+between(t,{d}*0.45,{d}*0.6)+gt(t,{d}*0.75)',setpts=N/FRAME_RATE/TB", is_for_clips=True
    ),
    "all together, crf 35": Variant(ALL, crf=35, quality=40, keep=0.2),
}


def main(folder: Path, only: str) -> int:
    """Compares everything and prints a table; gives 1 where a wrong statement was made."""
    rows: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    clips = Speed()
    for truth, condition, questioned, original in cases(folder, only):
        started = cpu_seconds()
        verdict, shown = compared(questioned, original)
        if shown > LEAST_SHOWN:
            clips.add(shown, cpu_seconds() - started)
        rows[truth, condition][verdict] += 1
        print(f"{truth}; {condition}; {questioned.name}; {verdict}", file=sys.stderr, flush=True)
    print("| truth | condition | n | face differs | region altered | corresponds | no match | open | differs, 95 % |")
    print("|---|---|---|---|---|---|---|---|---|")
    for (truth, condition), found in sorted(rows.items()):
        n = sum(found.values())
        cells = " | ".join(str(found[one.value]) for one in Verdict)
        low, high = interval(found[Verdict.FACE_DIFFERS.value], n)
        print(f"| {truth} | {condition} | {n} | {cells} | {low:.2f} to {high:.2f} |")
    print(f"\n{sum(sum(found.values()) for found in rows.values())} comparisons. {clips}")
    return int(any(row[Verdict.FACE_DIFFERS.value] for (truth, _), row in rows.items() if truth != "swap"))


@dataclass
class Speed:
    """How many frames of clips were compared, and in how many seconds of one core, programs that were run included."""

    frames: int = 0
    seconds: float = 0.0
    count: int = 0

    def add(self, frames: int, seconds: float) -> None:
        """Counts one comparison of clips."""
        self.frames, self.seconds, self.count = self.frames + frames, self.seconds + seconds, self.count + 1

    def __str__(self) -> str:
        rate = self.frames / max(self.seconds, 1e-3)
        each = self.frames / max(self.count, 1)
        return f"Clips: {rate:.0f} decoded frames a second of one core, at {each:.0f} frames a comparison."


def cpu_seconds() -> float:
    """Gives the seconds of processors that this process and its ended children have used."""
    both = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def cases(folder: Path, only: str) -> Iterator[tuple[str, str, Path, Path]]:
    """Gives truth, condition, questioned and original of every comparison; files are gone after the next one."""
    with (folder / "pairs.csv").open(newline="") as stream:
        pairs = [(folder / row["questioned"], folder / row["original"], row["truth"]) for row in csv.DictReader(stream)]
    originals = sorted({original for _, original, _ in pairs})
    with tempfile.TemporaryDirectory() as made:
        for questioned, original, truth in pairs:
            for name, variant in VARIANTS.items():
                is_possible = variant is None or not variant.is_for_clips or is_clip(questioned)
                if is_possible and only in f"{truth} {name}":
                    made_of = questioned if variant is None else changed(questioned, variant, Path(made))
                    yield truth, name, made_of, original
            if truth == "same":
                yield from alterations(original, Path(made), only=only)
        for original in originals:
            if only in "unrelated as it is":
                yield from (("unrelated", "as it is", other, original) for other in originals if other != original)
            if only in "another moment" and is_clip(original) and length(original) >= 2:
                yield "another moment", "second half and first half", *halves(original, Path(made))


def alterations(path: Path, folder: Path, *, only: str) -> Iterator[tuple[str, str, Path, Path]]:
    """Makes the alterations of a file that are no other face, weakly and strongly compressed."""
    for name, change in CHANGES.items():
        for crf in (20, 35):
            if only in f"altered {name}, crf {crf}":
                yield "altered", f"{name}, crf {crf}", painted(path, change, folder, crf=crf), path


def compared(questioned: Path, original: Path) -> tuple[str, int]:
    """Gives the verdict, or the error that took its place, and how many small frames were looked at."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            first, second = (footage.opened(one, codec=codec(one), time_limit_s=600) for one in (questioned, original))
            seconds = length(original) if is_clip(original) else None
            outcome = measure.compare(first, second, duration_s=seconds, folder=Path(folder))
            return outcome.verdict.value, sum(map(len, outcome.reels or ()))
    except ForensicsError as error:
        return f"{type(error).__name__}: {error}", 0


def is_clip(path: Path) -> bool:
    """Whether a file moves; animated pictures do."""
    return len([one for one, _ in zip(frames(path, size=(32, 32)), range(2), strict=False)]) > 1


def codec(path: Path) -> str:
    """Gives the codec of a clip; empty for pictures."""
    with path.open("rb") as stream:
        is_picture = media.sniff(stream.read(media.HEAD_SIZE)).startswith("image/")
    return "" if is_picture else probe(path).codec


def length(path: Path) -> float:
    """Gives the length of a clip in seconds."""
    return max(frame.time_s for frame in frames(path, size=(16, 16)))


def changed(path: Path, variant: Variant, folder: Path) -> Path:
    """Makes a variant of a clip or still; clips are decoded here, since FFmpeg does not read every animated picture."""
    shown = list(frames(path))
    chain = variant.chain.replace("{d}", f"{shown[-1].time_s:.3f}")
    if len(shown) == 1:
        return still(shown[0].pixels, folder / f"{path.stem}.jpg", chain=chain, quality=variant.quality)
    first, last = round(len(shown) * variant.keep), round(len(shown) * (1 - variant.keep))
    kept = [one.pixels for one in shown[first:last]]
    rate = (len(shown) - 1) / (shown[-1].time_s - shown[0].time_s)
    return clip(kept, folder / f"{path.stem}.mp4", rate=rate, chain=chain, crf=variant.crf)


def clip(shown: list[Picture], path: Path, *, rate: float, chain: str, crf: int) -> Path:
    """Encodes frames with H.264."""
    height, width = shown[0].shape[:2]
    command = [
        *("ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"),
        *("-r", f"{rate:.4f}", "-i", "-", "-vf", f"{chain},pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264"),
        *("-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p", str(path)),
    ]
    subprocess.run(command, input=b"".join(np.ascontiguousarray(one).tobytes() for one in shown), check=True)
    return path


def still(shown: Picture, path: Path, *, chain: str, quality: int) -> Path:
    """Changes a picture with FFmpeg and saves it with OpenCV."""
    png = cv2.imencode(".png", shown)[1].tobytes()
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "png_pipe",
        "-i",
        "-",
        "-vf",
        chain,
        "-f",
        "image2pipe",
        "-c:v",
        "png",
        "-",
    ]
    made = subprocess.run(command, input=png, capture_output=True, check=True).stdout
    picture = np.asarray(cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR))
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return path


def halves(path: Path, folder: Path) -> tuple[Path, Path]:
    """Cuts a clip into its first and its second half and gives the second first."""
    shown = list(frames(path))
    rate = (len(shown) - 1) / (shown[-1].time_s - shown[0].time_s)
    pixels = [one.pixels for one in shown]
    middle = len(pixels) // 2
    parts = pixels[:middle], pixels[middle:]
    first, second = (
        clip(part, folder / f"{path.stem}-{number}.mp4", rate=rate, chain="null", crf=18)
        for number, part in enumerate(parts)
    )
    return second, first


def painted(path: Path, change: Change, folder: Path, *, crf: int) -> Path:
    """Changes the faces of every frame."""
    shown = list(frames(path))
    pixels = [one.pixels for one in shown]
    made: list[Picture] = []
    last: list[Face] = []
    for number, picture in enumerate(pixels):
        last = find(picture, SEARCH)[:4] or last
        drawn = picture
        for face in last:
            drawn = change(drawn, face, pixels, number)
        made.append(drawn)
    if len(made) == 1:
        return still(made[0], folder / f"{path.stem}.jpg", chain="null", quality=95 if crf < 30 else 40)
    rate = (len(shown) - 1) / (shown[-1].time_s - shown[0].time_s)
    return clip(made, folder / f"{path.stem}.mp4", rate=rate, chain="null", crf=crf)


def blended(picture: Picture, other: NDArray[np.floating], face: Face, *, scale: float = 1.0) -> Picture:
    """Sets another picture into the face, with a soft edge."""
    mask = hull_mask(picture.shape, face, scale=scale).astype(np.float32) / 255
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, face.width_px / 25))[..., None]
    return np.clip(picture * (1 - soft) + other * soft, 0, 255).astype(np.uint8)


def beauty(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Smooths and brightens the skin."""
    return blended(picture, cv2.bilateralFilter(picture, 9, 60, 9).astype(np.float32) * 1.08, face)


def strong_beauty(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Smooths the skin until few pores and lines are left."""
    width = max(3.0, face.width_px / 12)
    smooth = cv2.bilateralFilter(cv2.bilateralFilter(picture, -1, 80, width), -1, 60, width)
    return blended(picture, smooth.astype(np.float32) * 1.1 + 8, face)


def large_eyes(picture: Picture, face: Face, shown: list[Picture], number: int) -> Picture:
    """Enlarges the eyes by a warp, slims the cheeks, and smooths strongly."""
    apart = float(np.linalg.norm(face.landmarks_px[0] - face.landmarks_px[1]))
    left, top, width, height = face.box_px
    for x, y in face.landmarks_px[:2]:
        picture = bulged(picture, float(x), float(y), radius=apart * 0.5, amount=0.35)
    for x in (left, left + width):
        picture = bulged(picture, x, top + 0.75 * height, radius=width * 0.5, amount=-0.25)
    return strong_beauty(picture, face, shown, number)


def bulged(picture: Picture, x: float, y: float, *, radius: float, amount: float) -> Picture:
    """Enlarges (or, with a negative amount, shrinks) what lies about a point."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    across, down = columns - x, rows - y
    distance = np.sqrt(across**2 + down**2) / radius
    factor = np.where(distance < 1, 1 - amount * (1 - distance) ** 2, 1).astype(np.float32)
    return cv2.remap(picture, x + across * factor, y + down * factor, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def blur(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Blurs the face as privacy filters do."""
    return blended(picture, cv2.GaussianBlur(picture, (0, 0), face.width_px / 14).astype(np.float32), face, scale=1.15)


def mosaic(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Covers the face with squares of a tenth of its width."""
    left, top = max(0, int(face.box_px[0])), max(0, int(face.box_px[1]))
    part = picture[top : top + int(face.box_px[3]), left : left + int(face.box_px[2])]
    side = max(2, int(face.width_px / 10))
    small = (max(1, part.shape[1] // side), max(1, part.shape[0] // side))
    coarse = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    drawn = picture.copy()
    drawn[top : top + part.shape[0], left : left + part.shape[1]] = cv2.resize(
        coarse, part.shape[1::-1], interpolation=cv2.INTER_NEAREST
    )
    return drawn


def bar(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Draws a black bar over the eyes."""
    left, _top, width, height = face.box_px
    middle = float(face.landmarks_px[:2, 1].mean())
    corners = (int(left), int(middle - height * 0.09)), (int(left + width), int(middle + height * 0.09))
    return cv2.rectangle(picture.copy(), *corners, (0, 0, 0), -1)


def sticker(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Draws a smiling face over the face."""
    left, top, width, height = face.box_px
    x, y, radius = int(left + width / 2), int(top + height / 2), int(max(width, height) * 0.6)
    drawn = cv2.circle(picture.copy(), (x, y), radius, (40, 210, 250), -1)
    for side in (-1, 1):
        cv2.circle(drawn, (x + side * radius // 3, y - radius // 4), radius // 7, (20, 20, 20), -1)
    cv2.ellipse(drawn, (x, y + radius // 5), (radius // 2, radius // 3), 0, 10, 170, (20, 20, 20), max(2, radius // 12))
    return drawn


def glasses(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Draws dark glasses."""
    radius = int(np.linalg.norm(face.landmarks_px[0] - face.landmarks_px[1]) * 0.42)
    eyes = [(int(x), int(y)) for x, y in face.landmarks_px[:2]]
    drawn = cv2.line(picture.copy(), eyes[0], eyes[1], (15, 15, 15), max(2, radius // 5))
    for eye in eyes:
        cv2.circle(drawn, eye, radius, (15, 15, 15), -1)
    return drawn


def make_up(picture: Picture, face: Face, _: list[Picture], __: int) -> Picture:
    """Paints lips and lids."""
    apart = float(np.linalg.norm(face.landmarks_px[0] - face.landmarks_px[1]))
    mouth = face.landmarks_px[3:].mean(axis=0)
    spots = [
        (mouth, (0.4, 0.17), (60, 20, 190)),
        *((eye - [0, apart * 0.08], (0.3, 0.15), (90, 30, 60)) for eye in face.landmarks_px[:2]),
    ]
    drawn = picture.astype(np.float32)
    for place, axes, colour in spots:
        mask = np.zeros(picture.shape[:2], np.float32)
        size = (int(apart * axes[0]), int(apart * axes[1]))
        cv2.ellipse(mask, (int(place[0]), int(place[1])), size, 0, 0, 360, 1.0, -1)
        soft = 0.55 * cv2.GaussianBlur(mask, (0, 0), apart * 0.05)[..., None]
        drawn = drawn * (1 - soft) + np.asarray(colour, np.float32) * soft
    return np.clip(drawn, 0, 255).astype(np.uint8)


def mouth(picture: Picture, face: Face, shown: list[Picture], number: int) -> Picture:
    """Sets in the mouth of another moment; a still keeps its own."""
    other = shown[(number + 7) % len(shown)]
    there = find(other, SEARCH)
    if not there:
        return picture
    move, _ = cv2.estimateAffinePartial2D(there[0].landmarks_px, face.landmarks_px, method=cv2.LMEDS)
    if move is None:
        return picture
    moved = cv2.warpAffine(other, move, picture.shape[1::-1]).astype(np.float32)
    corners = face.landmarks_px[3:]
    middle, width = corners.mean(axis=0), float(np.linalg.norm(corners[0] - corners[1]))
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(mask, (int(middle[0]), int(middle[1])), (int(width * 0.8), int(width * 0.55)), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, width * 0.1))[..., None]
    return np.clip(picture * (1 - soft) + moved * soft, 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "beauty filter": beauty,
    "strong beauty filter": strong_beauty,
    "strong beauty filter, large eyes, slim cheeks": large_eyes,
    "blurred face": blur,
    "mosaic": mosaic,
    "bar over the eyes": bar,
    "sticker over the face": sticker,
    "dark glasses": glasses,
    "make-up": make_up,
    "mouth of another moment": mouth,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="part of `truth condition` that is measured")
    arguments = parser.parse_args()
    sys.exit(main(arguments.folder, arguments.only))
