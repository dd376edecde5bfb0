"""The neutral CSV and CSV by a mapping."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forensics import chats
from forensics.chats.csv_mapping import mapping_of
from forensics.errors import UsageError
from tests.unit.chats.exports import read, source

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "chat-formats.md").read_text("utf-8")
MAPPING = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL).group(1)
NEUTRAL = re.search(r"```csv\n(.*?)```", PAGE, re.DOTALL).group(1)


def test_the_example_of_the_documentation_is_read():
    found = read(NEUTRAL, "x.csv")
    first, second = found.messages
    assert found.format == "csv-neutral"
    assert first.sent_at == datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert (second.kind, second.text, second.sender_id) == ("red_packet", "[口令红包] 88.00元", "1002")
    assert [(one.name, one.role) for one in found.chats[-1].members] == [("管理员", "owner"), ("小王", "member")]


def test_the_mapping_of_the_documentation_maps():
    text = "发送时间,昵称,账号,内容,类型,附件\n2024/01/15 18:30:00,小王,1002,恭喜,红包,a.jpg|b.jpg\n"
    found = read(text, "x.csv", mapping=MAPPING)
    one = found.messages[0]
    assert found.format == "csv-mapping"
    assert (one.kind, one.sender, [each.name for each in one.attachments]) == ("red_packet", "小王", ["a.jpg", "b.jpg"])
    assert (one.sent_at, one.zone) == (datetime(2024, 1, 15, 10, 30, tzinfo=UTC), "assumed:Asia/Shanghai")


def test_cells_of_several_lines_keep_their_place():
    text = 'sent_at,sender,text\n2024-01-15T18:30:00Z,a,"one\ntwo"\n2024-01-15T18:31:00Z,b,x\n'
    first, second = read(text, "x.csv").messages
    assert (first.text, second.locator.record) == ("one\ntwo", "line 4")
    assert text.encode()[second.locator.offset :].startswith(b"2024-01-15T18:31")


def test_formulas_are_kept_as_text():
    one = read("sent_at,sender,text\n2024-01-15T18:30:00Z,=A1,=HYPERLINK(1)\n", "x.csv").messages[0]
    assert (one.sender, one.text) == ("=A1", "=HYPERLINK(1)")


def test_a_digest_in_a_cell_links_a_file():
    digest = "sha256:" + "ab" * 32
    one = read(f"sent_at,sender,text,attachments\n2024-01-15T18:30:00Z,a,x,{digest}\n", "x.csv").messages[0]
    assert one.attachments[0].sha256 == "ab" * 32


def test_times_that_are_none_and_kinds_that_are_unknown_are_reported():
    found = read("sent_at,sender,text,kind\nyesterday,a,x,song\n", "x.csv")
    assert {one.what for one in found.problems} == {"date", "kind"}
    assert (found.messages[0].kind, found.messages[0].sent_at) == ("other", None)


def test_a_heading_without_the_mapped_column_is_reported():
    found = read("a,b\n1,2\n", "x.csv", mapping=MAPPING)
    assert "发送时间" in found.problems[0].detail
    assert not found.messages


WRONG = {
    "no TOML": "x",
    "no columns": "zone = 'UTC'\n",
    "an unknown field": "[columns]\nsent_at='a'\ntext='b'\ncolour='c'\n",
    "a lacking field": "[columns]\nsent_at='a'\n",
    "an unknown setting": "colour = 1\n[columns]\nsent_at='a'\ntext='b'\n",
    "an unknown kind": "[columns]\nsent_at='a'\ntext='b'\n[kinds]\nx='song'\n",
    "an unknown zone": "zone='Mars'\n[columns]\nsent_at='a'\ntext='b'\n",
    "a long delimiter": "delimiter='||'\n[columns]\nsent_at='a'\ntext='b'\n",
    "a wrong type": "skip_lines='2'\n[columns]\nsent_at='a'\ntext='b'\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_mapping_is_refused(name):
    with pytest.raises(UsageError):
        mapping_of(WRONG[name])


def test_a_table_of_something_else_is_no_chat():
    assert chats.recognise(source(b"date,amount\n2024-01-15,88\n", "bill.csv")) is None
