"""What can be a reference photo: one sharp face of an invented person; whatever else is refused, with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from forensics.custody.digest import sha256_hex
from forensics.engine import portrait as looking
from forensics.engine.portrait import Portrait, Refused, portrait, portraits_of
from tests.fakes.faces import faces

Pixels = NDArray[np.uint8]


def written(path: Path, pixels: Pixels) -> str:
    assert cv2.imwrite(str(path), pixels)
    return str(path)


def refusal(path: str | Path, **more: int) -> str:
    found = portrait(str(path), **more)
    assert isinstance(found, Refused)
    return found.why


def test_a_sharp_face_is_a_reference_photo(tmp_path: Path) -> None:
    path = written(tmp_path / "a.png", faces(7))
    found = portrait(path)
    assert isinstance(found, Portrait)
    assert (found.path, found.sha256, found.face_count) == (path, sha256_hex(Path(path).read_bytes()), 1)
    left, top, width, height = found.box_px
    assert 100 < left + width / 2 < 200  # the person sits in the middle of 300 px
    assert (60 < width < 200, 60 < height < 250, 0 < top < 200) == (True, True, True)


def test_several_faces_are_refused_and_described_from_the_left(tmp_path: Path) -> None:
    path = written(tmp_path / "a.png", faces(7, 8))
    why = refusal(path)
    assert why.startswith("it shows 2 faces, from the left: 1 at (")
    assert "--face N" in why
    middles = []
    for number in (1, 2):
        found = portrait(path, face=number)
        assert isinstance(found, Portrait)
        middles.append(found.box_px[0] + found.box_px[2] / 2)
    assert middles[0] < 300 < middles[1]
    assert refusal(path, face=3).startswith("it has no face 3, but 2 faces")


def test_a_number_that_the_only_face_does_not_have_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.png", faces(7))
    assert refusal(path, face=2) == "it has no face 2, but one"
    assert isinstance(portrait(path, face=1), Portrait)


SPOILT: dict[str, tuple[Callable[[Pixels], Pixels], str]] = {
    "small": (lambda one: np.asarray(cv2.resize(one, (100, 120), interpolation=cv2.INTER_AREA), np.uint8), "too small"),
    "blurred": (lambda one: np.asarray(cv2.GaussianBlur(one, (0, 0), 5), np.uint8), "blurred"),
    "empty room": (lambda one: np.full_like(one, 127), "no face was found"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_face_that_does_not_suffice_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    spoil, why = SPOILT[name]
    assert why in refusal(written(tmp_path / "a.png", spoil(faces(7))))


UNFIT: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no picture"),
    "text": (b"a letter", "no picture"),
    "clip": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "no picture (video/mp4)"),
    "cut JPEG": (bytes.fromhex("ffd8ffe000104a46494600010100000100010000"), "cannot be decoded"),
    "huge PNG": (
        bytes.fromhex("89504e470d0a1a0a0000000d494844527fffffff7fffffff0802000000") + b"\0" * 64,
        "cannot be decoded",
    ),
    "random behind a JPEG's start": (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40, "cannot be decoded"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_file_that_is_no_readable_picture_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(UNFIT[name][0])
    assert UNFIT[name][1] in refusal(tmp_path / "a.jpg")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "none") == "there is no file of this name"
    assert refusal(tmp_path / "none" / "x") == "there is no file of this name"
    assert "symbolic link" in refusal(tmp_path / "link")
    assert "folder" in refusal(tmp_path)
    assert "no regular file" in refusal(tmp_path / "pipe")


def test_files_are_looked_at_in_their_order_in_a_process_of_its_own(tmp_path: Path) -> None:
    paths = [written(tmp_path / "a.png", faces(7)), str(tmp_path / "none")]
    found = portraits_of([*paths, *paths])
    assert [type(one) for one in found] == [Portrait, Refused, Portrait, Refused]
    assert [one.path for one in found] == [*paths, *paths]
    assert replace(found[0], path="") == replace(found[2], path="")


def test_a_picture_that_kills_its_decoder_is_refused_and_the_next_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "portrait", _dies)
    found = portraits_of([str(tmp_path / "deadly"), str(tmp_path / "none"), str(tmp_path / "deadly")])
    assert [one.why for one in found if isinstance(one, Refused)] == [
        "the process that decoded it was killed",
        "there is no file of this name",
        "the process that decoded it was killed",
    ]


def _dies(path: str, *, face: int | None = None) -> Portrait | Refused:
    """Ends its process where the file is the deadly one."""
    if path.endswith("deadly"):
        os._exit(9)
    return portrait(path, face=face)


def test_faces_of_labelled_photos(corpus: Path) -> None:
    one = portrait(str(corpus / "04-faces/generated/faker-js-assets-person-portrait__female-30.jpg"))
    assert isinstance(one, Portrait)
    assert "3 faces" in refusal(corpus / "05-swap-image/genuine/neuralchen-SimSwap__multi_people.jpg")
    assert "no face" in refusal(corpus / "07-genuine-photos/phone-original/ianare-exif-samples__jolla.jpg")
