"""Implicit labels in structures built by hand: sites, disagreements, masking, wording."""

from __future__ import annotations

import base64
import html
import json
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from forensics import codec
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer, aigc, aigc_label
from forensics.analyzers.labels.look import Look
from forensics.formats import Part, Problem, Structure, Value
from forensics.model import Finding, GapReason, Message, Result, Stage
from tests.fakes.evidence import FileEvidence, KeepingSink

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


def named(text: str, *, key: str = "AIGC", place: str = "tEXt", offset: int = 0, encoding: str = "latin-1") -> Value:
    data = text.encode(encoding, "replace")
    return Value(place, key, offset, len(data), data, encoding)


@dataclass(frozen=True)
class Given:
    """What the reader of labels is given: values and the file they are said to lie in."""

    folder: Path

    def finding(self, *values: Value, content: bytes = b"", analyzer: LabelsAnalyzer | None = None, **more) -> Finding:
        path = self.folder / "a.png"
        path.write_bytes(content or bytes(4096))
        analyzer = analyzer or LabelsAnalyzer()
        structure = Structure(**{"format": "png", "size": path.stat().st_size, "values": values, **more})
        blank = Finding(("0" * 64,), Stage.METADATA, "", Result.INDETERMINATE, Message("", ""), describe(analyzer))
        (found,) = aigc.findings(Look(FileEvidence(path), KeepingSink(), analyzer, structure, blank))
        codec.canonical(codec.encode(found))
        assert found.kind == "label.aigc"
        assert found.limits
        assert found.result is Result.NOT_FOUND or found.alternatives
        return found


@pytest.fixture
def given(tmp_path) -> Given:
    return Given(tmp_path)


@pytest.mark.parametrize(
    ("label", "words"),
    [("1", "declares that the content is generated"), ("2", "may be generated"), ("3", "suspects")],
)
def test_each_value_is_worded_as_what_it_is_and_by_whom(given, label, words):
    found = given.finding(named(json.dumps(VALID | {"Label": label})))
    assert found.result is Result.FOUND
    assert words in found.statement.text
    assert ORGANISATION in found.statement.text
    assert found.values["labels"] == [label]
    assert any("not signed" in limit.text for limit in found.limits)


def test_a_value_that_the_standard_does_not_know_is_given_as_it_stands(given):
    found = given.finding(named(json.dumps(VALID | {"Label": "AIGC"})))
    assert found.result is Result.FOUND
    assert "does not define: AIGC" in found.statement.text


def test_a_label_in_two_places_that_disagree_is_reported(given):
    second = named(json.dumps(VALID | {"Label": "2", "ContentPropagator": "x", "PropagateID": "y"}), offset=700)
    found = given.finding(named(TEXT, offset=40), second)
    assert found.values["site_count"] == 2
    assert found.values["labels"] == ["1", "2"]
    assert found.values["propagated"] is True
    assert found.values["disagreements"]["Label"] == [
        {"value": "1", "places": [{"place": "tEXt", "offset": 40}]},
        {"value": "2", "places": [{"place": "tEXt", "offset": 700}]},
    ]
    assert "differ" in found.statement.text


NAMES = ("AIGC", "aigc", "TC260:AIGC", "TC260:Aigc", "TXXX:AIGC", "com.tc260.AIGC", "COMM:eng:AIGC", "COMM:AIGC:eng")


@pytest.mark.parametrize("key", NAMES)
def test_the_key_is_known_in_all_its_forms(given, key):
    assert given.finding(named(TEXT, key=key)).result is Result.FOUND


@pytest.mark.parametrize("key", ["AIGCX", "aigc_info", "com.aigc.version", "xmp:Label", "Description", "parameters"])
def test_other_keys_are_no_label_even_with_the_same_words(given, key):
    assert given.finding(named("AIGC content must be labelled", key=key)).result is Result.NOT_FOUND


INNOCENT = {
    "web text": "Since 2025 AIGC needs labels (GB 45438): Label, ContentProducer and ProduceID are required.",
    "a prompt": "poster with the letters AIGC, neon",
    "an editor's note": '{"aigc_info":{"aigc_label_type":0,"source_info":"x"}}',
    "an unrelated object": '{"AIGC": {"speed": 3}}',
    "an assignment": "AIGC: see the handbook. Label: none.",
    "a namespace alone": '<x:xmpmeta xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"></x:xmpmeta>',
}


@pytest.mark.parametrize("name", INNOCENT)
@pytest.mark.parametrize("key", ["Comment", "UserComment", "xmp", "text"])
def test_a_text_that_speaks_of_labels_is_none(given, name, key):
    assert given.finding(named(INNOCENT[name], key=key)).result is Result.NOT_FOUND


