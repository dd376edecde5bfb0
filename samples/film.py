"""Makes the clips and photographs with invented persons: footage, the clip in question, its repost, reference photos.

All persons are drawn by `tests/fakes/invented*.py`; nobody is behind them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from forensics.media.frame import frames
from tests.fakes.invented import SAMPLE_FOOTAGE, SAMPLE_SUBJECT, Person, person
from tests.fakes.invented_scene import Picture, Scene, Seat, frame
from tests.fakes.invented_surface import Look
from tests.fakes.invented_swap import captioned, encode, replaced

FOOTAGE = "speech-footage.mp4"
RATE_HZ = 15


@cache
def scene() -> Scene:
    """Gives the scene: one person speaks in a room with books, for four seconds."""
    seats = (Seat(person(SAMPLE_FOOTAGE), face=0.38),)
    return Scene(seats, place=21, size=(480, 360), rate_hz=RATE_HZ, count=60, pan=0.06, grain=1.2)


def make_footage(path: Path) -> None:
    """Makes the footage as it was recorded, so to speak."""
    encode((frame(scene(), index) for index in range(scene().count)), path, rate_hz=RATE_HZ, crf=23)


def make_questioned(path: Path) -> None:
    """Makes the clip in question: the footage, decoded, with the subject's face in place of the speaker's."""
    edit = replaced(scene(), subject(), share=0.5)
    encode((edit(one, index) for index, one in enumerate(_footage(path))), path, rate_hz=RATE_HZ, crf=25)


def make_repost(path: Path) -> None:
    """Makes a repost of the clip in question: trimmed, cropped, made smaller, with a caption."""
    shown = [one.pixels for one in frames(path.with_name("speech-questioned.mp4"))][6:54]
    cut: Iterable[Picture] = (captioned(one[14:346, 20:460], 0) for one in shown)
    encode(cut, path, rate_hz=RATE_HZ, crf=30, chain="scale=352:-2")


def _footage(path: Path) -> list[Picture]:
    return [one.pixels for one in frames(path.with_name(FOOTAGE))]


def subject() -> Person:
    """Gives the person whose face was put into the footage."""
    return person(SAMPLE_SUBJECT)


LOOKS = (
    Look(smile=0.3),
    Look(yaw_deg=13, pitch_deg=3, smile=0.6, light=(0.5, -0.5, 0.7), ambient=0.5),
    Look(yaw_deg=-11, roll_deg=5, mouth=0.3, light=(-0.2, -0.8, 0.6), tint=(0.9, 0.97, 1.05)),
)


def make_reference(path: Path, number: int) -> None:
    """Makes a reference photograph of the subject: another room, pose and light each."""
    seat = Seat(subject(), y=0.42, face=0.40 - 0.03 * number)
    shown = frame(Scene((seat,), place=30 + number, size=(400, 480), looks=(LOOKS[number],), grain=1.5), 0)
    cv2.imwrite(str(path), shown, [cv2.IMWRITE_JPEG_QUALITY, 88])
