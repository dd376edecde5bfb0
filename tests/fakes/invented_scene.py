"""Scenes with invented persons: a room, who sits in it, how they move, how the camera moves; frame by frame.

A scene is a value and everything in it follows from its seed, so that the same instant can be drawn with another person
or another mouth, and everything else stays as it was, to the pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.invented import Person
from tests.fakes.invented_head import Layer, head
from tests.fakes.invented_surface import Field, Look

Picture = NDArray[np.uint8]

LIGHTS = ((-0.55, -0.6, 0.7), (0.5, -0.5, 0.75), (-0.15, -0.75, 0.65), (0.7, -0.25, 0.7))
TINTS = ((1.0, 1.0, 1.0), (0.90, 0.97, 1.05), (1.06, 1.0, 0.95))


@dataclass(frozen=True, slots=True)
class Seat:
    """Where somebody sits.

    Attributes:
        person: Who.
        x: Place of the eyes, as a share of the frame's width.
        y: The same, of its height.
        face: Width of a mean face, as a share of the frame's height.
        speaks: How far the mouth opens while speaking, 0 to 1.
    """

    person: Person
    x: float = 0.5
    y: float = 0.40
    face: float = 0.34
    speaks: float = 0.7


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene.

    Attributes:
        seats: Who is in it.
        place: Seed of the room.
        take: Seed of all that moves: another number is another take in the same room.
        size: Width and height in pixels.
        rate_hz: Frames a second.
        count: Number of frames.
        pan: How far the camera moves across, as a share of the frame's width, over the whole scene.
        window: Whether something with texture moves behind a window.
        grain: Standard deviation of the camera's noise, 0 to 255.
    """

    seats: tuple[Seat, ...]
    place: int = 0
    take: int = 0
    size: tuple[int, int] = (480, 360)
    rate_hz: int = 25
    count: int = 75
    pan: float = 0.0
    window: bool = False
    grain: float = 2.0
    looks: tuple[Look, ...] = field(default=())

    def take_of(self, other: int) -> Scene:
        """Gives another take: the same room and persons, other movements, and a camera that was put up again."""
        return replace(self, take=other)

    def cast(self, *persons: Person) -> Scene:
        """Gives the scene with other persons in the seats."""
        seats = tuple(replace(seat, person=one) for seat, one in zip(self.seats, persons, strict=True))
        return replace(self, seats=seats)


def wave(seed: int, time_s: float, *, period_s: float) -> float:
    """A movement about 0, within -1 to 1, that does not repeat soon."""
    chance = np.random.default_rng((seed, 77))
    parts = [(float(chance.uniform(0.6, 1.7)), float(chance.uniform(0, 2 * math.pi))) for _ in range(3)]
    return sum(math.sin(2 * math.pi * time_s * factor / period_s + phase) for factor, phase in parts) / 3


def look_at(scene: Scene, seat: int, index: int) -> Look:
    """Gives how somebody holds the head at a frame."""
    if scene.looks:
        return scene.looks[index % len(scene.looks)]
    time_s, seed = index / scene.rate_hz, scene.take * 1009 + scene.place * 101 + seat * 13
    speech = max(0.0, wave(seed + 1, time_s, period_s=0.5) * 0.8 + 0.25)
    phase = (time_s + (seed % 7) * 0.3) % 2.6
    return Look(
        yaw_deg=13 * wave(seed + 2, time_s, period_s=3.1),
        pitch_deg=6 * wave(seed + 3, time_s, period_s=2.3),
        roll_deg=6 * wave(seed + 4, time_s, period_s=3.7),
        mouth=min(1.0, speech) * scene.seats[seat].speaks,
        smile=0.5 * wave(seed + 5, time_s, period_s=4.0),
        blink=max(0.0, 1 - abs(phase - 0.15) / 0.12),
        gaze=0.7 * wave(seed + 6, time_s, period_s=2.0),
        light=LIGHTS[scene.place % len(LIGHTS)],
        ambient=0.40 + 0.05 * (scene.place % 4),
        tint=TINTS[scene.place % len(TINTS)],
    )


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a head is in a frame: the middle of its eyes, and the width of a mean face, in pixels."""

    x_px: float
    y_px: float
    face_px: float


def stand_at(scene: Scene, seat: int, index: int) -> Stand:
    """Gives where somebody is at a frame; the camera's movement is in it."""
    (width, height), one = scene.size, scene.seats[seat]
    time_s, seed = index / scene.rate_hz, scene.take * 1009 + scene.place * 101 + seat * 13
    sway = 0.025 * wave(seed + 8, time_s, period_s=3.0), 0.012 * wave(seed + 9, time_s, period_s=2.1)
    x = (one.x + sway[0]) * width - _camera(scene, index)[0]
    return Stand(x, (one.y + sway[1]) * height - _camera(scene, index)[1], one.face * height)


