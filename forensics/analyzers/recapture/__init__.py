"""Recapture: what was added, removed, changed or gone between two captures of one address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from forensics.analyzers.recapture import difference, statement
from forensics.analyzers.recapture.difference import MediumChange, TextChange
from forensics.analyzers.recapture.side import Side, Text, read
from forensics.errors import UsageError
from forensics.model import Artifact, Finding, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheet programs take for the start of a formula. *Source:* OWASP, CSV Injection."""
_LONGEST_CELL = 2000
_COLUMNS = ("what", "change", "before", "after", "before_box_px", "after_box_px", "before_sha256", "after_sha256")


@dataclass(frozen=True)
class RecaptureComparison:
    """Compares two captures of one address, the earlier first.

    Attributes:
        max_texts: Visible texts of each capture that are compared.
        max_listed: Differences of each kind that the finding lists.
        max_shown: Characters of each text that it lists.
    """

    max_texts: int = 5000
    max_listed: int = 50
    max_shown: int = 200

    name: ClassVar[str] = "recapture"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States what differs between the two web archives.

        Raises:
            UsageError: There are not exactly two.
        """
        if len(evidence) != 2:  # noqa: PLR2004 -- before and after
            raise UsageError(f"two captures can be compared, not {len(evidence)}", hint="Name two of one address.")
        settings = {name: getattr(self, name) for name in ("max_texts", "max_listed", "max_shown")}
        blank = Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind="page.recapture",
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=Tool(self.name, self.version, settings=settings),
        )
        before, after = (_read(one) for one in evidence)
        is_open = all(one.artifact.sealed is None for one in evidence)
        wording = statement.Wording(self.max_listed, self.max_shown, is_open=is_open)
        if (obstacle := statement.obstacle(blank, before, after, wording=wording)) is not None:
            yield obstacle
            return
        texts, media = self._differences(before, after)
        yield statement.compared(
            blank,
            statement.Compared(before, after, texts, media, most=self.max_texts),
            attachments=_attached(texts, media, sink=sink),
            wording=wording,
        )

    def _differences(
        self, before: Side, after: Side
    ) -> tuple[tuple[TextChange, ...] | None, tuple[MediumChange, ...] | None]:
        """Compares texts and media; None where one of the captures does not show the page's own content."""
        if not (before.is_shown and after.is_shown):
            return None, None
        old, new = before.blocks(), after.blocks()
        texts = None
        if old is not None and new is not None:
            texts = tuple(difference.texts(old[: self.max_texts], new[: self.max_texts]))
        return texts, tuple(difference.media(before.media, after.media))


def _read(evidence: Evidence) -> Side:
    with evidence.path() as path:
        return read(path)


def _attached(
    texts: tuple[TextChange, ...] | None, media: tuple[MediumChange, ...] | None, *, sink: Sink
) -> tuple[Artifact, ...]:
    rows = [*_text_rows(texts or ()), *_medium_rows(media or ())]
    if not rows:
        return ()
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_cell(value) for value in row] for row in rows)
    content = io.BytesIO(buffer.getvalue().encode("utf-8"))
    return (sink.put(content, role="recapture-changes", name="recapture-changes.csv", media_type="text/csv"),)


def _text_rows(changes: Iterable[TextChange]) -> Iterator[tuple[str, ...]]:
    for one in changes:
        sides = one.before, one.after
        boxes = tuple(_box(side) for side in sides)
        yield ("text", one.kind, *(side.text if side else "" for side in sides), *boxes, "", "")


def _medium_rows(changes: Iterable[MediumChange]) -> Iterator[tuple[str, ...]]:
    for one in changes:
        sides = one.before, one.after
        digests = tuple(side.sha256 if side else "" for side in sides)
        yield ("medium", one.kind, *(side.url if side else "" for side in sides), "", "", *digests)


def _box(text: Text | None) -> str:
    return " ".join(f"{one:g}" for one in text.box_px) if text and text.box_px else ""


def _cell(value: str) -> str:
    """Gives a cell that a spreadsheet does not take for a formula."""
    text = value if len(value) <= _LONGEST_CELL else f"{value[: _LONGEST_CELL - 1]}…"
    return f"'{text}" if text.startswith(_FORMULA) else text
