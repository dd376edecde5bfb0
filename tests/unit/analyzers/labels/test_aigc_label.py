"""One implicit label as text, and the provider codes in it."""

from __future__ import annotations

import base64
import html
import json
import random
import time

import pytest

from forensics import codec
from forensics.analyzers.labels import aigc_label, aigc_provider

ORGANISATION = "91350100M000100Y43"
CODE = f"0011{ORGANISATION}10001"
PERSON = "11010519491231002X"
"""The example of GB 11643-1999, annex A."""

VALID = {
    "Label": "1",
    "ContentProducer": CODE,
    "ProduceID": "p-1",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}
TEXT = json.dumps(VALID, separators=(",", ":"))
READ = {
    "bare": (TEXT, [], []),
    "wrapped": (json.dumps({"AIGC": VALID}), [], ["wrapped"]),
    "wrapped twice": (json.dumps({"AIGC": {"AIGC": VALID}}), ["wrapped-twice"], ["wrapped"]),
    "wrapped as a string": (json.dumps({"AIGC": TEXT}), ["string-encoded"], ["wrapped"]),
    "a string of JSON": (json.dumps(TEXT), ["string-encoded"], []),
    "escaped": (html.escape(TEXT), ["entity-escaped"], []),
    "escaped twice": (html.escape(html.escape(TEXT)), ["entity-escaped"], []),
    "escaped by numbers": (TEXT.replace('"', "&#34;"), ["entity-escaped"], []),
    "backslashes": (TEXT.replace('"', '\\"'), ["backslash-escaped"], []),
    "percent": (TEXT.replace("{", "%7B").replace("}", "%7D").replace('"', "%22"), ["percent-encoded"], []),
    "base64": (base64.b64encode(TEXT.encode()).decode(), ["base64"], []),
    "base64 for addresses": (base64.urlsafe_b64encode(TEXT.encode()).decode().rstrip("="), ["base64"], []),
    "a number": (TEXT.replace('"1"', "1", 1), ["not-a-string-label"], []),
    "single quotes": (str(VALID), ["invalid-json"], ["single-quotes"]),
    "NUL behind": (TEXT + "\0\0", [], []),
    "BOM before": ("\ufeff" + TEXT, [], []),
    "spaces around": (f"\r\n {TEXT}\n", [], []),
    "a comma too many": (TEXT[:-1] + ",}", ["invalid-json"], []),
    "words behind": (TEXT + " made by a machine", ["trailing-text"], []),
    "lower case": (TEXT.replace('"Label"', '"label"').replace("ProduceID", "produceId"), ["field-name-variant"], []),
    "a colon in the name": (TEXT.replace('ReservedCode2"', 'ReservedCode2:"'), ["field-name-variant"], []),
    "a name twice": (TEXT.replace("{", '{"Label":"1",', 1), ["duplicate-key"], []),
    "one more": (TEXT[:-1] + ',"Model":"x"}', ["extra-field"], []),
    "another order": (json.dumps(dict(reversed(VALID.items()))), [], ["field-order"]),
    "in a list": (f"[{TEXT}]", ["not-an-object"], []),
    "as elements": (
        "".join(f"<TC260:{name}>{text}</TC260:{name}>" for name, text in VALID.items()),
        ["invalid-json"],
        ["xml-fields"],
    ),
    "as attributes": (" ".join(f'TC260:{name}="{text}"' for name, text in VALID.items()), ["invalid-json"], []),
}


@pytest.mark.parametrize("name", READ)
def test_the_same_label_is_read_however_it_is_written(name):
    text, defects, notes = READ[name]
    label = aigc_label.read(text)
    assert dict(label.fields) == VALID
    assert list(label.defects) == defects
    assert list(label.notes) == notes
    assert label.is_readable


def test_a_mapping_of_yaml_is_as_good_as_json_where_yaml_is_at_home():
    lines = "\n  Label: '1'\n  ContentProducer: Doubao  # service\n  ProduceID: \"p-1\"\n"
    label = aigc_label.read(lines, is_yaml=True)
    assert (label.fields["Label"], label.fields["ContentProducer"], label.fields["ProduceID"]) == ("1", "Doubao", "p-1")
    assert label.defects == ()
    assert "invalid-json" in aigc_label.read(lines).defects


def test_what_stands_before_a_cut_is_read_and_what_would_follow_is_not_called_missing():
    for size in range(12, len(TEXT) - 1):
        label = aigc_label.read(TEXT[:size])
        assert label.defects == ("truncated",), size
        for name, text in label.fields.items():
            assert text in (None, VALID[name]), (size, name)
    assert aigc_label.read(TEXT[: TEXT.index(',"ProduceID')]).fields["ContentProducer"] == CODE


