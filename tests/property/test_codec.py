"""Canonical JSON of whatever values: the library's bytes, read back to the same values."""

from __future__ import annotations

import json
import os
from datetime import UTC, timedelta, timezone

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from forensics.codec import (
    MAX_INTEGER,
    canonical,
    decode,
    encode,
    format_time,
    name_of,
    parse_canonical,
    parse_time,
    path_of,
    to_json,
)
from forensics.errors import CodecError
from forensics.model import Item, Name

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=30)
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=30,
)


@given(VALUES)
@example({"\U00010000": 1, "\ue000": 2, "\ud7ff": 3})
@example([0.0001, 0.00001, 1e15, 1e16, 123456789012345.6, 1e-7, -0.0])
def test_canonical_json_is_what_an_independent_library_writes(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(WILD)
def test_whatever_a_record_holds_is_read_back_as_it_was_written(value: object) -> None:
    line = canonical({"value": to_json(value)})
    assert canonical(parse_canonical(line)) == line
    assert json.loads(line) == parse_canonical(line)
    assert b"\n" not in line


@given(VALUES)
def test_another_way_to_write_the_same_is_refused(value: object) -> None:
    usual = json.dumps({"value": value}).encode()
    if usual != canonical({"value": value}):
        with pytest.raises(CodecError):
            parse_canonical(usual)


@given(st.binary())
def test_bytes_are_refused_or_canonical(line: bytes) -> None:
    try:
        value = parse_canonical(line)
    except CodecError:
        return
    assert canonical(value) == line


@given(st.binary(min_size=1).filter(lambda raw: b"\x00" not in raw))
def test_every_file_name_comes_back(raw: bytes) -> None:
    item = Item("ITEM-0001", name_of(raw), "file")
    assert os.fsencode(path_of(item.locator)) == raw
    assert decode(parse_canonical(canonical(encode(item)))) == item


@given(st.text())
def test_every_text_has_a_name(text: str) -> None:
    name = name_of(text)
    assert isinstance(name, Name)
    assert canonical(to_json(name)) == canonical(to_json(text))


@given(st.datetimes(timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))))
def test_every_time_comes_back(moment: object) -> None:
    try:
        text = format_time(moment)
    except CodecError:
        assert moment.year in (1, 9999)
        return
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC
    assert len(text) == len("2026-01-31T09:05:07.000000Z")
