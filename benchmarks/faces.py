"""Measures how faces are found: `python -m benchmarks.faces FOLDER [--only NAME] [--sheet FILE]`.

FOLDER holds pictures and clips. What is measured, each by itself under the name given here:

- `folders`: for each sub-folder how many pictures and clips have faces, and in how many stills the eyes lie where
  generators put them; `--sheet` writes a picture with every face that was found, to be looked at by a person.
- `sizes`: faces of FOLDER, made smaller to a width and compressed, in a picture of 1920 by 1080: how many are found.
- `textures`: the camera moves over each picture of FOLDER in which no face is found: tracks are false alarms.
- `speed`: a minute of 720p with faces beside one run of `ffmpeg -f null`, and stills per second.
- `memory`: the peak memory of two hours beside that of two minutes.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy_jpeg import interval
from benchmarks.timing import run
from forensics import media
from forensics.analyzers.faces import FacesAnalyzer
from forensics.errors import ForensicsError
from forensics.faces.face import Face, find
from forensics.media.frame import Frame, still
from forensics.model import Finding, Result
from forensics.watch import RATE_HZ
from tests.fakes.evidence import FileEvidence, KeepingSink

Picture = NDArray[np.uint8]
T = TypeVar("T")
WIDTHS_PX = (16, 20, 24, 32, 40, 48, 64)
QUALITIES = (90, 25)
CELL = (300, 240)
LEAST_FACE_PX = 70
HEAD = b"\0\0\0\x18ftypisom\0\0\0\0isomiso2"
"""How a clip begins. *Source:* ISO/IEC 14496-12, clause 4.3."""


@dataclass(frozen=True)
class Looked:
    """A file and what was found in it."""

    path: Path
    kind: str
    findings: list[Finding]
    crops: list[bytes]

    @property
    def tracks(self) -> int:
        """Number of faces, or of tracks."""
        return int(self.findings[0].values.get("track_count") or 0)


def look(path: Path) -> Looked | None:
    """Looks for faces in a file; None where it is no picture or clip."""
    with path.open("rb") as stream:
        kind = media.sniff(stream.read(media.HEAD_SIZE), path.name)
    if not kind.startswith(("image/", "video/")):
        return None
    sink: Any = KeepingSink()
    findings = list(FacesAnalyzer().examine(FileEvidence(path), sink))
    return Looked(path, kind, findings, [content for role, content in sink.kept if role == "face"])


def files(folder: Path) -> list[Path]:
    """Lists all files of a folder in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def pictures(folder: Path) -> Iterator[tuple[Path, Picture, list[Face]]]:
    """Gives each still that can be decoded, with its faces."""
    for path in files(folder):
        with path.open("rb") as stream:
            if not media.sniff(stream.read(media.HEAD_SIZE), path.name).startswith("image/"):
                continue
        try:
            pixels = still(path).pixels
        except ForensicsError:
            continue
        yield path, pixels, find(pixels)


def folders(folder: Path, sheet: Path | None) -> Iterator[str]:
    """Counts faces by sub-folder."""
    rows: dict[str, Counter[str]] = {}
    crops: list[bytes] = []
    for path in files(folder):
        looked = look(path)
        if looked is None:
            continue
        row = rows.setdefault(str(path.parent.relative_to(folder)), Counter())
        row["files"] += 1
        row["unread"] += looked.findings[0].values["track_count"] is None
        row["with faces"] += looked.tracks > 0
        row["tracks"] += looked.tracks
        row["suitable"] += int(looked.findings[0].values.get("suitable_count") or 0)
        row["doubtful"] += int(looked.findings[0].values.get("doubtful_count") or 0)
        row["layouts"] += any(
            one.kind == "face.eye_layout" and one.result is not Result.NOT_FOUND for one in looked.findings
        )
        crops += looked.crops[:1]
    names = ("files", "unread", "with faces", "tracks", "suitable", "doubtful", "layouts")
    yield "| folder | files | not decoded | with faces | faces, tracks | suitable | not counted | eye layout |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, row in rows.items():
        yield f"| {name} | " + " | ".join(str(row[one]) for one in names) + " |"
    if sheet is not None:
        sheet.write_bytes(contact_sheet(crops))


