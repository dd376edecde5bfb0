"""Makes the validation set: `python -m benchmarks.validation_set OUT [--small] [--scenes N] [--seconds S] [--jobs N]`.

Clips, stills and photographs of invented persons, all drawn by `tests/fakes/invented*.py`, and `labels.csv` with the
truth, as `forensics validate OUT --labels OUT/labels.csv --kind KIND` reads it:

- `source.comparison`: each scene against itself compressed, scaled, cropped, mirrored, cut, captioned; with the face of
  another invented person (drawn in the same pose, or warped from a still); with another mouth, a filter, a mosaic, a
  sticker; in another take; against another scene. Clips and stills.
- `face.identity`: photographs of one person in other rooms, light and pose; of two persons; clips with a replaced face
  against photographs of whose face it is, and of others.
- `source.match`: the same clips, as copies.
- `tamper.double_jpeg`, `compression.jpeg`, `tamper.copy_move`: pictures with a pasted or copied part, and whole ones.

The column `unit` says what shares its chance: a scene, or persons. The same seeds, FFmpeg and OpenCV give the same
bytes; `SHA256SUMS` says which they were. Everything made is dedicated to the public domain under CC0 1.0.

Not done: drawn faces are not photographs. Figures on this set tell whether the program works as it should on this
machine, and whether a change made it worse; how often it errs on real footage must be measured on real footage.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from forensics.faces.face import embedding, find
from forensics.media.frame import frames
from tests.fakes.invented import CAST, DONORS, EXTRAS, Person, person
from tests.fakes.invented_scene import Picture, Scene, Seat, frame
from tests.fakes.invented_surface import Look
from tests.fakes.invented_swap import (
    Edit,
    captioned,
    encode,
    mouthed,
    pixelated,
    replaced,
    smoothed,
    stickered,
    warped,
)

COLUMNS = ("kind", "path", "questioned", "original", "content", "photos", "truth", "unit", "source", "condition")
Row = dict[str, str]

EVEN = "scale=trunc(iw*{0}/2)*2:trunc(ih*{0}/2)*2"
CROP = "crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2"
PLAIN, ALL = "as it is", "all together, crf 32"


@dataclass(frozen=True)
class Condition:
    """What happens to a clip or still on its way.

    Attributes:
        chain: Filters of FFmpeg.
        crf: Strength of H.264.
        quality: Quality of JPEG, for stills.
        ends: Share of the length that is cut off at either end.
        is_captioned: Whether a caption and a mark are drawn first.
        has_card: Whether a card with text comes before.
        is_for_clips: Whether it makes sense for clips alone.
    """

    chain: str = "null"
    crf: int = 23
    quality: int = 85
    ends: float = 0.0
    is_captioned: bool = False
    has_card: bool = False
    is_for_clips: bool = False


CONDITIONS = {
    PLAIN: Condition(),
    "crf 35, quality 40": Condition(crf=35, quality=40),
    "half size": Condition(EVEN.format(0.5)),
    "cropped by 10 %": Condition(CROP),
    "mirrored": Condition("hflip"),
    "captions": Condition(is_captioned=True),
    "trimmed": Condition(ends=0.2, is_for_clips=True),
    "title card": Condition(has_card=True, is_for_clips=True),
    "variable frame rate": Condition("select=not(eq(mod(n\\,7)\\,3)+eq(mod(n\\,11)\\,5))", is_for_clips=True),
    "cut inside": Condition(
        "select=lt(mod(n\\,24)\\,15),setpts=N/FRAME_RATE/TB",
        is_for_clips=True,
    ),
    "faster by 1.25": Condition("setpts=PTS/1.25", is_for_clips=True),
    ALL: Condition(
        f"{CROP},hflip,{EVEN.format(0.75)},eq=brightness=0.05:contrast=1.1:saturation=1.15",
        crf=32,
        quality=45,
        ends=0.15,
        is_captioned=True,
    ),
}
FEW = (PLAIN, ALL)


@dataclass(frozen=True)
class Plan:
    """How much is made.

    Attributes:
        scenes: Number of scenes, each with a room, a person and a replacing face of its own.
        seconds: Length of a clip.
        rate_hz: Frames a second.
        conditions: Names of the conditions of swaps and copies.
        persons: Number of persons with photographs.
        pictures: Number of pictures for the search for changed parts.
    """

    scenes: int = 12
    seconds: float = 2.4
    rate_hz: int = 15
    conditions: tuple[str, ...] = tuple(CONDITIONS)
    persons: int = 24
    pictures: int = 8


SMALL = Plan(scenes=2, seconds=1.2, rate_hz=10, conditions=FEW, persons=3, pictures=2)


@dataclass
class Made:
    """What was made: rows of the table, in order."""

    folder: Path
    rows: list[Row] = field(default_factory=list)

    def add(self, kind: str, truth: str, *, unit: str, source: str, condition: str, **paths: str) -> None:
        """Adds a row."""
        values = {"kind": kind, "truth": truth, "unit": unit, "source": source, "condition": condition, **paths}
        self.rows.append({column: values.get(column, "") for column in COLUMNS})


def main(folder: Path, plan: Plan, *, jobs: int) -> None:
    """Makes everything."""
    for name in ("clips", "stills", "photos", "pictures"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    work: list[Callable[[Path, Plan], list[Row]]] = [partial(film, number) for number in range(plan.scenes)]
    work += [partial(sittings, number) for number in range(plan.persons)]
    work += [partial(pictures, number) for number in range(plan.pictures)]
    rows: list[Row] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for number, made in enumerate(pool.map(partial(_called, folder, plan), work), start=1):
            rows += made
            print(f"{number} of {len(work)}", file=sys.stderr, flush=True)
    rows += [*across(plan), *identities(plan)]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    write_sums(folder)
    print(f"{len(rows)} rows in {folder / 'labels.csv'}")


def _called(folder: Path, plan: Plan, work: Callable[[Path, Plan], list[Row]]) -> list[Row]:
    cv2.setNumThreads(1)
    return work(folder, plan)


def write_sums(folder: Path) -> None:
    """Writes `SHA256SUMS` in the form that `sha256sum --check` reads."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}" for path in files
    ]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


