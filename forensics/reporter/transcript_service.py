"""What a service line of Telegram's JSON export says, in words of the report; the line itself stands beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from forensics.chats.message import Message
from forensics.reporter.evidence import Said
from forensics.reporter.tally_trace import Trace

ACTIONS = frozenset({
    "clear_history", "create_channel", "create_group", "delete_group_photo", "edit_group_photo", "edit_group_title",
    "group_call", "invite_members", "join_group_by_link", "join_group_by_request", "migrate_from_group",
    "migrate_to_supergroup", "phone_call", "pin_message", "remove_members", "send_payment", "take_screenshot",
})  # fmt: skip
"""Actions that have words. *Source:* Telegram Desktop, `export/output/export_output_json.cpp`, `SerializeMessage`."""

_LINE = re.compile(r"(?P<action>[a-z_]{3,40})(?:: (?P<rest>.*))?")
_FIELD = re.compile(r"(?:^|; )(?P<name>inviter|members|title): (?P<value>.*?)(?=; [a-z_]+: |$)")

MEMBERS_SHOWN = 10
"""Accounts of one line that are named in words."""


def service_said(message: Message, made: Trace) -> Said | None:
    """Says what the program that made an export writes by itself; None for messages of accounts and unknown actions."""
    found = _LINE.fullmatch(message.text.partition("\n")[0])
    if message.kind not in ("system", "call", "transfer") or found is None or found["action"] not in ACTIONS:
        return None
    words = made.words
    said = [words.say(f"transcript.action_{found['action']}")]
    said += (_field(one["name"], one["value"], made) for one in _FIELD.finditer(found["rest"] or ""))
    return words.say("transcript.service", said=words.join(said, words.say("word.semicolon")))


def _field(name: str, value: str, made: Trace) -> Said:
    words = made.words
    if name == "title":
        return words.say("transcript.field_title", value=words.shortened(made.signs.text(value), 80))
    accounts = tuple(_accounts(value))
    shown = [made.signs.account(one) for one in accounts[:MEMBERS_SHOWN]]
    if accounts[MEMBERS_SHOWN:]:
        shown.append(words.say("counts.links_cut", n=len(accounts) - MEMBERS_SHOWN))
    return words.say(f"transcript.field_{name}", value=words.listed(shown))


def _accounts(value: str) -> Iterator[str]:
    """Gives the names of a list as the export has it, or the one name that is no list."""
    try:
        told = json.loads(value) if value.startswith("[") else value
    except ValueError:
        told = value
    yield from (str(one or "") for one in (told if isinstance(told, list) else [told]))
