"""Parameters as the AUTOMATIC1111 web UI and its relatives write them: prompt, negative prompt, a line of settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from forensics.analyzers.labels import generator_value
from forensics.analyzers.labels.generator_catalogue import Match
from forensics.analyzers.labels.generator_site import Site

_NAMED = {
    "Steps": "steps",
    "Sampler": "sampler",
    "Schedule type": "scheduler",
    "CFG scale": "cfg_scale",
    "Guidance Scale": "cfg_scale",
    "Seed": "seed",
    "Size": "size",
    "Model hash": "model_hash",
    "Model": "model",
    "Version": "version",
}
_LINE = re.compile(r"Steps: \d{1,6}(?:,|$)")
_LORA = re.compile(r"<lora:([^:<>\n]{1,120})[:>]")
_NEGATIVE = "Negative prompt:"
_MINUS = "-"
"""How the negative prompt begins, and how it does in Draw Things, which alone writes a guidance scale.
*Source:* AUTOMATIC1111, modules/infotext_utils.py; receyuki/stable-diffusion-prompt-reader, format/drawthings.py."""
_OWN_KEY = "parameters"
"""Under this key nobody but such programs writes; elsewhere a text may quote a line of settings."""
_LORA_KINDS = frozenset({"lora", "locon", "lycoris", "dora"})
"""*Source:* types of models in the documentation of Civitai's interface."""
_LAST_LINES = 8
"""Extensions add lines of their own below the settings (Dynamic Prompts: Template, Negative Template)."""
_FEWEST_FIELDS = 3
"""*Source:* AUTOMATIC1111, modules/infotext_utils.py: a last line with fewer is part of the prompt."""
_LONGEST_LINE = 65_536
_MOST_FIELDS = 200


def read(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the parameters; None where the text is none of this kind.

    Where the key is not `parameters`, the line of settings must be the last of the text and name seed and sampler (or
    scale), so that a text which speaks about such settings is not taken for them.
    """
    del match, others
    lines = site.text.strip().replace("\r\n", "\n").split("\n")
    own = site.key.lower() == _OWN_KEY
    at = _line_of_settings(lines, own=own)
    if at is None:
        return None
    fields = dict(split(lines[at][:_LONGEST_LINE]))
    strict = {"Seed"} <= set(fields) and bool({"Sampler", "CFG scale", "Guidance Scale"} & set(fields))
    if len(fields) < _FEWEST_FIELDS or not (own or strict):
        return None
    prompt, negative = _prompts(lines[:at], mark=_MINUS if "Guidance Scale" in fields else _NEGATIVE)
    found: dict[str, Any] = {"prompt": generator_value.clean(prompt)}
    if negative:
        found["negative_prompt"] = generator_value.clean(negative)
    found |= {_NAMED[key]: generator_value.number(value) for key, value in fields.items() if key in _NAMED}
    resources = list(_resources(fields.get("Civitai resources", "")))
    if "model" not in found and (models := [name for kind, name in resources if kind == "checkpoint"]):
        found["model"] = models[0]
    named = (*_loras(prompt, fields), *(name for kind, name in resources if kind in _LORA_KINDS))
    if loras := generator_value.unique(iter(named)):
        found["loras"] = loras
    if other := {key: generator_value.clean(value, longest=512) for key, value in fields.items() if key not in _NAMED}:
        found["other"] = other
    return found | generator_value.raw(site.text)


def _line_of_settings(lines: list[str], *, own: bool) -> int | None:
    for back in range(1, min(len(lines), _LAST_LINES if own else 1) + 1):
        if _LINE.match(lines[-back]):
            return len(lines) - back
    return None


def split(line: str) -> Iterator[tuple[str, str]]:
    """Splits a line of settings at the commas outside of quotes and brackets; in one pass, whatever the line."""
    for field in _fields(line):
        key, colon, value = field.partition(":")
        if colon and key.strip():
            yield generator_value.clean(key.strip(), longest=80), _unquote(value.strip())


def _fields(line: str) -> list[str]:
    fields, start, depth, quoted, escaped = [], 0, 0, False, False
    for at, sign in enumerate(line):
        if escaped or (quoted and sign == "\\"):
            escaped = not escaped
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "{[":
            depth += 1
        elif not quoted and sign in "}]":
            depth -= 1
        elif sign == "," and not quoted and depth <= 0:
            fields.append(line[start:at])
            start = at + 1
            if len(fields) >= _MOST_FIELDS:
                break
    if quoted or depth > 0:
        return line.split(",", _MOST_FIELDS)[:_MOST_FIELDS]
    return [*fields, line[start:]]


def _unquote(value: str) -> str:
    if value[:1] != '"' or value[-1:] != '"':
        return value
    try:
        plain = json.loads(value)
    except ValueError:
        return value
    return plain if isinstance(plain, str) else value


def _prompts(lines: list[str], *, mark: str) -> tuple[str, str]:
    """Gives prompt and negative prompt; the negative one begins with a mark."""
    for at, line in enumerate(lines):
        if line.startswith(mark):
            negative = [line.removeprefix(mark).strip(), *lines[at + 1 :]]
            return "\n".join(lines[:at]).strip(), "\n".join(negative).strip()
    return "\n".join(lines).strip(), ""


def _resources(text: str) -> Iterator[tuple[str, str]]:
    """Gives kind and name of the models that the service Civitai lists in its files."""
    listed = generator_value.loads(text)
    for item in listed[: generator_value.MOST] if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get("modelName"), str):
            yield str(item.get("type")).lower()[:40], generator_value.clean(item["modelName"], longest=200)


def _loras(prompt: str, fields: dict[str, str]) -> Iterator[str]:
    """Gives names of LoRA files: from the prompt's marks, and from `Lora hashes: "name: hash, name: hash"`."""
    yield from _LORA.findall(prompt[:_LONGEST_LINE])
    for entry in fields.get("Lora hashes", "").split(", "):
        yield generator_value.clean(entry.split(":")[0].strip(), longest=120)
