"""Reads a laboratory's table of labelled media: what each row shows, whose chance it shares, what was done to it."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics.custody.digest import digest_stream
from forensics.custody.store import open_regular
from forensics.errors import UsageError
from forensics.model import Digests

ALWAYS_H1 = ("h1", "1")
ALWAYS_H2 = ("h2", "0")
PLAIN = "as it is"
"""Condition of rows that name none."""

SEVERAL = "|"
"""Stands between the names of several units or photos in one cell."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t"
"""What spreadsheets put between cells; where the comma is the decimal mark, it is the semicolon."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\]")
"""Not allowed in paths: `sha256sum` writes a name with a line break or backslash in another form, so that the corpus
could not be checked with it."""

_SHOWN = 3
"""Examples that an error names."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the table may say of the truth, in lower case.

    Attributes:
        h1: Words for the first proposition.
        h2: Words for the second.
    """

    h1: tuple[str, ...]
    h2: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table.

    Attributes:
        number: Its place, counted from 1 without the header.
        contents: Paths in the folder, `/` between their parts; what is examined is the first.
        is_h1: Whether the first proposition is true of it.
        units: Whose chance it shares: film, camera, person. Rows that share one are not independent.
        source: Where the material comes from; rates are given per source.
        condition: What was done to the material.
    """

    number: int
    contents: tuple[str, ...]
    is_h1: bool
    units: tuple[str, ...]
    source: str
    condition: str


@dataclass(frozen=True, slots=True)
class Labels:
    """The rows that are measured, and what was left out.

    Attributes:
        rows: In the order of the table.
        others: Number of rows that are for another kind of finding.
        repeated: Number of rows that say again what a row before said.
    """

    rows: tuple[Row, ...]
    others: int
    repeated: int


def read_labels(path: Path, *, kind: str, columns: Sequence[str], words: Words, encoding: str | None = None) -> Labels:
    """Reads the rows for one kind of finding.

    Args:
        path: A CSV file with a header.
        kind: Rows that name another one in the column `kind` are left out.
        columns: Names of the columns that hold paths; the last may hold several.
        words: What the column `truth` may say.
        encoding: Of the file; None for UTF-8 or UTF-16 with a mark.

    Raises:
        UsageError: The table cannot be read, a column is missing, or a row has another form.
    """
    text = _text(path, encoding)
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        heads = [_plain(name) for name in table.fieldnames or ()]
        _check_heads(heads, needed=(*columns, "truth", "unit"))
        cells = [
            (number, dict(zip(heads, (_plain(row.get(name)) for name in table.fieldnames or ()), strict=True)))
            for number, row in enumerate(table, start=1)
        ]
    except csv.Error as error:
        raise UsageError(f"{path.name} is no CSV: {error}") from error
    wanted = [(number, row) for number, row in cells if row.get("kind") in (None, "", kind)]
    rows = [_row(row, number, columns=columns, words=words) for number, row in wanted]
    kept = list({_said(row): row for row in reversed(rows)}.values())[::-1]
    if not kept:
        raise UsageError(f"{path.name} has no row for {kind}", hint="See docs/validation.md for its columns.")
    return Labels(tuple(kept), len(cells) - len(wanted), len(rows) - len(kept))


def _said(row: Row) -> tuple[object, ...]:
    return row.contents, row.is_h1, row.units, row.source, row.condition


def _text(path: Path, encoding: str | None) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Name the table with --labels.") from error
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding or marked)
    except (UnicodeDecodeError, LookupError) as error:
        hint = "Save it as UTF-8, or name its encoding: --encoding gb18030, --encoding cp1252."
        raise UsageError(f"{path.name} is no text in {encoding or marked}: {error}", hint=hint) from error


