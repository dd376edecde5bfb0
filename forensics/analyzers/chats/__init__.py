"""Chats: what an export of a chat or of mail holds, who wrote, what is irregular; and the table of its messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from forensics.analyzers import describe
from forensics.analyzers.chats import opening
from forensics.analyzers.chats import statement as say
from forensics.analyzers.chats.comparison import ChatComparison
from forensics.analyzers.chats.reading import Reading
from forensics.analyzers.chats.tally import Tally
from forensics.chats import moment, table, word
from forensics.chats.csv_mapping import mapping_of
from forensics.chats.mapping_file import read_mapping
from forensics.chats.message import Message as ChatMessage
from forensics.chats.source import DATE_ORDERS, Options
from forensics.errors import MediaError, UsageError
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result, Stage
from forensics.plugins import Evidence, Sink

__all__ = ["ChatComparison", "ChatsAnalyzer"]

TABLE_NAME = "chat-table.jsonl"
WORDS_NAME = "chat-words.txt"


_SHOWN = "docs/chat-formats.md shows one."


@dataclass(frozen=True)
class ChatsAnalyzer:
    """Reads exports of chats and mail.

    Attributes:
        zone: Time zone of times whose zone the export does not state, such as `Asia/Shanghai`; empty for not known.
        date_order: Order of ambiguous dates: `dmy`, `mdy`, `ymd`; empty leaves it to the evidence in the file.
        mapping: File that says which column of a CSV file holds what; empty for none.
        most_listed: Chats, accounts, places and gaps that a finding lists; the table has all.
        archive_limit_bytes: Bytes that are unpacked of one archive.
    """

    zone: str = ""
    date_order: str = ""
    mapping: str = ""
    most_listed: int = 50
    archive_limit_bytes: int = 64 << 30

    name: ClassVar[str] = "chats"
    version: ClassVar[str] = "1"
    media_types: ClassVar[tuple[str, ...]] = (
        *("text/plain", "text/html", "text/csv", "text/tab-separated-values", "application/json"),
        *("message/rfc822", "application/mbox", opening.ZIP),
    )
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = (table.ROLE, word.ROLE)

    def __post_init__(self) -> None:
        """Checks the settings, and reads the mapping so that no record has a path of this machine.

        Raises:
            UsageError: A setting makes no sense, or the mapping cannot be read.
        """
        if self.zone:
            moment.known_zone(self.zone)
        if self.date_order not in DATE_ORDERS:
            raise UsageError(f"there is no order of dates {self.date_order!r}", hint="Give dmy, mdy or ymd.")
        object.__setattr__(self, "mapping", read_mapping(self.mapping, check=mapping_of, hint=_SHOWN))

    def examine(self, evidence: Evidence, sink: Sink) -> Iterable[Finding]:
        """States what the export holds, who wrote, and what is irregular."""
        blank = Finding(
            subject=(evidence.artifact.content_sha256,),
            stage=Stage.ANALYSE,
            kind=say.MESSAGES,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=describe(self),
        )
        wording = say.Wording(self.most_listed, is_open=evidence.artifact.sealed is None)
        tally, formats = Tally(self.most_listed), dict[str, None]()
        try:
            kept = self._read(evidence, sink, tally=tally, formats=formats)
        except MediaError as error:
            yield say.unread(blank, (Gap("export", GapReason.UNREADABLE, str(error)),))
            return
        if kept is None:
            gaps = say.gaps_of(tally, wording)
            yield say.unread(blank, gaps) if gaps else say.unrecognised(blank)
            return
        blank = replace(blank, attachments=kept)
        yield say.messages(blank, tally, wording=wording, formats=tuple(formats))
        if tally.count:
            yield say.integrity(blank, tally, wording=wording)
            yield say.members(blank, tally, wording=wording)

    def _read(
        self, evidence: Evidence, sink: Sink, *, tally: Tally, formats: dict[str, None]
    ) -> tuple[Artifact, ...] | None:
        """Reads all exports of a content into the tally, a table and its words; None where there is none."""
        reading = Reading(Options(self.zone, self.date_order, self.mapping), self.archive_limit_bytes)
        settings = {"zone": self.zone, "date_order": self.date_order, "mapping": self.mapping}
        sha256, name = evidence.artifact.content_sha256, evidence.artifact.name.display
        with sink.workspace() as folder:
            made, words = folder / TABLE_NAME, folder / WORDS_NAME
            with made.open("wb") as stream, words.open("wb") as spoken:
                table.write_head(stream, sha256=sha256, name=name, settings=settings)
                place = stream.tell()
                for row, form in reading.rows(evidence):
                    formats.update({form: None} if form else {})
                    tally.add(row)
                    if isinstance(row, ChatMessage):
                        spoken.write(word.line_of(row, place))
                    place += stream.write(table.line_of(row, sha256=sha256, name=name))
            if not formats:
                return None
            return _kept(sink, made, words)


def _kept(sink: Sink, made: Path, words: Path) -> tuple[Artifact, ...]:
    with made.open("rb") as stream, words.open("rb") as spoken:
        return (
            sink.put(stream, role=table.ROLE, name=TABLE_NAME, media_type=table.MEDIA_TYPE),
            sink.put(spoken, role=word.ROLE, name=WORDS_NAME, media_type=word.MEDIA_TYPE),
        )
