"""The checks made before a capture: each record once, and where later ones differ from it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from forensics.reporter.blocks import Block, Column, Paragraph, Points, Section, Table
from forensics.reporter.captured import Capture, all_captures, members
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.item_range import item_ranges
from forensics.reporter.recorded import EMPTY, flat, is_operators
from forensics.reporter.wording import Words

LISTS = ("points", "clean_environment", "further")
"""Lists of checks in a pre-flight record, in the order in which they are shown. *Source:* docs/capture-record.md."""

STATUSES = ("done", "sealed", "warning", "not-available", "operator", "capture")
"""What a check can come to."""

DIFFERENCES = 8
"""Most checks in which a record may differ from an earlier one and not be printed in full."""

DIFFERENCES_IN_ALL = 300
"""Most rows of the table of differences: about twelve pages."""

VARYING = frozenset({"processes", "memory", "storage"})
"""Checks whose values are never the same twice; records are compared by what else they say."""

VALUE_LENGTH = 240
"""Characters after which the value of a check is cut; the record has it in full."""

SALTED = "salted_sha256"
"""Name of digests over a random number, of use only to whom the sealed part is opened; the record has them."""

_VERSIONS = frozenset({"version", "release", "kernel", "product", "revision", "number", "agent"})
"""Words in names of values that may look like addresses, or be counted among the operator's, and are neither."""

_NOTHING_TOLD = frozenset({"sealed", "not-stated", "not-asked", "not-available", "unknown", "none"})
_WORD = re.compile(r"[a-z0-9]+")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+|\d+(?:\.\d+){3})"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One row of a pre-flight record, ready to be printed; `fixed_name` is the name as recorded."""

    group: str
    fixed_name: str
    id: Said
    name: Said
    status: Said
    value: Said

    def is_like(self, other: Check, *, by_value: bool) -> bool:
        """Whether both say the same; `by_value` is off where values may not be shown."""
        alike = (self.group, self.id, self.name, self.status) == (other.group, other.id, other.name, other.status)
        return alike and (not by_value or self.fixed_name in VARYING or self.value == other.value)


@dataclass
class Printed:
    """A record that is printed in full.

    Attributes:
        label: How sheets refer to it.
        checks: Its rows.
        items: Ids of the items before whose capture the same was found.
        protocol: The protocol that it names.
        has_failed: Whether the record says that a check came out in a way that the operator must know of.
    """

    label: Said
    checks: tuple[Check, ...]
    protocol: Said
    has_failed: bool
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Preflights:
    """All pre-flight records of a case.

    Attributes:
        printed: Those printed in full, in order.
        places: Acquisition reference to the index in `printed` and the checks in which the record differs from it.
        items: Acquisition reference to the item.
    """

    printed: tuple[Printed, ...]
    places: Mapping[str, tuple[int, tuple[Check, ...]]]
    items: Mapping[str, str]

    def reference(self, capture: Capture, words: Words) -> Said:
        """Says where the checks made before a capture stand."""
        if capture.done.ref not in self.places:
            return words.say("capture.no_preflight")
        index, differing = self.places[capture.done.ref]
        label, part = self.printed[index].label, words.part("collection")
        if differing:
            return words.say("capture.preflight_differs", label=label, part=part, n=len(differing))
        return words.say("capture.preflight_at", label=label, part=part)


def gather_preflights(case: CaseFacts, words: Words) -> Preflights:
    """Compares the pre-flight records of a case; one that differs little from another is told by what differs."""
    printed: list[Printed] = []
    places: dict[str, tuple[int, tuple[Check, ...]]] = {}
    items: dict[str, str] = {}
    recorded = [(facts, capture) for facts, capture in all_captures(case) if capture.preflight]
    for facts, capture in sorted(recorded, key=lambda pair: pair[0].masked):
        checks = tuple(_checks(capture.preflight, words, is_masked=facts.masked))
        index, differing = _nearest(checks, printed, by_value=not facts.masked)
        if index is None:
            index, differing = len(printed), ()
            label = words.say("preflight_table.label", n=index + 1)
            protocol = words.shortened(str(capture.preflight.get("protocol") or words.say("word.not_recorded")), 120)
            printed.append(Printed(label, checks, protocol, capture.preflight.get("passed") is False))
        if not differing:
            printed[index].items.append(facts.item.id)
        places[capture.done.ref] = (index, differing)
        items[capture.done.ref] = facts.item.id
    return Preflights(tuple(printed), places, items)


def _nearest(
    checks: tuple[Check, ...], printed: list[Printed], *, by_value: bool
) -> tuple[int | None, tuple[Check, ...]]:
    """Finds the printed record that differs least; None where each differs in too much."""
    found: tuple[int | None, tuple[Check, ...]] = (None, checks)
    for index, one in enumerate(printed):
        if [(check.group, check.id) for check in checks] != [(check.group, check.id) for check in one.checks]:
            continue
        pairs = zip(checks, one.checks, strict=True)
        differing = tuple(check for check, known in pairs if not check.is_like(known, by_value=by_value))
        if len(differing) <= DIFFERENCES and (found[0] is None or len(differing) < len(found[1])):
            found = (index, differing)
    return found


