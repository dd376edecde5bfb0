"""Pictures, clips and sounds with labels, rendered with the project's own font."""

from __future__ import annotations

import subprocess
import wave
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from forensics.analyzers.labels import LabelsAnalyzer
from forensics.model import Finding, Result
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded

FONT = Path(__file__).resolve().parents[4] / "templates" / "fonts" / "NotoSansSC-Regular.ttf"
SIZE = (1280, 720)
MARGIN = 24
RATE_HZ = 16_000


def scene(seed: int = 1, *, size: tuple[int, int] = SIZE) -> Image.Image:
    """Something like a photograph: soft dark shapes in colour and a little noise."""
    source = np.random.default_rng(seed)
    soft = cv2.resize(source.uniform(20, 130, (6, 9, 3)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return Image.fromarray(np.clip(soft + source.normal(0, 4, soft.shape), 0, 255).astype(np.uint8))


def label(
    image: Image.Image, text: str, *, ratio: float = 0.05, corner: str = "bottom right", fill: str = "white"
) -> tuple[int, int, int, int]:
    """Draws a text whose strokes are a part of the shorter side high; gives its box: left, top, width, height."""
    wanted = ratio * min(image.size)
    size = round(wanted)
    while True:
        font = ImageFont.truetype(FONT, size)
        left, top, right, bottom = ImageDraw.Draw(image).textbbox((0, 0), text, font=font)
        if bottom - top >= wanted:
            break
        size += 1
    width, height = round(right - left), round(bottom - top)
    places = {
        "bottom right": (image.width - MARGIN - width, image.height - MARGIN - height),
        "top left": (MARGIN, MARGIN),
        "bottom": ((image.width - width) // 2, image.height - MARGIN - height),
        "middle": ((image.width - width) // 2, (image.height - height) // 2),
    }
    x, y = places[corner]
    ImageDraw.Draw(image).text((x - left, y - top), text, font=font, fill=fill)
    return x, y, width, height


def one(path: Path, *, name: str | None = None, **settings) -> Finding:
    """Gives the finding about a file, after looking at what every such finding keeps to."""
    analyzer = LabelsAnalyzer(**settings)
    (found,) = analyzer.state(FileEvidence(path, name), KeepingSink(), kinds=["label.explicit"])
    encoded([found])
    assert found.kind == "label.explicit"
    assert found.limits
    assert found.result is Result.NOT_FOUND or found.alternatives
    return found


def film(folder: Path, shots: list[tuple[Image.Image, float]], *, name: str = "a.mp4", rate_hz: int = 20) -> Path:
    """Makes a clip of still pictures, each for some seconds, with FFmpeg."""
    lines = []
    for number, (image, seconds) in enumerate(shots):
        image.save(folder / f"{number}.png")
        lines += [f"file '{number}.png'", f"duration {seconds}"]
    lines.append(f"file '{len(shots) - 1}.png'")
    (folder / "list.txt").write_text("\n".join(lines))
    length = sum(seconds for _, seconds in shots)
    command = ["ffmpeg", "-y", "-v", "error", "-f", "concat", "-i", str(folder / "list.txt"), "-vf", f"fps={rate_hz}"]
    options = ["-t", f"{length}", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, *options, str(folder / name)], check=True, timeout=60)
    return folder / name


def beeps(pattern: str, *, unit_s: float = 0.12, tone_hz: float = 880.0, amplitude: float = 0.4) -> np.ndarray:
    """Keys a Morse text: dots, dashes and spaces between letters, by the lengths of ITU-R M.1677-1."""
    pieces = [np.zeros(RATE_HZ // 2)]
    for sign in pattern:
        units = {".": 1, "-": 3, " ": 2}[sign]
        count = round(units * unit_s * RATE_HZ)
        tone = amplitude * np.sin(2 * np.pi * tone_hz * np.arange(count) / RATE_HZ)
        pieces.append(np.zeros(count) if sign == " " else tone)
        if sign != " ":
            pieces.append(np.zeros(round(unit_s * RATE_HZ)))
    return np.concatenate([*pieces, np.zeros(RATE_HZ // 2)])


def sound(folder: Path, samples: np.ndarray, name: str = "a.wav") -> Path:
    """Writes samples, -1 to 1, as a WAV file."""
    with wave.open(str(folder / name), "wb") as writer:
        writer.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        writer.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return folder / name