SIZES = ((480, 360), (640, 360), (360, 480), (560, 420))


def scene_of(number: int, plan: Plan) -> Scene:
    """Gives a scene: in turn one who speaks, a camera that moves, a street behind a window, two persons."""
    size, kind = SIZES[number % len(SIZES)], number % 4
    face = 0.36 if size[0] > size[1] else 0.30
    seats: tuple[Seat, ...] = (Seat(person(CAST[number]), face=face),)
    if kind == 3:
        other = person(EXTRAS[number // 4 % len(EXTRAS)])
        seats = (Seat(seats[0].person, x=0.29, face=0.29), Seat(other, x=0.73, face=0.29))
    return Scene(
        seats,
        place=number + 1,
        size=size,
        rate_hz=plan.rate_hz,
        count=max(8, round(plan.seconds * plan.rate_hz)),
        pan=0.15 if kind == 1 else 0.0,
        window=kind == 2,
    )


def film(number: int, folder: Path, plan: Plan) -> list[Row]:
    """Makes the clips and stills of one scene."""
    scene, made = scene_of(number, plan), Made(folder)
    name, donor = f"scene-{number + 1:02d}", person(DONORS[number])
    original = encode(
        (frame(scene, index) for index in range(scene.count)),
        folder / "clips" / f"{name}.mp4",
        rate_hz=scene.rate_hz,
        crf=18,
    )
    shown = [one.pixels for one in frames(original)]
    versions: dict[str, tuple[str, tuple[str, ...], Edit]] = {
        "same": ("same", plan.conditions, _untouched),
        "drawn": ("swap", plan.conditions, replaced(scene, donor)),
        "warped": ("swap", FEW, warped(scene, donor)),
        "mouth": ("altered", FEW, mouthed(scene)),
        "filter": ("filter", FEW, smoothed(scene)),
        "mosaic": ("mosaic", FEW, pixelated(scene)),
        "sticker": ("altered", FEW, stickered(scene)),
    }
    frames_of: dict[str, list[Picture]] = {what: [] for what in versions}
    for index, picture in enumerate(shown):
        for what, (_, _, edit) in versions.items():
            frames_of[what].append(edit(picture, index))
    again = scene.take_of(number + 100)
    frames_of["take"] = [frame(again, index) for index in range(scene.count)]
    versions["take"] = ("other-take", FEW, _untouched)
    for what, (truth, conditions, _) in versions.items():
        _clips(made, name, scene, what, frames_of[what], truth=truth, conditions=conditions)
        _stills(made, name, what, frames_of[what], truth=truth, conditions=conditions)
    return made.rows


def _untouched(picture: Picture, _index: int) -> Picture:
    return picture


CHANGES = {
    "drawn": "face drawn anew",
    "warped": "face warped from a still",
    "mouth": "another mouth",
    "filter": "beauty filter",
    "mosaic": "mosaic over the face",
    "sticker": "sticker over the face",
    "take": "another take",
    "same": "the same footage",
}


def _clips(
    made: Made, name: str, scene: Scene, what: str, shown: list[Picture], *, truth: str, conditions: Sequence[str]
) -> None:
    original = f"clips/{name}.mp4"
    for condition in conditions:
        path = f"clips/{name}-{what}-{_slug(condition)}.mp4"
        under(shown, made.folder / path, CONDITIONS[condition], rate_hz=scene.rate_hz)
        labels = {"unit": name, "source": "invented clips", "questioned": path, "original": original}
        labels["condition"] = f"{CHANGES[what]}; {condition}"
        made.add("source.comparison", truth, **labels)
        if what in ("same", "drawn", "take"):
            match = "other-take" if what == "take" else "part" if CONDITIONS[condition].ends else "copy"
            made.add("source.match", match, **labels)


def under(shown: Sequence[Picture], path: Path, condition: Condition, *, rate_hz: float) -> Path:
    """Encodes frames under a condition."""
    cut = round(len(shown) * condition.ends)
    kept = list(shown[cut : len(shown) - cut])
    if condition.is_captioned:
        kept = [captioned(one, 0) for one in kept]
    if condition.has_card:
        kept = [_card(kept[0])] * round(rate_hz * 0.6) + kept
    return encode(kept, path, rate_hz=rate_hz, crf=condition.crf, chain=condition.chain)


def _card(like: Picture) -> Picture:
    card = np.full_like(like, 32)
    for row, text in enumerate(("A film", "with invented persons")):
        at = (like.shape[1] // 8, like.shape[0] * (2 + row) // 5)
        cv2.putText(card, text, at, cv2.FONT_HERSHEY_DUPLEX, like.shape[1] / 640, (220, 220, 220), 1, cv2.LINE_AA)
    return card


def _stills(made: Made, name: str, what: str, shown: list[Picture], *, truth: str, conditions: Sequence[str]) -> None:
    at = len(shown) // 3
    original = f"stills/{name}.jpg"
    if what == "same":
        cv2.imwrite(str(made.folder / original), shown[at], [cv2.IMWRITE_JPEG_QUALITY, 95])
    for condition in conditions:
        asked = CONDITIONS[condition]
        if asked.is_for_clips:
            continue
        path = f"stills/{name}-{what}-{_slug(condition)}.jpg"
        still(shown[at], made.folder / path, asked)
        labels = {"unit": name, "source": "invented stills", "questioned": path, "original": original}
        made.add("source.comparison", truth, condition=f"{CHANGES[what]}; {condition}", **labels)


def still(shown: Picture, path: Path, condition: Condition) -> Path:
    """Saves a picture under a condition; the changes are those of the clips, made by OpenCV."""
    drawn = captioned(shown, 0) if condition.is_captioned else shown
    height, width = drawn.shape[:2]
    if "crop" in condition.chain:
        drawn = drawn[round(height * 0.05) : round(height * 0.95), round(width * 0.05) : round(width * 0.95)]
    if "hflip" in condition.chain:
        drawn = drawn[:, ::-1]
    for factor in (0.5, 0.75):
        if EVEN.format(factor) in condition.chain:
            smaller = (round(drawn.shape[1] * factor), round(drawn.shape[0] * factor))
            drawn = np.asarray(cv2.resize(drawn, smaller, interpolation=cv2.INTER_AREA), np.uint8)
    if "eq=" in condition.chain:
        drawn = np.asarray(cv2.convertScaleAbs(drawn, alpha=1.1, beta=0.0), np.uint8)
    cv2.imwrite(str(path), drawn, [cv2.IMWRITE_JPEG_QUALITY, condition.quality])
    return path


def _slug(condition: str) -> str:
    return "".join(sign if sign.isalnum() else "-" for sign in condition).replace("--", "-").strip("-")


def across(plan: Plan) -> Iterator[Row]:
    """Gives the pairs of different scenes."""
    made = Made(Path())
    for one in range(plan.scenes if plan.scenes > 1 else 0):
        other = (one + 1) % plan.scenes
        unit = f"scene-{one + 1:02d}|scene-{other + 1:02d}"
        paths = {"questioned": f"clips/scene-{one + 1:02d}-same-{_slug(PLAIN)}.mp4"}
        paths["original"] = f"clips/scene-{other + 1:02d}.mp4"
        for kind in ("source.comparison", "source.match"):
            made.add(kind, "unrelated", unit=unit, source="invented clips", condition="another scene", **paths)
    yield from made.rows


def photographed(plan: Plan) -> list[Person]:
    """Gives the persons of whom there are photographs: cast and replacing faces in turn."""
    seeds = [seed for pair in zip(CAST, DONORS, strict=True) for seed in pair]
    return [person(seed) for seed in seeds[: plan.persons]]


PHOTOS = (
    Look(),
    Look(yaw_deg=14, pitch_deg=3, smile=0.6, light=(0.5, -0.5, 0.7), ambient=0.5),
    Look(yaw_deg=-12, roll_deg=6, mouth=0.35, light=(-0.2, -0.8, 0.6), tint=(0.9, 0.97, 1.05)),
)


def sittings(number: int, folder: Path, plan: Plan) -> list[Row]:
    """Makes the photographs of one person: three, in different rooms, poses and light."""
    one = photographed(plan)[number]
    for photo in range(len(PHOTOS)):
        cv2.imwrite(str(folder / photo_of(one, photo)), portrait(one, photo), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return []


def portrait(one: Person, photo: int) -> Picture:
    """Draws a photograph, shape (480, 400, 3)."""
    seat = Seat(one, y=0.42, face=0.40 - 0.03 * photo)
    return frame(Scene((seat,), place=one.seed * 7 + photo, size=(400, 480), looks=(PHOTOS[photo],)), 0)


def photo_of(one: Person, photo: int) -> str:
    """Names a photograph."""
    return f"photos/{one.name}-{photo + 1}.jpg"


def identities(plan: Plan) -> Iterator[Row]:
    """Gives pairs of photographs, and of clips with a replaced face and photographs."""
    made, shown = Made(Path()), photographed(plan)
    for one, other in (*((one, one) for one in shown), *combinations(shown, 2)):
        is_same = one is other
        made.add(
            "face.identity",
            "same-person" if is_same else "different-persons",
            unit=one.name if is_same else f"{one.name}|{other.name}",
            source="invented persons",
            condition="photographs",
            content=photo_of(one, 2),
            photos="|".join(photo_of(other, photo) for photo in range(2)),
        )
    for number in range(plan.scenes):
        donor, target = person(DONORS[number]), person(CAST[number])
        others = [one for one in shown if one.name not in (donor.name, target.name)][number % 3 :: 7]
        for other in [one for one in (donor, *others) if one in shown]:
            made.add(
                "face.identity",
                "h1" if other is donor else "h2",
                unit="|".join(sorted({donor.name, target.name, other.name})),
                source="invented persons",
                condition="clip with a face drawn anew",
                content=f"clips/scene-{number + 1:02d}-drawn-{_slug(PLAIN)}.mp4",
                photos="|".join(photo_of(other, photo) for photo in range(2)),
            )
    yield from made.rows


def matrix() -> None:
    """Prints the cosines of the photographs of the cast: the median of all pairs of pictures, and the least of one."""
    faces = [[_measured(portrait(person(seed), photo)) for photo in range(len(PHOTOS))] for seed in CAST]
    print("| |", " | ".join(person(seed).name for seed in CAST), "|")
    print("|---" * (len(CAST) + 1) + "|")
    for row, one in enumerate(faces):
        cells = [
            median(float(a @ b) for a in one for b in other)
            if other is not one
            else min(float(a @ b) for a, b in combinations(one, 2))
            for other in faces
        ]
        print(f"| {person(CAST[row]).name} |", " | ".join(f"{cell:.2f}" for cell in cells), "|")


def _measured(shown: Picture) -> NDArray[np.float32]:
    return embedding(shown, find(shown)[0])


PICTURES = "invented pictures"
TWICE = ((60, 90), (75, 90), (85, 95))


def pictures(number: int, folder: Path, plan: Plan) -> list[Row]:
    """Makes pictures with a pasted part, with a copied part, and whole."""
    del plan
    made, unit = Made(folder), f"picture-{number + 1:02d}"
    scene = Scene((Seat(person(CAST[number]), x=0.32, face=0.3),), place=300 + number, size=(960, 720), looks=(Look(),))
    other = Scene((), place=400 + number, size=(960, 720))
    whole, strange = frame(scene, 0), frame(other, 0)
    for first, second in TWICE:
        condition = f"quality {first}, then {second}"
        once = _saved(whole, first)
        pasted = once.copy()
        pasted[280:520, 560:840] = strange[280:520, 560:840]
        for what, shown, truth in (("twice", once, "genuine"), ("pasted", pasted, "spliced")):
            path = f"pictures/{unit}-{what}-{first}-{second}.jpg"
            (folder / path).write_bytes(_jpeg(shown, second))
            labels = {"unit": unit, "source": PICTURES, "condition": f"{what}, {condition}", "path": path}
            made.add("tamper.double_jpeg", truth, **labels)
            if what == "twice":
                made.add("compression.jpeg", "twice", **labels)
    for quality in (75, 92):
        path = f"pictures/{unit}-once-{quality}.jpg"
        (folder / path).write_bytes(_jpeg(whole, quality))
        condition = f"once, quality {quality}"
        truths = {"tamper.double_jpeg": "genuine", "compression.jpeg": "once", "tamper.copy_move": "genuine"}
        for kind, truth in truths.items():
            made.add(kind, truth, unit=unit, source=PICTURES, condition=condition, path=path)
    _moved(made, unit, whole)
    return made.rows


def _moved(made: Made, unit: str, whole: Picture) -> None:
    copied = whole.copy()
    copied[60:220, 620:860] = whole[430:590, 560:800]
    for name, content in (("png", cv2.imencode(".png", copied)[1].tobytes()), ("jpg", _jpeg(copied, 90))):
        path = f"pictures/{unit}-copied.{name}"
        (made.folder / path).write_bytes(content)
        condition = "copied part, PNG" if name == "png" else "copied part, quality 90"
        made.add("tamper.copy_move", "copied", unit=unit, source=PICTURES, condition=condition, path=path)


def _jpeg(shown: Picture, quality: int) -> bytes:
    return bytes(cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def _saved(shown: Picture, quality: int) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(_jpeg(shown, quality), np.uint8), cv2.IMREAD_COLOR), np.uint8)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("--matrix", action="store_true", help="only print how the persons resemble each other")
    parser.add_argument("--small", action="store_true", help="two short scenes, for a trial")
    parser.add_argument("--scenes", type=int, default=Plan.scenes, help=f"at most {len(CAST)}")
    parser.add_argument("--seconds", type=float, default=Plan.seconds)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    if given.matrix or given.out is None:
        matrix()
        sys.exit()
    wanted = SMALL if given.small else Plan(scenes=min(given.scenes, len(CAST)), seconds=given.seconds)
    main(given.out, wanted, jobs=given.jobs)
