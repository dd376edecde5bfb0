"""What `search` does, and how its result is told."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forensics.chats.message import Problem
from forensics.cli.tracing import exit_code, problem_json, with_items, write_new
from forensics.cli.unsealing import access
from forensics.custody.case import Case, open_case
from forensics.errors import ForensicsError
from forensics.model import Snapshot
from forensics.proof.dossier_beside import beside
from forensics.proof.dossier_lead import read_leads
from forensics.proof.dossier_rule import load_all
from forensics.proof.dossier_source import TableSource, sources_of
from forensics.proof.dossier_stated import glossary, spoken, stated
from forensics.proof.dossier_table import Tables
from forensics.proof.money import safe_cell
from forensics.proof.search import Found, Wanted, hit_json, search, wanted_of
from forensics.proof.search_rule import Hit
from forensics.proof.search_slang import load_slang, spellings_of
from forensics.proof.search_text import Text, hits_in, hits_in_bill, texts_of

MESSAGE = "message"
COLUMNS = (
    "kind",
    "item",
    "name",
    "record",
    "offset",
    "at",
    "at_shown",
    "sender",
    "chat",
    "topic",
    "rule",
    "text",
    "file",
)
"""Columns of the table of hits."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the user looks for.

    Attributes:
        words: All must be there.
        topic: Only messages that rules for this topic find; None for all texts.
        is_exact: Whether other spellings of the glossary are left out.
        most: Hits that are given; all are counted.
    """

    words: tuple[str, ...]
    topic: str | None = None
    is_exact: bool = False
    most: int = 1000


def search_case(folder: Path, question: Question, *, table: Path | None) -> dict[str, Any]:
    """Searches a case, and writes the table of hits where one is wanted.

    Raises:
        CaseError: There is no case.
        UsageError: There is no word to search for, or the file of the table exists.
    """
    case = open_case(folder)
    snapshot = case.snapshot()
    way = access(case, snapshot)
    tables = Tables(sources_of(snapshot, is_open=way.is_open), way.opener, beside(snapshot))
    wanted = _wanted(question, snapshot) if question.words else ()
    work = _Search(question, wanted)
    if question.topic:
        work.by_topic(tables, snapshot, case)
    else:
        work.everywhere(tables, snapshot, case)
    problems = (*tables.problems, *work.problems)
    hits = with_items([{"kind": kind, **hit_json(hit)} for kind, hit in work.hits], tables.items)
    if table is not None:
        write_new(table, _table(hits))
    return {
        "words": [list(each) for each in wanted],
        "topic": question.topic,
        "hits": hits,
        "count": work.count,
        "csv": str(table) if table is not None else None,
        "problems": with_items([problem_json(one) for one in problems], tables.items),
        "is_sealed_opened": way.is_open,
        "head": str(case.head),
        "exit_code": exit_code(problems),
    }


def _wanted(question: Question, snapshot: Snapshot) -> Wanted:
    if question.is_exact:
        return wanted_of(question.words)
    known = glossary(load_slang(), stated(snapshot.statements).slang)
    return wanted_of([spellings_of(word, known) if word.strip() else word for word in question.words])


class _Search:
    """Hits as they are found; those beyond what was asked for are counted only.

    Args:
        question: What the user looks for.
        wanted: Its words as they are searched.
    """

    def __init__(self, question: Question, wanted: Wanted) -> None:
        self.hits: list[tuple[str, Hit]] = []
        self.count = 0
        self.problems: list[Problem] = []
        self._question, self._wanted = question, wanted

    def by_topic(self, tables: Tables, snapshot: Snapshot, case: Case) -> None:
        """Takes what the rules for the topic find, and of that, where there are words, what has all of them."""
        places = self._places(tables, snapshot, case) if self._wanted else None
        for hit in read_leads(tables, spoken(snapshot.statements), rules=load_all()).hits:
            where = (hit.locator.file, hit.locator.record)
            if hit.topic == self._question.topic and (places is None or where in places):
                self._take(MESSAGE, hit)

    def _places(self, tables: Tables, snapshot: Snapshot, case: Case) -> set[tuple[str, str]]:
        """Gives the places of everything that has the words."""
        every = _Search(replace(self._question, most=sys.maxsize), self._wanted)
        every.everywhere(tables, snapshot, case)
        self.problems += every.problems
        return {(hit.locator.file, hit.locator.record) for _, hit in every.hits}

    def everywhere(self, tables: Tables, snapshot: Snapshot, case: Case) -> None:
        """Searches the messages, the rows of bills, and then all other texts."""
        for source in tables.sources.chats:
            self._table(MESSAGE, search, tables, source)
        for bill in tables.sources.bills:
            self._table("bill", hits_in_bill, tables, bill)
        for kind, hit in hits_in(self._texts(texts_of(snapshot, case.store.open)), self._wanted):
            self._take(kind, hit)

    def _table(self, kind: str, look: Callable[..., Found], tables: Tables, source: TableSource) -> None:
        try:
            with tables.opener(source.words) as words, tables.opener(source.table) as table:
                found = look(words, table, self._wanted, most=self._question.most - len(self.hits))
        except ForensicsError as error:
            tables.fail(source, error)
            return
        self.hits += [(kind, hit) for hit in found.hits]
        self.count += found.count

    def _texts(self, given: Iterator[Text | Problem]) -> Iterator[Text]:
        for one in given:
            if isinstance(one, Text):
                yield one
            else:
                self.problems.append(one)

    def _take(self, kind: str, hit: Hit) -> None:
        self.count += 1
        if len(self.hits) < self._question.most:
            self.hits.append((kind, hit))


def _table(hits: Sequence[Mapping[str, Any]]) -> bytes:
    """Writes hits as CSV in UTF-8 with its mark; no cell can be computed by a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in hits:
        flat = {**one, **one["locator"]}
        writer.writerow([safe_cell(flat[name]) for name in COLUMNS])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")
