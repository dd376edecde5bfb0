"""Recorded mappings of any shape, laid flat as names and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words

VALUE_LENGTH = 400
"""Characters after which a recorded value is cut; the record has it in full."""

EMPTY: tuple[Any, ...] = (None, "", {}, [], ())
"""Values that say nothing."""

ROW = 6
"""Most members of a list of plain values that is written on one line within a longer list."""

MANY = 6
"""Members from which a list of plain values is drawn together."""

OPERATORS = frozenset(
    {
        *(
            "host",
            "hostname",
            "node",
            "fqdn",
            "domain",
            "user",
            "username",
            "login",
            "home",
            "ip",
            "ips",
            "ipv4",
            "ipv6",
        ),
        *("mac", "serial", "ssid", "gateway", "address", "addresses", "network"),
    }
)
"""Words in names of facts about the operator's own machine and network, which reports leave out (standards: D12)."""

_WORDS = re.compile(r"[a-z0-9]+")


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Gives dotted names and plain values of nested mappings and lists; an empty one is given as itself."""
    if isinstance(value, Mapping) and value:
        if set(value) == {"display", "raw_hex"}:
            yield name, f"{value['display']} ({value['raw_hex']})"
            return
        for key, member in value.items():
            yield from flat(member, f"{name}.{key}" if name else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        if all(not isinstance(member, Mapping | list | tuple) for member in value):
            yield name, ", ".join(str(member) for member in value)
            return
        for index, member in enumerate(value):
            row = _row(member)
            yield from flat(member, f"{name}[{index}]") if row is None else [(f"{name}[{index}]", row)]
    else:
        yield name, value


def _row(member: Any) -> str | None:
    """Writes a short list of plain values on one line, as for the rows of a table; None where it is anything else."""
    if not isinstance(member, Mapping) or not 0 < len(member) <= ROW:
        return None
    if any(isinstance(value, Mapping | list | tuple) for value in member.values()):
        return None
    return ", ".join(f"{key}={value}" for key, value in member.items() if value not in EMPTY)


def is_operators(name: str) -> bool:
    """Whether a fact, by its name, is about the operator's machine, network or person."""
    return not OPERATORS.isdisjoint(_WORDS.findall(name.lower()))


def value_text(value: Any, words: Words) -> Said:
    """Writes a recorded value; something empty is said to be empty."""
    if value in EMPTY[1:]:
        return words.say("word.empty")
    if isinstance(value, bool) or value is None:
        return words.show(value)
    return words.shortened(str(value), VALUE_LENGTH)


def gathered(value: Mapping[str, Any]) -> dict[str, Any]:
    """Draws each member that is a long list of plain values together into one text, as for versions of libraries."""
    return {name: _one_line(member) if _is_plain_list(member) else member for name, member in value.items()}


def _is_plain_list(member: Any) -> bool:
    if not isinstance(member, Mapping) or len(member) < MANY:
        return False
    return all(not is_operators(str(key)) and isinstance(value, str | int) for key, value in member.items())


def _one_line(member: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in member.items())


def pairs(value: Mapping[str, Any], words: Words) -> tuple[tuple[Said, Said], ...]:
    """Lays a mapping flat as names and values, without what is about the operator."""
    hidden = words.say("word.operator")
    return tuple(
        (words.show(name), hidden if is_operators(name) else value_text(found, words)) for name, found in flat(value)
    )