def _camera(scene: Scene, index: int) -> tuple[float, float]:
    chance = np.random.default_rng((scene.take, 5))
    moved = chance.uniform(-0.02, 0.02, 2) if scene.take else np.zeros(2)
    share = index / max(1, scene.count - 1) - 0.5
    return float(moved[0] + scene.pan * share) * scene.size[0], float(moved[1]) * scene.size[1]


def frame(scene: Scene, index: int) -> Picture:
    """Draws a frame, shape (height, width, 3), blue, green, red."""
    canvas = room(scene, index)
    for number in range(len(scene.seats)):
        canvas = _seated(scene, canvas, number, index)
    chance = np.random.default_rng((scene.place, scene.take, index))
    noise = chance.normal(0, scene.grain, canvas.shape).astype(np.float32)
    return np.asarray(np.clip(np.rint(canvas * 255 + noise), 0, 255), np.uint8)


@lru_cache(maxsize=6)
def layer_at(scene: Scene, seat: int, index: int) -> Layer:
    """Draws a head as it is at a frame, in the place where it is: all fields have the size of the frame."""
    stand = stand_at(scene, seat, index)
    drawn = head(scene.seats[seat].person, look_at(scene, seat, index), stand.face_px)
    side = drawn.alpha.shape[0]
    shift = np.array([[1, 0, stand.x_px - side / 2], [0, 1, stand.y_px - side / 2]], np.float64)
    solid = np.dstack([drawn.bgr * drawn.alpha[..., None], drawn.alpha])
    moved = cv2.warpAffine(solid, shift, scene.size, flags=cv2.INTER_LINEAR)
    inner = cv2.warpAffine(drawn.inner, shift, scene.size, flags=cv2.INTER_LINEAR)
    alpha = moved[..., 3]
    return Layer(moved[..., :3] / np.maximum(alpha, 1e-6)[..., None], alpha, inner)


def over(canvas: Field, layer: Layer) -> Field:
    """Lays a head over a picture."""
    return np.asarray(canvas * (1 - layer.alpha[..., None]) + layer.bgr * layer.alpha[..., None], np.float32)


def _seated(scene: Scene, canvas: Field, seat: int, index: int) -> Field:
    stand, one = stand_at(scene, seat, index), scene.seats[seat].person
    return over(_body(canvas, one, stand, look_at(scene, seat, index)), layer_at(scene, seat, index))


