"""Files and structures that carry entries of generators, and the look that their reader is given."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from forensics import formats
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer, generator
from forensics.analyzers.labels.look import Look
from forensics.formats import Structure, Value
from forensics.model import Finding, Message, Result, Stage
from tests.fakes.evidence import FileEvidence, KeepingSink

A1111 = (
    "girl with an artist's beret, determined, blue eyes, by Alphonse Mucha, ((eyeshadow)) <lora:beret_v2:0.8>\n"
    "Negative prompt: ugly, fat, obese, (((deformed))), [blurry]\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: 45dee52b, Model: dream_8, "
    'Lora hashes: "beret_v2: deadbeef, other one: 01234567", Hashes: {"vae": "c6a5", "model": "45de"}, Version: v1.10.1'
)
"""After the example in AUTOMATIC1111, modules/infotext_utils.py, parse_generation_parameters."""


def look(file: Path, *, structure: Structure | None = None, name: str | None = None) -> Look:
    """Makes the look at a file; with the real readers where no structure is given."""
    evidence = FileEvidence(file, name)
    if structure is None:
        with evidence.open() as stream:
            structure = formats.read(stream, evidence.artifact.media_type)
    blank = Finding(
        subject=(evidence.artifact.content_sha256,),
        stage=Stage.METADATA,
        kind="",
        result=Result.INDETERMINATE,
        statement=Message("", ""),
        analyzer=describe(LabelsAnalyzer()),
    )
    return Look(evidence, KeepingSink(), LabelsAnalyzer(), structure, blank)


def findings(file: Path, *, structure: Structure | None = None, name: str | None = None) -> list[Finding]:
    """Gives what is stated about a file."""
    return list(generator.findings(look(file, structure=structure, name=name)))


def one(file: Path, *, structure: Structure | None = None, name: str | None = None) -> Finding:
    """Gives the only thing that is stated about a file."""
    (finding,) = findings(file, structure=structure, name=name)
    return finding


def png(file: Path, entries: dict[str, str], *, picture: Image.Image | None = None) -> Path:
    """Writes a PNG with text chunks, as Pillow does it for most generators."""
    info = PngInfo()
    for key, text in entries.items():
        info.add_text(key, text)
    (picture or Image.new("RGB", (8, 8), (90, 120, 30))).save(file, pnginfo=info)
    return file


def jpeg(file: Path, *, comment: bytes = b"", tags: dict[int, str | bytes] | None = None, xmp: str = "") -> Path:
    """Writes a JPEG with EXIF: tags of the first directory, and a UserComment in its place."""
    exif = Image.Exif()
    for tag, value in (tags or {}).items():
        exif[tag] = value
    if comment:
        exif.get_ifd(0x8769)[0x9286] = comment
    more = {"xmp": xmp.encode()} if xmp else {}
    Image.new("RGB", (16, 16), (90, 120, 30)).save(file, exif=exif, **more)
    return file


def with_segment(file: Path, marker: int, data: bytes) -> Path:
    """Puts a segment behind the first two bytes of a JPEG."""
    content = file.read_bytes()
    segment = bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data
    file.write_bytes(content[:2] + segment + content[2:])
    return file


def values(*entries: tuple[str, str, str | bytes], name: str = "png") -> Structure:
    """Makes a structure with values at 100, 200, … by place, key and text."""
    listed = []
    for at, (place, key, text) in enumerate(entries, 1):
        data = text.encode() if isinstance(text, str) else text
        listed.append(Value(place, key, 100 * at, len(data), data, "utf-8" if isinstance(text, str) else ""))
    return Structure(name, 1000, (), tuple(listed))


def stealth(text: bytes, signature: bytes, *, size: tuple[int, int] = (64, 64)) -> Image.Image:
    """Hides bytes in the lowest bits of a picture, down its columns, as neggles/sd-webui-stealth-pnginfo does."""
    data = signature + (8 * len(text)).to_bytes(4) + text
    bits = [byte >> shift & 1 for byte in data for shift in range(7, -1, -1)]
    channels = 3 if b"rgb" in signature else 4
    picture = np.random.default_rng(7).integers(0, 255, (size[1], size[0], channels), np.uint8) & 0xFE
    if channels == 4:
        picture[:, :, 3] = 254
    at = 0
    for column in range(size[0]):
        for row in range(size[1]):
            for channel in (3,) if channels == 4 else (0, 1, 2):
                if at < len(bits):
                    picture[row, column, channel] |= bits[at]
                at += 1
    assert at >= len(bits), "the picture is too small for the text"
    return Image.fromarray(picture)


def saved(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Gives a picture as a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
