"""The acceptance set for implicit labels: every container that the guides name, times every way to write a label.

Containers and places: TC260-PG-20257A (video), 20258A (text), 20259A (pictures), 202510A (sound). Each case says where
the label lies and what it must be read as; neither comes from the program under test.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape

from tests.fakes import labelled_clip, labelled_document, labelled_picture, labelled_sound
from tests.fakes.labelled_picture import Made

ORGANISATION = "91350100M000100Y43"
"""A unified social credit code with the right check character: the example of GB 32100-2015."""

CODE = f"0011{ORGANISATION}10001"
WRONG_CODE = "001191350100M000100Y4410001"

VALID = {
    "Label": "1",
    "ContentProducer": CODE,
    "ProduceID": "f47ac10b-58cc-4372",
    "ReservedCode1": "3045022100d5a1",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}

Build = Callable[..., Made]


@dataclass(frozen=True)
class Container:
    """A container and how it is made.

    Attributes:
        build: Makes a file from texts.
        name: File name with the ending that goes with it.
        form: `value` for a place that is named `AIGC`; `xml` for one within XML, where escaping belongs to the
            container; `comment` for EXIF, where only a wrapped label tells what it is, and where a second one, in the
            description of the picture, stands before the first.
    """

    build: Build
    name: str
    form: str = "value"


CONTAINERS = {
    "jpeg-xmp": Container(labelled_picture.jpeg_xmp, "a.jpg", "xml"),
    "jpeg-usercomment": Container(labelled_picture.jpeg_comment, "a.jpg", "comment"),
    "png-itxt-xmp": Container(labelled_picture.png_xmp, "a.png", "xml"),
    "png-text": Container(labelled_picture.png_text, "a.png"),
    "png-ztxt": Container(labelled_picture.png_packed, "a.png"),
    "png-itxt": Container(labelled_picture.png_international, "a.png"),
    "webp-xmp": Container(labelled_picture.webp_xmp, "a.webp", "xml"),
    "webp-exif": Container(labelled_picture.webp_exif, "a.webp", "comment"),
    "tiff-xmp": Container(labelled_picture.tiff_xmp, "a.tif", "xml"),
    "gif-xmp": Container(labelled_picture.gif_xmp, "a.gif", "xml"),
    "heif-xmp": Container(labelled_picture.heif_xmp, "a.heic", "xml"),
    "heif-exif": Container(labelled_picture.heif_exif, "a.heic", "comment"),
    "avif-xmp": Container(lambda *a, **b: labelled_picture.heif_xmp(*a, **b, brand=b"avif"), "a.avif", "xml"),
    "mp4-keys": Container(labelled_clip.mp4, "a.mp4"),
    "mp4-xmp": Container(labelled_clip.mp4_xmp, "a.mp4", "xml"),
    "mov-keys": Container(labelled_clip.mov, "a.mov"),
    "m4a-keys": Container(labelled_clip.m4a, "a.m4a"),
    "mkv": Container(labelled_clip.mkv, "a.mkv"),
    "webm": Container(labelled_clip.webm, "a.webm"),
    "flv": Container(labelled_clip.flv, "a.flv"),
    "avi": Container(labelled_clip.avi, "a.avi"),
    "wav": Container(labelled_sound.wav, "a.wav"),
    "mp3-id3v2.3": Container(labelled_sound.mp3_old, "a.mp3"),
    "mp3-id3v2.4": Container(labelled_sound.mp3_new, "a.mp3"),
    "flac": Container(labelled_sound.flac, "a.flac"),
    "ogg-vorbis": Container(labelled_sound.vorbis, "a.ogg"),
    "opus": Container(labelled_sound.opus, "a.opus"),
    "docx": Container(labelled_document.docx, "a.docx", "xml"),
    "pptx": Container(labelled_document.pptx, "a.pptx", "xml"),
    "xlsx": Container(labelled_document.xlsx, "a.xlsx", "xml"),
    "pdf": Container(labelled_document.pdf, "a.pdf"),
    "markdown": Container(labelled_document.text, "a.md"),
    "text": Container(labelled_document.text, "a.txt"),
}


@dataclass(frozen=True)
class Spot:
    """What must be read at one place.

    Attributes:
        offset: Of the label's first byte as it lies in the file.
        fields: What the seven fields must be.
        defects: Codes that must be there, and no others.
    """

    offset: int
    fields: dict[str, str | None]
    defects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One file of the set.

    Attributes:
        result: What the finding must say: `FOUND` or `INDETERMINATE`.
        disagreements: Fields in which the sites differ.
    """

    name: str
    container: str
    variant: str
    data: bytes
    spots: tuple[Spot, ...]
    result: str = "FOUND"
    disagreements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """One way to write labels: the texts, what each must be read as, and the defects of each."""

    texts: tuple[str, ...]
    fields: tuple[dict[str, str | None], ...]
    defects: tuple[tuple[str, ...], ...]
    result: str = "FOUND"
    disagreements: tuple[str, ...] = ()


