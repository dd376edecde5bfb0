"""The values of a finding as blocks: what stands beside it, and what follows in the annex."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics.model import Finding, Result
from forensics.reporter.blocks import Block, Column, Paragraph, Table
from forensics.reporter.choice import CHOICES, PERSONAL, Choice, Listing
from forensics.reporter.evidence import Said
from forensics.reporter.naming import Path, leaves, reach, shown_name, value_name, value_said, value_word
from forensics.reporter.recorded import EMPTY
from forensics.reporter.wording import Words

VALUES_SHOWN = 8
"""Most single values that stand beside a finding of a kind without a choice of its own."""

CELL_LENGTH = 160
"""Characters after which a value in a cell of a table is cut; the record has it in full."""

MEMBER_LENGTH = 200
"""Characters after which a member of a list is cut in the annex."""

MEMBERS_LENGTH = 160
"""Characters after which a list is cut in the annex: about two lines."""

LIST_LENGTH: Mapping[str, int] = {"tags": 500}
"""The same for lists under certain last keys: the entries of the metadata are what people look up."""

RUN_IN = 4
"""Most members of a list that are written among the single values rather than as a table."""

_DEEP = frozenset({"facts", "parts"})
"""Keys of a part of a file, under which tables and inner parts lie; the record and the attached structure have them."""

Shown = tuple[Path, Any]
"""A value and where it stands."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """The values of a finding, parted by where the report has them.

    Attributes:
        plain: Single values beside the finding.
        tables: Lists beside the finding, with how they are shown.
        rest: What the annex has: all other values, and lists of which the tables do not show everything.
    """

    plain: tuple[Shown, ...]
    tables: tuple[tuple[Listing, Sequence[Mapping[str, Any]]], ...]
    rest: tuple[Shown, ...]


def arranged(finding: Finding) -> Arranged:
    """Parts the values of a finding.

    Left to the record are zeros and noes of a finding that found nothing, what its statement says word for word, and
    names of accounts.
    """
    personal = PERSONAL.get(finding.kind, frozenset())
    values = [
        shown for shown in leaves(finding.values) if _says(shown[1], finding.result) and shown[0][0] not in personal
    ]
    choice = CHOICES.get(finding.kind)
    if choice is None:
        values.sort(key=lambda shown: len(shown[0]) > 1 or _is_long(shown[1]))
        single = [shown for shown in values[:VALUES_SHOWN] if not _is_long(shown[1])]
        return Arranged(tuple(single), (), tuple(shown for shown in values if shown not in single))
    known = {".".join(path): (path, value) for path, value in values}
    plain = tuple(known[name] for name in choice.plain if name in known)
    tables = tuple(_tables(choice, known)) if finding.result is not Result.NOT_FOUND else ()
    whole = {listing.path for listing, members in tables if _is_whole(listing, members)}
    beside = {*choice.plain, *whole, *_stated(finding)}
    return Arranged(plain, tables, tuple(shown for name, shown in known.items() if name not in beside))


def _is_long(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple) and len(str(value)) > CELL_LENGTH


def _says(value: Any, result: Result) -> bool:
    return result is not Result.NOT_FOUND or value not in (0, False, "none")


def _stated(finding: Finding) -> Iterator[str]:
    """Gives the names of the values that the statement repeats under the same name."""
    for name, value in finding.statement.values.items():
        if name in finding.values and str(finding.values[name]) == str(value):
            yield name


def _tables(choice: Choice, known: Mapping[str, Shown]) -> Iterator[tuple[Listing, Sequence[Mapping[str, Any]]]]:
    for listing in choice.lists:
        members = known.get(listing.path, ((), ()))[1]
        if isinstance(members, list | tuple) and members and all(isinstance(one, Mapping) for one in members):
            yield listing, members


def _is_whole(listing: Listing, members: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the table shows every value of every member."""
    shown = {name for name, _ in listing.columns}
    return len(members) <= listing.most and all(
        ".".join(path) in shown for member in members for path, _ in leaves(member)
    )


def has_values(finding: Finding, *, words: Words) -> bool:
    """Whether values stand beside a finding."""
    return bool(arranged(finding).tables) or any(run_in(finding, words=words))