def contact_sheet(crops: list[bytes], *, across: int = 12, side: int = 100) -> bytes:
    """Puts pictures of faces beside one another."""
    from PIL import Image

    whole = Image.new("RGB", (across * side, -(-max(1, len(crops)) // across) * side), "white")
    for number, content in enumerate(crops):
        with Image.open(io.BytesIO(content)) as one:
            one.thumbnail((side - 2, side - 2))
            whole.paste(one, (number % across * side, number // across * side))
    stream = io.BytesIO()
    whole.save(stream, "PNG")
    return stream.getvalue()


def cut_out(pixels: Picture, face: Face) -> Picture:
    """Cuts a face with six tenths of its size around."""
    left, top, width, height = face.box_px
    rows = slice(max(0, round(top - 0.6 * width)), max(0, round(top + height + 0.6 * width)))
    return pixels[rows, max(0, round(left - 0.6 * width)) : max(0, round(left + 1.6 * width))]


def sizes(folder: Path, sheet: Path | None) -> Iterator[str]:
    """Says how many faces of a width are found in a frame of 1920 by 1080 of a clip."""
    del sheet
    faces = [
        (cut_out(pixels, face), face.width_px)
        for _, pixels, found in pictures(folder)
        for face in found[:4]
        if face.width_px >= LEAST_FACE_PX
    ]
    yield f"{len(faces)} faces; of several of one person and of one picture each counts."
    yield ""
    yield "| width (px) | " + " | ".join(f"JPEG quality {quality}" for quality in QUALITIES) + " |"
    yield "|---|" + "---|" * len(QUALITIES)
    for width in WIDTHS_PX:
        found = [sum(hits(faces, width, quality)) for quality in QUALITIES]
        rates = ["{} ({:.2f} to {:.2f})".format(hit, *interval(hit, len(faces))) for hit in found]
        yield f"| {width} | " + " | ".join(rates) + " |"


def hits(faces: list[tuple[Picture, float]], width: int, quality: int) -> Iterator[bool]:
    """Says of each face whether it is found, 24 of them in one frame."""
    from forensics.analyzers.faces.setting import CLIP_SIDES_PX
    from forensics.faces.face import Search

    for start in range(0, len(faces), 24):
        canvas = np.full((1080, 1920, 3), 110, np.uint8)
        middles = []
        for number, (part, own) in enumerate(faces[start : start + 24]):
            x, y = 40 + number % 6 * (CELL[0] + 10), 30 + number // 6 * (CELL[1] + 10)
            small = cv2.resize(part, None, fx=width / own, fy=width / own, interpolation=cv2.INTER_AREA)
            small = small[: CELL[1], : CELL[0]]
            canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
            middles.append((x, y))
        found = find(compressed(canvas, quality), Search(CLIP_SIDES_PX, 0.8))
        for x, y in middles:
            yield any(
                x <= f.box_px[0] + f.box_px[2] / 2 <= x + CELL[0] and y <= f.box_px[1] <= y + CELL[1] for f in found
            )


def pan(pixels: Picture, *, count: int, noise: int, seed: int) -> Iterator[Picture]:
    """Moves the camera over a picture: frames of 1280 by 720 pixels."""
    random = np.random.default_rng(seed)
    factor = 1.3 * max(1280 / pixels.shape[1], 720 / pixels.shape[0])
    large = cv2.resize(pixels, None, fx=factor, fy=factor)
    for number in range(count):
        share = number / count
        x, y = int(share * (large.shape[1] - 1280)), int((1 - share) * (large.shape[0] - 720))
        grain = random.integers(-noise, noise + 1, (720, 1280, 1)) if noise else 0
        yield np.clip(large[y : y + 720, x : x + 1280].astype(np.int16) + grain, 0, 255).astype(np.uint8)


def compressed(pixels: Picture, quality: int) -> Picture:
    """Compresses a picture and gives what is left of it."""
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def textures(folder: Path, sheet: Path | None) -> Iterator[str]:
    """Counts tracks in clips that move over pictures in which no face is found."""
    counts, crops = Counter[str](), []
    for number, (path, pixels, found) in enumerate(pictures(folder)):
        if found or min(pixels.shape[:2]) < CELL[1]:
            continue
        shown = pan(pixels, count=10, noise=12, seed=number)
        values, sink = fed(compressed(frame, 60) for frame in shown)
        counts.update(pictures=1, tracks=values["track_count"], doubtful=values["doubtful_count"])
        new = [content for role, content in sink.kept if role == "face"]
        crops += new
        if values["track_count"]:
            yield f"- {path.relative_to(folder)}: {values['track_count']}"
    yield f"{counts['pictures']} pictures without a face: {counts['tracks']} tracks; not counted: {counts['doubtful']}."
    if sheet is not None:
        sheet.write_bytes(contact_sheet(crops))


def speed(folder: Path, sheet: Path | None) -> Iterator[str]:
    """Compares a minute of 720p with FFmpeg, and says how many stills are looked at in a second."""
    del sheet
    seen = [(path, pixels) for path, pixels, found in pictures(folder) if found]
    with tempfile.TemporaryDirectory() as work:
        clip = Path(work) / "a.mp4"
        encode(seen, clip)
        nothing = run(["ffmpeg", "-v", "error", "-i", str(clip), "-f", "null", "-"], home=Path(work))
        yield f"- decoding a minute of 720p alone (ffmpeg -f null): {nothing.wall_s:.1f} s"
        (cpu_s, wall_s), looked = timed(lambda: look(clip))
        tracks = looked.tracks if looked else 0
        yield f"- faces in it: {wall_s:.1f} s, {cpu_s:.1f} s of one core besides the decoder; {tracks} tracks"
    (cpu_s, _), _ = timed(lambda: [look(path) for path, _ in seen])
    yield f"- {len(seen)} stills with faces: {len(seen) / cpu_s:.1f} a second and core"


def memory(folder: Path, sheet: Path | None) -> Iterator[str]:
    """Says how much memory two minutes take, and two hours, of a frame a second."""
    del sheet
    with_faces = (pixels for _, pixels, found in pictures(folder) if found)
    small = [np.asarray(cv2.resize(pixels, (320, 180)), np.uint8) for pixels in islice(with_faces, 30)]
    for minutes in (2, 120):
        values, _ = fed((small[number // 4 % len(small)] for number in range(minutes * 60)), rate_hz=1.0)
        tracks = values["track_count"]
        yield f"- {minutes} minutes, a frame of 320 by 180 a second, {tracks} tracks: peak memory {peak_mib():.0f} MiB"


def encode(seen: list[tuple[Path, Picture]], clip: Path) -> None:
    """Makes a minute of 720p, 25 frames a second, that moves over pictures with faces."""
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", "1280x720", "-r", "25", "-i", "-"]
    options = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p", str(clip)]
    with subprocess.Popen([*command, *options], stdin=subprocess.PIPE) as process:
        stream = process.stdin
        if stream is None:
            raise SystemExit("FFmpeg takes no frames")
        for number in range(12):
            for frame in pan(seen[number % len(seen)][1], count=125, noise=0, seed=number):
                stream.write(frame.tobytes())
        stream.close()


def fed(shown: Iterable[Picture], *, rate_hz: float = RATE_HZ) -> tuple[Mapping[str, Any], KeepingSink]:
    """Feeds frames of a clip to the analyzer; gives the values of its finding, and what it kept."""
    sink: Any = KeepingSink()
    with tempfile.TemporaryDirectory() as work:
        clip = Path(work) / "a.mp4"
        clip.write_bytes(HEAD)
        examination = FacesAnalyzer().start(FileEvidence(clip), sink)
    for number, pixels in enumerate(shown):
        examination.feed(Frame(number, number / rate_hz, pixels))
    return next(iter(examination.finish(()))).values, sink


def timed(act: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Runs something and gives seconds of processor and of the clock."""
    cpu_s, wall_s = time.process_time(), time.monotonic()
    done = act()
    return (time.process_time() - cpu_s, time.monotonic() - wall_s), done


def peak_mib() -> float:
    """Gives the peak memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASUREMENTS = {"folders": folders, "sizes": sizes, "textures": textures, "speed": speed, "memory": memory}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=MEASUREMENTS, action="append")
    parser.add_argument("--sheet", type=Path)
    chosen = parser.parse_args()
    for name in chosen.only or MEASUREMENTS:
        sys.stdout.write(f"\n## {name}\n\n")
        for line in MEASUREMENTS[name](chosen.folder, chosen.sheet):
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