DEFECTIVE = {
    "missing-label": {"ContentProducer": "x", "ProduceID": "y"},
    "missing-contentproducer": {"Label": "1", "ProduceID": "y"},
    "missing-produceid": {"Label": "1", "ContentProducer": "x"},
    "empty-label": VALID | {"Label": ""},
    "empty-contentproducer": VALID | {"ContentProducer": ""},
    "empty-produceid": VALID | {"ProduceID": ""},
    "missing-propagateid": {"Label": "1", "ContentProducer": "x", "ProduceID": "y", "ContentPropagator": "z"},
    "empty-propagateid": VALID | {"ContentPropagator": "z"},
    "unknown-label-value": VALID | {"Label": "4"},
    "not-printable-ascii": VALID | {"ContentProducer": "豆包"},
    "not-a-string-produceid": VALID | {"ProduceID": 17},
    "not-a-string-reservedcode1": VALID | {"ReservedCode1": None},
    "not-a-string-reservedcode2": VALID | {"ReservedCode2": {"a": [True]}},
    "extra-field": VALID | {"PropatorID": "x"},
}


@pytest.mark.parametrize("defect", DEFECTIVE)
def test_a_departure_from_the_standard_has_its_code_and_no_other(defect):
    assert aigc_label.read(json.dumps(DEFECTIVE[defect])).defects == (defect,)


def test_numbers_and_words_become_text_and_null_stays_absent():
    label = aigc_label.read('{"Label":1,"ContentProducer":true,"ProduceID":null,"ReservedCode1":1e5}')
    assert list(label.fields.values()) == ["1", "true", None, "1e5", None, None, None]


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("", "empty-value"),
        ("\0", "empty-value"),
        ("{}", "empty-object"),
        ("true", "not-an-object"),
        ("x", "not-an-object"),
    ],
)
def test_an_empty_shell_has_no_fields(text, defect):
    label = aigc_label.read(text)
    assert defect in label.defects
    assert not label.is_readable


HOSTILE = {
    "deep lists": "[" * 60_000,
    "deep objects": '{"AIGC":' * 8_000,
    "deep objects in a field": '{"Label":' * 6_000 + "1" + "}" * 6_000,
    "a long number": '{"Label":' + "1" * 60_000 + "}",
    "spaces": "Label: " + " " * 60_000 + "x",
    "many names": "Label:" * 10_000 + "{",
    "many quotes": "Label:'" * 9_000,
    "many ampersands": "&amp;" * 12_000,
    "a megabyte": '{"Label":"1","ContentProducer":"' + "x" * 1_000_000 + '"}',
    "surrogates": '{"Label":"\\ud800","ContentProducer":"\\udfff"}',
    "no text": "".join(map(chr, range(1, 2000))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little_and_can_be_recorded(name):
    before = time.process_time()
    label = aigc_label.read(HOSTILE[name])
    assert time.process_time() - before < 1
    codec.canonical({"fields": dict(label.fields), "defects": list(label.defects), "extra": list(label.extra)})


def test_random_bytes_are_never_a_label():
    for seed in range(200):
        text = random.Random(seed).randbytes(300).decode("utf-8", "backslashreplace")
        assert not aigc_label.read(text).is_readable


def test_credit_codes_are_checked_as_the_standard_says():
    # GB 32100-2015, and organisations whose codes are public.
    for code in (ORGANISATION, "91440300708461136T", "9144030071526726XG", "91110108MA01KP2T5U"):
        assert aigc_provider.credit_code_fits(code)
    for code in ("91350100M000100Y44", "91350100M000100I43", "91350100M000100Y4", ""):
        assert not aigc_provider.credit_code_fits(code)


def test_identity_numbers_are_checked_as_the_standard_says():
    assert aigc_provider.identity_fits(PERSON)
    assert not aigc_provider.identity_fits("110105194912310021")
    assert not aigc_provider.identity_fits("11010519491331002X")


def test_a_provider_code_is_taken_apart():
    assert aigc_provider.provider("001191440300708461136T1XGW3").values() == {
        "format": "00",
        "subject_type": "1",
        "binding": "1",
        "organisation_code": "91440300708461136T",
        "service_type": "1",
        "model_or_app_code": "XGW3",
        "is_check_valid": True,
    }
    assert aigc_provider.provider("001191440300708461136X1XGW3").is_check_valid is False
    assert aigc_provider.provider("Doubao").values() == {"name": "Doubao"}
    assert aigc_provider.provider(ORGANISATION).values()["organisation_code"] == ORGANISATION
    assert aigc_provider.provider("") is None
    assert aigc_provider.provider(None) is None


@pytest.mark.parametrize("kind", ["21", "22", "23", "24", "12"])
def test_the_identifier_of_a_person_is_not_given(kind):
    values = aigc_provider.provider(f"00{kind}{PERSON}10000").values()
    assert values["organisation_code"] is None
    assert values["is_check_valid"] is None
    assert PERSON not in json.dumps(values)
