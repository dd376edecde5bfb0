"""Page: whether recorded responses explain what a captured page showed, and whether a second fetch got the same."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from forensics.analyzers import describe
from forensics.analyzers.page import archive, report, seen, statement
from forensics.analyzers.page.archive import Archive, Limits
from forensics.analyzers.page.body import text_of
from forensics.analyzers.page.report import Table
from forensics.analyzers.page.second import compare
from forensics.analyzers.page.seen import Seen
from forensics.errors import MediaError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink


@dataclass(frozen=True)
class PageAnalyzer:
    """Compares what a captured page showed with what servers sent, from one web archive.

    Attributes:
        least_part: What a text must weigh to be explained as a part of a longer recorded one: letters and digits count
            1, ideographs 3.
        max_texts: Visible texts, and visible pictures, that are looked at.
        max_listed: Texts, pictures and lines that a finding lists.
        max_shown: Characters of each that it lists.
        body_limit_bytes: Longer bodies are not read for text.
        text_limit_chars: Characters of recorded text that are taken in.
        total_limit_bytes: Bytes of all records together that are read.
    """

    least_part: int = 12
    max_texts: int = 20_000
    max_listed: int = 50
    max_shown: int = 200
    body_limit_bytes: int = 32 << 20
    text_limit_chars: int = 96 << 20
    total_limit_bytes: int = 16 << 30

    name: ClassVar[str] = "page"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("application/warc", "application/warc+gzip")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what was reached, what explains what was visible, and how a second fetch compares."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.FIX,
            kind="page.explained",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        limits = Limits(self.body_limit_bytes, self.text_limit_chars, self.total_limit_bytes)
        with evidence.path() as path:
            found = archive.read(path, limits)
        wording = statement.Wording(self.max_listed, self.max_shown, is_open=evidence.artifact.sealed is None)
        if not found.records:
            gap = Gap("web archive", GapReason.UNPARSABLE, found.damage)
            yield from statement.unread(blank, gap)
            return
        yield statement.reached(blank, found, wording=wording)
        table, gaps = self._explain(found)
        yield statement.explained(
            blank, found, table=table, gaps=gaps, attachments=_attached(table, found, sink=sink), wording=wording
        )
        rows = table.texts if table else ()
        yield statement.second_fetch(
            blank, found, compare(found, rows, most=self.max_listed, longest=self.max_shown), wording=wording
        )

    def _explain(self, found: Archive) -> tuple[Table | None, tuple[Gap, ...]]:
        """Explains what was visible; None where the file does not say what that was."""
        pages, gaps = list[Seen](), list[Gap]()
        for view in found.views_of("seen"):
            try:
                pages.append(seen.read(view.url, view.content, _rendered(found, view.url)))
            except MediaError as error:
                gaps.append(Gap("what was visible", GapReason.UNPARSABLE, str(error)))
        if not pages:
            return None, tuple(gaps)
        table = report.explain(found, pages, least_part=self.least_part, most=self.max_texts)
        return table, (*gaps, *_gaps(found, table))


def _rendered(found: Archive, url: str) -> str | None:
    return next((text_of(view.content, "") for view in found.views_of("dom") if view.url == url), None)


def _gaps(found: Archive, table: Table) -> Iterator[Gap]:
    if found.corpus.is_full:
        yield Gap("recorded text", GapReason.LIMIT, "there is more text in the responses than is taken in")
    if table.left_out:
        yield Gap("visible texts and pictures", GapReason.LIMIT, f"{table.left_out} were not looked at")


def _attached(table: Table | None, found: Archive, *, sink: Sink) -> tuple[Artifact, ...]:
    if table is None or not (table.texts or table.pictures):
        return ()
    content = io.BytesIO(report.table_csv(table, found))
    return (sink.put(content, role="page-explained", name="page-explained.csv", media_type="text/csv"),)
