"""What the verbs on chats and payments share: they write nothing to the case, and lead every place to its item."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.chats.message import Locator, Problem
from forensics.cli.unsealing import access
from forensics.custody.case import Case, open_case
from forensics.errors import StoreError, UsageError
from forensics.model import Snapshot
from forensics.proof.dossier import Dossier, compile_dossier

MOST_PROBLEMS = 10
"""Problems that are shown to people; `--json` has all."""

GAPS = ("sealed", "not at hand", "unread")
"""Problems of tables by which a verb ends with 3; so do rows that could not be read, where it adds up rows."""


@dataclass(frozen=True)
class Traced:
    """A case with its dossier; `is_open` where sealed tables were opened for it."""

    case: Case
    snapshot: Snapshot
    dossier: Dossier
    is_open: bool = False


@contextmanager
def uncollected() -> Iterator[None]:
    """Leaves cycles of objects alone for a while.

    Of a hundred thousand payments the collector looks at every object again and again, which takes a third of the
    time; hardly any cycle is made here.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def trace(folder: Path) -> Traced:
    """Reads a case and brings together what it holds; nothing is written.

    Raises:
        CaseError: There is no case.
        IntegrityError: The case is damaged.
    """
    case = open_case(folder)
    snapshot = case.snapshot()
    way = access(case, snapshot)
    dossier = compile_dossier(snapshot, way.opener, with_extracts=False, is_open=way.is_open)
    return Traced(case, snapshot, dossier, is_open=way.is_open)


def told_of(traced: Traced, value: Mapping[str, Any]) -> dict[str, Any]:
    """Gives what a verb tells, with what all of them tell beside it."""
    dossier = traced.dossier
    own = value.get("problems", [])
    problems = [*own, *map(problem_json, dossier.problems)]
    told = {
        **value,
        "sources": [_source(one) for one in (*dossier.chats, *dossier.bills)],
        "problems": problems,
        "is_sealed_opened": traced.is_open,
        "head": str(traced.case.head),
        "exit_code": 3 if own else exit_code(dossier.problems),
    }
    return {name: with_items(member, dossier.items) for name, member in told.items()}


def _source(one: Any) -> dict[str, Any]:
    names = ("item", "title", "format", "count", "finding")
    return {"content_sha256": one.content, **{name: getattr(one, name) for name in names}}


def problem_json(one: Problem) -> dict[str, Any]:
    """Writes a problem as a JSON value."""
    return {"what": one.what, "detail": one.detail, "locator": place_json(one.locator)}


def place_json(where: Locator) -> dict[str, Any]:
    """Writes a place as a JSON value."""
    return {"file": where.file, "name": where.name, "record": where.record, "offset": where.offset}


def exit_code(problems: Iterable[Problem]) -> int:
    """Gives 3 where something is not at hand, otherwise 0."""
    return 3 if any(one.what in GAPS for one in problems) else 0


def with_items(value: Any, items: Mapping[str, str]) -> Any:
    """Gives a JSON value whose places name the item in which they are."""
    if isinstance(value, list):
        return [with_items(one, items) for one in value] if value and isinstance(value[0], dict | list) else value
    if not isinstance(value, dict):
        return value
    made = {
        name: with_items(member, items) if isinstance(member, dict | list) else member for name, member in value.items()
    }
    return {**made, "item": items.get(made["file"])} if {"file", "record"} <= made.keys() else made


def problem_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Words what is in no total, and that something is that is sealed."""
    if told["is_sealed_opened"]:
        yield "  sealed tables were opened with your key: handle what is shown here as the items that are sealed"
    problems = told["problems"]
    for one in problems[:MOST_PROBLEMS]:
        where = one["locator"]
        yield f"  gap: {one['what']}: {where['name']} {where['record']}: {one['detail']}"
    if len(problems) > MOST_PROBLEMS:
        yield f"  and {len(problems) - MOST_PROBLEMS} more places that could not be read; --json lists all"


def write_new(path: Path, content: bytes) -> None:
    """Writes a new file.

    Raises:
        UsageError: There is one already.
        StoreError: It cannot be written.
    """
    try:
        with path.open("xb") as stream:
            stream.write(content)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already", hint="Give another name.", kept="Nothing was changed.") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}", hint="Check the folder.") from error