def _plain(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else ""


def _check_heads(heads: Sequence[str], *, needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in heads]
    if missing:
        hint = f"Needed are {', '.join(needed)}; docs/validation.md explains them."
        raise UsageError(f"the table of labels has no column {missing[0]}", hint=hint)
    twice = [name for name, count in Counter(heads).items() if count > 1 and name]
    if twice:
        raise UsageError(f"the table of labels has the column {twice[0]} twice")


def word_of(text: str) -> str:
    """Gives a word for the truth in the form in which words are compared: small letters, with - between parts."""
    return "-".join(text.lower().replace("_", " ").split())


def _row(cells: Mapping[str, str], number: int, *, columns: Sequence[str], words: Words) -> Row:
    paths = [cells[name] for name in columns[:-1]]
    last = cells[columns[-1]].split(SEVERAL) if len(columns) > 1 else [cells[columns[-1]]]
    contents = tuple(os.path.normpath(one.strip()) if one.strip() else "" for one in (*paths, *last))
    units = tuple(sorted({unit.strip() for unit in cells["unit"].split(SEVERAL) if unit.strip()}))
    if not all(contents) or not units:
        missing = "unit" if all(contents) else next(name for name in columns if not cells[name])
        hint = "A unit is what shares its chance: the film, camera or person. Name it in every row."
        raise UsageError(f"row {number} of the table of labels has no {missing}", hint=hint)
    truth = word_of(cells["truth"])
    if truth not in (*words.h1, *words.h2):
        known = f"{', '.join(words.h1)} for H1; {', '.join(words.h2)} for H2"
        hint = f"Known are {known}. Add words with --h1 WORD and --h2 WORD, and leave out what is not known."
        raise UsageError(f"row {number} of the table of labels has the truth {truth[:40]!r}", hint=hint)
    return Row(
        number, contents, truth in words.h1, units, cells.get("source") or "all", cells.get("condition") or PLAIN
    )


def digests_of(folder: Path, rows: Sequence[Row], *, progress: Callable[[int, int], None]) -> dict[str, Digests]:
    """Computes the digests of every file that rows name, by its path.

    Raises:
        UsageError: A file is missing, cannot be read, or lies outside the folder.
    """
    names = sorted({name for row in rows for name in row.contents})
    missing = [name for name in names if not _placed(folder, name).is_file()]
    if missing:
        shown = ", ".join(missing[:_SHOWN])
        hint = f"Paths are relative to {folder}; check them and the encoding of the table."
        raise UsageError(f"{len(missing)} of {len(names)} files of the table are missing: {shown}", hint=hint)
    found: dict[str, Digests] = {}
    for done, name in enumerate(names, start=1):
        try:
            with open_regular(_placed(folder, name)) as stream:
                found[name] = digest_stream(stream)
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror}") from error
        progress(done, len(names))
    return found


def _placed(folder: Path, name: str) -> Path:
    """Gives where a file lies, links followed, so that it can be seen to lie in the folder."""
    if _UNPRINTABLE.search(name):
        hint = "Write / between folders, and give the file another name where it has such a character."
        raise UsageError(f"the path {name!r} has a backslash or a control character", hint=hint)
    top = folder.resolve()
    path = (top / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(top):
        raise UsageError(f"{name} lies outside of {folder}", hint="Only files of the folder are measured.")
    return path


def place_of(folder: Path, name: str) -> Path:
    """Gives where a file of the table lies.

    Raises:
        UsageError: It lies outside the folder.
    """
    return _placed(folder, name)


def check_independence(rows: Sequence[Row], digests: Mapping[str, Digests]) -> None:
    """Refuses rows that contradict each other, or use one file and share no unit.

    A file that occurs in several rows must have a unit that all these rows name: otherwise they would count as
    independent, and the method would seem better tested than it is.

    Raises:
        UsageError: There are such rows.
    """
    truths: dict[tuple[str, ...], Row] = {}
    places: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        contents = tuple(digests[name].sha256 for name in row.contents)
        first = truths.setdefault(contents, row)
        if first.is_h1 is not row.is_h1:
            raise UsageError(f"rows {first.number} and {row.number} say the opposite of the same content")
        for content in set(contents):
            places[content].append(row)
    for using in places.values():
        if not set.intersection(*(set(row.units) for row in using)):
            raise UsageError(_divided(using), hint="Name what they share in the column unit of each: A|B names two.")


def _divided(using: Sequence[Row]) -> str:
    other = next((row for row in using if set(row.units).isdisjoint(using[0].units)), using[-1])
    shared = set(using[0].contents) & set(other.contents)
    named = min(shared) if shared else "the same bytes"
    return f"rows {using[0].number} and {other.number} use {named} and have no common unit in all rows that use it"
