"""Head lines of text exports that state a full date, a time and a name, as QQ's and WeChat exporters' do."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from forensics.chats import moment
from forensics.chats.moment import Moment
from forensics.chats.whatsapp_date import EVENING, MORNING, NOON

_TIME = (
    r"(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)[ T]+(?P<before>上午|下午|凌晨|早上|中午|晚上)?\s?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s?(?P<after>AM|PM|am|pm))?"
)
FIRST = re.compile(rf"{_TIME}\s+(?P<name>\S.{{0,200}}?)\s*")
"""Time, then name: QQ's message manager; WeChatMsg and its successors."""

LAST = re.compile(rf"(?P<name>\S.{{0,200}}?)\s+{_TIME}\s*")
"""Name, then time: text that was copied from WeChat for desktop."""


class Head(NamedTuple):
    """A head line. `clock` is its date and time as written, `name` what stands beside it."""

    clock: Moment
    name: str


def head_of(line: str, *, zone: str, pattern: re.Pattern[str] = FIRST) -> Head | None:
    """Reads a head line; None for other lines.

    Args:
        line: Without its end.
        zone: As `moment.wall` wants it.
        pattern: Which of the two forms.
    """
    found = pattern.fullmatch(line) if line and len(line) < 400 else None  # noqa: PLR2004 -- a time and a name
    if found is None:
        return None
    name = found["name"]
    shown = line.replace(name, "", 1).strip() if pattern is LAST else line[: found.start("name")].strip()
    return Head(_clock(found, shown, zone), name)


def _clock(found: re.Match[str], shown: str, zone: str) -> Moment:
    numbers = [int(one) for one in re.findall(r"\d+", found["date"])]
    hour, period = int(found["hour"]), (found["before"] or found["after"] or "").casefold()
    if period and hour <= 12:  # noqa: PLR2004 -- a clock of twelve hours
        if period in MORNING:
            hour %= 12
        elif period in EVENING:
            hour = hour % 12 + 12
        elif period in NOON:
            hour = hour if hour >= 11 else hour + 12  # noqa: PLR2004 -- 11 to 13 o'clock
    try:
        year, month, day = numbers
        local = datetime(year, month, day, hour, int(found["minute"]), int(found["second"] or 0))  # noqa: DTZ001
    except ValueError as error:
        return moment.nowhere(shown, f"there is no such time: {shown[:40]!r} ({error})")
    return moment.wall(local, shown, zone=zone)
