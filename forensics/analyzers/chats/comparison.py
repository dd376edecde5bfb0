"""Compares two exports of one chat, as of two members: what both have, what only one has, what reads otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from forensics.analyzers import message
from forensics.analyzers.chats.agreement import Agreement, Entry, Side, compare
from forensics.analyzers.chats.reading import Reading
from forensics.analyzers.chats.tally import shown
from forensics.chats import moment
from forensics.chats.source import DATE_ORDERS, Options
from forensics.errors import MediaError, UsageError
from forensics.model import Finding, Gap, GapReason, Message, Result, Stage, Tool
from forensics.plugins import Evidence, Sink

KIND = "chat.comparison"

_EXPORTS = message(
    "chats.limit.exports",
    "Two exported files are compared as they are; who made them, and whether either was changed before, is not "
    "examined.",
)
_BY_ID = message("chats.limit.by_id", "Messages were matched by their ids; files and senders were not compared.")
_BY_TEXT = message(
    "chats.limit.by_text",
    "The exports share no ids: messages were matched by minute and text. A message with another text counts as two; "
    "files and senders, whose names differ from telephone to telephone, were not compared.",
)
_EQUAL = message("chats.limit.equal", "Equal messages in two exports of one account are not two independent sources.")
_SIDES = message(
    "chats.alternative.sides",
    "Each member's program shows another part: since joining, without what was deleted for oneself, with or without "
    "media.",
)
_ZONES = message("chats.alternative.zones", "The devices were in different time zones, or their clocks differed.")
_PERIOD = message("chats.alternative.period", "The exporters chose different periods, or exported on different days.")


@dataclass(frozen=True)
class ChatComparison:
    """Compares two exports of one chat.

    Attributes:
        zone: As of `ChatsAnalyzer`, for both.
        date_order: As of `ChatsAnalyzer`, for both.
        most_listed: Messages that are listed of each kind of difference.
        archive_limit_bytes: Bytes that are unpacked of one archive.
    """

    zone: str = ""
    date_order: str = ""
    most_listed: int = 50
    archive_limit_bytes: int = 64 << 30

    name: ClassVar[str] = "chat_comparison"
    version: ClassVar[str] = "1"
    needs: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            UsageError: A setting makes no sense.
        """
        if self.zone:
            moment.known_zone(self.zone)
        if self.date_order not in DATE_ORDERS:
            raise UsageError(f"there is no order of dates {self.date_order!r}", hint="Give dmy, mdy or ymd.")

    def examine(self, evidence: tuple[Evidence, ...], sink: Sink) -> Iterable[Finding]:
        """States in what two exports agree and differ.

        Raises:
            UsageError: There are not exactly two.
        """
        del sink
        if len(evidence) != 2:  # noqa: PLR2004 -- two exports
            raise UsageError(f"two exports can be compared, not {len(evidence)}", hint="Name two items.")
        blank = Finding(
            subject=tuple(one.artifact.content_sha256 for one in evidence),
            stage=Stage.COMPARE,
            kind=KIND,
            result=Result.INDETERMINATE,
            statement=Message("", ""),
            analyzer=Tool(
                self.name, self.version, settings={one.name: getattr(self, one.name) for one in fields(self)}
            ),
            limits=(_EXPORTS,),
            alternatives=(_SIDES, _PERIOD),
        )
        try:
            sides = [self._side(one) for one in evidence]
        except MediaError as error:
            yield _unread(blank, Gap("export", GapReason.UNREADABLE, str(error)))
            return
        yield self._stated(blank, sides[0], sides[1])

    def _side(self, evidence: Evidence) -> Side:
        side = Side()
        for row, _ in Reading(Options(self.zone, self.date_order), self.archive_limit_bytes).rows(evidence):
            side.add(row)
        return side

    def _stated(self, blank: Finding, first: Side, second: Side) -> Finding:
        if not first.entries or not second.entries:
            return _unread(blank, Gap("messages", GapReason.UNPARSABLE, "an export has none that could be read"))
        found = compare(first, second)
        if found is None:
            detail = "only one of the exports says in which time zone its times are; the setting zone can say it"
            return _unread(blank, Gap("time zone", GapReason.NOT_CONFIGURED, detail))
        gaps = _gaps(first, second)
        if found.first is None:
            statement = message("chats.comparison.apart", "The two exports cover no common period.")
            return replace(blank, statement=statement, values=_values(found, 0), gaps=gaps)
        result = Result.FOUND if not found.is_same else Result.INDETERMINATE if gaps else Result.NOT_FOUND
        return replace(
            blank,
            result=result,
            statement=_said(found),
            values=_values(found, self.most_listed),
            gaps=gaps,
            limits=(_EXPORTS, _BY_ID if found.basis == "id" else _BY_TEXT, _EQUAL),
            alternatives=() if result is Result.NOT_FOUND else (_SIDES, _PERIOD, _ZONES),
        )


def _unread(blank: Finding, gap: Gap) -> Finding:
    statement = message("chats.comparison.unread", "The two exports could not be compared.")
    return replace(blank, statement=statement, gaps=(gap,))


def _gaps(first: Side, second: Side) -> tuple[Gap, ...]:
    counts = ((name, side.problem_count) for name, side in (("first", first), ("second", second)))
    return tuple(
        Gap(f"{name} export", GapReason.UNPARSABLE, f"{number} places could not be read")
        for name, number in counts
        if number
    )


def _said(found: Agreement) -> Message:
    first, last = (str(shown(one))[:16].replace("T", " ") for one in (found.first, found.last))
    if found.is_same:
        return message(
            "chats.comparison.same",
            "In the period that both exports cover ({first} to {last}), both have the same {both} messages.",
            first=first,
            last=last,
            both=found.both,
        )
    return message(
        "chats.comparison.differs",
        "In the period that both exports cover ({first} to {last}), messages in both: {both}, only in the first: "
        "{only_first}, only in the second: {only_second}, in both with another text: {changed}.",
        first=first,
        last=last,
        both=found.both,
        only_first=len(found.only[0]),
        only_second=len(found.only[1]),
        changed=len(found.changed),
    )


def _values(found: Agreement, most: int) -> dict[str, Any]:
    return {
        "basis": found.basis,
        "clock": found.clock,
        "first_at": shown(found.first),
        "last_at": shown(found.last),
        "first_count": found.counts[0],
        "second_count": found.counts[1],
        "both_count": found.both,
        "only_first_count": len(found.only[0]),
        "only_second_count": len(found.only[1]),
        "changed_count": len(found.changed),
        "only_first": [_place(one) for one in found.only[0][:most]],
        "only_second": [_place(one) for one in found.only[1][:most]],
        "changed": [{"first": _place(one), "second": _place(other)} for one, other in found.changed[:most]],
    }


def _place(one: Entry) -> dict[str, Any]:
    return {"seq": one.seq, "record": one.record}
