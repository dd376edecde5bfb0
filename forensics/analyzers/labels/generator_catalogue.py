"""The catalogue of programs that leave their name or parameters in files: read from a data file and checked."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from forensics.errors import UsageError

PARSERS = frozenset(
    {"", "comfyui", "deepfacelab", "dream", "faceswap", "fields", "infotext", "json", "midjourney", "novelai"}
    | {"semicolons", "tags"}
)
"""Ways in which a value is read; empty where the match itself says all."""

KINDS = frozenset({"image", "video", "voice", "music", "face-swap", "editor"})
STRENGTHS = frozenset({"declared", "consistent_with"})

_MOST_TRIES = 10_000
"""Product of the ranges of all counted repetitions in one pattern: bounds the work at one place of a text, which is a
design choice and not a measurement."""
_ESCAPES = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_COUNTED = re.compile(r"\{(\d+)(?:,(\d+))?\}")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a site must be like.

    Attributes:
        place: Searched for in the place.
        key: Searched for in the key.
        value: Searched for in the start of the text.
    """

    place: re.Pattern[str]
    key: re.Pattern[str]
    value: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which a program is known from a site.

    Attributes:
        first: What the site must be like.
        also: What the same site, or another one of the file, must be like besides.
        parser: How the value is read; one of `PARSERS`. A value that it cannot read is no match.
        root: Name of the member of a JSON object that holds the parameters; empty for the object itself.
        required: Names that the JSON object must have.
        strength: `declared` or `consistent_with`.
        alternatives: Innocent explanations, as keys of the catalogue's table of them.
    """

    first: Condition
    also: tuple[Condition, ...]
    parser: str
    root: str
    required: tuple[str, ...]
    strength: str
    alternatives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generator:
    """One program or service.

    Attributes:
        id: Short name, unique: `automatic1111`.
        name: Name for people.
        maker: Who makes it.
        kind: One of `KINDS`.
        source: Where it is documented what it writes.
        matches: In the order in which they are tried.
    """

    id: str
    name: str
    maker: str
    kind: str
    source: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class FaceStep:
    """A step of a graph, or a model file, that exchanges or animates faces.

    Attributes:
        tool: Name for people.
        type: Searched for in the type of a node; None where the row is about files.
        file: Searched for in the name of a model file; None where the row is about nodes.
        source: Where the name is documented.
    """

    tool: str
    type: re.Pattern[str] | None
    file: re.Pattern[str] | None
    source: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that is known.

    Attributes:
        generators: In the order in which they are tried.
        face_steps: Steps and files that exchange or animate faces.
        alternatives: Innocent explanations by key, in English.
    """

    generators: tuple[Generator, ...]
    face_steps: tuple[FaceStep, ...]
    alternatives: Mapping[str, str]

    def face_tool(self, *, type_name: str = "", file_name: str = "") -> str | None:
        """Gives the tool that a node's type or a model file's name speaks of; None for any other."""
        for step in self.face_steps:
            pattern, text = (step.type, type_name) if step.type else (step.file, file_name)
            if pattern and text and pattern.search(text[:256]):
                return step.tool
        return None


@functools.cache
def catalogue() -> Catalogue:
    """Gives the catalogue that the program comes with.

    Raises:
        UsageError: A row of it does not fit.
    """
    return parse((files("forensics") / "data" / "generators.toml").read_text("utf-8"))


def parse(text: str) -> Catalogue:
    """Reads a catalogue.

    Raises:
        UsageError: It is no TOML, or a row does not fit.
    """
    try:
        content = tomllib.loads(text)
        alternatives = {str(key): _sentence(value) for key, value in content["alternatives"].items()}
        generators = tuple(_generator(row, alternatives) for row in content["generator"])
        steps = tuple(_face_step(row) for row in content.get("node", ()))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError, re.error) as error:
        raise UsageError(
            f"the catalogue of generators has a row that does not fit: {type(error).__name__}: {error}",
            hint="docs/adding-a-generator.md says what a row must have.",
        ) from error
    names = [generator.id for generator in generators]
    if len(set(names)) < len(names):
        raise UsageError("the catalogue of generators has an id twice", hint="Each id stands in one row.")
    return Catalogue(generators, steps, alternatives)


def _sentence(value: Any) -> str:
    if not isinstance(value, str) or "{" in value or "}" in value:
        raise ValueError("an alternative is a plain sentence without braces")
    return value


def _generator(row: Mapping[str, Any], alternatives: Mapping[str, str]) -> Generator:
    if row["kind"] not in KINDS or not re.fullmatch(r"[a-z0-9.-]{1,40}", row["id"]):
        raise ValueError(f"{row['id']}: kind or id")
    if not row["source"] or not row["match"]:
        raise ValueError(f"{row['id']}: no source or no match")
    default = tuple(row["alternatives"])
    matches = tuple(_match(entry, default) for entry in row["match"])
    for name in (*default, *(name for match in matches for name in match.alternatives)):
        if name not in alternatives:
            raise ValueError(f"{row['id']}: unknown alternative {name}")
    return Generator(row["id"], row["name"], row["maker"], row["kind"], row["source"], matches)


def _match(entry: Mapping[str, Any], alternatives: tuple[str, ...]) -> Match:
    parser, strength = entry.get("parser", ""), entry["strength"]
    unknown = set(entry) - {"place", "key", "value", "also", "parser", "root", "required", "strength", "alternatives"}
    if parser not in PARSERS or strength not in STRENGTHS or unknown:
        raise ValueError(f"parser, strength or a field that does not exist: {dict(entry)}")
    if not {"place", "key", "value"} & set(entry):
        raise ValueError("a match without any condition")
    return Match(
        first=_condition(entry),
        also=tuple(_condition(condition) for condition in entry.get("also", ())),
        parser=parser,
        root=entry.get("root", ""),
        required=tuple(entry.get("required", ())),
        strength=strength,
        alternatives=tuple(entry.get("alternatives", alternatives)),
    )


def _condition(entry: Mapping[str, Any]) -> Condition:
    return Condition(*(_pattern(entry.get(name, "")) for name in ("place", "key", "value")))


def _face_step(row: Mapping[str, Any]) -> FaceStep:
    if ("type" in row) == ("file" in row) or not row["source"]:
        raise ValueError(f"{row['tool']}: either type or file, and a source")
    kind, file = (_pattern(row[name]) if name in row else None for name in ("type", "file"))
    return FaceStep(row["tool"], kind, file, row["source"])


def _pattern(text: str) -> re.Pattern[str]:
    """Compiles a pattern that can take no long time: no unbounded or nested repetition, no look-around.

    Raises:
        ValueError: It may take long.
    """
    bare = _ESCAPES.sub("x", text)
    if re.search(r"[*+]|\(\?[^i:]|\{\d*,\}|\{,|\)\{|\\\d", bare.removeprefix("(?i)")) or re.search(r"\\\d", text):
        raise ValueError(f"pattern {text!r} has a repetition or group that may take long")
    tries = 1
    for least, most in _COUNTED.findall(bare):
        tries *= int(most or least) - int(least) + 1
    if tries > _MOST_TRIES or bare.count("?") > 8:  # noqa: PLR2004 -- each optional part doubles the work
        raise ValueError(f"pattern {text!r} has too many repetitions")
    return re.compile(text)
