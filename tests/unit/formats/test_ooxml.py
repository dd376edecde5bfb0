"""Office Open XML: packages that Python's `zipfile` writes, broken and hostile ones, and what ExifTool reads."""

from __future__ import annotations

import io
import random
import struct
import time
import warnings
import zipfile
from xml.etree import ElementTree as ET

import pytest

from forensics import formats
from forensics.formats import Structure

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'
CUSTOM = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties '
    'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="AIGC"><vt:lpwstr>'
    f"{LABEL.replace(chr(34), '&quot;')}</vt:lpwstr></property>"
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="3" name="编号"><vt:i4>7</vt:i4></property>'
    "</Properties>"
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"><dc:creator>Somebody</dc:creator>'
    "<dcterms:created>2026-01-02T03:04:05Z</dcterms:created><cp:lastModifiedBy/></cp:coreProperties>"
)
APP = "<Properties><Application>Writer 1</Application><AppVersion>1.0</AppVersion></Properties>"
ENTRIES = {
    "[Content_Types].xml": b"<Types/>",
    "docProps/custom.xml": CUSTOM.encode(),
    "docProps/core.xml": CORE.encode(),
    "docProps/app.xml": APP.encode(),
    "word/media/image1.png": b"picture",
}


def package(entries: dict[str, bytes] | list[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in entries.items() if isinstance(entries, dict) else entries:
            archive.writestr(name, data)
    return stream.getvalue()


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), TYPE)


def values(data: bytes) -> dict[tuple[str, str], str]:
    return {(value.place, value.key): value.text for value in read(data).values}


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_properties_are_read(method):
    data = package(ENTRIES, method=method)
    assert values(data) == {
        ("docProps/custom.xml", "AIGC"): LABEL,
        ("docProps/custom.xml", "编号"): "7",
        ("docProps/core.xml", "creator"): "Somebody",
        ("docProps/core.xml", "created"): "2026-01-02T03:04:05Z",
        ("docProps/core.xml", "lastModifiedBy"): "",
        ("docProps/app.xml", "Application"): "Writer 1",
        ("docProps/app.xml", "AppVersion"): "1.0",
    }
    assert codes(data) == set()


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_method_of_compression_that_packages_do_not_have_is_unreadable(method):
    structure = read(package(ENTRIES, method=method))
    assert {problem.code for problem in structure.problems} == {"unreadable"}
    assert not structure.is_whole


def test_properties_in_another_encoding_are_read():
    entries = ENTRIES | {"docProps/custom.xml": CUSTOM.replace("UTF-8", "UTF-16").encode("utf-16")}
    assert values(package(entries))["docProps/custom.xml", "AIGC"] == LABEL


def test_every_entry_is_a_part_at_its_place():
    data = package(ENTRIES)
    parts = read(data).parts
    assert [part.kind for part in parts] == list(ENTRIES)
    for part in parts:
        assert data[part.offset : part.offset + 4] == b"PK\3\4"
        assert data[part.offset + part.size :][:4] in (b"PK\3\4", b"PK\1\2")
    assert parts[-1].facts["content_bytes"] == len(b"picture")


def test_the_offset_of_a_value_is_that_of_the_compressed_bytes():
    data = package(ENTRIES, method=zipfile.ZIP_STORED)
    label = next(value for value in read(data).values if value.key == "AIGC")
    assert data[label.offset :].startswith(b"<?xml")
    assert label.size == len(CUSTOM.encode())


FAULTS = {
    "leading-data": b"before" + package(ENTRIES),
    "duplicate-part": package([*ENTRIES.items(), ("docProps/custom.xml", b"<Properties/>")]),
    "missing-part": package({"docProps/app.xml": APP.encode()}),
}


@pytest.mark.parametrize("code", FAULTS)
def test_what_does_not_fit_is_a_problem(code):
    assert codes(FAULTS[code]) == {code}


def test_a_property_of_xml_that_is_cut_off_behind_it_is_given_once():
    whole = APP.encode()
    keys = [value.key for value in read(package({"docProps/app.xml": whole})).values]
    cut = whole[: whole.rindex(b"</")]
    assert [value.key for value in read(package({"docProps/app.xml": cut})).values] == keys


def test_both_of_two_files_of_one_name_are_read():
    other = CUSTOM.replace("&quot;1&quot;", "&quot;2&quot;").encode()
    found = [
        value.text
        for value in read(package([*ENTRIES.items(), ("docProps/custom.xml", other)])).values
        if value.key == "AIGC"
    ]
    assert found == [LABEL, LABEL.replace('"1"', '"2"')]


def test_an_archive_without_its_directory_still_gives_the_properties():
    data = package(ENTRIES)
    cut = data[: data.find(b"PK\1\2")]
    structure = read(cut)
    assert {value.key: value.text for value in structure.values}["AIGC"] == LABEL
    assert not structure.is_whole


def test_a_wrong_checksum_is_told_and_the_properties_are_read():
    data = bytearray(package(ENTRIES, method=zipfile.ZIP_STORED))
    at = data.find(b"p-1")
    data[at] = ord("q")
    assert codes(bytes(data)) == {"bad-checksum"}
    assert "q-1" in values(bytes(data))["docProps/custom.xml", "AIGC"]


def test_an_encrypted_entry_is_unreadable():
    data = bytearray(package({name: ENTRIES[name] for name in list(ENTRIES)[:2]}))
    for mark, skip in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.rfind(mark)
        data[at + skip] |= 1
    assert "unreadable" in codes(bytes(data))


LAUGHS = b'<!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;">]><a><e>&d;</e></a>'
BAD = {
    "empty": b"",
    "end only": b"PK\5\6" + bytes(18),
    "random": random.Random(4).randbytes(50_000),
    "random behind a mark": b"PK\3\4" + random.Random(4).randbytes(50_000),
    "entities": package(ENTRIES | {"docProps/custom.xml": LAUGHS}),
    "no xml": package(ENTRIES | {"docProps/custom.xml": b"\x00\x01"}),
    "cut off": package(ENTRIES)[:-30],
    "huge directory": package(ENTRIES)[:-10] + struct.pack("<II", 0x7FFFFFF0, 0) + b"\0\0",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_problems_and_no_error(name):
    start = time.monotonic()
    structure = read(BAD[name])
    assert time.monotonic() - start < 3
    assert structure.problems
    assert not structure.is_whole or name == "end only"


def test_entities_are_refused():
    assert "cccc" not in "".join(value.text for value in read(BAD["entities"]).values)


HOSTILE = {
    "zip bomb": package(ENTRIES | {"docProps/custom.xml": bytes(100 << 20)}),
    "one name many times": package([("docProps/custom.xml", b"<a/>")] * 20_000),
    "deep": package(ENTRIES | {"docProps/custom.xml": b"<a>" * 500_000}),
    "wide": package(ENTRIES | {"docProps/custom.xml": b"<a>" + b"<b/>" * 500_000 + b"</a>"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_costs_little(name):
    start = time.monotonic()
    structure = read(HOSTILE[name])
    assert time.monotonic() - start < 5
    assert structure.problems
    assert len(structure.values) <= 100_000


def test_the_sample_gives_what_a_parser_of_xml_finds_in_it(corpus):
    path = corpus / "01-metadata/exiftool/exiftool-exiftool__OOXML.docx"
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read("docProps/custom.xml"))
        names = archive.namelist()
    structure = read(path.read_bytes())
    found = {value.key: value.text for value in structure.values if value.place == "docProps/custom.xml"}
    assert found == {child.get("name"): "".join(child.itertext()) for child in root}
    assert [part.kind for part in structure.parts] == names
    assert not structure.problems
