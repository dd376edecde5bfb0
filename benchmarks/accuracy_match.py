"""Measures how copies are found: `python -m benchmarks.accuracy_match FOLDER [--only WORD]`, or `--speed COUNT`.

Every picture and clip in FOLDER is taken with one changed copy of each kind at a time: compressed, reduced, cropped,
mirrored, captioned, trimmed, all together; the copies are made here. All files and their copies are compared at once,
as in a case. A copy is found where it is in the group of its file. A false match is a pair of copies, or of clips with
a shared passage, of files that have nothing in common when the files alone are compared; what the files alone give is
printed, to be looked at. The halves of each clip, which show other moments of one scene, must not be matched.

`--speed` measures the comparison of so many generated clips of 30 s, a tenth of them copies, and of a half and a
quarter as many.

Rates come with exact 95 % intervals (Clopper & Pearson 1934). Copies of one file are not independent of one another:
read each row by itself.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, BinaryIO

import numpy as np

from benchmarks.accuracy_compare import ALL, CAPTION, CROP, EVEN, Variant, changed, halves
from benchmarks.accuracy_jpeg import interval
from forensics import media
from forensics.analyzers.match import MatchComparison
from forensics.analyzers.match.pair import COPIES, is_plain
from forensics.analyzers.prints.work import Gathered
from forensics.errors import ForensicsError
from forensics.media import descriptor, fingerprint
from forensics.media.fingerprint import Fingerprint
from forensics.watch import Reel

HALF = EVEN.format(0.5)
VARIANTS = {
    "crf 28, quality 70": Variant(crf=28, quality=70),
    "crf 35, quality 40": Variant(crf=35, quality=40),
    "half size": Variant(HALF),
    "cropped by 10 %": Variant(CROP),
    "mirrored": Variant("hflip"),
    "captions and logo": Variant(CAPTION),
    "trimmed": Variant(keep=0.2, is_for_clips=True),
    "half size, cropped, mirrored, captions, crf 35": Variant(
        ALL.replace("0.75", "0.5"), crf=35, quality=40, keep=0.15
    ),
}

LEAST_CLIP_S = 1.0
LEAST_MOMENTS_S = 2.0
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class Made:
    """A fingerprint as the comparison is given it.

    Attributes:
        name: What it is called here.
        content: The fingerprint as bytes.
    """

    name: str
    content: bytes

    @property
    def artifact(self) -> Any:
        """Stands for an artifact: its name is its digest."""
        return _Artifact(self.name)

    def related(self, role: str) -> tuple[Made, ...]:
        """Gives itself."""
        del role
        return (self,)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the fingerprint."""
        yield io.BytesIO(self.content)


@dataclass(frozen=True)
class _Artifact:
    content_sha256: str
    facts: dict[str, Any] = field(default_factory=dict)


def gathered(path: Path) -> Fingerprint | None:
    """Makes the fingerprint of a file; None where it has no frame or too little detail."""
    work = Gathered(most_frames=18_000, most_corners=200, still_corners=500)
    try:
        for frame in Reel(path):
            work.feed(frame)
    except ForensicsError:
        return None
    value = work.fingerprint() if work.frame_count else None
    return None if value is None or is_plain(value) else value


def files(folder: Path) -> dict[str, tuple[Path, Fingerprint]]:
    """Gives the pictures and clips of a folder that can be compared, without those of equal bytes."""
    found: dict[str, tuple[Path, Fingerprint]] = {}
    seen = set[bytes]()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.stat().st_size > MOST_BYTES:
            continue
        content = path.read_bytes()
        if content in seen or not media.sniff(content[: media.HEAD_SIZE], path.name).startswith(("image/", "video/")):
            continue
        seen.add(content)
        value = gathered(path)
        if value is not None and (value.is_still or value.duration_s >= LEAST_CLIP_S):
            found[str(path.relative_to(folder))] = (path, value)
    return found


