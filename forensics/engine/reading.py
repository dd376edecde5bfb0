"""The text of a screenshot as it was read, and what an examiner said of it before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.engine.compare import chosen_item
from forensics.engine.evidence import StoredEvidence
from forensics.engine.statement import statements_of
from forensics.errors import IntegrityError
from forensics.model import Artifact, Committed, Finding, Statement
from forensics.proof.candidate import TextLine
from forensics.proof.reading import readings

KIND = "text.read"
"""Kind of the findings that hold what a program read in a picture."""

ROLE = "text-lines"
"""Role of the file with all lines."""

MOST_BYTES = 8 << 20
"""Bytes of such a file that are read: 600 lines of 500 characters have under one megabyte."""


@dataclass(frozen=True)
class TextOf:
    """The text of an item.

    Attributes:
        item: Its id.
        original: Its content.
        finding: Reference of the finding that the text is from; empty where none was read.
        lines: All lines, as they were read; empty where none was.
        stated: What was said of this content before; None where nothing stands.
    """

    item: str
    original: Artifact
    finding: str
    lines: tuple[TextLine, ...]
    stated: Committed[Statement] | None

    @property
    def is_sealed(self) -> bool:
        """Whether the content is protected, so that its text may not stand in the records."""
        return self.original.sealed is not None


def text_of(writer: Writer, named: str) -> TextOf:
    """Finds the text of an item.

    Args:
        writer: The open case.
        named: Id or locator of the item.

    Raises:
        UsageError: There is no such item.
        IntegrityError: The file with the lines is malformed.
    """
    chosen = chosen_item(writer, named)
    content = chosen.artifact.content_sha256
    found, stated = _newest(writer, content), _stated(writer, content)
    if found is None:
        return TextOf(chosen.item, chosen.artifact, "", (), stated)
    made = next(one for one in found.record.attachments if one.role == ROLE)
    lines = _lines(StoredEvidence(made, writer.store, (writer.key.identity,)), found.ref)
    return TextOf(chosen.item, chosen.artifact, found.ref, lines, stated)


def _newest(writer: Writer, content: str) -> Committed[Finding] | None:
    """Finds the newest finding that has lines of a content."""
    found = [one for one in _findings(writer, content) if any(each.role == ROLE for each in one.record.attachments)]
    return found[-1] if found else None


def _findings(writer: Writer, content: str) -> Iterator[Committed[Finding]]:
    query = (
        "SELECT record.seq, record.idx, record.offset, record.length FROM subject "
        "JOIN record ON record.seq = subject.seq AND record.idx = subject.idx "
        "JOIN finding ON finding.seq = subject.seq AND finding.idx = subject.idx "
        "WHERE subject.sha256 = ? AND finding.kind = ? ORDER BY record.seq, record.idx"
    )
    for seq, index, offset, length in writer.index.rows(query, (content, KIND)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Finding):
            yield Committed(f"{seq}/{index}", record)


def _stated(writer: Writer, content: str) -> Committed[Statement] | None:
    every = readings(statements_of(writer.case, writer.index))
    return next((one for one in every if one.record.values.get("content") == content), None)


def _lines(evidence: StoredEvidence, ref: str) -> tuple[TextLine, ...]:
    with evidence.open() as stream:
        body = stream.read(MOST_BYTES + 1)
    try:
        return tuple(_line(one) for one in json.loads(body)["lines"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError(
            f"the lines of finding {ref} cannot be read", hint="Run `forensics verify CASE`."
        ) from error


def _line(told: Mapping[str, Any]) -> TextLine:
    left, top, width, height = (int(one) for one in told["box_px"])
    return TextLine(int(told["number"]), str(told["text"]), (left, top, width, height), float(told["confidence"]))
