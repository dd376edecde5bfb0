"""PDF: documents that pikepdf writes, documents built by hand after ISO 32000-1, and what ExifTool reads."""

from __future__ import annotations

import io
import json
import logging
import random
import re
import struct
import subprocess
import time
import zlib

import pikepdf
import pytest

from forensics import formats
from forensics.formats import Structure

LABEL = '{"Label":"1","ContentProducer":"00119111000080210043","ProduceID":"p-1"}'


def read(data: bytes) -> Structure:
    return formats.read(io.BytesIO(data), "application/pdf")


def values(data: bytes) -> dict[tuple[str, str], str]:
    return {(value.place, value.key): value.text for value in read(data).values}


def codes(data: bytes) -> set[str]:
    return {problem.code for problem in read(data).problems}


def document(info: dict[str, str] | None = None, **options: object) -> bytes:
    stream = io.BytesIO()
    with pikepdf.Pdf.new() as made:
        made.add_blank_page()
        for key, text in (info or {}).items():
            made.docinfo[f"/{key}"] = text
        made.save(stream, **options)
    return stream.getvalue()


def by_hand(*objects: bytes, info: int = 0) -> bytes:
    """Writes a document with a table of cross-references; the first object is the catalogue."""
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    more = b"/Info %d 0 R" % info if info else b""
    return data + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, more, table)


def update(data: bytes, number: int, content: bytes) -> bytes:
    """Appends a revision that replaces one object."""
    at = len(data)
    previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    trailer = b"trailer\n<</Size 4/Root 1 0 R/Info 3 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return data + trailer % (previous, table)


CATALOGUE = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
LABELLED = by_hand(*CATALOGUE, b"<</AIGC (%s)/Title (a \\(b\\))>>" % LABEL.encode(), info=3)


@pytest.mark.parametrize("packing", list(pikepdf.ObjectStreamMode))
def test_properties_are_read_wherever_they_lie(packing):
    data = document({"AIGC": LABEL, "Title": "标题", "Author": "Ärger"}, object_stream_mode=packing)
    found = values(data)
    assert found["Info", "AIGC"] == LABEL
    assert found["Info", "Title"] == "标题"
    assert found["Info", "Author"] == "Ärger"
    assert codes(data) == set()


def test_the_offset_of_a_value_is_that_of_its_string():
    label = next(value for value in read(LABELLED).values if value.key == "AIGC")
    assert LABELLED[label.offset : label.offset + label.size] == b"(%s)" % LABEL.encode()
    assert not label.is_compressed
    assert values(LABELLED)["Info", "Title"] == "a (b)"


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Maker 1"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


