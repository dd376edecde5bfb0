"""The eye layout of one picture: whether eyes lie where the alignment of FFHQ puts them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forensics.analyzers import message
from forensics.faces.face import Face
from forensics.faces.layout import TOLERANCE, EyeLayout, eye_layout
from forensics.faces.model import DETECTOR, describe
from forensics.model import Finding, Gap, Message, Result, Stage

KIND = "face.eye_layout"

DIGITS = 3
"""Decimals of shares of the side: landmarks of a face are sure to a hundredth of its width at best."""

SCRIPT = message(
    "face.limit.script",
    "Pictures cut with the alignment script of such generators, or by a program that cuts portraits likewise, always "
    "have their eyes there, whoever took them: the layout does not tell generated portraits from photographs.",
)
FAMILY = message(
    "face.limit.family",
    "Only one family of generators leaves this layout. Portraits by diffusion models, swapped faces, and pictures that "
    "were cut or framed anew do not have it: that it is absent means nothing.",
)
CUT = message(
    "face.alternative.cut",
    "The photograph was cut to a portrait by a program that puts the eyes there, or comes from a collection of faces "
    "that were cut so.",
)
CHANCE = message(
    "face.alternative.chance",
    "An ordinary portrait has its eyes there by chance: about 1 of 100 does.",
)


def layout_finding(blank: Finding, face: Face, *, size_px: tuple[int, int], gaps: tuple[Gap, ...]) -> Finding:
    """States where the eyes of the largest face of a still lie.

    Args:
        blank: A finding to be filled in.
        face: The largest face.
        size_px: Width and height of the picture.
        gaps: What the decoder could not give.
    """
    layout = eye_layout(face, width_px=size_px[0], height_px=size_px[1])
    is_open = layout.corresponds or gaps
    return replace(
        blank,
        stage=Stage.DETECT,
        kind=KIND,
        result=Result.INDETERMINATE if is_open else Result.NOT_FOUND,
        statement=_sentence(layout),
        values=values(layout) | ({"strength": "consistent_with"} if layout.corresponds else {}),
        gaps=gaps,
        limits=(SCRIPT, FAMILY) if layout.corresponds else (FAMILY,),
        alternatives=(CUT, CHANCE) if is_open else (),
        tools=describe(DETECTOR),
    )


def values(layout: EyeLayout) -> dict[str, Any]:
    """Gives a layout as findings hold it: shares of the side of the centred square."""
    return {
        "corresponds": layout.corresponds,
        "left": [round(value, DIGITS) for value in layout.left],
        "right": [round(value, DIGITS) for value in layout.right],
        "distance": round(layout.deviation, DIGITS),
    }


def _sentence(layout: EyeLayout) -> Message:
    if layout.corresponds:
        text = (
            "The eyes of the largest face lie where generators of portraits of the StyleGAN type put them: they differ "
            "from it by {distance} of the picture's side at most, within the tolerance of {tolerance}. Ordinary "
            "photographs do so by chance in about 1 of 100; pictures cut with the same alignment script always do."
        )
        name = "face.eye-layout.corresponds"
    else:
        text = (
            "The eyes of the largest face do not lie where generators of portraits of the StyleGAN type put them: they "
            "differ from it by {distance} of the picture's side; the tolerance is {tolerance}."
        )
        name = "face.eye-layout.differs"
    return message(name, text, distance=round(layout.deviation, DIGITS), tolerance=TOLERANCE)
