"""Two copies of one work: whether they look alike, and which label is in which."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from forensics import codec
from forensics.analyzers.labels import comparison_hash as hashing
from forensics.analyzers.labels.comparison import LabelComparison
from forensics.errors import UsageError
from forensics.model import Finding, GapReason, Result
from tests.fakes.credential import signed, signing, without_segments
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded

LABEL = {"AIGC": {"Label": "1", "ContentProducer": "001191310000MA1FL1AB2C00000", "ProduceID": "7"}}


def compared(first: Path, second: Path, **settings: object) -> list[Finding]:
    comparison = LabelComparison(first="ITEM-0001", second="ITEM-0002", **settings)
    findings = list(comparison.examine((FileEvidence(first), FileEvidence(second)), KeepingSink()))
    assert {finding.kind for finding in findings} == {"label.comparison"}
    for finding in findings:
        codec.canonical(codec.encode(finding))
        assert finding.limits
        assert finding.alternatives or finding.result is Result.NOT_FOUND
    return findings


def about(findings: list[Finding], what: str) -> Finding:
    (finding,) = [one for one in findings if one.values["about"] == what]
    return finding


def drawing(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Draws a picture of many shapes."""
    generator = random.Random(seed)
    picture = Image.new("RGB", size, (generator.randrange(256),) * 3)
    pen = ImageDraw.Draw(picture)
    for _ in range(30):
        corners = [generator.randrange(size[number % 2]) for number in range(4)]
        box = [
            min(corners[0], corners[2]),
            min(corners[1], corners[3]),
            max(corners[0], corners[2]),
            max(corners[1::2]),
        ]
        pen.ellipse(box, fill=tuple(generator.randrange(256) for _ in range(3)))
    return picture


def saved(picture: Image.Image, path: Path, **options: object) -> Path:
    picture.save(path, **options)
    return path


@pytest.fixture
def original(tmp_path: Path) -> Path:
    return saved(drawing(1), tmp_path / "original.jpg", quality=95)


def test_the_transform_is_that_of_an_independent_library():
    grey = np.random.default_rng(3).integers(0, 256, (32, 32)).astype(np.uint8)
    low = cv2.dct(grey.astype(np.float64))[1:9, 1:9].ravel()
    bits = "".join("1" if one > np.median(low) else "0" for one in low)
    assert hashing.picture_hash(grey) == int(bits, 2)


def test_half_of_the_bits_are_set():
    grey = np.asarray(drawing(5).convert("L").resize((32, 32)))
    assert hashing.picture_hash(grey).bit_count() == 32


@pytest.mark.parametrize("change", ["quality 30", "half the size", "png"])
def test_a_picture_that_was_saved_again_is_the_same_work(change, original, tmp_path):
    picture = Image.open(original)
    copy = {
        "quality 30": lambda: saved(picture, tmp_path / "b.jpg", quality=30),
        "half the size": lambda: saved(picture.resize((320, 240)), tmp_path / "b.jpg", quality=80),
        "png": lambda: saved(picture, tmp_path / "b.png"),
    }[change]()
    finding = about(compared(original, copy), "work")
    assert (finding.result, finding.values["is_same_work"], finding.values["turned"]) == (
        Result.FOUND,
        True,
        "as it is",
    )
    assert finding.values["distance_bits"] <= 6


@pytest.mark.parametrize(
    ("way", "turned"),
    [
        (Image.Transpose.FLIP_LEFT_RIGHT, "mirrored"),
        (Image.Transpose.ROTATE_90, "rotated 90"),
        (Image.Transpose.ROTATE_180, "rotated 180"),
        (Image.Transpose.TRANSVERSE, "mirrored, rotated 270"),
    ],
)
def test_a_picture_that_was_turned_or_mirrored_is_the_same_work(way, turned, original, tmp_path):
    copy = saved(Image.open(original).transpose(way), tmp_path / "b.jpg", quality=80)
    finding = about(compared(original, copy), "work")
    assert (finding.values["is_same_work"], finding.values["turned"]) == (True, turned)


def test_other_pictures_are_not_the_same_work(original, tmp_path):
    for seed in range(2, 6):
        values = about(compared(original, saved(drawing(seed), tmp_path / "b.jpg")), "work").values
        assert values["is_same_work"] is not True
        assert values["distance_bits"] > values["same_up_to_bits"]


