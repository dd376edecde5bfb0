"""Canonical JSON against RFC 8785, and nouns there and back."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from forensics.codec import (
    MAX_INTEGER,
    RECORD_TYPES,
    canonical,
    decode,
    encode,
    format_time,
    from_json,
    integer,
    name_of,
    parse,
    parse_canonical,
    parse_time,
    path_of,
    to_json,
)
from forensics.errors import CodecError
from forensics.model import (
    Access,
    Acquisition,
    Act,
    ActEnd,
    Artifact,
    ClockCheck,
    Digests,
    Erasure,
    Exhibit,
    Finding,
    Gap,
    GapReason,
    Interpretation,
    Item,
    KeyHolder,
    LegalBasis,
    Message,
    Name,
    Outcome,
    Output,
    Recovery,
    Result,
    Sensitivity,
    Stage,
    Statement,
    Subject,
    TimeFailure,
    TimeProof,
    Tool,
)

# RFC 8785, appendix B: IEEE 754 double in hex, and its JSON.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

NOT_NUMBERS = {"not a number": float("nan"), "infinity": float("inf"), "negative infinity": float("-inf")}

NOT_CANONICAL = {
    "white space": b'{"a": 1}',
    "a line feed": b'{"a":1}\n',
    "members out of order": b'{"b":1,"a":2}',
    "a member twice": b'{"a":1,"a":1}',
    "a needless escape": b'{"a":"\\u0062"}',
    "an escaped slash": b'{"a":"\\/"}',
    "upper-case escape digits": b'{"a":"\\u001F"}',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "not UTF-8": b'{"a":"\xff"}',
    "half a surrogate pair": b'{"a":"\\ud800"}',
    "half a surrogate pair as a name": b'{"\\ud800":1}',
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":Infinity}',
    "a number beyond all floats": b'{"a":1e999}',
    "an integer beyond 2^53-1": b'{"a":9007199254740992}',
    "a float that is an integer": b'{"a":1.0}',
    "a minus before zero": b'{"a":-0}',
    "a needless exponent": b'{"a":1e2}',
    "more than one value": b'{"a":1}{"b":2}',
    "a list": b"[1]",
    "a string": b'"a"',
    "nothing": b"",
    "very deep nesting": b"[" * 100_000,
    "very deep nesting, closed": b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a number with very many digits": b'{"a":' + b"1" * 5000 + b"}",
}

NOT_TIMES = {
    "no decimals": "2026-01-31T09:05:07Z",
    "three decimals": "2026-01-31T09:05:07.123Z",
    "an offset": "2026-01-31T09:05:07.000000+00:00",
    "no zone": "2026-01-31T09:05:07.000000",
    "a blank": "2026-01-31 09:05:07.000000Z",
    "lower case": "2026-01-31t09:05:07.000000z",
    "a short month": "2026-1-31T09:05:07.000000Z",
    "a day that is not": "2026-02-30T09:05:07.000000Z",
    "a leap second": "2016-12-31T23:59:60.000000Z",
    "hour 24": "2026-01-31T24:00:00.000000Z",
    "digits of another script": "２０２６-01-31T09:05:07.000000Z",
    "a line feed": "2026-01-31T09:05:07.000000Z\n",
    "nothing": "",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items(), ids=NUMBERS)
def test_numbers_are_written_as_appendix_b_of_rfc_8785_says(bits: str, text: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == text.encode()


@pytest.mark.parametrize("value", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(CodecError):
        canonical({"a": value})


def test_members_are_sorted_as_section_3_2_3_of_rfc_8785_says() -> None:
    given = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(parse(canonical(given))) == names


def test_the_example_of_section_3_2_2_of_rfc_8785() -> None:
    given = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(given) == expected.encode()


def test_short_escapes_are_used_where_json_has_them() -> None:
    assert canonical("\b\t\n\f\r\x00\x1f\x7f\u2028") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\xe2\x80\xa8"'


@pytest.mark.parametrize("line", NOT_CANONICAL.values(), ids=NOT_CANONICAL)
def test_a_line_that_is_not_canonical_is_refused(line: bytes) -> None:
    with pytest.raises(CodecError):
        parse_canonical(line)


def test_a_canonical_line_is_read() -> None:
    assert parse_canonical('{"a":[1,0.5,"é",null],"b":{}}'.encode()) == {"a": [1, 0.5, "é", None], "b": {}}


@pytest.mark.parametrize("value", [2**53, -(2**53), 10**30])
def test_an_integer_that_floats_cannot_hold_is_refused(value: int) -> None:
    with pytest.raises(CodecError):
        canonical(value)


@pytest.mark.parametrize("value", [object(), b"bytes", {1}, {1: 2}])
def test_a_value_that_json_does_not_have_is_refused(value: object) -> None:
    with pytest.raises(CodecError):
        canonical(value)


def test_big_integers_become_strings() -> None:
    assert [integer(value) for value in (MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER + 1, -(2**63))] == [
        9007199254740991,
        -9007199254740991,
        "9007199254740992",
        "-9223372036854775808",
    ]


@pytest.mark.parametrize("value", [1e17, -1e20, 9007199254740994.0, 2.0**69])
def test_a_float_that_would_print_as_a_big_integer_becomes_a_string(value: float) -> None:
    line = canonical({"a": to_json(value)})
    assert parse_canonical(line) == {"a": str(int(value))}


@pytest.mark.parametrize("value", [1e21, -1e300, 0.1, 2.0**52, 5e-324, -0.0])
def test_other_floats_stay_numbers(value: float) -> None:
    assert parse_canonical(canonical({"a": to_json(value)})) == {"a": value}


def test_times_are_written_in_utc_with_six_decimals() -> None:
    moment = datetime(2026, 1, 31, 17, 5, 7, tzinfo=timezone(timedelta(hours=8)))
    assert format_time(moment) == "2026-01-31T09:05:07.000000Z"
    assert format_time(datetime(2026, 1, 31, 9, 5, 7, 123456, UTC)) == "2026-01-31T09:05:07.123456Z"
    assert format_time(datetime(1, 2, 3, tzinfo=UTC)) == "0001-02-03T00:00:00.000000Z"


def test_a_time_is_read_as_it_was_written() -> None:
    moment = datetime(1, 1, 1, 0, 0, 0, 1, UTC)
    assert parse_time(format_time(moment)) == moment
    assert parse_time("9999-12-31T23:59:59.999999Z").tzinfo is UTC


def test_a_time_without_a_zone_cannot_be_recorded() -> None:
    with pytest.raises(CodecError, match="without a zone"):
        format_time(datetime(2026, 1, 31))  # noqa: DTZ001 - that is the fact


def test_a_time_before_the_year_1_cannot_be_recorded() -> None:
    with pytest.raises(CodecError, match="years 1 to 9999"):
        format_time(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))


@pytest.mark.parametrize("text", NOT_TIMES.values(), ids=NOT_TIMES)
def test_a_time_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_time(text)


@pytest.mark.parametrize("value", [None, 5, ["2026-01-31T09:05:07.000000Z"]])
def test_what_is_no_text_is_no_time(value: object) -> None:
    with pytest.raises(CodecError):
        from_json(datetime, value)


def test_a_name_that_is_not_utf_8_keeps_its_bytes() -> None:
    raw = b"/tmp/\xff\xfe.jpg"
    name = name_of(raw)
    assert name == Name("/tmp/\ufffd\ufffd.jpg", raw.hex())
    assert name_of(os.fsdecode(raw)) == name
    assert os.fsencode(path_of(name)) == raw
    assert from_json(Name, parse_canonical(canonical({"n": to_json(name)}))["n"]) == name


def test_a_name_in_utf_8_is_a_string() -> None:
    assert to_json(name_of("照片.jpg")) == "照片.jpg"
    assert name_of("照片.jpg".encode()) == Name("照片.jpg")
    assert path_of(Name("照片.jpg")) == "照片.jpg"


def test_half_of_a_surrogate_pair_does_not_stop_a_record() -> None:
    name = name_of("cut emoji \ud83d")
    assert name.raw_hex == b"cut emoji \xed\xa0\xbd".hex()
    assert b"raw_hex" in canonical(to_json({"text": "cut emoji \ud83d"}))


def test_an_argument_that_is_not_utf_8_comes_back() -> None:
    argument = os.fsdecode(b"/tmp/\xff.jpg")
    act = Act("collect", datetime(2026, 1, 1, tzinfo=UTC), (argument,), {}, {})
    assert decode(parse_canonical(canonical(encode(act)))) == act


AT = datetime(2026, 1, 31, 9, 5, 7, 5, UTC)
DIGESTS = Digests("ab" * 32, "cd" * 32, 5, "ef" * 32)
SEALED = {"plain": {"sha256": "12" * 32, "blake3": "34" * 32, "size": 3}}
ARTIFACT = Artifact(DIGESTS, "original", Name("a\ufffd", "61ff"), "image/png", AT, {"mtime_ns": str(2**60)}, SEALED)
TOOL = Tool("exiftool", "13.59", "ab" * 32, ("-json",), {"depth": 3, "ratio": 0.5})
GAP = Gap("body", GapReason.LIMIT, "too large")
CLOCK = ClockCheck("ntp.example", "before", AT, 0.25, 1.0, None)
BASIS = LegalBasis(basis="consent", at=AT, consent="in writing", scope="this case", impact="file 7")
RECORDS = {
    "item": Item("ITEM-0001", Name("https://example.org/é"), "url", "note", Sensitivity.INTIMATE),
    "acquisition": Acquisition("ITEM-0001", TOOL, "1/0", Outcome.PARTIAL, AT, AT, (ARTIFACT,), (GAP,)),
    "finding": Finding(
        ("ab" * 32,),
        Stage.METADATA,
        "metadata.tags",
        Result.INDETERMINATE,
        Message("a.b", "A sentence.", {"count": 3}),
        TOOL,
        {"block_px": 8, "ratio": 0.125},
        ({"offset": 12},),
        (ARTIFACT,),
        (GAP,),
        (Message("limit", "Known to fail."),),
        (Message("other", "Innocent."),),
        (TOOL,),
    ),
    "act": Act(
        "collect", AT, ("a",), {"python": "3.11"}, {"passed": True}, (CLOCK, replace(CLOCK, offset_s=None, gap=GAP))
    ),
    "act-end": ActEnd("1/0", AT, (CLOCK,), (GAP,)),
    "key": KeyHolder("ab" * 32, "B. Examiner", "age1"),
    "time-proof": TimeProof(
        4, "https://tsa", "ab" * 32, AT, AT, AT, None, ("cd" * 32,), (), "5", "1.2.3", {"imprint": "passed"}
    ),
    "time-failure": TimeFailure(4, "https://tsa", AT, GAP),
    "interpretation": Interpretation(
        ("2/1",),
        (Message("h1", "It is."), Message("h2", "It is not.")),
        "moderate",
        TOOL,
        "h1",
        1.25,
        (0.75, 1.5),
        1.5,
        "ab" * 32,
        (Message("scope", "Not a probability."),),
    ),
    "exhibit": Exhibit("A", "The clip", ("ITEM-0001",), ("2/1",), ("element",)),
    "output": Output("report", "reports/report.pdf", "ab" * 32, 7, ARTIFACT, {"pages": 12}),
    "erasure": Erasure("ITEM-0001", "Art. 17", AT),
    "recovery": Recovery(({"what": "temporary files", "count": 3},)),
    "legal-basis": BASIS,
    "subject": Subject(
        "SUBJECT-0001",
        "张三",
        ("ITEM-0001", "ITEM-0002"),
        BASIS,
        AT,
        ("ab" * 32, "cd" * 32),
        ((1.0, 2.5, 30.0, 40.0), (-1.5, 0.0, 112.0, 150.25)),
    ),
    "access": Access(("ITEM-0001",), "B. Examiner", "asked by the court", AT),
    "statement": Statement(
        *("STATEMENT-0001", "cost", "B. Examiner", AT, "公证费"),
        values={"amount_minor": 30000, "currency": "CNY"},
        items=("ITEM-0001",),
        findings=("3/1",),
    ),
}


def test_every_record_type_has_an_example_here() -> None:
    assert RECORDS.keys() == RECORD_TYPES.keys()


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_comes_back_as_it_was(name: str) -> None:
    line = canonical(encode(RECORDS[name]))
    assert decode(parse_canonical(line)) == RECORDS[name]
    assert parse(line)["type"] == name


@pytest.mark.parametrize("name", RECORDS)
def test_a_member_that_the_program_does_not_know_is_passed_over(name: str) -> None:
    assert decode({**encode(RECORDS[name]), "later": {"version": 2}}) == RECORDS[name]


NOT_RECORDS = {
    "no object": ["item"],
    "no type": {"id": "ITEM-0001"},
    "an unknown type": {"type": "handover"},
    "a type that is no text": {"type": ["item"]},
    "a type that is null": {"type": None},
    "a missing member": {"type": "item", "id": "ITEM-0001", "locator": "x"},
    "a number for text": {"type": "item", "id": 5, "locator": "x", "kind": "file"},
    "an unknown word": {"type": "item", "id": "ITEM-0001", "locator": "x", "kind": "file", "sensitivity": "secret"},
    "a name without bytes": {"type": "item", "id": "ITEM-0001", "locator": {"display": "x"}, "kind": "file"},
    "a name whose bytes are not hex": {
        "type": "item",
        "id": "I",
        "locator": {"display": "x", "raw_hex": "zz"},
        "kind": "f",
    },
    "a name whose display is a number": {
        "type": "item",
        "id": "I",
        "locator": {"display": 1, "raw_hex": "ff"},
        "kind": "f",
    },
    "text for a list": {"type": "exhibit", "label": "A", "title": "t", "items": "ITEM-0001"},
    "true for a number": {"type": "time-failure", "checkpoint": True, "authority": "a", "requested_at": "x", "gap": {}},
    "text for an object": {**encode(RECORDS["act"]), "environment": "linux"},
    "null for an object": {**encode(RECORDS["acquisition"]), "collector": None},
    "text for a float": {**encode(RECORDS["time-proof"]), "accuracy_s": "nan"},
    "true for a float": {**encode(RECORDS["time-proof"]), "accuracy_s": True},
    "an object for a record's artifact": {**encode(RECORDS["acquisition"]), "artifacts": [{"digests": {}}]},
}


@pytest.mark.parametrize("value", NOT_RECORDS.values(), ids=NOT_RECORDS)
def test_what_is_no_record_is_refused(value: object) -> None:
    with pytest.raises(CodecError):
        decode(value)


def test_a_size_beyond_2_to_the_53_comes_back() -> None:
    output = replace(RECORDS["output"], as_of=2**60)
    assert decode(parse_canonical(canonical(encode(output)))) == output


def test_a_type_that_no_noun_has_is_refused() -> None:
    with pytest.raises(CodecError, match="a bytes cannot be recorded"):
        to_json({"facts": [b"raw"]})


def test_subclasses_of_numbers_are_written_as_numbers() -> None:
    class Odd(float):
        def __repr__(self) -> str:
            return "Odd(0.5)"

        __str__ = __repr__

    assert canonical(to_json({"a": Odd(0.5)})) == b'{"a":0.5}'
