"""Texts of a case beside chats: captured pages, what was read on pictures, labels, words of platforms, bills."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

from forensics.chats import bill_table, html_stream
from forensics.chats.message import Locator, Problem
from forensics.chats.payment import Payment
from forensics.chats.source import Source
from forensics.chats.word import searched
from forensics.errors import ForensicsError, MediaError
from forensics.model import Artifact, Finding, Snapshot
from forensics.proof.dossier_source import SEALED, WITHHELD, Opener
from forensics.proof.dossier_stated import spoken
from forensics.proof.dossier_work import INFO, MOST_INFO
from forensics.proof.search import Found, Wanted, find, found_words
from forensics.proof.search_rule import Hit

PAGES = ("dom", "html")
"""Roles of documents of captured pages."""

READ, LABEL = "text.read", "label.explicit"
"""Kinds of findings with texts that were read on pictures, and with labels that people can see."""

MOST_PAGE = 256 << 20
"""Bytes of a page that are read."""

_AROUND = 120
_INFO = ("title", "fulltitle", "description", "uploader", "uploader_id", "channel")
_FRAME, _AS_SEEN = b"<template data-frame", b"<xtemplat data-frame"
"""Documents of frames stand in templates, which a reader of pages passes over."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text with its place; words of one `Text` may stand in several pieces."""

    text: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the case.

    Attributes:
        kind: `page`, `picture`, `reading` (a picture as an examiner read it), `label` or `platform`.
    """

    kind: str
    pieces: tuple[Piece, ...]


def texts_of(snapshot: Snapshot, opener: Opener) -> Iterator[Text | Problem]:
    """Gives all texts beside messages and the rows of bills; a problem for what is sealed or cannot be opened."""
    for one in snapshot.acquisitions:
        for artifact in one.record.artifacts:
            if artifact.role in (*PAGES, INFO):
                yield from _artifact(artifact, opener)
    names = {a.content_sha256: str(a.name) for one in snapshot.acquisitions for a in one.record.artifacts}
    for found in snapshot.findings:
        yield from _finding(found.record, found.ref, names)
    for message in spoken(snapshot.statements):
        yield Text("reading", (Piece(message.text, message.locator),))


def hits_in_bill(words: BinaryIO, table: BinaryIO, wanted: Wanted, *, most: int | None = None) -> Found:
    """Finds the rows of a bill that have every word, as `search` does for messages.

    Raises:
        CodecError: The words do not belong to the table.
    """
    places, count = find(words, wanted, most=most)
    rows = bill_table.rows_at(table, (place for place, _ in places))
    found = zip(rows, places, strict=True)
    return Found(tuple(_row(row, found_words(text, wanted)) for row, (_, text) in found), count)


def _row(row: bill_table.Row, words: tuple[str, ...]) -> Hit:
    at, shown = (row.at, row.at_shown) if isinstance(row, Payment) else (None, "")
    return Hit("", "", words, bill_table.text_of(row), "", row.locator.record, at, shown, "", row.locator)


def hits_in(texts: Iterable[Text], wanted: Wanted) -> Iterator[tuple[str, Hit]]:
    """Gives the texts that have every word, each with its kind; the place is that of the first word."""
    for one in texts:
        plain = [searched(piece.text) for piece in one.pieces]
        words = found_words("\n".join(plain), wanted)
        if words:
            number = next((at for at, text in enumerate(plain) if words[0] in text), 0)
            piece = one.pieces[number]
            yield one.kind, _hit(_excerpt(piece.text, plain[number], words[0]), piece.locator, words)


def _hit(text: str, where: Locator, words: tuple[str, ...]) -> Hit:
    return Hit("", "", words, text, "", where.record, None, "", "", where)


def _excerpt(text: str, plain: str, word: str) -> str:
    """Gives the text around a word; the form that is searched is hardly ever longer or shorter than what is shown."""
    at = max(plain.find(word), 0)
    return " ".join(text[max(at - _AROUND, 0) : at + len(word) + _AROUND].split())


def _artifact(artifact: Artifact, opener: Opener) -> Iterator[Text | Problem]:
    where = Locator(artifact.content_sha256, artifact.name.display, artifact.role)
    if artifact.sealed is not None:
        yield Problem(SEALED, f"{artifact.name.display} is sealed and was not searched", where)
        return
    try:
        with opener(artifact.digests.sha256) as stream:
            yield from _info(stream, where) if artifact.role == INFO else _page(stream, where)
    except ForensicsError as error:
        yield Problem(WITHHELD, f"{artifact.name.display} was not searched: {error}", where)


def _page(stream: BinaryIO, where: Locator) -> Iterator[Text | Problem]:
    """Gives the visible text of a page, frames included, and the words that stand for pictures."""
    content = stream.read(MOST_PAGE + 1)
    if len(content) > MOST_PAGE:
        yield Problem("page", f"{where.name}: only its first {MOST_PAGE} bytes were searched", where)
    shown = content[:MOST_PAGE].replace(_FRAME, _AS_SEEN)
    pieces: list[Piece] = []
    try:
        for part in html_stream.parts(Source(partial(_again, shown), where.name, where.file)):
            said = part.text if part.kind == "text" else " ".join(map(part.attributes.get, ("alt", "title"), ("", "")))
            if said.strip():
                pieces.append(Piece(said, Locator(where.file, where.name, f"line {part.line}", part.offset)))
    except MediaError as error:
        yield Problem("page", f"{where.name} was not searched to its end: {error}", where)
    yield Text("page", tuple(pieces))


@contextmanager
def _again(content: bytes) -> Iterator[BinaryIO]:
    yield BytesIO(content)


def _info(stream: BinaryIO, where: Locator) -> Iterator[Text | Problem]:
    """Gives what a platform says of a clip: title, description, and comments, each as a text."""
    try:
        told: Any = json.loads(stream.read(MOST_INFO))
    except (ValueError, RecursionError):
        yield Problem("platform", f"{where.name} is no JSON that can be read", where)
        return
    told = told if isinstance(told, dict) else {}
    for name in _INFO:
        if isinstance(told.get(name), str) and told[name]:
            yield Text("platform", (Piece(told[name], Locator(where.file, where.name, name)),))
    comments = told.get("comments")
    for number, one in enumerate(comments if isinstance(comments, list) else ()):
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            yield Text("platform", (Piece(one["text"], Locator(where.file, where.name, f"comments[{number}]")),))


def _finding(finding: Finding, ref: str, names: Mapping[str, str]) -> Iterator[Text]:
    """Gives the texts that a finding has read, line by line as one text."""
    kind = {READ: "picture", LABEL: "label"}.get(finding.kind)
    if kind is None:
        return
    content = finding.subject[0]
    pieces = tuple(
        Piece(text, Locator(content, names.get(content, ""), f"finding {ref}, {place}"))
        for place, text in _strings(finding.values)
    )
    if pieces:
        yield Text(kind, pieces)


def _strings(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Finds the members `text` of lists, wherever they stand in a finding's values."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _strings(value)
        elif isinstance(value, list | tuple):
            for number, one in enumerate(value, 1):
                if isinstance(one, Mapping):
                    if isinstance(one.get("text"), str):
                        yield f"{name} {number}", one["text"]
                    yield from _strings({key: part for key, part in one.items() if key != "text"})
