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
TAGS = (
    *("-Make=Invented", "-Model=Camera 1", "-LensModel=Invented 35 mm", "-Software=Firmware 1.0", "-Artist=Nobody"),
    *("-DateTimeOriginal=2024:05:01 10:00:00", "-OffsetTimeOriginal=+08:00", "-CreateDate=2024:05:01 10:00:00"),
    *("-ModifyDate=2024:05:01 10:00:05", "-SubSecTimeOriginal=12", "-ExposureTime=1/125", "-FNumber=4", "-ISO=200"),
    *("-GPSLatitude=30.25", "-GPSLatitudeRef=N", "-GPSLongitude=120.16", "-GPSLongitudeRef=E", "-GPSAltitude=12"),
    *("-FocalLength=35", "-Flash#=16", "-WhiteBalance#=0", "-ColorSpace#=1", "-MeteringMode#=5", "-ExposureProgram#=2"),
    *("-XMP:CreatorTool=Invented 2.0", "-XMP:CreateDate=2024:05:01 10:00:00+08:00", "-XMP:Rating=3"),
    *("-XMP-dc:Subject=one", "-XMP-dc:Subject=two", "-XMP-xmpMM:DocumentID=1", "-XMP-photoshop:City=Nowhere"),
    *("-IPTC:Keywords=one", "-IPTC:Keywords=two", "-IPTC:City=Nowhere", "-IPTC:DateCreated=2024:05:01"),
    *("-IPTC:TimeCreated=10:00:00+08:00", "-IPTC:ObjectName=Benchmark", "-Orientation#=1", "-SceneCaptureType#=0"),
)
"""About as many tags as a picture from a camera has after a picture program."""


def make_photos(folder: Path) -> None:
    """Makes 500 different JPEGs, whose metadata ExifTool writes in one run."""
    from PIL import Image

    folder.mkdir()
    for number in range(PHOTOS):
        noise = Image.effect_noise((640, 480), 40 + number % 50)
        noise.convert("RGB").save(folder / f"{number:04d}.jpg", quality=85)
    subprocess.run(["exiftool", "-q", "-overwrite_original", *TAGS, "-r", str(folder)], check=True)


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
    cores = len(os.sched_getaffinity(0))
    default, peer = in_turn(lambda: examine(cores), lambda: run(exiftool, home=home))
    name = f"metadata of 500 photos, --jobs as by default: {cores} (beside exiftool -json -r)"
    yield ratio_row(name, default, peer, most=1.2)
    one = [examine(1) for _ in range(3)]
    gain = median_s(one) / median_s(default)
    beside = f"{median_s(one):.2f} s with --jobs 1"
    yield Row(
        "the same", f"{median_s(default):.2f} s", beside, f"{gain:.2f} x as fast", "scales with --jobs", gain > 1.2
    )
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
