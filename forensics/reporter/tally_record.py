"""How a place within a file is said in the report's language; names that a reader made up are no ids of a platform."""

from __future__ import annotations

import re
from collections.abc import Mapping

from forensics.reporter.evidence import Said
from forensics.reporter.wording import Words

MADE_UP = frozenset({"", "chat", "page", "mailbox"})
"""Names that readers of exports without ids give to their one chat."""

LONGEST = 80
"""Characters of a place that are shown."""

_PARTS: Mapping[str, re.Pattern[str]] = {
    "line": re.compile(r"line ([0-9]{1,12})"),
    "message": re.compile(r"message ([0-9]{1,12})"),
    "payment": re.compile(r"(STATEMENT-[0-9]{1,9}) payment ([0-9]{1,6})"),
    "whole": re.compile(r"file|table|preamble|erased|message"),
    "mark": re.compile(r"message-?[0-9]{1,20}"),
}
"""Parts of a place that readers write in words; `mark` is one of the export's own and stays as it is."""


def platform_id(chat: str) -> str:
    """Gives the platform's id of a chat; empty where the export has none and its reader made one up."""
    name = chat.rpartition(": ")[2]
    return "" if name in MADE_UP or name.startswith("#") else name


def record_said(record: str, words: Words) -> Said:
    """Says where in its file something stands, part by part; a part in no known words stays as the record has it."""
    parts = record.split(", ")
    said = [_part(one, words) for one in parts]
    if all(one is None for one in said):
        return words.shortened(record, LONGEST)
    return words.join(
        [one or words.shortened(part, LONGEST) for one, part in zip(said, parts, strict=True)],
        words.say("word.clause"),
    )


def _part(part: str, words: Words) -> Said | None:
    for name, pattern in _PARTS.items():
        found = pattern.fullmatch(part)
        if found is None:
            continue
        if name == "payment":
            return words.say("trace.record_payment", statement=found[1], n=Said(found[2]))
        if name == "whole":
            return words.say(f"trace.record_{part}")
        return words.show(part) if name == "mark" else words.say(f"trace.{name}", n=Said(found[1]))
    return None
