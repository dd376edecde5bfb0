"""Text and Markdown: encodings, front matter after YAML 1.2.2, and both ends."""

from __future__ import annotations

import io
import random
import time

import pytest

from forensics import formats
from forensics.formats import Structure

LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), "text/markdown")


def front(text: str) -> dict[str, str]:
    """Gives the values of front matter; those of nested mappings under `key/inner`."""
    found = read(text.encode()).values
    return {
        f"{value.place}/{value.key}".removeprefix("front matter/"): value.text
        for value in found
        if value.place.startswith("front matter")
    }


def encoding(data: bytes) -> str:
    return next(part.facts["encoding"] for part in read(data).parts if part.kind == "text")


SCALARS = {
    f"AIGC: {LABEL}": LABEL,
    f"AIGC: '{LABEL}'": LABEL,
    "AIGC: 'it''s'": "it's",
    'AIGC: "a\\"b\\\\c\\u0041\\n"': 'a"b\\cA\n',
    "AIGC: plain text # and a comment": "plain text",
    "AIGC: http://a.example/#b": "http://a.example/#b",
    '"AIGC": x': "x",
    "'AIGC' : x": "x",
    "AIGC: |\n  one\n  two\n": "one\ntwo",
    "AIGC: |-\n  one\n    two\n": "one\n  two",
    "AIGC: >\n  one\n  two\n\n  three\n": "one two\nthree",
    f"AIGC: >-\n  {LABEL}\n": LABEL,
    'AIGC: {\n"Label": "1",\n"ProduceID": "p: }"\n}': '{\n"Label": "1",\n"ProduceID": "p: }"\n}',
    "AIGC: [a,\nb]": "[a,\nb]",
    'AIGC: "one\n  two"': "one two",
    "AIGC:": "",
}


@pytest.mark.parametrize("written", SCALARS)
def test_scalars_of_front_matter_are_read(written):
    assert front(f"---\ntitle: a\n{written}\nlast: z\n---\n\nText.\n") == {
        "title": "a",
        "AIGC": SCALARS[written],
        "last": "z",
    }


def test_a_nested_mapping_is_given_as_written_and_by_its_keys():
    found = front('---\nAIGC:\n  Label: "1"\n  ProduceID: p-1 # note\nlast: z\n---\n')
    assert found["AIGC"] == 'Label: "1"\n  ProduceID: p-1 # note'
    assert found["AIGC/Label"] == "1"
    assert found["AIGC/ProduceID"] == "p-1"
    assert found["last"] == "z"


def test_keys_inside_of_values_are_no_keys_of_the_top_level():
    assert set(front("---\na: |\n  AIGC: x\nb:\n- AIGC: y\n---\n")) == {"a", "b"}


def test_lines_end_as_on_windows():
    assert front("---\r\nAIGC: x\r\nb: |\r\n  c\r\n  d\r\n---\r\n") == {"AIGC": "x", "b": "c\nd"}


@pytest.mark.parametrize(
    "text", ["", "AIGC: x\n", "Text\n---\nAIGC: x\n---\n", "---\n\nA rule.\n\n---\n", "----\nAIGC: x\n---\n"]
)
def test_text_without_front_matter_has_no_keys(text):
    assert front(text) == {}


def test_front_matter_without_an_end_is_read_and_told():
    data = b"---\nAIGC: x\n\nText goes on.\n"
    assert front(data.decode())["AIGC"] == "x"
    assert {problem.code for problem in read(data).problems} == {"missing-part"}


def test_offsets_lead_to_the_bytes():
    data = f"---\ntitle: 标题\nAIGC: {LABEL}\n---\nText".encode("gb18030")
    label = next(value for value in read(data).values if value.key == "AIGC")
    assert data[label.offset : label.offset + label.size] == LABEL.encode()
    part = read(data).parts[0]
    assert data[part.offset : part.offset + part.size].endswith(b"---")


ENCODED = {
    "utf-8": "声明：本文由人工智能生成。".encode(),
    "gb18030": "声明：本文由人工智能生成。".encode("gb18030"),
    "utf-16-le": b"\xff\xfe" + "声明 AI".encode("utf-16-le"),
    "utf-16-be": b"\xfe\xff" + "声明 AI".encode("utf-16-be"),
    "latin-1": b"caf\xe9 \xff\xff \x80",
}


@pytest.mark.parametrize("name", ENCODED)
def test_the_encoding_is_guessed_and_the_text_read(name):
    data = ENCODED[name]
    assert encoding(data) == name
    start = next(value for value in read(data).values if value.place == "start")
    assert start.data == data.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    assert start.text == start.data.decode(name)


def test_a_byte_order_mark_does_not_hide_front_matter():
    assert front("\ufeff---\nAIGC: x\n---\n") == {"AIGC": "x"}


def test_front_matter_in_utf_16_is_read():
    data = b"\xff\xfe" + f"---\nAIGC: {LABEL}\n---\n".encode("utf-16-le")
    label = next(value for value in read(data).values if value.key == "AIGC")
    assert label.text == LABEL
    assert data[label.offset :].startswith("{".encode("utf-16-le"))


def test_both_ends_of_a_long_text_are_values():
    text = "\n".join(f"第{number}行" for number in range(20_000))
    data = text.encode()
    found = {value.place: value for value in read(data).values}
    assert found["start"].text == text[:4096]
    assert found["end"].text == text[-4096:]
    assert data[found["end"].offset :] == found["end"].data


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_the_end_of_a_text_beyond_what_is_read_is_found(encoding):
    text = "人工智能生成\n" * 300_000 + "尾"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    end = next(value for value in read(mark + text.encode(encoding)).values if value.place == "end")
    assert end.text == text[-4096:]


def test_a_short_text_has_a_start_only():
    assert [value.place for value in read(b"short").values] == ["start"]


def test_bytes_that_fit_no_encoding_survive():
    data = b"---\nAIGC: a\xff\xfeb\n---\n" + b"text " * 20 + "正文".encode()
    assert next(value for value in read(data).values if value.key == "AIGC").data.startswith(b"a")


BAD = {
    "empty": b"",
    "mark only": b"\xff\xfe",
    "odd utf-16": b"\xff\xfea",
    "lone surrogates": b"\xff\xfe" + b"-\0-\0-\0\n\0a\0:\0 \0\x00\xd8\n\0-\0-\0-\0",
    "random": random.Random(5).randbytes(100_000),
    "nulls": bytes(1000),
    "fences": b"---\n" * 50_000,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_no_error(name):
    structure = read(BAD[name])
    assert not [problem for problem in structure.problems if problem.code == "unreadable"]


HOSTILE = {
    "keys": b"---\n" + b"a: b\n" * 200_000 + b"---\n",
    "brackets": b"---\nA: " + b"{" * 900_000 + b"\n---\n",
    "escapes": b'---\nA: "' + b"\\" * 900_000 + b"\n---\n",
    "spaces": b"---\na" + b" " * 900_000 + b"\n---\n",
    "spaces in quotes": b'---\nA: "' + b" " * 900_000 + b'x"\n---\n',
    "empty lines": b"---\nA: >\n" + b"  a\n\n" * 140_000 + b"---\n",
    "blank lines before a fence": b" \n" * 500_000 + b"--x",
    "no line at all": b"\xb0\xa1" * (10 << 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_little(name):
    start = time.monotonic()
    read(HOSTILE[name])
    assert time.monotonic() - start < 5
