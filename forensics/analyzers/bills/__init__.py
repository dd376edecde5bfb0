"""Bills: what a bill of a payment provider or a bank states about payments; and the table of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from forensics.analyzers import describe
from forensics.analyzers.bills import statement as say
from forensics.analyzers.bills.tally import Tally
from forensics.chats import bill_table, moment, word
from forensics.chats.bill import BillFile, Layout, heading_of, lines_of
from forensics.chats.bill_mapping import parse_mapping
from forensics.chats.bill_reader import HEAD_BYTES, format_of, read_bill
from forensics.chats.mapping_file import read_mapping
from forensics.errors import CodecError
from forensics.model import Artifact, Finding, Message, Result, Stage
from forensics.plugins import Evidence, Sink

TABLE_NAME = "bill-table.jsonl"
WORDS_NAME = "bill-words.txt"


_SHOWN = "templates/bills/example.toml shows one."


@dataclass(frozen=True)
class BillsAnalyzer:
    """Reads bills of WeChat and Alipay as CSV, and those of banks by a mapping.

    Attributes:
        zone: Time zone of the bill's times, such as `Asia/Shanghai`; empty leaves it to the format or the mapping.
        holder: Account whose bill it is; empty takes the name that the bill shows.
        mapping: File that says which column of a bank's CSV file holds what; empty for none.
        most_listed: Rows that could not be read that a finding lists; the table has all.
    """

    zone: str = ""
    holder: str = ""
    mapping: str = ""
    most_listed: int = 50

    name: ClassVar[str] = "bills"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = ("text/csv", "text/plain", "text/tab-separated-values")
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = (bill_table.ROLE, bill_table.WORDS_ROLE)

    def __post_init__(self) -> None:
        """Checks the settings, and reads the mapping so that no record has a path of this machine.

        Raises:
            UsageError: There is no such zone, or the mapping cannot be read.
        """
        if self.zone:
            moment.known_zone(self.zone)
        object.__setattr__(self, "mapping", read_mapping(self.mapping, check=_checked, hint=_SHOWN))

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the bill has."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.ANALYSE,
            kind=say.ROWS,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        layout = parse_mapping(self.mapping.encode()) if self.mapping else None
        with evidence.open() as stream:
            head = stream.read(HEAD_BYTES)
            form = _form(head, evidence.artifact.name.display, layout)
            if not form:
                yield say.unrecognised(blank)
                return
            data = head + stream.read()
        tally = Tally(self.most_listed, self.holder)
        try:
            kept = self._read(evidence, sink, data=data, layout=layout, tally=tally)
        except CodecError as error:
            yield say.unread(blank, str(error))
            return
        found = say.rows(blank, tally, form=form, is_open=evidence.artifact.sealed is None)
        yield replace(found, attachments=kept)

    def _read(
        self, evidence: Evidence, sink: Sink, *, data: bytes, layout: Layout | None, tally: Tally
    ) -> tuple[Artifact, ...]:
        """Reads a bill into the tally, a table and its words, which are kept."""
        sha256, name = evidence.artifact.content_sha256, evidence.artifact.name.display
        bill = BillFile(data, name, sha256, self.zone, self.holder)
        chosen = None if format_of(data, name) else layout
        settings = {"zone": self.zone, "holder": self.holder, "mapping": self.mapping}
        with sink.workspace() as folder:
            made, words = folder / TABLE_NAME, folder / WORDS_NAME
            with made.open("wb") as stream, words.open("wb") as spoken:
                bill_table.write_head(stream, sha256=sha256, name=name, settings=settings)
                place = stream.tell()
                for row in read_bill(bill, chosen):
                    tally.add(row)
                    spoken.write(bill_table.line_of_words(row, place))
                    place += stream.write(bill_table.line_of(row))
            return _kept(sink, made, words)


def _kept(sink: Sink, made: Path, words: Path) -> tuple[Artifact, ...]:
    with made.open("rb") as stream, words.open("rb") as spoken:
        return (
            sink.put(stream, role=bill_table.ROLE, name=TABLE_NAME, media_type=bill_table.MEDIA_TYPE),
            sink.put(spoken, role=bill_table.WORDS_ROLE, name=WORDS_NAME, media_type=word.MEDIA_TYPE),
        )


def _form(head: bytes, name: str, layout: Layout | None) -> str:
    """Names the format of a bill; empty where a file is none. A mapping is used only where its heading is there."""
    known = format_of(head, name)
    if known or layout is None:
        return known or ""
    return layout.name if any(heading_of(line, layout) for line in lines_of(head)) else ""


def _checked(text: str) -> object:
    return parse_mapping(text.encode())
