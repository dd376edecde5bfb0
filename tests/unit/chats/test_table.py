"""The message table: what is written is read again, as canonical JSON."""

from __future__ import annotations

import io

import pytest

from forensics import codec
from forensics.chats import table
from forensics.errors import CodecError
from tests.unit.chats.exports import read, said, telegram

SHA256 = "ab" * 32


def rows():
    messages = (
        said(1, ["a", {"type": "text_link", "text": "b", "href": "https://x.test"}], reply_to_message_id=1),
        said(
            2,
            '"\\\u2028\x07\u0000 é 😀',
            edited="2024-01-15T18:31:00",
            edited_unixtime="1705314660",
            forwarded_from=None,
        ),
        said(3, "x", photo="photos/1.jpg", photo_file_size=7, zone_s=5),
        {"id": 4, "type": "unsupported"},
        {
            "id": 5,
            "type": "service",
            "date": "2024-01-15T18:30:00",
            "actor": "Ann",
            "action": "create_group",
            "members": ["B"],
        },
    )
    return read(telegram(*messages), "result.json").rows


def written(head: dict | None = None) -> list[bytes]:
    stream = io.BytesIO()
    whence = head or {"sha256": SHA256, "name": "result.json"}
    table.write_head(stream, settings={"zone": ""}, **whence)
    for row in rows():
        stream.write(table.line_of(row, **whence))
    return stream.getvalue().splitlines(keepends=True)


def test_what_is_written_is_read_again():
    assert list(table.read_table(written())) == rows()


def test_a_table_of_the_same_file_leaves_its_name_out():
    first = rows()[1]
    head = {"sha256": first.locator.file, "name": first.locator.name}
    lines = written(head)
    assert first.locator.file.encode() not in b"".join(lines[1:])
    assert list(table.read_table(lines)) == rows()


def test_every_line_is_canonical_json():
    for line in written():
        assert codec.canonical(codec.parse(line.rstrip(b"\n"))) + b"\n" == line


BAD = {
    "no head": b'{"type":"message"}\n',
    "another version": b'{"type":"table","version":2}\n',
    "an unknown row": b'{"type":"table","version":1}\n{"type":"song"}\n',
    "no JSON": b'{"type":"table","version":1}\n{\n',
    "a wrong time": b'{"type":"table","version":1}\n{"type":"message","sent_at":"x"}\n',
    "a wrong row": b'{"type":"table","version":1}\n{"type":"message","locator":[]}\n',
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_refused(name):
    with pytest.raises(CodecError):
        list(table.read_table(io.BytesIO(BAD[name])))