def pairs(contents: dict[str, Fingerprint]) -> tuple[set[frozenset[str]], set[frozenset[str]], float]:
    """Gives the pairs in one group, the pairs that were found to agree directly, and the seconds that it took."""
    evidence = tuple(Made(name, fingerprint.encode(value)) for name, value in contents.items())
    started = perf_counter()
    findings = list(MatchComparison().examine(evidence, None))  # type: ignore[arg-type]
    seconds = perf_counter() - started
    together = {
        frozenset(pair)
        for one in findings
        if one.values["about"] == "group"
        for pair in combinations([member["sha256"] for member in one.values["members"]], 2)
    }
    relations = {one.value for one in COPIES} | {"shared_passage"}
    direct = {
        frozenset((row["a"], row["b"]))
        for one in findings
        for row in one.values.get("pairs", ())
        if row["relation"] in relations
    }
    return together, direct, seconds


def accuracy(folder: Path, only: str) -> int:
    """Prints the table; gives 1 where files were matched falsely."""
    originals = files(folder)
    plain = {name: value for name, (_, value) in originals.items()}
    together, direct, seconds = pairs(plain)
    clips = sum(not value.is_still for value in plain.values())
    print(f"{len(plain)} files with enough detail, {clips} of them clips; compared in {seconds:.1f} s.\n")
    for pair in sorted(map(sorted, direct)):
        print(f"- files alone: {' and '.join(pair)}")
    related = together | direct
    print("\n| copies | n | found | rate, 95 % | clips | clips found | false pairs | too plain |")
    print("|---|---|---|---|---|---|---|---|")
    false = 0
    for name, variant in VARIANTS.items():
        if only in name:
            false += row(name, variant, originals, related)
    if only in "moments":
        false += moments(originals)
    return int(false > 0)


def moments(originals: dict[str, tuple[Path, Fingerprint]]) -> int:
    """Compares the two halves of each clip of 2 s and more, and gives the number of those that were matched."""
    wrong = count = 0
    for name, (path, value) in originals.items():
        if value.is_still or value.duration_s < LEAST_MOMENTS_S:
            continue
        with tempfile.TemporaryDirectory() as folder:
            both = {half.name: gathered(half) for half in halves(path, Path(folder))}
        _, direct, _ = pairs({key: half for key, half in both.items() if half is not None})
        count, wrong = count + 1, wrong + len(direct)
        if direct:
            print(f"moments: false: {name}", file=sys.stderr, flush=True)
    print(f"\nHalves of one clip, which show other moments: {count} clips, {wrong} matched.")
    return wrong


def row(
    name: str, variant: Variant, originals: dict[str, tuple[Path, Fingerprint]], related: set[frozenset[str]]
) -> int:
    """Measures one kind of copies and gives the number of false matches."""
    copies = dict(made(variant, originals))
    usable = {key: value for key, value in copies.items() if value is not None}
    contents = {key: value for key, (_, value) in originals.items()} | {f"copy of {key}": usable[key] for key in usable}
    together, direct, _ = pairs(contents)
    found = {key for key in usable if frozenset((key, f"copy of {key}")) in together}
    wrong = [pair for pair in direct if _is_false(pair, related)]
    clips = {key for key in usable if not originals[key][1].is_still}
    for key in sorted(set(usable) - found):
        print(f"{name}: not found: {key}", file=sys.stderr, flush=True)
    for pair in wrong:
        print(f"{name}: false: {sorted(pair)}", file=sys.stderr, flush=True)
    low, high = interval(len(found), len(usable))
    print(
        f"| {name} | {len(usable)} | {len(found)} | {len(found) / max(1, len(usable)):.3f} ({low:.3f} to {high:.3f}) | "
        f"{len(clips)} | {len(clips & found)} | {len(wrong)} | {len(copies) - len(usable)} |",
        flush=True,
    )
    return len(wrong)


def _is_false(pair: frozenset[str], related: set[frozenset[str]]) -> bool:
    sources = frozenset(name.removeprefix("copy of ") for name in pair)
    return len(sources) > 1 and sources not in related


def made(variant: Variant, originals: dict[str, tuple[Path, Fingerprint]]) -> Iterator[tuple[str, Fingerprint | None]]:
    """Makes a copy of each file and its fingerprint; None where it has too little detail left."""
    for name, (path, value) in originals.items():
        if variant.is_for_clips and value.is_still:
            continue
        kept = variant if not value.is_still else replace(variant, keep=0.0)
        with tempfile.TemporaryDirectory() as folder:
            try:
                yield name, gathered(changed(path, kept, Path(folder)))
            except (subprocess.CalledProcessError, ForensicsError, ZeroDivisionError) as error:
                print(f"no copy of {name}: {type(error).__name__}", file=sys.stderr)


