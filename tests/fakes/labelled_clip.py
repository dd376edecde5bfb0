"""Clips with implicit labels of AI-generated content: carriers by ffmpeg, labels byte by byte."""

from __future__ import annotations

import functools
import struct
import subprocess
import tempfile
from pathlib import Path

from tests.fakes.labelled_picture import Made, box, full, packet

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""*Source:* XMP specification, part 3, section 1.2.7."""

PICTURE = ("-f", "lavfi", "-i", "color=c=green:s=32x32:r=5:d=0.4")
SOUND = ("-f", "lavfi", "-i", "sine=d=0.2:r=48000")


@functools.cache
def carrier(ending: str, *options: str) -> bytes:
    """Lets ffmpeg make a short file without metadata of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        command = ["ffmpeg", "-v", "error", "-bitexact", *options, "-map_metadata", "-1", str(path)]
        subprocess.run(command, check=True, timeout=60)
        return path.read_bytes()


def into_movie(whole: bytes, added: bytes) -> bytes:
    """Puts a box at the end of `moov`, which stands behind the data, so that no offset changes."""
    at = whole.rindex(b"moov") - 4
    size = int.from_bytes(whole[at : at + 4])
    return whole[:at] + struct.pack(">I", size + len(added)) + whole[at + 4 : at + size] + added + whole[at + size :]


def metadata(texts: list[str], *, is_quicktime: bool) -> Made:
    """Writes a `meta` box with the key `AIGC` in `keys` and the texts in `ilst`."""
    stored = [text.encode() for text in texts]
    handler = full(b"hdlr", b"\0" * 4, b"mdta", b"\0" * 13)
    names = b"".join(box(b"mdta", b"AIGC") for _ in stored)
    keys = full(b"keys", struct.pack(">I", len(stored)), names)
    items = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), one))
        for number, one in enumerate(stored, 1)
    ]
    content = (handler, keys, box(b"ilst", *items))
    return (box(b"meta", *content) if is_quicktime else full(b"meta", *content)), stored


def mp4(texts: list[str]) -> Made:
    meta, stored = metadata(texts, is_quicktime=False)
    return into_movie(carrier("mp4", *PICTURE), box(b"udta", meta)), stored


def m4a(texts: list[str]) -> Made:
    meta, stored = metadata(texts, is_quicktime=False)
    return into_movie(carrier("m4a", *SOUND), box(b"udta", meta)), stored


def mov(texts: list[str]) -> Made:
    meta, stored = metadata(texts, is_quicktime=True)
    return into_movie(carrier("mov", *PICTURE), meta), stored


def mp4_xmp(texts: list[str], *, is_escaped: bool = False) -> Made:
    xmp, stored = packet(texts, is_escaped=is_escaped)
    return carrier("mp4", *PICTURE) + box(b"uuid", XMP_UUID, xmp), stored


def element(number: bytes, *parts: bytes) -> bytes:
    """Writes one element of EBML with a length of eight bytes."""
    body = b"".join(parts)
    return number + (1 << 56 | len(body)).to_bytes(8) + body


def matroska(texts: list[str], *, ending: str) -> Made:
    """Puts one tag for each text before the first cluster of a segment without an index."""
    whole = carrier(ending, *PICTURE, "-live", "1")
    stored = [text.encode() for text in texts]
    simple = [element(b"\x67\xc8", element(b"\x45\xa3", b"AIGC"), element(b"\x44\x87", one)) for one in stored]
    added = element(b"\x12\x54\xc3\x67", *(element(b"\x73\x73", element(b"\x63\xc0"), one) for one in simple))
    at, cluster = whole.index(b"\x18\x53\x80\x67") + 4, whole.index(b"\x1f\x43\xb6\x75")
    body = whole[at + 8 : cluster] + added + whole[cluster:]
    return whole[:at] + (1 << 56 | len(body)).to_bytes(8) + body, stored


def mkv(texts: list[str]) -> Made:
    return matroska(texts, ending="mkv")


def webm(texts: list[str]) -> Made:
    return matroska(texts, ending="webm")


def flv(texts: list[str]) -> Made:
    """Replaces the first tag of an FLV file by metadata of its own."""
    whole = carrier("flv", *PICTURE)
    stored = [text.encode() for text in texts]
    body = b"\x02\0\x0aonMetaData\x08" + struct.pack(">I", len(stored))
    body += b"".join(b"\0\x04AIGC\x02" + struct.pack(">H", len(one)) + one for one in stored) + b"\0\0\x09"
    tag = b"\x12" + len(body).to_bytes(3) + b"\0" * 7 + body
    after = 13 + 11 + int.from_bytes(whole[14:17]) + 4
    return whole[:13] + tag + struct.pack(">I", len(tag)) + whole[after:], stored


def riff(kind: bytes, body: bytes) -> bytes:
    """Writes one chunk of RIFF."""
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def avi(texts: list[str]) -> Made:
    whole = carrier("avi", *PICTURE, "-c:v", "mjpeg")
    stored = [text.encode() for text in texts]
    body = whole[8:] + riff(b"LIST", b"INFO" + b"".join(riff(b"AIGC", one + b"\0") for one in stored))
    return b"RIFF" + struct.pack("<I", len(body)) + body, stored
