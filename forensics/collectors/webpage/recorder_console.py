"""Turns what pages write to the console, exceptions and complaints of the browser into lines: pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from forensics.collectors.webpage.recorder_ledger import Line, time_text

Event = Mapping[str, Any]


def of_call(event: Event, *, page: int) -> Line:
    """Makes the line of `Runtime.consoleAPICalled`: its arguments as text, one space between them."""
    return {
        "time": time_text(event["timestamp"]),
        "source": "console",
        "level": str(event["type"]),
        "text": " ".join(_text(argument) for argument in event["args"]),
        "page": page,
        **_first(event.get("stackTrace", {}).get("callFrames", ())),
    }


def of_exception(event: Event, *, page: int) -> Line:
    """Makes the line of `Runtime.exceptionThrown`."""
    details = event["exceptionDetails"]
    said = _text(details["exception"]) if "exception" in details else ""
    frame = _first(details.get("stackTrace", {}).get("callFrames", ()))
    return {
        "time": time_text(event["timestamp"]),
        "source": "exception",
        "level": "error",
        "text": f"{details['text']} {said}".strip(),
        "page": page,
        "url": str(details.get("url") or frame["url"]),
        "line": int(details.get("lineNumber", -1)) + 1,
    }


def of_entry(event: Event, *, page: int) -> Line:
    """Makes the line of `Log.entryAdded`."""
    entry = event["entry"]
    return {
        "time": time_text(entry["timestamp"]),
        "source": f"browser: {entry['source']}",
        "level": str(entry["level"]),
        "text": str(entry["text"]),
        "page": page,
        "url": str(entry.get("url", "")),
        "line": int(entry.get("lineNumber", -1)) + 1,
    }


def _text(value: Event) -> str:
    """Gives a value of the page as text, as JavaScript writes it; of an object only what the browser calls it."""
    plain = value.get("value")
    if isinstance(plain, str):
        return plain
    if "value" in value:
        return json.dumps(plain)
    return str(value.get("unserializableValue") or value.get("description") or value.get("type", ""))


def _first(frames: Sequence[Event]) -> dict[str, Any]:
    """Gives address and line (from 1; 0 where unknown) of the innermost place of a stack."""
    frame = frames[0] if frames else {}
    return {"url": str(frame.get("url", "")), "line": int(frame.get("lineNumber", -1)) + 1}
