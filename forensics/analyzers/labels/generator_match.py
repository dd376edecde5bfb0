"""Which programs of the catalogue the sites of a file speak of, and what was read there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.analyzers.labels import (
    generator_comfyui,
    generator_infotext,
    generator_json,
    generator_novelai,
    generator_tag,
    generator_value,
)
from forensics.analyzers.labels.generator_catalogue import Catalogue, Condition, Generator, Match
from forensics.analyzers.labels.generator_site import Site

_PARSERS: Mapping[str, Callable[[Site, Match, tuple[Site, ...]], dict[str, Any] | None]] = {
    "comfyui": generator_comfyui.read,
    "deepfacelab": generator_tag.read_deepfacelab,
    "dream": generator_tag.read_dream,
    "faceswap": generator_tag.read_faceswap,
    "fields": generator_tag.read_fields,
    "infotext": generator_infotext.read,
    "json": generator_json.read,
    "midjourney": generator_tag.read_midjourney,
    "novelai": generator_novelai.read,
    "semicolons": generator_tag.read_semicolons,
    "tags": generator_json.read_tags,
}
_MOST_SITES = 20_000
_MOST_READ = 32 << 20
"""Characters of one file that are parsed, counted anew for each parser; files of people have a few thousand."""
_MOST_HITS = 64
_HEAD = 65_536
_TAIL = 4096
_COMPARED = ("prompt", "negative_prompt", "seed", "steps", "sampler", "cfg_scale", "model")


@dataclass(frozen=True, slots=True)
class Hit:
    """One site that speaks of a program.

    Attributes:
        generator: The program.
        match: The row's entry that fitted.
        site: Where.
        parameters: What was read there; without a parser the entry itself, as `tag`.
    """

    generator: Generator
    match: Match
    site: Site
    parameters: Mapping[str, Any]


class Reading:
    """Goes through the sites of one file; looks into each condition about the whole file once, and reads only so much.

    Attributes:
        is_exhausted: Whether more values would have had to be read than are read of one file.
    """

    def __init__(self, sites: tuple[Site, ...], known: Catalogue) -> None:
        self.is_exhausted = len(sites) > _MOST_SITES
        self._sites = sites[:_MOST_SITES]
        self._generators = known.generators
        self._also: dict[Condition, bool] = {}
        self._taken: dict[int, set[str]] = {}
        self._left = _MOST_READ

    def hits(self) -> Iterator[tuple[Generator, tuple[Hit, ...]]]:
        """Gives the programs that sites speak of, in the order of the catalogue, each with its sites in their order.

        A value that a parser has read for one program is not read by the same parser for another.
        """
        for generator in self._generators:
            mine = [hit for at in range(len(self._sites)) if (hit := self._hit(generator, at)) is not None]
            if mine:
                yield generator, tuple(mine[:_MOST_HITS])

    def _hit(self, generator: Generator, at: int) -> Hit | None:
        site, taken = self._sites[at], self._taken.get(at, set())
        for match in generator.matches:
            if match.parser in taken or not _fits(match.first, site) or not all(map(self._is_there, match.also)):
                continue
            parameters = self._read(match, site)
            if parameters is not None:
                if match.parser:
                    self._taken.setdefault(at, set()).add(match.parser)
                return Hit(generator, match, site, parameters | ({"is_cut": True} if site.is_cut else {}))
        return None

    def _is_there(self, condition: Condition) -> bool:
        if condition not in self._also:
            self._also[condition] = any(_fits(condition, site) for site in self._sites)
        return self._also[condition]

    def _read(self, match: Match, site: Site) -> dict[str, Any] | None:
        if not match.parser:
            return {"tag": generator_value.clean(site.text, longest=500)}
        if self._left <= 0:
            self.is_exhausted = True
            return None
        self._left -= len(site.text)
        return _PARSERS[match.parser](site, match, self._sites)


def _fits(condition: Condition, site: Site) -> bool:
    """Whether a site is as a condition says; of a long text its start and its end are looked at.

    A condition without a place is never about the file's name.
    """
    if site.place == "name" and not condition.place.pattern:
        return False
    if not condition.key.search(site.key[:200]) or not condition.place.search(site.place[:200]):
        return False
    text = site.text if len(site.text) <= _HEAD + _TAIL else f"{site.text[:_HEAD]}\n{site.text[-_TAIL:]}"
    return condition.value.search(text) is not None


def merge(found: tuple[Hit, ...]) -> dict[str, Any]:
    """Puts together what several sites say about one program: the first that says a thing is heard.

    Of a graph that was run and one that the editor showed, the one that was run comes first.
    """
    ordered = sorted(found, key=lambda hit: (hit.parameters.get("graph") == "workflow", "tag" in hit.parameters))
    merged: dict[str, Any] = {}
    for hit in ordered:
        merged = {**hit.parameters, **merged}
    steps = [step for hit in ordered for step in hit.parameters.get("face_swap_nodes", ())]
    if any("face_swap_nodes" in hit.parameters for hit in found):
        merged["face_swap_nodes"] = list({(step["id"], step["type"]): step for step in reversed(steps)}.values())[::-1]
    return dict(sorted(merged.items()))


def differences(found: tuple[Hit, ...]) -> Iterator[dict[str, Any]]:
    """Gives where two sites say different things about the same parameter.

    What the editor showed is left out: its seeds are those for the next run.
    """
    compared = [hit for hit in found if hit.parameters.get("graph") != "workflow"]
    for name in _COMPARED:
        said = [(hit, hit.parameters[name]) for hit in compared if name in hit.parameters]
        if len({str(value) for _, value in said}) > 1:
            yield {
                "parameter": name,
                "values": [{"key": hit.site.key, "place": hit.site.place, "value": v} for hit, v in said],
            }