@pytest.mark.parametrize("key", ["UserComment", "ImageDescription", "comment", "Comment", "COMM:eng"])
def test_an_object_under_the_name_is_a_label_in_any_value(given, key):
    found = given.finding(named(json.dumps({"AIGC": VALID}), key=key, offset=33))
    assert found.result is Result.FOUND
    assert found.values["sites"][0]["offset"] == 33


def test_the_code_of_a_user_comment_is_no_part_of_the_label(given):
    text = json.dumps({"AIGC": VALID})
    for code, encoding in ((b"ASCII\0\0\0", "ascii"), (b"UNICODE\0", "utf-16-le"), (b"UNICODE\0", "utf-16-be")):
        data = code + text.encode(encoding)
        found = given.finding(Value("APP1/Exif/ExifIFD", "UserComment", 100, len(data), data))
        assert found.values["sites"][0]["offset"] == 108
        assert found.values["sites"][0]["fields"] == VALID


def test_an_object_without_a_name_only_resembles_a_label(given):
    found = given.finding(named(TEXT, key="Comment"))
    assert found.result is Result.INDETERMINATE
    assert found.values["strength"] == "consistent_with"


def test_an_object_without_a_name_in_the_place_for_labels_in_exif_is_one(given):
    found = given.finding(named(TEXT, key="UserComment", place="APP1/Exif/ExifIFD", offset=33))
    (site,) = found.values["sites"]
    assert found.result is Result.FOUND
    assert site["fields"] == VALID
    assert (site["defects"], site["notes"]) == ([], ["unwrapped"])


@pytest.mark.parametrize("lead", [4, 1])  # version and flags of a full box; the encoding of a frame of ID3
def test_zeros_before_the_label_are_passed_over(given, lead):
    data = bytes(lead) + TEXT.encode()
    found = given.finding(Value("moov/udta", "AIGC", 50, len(data), data))
    (site,) = found.values["sites"]
    assert (found.result, site["offset"], site["fields"]) == (Result.FOUND, 50 + lead, VALID)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_label_in_utf_16_in_a_place_without_a_stated_encoding_is_read(given, encoding):
    data = TEXT.encode(encoding)
    found = given.finding(Value("moov/udta", "AIGC", 50, len(data), data))
    assert (found.result, found.values["sites"][0]["fields"]) == (Result.FOUND, VALID)


def test_fields_that_stand_one_by_one_under_their_names_resemble_a_label_where_all_are_there(given):
    fields = [named(VALID[name], key=name.upper(), offset=100 * at) for at, name in enumerate(aigc_label.REQUIRED, 1)]
    found = given.finding(*fields)
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert site["fields"]["ContentProducer"] == CODE
    assert "separate-fields" in site["defects"]
    assert given.finding(*fields[:2]).result is Result.NOT_FOUND


@pytest.mark.parametrize("text", [TEXT, html.escape(TEXT), TEXT.replace('"Label"', '\n "Label"', 1)])
def test_an_object_without_a_name_behind_the_end_of_a_file_resembles_a_label(given, text):
    content = bytes(500) + b"tail " + text.encode() + b" more"
    found = given.finding(content=content)
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert site["offset"] == 505
    assert site["fields"] == VALID


def test_a_label_in_utf_16_that_no_reader_knows_is_come_upon(given):
    content = bytes(301) + TEXT.encode("utf-16-le") + bytes(9)
    found = given.finding(content=content, format="")
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert (site["offset"], site["fields"]) == (301, VALID)


@pytest.mark.parametrize(
    "text",
    [
        '{"AIGC":%s}\n\nSome words.',
        'Some words.\n\n{"AIGC":%s}\n',
        "<!-- AIGC: %s -->\nSome words.",
        "AIGC: %s\nWords.",
    ],
)
def test_a_label_as_the_first_or_last_line_of_a_text_resembles_one(given, text):
    content = text % TEXT
    value = named(content, key="text", place="start", encoding="utf-8")
    found = given.finding(value, content=content.encode(), format="plain")
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert site["fields"] == VALID
    assert content[site["offset"] :].startswith(site["raw"])


def test_a_label_in_the_middle_of_a_text_is_an_example(given):
    content = f"# Labels\n\nAIGC: {TEXT}\n\nThis is how one looks."
    value = named(content, key="text", place="start", encoding="utf-8")
    assert given.finding(value, content=content.encode(), format="plain").result is Result.NOT_FOUND


def test_a_label_within_a_longer_text_only_resembles_one(given):
    text = 'As an example: {"AIGC":' + TEXT + "} is written into the file."
    found = given.finding(named(text, key="Description", offset=10))
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert site["place"] == "search/tEXt"
    assert site["offset"] == 10 + text.index('{"AIGC"')
    assert site["fields"] == VALID


def packet(inner: str) -> bytes:
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description {inner}</rdf:RDF></x:xmpmeta>'.encode()