@pytest.mark.parametrize("is_packed", [False, True])
def test_the_xmp_packet_is_read(is_packed):
    content, filters = (zlib.compress(XMP), b"/Filter/FlateDecode") if is_packed else (XMP, b"")
    stream = b"<</Type/Metadata/Subtype/XML/Length %d%s>>stream\n%s\nendstream" % (len(content), filters, content)
    data = by_hand(b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>", CATALOGUE[1], stream)
    packet = next(value for value in read(data).values if value.key == "xmp")
    assert (packet.data, packet.is_compressed) == (XMP, is_packed)
    assert values(data)["Metadata/properties", "xmp:CreatorTool"] == "Maker 1"
    if not is_packed:
        assert data[packet.offset :].startswith(XMP)


def test_revisions_are_parts_and_updates_are_counted():
    data = update(LABELLED, 3, b"<</Title (b)>>")
    parts = read(data).parts
    assert parts[0].facts["updates"] == 1
    assert [(part.offset, part.size) for part in parts if part.kind == "revision"] == [
        (0, len(LABELLED)),
        (len(LABELLED), len(data) - len(LABELLED)),
    ]


def test_a_label_that_an_update_took_away_is_told_with_its_revision():
    data = update(LABELLED, 3, b"<</Title (b)>>")
    found = values(data)
    assert found["Info", "Title"] == "b"
    assert ("Info", "AIGC") not in found
    assert found["revision[0]/Info", "AIGC"] == LABEL


def test_the_first_end_of_a_linearized_file_is_no_update():
    data = document({"Title": "a"}, linearize=True)
    assert data.count(b"%%EOF") == 2
    assert read(data).parts[0].facts["is_linearized"]
    assert read(data).parts[0].facts["updates"] == 0


def test_an_embedded_document_is_listed_and_is_no_revision():
    stream = io.BytesIO()
    with pikepdf.Pdf.new() as made:
        made.add_blank_page()
        made.attachments["inner.pdf"] = LABELLED
        made.save(stream, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = stream.getvalue()
    assert data.count(b"%%EOF") == 2
    parts = read(data).parts
    assert parts[0].facts["updates"] == 0
    assert [part.facts["name"] for part in parts if part.kind == "EmbeddedFile"] == ["inner.pdf"]


def test_bytes_before_and_behind_are_told():
    assert codes(LABELLED + b"PK\3\4 something") == {"trailing-data"}
    assert codes(LABELLED + b"\r\n\0") == set()
    assert "leading-data" in codes(b"something\n" + LABELLED)


def test_a_document_under_a_password_is_unreadable_and_one_without_is_read():
    options = {"encryption": pikepdf.Encryption(owner="o", user="u")}
    closed = document({"AIGC": LABEL}, **options)
    assert codes(closed) == {"unreadable"}
    assert not read(closed).values
    opened = document({"AIGC": LABEL}, encryption=pikepdf.Encryption(owner="o", user=""))
    assert values(opened)["Info", "AIGC"] == LABEL
    assert "Encrypt" in {part.kind for part in read(opened).parts}


STRINGS = {
    "literal": (b"(a\\(b\\)\\101\\\\)", "a(b)A\\"),
    "nested": (b"(a(b)c)", "a(b)c"),
    "hexadecimal": (b"<61 62 6>", "ab`"),
    "utf-16": (b"<FEFF68077B7E>", "标签"),
    "utf-8": (b"(\xef\xbb\xbf" + "标签".encode() + b")", "标签"),
}


@pytest.mark.parametrize("name", STRINGS)
def test_strings_of_a_broken_document_are_found_by_search(name):
    written, expected = STRINGS[name]
    data = b"%PDF-1.4\n1 0 obj\n<</AIGC " + written
    assert values(data) == {("revision[0]/Info", "AIGC"): expected}
    assert not read(data).is_whole


def test_strings_of_a_whole_document_are_those_of_pikepdf():
    for written, expected in STRINGS.values():
        data = by_hand(*CATALOGUE, b"<</AIGC %s>>" % written, info=3)
        assert values(data) == {("Info", "AIGC"): expected}


def bomb(mebibytes: int) -> bytes:
    """Writes a document whose properties lie in a stream that grows when it is decompressed."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"1 0 ") + b"".join(packer.compress(bytes(1 << 20)) for _ in range(mebibytes))
    packed += packer.compress(b"<</AIGC (x)>>") + packer.flush()
    data = b"%PDF-1.5\n"
    offsets = {}
    contents = {
        3: b"<</Type/ObjStm/N 1/First 4/Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        2: b"<</Type/Catalog/Pages 5 0 R>>",
        5: CATALOGUE[1],
    }
    for number, content in contents.items():
        offsets[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    rows = [(0, 0, 65535), (2, 3, 0), (1, offsets[2], 0), (1, offsets[3], 0), (1, len(data), 0), (1, offsets[5], 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    head = b"4 0 obj\n<</Type/XRef/Size 6/W[1 4 2]/Root 2 0 R/Info 1 0 R/Length %d>>stream\n" % len(table)
    return data + head + table + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(data)


def test_a_stream_that_grows_without_bounds_is_a_limit():
    assert values(bomb(1)) == {("Info", "AIGC"): "x"}
    assert codes(bomb(200)) == {"limit"}
    assert pikepdf.settings.get_qpdf_limits()["flate_max_memory"] == 0


BAD = {
    "empty": b"",
    "header only": b"%PDF-1.7\n",
    "cut off": LABELLED[: len(LABELLED) // 2],
    "no document": b"%PDF-1.7\n" + random.Random(6).randbytes(100_000),
    "nesting": b"%PDF-1.4\n" + b"<<" * 500_000,
    "many objects": LABELLED.replace(b"/Size 4", b"/Size 400000000"),
    "strings without end": b"%PDF-1.4\n" + b"/AIGC (" * 300_000,
    "ends": b"%PDF-1.4\n" + b"startxref 0 %%EOF\n" * 200_000,
    "properties that are no dictionary": by_hand(*CATALOGUE, b"[1 2]", info=3),
    "metadata that are damaged": by_hand(
        b"<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>",
        CATALOGUE[1],
        b"<</Type/Metadata/Length 3/Filter/FlateDecode>>stream\nabc\nendstream",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_problems_and_no_error(name):
    start = time.monotonic()
    structure = read(BAD[name])
    assert time.monotonic() - start < 6
    assert not structure.is_whole
    assert len(structure.parts) <= 20_000


def test_what_pikepdf_logs_has_somewhere_to_go_and_does_not_reach_the_terminal():
    read(b"%PDF-1.7\n")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("pikepdf").handlers)


def test_bytes_that_were_changed_give_no_error():
    chance = random.Random(8)
    source = document({"AIGC": LABEL}, linearize=True)
    for _ in range(150):
        data = bytearray(source)
        for _ in range(chance.choice([1, 5, 50])):
            data[chance.randrange(len(data))] = chance.randrange(256)
        details = [problem.detail for problem in read(bytes(data)).problems]
        assert not [detail for detail in details if re.match(r"\w+Error: ", detail)]


def plain(text: object) -> str:
    """Gives the ASCII characters of a text: ExifTool and qpdf read undefined codes of PDFDocEncoding differently."""
    return " ".join(str(text).encode("ascii", "ignore").decode().split())


def test_what_exiftool_reads_of_the_samples_is_read(corpus):
    files = [path for path in sorted(corpus.glob("10-pdf/*.pdf")) if b"/Encrypt" not in path.read_bytes()]
    assert files
    command = ["exiftool", "-j", "-G1", "-PDF:all", *map(str, files)]
    told = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    checked = 0
    for row in told:
        structure = read(next(path for path in files if str(path) == row["SourceFile"]).read_bytes())
        found = {value.key: value.text for value in structure.values if value.place == "Info"}
        for key in ("Title", "Subject", "Creator", "Producer"):
            if f"PDF:{key}" in row and structure.is_whole:
                assert plain(found[key]) == plain(row[f"PDF:{key}"])
                checked += 1
    assert checked > 20
