"""What a file is built of: its parts as a tree with offsets and sizes."""

from __future__ import annotations

import io
import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.container.look import Look
from forensics.formats import Part
from forensics.model import Finding, Message, Result

_MOST_FACTS = 12
_MOST_TEXT = 200
_ORDER_SHOWN = 24
_KINDS_SHOWN = 40

_DECLARED = message(
    "container.structure.limit",
    "Parts are named and measured as their headers state them; pictures and sound were not decoded.",
)
_REBUILT = message(
    "container.structure.rebuilt",
    "Every program that saves or copies a file may order its parts anew, without changing what is seen or heard.",
)


def findings(look: Look) -> Iterator[Finding]:
    """States what the file is built of."""
    structure = look.structure
    if not look.is_read:
        statement = message("container.structure.unread", "The structure of the file could not be read.")
        values = {"format": structure.format, "size_bytes": structure.size, "part_count": 0}
        yield look.finding(
            "container.structure",
            Result.INDETERMINATE,
            statement,
            values=values,
            limits=(_DECLARED,),
            gaps=look.gaps,
        )
        return
    every = [part for _, part in structure.walk()]
    shown = _nearest(structure.parts, look.settings.max_tree)
    yield look.finding(
        "container.structure",
        Result.FOUND,
        _statement(look, len(every)),
        values=_values(look, every, shown),
        limits=(_DECLARED,),
        alternatives=(_REBUILT,),
        gaps=look.gaps,
        attachments=() if len(shown) == len(every) else (_attached(look),),
    )


def _statement(look: Look, count: int) -> Message:
    return message(
        "container.structure.found",
        "Format of the file: {format}; number of parts: {count}; the outermost in their order: {order}.",
        format=look.structure.format,
        count=count,
        order=order(look.structure.parts),
    )


def order(parts: Iterable[Part], *, most: int = _ORDER_SHOWN) -> str:
    """Writes the kinds of parts in their order, repeated ones with their number: `SOI APP0 DQT x2 SOF0`."""
    runs = [(kind, len(list(same))) for kind, same in groupby(part.kind for part in parts)]
    words = [kind if count == 1 else f"{kind} x{count}" for kind, count in runs[:most]]
    return " ".join([*words, "..."] if len(runs) > most else words)


def _values(look: Look, every: list[Part], shown: set[int]) -> dict[str, Any]:
    structure = look.structure
    kinds = Counter(part.kind for part in every)
    return {
        "format": structure.format,
        "size_bytes": structure.size,
        "part_count": len(every),
        "order": order(structure.parts),
        "kinds": dict(sorted(kinds.most_common(_KINDS_SHOWN))),
        "value_count": len(structure.values),
        "problem_count": len(structure.problems),
        "tree_is_complete": len(shown) == len(every),
        "tree": [_row(part, shown) for part in structure.parts if id(part) in shown],
    }


def _nearest(parts: tuple[Part, ...], most: int) -> set[int]:
    """Chooses parts, the outermost first, then those within them, level by level; gives their identities."""
    chosen: set[int] = set()
    waiting = deque(parts)
    while waiting and len(chosen) < most:
        part = waiting.popleft()
        chosen.add(id(part))
        waiting.extend(part.parts)
    return chosen


def _row(part: Part, shown: set[int] | None = None) -> dict[str, Any]:
    inner = [_row(one, shown) for one in part.parts if shown is None or id(one) in shown]
    row: dict[str, Any] = {"kind": part.kind, "offset": part.offset, "size_bytes": part.size}
    if part.declared_size not in (None, part.size):
        row["declared_size_bytes"] = part.declared_size
    facts = {name: _brief(value) for name, value in list(part.facts.items())[:_MOST_FACTS]}
    return row | ({"facts": facts} if facts else {}) | ({"parts": inner} if inner else {})


def _brief(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "..."


def _attached(look: Look) -> Any:
    rows = [_row(part) for part in look.structure.parts]
    document = {"format": look.structure.format, "size_bytes": look.structure.size, "tree": rows}
    content = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()
    stream = io.BytesIO(content)
    return look.sink.put(stream, role="structure", name="structure.json", media_type="application/json")