def written(fields: dict[str, str]) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _without(*names: str) -> dict[str, str]:
    return {name: value for name, value in VALID.items() if name not in names}


def _read(fields: dict[str, str]) -> dict[str, str | None]:
    return {name: fields.get(name) for name in VALID}


def _one(fields: dict[str, str], *defects: str, text: str | None = None) -> Variant:
    return Variant((text or written(fields),), (_read(fields),), (defects,))


def _cut() -> Variant:
    """A label that ends within the content number: what stands before it can be read."""
    text = written(VALID)
    kept = {"Label": "1", "ContentProducer": CODE}
    return Variant((text[: text.index("-58cc")],), (_read(kept),), (("truncated",),))


def _empty() -> Variant:
    missing = ("empty-object", "missing-label", "missing-contentproducer", "missing-produceid")
    return Variant(("{}",), (_read({}),), (missing,), result="INDETERMINATE")


def _two(second: dict[str, str], *disagreements: str) -> Variant:
    texts = (written(VALID), written(second))
    return Variant(texts, (_read(VALID), _read(second)), ((), ()), disagreements=disagreements)


VARIANTS: dict[str, Variant] = {
    "valid": _one(VALID),
    "wrapped": _one(VALID, text=json.dumps({"AIGC": VALID})),
    "entity-escaped": _one(VALID, "entity-escaped", text=escape(written(VALID))),
    "numeric": _one(VALID, "not-a-string-label", text=written(VALID).replace('"Label":"1"', '"Label":1')),
    "missing-field": _one(_without("ProduceID"), "missing-produceid"),
    "duplicate": _two(VALID),
    "disagreeing": _two(VALID | {"Label": "2"}, "Label"),
    "truncated": _cut(),
    "bad-checksum": _one(VALID | {"ContentProducer": WRONG_CODE}, "bad-checksum-contentproducer"),
    "empty": _empty(),
}


def _wrapped(text: str) -> str:
    return text if text.startswith('{"AIGC"') else f'{{"AIGC":{text}}}'


def _made(container: Container, name: str, variant: Variant) -> tuple[bytes, list[bytes], Variant]:
    """Makes a file; within XML the escaping is the container's own, so that it is no defect there."""
    texts = list(variant.texts)
    if container.form == "xml" and name == "entity-escaped":
        data, stored = container.build([written(VALID)], is_escaped=True)
        return data, stored, VARIANTS["valid"]
    if container.form == "comment":
        if name == "truncated":
            texts = [f'{{"AIGC":{texts[0]}']
        elif name == "entity-escaped":
            texts = [escape(_wrapped(written(VALID)))]
        else:
            texts = [_wrapped(text) for text in texts]
    return *container.build(texts), variant


def _spots(data: bytes, stored: list[bytes], variant: Variant, *, is_reversed: bool) -> Iterator[Spot]:
    """Looks up where the stored bytes lie; those of several labels stand in the order of the file."""
    at = last = 0
    order = list(zip(variant.fields, variant.defects, strict=True))
    if is_reversed:
        order.reverse()
    for piece, (fields, defects) in zip(stored, order, strict=True):
        last = data.index(piece, at) if piece else last
        yield Spot(last, fields, defects)
        at = last + len(piece)


def case(container: str, variant: str) -> Case:
    """Makes one file of the set."""
    data, stored, meant = _made(CONTAINERS[container], variant, VARIANTS[variant])
    is_reversed = CONTAINERS[container].form == "comment"
    spots = tuple(_spots(data, stored, meant, is_reversed=is_reversed))
    return Case(f"{container}-{variant}", container, variant, data, spots, meant.result, meant.disagreements)


def cases() -> Iterator[Case]:
    """Makes every container with every variant."""
    for container in CONTAINERS:
        for variant in VARIANTS:
            yield case(container, variant)
