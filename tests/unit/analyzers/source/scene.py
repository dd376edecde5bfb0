"""Scenes that are drawn: textured backgrounds with things that wander about, as clips and pictures."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

RATE_HZ = 25


def texture(seed: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """Draws a picture full of corners."""
    generator = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 128, np.uint8)
    for _ in range(160):
        x, y = int(generator.integers(0, width)), int(generator.integers(0, height))
        colour = tuple(int(one) for one in generator.integers(0, 256, 3))
        size = int(generator.integers(4, 26))
        if generator.random() < 0.5:
            cv2.rectangle(picture, (x, y), (x + size, y + size // 2 + 3), colour, -1)
        else:
            cv2.circle(picture, (x, y), size // 2 + 2, colour, -1)
    return cv2.GaussianBlur(picture, (0, 0), 0.8)


def frames(seed: int, count: int = 50, *, path_seed: int | None = None) -> list[NDArray[np.uint8]]:
    """Draws a scene in which patches wander; `path_seed` gives another take on the same set."""
    ground = texture(seed)
    generator = np.random.default_rng(seed * 1000 + 7 if path_seed is None else path_seed)
    patches = [texture(seed * 10 + one, 56, 56) for one in range(4)]
    places = generator.uniform([20, 20], [240, 160], (4, 2))
    speeds = generator.uniform(-5, 5, (4, 2))
    shown = []
    for _ in range(count):
        picture = ground.copy()
        speeds = np.clip(speeds + generator.normal(0, 1.5, (4, 2)), -7, 7)
        places = places + speeds
        for axis, most in ((0, 260), (1, 180)):
            beyond = (places[:, axis] < 0) | (places[:, axis] > most)
            speeds[beyond, axis] *= -1
            places[:, axis] = np.clip(places[:, axis], 0, most)
        for patch, (x, y) in zip(patches, places, strict=True):
            picture[int(y) : int(y) + 56, int(x) : int(x) + 56] = patch
        shown.append(picture)
    return shown


def clip(
    path: Path, shown: list[NDArray[np.uint8]], *, chain: str = "null", crf: int = 18, rate: float = RATE_HZ
) -> Path:
    """Encodes frames with H.264."""
    height, width = shown[0].shape[:2]
    command = [
        *("ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"),
        *("-r", str(rate), "-i", "-", "-vf", chain, "-c:v", "libx264", "-preset", "ultrafast", "-crf", str(crf)),
        *("-pix_fmt", "yuv420p", "-threads", "1", str(path)),
    ]
    subprocess.run(command, input=b"".join(one.tobytes() for one in shown), check=True)
    return path
