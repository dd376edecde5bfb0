"""Sound files with implicit labels of AI-generated content, written byte by byte around sound by ffmpeg."""

from __future__ import annotations

import struct

from tests.fakes.labelled_clip import SOUND, carrier, riff
from tests.fakes.labelled_picture import Made

OGG_POLYNOMIAL = 0x04C11DB7
"""*Source:* RFC 3533, section 6."""


def wav(texts: list[str]) -> Made:
    stored = [text.encode() for text in texts]
    form = riff(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    body = b"WAVE" + form + b"".join(riff(b"AIGC", one) for one in stored) + riff(b"data", b"\0" * 320)
    return b"RIFF" + struct.pack("<I", len(body)) + body, stored


def synchsafe(size: int) -> bytes:
    """Writes a length in four bytes of seven bits."""
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def mp3(texts: list[str], *, version: int) -> Made:
    """Writes one frame `TXXX` for each text before the sound, and some padding."""
    stored = [text.encode("latin-1" if version == 3 else "utf-8") for text in texts]
    frames = b""
    for one in stored:
        body = (b"\0" if version == 3 else b"\3") + b"AIGC\0" + one
        size = struct.pack(">I", len(body)) if version == 3 else synchsafe(len(body))
        frames += b"TXXX" + size + b"\0\0" + body
    frames += b"\0" * 32
    sound = carrier("mp3", *SOUND, "-id3v2_version", "0", "-write_xing", "0")
    return b"ID3" + bytes((version, 0, 0)) + synchsafe(len(frames)) + frames + sound, stored


def mp3_old(texts: list[str]) -> Made:
    return mp3(texts, version=3)


def mp3_new(texts: list[str]) -> Made:
    return mp3(texts, version=4)


def comments(texts: list[str]) -> Made:
    """Writes a Vorbis comment without its framing."""
    stored = [text.encode() for text in texts]
    fields = [b"AIGC=" + one for one in stored]
    body = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(fields))
    return body + b"".join(struct.pack("<I", len(one)) + one for one in fields), stored


def flac(texts: list[str]) -> Made:
    whole = carrier("flac", *SOUND)
    at = 4
    while True:
        is_last, size = whole[at] & 0x80, int.from_bytes(whole[at + 1 : at + 4])
        at += 4 + size
        if is_last:
            break
    body, stored = comments(texts)
    return whole[:4] + b"\0" + whole[5:42] + b"\x84" + len(body).to_bytes(3) + body + whole[at:], stored


def checksum(data: bytes) -> int:
    """Computes the checksum of an Ogg page whose own field is zero."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (OGG_POLYNOMIAL if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def lacing(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes((size % 255,))


def page(packets: list[bytes], *, like: bytes, number: int) -> bytes:
    """Writes one page with whole packets; its serial number is that of another."""
    table = b"".join(lacing(len(one)) for one in packets)
    head = b"OggS\0\0" + b"\0" * 8 + like[14:18] + struct.pack("<I", number) + b"\0" * 4 + bytes((len(table),)) + table
    whole = head + b"".join(packets)
    return whole[:22] + struct.pack("<I", checksum(whole)) + whole[26:]


def page_size(data: bytes, at: int) -> int:
    count = data[at + 26]
    return 27 + count + sum(data[at + 27 : at + 27 + count])


def opus(texts: list[str]) -> Made:
    whole = carrier("opus", *SOUND)
    first = page_size(whole, 0)
    second = page_size(whole, first)
    body, stored = comments(texts)
    return whole[:first] + page([b"OpusTags" + body], like=whole, number=1) + whole[first + second :], stored


def vorbis(texts: list[str]) -> Made:
    """Rebuilds the page with the second and third header of a file whose page holds both."""
    whole = carrier("ogg", *SOUND, "-c:a", "libvorbis")
    first = page_size(whole, 0)
    rest = first
    while b"\x05vorbis" not in whole[first:rest]:
        rest += page_size(whole, rest)
    codebook = _third_packet(whole[first:rest])
    body, stored = comments(texts)
    return whole[:first] + page([b"\x03vorbis" + body + b"\x01", codebook], like=whole, number=1) + whole[rest:], stored


def _third_packet(pages: bytes) -> bytes:
    """Gives the bytes of the last packet of some pages that hold two packets together."""
    content, at = b"", 0
    while at < len(pages):
        count = pages[at + 26]
        size = page_size(pages, at)
        content += pages[at + 27 + count : at + size]
        at += size
    return content[content.index(b"\x05vorbis") :]
