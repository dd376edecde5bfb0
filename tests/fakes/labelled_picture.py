"""Pictures with implicit labels of AI-generated content, written byte by byte."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from xml.sax.saxutils import escape

from PIL import Image

NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
"""Namespace of the XMP property `TC260:AIGC`."""

USER_COMMENT = 0x9286
IMAGE_DESCRIPTION = 0x010E
EXIF_IFD = 0x8769

Made = tuple[bytes, list[bytes]]
"""A file, and the bytes of each label as they lie in it, in the order of the file; no bytes for a label that lies in
the same compressed bytes as the one before it."""


def packet(texts: list[str], *, is_escaped: bool = False) -> Made:
    """Writes an XMP packet with one description for each text."""
    quotes = {'"': "&quot;"} if is_escaped else {}
    stored = [escape(text, quotes).encode() for text in texts]
    head = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    )
    opening = f'<rdf:Description rdf:about="" xmlns:TC260="{NAMESPACE}"><TC260:AIGC>'.encode()
    bodies = b"".join(opening + one + b"</TC260:AIGC></rdf:Description>" for one in stored)
    return head.encode() + bodies + b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>', stored


def directory(entries: list[tuple[int, int, bytes]], *, at: int) -> bytes:
    """Writes one little-endian TIFF directory whose values follow it; `at` is its place in the TIFF file."""
    after = at + 2 + 12 * len(entries) + 4
    head, tail = struct.pack("<H", len(entries)), b""
    for tag, kind, value in sorted(entries):
        count = len(value) if kind in (1, 2, 7) else len(value) // {3: 2, 4: 4}[kind]
        if len(value) <= 4:
            head += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            head += struct.pack("<HHII", tag, kind, count, after + len(tail))
            tail += value + b"\0" * (len(value) % 2)
    return head + b"\0" * 4 + tail


def exif(texts: list[str]) -> Made:
    """Writes EXIF whose `UserComment` holds the first text; a second one is the description of the picture."""
    stored = [text.encode() for text in texts]
    described = [(IMAGE_DESCRIPTION, 2, stored[1] + b"\0")] if len(stored) > 1 else []
    size = len(directory([*described, (EXIF_IFD, 4, b"\0" * 4)], at=8))
    first = directory([*described, (EXIF_IFD, 4, struct.pack("<I", 8 + size))], at=8)
    second = directory([(USER_COMMENT, 7, b"ASCII\0\0\0" + stored[0])], at=8 + size)
    return b"II*\0" + struct.pack("<I", 8) + first + second, [*stored[1:], stored[0]]


@functools.cache
def plain(kind: str) -> bytes:
    """Gives a small picture without any metadata."""
    made = io.BytesIO()
    Image.new("RGB", (16, 16), "green").save(made, kind)
    return made.getvalue()


def jpeg(payload: bytes) -> bytes:
    """Puts one APP1 segment behind the start of a JPEG picture."""
    whole = plain("JPEG")
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + whole[2:]


def jpeg_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    return jpeg(b"http://ns.adobe.com/xap/1.0/\0" + xmp), stored


def jpeg_comment(texts: list[str]) -> Made:
    tiff, stored = exif(texts)
    return jpeg(b"Exif\0\0" + tiff), stored


def chunk(kind: bytes, data: bytes, *, is_sound: bool = True) -> bytes:
    """Writes one chunk of PNG; its checksum is wrong where it is not to be sound."""
    crc = zlib.crc32(kind + data) ^ (0 if is_sound else 0xFF)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(chunks: bytes) -> bytes:
    """Puts chunks behind the header of a PNG picture."""
    whole = plain("PNG")
    return whole[:33] + chunks + whole[33:]


def png_text(texts: list[str], *, is_sound: bool = True) -> Made:
    stored = [text.encode("latin-1") for text in texts]
    return png(b"".join(chunk(b"tEXt", b"AIGC\0" + one, is_sound=is_sound) for one in stored)), stored


def png_packed(texts: list[str]) -> Made:
    stored = [zlib.compress(text.encode("latin-1")) for text in texts]
    return png(b"".join(chunk(b"zTXt", b"AIGC\0\0" + one) for one in stored)), stored


def png_international(texts: list[str]) -> Made:
    stored = [text.encode() for text in texts]
    return png(b"".join(chunk(b"iTXt", b"AIGC\0\0\0\0\0" + one) for one in stored)), stored


def png_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    return png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)), stored


def webp(kind: bytes, payload: bytes, *, flag: int) -> bytes:
    """Makes an extended WebP file with one chunk of metadata."""
    picture = plain("WEBP")[12:]
    header = b"VP8X" + struct.pack("<IB3x", 10, flag) + (15).to_bytes(3, "little") * 2
    body = b"WEBP" + header + picture + kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    return webp(b"XMP ", xmp, flag=4), stored


def webp_exif(texts: list[str]) -> Made:
    tiff, stored = exif(texts)
    return webp(b"EXIF", tiff, flag=8), stored


def tiff_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    short, long = "<H", "<I"
    numbers = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 277: 1, 278: 1}
    entries = [(tag, 3, struct.pack(short, value)) for tag, value in numbers.items()]
    pixel = [(273, 4, struct.pack(long, 8)), (279, 4, struct.pack(long, 1))]
    first = directory([*entries, *pixel, (0x02BC, 7, xmp)], at=10)
    return b"II*\0" + struct.pack(long, 10) + b"\x80\0" + first, stored


def gif_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    whole = plain("GIF")
    return whole[:-1] + b"!\xff\x0bXMP DataXMP" + xmp + trailer + b"\0" + b";", stored


def box(kind: bytes, *parts: bytes) -> bytes:
    """Writes one box of ISO/IEC 14496-12."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Writes one box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heif(items: list[tuple[bytes, bytes, bytes]], *, brand: bytes) -> bytes:
    """Makes a HEIF file of items: type, content type (for `mime`), bytes; without a coded picture."""
    names = [
        full(b"infe", struct.pack(">HH", number, 0), kind, b"\0", mime + b"\0" if mime else b"", version=2)
        for number, (kind, mime, _) in enumerate(items, 1)
    ]
    information = full(b"iinf", struct.pack(">H", len(items)), *names)
    handler = full(b"hdlr", b"\0" * 4, b"pict", b"\0" * 13)
    primary = full(b"pitm", struct.pack(">H", 1))

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, (_, _, content) in enumerate(items, 1):
            places += struct.pack(">HHHII", number, 0, 1, at, len(content))
            at += len(content)
        located = full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)), places)
        return full(b"meta", handler, primary, located, information)

    head = box(b"ftyp", brand, b"\0" * 4, b"mif1", brand)
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(content for _, _, content in items))


def heif_xmp(texts: list[str], *, is_escaped: bool = False, brand: bytes = b"heic") -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    coded = b"hvc1" if brand == b"heic" else b"av01"
    return heif([(coded, b"", b"\0" * 16), (b"mime", b"application/rdf+xml", xmp)], brand=brand), stored


def heif_exif(texts: list[str]) -> Made:
    tiff, stored = exif(texts)
    return heif([(b"hvc1", b"", b"\0" * 16), (b"Exif", b"", b"\0\0\0\0" + tiff)], brand=b"heic"), stored
