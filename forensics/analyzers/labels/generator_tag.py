"""Parameters in forms of their own: command lines, lists with semicolons, pickled and printed dictionaries."""

from __future__ import annotations

import itertools
import pickletools
import re
from collections.abc import Iterator
from typing import Any

from forensics.analyzers.labels import generator_value
from forensics.analyzers.labels.generator_catalogue import Match
from forensics.analyzers.labels.generator_site import Site

_JOB = re.compile(r"Job ID: ([0-9a-f-]{36})")
_FLAG = re.compile(r" --([a-z]{1,24}) ?([^-\s][^\s]{0,80})?")
_DREAM = re.compile(r" -([sSWHCA]) ?([A-Za-z0-9_.+]{1,32})")
_DREAM_NAMES = {"s": "steps", "S": "seed", "C": "cfg_scale", "A": "sampler"}
_PRINTED = re.compile(
    r"['\"](source_filename|original_filename|face_index|alignments_version|source_is_video|face_type)['\"]: ?"
    r"(?:['\"]([^'\"]{1,300})['\"]|([0-9.]{1,20}|True|False|true|false))"
)
_SEEN = 65_536
_MOST_OPCODES = 20_000
_PICKLED = frozenset({"face_type", "source_filename"})
"""Members of the dictionary that are told. *Source:* iperov/DeepFaceLab, DFLIMG/DFLJPG.py."""


def read_midjourney(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads `prompt --flag value … Job ID: UUID`."""
    del match
    text = site.text[:_SEEN]
    job = _JOB.search(text)
    if job is None:
        return None
    line = text[: job.start()].strip()
    flags = {name: value or "true" for name, value in _FLAG.findall(f" {line}")}
    prompt = line.split(" --")[0] if flags else line
    found: dict[str, Any] = {"prompt": generator_value.clean(prompt), "job_id": job[1]}
    if version := flags.get("v") or flags.get("version") or flags.get("niji"):
        found["version"] = version
    if flags:
        found["other"] = dict(list(flags.items())[: generator_value.MOST])
    author = next((other.text for other in others if other.key == "Author" and other.place == site.place), "")
    return found | ({"account": generator_value.clean(author, longest=200)} if author else {})


def read_dream(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the command line of early InvokeAI: `"prompt [negative]" -s 50 -S 123 -W 512 -H 512 -C 7.5 -A k_lms`."""
    del match, others
    text = site.text[:_SEEN]
    end = text.rfind('"')
    options = dict(_DREAM.findall(text[end + 1 :]))
    if end < 1 or "S" not in options:
        return None
    found: dict[str, Any] = dict(generator_value.bracketed(generator_value.clean(text[:end].removeprefix('"'))))
    found |= {name: generator_value.number(options[flag]) for flag, name in _DREAM_NAMES.items() if flag in options}
    if {"W", "H"} <= set(options):
        found["size"] = f"{options['W']}x{options['H']}"
    return found | generator_value.raw(site.text)


def read_fields(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads `Include in Image: …; Model: …; Seed: …`, with semicolons or one to a line."""
    del match, others
    names = {
        "Include in Image": "prompt",
        "Exclude from Image": "negative_prompt",
        "Model": "model",
        "Seed": "seed",
    } | {
        "Steps": "steps",
        "Guidance Scale": "cfg_scale",
        "Scheduler": "sampler",
        "Size": "size",
        "Generator": "version",
    }
    text = site.text[:_SEEN]
    pairs = [entry.partition(": ") for entry in text.split("\n" if "\n" in text else "; ")[: generator_value.MOST]]
    return {
        names[key.strip()]: generator_value.number(value.strip()[:4096])
        for key, _, value in pairs
        if key.strip() in names
    }


def read_semicolons(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads `made with …; created=…; id=…`."""
    del match, others
    pairs = [entry.partition("=") for entry in site.text[:4096].split(";")[1 : generator_value.MOST]]
    other = {key.strip()[:80]: generator_value.clean(value.strip(), longest=200) for key, sign, value in pairs if sign}
    return {"other": other} if other else {}


def read_faceswap(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the header of a cut-out face, a printed dictionary, without evaluating it."""
    del match, others
    pairs = _PRINTED.findall(site.text[-_SEEN:] + "\n" + site.text[:_SEEN])
    return {key: generator_value.clean(text or bare, longest=300) for key, text, bare in pairs}


def read_deepfacelab(site: Site, match: Match, others: tuple[Site, ...]) -> dict[str, Any] | None:
    """Reads the texts of a pickled dictionary without executing it; None where it is no such thing."""
    del match, others
    strings = list(_pickled_texts(site.data))
    if "landmarks" not in strings:
        return None
    pairs = itertools.pairwise(strings)
    return {key: generator_value.clean(value, longest=300) for key, value in pairs if key in _PICKLED}


def _pickled_texts(data: bytes) -> Iterator[str]:
    try:
        for count, (_, argument, _) in enumerate(pickletools.genops(data[: 4 * _SEEN])):
            if isinstance(argument, str):
                yield argument
            if count >= _MOST_OPCODES:
                return
    except (ValueError, IndexError, OverflowError, UnicodeError):
        return
