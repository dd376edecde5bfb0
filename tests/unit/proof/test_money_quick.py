"""What is passed over quickly is what would give nothing if it were looked at closely."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest

from forensics.chats import table
from forensics.chats.message import Chat, Message
from forensics.errors import CodecError
from forensics.proof.money_harvest import harvest
from forensics.proof.money_rule import load_rules
from tests.unit.proof.exports import GROUP, said

BOOK = load_rules()
TEXTS = (
    "[口令红包] 188.00元",
    "【口令红包】 188.00元",
    "〔转账〕200.00元",
    "［转账］２００．００元",
    "[RED PACKET] ¥8.88",
    "[red packet] ¥8.88",
    "You SENT $20.00",
    "我给你转了200",
    "５０块",
    "转账",
    "PayPal me",
    "USDT 20",
    "今天天气很好",
    "",
    "😀\u200b",
    "x" * 9000,
)


def test_the_quick_look_leaves_nothing_out():
    rows = [GROUP, *(said(number, text) for number, text in enumerate(TEXTS))]
    assert harvest(rows, BOOK) == harvest(rows, replace(BOOK, quick=re.compile("")))


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_every_line_of_a_rule_passes_the_quick_look(rule):
    for literal in rule.literal:
        for text in (literal, literal.upper(), literal.replace("[", "【").replace("]", "】")):
            assert BOOK.may_state(text), text


def test_a_table_gives_chats_and_the_messages_that_are_wanted():
    stream = io.BytesIO()
    table.write_head(stream, sha256="a" * 64, name="x", settings={})
    for row in (GROUP, *(said(number, str(number)) for number in range(5))):
        stream.write(table.line_of(row, sha256="a" * 64, name="x"))
    stream.seek(0)
    every = list(table.read_table(stream))
    stream.seek(0)
    some = list(table.read_table(stream, wanted=lambda value: value["id"] in ("1", "3")))
    assert some == [one for one in every if isinstance(one, Chat) or one.id in ("1", "3")]
    assert all(isinstance(one, Message) and one.locator.file for one in some[1:])


def test_an_object_that_is_no_message_is_an_error_whatever_is_wanted():
    stream = io.BytesIO()
    table.write_head(stream, sha256="a" * 64, name="x", settings={})
    lines = [*stream.getvalue().splitlines(), b'{"type":"message","locator":5}']
    with pytest.raises(CodecError):
        list(table.read_table(lines, wanted=lambda value: value["locator"]["file"] == ""))


def instant_of(shown):
    """Reads a table with one message of this time."""
    value = {"type": "message", "chat": "1", "seq": 0, "kind": "text", "zone": "export", "sent_at": shown}
    value["locator"] = {"file": "f", "name": "n", "record": "r"}
    head = b'{"type":"table","version":1,"file":"","name":""}'
    (made,) = table.read_table([head, json.dumps(value).encode()])
    return made.sent_at


@pytest.mark.parametrize(
    "shown", ["2022-06-12T12:00:00.000000Z", "2022-06-12T12:00:00.123456Z", "2020-02-29T23:59:59.999999Z"]
)
def test_an_instant_of_a_table_is_read_as_it_was_written(shown):
    assert instant_of(shown).isoformat(timespec="microseconds") == shown.replace("Z", "+00:00")


@pytest.mark.parametrize(
    "shown", ["2022-W12-1T12:00:00.000000Z", "2022-06-12T12:00:00.00000ZZ", "2022-06-12 12:00:00.000000Z", "2022-13-40"]
)
def test_an_instant_of_another_form_is_refused(shown):
    with pytest.raises(CodecError):
        instant_of(shown)
