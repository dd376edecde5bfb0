"""Patterns that platforms and messengers leave in files that they rewrite, and in the names that they give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.oddity import frame_size
from forensics.analyzers.container.program import texts
from forensics.analyzers.container.trace import CONSISTENT, catalogue
from forensics.model import Finding, Message, Result

_CATALOGUE = message(
    "container.platform.limit.catalogue",
    "Only the platforms and patterns of the catalogue are known, and platforms change what they write without notice.",
)
_ABSENT = message(
    "container.platform.limit.absent",
    "Many platforms leave nothing that could be recognised; files can have passed through them all the same.",
)
_NAME_ONLY = message(
    "container.platform.limit.name",
    "The name alone fits. Names are given and changed by anyone; this says very little.",
)
_PASSED = message(
    "container.platform.passed",
    "The file, or what it was made from, was once passed on or downloaded, by anyone and at any time.",
)
_IMITATED = message(
    "container.platform.imitated",
    "Other programs use the same components and names, and names and marks are copied along or typed in.",
)


Said = tuple[str, str, int, str]
"""Place, key, offset and text of a value."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    Attributes:
        kind: `text`, `name` or `picture`.
        weight: `mark`, `name` or `support`; what only supports counts beside another rule.
        sides_px: Long sides of pictures that fit.
    """

    id: str
    kind: str
    weight: str
    pattern: re.Pattern[str]
    keys: frozenset[str]
    sides_px: frozenset[int]
    source: str


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform of the catalogue."""

    id: str
    name: str
    rules: tuple[Rule, ...]


@cache
def platforms() -> tuple[Platform, ...]:
    """Gives the catalogue."""
    rows = catalogue("platforms.toml")["platform"]
    return tuple(Platform(row["id"], row["name"], tuple(map(_rule, row["rule"]))) for row in rows)


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        kind=row["kind"],
        weight=row["weight"],
        pattern=re.compile(row.get("pattern", "")),
        keys=frozenset(row.get("keys", ())),
        sides_px=frozenset(row.get("long_side_px", ())),
        source=row["source"],
    )


def findings(look: Look) -> Iterator[Finding]:
    """States with which platforms the file is consistent."""
    said = list(texts(look))
    matches = [(platform, met) for platform in platforms() if (met := _met(look, platform, said))]
    values: dict[str, Any] = {"count": len(matches), "matches": [_row(*match) for match in matches]}
    is_name = all(one["weight"] != "mark" for _, met in matches for one in met)
    if not matches:
        yield look.finding(
            "container.platform",
            look.nothing,
            _nothing(look),
            values=values,
            limits=(_CATALOGUE, _ABSENT),
            gaps=look.gaps,
        )
        return
    yield look.finding(
        "container.platform",
        Result.INDETERMINATE,
        message(
            "container.platform.found",
            "The file has features that files from these platforms have: {platforms}.",
            platforms="; ".join(platform.name for platform, _ in matches),
        ),
        values=values | {"strength": CONSISTENT},
        limits=(_NAME_ONLY, _CATALOGUE) if is_name else (_CATALOGUE,),
        alternatives=(_PASSED, _IMITATED),
        where=tuple({"offset": one["offset"]} for _, met in matches for one in met if one.get("offset") is not None),
        gaps=look.gaps,
    )


def _nothing(look: Look) -> Message:
    if look.nothing is Result.NOT_FOUND:
        return message(
            "container.platform.none", "No feature of the platforms in the catalogue was found by this method."
        )
    return message("container.platform.open", "Features of platforms could not be looked for in the whole file.")


def _row(platform: Platform, met: list[dict[str, Any]]) -> dict[str, Any]:
    return {"platform": platform.id, "name": platform.name, "rules": met}


def _met(look: Look, platform: Platform, said: list[Said]) -> list[dict[str, Any]]:
    """Gives the rules of a platform that the file meets; none where all of them only support."""
    met = [found for rule in platform.rules if (found := _apply(look, rule, said)) is not None]
    return met if any(one["weight"] != "support" for one in met) else []


def _apply(look: Look, rule: Rule, said: list[Said]) -> dict[str, Any] | None:
    row = {"rule": rule.id, "weight": rule.weight, "source": rule.source}
    if rule.kind == "name":
        name = look.evidence.artifact.name.display.rsplit("/", 1)[-1]
        return row | {"place": "file name"} if rule.pattern.search(name) else None
    if rule.kind == "picture":
        size = frame_size(look)
        has_exif = any("Exif" in value.place for value in look.structure.values)
        fits = size is not None and max(size) in rule.sides_px and not has_exif
        return row | {"place": "SOF", "long_side_px": max(size)} if fits and size else None
    for place, key, offset, text in said:
        if (not rule.keys or key in rule.keys) and rule.pattern.search(text):
            return row | {"place": place, "key": key, "offset": offset}
    return None