def run_in(finding: Finding, *, words: Words) -> Iterator[Said]:
    """Gives the values that stand beside a finding as lines: the single ones, then each list of few members.

    What the statement says word for word is not said again.
    """
    parted = arranged(finding)
    stated = set(_stated(finding))
    single = [(path, value) for path, value in parted.plain if ".".join(path) not in stated]
    if single:
        yield words.join(
            (_named_value(path, value, finding.kind, words=words) for path, value in single),
            words.say("word.semicolon"),
        )
    for listing, members in parted.tables:
        if _is_run_in(listing, members):
            path = tuple(listing.path.split("."))
            shown = members[: listing.most]
            text = words.join(
                (_run_in_member(listing, one, finding.kind, words=words) for one in shown), words.say("word.semicolon")
            )
            if len(shown) < len(members):
                text = words.say("word.cut", text=text)
            yield words.say("observations.value", name=shown_name(path, finding.kind, words=words), text=text)


def _is_run_in(listing: Listing, members: Sequence[Any]) -> bool:
    return listing.is_run_in or len(members) <= RUN_IN


def _named_value(path: Path, value: Any, kind: str, *, words: Words) -> Said:
    name = shown_name(path, kind, words=words)
    return words.say("observations.value", name=name, text=value_said(path, value, words=words, most=CELL_LENGTH))


def _run_in_member(listing: Listing, member: Mapping[str, Any], kind: str, *, words: Words) -> Said:
    """Writes a member of a list; the values of one whose list is always written so need no names."""
    path = tuple(listing.path.split("."))
    said = []
    for name, _ in listing.columns:
        inner = tuple(name.split("."))
        cell = reach(member, inner)
        if cell not in EMPTY:
            here = (*path, *inner)
            bare = listing.is_run_in
            said.append(_cell(here, cell, words=words) if bare else _named_value(here, cell, kind, words=words))
    return words.join(said, words.say("word.clause"))


def lists(finding: Finding, ref: str, *, words: Words) -> Iterator[Block]:
    """Gives a table for each longer list that stands with a finding."""
    for listing, members in arranged(finding).tables:
        if not _is_run_in(listing, members):
            yield _head(listing, members, finding.kind, ref=ref, words=words)
            yield _table(listing, members[: listing.most], finding.kind, words=words)


def _head(listing: Listing, members: Sequence[Any], kind: str, *, ref: str, words: Words) -> Paragraph:
    name = shown_name(tuple(listing.path.split(".")), kind, words=words)
    if len(members) <= listing.most:
        return Paragraph(words.say("observations.list", name=name, n=len(members), ref=ref), "note")
    text = words.say(
        "observations.list_cut", name=name, n=len(members), shown=listing.most, annex=words.part("values"), ref=ref
    )
    return Paragraph(text, "note")


def _table(listing: Listing, members: Sequence[Mapping[str, Any]], kind: str, *, words: Words) -> Table:
    shown: list[tuple[Column, list[Said]]] = []
    for name, share in listing.columns:
        inner = tuple(name.split("."))
        path = (*listing.path.split("."), *inner)
        cells = [reach(member, inner) for member in members]
        if all(cell in EMPTY for cell in cells):
            continue
        said = [_cell(path, cell, words=words) for cell in cells]
        shown.append((Column(shown_name(path, kind, words=words), share), said))
    rows = tuple(zip(*(cells for _, cells in shown), strict=True))
    return Table(tuple(column for column, _ in shown), rows, "compact")


def _cell(path: Path, value: Any, *, words: Words) -> Said:
    if value in EMPTY:
        return words.say("word.none")
    return value_said(path, value, words=words, most=CELL_LENGTH)


def in_annex(finding: Finding, *, words: Words, most: int) -> tuple[list[Said], int]:
    """Writes what the annex has of a finding: a line of single values, a line for each list.

    Args:
        finding: The finding.
        words: The language.
        most: Most values.

    Returns:
        The lines, and how many values were left out.
    """
    parted = arranged(finding)
    tables = {tuple(listing.path.split(".")): listing for listing, _ in parted.tables}
    single: list[Said] = []
    lists: list[Said] = []
    for path, value in parted.rest[:most]:
        if isinstance(value, list | tuple) and value and all(isinstance(one, Mapping) for one in value):
            lists.append(_list(path, value, finding.kind, table=tables.get(path), words=words))
        else:
            name = value_name(path, finding.kind, words=words) or words.shortened(".".join(path), 120)
            single.append(words.say("values.single", name=name, text=value_said(path, value, words=words)))
    joined = [words.join(single, words.say("word.semicolon"))] if single else []
    return [*joined, *lists], max(0, len(parted.rest) - most)