def speed(count: int) -> int:
    """Prints how long generated clips take, and a half and a quarter as many."""
    print("| clips of 30 s | copies | seconds | seconds of the processor | found | false |")
    print("|---|---|---|---|---|---|")
    for number in (count // 4, count // 2, count):
        contents = dict(generated(number))
        before = process_time()
        _, direct, seconds = pairs(contents)
        busy = process_time() - before
        wanted = {frozenset((name, name.removeprefix("copy of "))) for name in contents if name.startswith("copy")}
        found, false = len(wanted & direct), len(direct - wanted)
        print(f"| {number} | {len(wanted)} | {seconds:.1f} | {busy:.1f} | {found} | {false} |", flush=True)
    return 0


def generated(count: int) -> Iterator[tuple[str, Fingerprint]]:
    """Gives fingerprints of clips that do not exist: ten shots of 3 s each, in which something moves.

    Descriptors are drawn like those of real pictures as far as it matters here: a third of all comes from 5,000 that
    many clips share, as sky, walls, letters and logos do.
    """
    chance = np.random.default_rng(0)
    frequent = chance.integers(0, 256, (5000, 32), np.uint8)
    originals = count - count // 10
    for number in range(count):
        if number < originals:
            yield f"clip {number}", one_clip(np.random.default_rng(number + 1), frequent)
        else:
            source = one_clip(np.random.default_rng(number - originals + 1), frequent)
            yield f"copy of clip {number - originals}", worn(source, np.random.default_rng(number + 1))


def one_clip(chance: np.random.Generator, frequent: Any) -> Fingerprint:
    """Makes one."""
    frames, marks, corners = 150, 30, 200
    scenes = np.repeat(np.arange(10), 3)
    codes = chance.integers(0, 256, (10, corners, 32), np.uint8)
    codes[:, ::3] = frequent[chance.integers(0, len(frequent), (10, len(codes[0, ::3])))]
    points = chance.integers(0, 65536, (10, corners, 2)).astype(np.uint16)
    still = chance.normal(128, 40, (10, 64, 64))
    large = np.clip(still, 0, 255).astype(np.uint8)[scenes]
    small = still.reshape(10, 32, 2, 32, 2).mean(axis=(2, 4))[np.repeat(np.arange(10), 15)]
    walk = np.cumsum(chance.normal(0, 2, (frames, 32, 32)), axis=0)
    return Fingerprint(
        width_px=1280,
        height_px=720,
        is_still=False,
        duration_s=30.0,
        times_s=(np.arange(frames) / 5).astype(np.float32),
        hashes=chance.integers(0, 256, (frames, 32), np.uint8),
        qualities=np.full(frames, 80, np.uint8),
        small=np.clip(small + walk, 0, 255).astype(np.uint8),
        marks=np.arange(0, frames, 5, dtype=np.int32),
        large=large,
        counts=np.full(marks, corners, np.int32),
        points=points[scenes].reshape(-1, 2),
        codes=codes[scenes].reshape(-1, 32),
    )


def worn(value: Fingerprint, chance: np.random.Generator) -> Fingerprint:
    """Makes a copy of one: mirrored, 7 % of the bits of its descriptors wrong, two thirds of its corners others."""
    flipped = np.packbits(chance.random((len(value.codes), 256)) < 0.07, axis=1)
    codes = descriptor.mirrored(value.codes) ^ flipped
    other = chance.random(len(codes)) < 2 / 3
    codes[other] = chance.integers(0, 256, (int(other.sum()), 32), np.uint8)
    points = value.points.copy()
    points[:, 0] = 65535 - points[:, 0]
    return replace(value, codes=codes, points=points, small=value.small[:, :, ::-1], large=value.large[:, :, ::-1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default="", help="part of the name of a kind of copies")
    parser.add_argument("--speed", type=int, default=0, help="number of generated clips")
    arguments = parser.parse_args()
    if not arguments.folder and not arguments.speed:
        parser.error("name a folder, or --speed")
    sys.exit(speed(arguments.speed) if arguments.speed else accuracy(arguments.folder, arguments.only))