def test_a_property_and_its_packet_are_one_site(given):
    escaped = html.escape(TEXT)
    data = packet(f"><TC260:AIGC>{escaped}</TC260:AIGC></rdf:Description>")
    at = 200 + data.index(escaped.encode())
    whole = Value("APP1/XMP", "xmp", 200, len(data), data, "utf-8")
    inner = Value("APP1/XMP/properties", "TC260:AIGC", at, len(escaped), TEXT.encode(), "utf-8")
    found = given.finding(whole, inner)
    assert [site["offset"] for site in found.values["sites"]] == [at]


def test_members_of_a_structure_and_its_packet_are_one_site(given):
    elements = "".join(f"<TC260:{name}>{text}</TC260:{name}>" for name, text in VALID.items())
    data = packet(f'><TC260:AIGC rdf:parseType="Resource">{elements}</TC260:AIGC></rdf:Description>')
    values = [
        named(text, key=f"TC260:AIGC/TC260:{name}", place="APP1/XMP/properties", offset=data.index(name.encode()))
        for name, text in VALID.items()
    ]
    found = given.finding(Value("APP1/XMP", "xmp", 0, len(data), data, "utf-8"), *values)
    (site,) = found.values["sites"]
    assert site["fields"] == VALID


def test_utf_8_in_a_place_for_latin_1_is_read_as_it_was_meant(given):
    data = json.dumps(VALID | {"ContentProducer": "豆包"}, ensure_ascii=False).encode()
    (site,) = given.finding(Value("tEXt", "AIGC", 9, len(data), data, "latin-1")).values["sites"]
    assert site["producer"] == {"name": "豆包"}
    assert site["defects"] == ["not-printable-ascii"]


