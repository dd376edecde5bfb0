"""PNG files: chunks, checksums, order, texts, and what stands behind the end."""

from __future__ import annotations

import io
import struct
import time
import zlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from forensics import formats
from forensics.formats import Limits

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes = b"", checksum: int | None = None) -> bytes:
    digest = zlib.crc32(name + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", digest)


IHDR = chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0))
IDAT = chunk(b"IDAT", zlib.compress(b"\0\1\2\3" * 2))
IEND = chunk(b"IEND")


def file(*chunks: bytes, after: tuple[bytes, ...] = (), behind: bytes = b"") -> bytes:
    return SIGNATURE + IHDR + b"".join(chunks) + IDAT + b"".join(after) + IEND + behind


def read(data: bytes, limits: Limits | None = None):
    return formats.read(io.BytesIO(data), "image/png", limits)


def codes(found) -> list[str]:
    return [problem.code for problem in found.problems]


def text(found) -> dict[str, str]:
    return {f"{value.place}/{value.key}": value.text for value in found.values}


def saved(info: PngInfo | None = None, **settings) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG", pnginfo=info, **settings)
    return stream.getvalue()


def test_chunks_have_offsets_and_sizes():
    found = read(file(chunk(b"gAMA", struct.pack(">I", 45455))))
    assert [(part.kind, part.offset, part.size) for part in found.parts] == [
        ("signature", 0, 8),
        ("IHDR", 8, 25),
        ("gAMA", 33, 16),
        ("IDAT", 49, len(IDAT)),
        ("IEND", 49 + len(IDAT), 12),
    ]
    assert found.parts[1].facts["width_px"] == 3
    assert found.parts[2].facts == {"gamma": "45455/100000"}
    assert found.problems == ()


def test_exif_data_behind_the_picture_is_in_order():
    """PNG Extensions 1.5.0, 3.7: anywhere but between chunks IDAT; libpng's own example has it there."""
    exif = chunk(b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    assert codes(read(file(after=(exif,)))) == []
    assert codes(read(file(exif, after=(exif,)))) == ["duplicate-part"]


def test_texts_of_every_kind_are_read():
    info = PngInfo()
    info.add_text("parameters", "a prompt, Steps: 20")
    info.add_text("packed", "p" * 1000, zip=True)
    info.add_itxt("AIGC", '{"Label":"1"}')
    info.add_itxt("long", "文" * 500, zip=True)
    data = saved(info)
    found = read(data)
    assert text(found) == {
        "tEXt/parameters": "a prompt, Steps: 20",
        "zTXt/packed": "p" * 1000,
        "iTXt/AIGC": '{"Label":"1"}',
        "iTXt/long": "文" * 500,
    }
    values = {value.key: value for value in found.values}
    assert values["parameters"].offset == data.index(b"a prompt")
    assert [values[key].is_compressed for key in ("parameters", "packed", "AIGC", "long")] == [False, True, False, True]
    assert data[values["packed"].offset :].startswith(zlib.compress(b"p" * 1000)[:2])
    assert found.problems == ()


def test_a_text_that_is_no_latin_is_read_as_the_utf8_that_it_is():
    assert text(read(file(chunk(b"tEXt", "AIGC\0示例".encode()))))["tEXt/AIGC"] == "示例"
    assert text(read(file(chunk(b"tEXt", "Author\0Müller".encode("latin-1")))))["tEXt/Author"] == "Müller"


def test_xmp_exif_and_time_are_read():
    exif = Image.Exif()
    exif[0x0131] = "Program"
    packet = (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description xmlns:T='http://www.tc260.org.cn/ns/AIGC/1.0/' T:AIGC='{}'/></rdf:RDF></x:xmpmeta>"
    )
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet)
    info.add(b"tIME", struct.pack(">HBBBBB", 2024, 1, 2, 3, 4, 5))
    found = read(saved(info, exif=exif))
    assert text(found)["eXIf/IFD0/Software"] == "Program"
    assert text(found)["iTXt/XMP/xmp"] == packet
    assert text(found)["iTXt/XMP/properties/TC260:AIGC"] == "{}"
    assert text(found)["tIME/tIME"] == "2024-01-02T03:04:05Z"
    assert found.problems == ()


def test_a_profile_in_hexadecimal_as_imagemagick_writes_it_is_read():
    exif = b"Exif\0\0" + b"MM\0*\0\0\0\x08\0\1" + struct.pack(">HHI4sI", 0x0131, 2, 4, b"abc\0", 0)
    data = b"\nexif\n" + f"{len(exif):8d}\n".encode() + exif.hex().encode() + b"\n"
    found = read(file(chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(data))))
    assert text(found)["zTXt/Raw profile exif/IFD0/Software"] == "abc"