def test_a_plain_colour_is_compared_with_nothing(original, tmp_path):
    finding = about(compared(original, saved(Image.new("RGB", (64, 64), "grey"), tmp_path / "b.jpg")), "work")
    assert (finding.result, finding.values["is_same_work"]) == (Result.INDETERMINATE, None)
    assert finding.gaps[0].why is GapReason.NOT_APPLICABLE


def clip(path: Path, source: str, *options: str) -> Path:
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *options, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of eight seconds, each with another picture."""
    folder = tmp_path_factory.mktemp("film")
    for number in range(8):
        saved(drawing(100 + number, (160, 120)), folder / f"{number}.png")
    path = folder / "film.mp4"
    command = ["ffmpeg", "-v", "error", "-framerate", "1", "-i", str(folder / "%d.png"), "-r", "5", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def test_a_clip_that_was_cut_scaled_and_coded_anew_is_the_same_work(film, tmp_path):
    copy = tmp_path / "b.mkv"
    command = ["ffmpeg", "-v", "error", "-ss", "2", "-i", str(film), "-s", "80x60", "-crf", "35", str(copy)]
    subprocess.run(command, check=True, timeout=60)
    values = about(compared(film, copy), "work").values
    assert (values["is_same_work"], values["method"], values["offset_s"]) == (True, "clip", 2)
    assert len(values["frame_distances_bits"]) >= 5


def test_another_clip_is_not_the_same_work(film, tmp_path):
    other = clip(tmp_path / "b.mp4", "mandelbrot=s=160x120:r=5", "-t", "6")
    assert about(compared(film, other), "work").values["is_same_work"] is not True


def test_a_clip_of_a_moment_is_compared_by_its_first_frame(tmp_path):
    first = clip(tmp_path / "a.mp4", "mandelbrot=s=160x120:r=25", "-t", "0.1")
    second = clip(tmp_path / "b.mkv", "mandelbrot=s=160x120:r=25", "-t", "0.1", "-crf", "35")
    assert about(compared(first, second), "work").values["is_same_work"] is True


def test_sound_is_not_compared(tmp_path):
    first, second = (clip(tmp_path / name, "sine=d=1") for name in ("a.wav", "b.mp3"))
    finding = about(compared(first, second), "work")
    assert (finding.result, finding.values["is_same_work"]) == (Result.INDETERMINATE, None)
    assert finding.gaps[0].why is GapReason.NOT_APPLICABLE


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0", random.Random(1).randbytes(4000)])
def test_what_cannot_be_decoded_is_a_gap(content, original, tmp_path):
    broken = tmp_path / "b.jpg"
    broken.write_bytes(content)
    finding = about(compared(original, broken), "work")
    assert (finding.result, finding.values["is_same_work"]) == (Result.INDETERMINATE, None)
    assert finding.gaps


def labelled(picture: Image.Image, path: Path, **fields: str) -> Path:
    """Writes a PNG picture with the implicit label of GB 45438-2025 in an `iTXt` chunk."""
    texts = PngInfo()
    texts.add_itxt("AIGC", json.dumps(LABEL["AIGC"] | fields))
    return saved(picture, path, pnginfo=texts)


def short(path: Path) -> str:
    return FileEvidence(path).artifact.content_sha256[:16]


def test_a_label_in_one_copy_alone_is_worded_exactly_so(original, tmp_path):
    first = labelled(Image.open(original), tmp_path / "a.png")
    finding = about(compared(first, original), "label.aigc")
    assert finding.result is Result.FOUND
    assert finding.statement.text == (
        f"The label AIGC (GB 45438-2025) is present in ITEM-0001 (SHA-256 {short(first)}…) "
        f"and absent in ITEM-0002 (SHA-256 {short(original)}…)."
    )
    assert [finding.values[side]["state"] for side in ("first", "second")] == ["present", "absent"]
    site = finding.values["first"]["sites"][0]
    assert site["place"].startswith("iTXt")
    content = first.read_bytes()
    assert content.index(b"iTXt") < site["offset"] < content.index(b"IDAT")


def test_the_order_of_the_copies_does_not_decide_who_has_the_label(original, tmp_path):
    second = labelled(Image.open(original), tmp_path / "a.png")
    text = about(compared(original, second), "label.aigc").statement.text
    assert text.startswith("The label AIGC (GB 45438-2025) is present in ITEM-0002")


def test_credentials_in_one_copy_alone_are_stated(tmp_path):
    content = signed(saved(drawing(1), tmp_path / "p.jpg").read_bytes(), "image/jpeg", signing())
    (first := tmp_path / "a.jpg").write_bytes(content)
    (second := tmp_path / "b.jpg").write_bytes(without_segments(content, 0xEB))
    finding = about(compared(first, second), "label.c2pa")
    assert finding.result is Result.FOUND
    assert finding.statement.text.startswith("The label C2PA is present in ITEM-0001")
    assert finding.values["first"]["detail"] == "untrusted"


def test_credentials_that_hold_in_one_copy_alone_differ_in_state(tmp_path):
    content = bytearray(signed(saved(drawing(1), tmp_path / "p.jpg").read_bytes(), "image/jpeg", signing()))
    (first := tmp_path / "a.jpg").write_bytes(content)
    content[-40] ^= 1
    (second := tmp_path / "b.jpg").write_bytes(content)
    finding = about(compared(first, second), "label.c2pa")
    assert finding.result is Result.FOUND
    assert [finding.values[side]["detail"] for side in ("first", "second")] == ["untrusted", "invalid"]


def test_a_label_in_both_is_no_difference(original, tmp_path):
    first = labelled(Image.open(original), tmp_path / "a.png")
    second = labelled(Image.open(original).resize((320, 240)), tmp_path / "b.png")
    finding = about(compared(first, second), "label.aigc")
    assert (finding.result, finding.statement.id) == (Result.NOT_FOUND, "label.comparison.both")


def test_a_label_that_says_something_else_in_the_other_copy_differs(original, tmp_path):
    first = labelled(Image.open(original), tmp_path / "a.png")
    second = labelled(Image.open(original), tmp_path / "b.png", Label="2")
    finding = about(compared(first, second), "label.aigc")
    assert (finding.result, finding.statement.id) == (Result.FOUND, "label.comparison.states")
    assert "Label 1" in finding.values["first"]["detail"]
    assert "Label 2" in finding.values["second"]["detail"]


def test_a_label_in_neither_is_no_difference(original, tmp_path):
    copy = saved(Image.open(original), tmp_path / "b.jpg", quality=60)
    finding = about(compared(original, copy), "label.aigc")
    assert (finding.result, finding.statement.id) == (Result.NOT_FOUND, "label.comparison.neither")


def test_a_difference_between_other_works_is_not_found(original, tmp_path):
    other = labelled(drawing(9), tmp_path / "b.png")
    finding = about(compared(original, other), "label.aigc")
    assert finding.result is Result.INDETERMINATE
    assert "label.comparison.limit.work" in {limit.id for limit in finding.limits}
    assert "is present in ITEM-0002" in finding.statement.text


def test_nothing_is_said_of_removal(original, tmp_path):
    first = labelled(Image.open(original), tmp_path / "a.png")
    for finding in compared(first, original):
        for message in (finding.statement, *finding.limits, *finding.alternatives):
            assert "remov" not in message.text.lower()


def test_equal_bytes_are_one_work(original):
    values = about(compared(original, original), "work").values
    assert (values["is_same_work"], values["method"], values["distance_bits"]) == (True, "digest", 0.0)


def test_a_second_comparison_gives_the_same_bytes(original, tmp_path):
    first = labelled(Image.open(original), tmp_path / "a.png")
    assert encoded(compared(first, original)) == encoded(compared(first, original))


def test_only_two_can_be_compared(original):
    with pytest.raises(UsageError):
        list(LabelComparison().examine((FileEvidence(original),), KeepingSink()))


def test_the_best_offset_needs_enough_pairs():
    assert hashing.best_offset([1, 2], [3], least=2) is None
    assert hashing.best_offset([0, 1, 2, 3], [2, 3], least=2) == (2, (0, 0))
    assert hashing.best_offset([None, None], [None], least=1) is None
