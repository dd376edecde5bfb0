"""Whatever stands in a file, every reader of chats ends, and what it gives can be recorded and read again."""

from __future__ import annotations

import io
import random

import pytest

from forensics import chats
from forensics.chats import table
from tests.unit.chats import exports, test_csv, test_mail, test_qq, test_wechat, test_whatsapp

SEEDS = (
    exports.telegram(*(exports.said(number, photo="photos/1.jpg") for number in range(5))),
    exports.page(exports.div(1, "x<br>y"), exports.div(2, "z", sender=None)),
    test_wechat.MAILED.encode(),
    test_wechat.PAGE.encode(),
    (test_wechat.HEADING + "1,217,1,0,0,1705314600,,x,2024-01-15 18:30:00,a,B,wx\n").encode(),
    test_qq.ALL.encode(),
    test_mail.mail().as_bytes(),
    b"From x@y.z Mon Jan 15 10:00:00 2024\n" + test_mail.mail(2).as_bytes(),
    "".join(text for text, _ in test_whatsapp.WRITTEN.values()).encode(),
    test_csv.NEUTRAL.encode(),
)


def damaged(chance: random.Random) -> bytes:
    """Cuts, inserts, mixes and overwrites."""
    content = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(0, 12)):
        at = chance.randrange(len(content) + 1)
        other = chance.choice(SEEDS)
        start = chance.randrange(len(other))
        piece = chance.choice((b"", chance.randbytes(3), other[start : start + 80]))
        content[at : at + chance.randint(0, 20)] = piece
    return bytes(content)


@pytest.mark.parametrize(
    "form", [one for one in chats.formats() if one.NAME != "csv-mapping"], ids=lambda one: one.NAME
)
def test_damaged_exports_of_any_format_are_read_and_recorded(form):
    chance = random.Random(form.NAME)
    for _ in range(60):
        source = exports.source(damaged(chance), "a.txt", zone=chance.choice(("", "Europe/Paris")))
        rows = list(form.read(source))
        stream = io.BytesIO()
        table.write_head(stream, sha256=source.sha256, name=source.name, settings={})
        stream.writelines(table.line_of(row, sha256=source.sha256, name=source.name) for row in rows)
        assert list(table.read_table(stream.getvalue().splitlines(keepends=True))) == rows