BROKEN = {
    "an element": packet(f"><TC260:AIGC>{TEXT}</TC260:AIGC>"),
    "an element in another case": packet(f"><tc260:aigc>{TEXT}</tc260:aigc>"),
    "an element that does not end": packet("><TC260:AIGC>" + TEXT)[: -len("</rdf:RDF></x:xmpmeta>")],
    "an attribute": packet(f"TC260:AIGC='{TEXT}'>"),
    "an attribute with quotes inside": packet(f'TC260:AIGC="{TEXT}">'),
    "marked as character data": packet(f"><TC260:AIGC><![CDATA[{TEXT}]]></TC260:AIGC>"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_label_in_a_broken_packet_is_read(given, name):
    data = BROKEN[name]
    found = given.finding(Value("iTXt/XMP", "xmp", 50, len(data), data, "utf-8"))
    (site,) = found.values["sites"]
    assert found.result is Result.FOUND
    assert site["fields"] == VALID
    assert data[site["offset"] - 50 :].lstrip(b"<![CDAT").startswith(TEXT.encode())


def test_fields_under_keys_of_their_own_are_one_site(given):
    values = [
        named(text, key=f"TC260:{name}", place="XMP/properties", offset=40 * number)
        for number, (name, text) in enumerate(VALID.items())
    ]
    found = given.finding(*values)
    (site,) = found.values["sites"]
    assert site["fields"] == VALID
    assert "separate-fields" in site["defects"]


def test_a_chunk_with_the_name_is_read_where_the_reader_gives_no_value(given):
    content = bytes(100) + b"\0\0\0\xb0AIGC" + TEXT.encode() + b"\1\2\3\4" + bytes(50)
    part = Part("AIGC", 100, 12 + len(TEXT))
    found = given.finding(content=content, parts=(part,))
    (site,) = found.values["sites"]
    assert found.result is Result.FOUND
    assert content[site["offset"] :].startswith(TEXT.encode())


def test_a_label_behind_the_end_of_the_picture_is_seen(given):
    content = bytes(300) + packet(f"><TC260:AIGC>{html.escape(TEXT)}</TC260:AIGC></rdf:Description>")
    found = given.finding(content=content)
    (site,) = found.values["sites"]
    assert found.result is Result.INDETERMINATE
    assert site["fields"] == VALID
    assert content[site["offset"] :].startswith(html.escape(TEXT).encode())


def test_what_a_damaged_container_leaves_of_a_label_is_seen(given):
    for before in (b"mdtaAIGC\0\0\0\xdailst\0\0\0\xd2\0\0\0\1", b"AIGC=", b"\x04AIGCD\x87\x01\0"):
        content = bytes(80) + before + TEXT.encode() + bytes(9)
        found = given.finding(content=content)
        (site,) = found.values["sites"]
        assert found.result is Result.INDETERMINATE
        assert (site["offset"], site["fields"]) == (80 + len(before), VALID)


def test_bytes_are_never_reported_twice(given):
    text = json.dumps({"AIGC": VALID})
    content = bytes(64) + text.encode() + bytes(64)
    first = named(text, key="AIGC", offset=64)
    second = named(text, key="Comment", place="COM", offset=64)
    assert given.finding(first, second, content=content).values["site_count"] == 1


def test_an_empty_place_is_something_that_is_there(given):
    for text in ("", "{}", "null", "unknown"):
        found = given.finding(named(text))
        assert found.result is Result.INDETERMINATE
        assert found.values["site_count"] == 1


def test_nothing_found_is_worded_as_nothing_found(given):
    found = given.finding()
    assert found.result is Result.NOT_FOUND
    assert found.values["sites"] == []
    assert "was found by this method" in found.statement.text


def test_nothing_found_in_half_a_file_says_nothing(given):
    problem = Problem("truncated", 90, detail="the data end before IEND")
    found = given.finding(problems=(problem,))
    assert found.result is Result.INDETERMINATE
    assert found.gaps[0].why is GapReason.UNPARSABLE
    found = given.finding(problems=(Problem("limit", 0, detail="too many parts"),))
    assert found.gaps[0].why is GapReason.LIMIT


def test_a_format_without_a_reader_says_nothing(given):
    found = given.finding(format="")
    assert found.result is Result.INDETERMINATE
    assert found.gaps[0].why is GapReason.NOT_APPLICABLE


SECRETS = {
    "an identity number in a code": (f"0021{PERSON}10000", PERSON),
    "a telephone number in a code": ("00220000000138001380001" + "0000", "13800138000"),
    "a code that is too short": (f"0021{PERSON}1", PERSON),
    "a bare identity number": (PERSON, PERSON),
    "a bare telephone number": ("+86 13800138000", "13800138000"),
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("form", ["plain", "base64", "escaped", "hidden", "wrapped"])
def test_what_identifies_a_person_is_masked_everywhere(given, name, form):
    code, secret = SECRETS[name]
    text = json.dumps(VALID | {"ContentProducer": code})
    text = {
        "plain": text,
        "base64": base64.b64encode(text.encode()).decode(),
        "escaped": html.escape(text),
        "hidden": text.replace("0", "\\u0030"),
        "wrapped": json.dumps({"AIGC": text}),
    }[form]
    found = given.finding(named(text))
    said = codec.canonical(codec.encode(found)).decode()
    assert secret not in said
    assert base64.b64encode(code.encode())[:16].decode() not in said
    assert any(limit.id == "aigc.limit.masked" for limit in found.limits)
    shown = given.finding(named(text), analyzer=LabelsAnalyzer(mask_identities=False))
    assert shown.values["sites"][0]["fields"]["ContentProducer"] == code


def test_a_number_of_a_person_is_masked_in_names_too(given):
    text = json.dumps(VALID | {"Label": "13812345678", "ProduceID": "13812345678", "13812345678": "x"})
    found = given.finding(named(text, key="13812345678.AIGC"))
    assert b"13812345678" not in codec.canonical(codec.encode(found))


def test_an_organisation_is_not_masked(given):
    found = given.finding(named(TEXT))
    assert found.values["sites"][0]["raw"] == TEXT
    assert not any(limit.id == "aigc.limit.masked" for limit in found.limits)


def test_two_different_persons_still_disagree_behind_the_mask(given):
    first = named(json.dumps(VALID | {"ContentProducer": f"0021{PERSON}10000"}))
    second = named(json.dumps(VALID | {"ContentProducer": "0022" + "13800138000".zfill(18) + "10000"}), offset=900)
    assert len(given.finding(first, second).values["disagreements"]["ContentProducer"]) == 2


def test_a_long_name_is_cut_in_the_sentence_and_a_long_field_in_the_values(given):
    found = given.finding(named(json.dumps(VALID | {"ContentProducer": "x\n y " * 2000})))
    assert len(found.statement.text) < 400
    assert "\n" not in found.statement.text
    (site,) = found.values["sites"]
    assert len(site["fields"]["ContentProducer"]) == 4096
    assert site["is_cut"] is True


def test_any_number_of_sites_costs_little_and_the_rest_is_a_gap(given):
    values = [named(TEXT, offset=400 * number) for number in range(5000)]
    before = time.process_time()
    found = given.finding(*values)
    assert time.process_time() - before < 3
    assert len(found.values["sites"]) == 50
    assert any(gap.why is GapReason.LIMIT for gap in found.gaps)


def test_a_value_full_of_starts_costs_little(given):
    for piece in (b'{"AIGC":', b"<a:AIGC>", b' x:AIGC="', b"<?xpacket <a:AIGC ", b"A\0I\0G\0C\0"):
        data = piece * (2_000_000 // len(piece))
        before = time.process_time()
        given.finding(Value("APP1/XMP", "xmp", 0, len(data), data), Value("COM", "comment", 0, len(data), data))
        assert time.process_time() - before < 3