def _body(canvas: Field, one: Person, stand: Stand, look: Look) -> Field:
    """Draws neck and shoulders."""
    unit, x, y = stand.face_px / 2, stand.x_px, stand.y_px
    chin = y + unit * one.chin_y
    neck = 0.62 * one.width * (0.75 + 0.3 * one.jaw) * unit
    rows = np.linspace(0, 1, 24)
    flare = neck * (1 + 0.05 * rows + 0.5 * np.clip(rows - 0.6, 0, 1) ** 2)
    heights = chin - 0.6 * unit + rows * 1.6 * unit
    column = np.concatenate([np.stack([x - flare, heights], 1), np.stack([x + flare, heights], 1)[::-1]])
    skin = np.asarray(one.skin, np.float32) * np.asarray(look.tint, np.float32)
    canvas = _filled(canvas, column, skin * 0.72, edge=unit * 0.02)
    dark = ((-neck, -0.5 * unit), (neck, -0.5 * unit), (neck, 0.0), (0.0, 0.2 * unit), (-neck, 0.0))
    shade = np.array(dark) + np.array((x, chin))
    canvas = _filled(canvas, shade, skin * 0.50, edge=unit * 0.14)
    top = chin + 0.12 * unit
    steps = np.linspace(-1, 1, 41)
    slope = top + unit * (0.25 + 0.55 * np.abs(steps) ** 1.3 + 1.1 * np.clip(np.abs(steps) - 0.8, 0, 1))
    slope = np.where(np.abs(steps) < 0.22, top + unit * (0.62 - 1.2 * np.abs(steps)), slope)
    hem = np.array(((2.7, 9.0), (-2.7, 9.0))) * unit + (x, y)
    coat = np.concatenate([np.stack([x + steps * 2.5 * unit, slope], 1), hem])
    cloth = np.asarray(one.coat, np.float32) * (1 + 0.18 * _weave(canvas.shape[:2], one.seed, (x, y)))[..., None]
    return _filled(canvas, coat, cloth, edge=unit * 0.015)


@lru_cache(maxsize=8)
def _cloth(seed: int, side: int) -> Field:
    chance = np.random.default_rng((seed, 3))
    fine = chance.standard_normal((side, side)).astype(np.float32)
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    check = np.sin(rows / (5 + seed % 5)) * np.sin(columns / (6 + seed % 3))
    return np.asarray(0.6 * check + 0.5 * cv2.GaussianBlur(fine, (0, 0), 1.0), np.float32)


def _weave(shape: tuple[int, ...], seed: int, at: tuple[float, float]) -> Field:
    """The texture of a coat, which moves with who wears it."""
    side = 2 * max(shape)
    shift = np.array([[1, 0, at[0] - side / 2], [0, 1, at[1] - side / 2]], np.float64)
    return np.asarray(cv2.warpAffine(_cloth(seed, side), shift, (shape[1], shape[0])), np.float32)


def _filled(canvas: Field, outline: NDArray[np.float64], colour: Field, *, edge: float) -> Field:
    mask = np.zeros(canvas.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.rint(outline * 16).astype(np.int32)], 1.0, cv2.LINE_8, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(0.6, edge))[..., None]
    return np.asarray(canvas * (1 - soft) + colour * soft, np.float32)


def room(scene: Scene, index: int) -> Field:
    """Draws the room without anybody, shape (height, width, 3), 0 to 1."""
    width, height = scene.size
    wall = _wall(scene.place, scene.size)
    x, y = _camera(scene, index)
    if scene.window:
        wall = wall.copy()
        _outside(wall, scene, index)
    shift = np.array([[1, 0, -0.25 * width - x], [0, 1, -0.1 * height - y]], np.float64)
    return np.asarray(cv2.warpAffine(wall, shift, (width, height), borderMode=cv2.BORDER_REFLECT), np.float32)


@lru_cache(maxsize=8)
def _wall(place: int, size: tuple[int, int]) -> Field:
    """A wall with pictures and shelves of books, half as wide again as the frame."""
    width, height = round(size[0] * 1.5), round(size[1] * 1.2)
    chance = np.random.default_rng((place, 11))
    colour = chance.uniform(0.45, 0.85, 3)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    light = 1.05 - 0.25 * rows / height + 0.1 * np.sin(columns / width * 3 + place)
    wall = (colour[None, None] * light[..., None]).astype(np.float32)
    paper = np.sin(columns / (9 + place % 5)) * np.sin(rows / (11 + place % 4))
    wall *= (1 + 0.05 * paper + 0.02 * chance.standard_normal((height, width)))[..., None].astype(np.float32)
    for number in range(3 + place % 2):
        _shelf(wall, chance, top=int(height * (0.12 + 0.25 * number)), left=int(width * chance.uniform(0.0, 0.35)))
    for _ in range(3):
        _picture(wall, chance)
    return np.asarray(cv2.GaussianBlur(wall, (0, 0), 0.9), np.float32)


