"""Examining and reporting: beside one run of ExifTool, and a fixed limit."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.custody import new_case
from benchmarks.timing import Row, Run, forensics, in_turn, median_s, ratio_row, run

PHOTOS = 500


def make_photos(folder: Path) -> None:
    """Makes 500 different JPEGs with camera-like metadata, written by ExifTool in one run."""
    from PIL import Image

    folder.mkdir()
    for number in range(PHOTOS):
        noise = Image.effect_noise((640, 480), 40 + number % 50)
        noise.convert("RGB").save(folder / f"{number:04d}.jpg", quality=85)
    tags = ["-Make=Invented", "-Model=Camera 1", "-DateTimeOriginal=2024:05:01 10:00:00", "-OffsetTimeOriginal=+08:00"]
    tags += ["-GPSLatitude=30.25", "-GPSLatitudeRef=N", "-GPSLongitude=120.16", "-GPSLongitudeRef=E"]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, "-r", str(folder)], check=True)


def metadata(work: Path, home: Path) -> Iterator[Row]:
    """Examines the metadata of 500 photos, beside one run of `exiftool -json -r`, and with one and two jobs."""
    photos = work / "photos"
    make_photos(photos)
    collected = new_case(work / "photos-case", home=home)
    forensics("collect", collected, photos, home=home)

    copies = count()

    def examine(jobs: int) -> Run:
        case = work / f"photos-copy-{next(copies)}"
        shutil.copytree(collected, case)
        taken = forensics("analyze", case, "--only", "metadata", "--jobs", str(jobs), home=home)
        shutil.rmtree(case)
        return taken

    exiftool = ["sh", "-c", f"exiftool -json -r '{photos}' > '{work}/exiftool.json'"]
    one, peer = in_turn(lambda: examine(1), lambda: run(exiftool, home=home))
    yield ratio_row("metadata of 500 photos, one job (beside exiftool -json -r)", one, peer, most=1.2)
    two = [examine(2) for _ in range(3)]
    gain = median_s(one) / median_s(two)
    cores = os.cpu_count() or 1
    name, beside = f"metadata with --jobs 2 on {cores} cores", f"{median_s(one):.2f} s with --jobs 1"
    yield Row(name, f"{median_s(two):.2f} s", beside, f"{gain:.2f} x as fast", "scales with --jobs", gain > 1.2)
    for folder in (photos, collected):
        shutil.rmtree(folder)


def report(work: Path, home: Path) -> Iterator[Row]:
    """Writes the report of a case with 200 items."""
    from PIL import Image

    folder = work / "pictures"
    folder.mkdir()
    for number in range(200):
        Image.effect_noise((320, 240), 30 + number).save(folder / f"picture {number}.jpg")
    case = new_case(work / "report-case", home=home)
    forensics("collect", case, folder, home=home)
    forensics("analyze", case, home=home)
    taken = forensics("report", case, home=home)
    yield Row(
        "report of 200 items, PDF and HTML",
        f"{taken.wall_s:.1f} s",
        "-",
        f"{taken.wall_s:.1f} s",
        "under 20 s",
        taken.wall_s < 20,
    )
    shutil.rmtree(folder)
    shutil.rmtree(case)
