"""Parameters that programs write as one JSON object, or as one entry for each: their many names for the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from forensics.analyzers.labels import generator_value
from forensics.analyzers.labels.generator_catalogue import Match
from forensics.analyzers.labels.generator_site import Site

_MODEL_NAMES = ("modelweights", "modeltype", "modelfilename")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "positiveprompt", "c", "rawprompt", "basecaption"),
    "negative_prompt": ("negativeprompt", "uc", "rawnegativeprompt"),
    "model": ("model", "basemodel", "modelname", "usestablediffusionmodel", "stablediffusionmodel", *_MODEL_NAMES),
    "model_hash": ("modelhash", "basemodelhash"),
    "seed": ("seed", "noiseseed"),
    "sampler": ("sampler", "samplername", "comfyuisampler"),
    "scheduler": ("scheduler", "comfyuischeduler", "noiseschedule"),
    "steps": ("steps", "numinferencesteps"),
    "cfg_scale": ("cfgscale", "guidancescale", "guidance", "scale", "cfg"),
    "size": ("size", "resolution"),
    "version": ("version", "swarmversion", "appversion", "mfluxversion"),
}
"""Our name to the names of the programs, in lower case and without signs; *Source:* the rows of the catalogue."""
_MOST_OTHER = 60
_EARLY_INVOKEAI = "image"
"""Root under which InvokeAI 2 kept the parameters, with the negative prompt in brackets at the end of the prompt."""
_WANGP = "WanGP"
"""What the member `type` says in files of WanGP, with the version; elsewhere it is a kind of run."""


def read(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the object; None where there is none, or where it lacks what the match requires."""
    del others
    value = generator_value.loads(site.text)
    around: dict[str, Any] = {}
    if isinstance(value, dict) and match.root:
        around, value = _around(value), value.get(match.root)
    if not isinstance(value, dict) or not value or any(name not in value for name in match.required):
        return None
    found = normalize({**around, **value})
    if match.root == _EARLY_INVOKEAI and isinstance(found.get("prompt"), str):
        found |= generator_value.bracketed(found["prompt"])
    return found | generator_value.raw(site.text)


def _around(outer: Mapping[str, Any]) -> dict[str, Any]:
    """Gives what stands beside the object that holds the parameters: model, version, the hash of the main model.

    *Source:* InvokeAI 2, `sd-metadata` (`model_weights` is the name, `model` the kind); SwarmUI, *Image Metadata
    Format* (`sui_models`).
    """
    found = {name: value for name, value in outer.items() if isinstance(value, str | int | float)}
    if found.get("model_weights"):
        found.pop("model", None)
    listed = outer.get("sui_models")
    for item in listed[: generator_value.MOST] if isinstance(listed, list) else ():
        if isinstance(item, dict) and item.get("param") == "model" and isinstance(item.get("hash"), str):
            found["model_hash"] = item["hash"]
    return found


def read_tags(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads entries that stand one by one in the same place, each under its own key."""
    del match
    entries = {other.key: generator_value.number(other.text) for other in others if other.place == site.place}
    return normalize(entries)


def normalize(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Gives entries under our names; what has none of them stays under its own, in `other`."""
    bare = {re.sub(r"[^a-z0-9]", "", key.lower()[:80]): key for key in reversed(list(entries))}
    found: dict[str, Any] = {}
    used: set[str] = set()
    for name, candidates in _NAMES.items():
        for candidate in candidates:
            key = bare.get(candidate)
            value = None if key is None else plain(entries[key])
            if key is not None and value is not None:
                found[name] = value
                used.add(key)
                break
    if str(entries.get("type", "")).startswith(_WANGP):
        found["version"] = plain(entries["type"])
    if "model_hash" not in found and "model" in bare and isinstance(model := entries[bare["model"]], dict):
        found |= {"model_hash": generator_value.clean(model["hash"])} if isinstance(model.get("hash"), str) else {}
    _add_size(found, entries, bare)
    if loras := generator_value.unique(_loras(entries)):
        found["loras"] = loras
    rest = ((key, generator_value.scalar(value)) for key, value in entries.items() if key not in used)
    other = {generator_value.clean(key, longest=80): value for key, value in rest if value not in {None, ""}}
    return found | ({"other": dict(list(other.items())[:_MOST_OTHER])} if other else {})


def plain(value: Any) -> Any:
    """Gives a value as a number or text: of an object its name, of a list its texts; None where it has none."""
    if isinstance(value, dict):
        names = ("name", "model_name", "prompt", "model", "key")
        return next((plain(value[name]) for name in names if value.get(name)), None)
    if isinstance(value, list):
        parts = [part for part in (plain(item) for item in value[: generator_value.MOST]) if part is not None]
        return generator_value.clean(", ".join(str(part) for part in parts)) if parts else None
    return generator_value.scalar(value)


def _add_size(found: dict[str, Any], entries: Mapping[str, Any], bare: Mapping[str, str]) -> None:
    """Adds the size in pixels as `512x768`, from width and height or from two numbers in a text."""
    sides = [plain(entries[bare[name]]) for name in ("width", "height") if name in bare]
    if len(sides) == 2 and None not in sides:  # noqa: PLR2004 -- width and height
        found["size"] = f"{sides[0]}x{sides[1]}"
    elif sides_of := re.fullmatch(r"\D{0,3}(\d{1,6})\D{1,5}(\d{1,6})\D{0,3}", str(found.get("size", ""))):
        found["size"] = f"{sides_of[1]}x{sides_of[2]}"


def _loras(entries: Mapping[str, Any]) -> Iterator[str]:
    for key, value in entries.items():
        if key.lower() in {"lora", "loras", "activated_loras", "use_lora_model"}:
            for item in value if isinstance(value, list) else str(value).split(",") if value else ():
                yield _lora(item)
        elif key.lower().startswith("lora_combined_") and isinstance(value, str):
            yield _lora(next((part for part in value.split(" : ") if part not in {"True", "False"}), ""))


def _lora(item: Any) -> str:
    """Gives the name in an entry such as `name`, `[name, weight]`, `{"model": {"name": …}, "weight": …}`."""
    if isinstance(item, dict):
        item = next((item[key] for key in ("name", "lora", "model", "model_name", "file") if item.get(key)), "")
        return _lora(item)
    if isinstance(item, list):
        item = next((part for part in item if isinstance(part, str)), "")
    return generator_value.clean(str(item).strip(), longest=200) if isinstance(item, str) else ""
