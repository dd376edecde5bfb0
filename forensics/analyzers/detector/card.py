"""What an examiner says of a model of his own: the card that lies beside its file."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from typing import Any

from forensics.errors import UsageError

LAYOUTS = ("NCHW", "NHWC")
COLOURS = ("rgb", "bgr")
ACTIVATIONS = ("none", "sigmoid", "softmax")
MOST_SIDE_PX = 1024
_DEPTH = 3

HINT = "docs/methods/detector.md shows a card."


@dataclass(frozen=True, slots=True)
class Card:
    """How a model is run, and what was published about it.

    Attributes:
        name: Of the model.
        version: Of the model.
        licence: Under which it may be used.
        source: Where it comes from: a publication or an address.
        high_means: What a high value means, in the words of its authors.
        width_px: Width of its input.
        height_px: Height of its input.
        layout: Order of its input: `NCHW` or `NHWC`.
        colour: `rgb` or `bgr`.
        scale: What grey levels (0 to 255) are multiplied with.
        mean: What is subtracted then, for each colour.
        deviation: What is divided by then, for each colour.
        margin: Width of what is cut out, over that of the face.
        output: Which number of the output is the value.
        activation: What is done to the output: `none`, `sigmoid`, `softmax`.
        published: Error rates as they were published, in words and numbers; empty where none were.
    """

    name: str
    version: str
    licence: str
    source: str
    high_means: str
    width_px: int
    height_px: int
    layout: str
    colour: str
    scale: float
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    margin: float
    output: int
    activation: str
    published: dict[str, Any]


def read_card(content: bytes, *, name: str) -> Card:
    """Reads a card.

    Args:
        content: TOML.
        name: Name of the file, for errors.

    Raises:
        UsageError: It is not such a card.
    """
    try:
        told = tomllib.loads(content.decode())
        model, given, answer = told["model"], told["input"], told["output"]
        card = Card(
            **{key: str(model[key]) for key in ("name", "version", "licence", "source", "high_means")},
            width_px=int(given["width_px"]),
            height_px=int(given["height_px"]),
            layout=str(given.get("layout", "NCHW")),
            colour=str(given.get("colour", "rgb")),
            scale=float(given.get("scale", 1 / 255)),
            mean=tuple(map(float, given.get("mean", (0, 0, 0)))),
            deviation=tuple(map(float, given.get("deviation", (1, 1, 1)))),
            margin=float(given.get("margin", 1.3)),
            output=int(answer.get("index", 0)),
            activation=str(answer.get("activation", "none")),
            published=dict(told.get("published", {})),
        )
    except KeyError as error:
        raise UsageError(f"the card {name} does not say {error}", hint=HINT) from error
    except (ValueError, TypeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the card {name} cannot be read: {error}", hint=HINT) from error
    _check(card, name)
    return card


def _check(card: Card, name: str) -> None:
    numbers = (card.scale, *card.mean, *card.deviation, card.margin)
    wrong = {
        "width_px and height_px": not (0 < card.width_px <= MOST_SIDE_PX and 0 < card.height_px <= MOST_SIDE_PX),
        "layout": card.layout not in LAYOUTS,
        "colour": card.colour not in COLOURS,
        "activation": card.activation not in ACTIVATIONS,
        "mean and deviation": len(card.mean) != _DEPTH or len(card.deviation) != _DEPTH or 0 in card.deviation,
        "margin": not 1.0 <= card.margin <= 2.0,  # noqa: PLR2004 -- the kept pictures show no more
        "index": card.output < 0,
        "its numbers": not all(map(math.isfinite, numbers)),
    }
    for what, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(f"the card {name} gives no possible {what}", hint=HINT)