def _checks(preflight: Mapping[str, Any], words: Words, *, is_masked: bool) -> Iterator[Check]:
    for group in LISTS:
        for point in members(preflight, group):
            yield _check(point, group, words=words, is_masked=is_masked)


def _check(point: Mapping[str, Any], group: str, *, words: Words, is_masked: bool) -> Check:
    name, status = str(point.get("name", "")), str(point.get("status", ""))
    name_key, status_key = f"preflight.{name}", f"preflight_status.{status}"
    value = _value(point, words) or words.say("word.none")
    if is_masked and value != words.say("word.none"):
        value = words.say("word.hidden")
    return Check(
        group,
        name,
        words.shortened(str(point.get("id", "")), 12),
        words.say(name_key) if words.has(name_key) else words.shortened(name, 80),
        words.say(status_key) if words.has(status_key) else words.shortened(status, 40),
        value,
    )


def _value(point: Mapping[str, Any], words: Words) -> Said:
    """Writes value and detail of a check; anything that tells of the operator's machine or network is left out."""
    found = [(name, value) for name, value in flat(point.get("value")) if value not in EMPTY and name != SALTED]
    parts = [_named(name, value, words) for name, value in found]
    if point.get("detail"):
        parts.append(_clean("", point["detail"], words))
    return words.shortened(words.join(parts, words.say("word.semicolon")), VALUE_LENGTH)


def _named(name: str, value: Any, words: Words) -> Said:
    shown = words.show(value) if isinstance(value, bool) else _clean(name, value, words)
    return words.join([name, shown], " ") if name else shown


def _clean(name: str, value: Any, words: Words) -> Said:
    if not isinstance(value, str) or value in _NOTHING_TOLD or not _VERSIONS.isdisjoint(_WORD.findall(name.lower())):
        return words.show(str(value))
    return words.say("word.operator") if is_operators(name) or _has_address(value) else words.show(value)


def _has_address(value: str) -> bool:
    """Whether a text has an address of a machine, other than that by which every machine calls itself."""
    return any(_is_address(found) for found in _ADDRESS.findall(value))


def _is_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return len(_WORD.findall(text.lower())) == 6 and len(text) == 17  # noqa: PLR2004 - six pairs of digits: a MAC address
    return not (found.is_loopback or found.is_unspecified)


def section(preflights: Preflights, number: str, *, words: Words) -> Section:
    """Builds the section with the pre-flight records."""
    blocks: list[Block] = [Paragraph(words.say("preflight_table.intro"))]
    blocks.append(Points(tuple(_legend(words))))
    for one in preflights.printed:
        blocks += _record(one, words)
    if len(preflights.places) > len(preflights.printed):
        blocks.append(Paragraph(words.say("preflight_table.varying", checks=_varying(words)), "note"))
    blocks += _differences(preflights, words)
    return Section("collection-preflight", number, words.say("preflight_table.title"), tuple(blocks))


def _legend(words: Words) -> Iterator[Said]:
    for status in STATUSES:
        yield words.say(
            "preflight_table.legend",
            status=words.say(f"preflight_status.{status}"),
            meaning=words.say(f"preflight_meaning.{status}"),
        )


def _varying(words: Words) -> Said:
    return words.listed(words.say(f"preflight.{name}") for name in sorted(VARYING))


def _record(one: Printed, words: Words) -> Iterator[Block]:
    heading = words.say("preflight_table.heading", label=one.label, items=item_ranges(set(one.items), words))
    yield Paragraph(heading, "strong")
    yield Paragraph(words.say("preflight_table.protocol", protocol=one.protocol), "note")
    if one.has_failed:
        yield Paragraph(words.say("preflight_table.failed"), label=words.label("capture.warning"))
    for group in LISTS:
        rows = tuple((check.id, check.name, check.status, check.value) for check in one.checks if check.group == group)
        if rows:
            yield Paragraph(words.say(f"preflight_table.list_{group}"), label=Said(""))
            yield Table(_columns((("id", 9), ("name", 30), ("status", 22), ("value", 39)), words), rows, "fine")


def _columns(names: tuple[tuple[str, int], ...], words: Words) -> tuple[Column, ...]:
    return tuple(
        Column(words.say(f"preflight_table.column_{name}"), share, "strong" if name == "id" else "text")
        for name, share in names
    )


def _differences(preflights: Preflights, words: Words) -> Iterator[Block]:
    rows = [
        (
            words.join([preflights.items[ref], ref], "\n"),
            preflights.printed[index].label,
            words.join([check.id, check.name], " "),
            check.status,
            check.value,
        )
        for ref, (index, differing) in preflights.places.items()
        for check in differing
    ]
    if not rows:
        return
    yield Paragraph(words.say("preflight_table.differences"), "strong")
    if len(rows) > DIFFERENCES_IN_ALL:
        yield Paragraph(words.say("preflight_table.cut", shown=DIFFERENCES_IN_ALL, total=len(rows)), "note")
    names = (("item", 15), ("label", 9), ("name", 26), ("status", 18), ("value", 32))
    yield Table(_columns(names, words), tuple(rows[:DIFFERENCES_IN_ALL]), "fine")