def _named(path: Path, kind: str, keys: Sequence[str], *, words: Words) -> Said:
    """Names a value with its recorded identifier in brackets; of a list, with the keys of its members."""
    name = value_name(path, kind, words=words)
    recorded = words.shortened(".".join(path), 120)
    if keys:
        recorded = words.join([recorded, words.join(keys, words.say("word.slash"))], ": ")
    return words.say("values.named", name=name, recorded=recorded) if name else recorded


def _list(path: Path, members: Sequence[Mapping[str, Any]], kind: str, *, table: Listing | None, words: Words) -> Said:
    """Writes the members of a list one after the other, their values parted by strokes; the rest is cut, visibly.

    The keys of the first member stand with the name; a value under another key has its key before it. Of members that
    stand in a table beside the finding, only what is not there is written, behind their number.
    """
    rows = list(_rows(members, table))
    keys = tuple(name for name, _ in rows[0][1]) if rows else ()
    parts: list[Said] = []
    room = LIST_LENGTH.get(path[-1], MEMBERS_LENGTH)
    for index, row in rows:
        if room <= 0:
            break
        text = words.shortened(_member(path, row, keys, words=words), MEMBER_LENGTH)
        parts.append(words.join([str(index), text], ") ") if table else text)
        room -= len(text) + 2
    text = words.join(parts, words.say("word.semicolon"))
    text = text if room > 0 else words.say("word.cut", text=text)
    return words.say("values.list", name=_named(path, kind, keys, words=words), n=len(members), text=text)


def _rows(members: Sequence[Mapping[str, Any]], table: Listing | None) -> Iterator[tuple[int, list[tuple[str, Any]]]]:
    """Gives the number of each member, and what of it the table does not show; members without any are left out."""
    beside = {name for name, _ in table.columns} if table else set()
    for index, member in enumerate(members):
        seen = beside if table and index < table.most else set()
        values = [(".".join(inner), value) for inner, value in leaves(member) if inner[0] not in _DEEP]
        left = [(name, value) for name, value in values if name not in seen]
        if left:
            yield index + 1, left


def _member(path: Path, row: Sequence[tuple[str, Any]], keys: Sequence[str], *, words: Words) -> Said:
    bare = tuple(name for name, _ in row if name in keys) == tuple(keys)
    said: list[Said] = []
    for name, value in row:
        text = value_said((*path, *name.split(".")), value, words=words, most=MEMBER_LENGTH)
        said.append(text if bare and name in keys else words.join([name, text], "="))
    return words.join(said, words.say("word.slash"))


def recorded_names(findings: Iterable[Finding], words: Words) -> list[Said]:
    """Lists the names and words that stand beside findings, each with what it stands for in the records."""
    found: set[tuple[str, str]] = set()
    for finding in findings:
        parted = arranged(finding)
        shown = [*parted.plain, *_columns(parted)]
        for path, value in shown:
            name = value_name(path, finding.kind, words=words)
            if name:
                found.add((name, ".".join(path)))
            found.update(_words_of(path, value, words))
    return [words.say("values.same", name=Said(name), recorded=words.show(path)) for name, path in sorted(found)]


def _columns(parted: Arranged) -> Iterator[Shown]:
    for listing, members in parted.tables:
        yield tuple(listing.path.split(".")), None
        for name, _ in listing.columns:
            inner = tuple(name.split("."))
            for member in members[: listing.most]:
                value = reach(member, inner)
                if value not in EMPTY:
                    yield (*listing.path.split("."), *inner), value


def _words_of(path: Path, value: Any, words: Words) -> Iterator[tuple[str, str]]:
    """Gives the words that stand for identifiers; recorded sentences and phrases need no key to find them."""
    for one in value if isinstance(value, list | tuple) else (value,):
        is_identifier = isinstance(one, str) and one and " " not in one
        word = value_word(path, one, words=words) if is_identifier else None
        if word is not None and one not in word:
            yield word, one
