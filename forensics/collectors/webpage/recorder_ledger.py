"""Writes down what happens in a session, in lines within limits: actions, console, dialogs, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from forensics.codec import format_time
from forensics.collectors.webpage.recorder_record import Limits
from forensics.model import Gap, GapReason

Line = Mapping[str, Any]


class Ledger:
    """Lines of the navigation log, of the console and of dialogs. Each list ends at its limit and then counts only."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines: dict[str, list[Line]] = {"navigation log": [], "console": [], "dialogs": []}
        self._left_out: dict[str, int] = {}
        self._gaps: list[Gap] = []

    def log(self, action: str, target: str = "", result: str = "") -> None:
        """Adds a line to the navigation log."""
        lines = self._lines["navigation log"]
        line = {"n": len(lines) + 1, "at": now_text(), "action": action}
        self._add("navigation log", line | {"target": self._text(target), "result": self._text(result)})

    def console(self, line: Line) -> None:
        """Adds a line of the console; its text is cut at the limit."""
        self._add("console", {**line, "text": self._text(line["text"])})

    def dialog(self, kind: str, text: str, *, answer: str, url: str = "", page: int = 1) -> None:
        """Adds a dialog, or something else that a page wanted of its user, and what was answered."""
        line = {"time": now_text(), "kind": kind, "text": self._text(text), "answer": answer, "url": self._text(url)}
        self._add("dialogs", {**line, "page": page})
        self.log(kind, url, answer)

    def gap(self, what: str, why: GapReason, *, detail: str) -> None:
        """Adds a gap, once."""
        found = Gap(what, why, detail)
        if found not in self._gaps:
            self._gaps.append(found)

    @property
    def log_lines(self) -> tuple[Line, ...]:
        """The navigation log."""
        return tuple(self._lines["navigation log"])

    @property
    def console_lines(self) -> tuple[Line, ...]:
        """The console."""
        return tuple(self._lines["console"])

    @property
    def dialog_lines(self) -> tuple[Line, ...]:
        """Dialogs."""
        return tuple(self._lines["dialogs"])

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing, with the lines that were left out."""
        cut = [
            Gap(name, GapReason.LIMIT, f"{number} lines beyond {self._limits.log_lines} are left out")
            for name, number in self._left_out.items()
        ]
        return (*self._gaps, *cut)

    def _add(self, name: str, line: Line) -> None:
        if len(self._lines[name]) < self._limits.log_lines:
            self._lines[name].append(line)
        else:
            self._left_out[name] = self._left_out.get(name, 0) + 1

    def _text(self, text: str) -> str:
        """Cuts a text, and puts U+FFFD where it is no Unicode."""
        most = self._limits.text_chars
        clean = text[: most + 1].encode("utf-8", "replace").decode("utf-8")
        return clean if len(clean) <= most else f"{clean[:most]}…"


def now_text() -> str:
    """Gives the time as records carry it."""
    return format_time(datetime.now(UTC))


def time_text(milliseconds: float) -> str:
    """Gives a time of the browser, in milliseconds since 1970, as records carry it."""
    return format_time(datetime.fromtimestamp(milliseconds / 1000, UTC))
