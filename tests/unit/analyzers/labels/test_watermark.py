"""Invisible watermarks, written by an encoder of our own after the published description, and pictures without any."""

from __future__ import annotations

import csv
import io
import random
import subprocess

import cv2
import numpy as np
import pytest
from PIL import Image

from forensics.analyzers.labels import LabelsAnalyzer
from forensics.analyzers.labels.watermark_code import PAYLOADS, readings
from forensics.model import GapReason, Result
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded

STEP = 36


def bits_of(text: str) -> list[int]:
    return [int(bit) for byte in text.encode() for bit in f"{byte:08b}"]


BYTES = {
    "stable-diffusion-1": bits_of("StableDiffusionV1"),
    "stable-diffusion-1-inpainting": bits_of("StableDiffusionV1-Inpainting"),
    "stable-diffusion-2": bits_of("SDV2"),
    "invokeai": bits_of("InvokeAI"),
}
"""Written by scripts that pass 8-bit pictures."""

FLOATS = {
    "stable-diffusion-xl": [int(bit) for bit in f"{0xB3EC907BB19E:b}"],
    "flux": [int(bit) for bit in f"{0b001010101111111010000111100111001111010100101110:b}"],
}
"""Written by code that passes floating point."""


def picture(seed: int = 0, *, height: int = 512, width: int = 640) -> np.ndarray:
    """Something like a photograph: soft shapes in colour and a little noise; blue, green and red."""
    source = np.random.default_rng(seed)
    soft = cv2.resize(
        source.uniform(40, 215, (9, 11, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    return np.clip(soft + source.normal(0, 3, (height, width, 3)), 0, 255).astype(np.uint8)


def haar(plane: np.ndarray) -> tuple[np.ndarray, ...]:
    """One level of the orthonormal Haar transform: the low band, and the rest that is put back unchanged."""
    a, b, c, d = plane[0::2, 0::2], plane[0::2, 1::2], plane[1::2, 0::2], plane[1::2, 1::2]
    return (a + b + c + d) / 2, (a + b - c - d) / 2, (a - b + c - d) / 2, (a - b - c + d) / 2


def unhaar(low: np.ndarray, *rest: np.ndarray) -> np.ndarray:
    across, down, both = rest
    plane = np.empty((2 * low.shape[0], 2 * low.shape[1]))
    plane[0::2, 0::2] = (low + across + down + both) / 2
    plane[0::2, 1::2] = (low + across - down - both) / 2
    plane[1::2, 0::2] = (low - across + down - both) / 2
    plane[1::2, 1::2] = (low - across - down + both) / 2
    return plane


def move(value: float, bit: int) -> float:
    """Puts a size at a quarter of a step for 0 and three quarters for 1, and keeps the sign."""
    return float(np.copysign((abs(value) // STEP + 0.25 + 0.5 * bit) * STEP, value))


def write(bgr: np.ndarray, bits: list[int], *, method: str = "dwtDct", is_float: bool = False) -> np.ndarray:
    """Embeds as invisible-watermark does: 4 by 4 values of the low band of U for each bit, row by row."""
    yuv = cv2.cvtColor(bgr.astype(np.float32) if is_float else bgr, cv2.COLOR_BGR2YUV)
    height, width = (size // 4 * 4 for size in bgr.shape[:2])
    low, *rest = haar(yuv[:height, :width, 1].astype(np.float64))
    number = 0
    for top in range(0, low.shape[0] // 4 * 4, 4):
        for left in range(0, low.shape[1] // 4 * 4, 4):
            block = low[top : top + 4, left : left + 4]
            bit = bits[number % len(bits)]
            if method == "dwtDct":
                place = np.unravel_index(1 + np.argmax(np.abs(block.ravel()[1:])), (4, 4))
                block[place] = move(block[place], bit)
            else:
                u, sizes, v = np.linalg.svd(cv2.dct(block.copy()))
                sizes[0] = move(sizes[0], bit)
                block[:] = cv2.idct(u @ np.diag(sizes) @ v)
            number += 1
    plane = unhaar(low, *rest)
    yuv[:height, :width, 1] = plane if is_float else np.clip(plane, 0, 255).astype(np.uint8)
    return np.clip(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR), 0, 255).astype(np.uint8)


def save(folder, bgr: np.ndarray, name: str = "a.png", **options):
    path = folder / name
    Image.fromarray(bgr[:, :, ::-1]).save(path, **options)
    return path


def one(path, **settings):
    (found,) = LabelsAnalyzer(**settings).state(FileEvidence(path), KeepingSink(), kinds=["label.watermark"])
    encoded([found])
    assert found.kind == "label.watermark"
    assert found.limits
    assert found.result is Result.NOT_FOUND or found.alternatives
    return found


@pytest.mark.parametrize("method", ["dwtDct", "dwtDctSvd"])
@pytest.mark.parametrize("payload", [*BYTES, *FLOATS])
def test_each_known_watermark_is_read_from_png(tmp_path, payload, method):
    bits = BYTES.get(payload) or FLOATS[payload]
    found = one(save(tmp_path, write(picture(1), bits, method=method, is_float=payload in FLOATS)))
    assert found.result is Result.FOUND
    assert (found.values["payload"], found.values["method"]) == (payload, method)
    assert found.values["total_bits"] == len(bits)
    assert found.values["matched_bits"] >= 0.95 * len(bits)
    assert found.values["p_upper"] <= 1e-6
    assert "agree" in found.statement.text


def test_a_lossless_webp_keeps_the_watermark(tmp_path):
    marked = write(picture(2), FLOATS["flux"], is_float=True)
    found = one(save(tmp_path, marked, "a.webp", lossless=True))
    assert (found.result, found.values["payload"]) == (Result.FOUND, "flux")


def test_colours_that_the_writer_passed_in_the_other_order_are_read(tmp_path):
    swapped = write(np.ascontiguousarray(picture(3)[:, :, ::-1]), FLOATS["stable-diffusion-xl"], is_float=True)
    found = one(save(tmp_path, swapped[:, :, ::-1]))
    assert (found.result, found.values["colour_order"]) == (Result.FOUND, "rgb")


def test_jpeg_at_quality_90_removes_dwtdct_and_is_no_hit(tmp_path):
    marked = write(picture(4), BYTES["stable-diffusion-1"])
    found = one(save(tmp_path, marked, "a.jpg", quality=90))
    assert found.result is Result.NOT_FOUND
    assert "Nothing follows from a miss" in found.limits[0].text


def test_jpeg_at_quality_90_leaves_dwtdctsvd(tmp_path):
    marked = write(picture(4), FLOATS["stable-diffusion-xl"], method="dwtDctSvd", is_float=True)
    assert one(save(tmp_path, marked, "a.jpg", quality=90)).result is Result.FOUND


def test_other_bits_are_no_hit(tmp_path):
    bits = [random.Random(5).randrange(2) for _ in range(48)]
    assert one(save(tmp_path, write(picture(5), bits, is_float=True))).result is Result.NOT_FOUND


def test_a_resized_picture_is_no_hit(tmp_path):
    marked = write(picture(6), FLOATS["flux"], is_float=True)
    assert one(save(tmp_path, cv2.resize(marked, (500, 400), interpolation=cv2.INTER_AREA))).result is Result.NOT_FOUND


PLAIN = {
    "black": np.zeros((512, 512, 3), np.uint8),
    "white": np.full((512, 512, 3), 255, np.uint8),
    "blue": np.full((512, 512, 3), (255, 0, 0), np.uint8),
    "ramp across": np.repeat(np.tile(np.arange(512) // 2, (512, 1))[:, :, None], 3, axis=2).astype(np.uint8),
    "blue ramp": np.stack([np.tile(np.arange(512) // 2, (512, 1)), *[np.full((512, 512), 60)] * 2], axis=2).astype(
        np.uint8
    ),
    "squares": np.kron(np.indices((64, 64)).sum(axis=0) % 2 * 200, np.ones((8, 8)))[:, :, None]
    .repeat(3, 2)
    .astype(np.uint8),
    "stripes": np.kron(np.arange(512) // 8 % 3 == 0, np.ones((512, 1)))[:, :, None].astype(np.uint8)
    * np.uint8([200, 30, 90]),
    "noise": np.random.default_rng(7).integers(0, 256, (512, 512, 3), dtype=np.uint8),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_and_patterned_pictures_are_no_hit(tmp_path, name):
    assert one(save(tmp_path, PLAIN[name])).result is Result.NOT_FOUND


def test_fifty_soft_pictures_are_far_from_a_hit():
    chances = [
        min(reading.p_upper for reading in readings(picture(seed, height=264, width=280)[:, :, ::-1]))
        for seed in range(50)
    ]
    assert min(chances) > 1e-4


def test_the_chance_is_that_of_fair_coins_over_all_that_is_tried():
    best = max(
        readings(write(picture(8), FLOATS["flux"], is_float=True)[:, :, ::-1]), key=lambda reading: reading.correlation
    )
    assert best.matched_bits == 46
    assert best.p_upper == pytest.approx(2**-46 * 6 * 8)


def test_a_transparent_picture_is_read_where_it_is_opaque(tmp_path):
    marked = write(picture(9), FLOATS["flux"], is_float=True)
    path = tmp_path / "a.png"
    Image.fromarray(np.dstack([marked[:, :, ::-1], np.full(marked.shape[:2], 255, np.uint8)])).save(path)
    assert one(path).result is Result.FOUND


def test_a_small_picture_is_left_open(tmp_path):
    found = one(save(tmp_path, picture(height=200, width=200)))
    assert found.result is Result.INDETERMINATE
    assert found.values["size_px"] == [200, 200]
    assert found.gaps[0].why is GapReason.NOT_APPLICABLE


def broken() -> dict[str, bytes]:
    stream = io.BytesIO()
    Image.fromarray(picture()).save(stream, "PNG")
    whole = stream.getvalue()
    huge = whole[:16] + (200_000).to_bytes(4) + (200_000).to_bytes(4) + whole[24:]
    return {"truncated": whole[: len(whole) // 3], "random": whole[:8] + random.Random(1).randbytes(500), "huge": huge}


@pytest.mark.parametrize("name", broken())
def test_a_picture_that_cannot_be_decoded_is_left_open(tmp_path, name):
    path = tmp_path / "a.png"
    path.write_bytes(broken()[name])
    found = one(path)
    assert found.result is Result.INDETERMINATE
    assert found.gaps[0].why in {GapReason.UNREADABLE, GapReason.LIMIT}


def test_a_picture_of_too_many_pixels_is_left_open(tmp_path):
    path = tmp_path / "a.png"
    Image.new("1", (9000, 8000)).save(path)
    found = one(path)
    assert (found.result, found.gaps[0].why) == (Result.INDETERMINATE, GapReason.LIMIT)


def test_clips_are_not_looked_at(tmp_path):
    path = tmp_path / "a.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", str(path)]
    subprocess.run(command, check=True, timeout=60)
    found = one(path)
    assert (found.result, found.gaps[0].why) == (Result.NOT_FOUND, GapReason.NOT_APPLICABLE)


def test_switched_off_it_says_so(tmp_path):
    found = one(save(tmp_path, picture()), watermarks=False)
    assert (found.result, found.gaps[0].why) == (Result.INDETERMINATE, GapReason.NOT_CONFIGURED)


def test_payloads_are_those_that_the_programs_write():
    wanted = {**BYTES, **FLOATS}
    assert {payload.id: list(payload.bits) for payload in PAYLOADS} == wanted


@pytest.mark.slow
def test_no_watermark_is_seen_in_pictures_that_have_none(corpus):
    looked_at = 0
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        names = [row["path"] for row in csv.DictReader(stream)]
    for name in names:
        if name.startswith(("01-", "02-", "04-", "05-", "06-", "07-")) and name.lower().endswith(
            (".jpg", ".jpeg", ".png")
        ):
            assert one(corpus / name).result is not Result.FOUND, name
            looked_at += 1
    assert looked_at


def test_where_the_file_lies_is_not_said(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(broken()["random"])
    svg = tmp_path / "a.svg"
    svg.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    assert all(str(tmp_path) not in str(one(file)) for file in (path, svg))
