"""Values that others wrote into a file, as JSON that a record can hold: bounded, without what is no Unicode."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 8192
"""Characters of one text that are kept; the digest of the file vouches for the rest."""
MOST = 64
"""Entries of one list that are kept."""
_BRACKETED = re.compile(r"\[([^\[\]]{1,2000})\]\s{0,4}$")
_WRAPPED = re.compile(r"\s{0,8}(?:prompt|workflow)\s{0,8}:\s{0,8}(?=[{\[])", re.IGNORECASE)
"""Name before the JSON of ComfyUI in EXIF. *Source:* ComfyUI, comfy_api/latest/_ui.py (`prompt:{}`)."""


def loads(text: str) -> Any:
    """Reads JSON of any kind; None where it is none, is nested too deep or has numbers of absurd length."""
    wrapped = _WRAPPED.match(text)
    body = text[wrapped.end() :] if wrapped else text
    if body.lstrip()[:1] not in {"{", "[", '"'}:
        return None
    try:
        value = json.loads(body, parse_constant=lambda _: None, parse_float=_float)
        if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
            value = json.loads(value, parse_constant=lambda _: None, parse_float=_float)
    except (ValueError, RecursionError):
        return None
    return value


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def clean(text: str, *, longest: int = LONGEST) -> str:
    """Gives a text without lone surrogates, cut at `longest` characters."""
    return text[:longest].encode("utf-8", "replace").decode("utf-8")


def scalar(value: Any) -> Any:
    """Gives a number, a Boolean or a bounded text; None for anything else."""
    if isinstance(value, str):
        return clean(value.strip())
    return value if isinstance(value, bool | int | float) else None


def number(text: str) -> int | float | str:
    """Gives the number that a text is, and the text where it is none."""
    if re.fullmatch(r"-?\d{1,40}", text):
        return int(text)
    if re.fullmatch(r"-?\d{1,20}\.\d{1,20}", text):
        return float(text)
    return text


def bracketed(prompt: str) -> dict[str, str]:
    """Takes the negative prompt in brackets off the end of a prompt, as early InvokeAI writes both."""
    negative = _BRACKETED.search(prompt)
    if negative is None:
        return {"prompt": prompt.strip()}
    return {"prompt": prompt[: negative.start()].strip(), "negative_prompt": clean(negative[1])}


def unique(values: Iterator[Any]) -> list[Any]:
    """Gives what there is, each once, in the order of the first, at most `MOST`."""
    return list(dict.fromkeys(value for value in values if value not in {None, ""}))[:MOST]


def texts(value: Any, *, depth: int = 4) -> Iterator[str]:
    """Gives the texts within a JSON value, at most four levels deep."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item, depth=depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from texts(item, depth=depth - 1)


def raw(text: str) -> dict[str, Any]:
    """Gives a text as it is, with its length in characters where it was cut."""
    if len(text) <= LONGEST:
        return {"raw": clean(text)}
    return {"raw": clean(text), "raw_length_characters": len(text)}