def _shelf(wall: Field, chance: np.random.Generator, *, top: int, left: int) -> None:
    height, width = wall.shape[:2]
    right, tall = left + int(width * chance.uniform(0.4, 0.7)), int(height * 0.15)
    cv2.rectangle(wall, (left - 6, top + tall), (right + 6, top + tall + 6), (0.16, 0.25, 0.36), -1)
    x = left
    while x < right - 4:
        wide, high = int(chance.integers(5, 18)), int(tall * chance.uniform(0.6, 1.0))
        colour = tuple(float(value) for value in chance.uniform(0.1, 0.8, 3))
        cv2.rectangle(wall, (x, top + tall - high), (x + wide, top + tall - 1), colour, -1)
        mark = tuple(min(1.0, value + 0.25) for value in colour)
        cv2.rectangle(wall, (x + 1, top + tall - high + 6), (x + wide - 1, top + tall - high + 10), mark, -1)
        x += wide + int(chance.random() < 0.2) * 4 + 1


def _picture(wall: Field, chance: np.random.Generator) -> None:
    height, width = wall.shape[:2]
    x, y = int(chance.uniform(0.02, 0.85) * width), int(chance.uniform(0.05, 0.6) * height)
    wide, high = int(chance.uniform(0.08, 0.16) * width), int(chance.uniform(0.12, 0.25) * height)
    part = wall[y : y + high, x : x + wide]
    small = chance.uniform(0.1, 0.9, (7, 6, 3)).astype(np.float32)
    part[:] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)
    cv2.rectangle(wall, (x, y), (x + wide, y + high), (0.12, 0.2, 0.3), 4)


def _outside(wall: Field, scene: Scene, index: int) -> None:
    """Lets a street go by behind a window."""
    height, width = wall.shape[:2]
    left, right, top, bottom = int(width * 0.22), int(width * 0.44), int(height * 0.12), int(height * 0.55)
    street = _street(scene.place, (right - left) * 4, bottom - top)
    speed = 0.35 * (right - left) / scene.rate_hz
    at = (index * speed + scene.take * 37) % (street.shape[1] - (right - left))
    shift = np.array([[1, 0, -at], [0, 1, 0]], np.float64)
    wall[top:bottom, left:right] = cv2.warpAffine(street, shift, (right - left, bottom - top))
    cv2.rectangle(wall, (left, top), (right, bottom), (0.85, 0.87, 0.88), 6)
    cv2.line(wall, ((left + right) // 2, top), ((left + right) // 2, bottom), (0.85, 0.87, 0.88), 4)


@lru_cache(maxsize=4)
def _street(place: int, width: int, height: int) -> Field:
    chance = np.random.default_rng((place, 23))
    street = np.full((height, width, 3), (0.9, 0.8, 0.65), np.float32)
    x = 0
    while x < width:
        wide, high = int(chance.integers(30, 80)), int(height * chance.uniform(0.35, 0.85))
        colour = tuple(float(value) for value in chance.uniform(0.25, 0.75, 3))
        cv2.rectangle(street, (x, height - high), (x + wide, height), colour, -1)
        for row in range(height - high + 6, height - 8, 14):
            for column in range(x + 5, x + wide - 8, 12):
                shade = float(chance.uniform(0.1, 0.9))
                cv2.rectangle(street, (column, row), (column + 6, row + 8), (shade, shade, shade * 0.8), -1)
        x += wide
    return street
