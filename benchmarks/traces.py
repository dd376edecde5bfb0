"""Labels, containers and compression: a large photo, a long clip, and how they scale with jobs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.custody import new_case
from benchmarks.examination import make_photos
from benchmarks.timing import Row, Run, forensics, in_turn, median_s, ratio_row, run

ANALYZERS = ("--only", "labels", "--only", "container", "--only", "compression")
PHOTO_PX = (4000, 3000)
PHOTOS = 5


def traces(work: Path, home: Path) -> Iterator[Row]:
    """Measures the three analyzers of what a file says and of what its making left in it."""
    yield _large_photo(work, home)
    yield _long_clip(work, home)
    yield _jobs(work, home)


def _large_photo(work: Path, home: Path) -> Row:
    """Takes what each further photo of 12 megapixels costs, so that the start of the program does not count."""
    folder = work / "large"
    _make_large_photos(folder)
    one, all_of_them = list[Run](), list[Run]()
    cases = [_case(work, home, sorted(folder.iterdir())[:number]) for number in (1, PHOTOS)]
    copies = count()
    for _ in range(3):
        for case, runs in zip(cases, (one, all_of_them), strict=True):
            runs.append(_examined(case, work / f"large-{next(copies)}", home=home, jobs=1))
    decoding = _decoding_s(min(folder.iterdir()))
    each = (median_s(all_of_them) - median_s(one)) / (PHOTOS - 1) - decoding
    return Row(
        "a photo of 12 megapixels, all three analyzers, beyond decoding",
        f"{each + decoding:.2f} s",
        f"{decoding:.2f} s to decode it",
        f"{each:.2f} s",
        "under 1.5 s on one core",
        each < 1.5,
    )


def _long_clip(work: Path, home: Path) -> Row:
    clip = work / "clip.mp4"
    source = "testsrc2=size=1920x1080:rate=30,noise=alls=12:allf=t"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=frequency=440"]
    command += ["-t", "60", "-c:v", "libx264", "-preset", "superfast", "-crf", "28", "-pix_fmt", "yuv420p", str(clip)]
    subprocess.run(command, check=True)
    case, copies = _case(work, home, [clip]), count()
    cores = len(os.sched_getaffinity(0))  # what `analyze` takes by default; FFmpeg takes all, too
    ours, peer = in_turn(
        lambda: _examined(case, work / f"clip-{next(copies)}", home=home, jobs=cores),
        lambda: run(["ffmpeg", "-v", "error", "-i", str(clip), "-f", "null", "-"], home=home),
    )
    return ratio_row("a clip of 60 s, 1080p, all three analyzers (beside ffmpeg -f null)", ours, peer, most=1.5)


def _jobs(work: Path, home: Path) -> Row:
    photos = work / "photos"
    make_photos(photos)
    case, copies = _case(work, home, [photos]), count()
    two, one = in_turn(
        lambda: _examined(case, work / f"photos-{next(copies)}", home=home, jobs=2),
        lambda: _examined(case, work / f"photos-{next(copies)}", home=home, jobs=1),
    )
    gain = median_s(one) / median_s(two)
    return Row(
        "500 photos, all three analyzers, --jobs 2",
        f"{median_s(two):.2f} s",
        f"{median_s(one):.2f} s with --jobs 1",
        f"{gain:.2f} x as fast",
        "at least 1.7 x",
        gain >= 1.7,
    )


def _make_large_photos(folder: Path) -> None:
    """Draws pictures with detail at every scale, so that they compress about as a photograph does."""
    from PIL import Image, ImageFilter

    folder.mkdir()
    for number in range(PHOTOS):
        chance = random.Random(number)
        picture = Image.new("RGB", PHOTO_PX, (110, 120, 130))
        for side in (8, 40, 200, 1000):
            size = (PHOTO_PX[0] * side // 4000 + 2, PHOTO_PX[1] * side // 4000 + 2)
            noise = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3)).resize(PHOTO_PX)
            picture = Image.blend(picture, noise, 0.3)
        picture.filter(ImageFilter.GaussianBlur(0.6)).save(folder / f"{number}.jpg", quality=90)


def _decoding_s(photo: Path) -> float:
    from PIL import Image

    started = time.monotonic()
    with Image.open(photo) as opened:
        opened.load()
    return time.monotonic() - started


def _case(work: Path, home: Path, paths: list[Path]) -> Path:
    case = new_case(work / f"case-{len(list(work.iterdir()))}", home=home)
    forensics("collect", case, *paths, home=home)
    return case


def _examined(case: Path, copy: Path, *, home: Path, jobs: int) -> Run:
    shutil.copytree(case, copy)
    taken = forensics("analyze", copy, *ANALYZERS, "--jobs", str(jobs), home=home)
    shutil.rmtree(copy)
    return taken