def test_content_credentials_are_taken_apart():
    uuid = b"c2pa" + bytes.fromhex("00110010800000aa00389b71")
    inner = struct.pack(">I4s", 30, b"jumd") + uuid + b"\x03c2pa\0"
    found = read(file(chunk(b"caBX", struct.pack(">I4s", 38, b"jumb") + inner)))
    (part,) = [part for path, part in found.walk() if path == "caBX/jumb"]
    assert part.facts == {"type": "c2pa", "label": "c2pa"}
    assert found.problems == ()


def test_an_animation_has_its_frames():
    stream = io.BytesIO()
    frames = [Image.new("L", (8, 8), shade) for shade in (0, 100, 200)]
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:], duration=100)
    found = read(stream.getvalue())
    (control,) = [part for part in found.parts if part.kind == "acTL"]
    assert control.facts["frames"] == 3
    assert [Fraction(part.facts["delay_s"]) for part in found.parts if part.kind == "fcTL"] == [Fraction(1, 10)] * 3
    assert found.problems == ()


FAULTS = {
    "checksum": (file(chunk(b"tEXt", b"a\0b", checksum=1)), ["bad-checksum"]),
    "order: palette behind the data": (file(after=(chunk(b"PLTE", bytes(3)),)), ["out-of-order"]),
    "order: profile behind the palette": (
        file(chunk(b"PLTE", bytes(3)), chunk(b"gAMA", bytes(4))),
        ["out-of-order"],
    ),
    "order: data in two places": (file(after=(chunk(b"tEXt", b"a\0b"), IDAT)), ["out-of-order"]),
    "order: header not first": (SIGNATURE + chunk(b"tEXt", b"a\0b") + IHDR + IDAT + IEND, ["out-of-order"] * 2),
    "twice": (file(chunk(b"gAMA", bytes(4)), chunk(b"gAMA", bytes(4))), ["duplicate-part"]),
    "unknown": (file(chunk(b"abCd", b"data")), ["unknown-part"]),
    "two ends": (file(behind=IEND), ["duplicate-part"]),
    "chunk behind the end": (file(behind=chunk(b"tEXt", b"a\0b")), ["out-of-order"]),
    "text behind the end": (file(behind=b"some text, not a chunk"), ["trailing-data"]),
    "archive behind the end": (file(behind=b"PK\x03\x04" + bytes(30)), ["trailing-data", "second-file"]),
    "zeros behind the end": (file(behind=bytes(100)), []),
    "no keyword": (file(chunk(b"tEXt", b"no separator")), ["unreadable"]),
    "compressed data damaged": (file(chunk(b"zTXt", b"a\0\0" + b"not packed")), ["unreadable"]),
    "compressed data cut": (file(chunk(b"zTXt", b"a\0\0" + zlib.compress(b"abc" * 50)[:12])), ["truncated"]),
    "no end": (SIGNATURE + IHDR + IDAT, ["truncated"]),
    "cut within a chunk": (file()[:45], ["past-end", "truncated"]),
    "huge length": (SIGNATURE + IHDR + b"\xff\xff\xff\xffIDAT", ["past-end", "truncated"]),
    "no chunk": (SIGNATURE + IHDR + b"\0\0\0\1\1\2\3\4" + IDAT + IEND, ["unreadable", "hidden-data"]),
    "bytes before": (b"abc" + file(), ["leading-data"]),
    "empty": (b"", ["unreadable"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported(name):
    data, expected = FAULTS[name]
    assert codes(read(data)) == expected


def test_an_unknown_chunk_is_a_value_with_its_property_bits():
    found = read(file(chunk(b"abCd", b"hello")))
    assert text(found) == {"PNG/abCd": "hello"}
    (part,) = [part for part in found.parts if part.kind == "abCd"]
    assert part.facts == {"is_ancillary": True, "is_private": True, "is_safe_to_copy": True}


def test_a_packed_bomb_is_a_limit():
    bomb = zlib.compress(bytes(50_000_000), 9)
    start = time.process_time()
    found = read(file(*[chunk(b"zTXt", b"a\0\0" + bomb)] * 40))
    assert "limit" in codes(found)
    assert sum(len(value.data) for value in found.values) <= Limits().total_bytes
    assert time.process_time() - start < 6


def test_many_chunks_are_a_limit():
    assert codes(read(file(*[chunk(b"tEXt", b"a\0b")] * 2000), Limits(parts=1000))) == ["limit"]


@given(st.binary(max_size=300), st.integers(0, 80))
def test_random_bytes_do_no_harm(data, at):
    whole = file()
    read(whole[:at] + data + whole[at:])
