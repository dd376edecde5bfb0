"""What is done to footage of invented persons: another face, another mouth, a filter, a mosaic, a sticker, a caption.

All faces are drawn ones. A face is replaced in two ways: drawn anew in the same pose with the places of the features of
whose footage it is (as learned swaps do), or warped from one still by an affine transform (as apps for stills do).
Either is matched in colour, blended in with a soft edge, and the clip is encoded again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from tests.fakes.invented import Person, placed_like
from tests.fakes.invented_head import Layer
from tests.fakes.invented_scene import Picture, Scene, Seat, frame, layer_at, look_at, stand_at
from tests.fakes.invented_surface import Field, Look

Edit = Callable[[Picture, int], Picture]
"""Changes a frame of a scene, given its number."""

FINISH_PX = 128
"""Width at which drawn replacements are made, as the networks for face swaps do; wider faces become soft."""


def replaced(scene: Scene, other: Person, *, seat: int = 0, share: float = 0.7) -> Edit:
    """Replaces the face in a seat by that of another person in the same pose, with the same expression and light.

    Args:
        scene: Whose frames are changed.
        other: Whose face is put there.
        seat: Where.
        share: How far the features stay where they were; at 0.7 landmarks move by about 0.04 of the face's width, as
            learned swaps do, and the new face is nearer to whose it is than to whose footage it is.
    """
    own = scene.seats[seat].person
    cast = [each.person for each in scene.seats]
    cast[seat] = replace(placed_like(other, own, share=share), glasses=own.glasses)
    instead = scene.cast(*cast)

    def edit(picture: Picture, index: int) -> Picture:
        layer = layer_at(instead, seat, index)
        narrow = min(1.0, FINISH_PX / stand_at(scene, seat, index).face_px)
        return blended(picture, _softened(layer.bgr, narrow), layer.inner * layer_at(scene, seat, index).inner)

    return edit


def warped(scene: Scene, other: Person, *, seat: int = 0) -> Edit:
    """Replaces the face in a seat by a still of another person, moved and stretched to fit the features."""
    stand = stand_at(scene, seat, 0)
    other = replace(other, glasses=False)
    still = Scene((Seat(other, face=stand.face_px * 1.5 / scene.size[1]),), size=scene.size, looks=(Look(),), grain=0.0)
    source = layer_at(still, 0, 0)
    picture_of = np.rint(source.bgr * 255).astype(np.float32)
    places = landmarks(source)

    def edit(picture: Picture, index: int) -> Picture:
        there = layer_at(scene, seat, index)
        move, _ = cv2.estimateAffine2D(places, landmarks(there), method=cv2.LMEDS)
        moved = cv2.warpAffine(picture_of, move, scene.size, borderMode=cv2.BORDER_REFLECT)
        inner = cv2.warpAffine(source.inner, move, scene.size)
        return blended(picture, moved / 255, inner * there.inner)

    return edit


def mouthed(scene: Scene, *, seat: int = 0, later: int = 9) -> Edit:
    """Replaces the mouth in a seat by that which speaks some frames later, as is done to change what somebody says."""

    def edit(picture: Picture, index: int) -> Picture:
        now, then = look_at(scene, seat, index), look_at(scene, seat, index + later)
        look = replace(now, mouth=1.0 - then.mouth, smile=-now.smile)
        layer = layer_at(replace(scene, looks=(look,)), seat, index)
        return blended(picture, layer.bgr, layer.inner * _lower(layer.inner), is_matched=False)

    return edit


def _lower(inner: Field) -> Field:
    """Marks the lower part of a face."""
    rows = np.flatnonzero(inner.max(axis=1) > 0.5)
    mask = np.zeros_like(inner)
    if len(rows):
        columns = np.flatnonzero(inner.max(axis=0) > 0.5)
        top = int(rows[0] + 0.62 * (rows[-1] - rows[0]))
        inset = int(0.2 * (columns[-1] - columns[0]))
        mask[top : rows[-1] + 1, columns[0] + inset : columns[-1] - inset] = 1
    return mask


def landmarks(layer: Layer) -> Field:
    """Gives five points of a drawn face as the detector of the program sees them, shape (5, 2), in pixels."""
    from forensics.faces.face import Search, find

    picture = np.clip(layer.bgr * layer.alpha[..., None] + 0.6 * (1 - layer.alpha[..., None]), 0, 1)
    found = find(np.rint(picture * 255).astype(np.uint8), Search(score=0.5))
    if not found:
        raise ValueError("a drawn face is not seen as one")
    return np.asarray(found[0].landmarks_px, np.float32)


def blended(picture: Picture, other: Field, mask: Field, *, is_matched: bool = True) -> Picture:
    """Sets one picture into another with a soft edge.

    Args:
        picture: Shape (height, width, 3), 0 to 255.
        other: The same shape, 0 to 1.
        mask: Shape (height, width), 0 to 1: where.
        is_matched: Whether mean and spread of each colour are made equal first.
    """
    chosen = mask > 0.5
    if chosen.sum() < 50:
        return picture
    below, above = picture.astype(np.float32), other * 255
    if is_matched:
        here, there = below[chosen], above[chosen]
        gain = np.clip(here.std(axis=0) / np.maximum(there.std(axis=0), 1e-3), 0.6, 1.6)
        above = (above - there.mean(axis=0)) * gain + here.mean(axis=0)
    edge = max(1.0, float(np.sqrt(chosen.sum())) / 26)
    inside = cv2.erode(chosen.astype(np.float32), np.ones((3, 3)), iterations=max(1, round(edge)))
    soft = cv2.GaussianBlur(inside, (0, 0), edge)[..., None]
    return np.asarray(np.clip(np.rint(below * (1 - soft) + above * soft), 0, 255), np.uint8)


def _softened(bgr: Field, narrow: float) -> Field:
    if narrow >= 1:
        return bgr
    height, width = bgr.shape[:2]
    small = cv2.resize(bgr, (round(width * narrow), round(height * narrow)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def smoothed(scene: Scene, *, seat: int = 0) -> Edit:
    """Smooths and brightens the skin, as beauty filters do."""

    def edit(picture: Picture, index: int) -> Picture:
        inner = layer_at(scene, seat, index).inner
        smooth = cv2.bilateralFilter(picture, 11, 55, 9).astype(np.float32) / 255
        return blended(picture, np.clip(smooth * 1.08 + 0.015, 0, 1), inner, is_matched=False)

    return edit


def pixelated(scene: Scene, *, seat: int = 0, cells: int = 9) -> Edit:
    """Covers the face with a mosaic."""

    def edit(picture: Picture, index: int) -> Picture:
        rows, columns = _around(scene, seat, index, picture)
        part = picture[rows, columns]
        small = cv2.resize(part, (cells, cells), interpolation=cv2.INTER_AREA)
        drawn = picture.copy()
        drawn[rows, columns] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return drawn

    return edit


def stickered(scene: Scene, *, seat: int = 0) -> Edit:
    """Covers the face with a drawn cat's head."""

    def edit(picture: Picture, index: int) -> Picture:
        rows, columns = _around(scene, seat, index, picture)
        x, y = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
        radius = round((rows.stop - rows.start) * 0.52)
        drawn = picture.copy()
        for side in (-1, 1):
            ear = np.array(
                [[x + side * radius, y - radius], [x + side * radius // 4, y - radius // 2], [x + side * radius, y]]
            )
            cv2.fillPoly(drawn, [ear], (60, 120, 200))
        cv2.circle(drawn, (x, y), radius, (90, 160, 230), -1)
        for side in (-1, 1):
            cv2.circle(drawn, (x + side * radius // 3, y - radius // 5), max(2, radius // 8), (30, 30, 30), -1)
        cv2.line(drawn, (x - radius // 4, y + radius // 3), (x + radius // 4, y + radius // 3), (30, 30, 30), 3)
        return drawn

    return edit


def _around(scene: Scene, seat: int, index: int, picture: Picture) -> tuple[slice, slice]:
    stand, one = stand_at(scene, seat, index), scene.seats[seat].person
    unit = stand.face_px / 2
    top, bottom = stand.y_px - 0.7 * unit, stand.y_px + (one.chin_y + 0.2) * unit
    left, right = stand.x_px - unit, stand.x_px + unit
    height, width = picture.shape[:2]
    return slice(max(0, round(top)), min(height, round(bottom))), slice(max(0, round(left)), min(width, round(right)))


def captioned(picture: Picture, _index: int) -> Picture:
    """Draws a line of text on a bar over the lower edge, and a mark in a corner."""
    height, width = picture.shape[:2]
    drawn = picture.copy()
    cv2.rectangle(drawn, (0, round(height * 0.84)), (width, round(height * 0.95)), (20, 20, 20), -1)
    size = height / 480
    at = (round(width * 0.06), round(height * 0.92))
    cv2.putText(
        drawn, "seen in a group - invented sample", at, cv2.FONT_HERSHEY_DUPLEX, size, (240, 240, 240), 1, cv2.LINE_AA
    )
    cv2.circle(drawn, (round(width * 0.92), round(height * 0.09)), round(height * 0.05), (40, 60, 220), -1, cv2.LINE_AA)
    return drawn


def drawn(scene: Scene, edits: Sequence[Edit] = ()) -> list[Picture]:
    """Draws all frames of a scene and changes them."""
    return [edited(frame(scene, index), index, edits) for index in range(scene.count)]


def edited(picture: Picture, index: int, edits: Sequence[Edit]) -> Picture:
    """Changes a frame, one edit after another."""
    for edit in edits:
        picture = edit(picture, index)
    return picture


def encode(pictures: Iterable[Picture], path: Path, *, rate_hz: float, crf: int = 20, chain: str = "null") -> Path:
    """Encodes frames with H.264 on one thread; the same FFmpeg gives the same bytes.

    Args:
        pictures: Frames of one size.
        path: Where the clip is written, MP4.
        rate_hz: Frames a second.
        crf: Strength of the compression.
        chain: Filters of FFmpeg.
    """
    shown = list(pictures)
    height, width = shown[0].shape[:2]
    source = ("-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", f"{rate_hz:g}", "-i", "-")
    codec = ("-c:v", "libx264", "-preset", "medium", "-crf", str(crf), "-pix_fmt", "yuv420p", "-flags:v", "+bitexact")
    wanted = ("-vf", f"{chain},pad=ceil(iw/2)*2:ceil(ih/2)*2", *codec, "-threads", "1", "-vsync", "vfr")
    container = ("-fflags", "+bitexact", "-movflags", "+faststart", str(path))
    command = ["ffmpeg", "-nostdin", "-y", "-v", "error", *source, *wanted, *container]
    subprocess.run(command, input=b"".join(one.tobytes() for one in shown), check=True, capture_output=True)
    return path
