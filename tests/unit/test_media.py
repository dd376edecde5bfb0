from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import sqlite3
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from warcio.warcwriter import WARCWriter

from forensics import media

PICTURES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "ICO": "image/x-icon",
    "PPM": "image/x-portable-anymap",
    "JPEG2000": "image/jp2",
    "SGI": "image/x-rgb",
}

CLIPS = {
    "mp4": ("video/mp4", []),
    "mov": ("video/quicktime", []),
    "mkv": ("video/x-matroska", []),
    "webm": ("video/webm", ["-c:v", "libvpx"]),
    "avi": ("video/x-msvideo", ["-c:v", "mjpeg"]),
    "ts": ("video/mp2t", ["-c:v", "mpeg2video"]),
    "mpg": ("video/mpeg", ["-c:v", "mpeg2video"]),
    "flv": ("video/x-flv", ["-c:v", "flv"]),
    "wmv": ("video/x-ms-asf", ["-c:v", "msmpeg4"]),
    "mxf": ("application/mxf", ["-c:v", "mpeg2video"]),
}

SOUNDS = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/x-wav",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "aiff": "audio/x-aiff",
    "au": "audio/basic",
    "caf": "audio/x-caf",
}

FTYP = b"\x00\x00\x00\x18ftyp%s\x00\x00\x00\x00%s"

HEADS = {
    "heic": (FTYP % (b"heic", b"mif1heic"), "image/heic"),
    "heic by its compatible brands": (FTYP % (b"mif1", b"mif1heic"), "image/heic"),
    "avif": (FTYP % (b"avif", b"avifmif1"), "image/avif"),
    "heif of another codec": (FTYP % (b"mif1", b"mif1unif"), "image/heif"),
    "mp4 of an unknown brand": (FTYP % (b"zzzz", b"zzzzisom"), "video/mp4"),
    "3gp": (FTYP % (b"3gp5", b"3gp5isom"), "video/3gpp"),
    "quicktime without ftyp": (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat", "video/quicktime"),
    "jxl codestream": (b"\xff\x0a\x7f\x00\x90\x41", "image/jxl"),
    "voice of a messenger": (b"\x02#!SILK_V3\x0c\x00\xa7", "audio/x-silk"),
    "amr": (b"#!AMR\n\x3c\x91", "audio/amr"),
    "pdf after junk": (b"\x00\x01junk\n%PDF-1.7\n%\xe2\xe3", "application/pdf"),
    "plain pdf": (b"%PDF-1.4\n1 0 obj", "application/pdf"),
    "rtf": (b"{\\rtf1\\ansi hello}", "application/rtf"),
    "old office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "application/x-ole-storage"),
    "warc": (b"WARC/1.1\r\nWARC-Type: warcinfo\r\n", "application/warc"),
    "age": (b"age-encryption.org/v1\n-> X25519 abc\n", "application/age"),
    "empty archive": (b"PK\x05\x06" + bytes(18), "application/zip"),
    "flac behind a tag": (b"ID3\x04\x00\x00\x00\x00\x00\x02\x00\x00fLaC\x00\x00", "audio/flac"),
    "flac behind a long tag": (b"ID3\x04\x00\x00\x00\x7f\x00\x02" + bytes(64), "audio/flac"),
    "nothing known": (b"\x00\x01\x02\x03\x04\x05\x06\x07", "application/octet-stream"),
    "bytes of an icon and of a font": (b"\x00\x00\x01\x00\x00\x00\x10\x00\x00\x00\x0f\xff", "application/octet-stream"),
}
HEAD_NAMES = {"flac behind a long tag": "song.flac"}

TEXTS = {
    "page": (b"<!DOCTYPE html>\n<html><body>x", "text/html"),
    "page with a comment": (b"\xef\xbb\xbf<!-- x -->\n<HTML>", "text/html"),
    "xhtml": (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "text/html"),
    "svg": (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    "xml": (b'<?xml version="1.0"?><note/>', "application/xml"),
    "xmp": (b"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'>", "application/rdf+xml"),
    "json": (b'{"a": [1, 2]}', "application/json"),
    "list": (b'[{"a": 1}]', "application/json"),
    "prose in brackets": (b"[1] See the second page.", "text/plain"),
    "lines of json": (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
    "mail": (b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nhello", "message/rfc822"),
    "mailbox": (
        b"From a@example.org Fri Jan  2 03:04:05 2026\nFrom: a@example.org\nTo: b@c.org\n\nx",
        "application/mbox",
    ),
    "one line like a header": (b"Subject: nothing else\n\nprose", "text/plain"),
    "card": (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "text/vcard"),
    "calendar": (b"BEGIN:VCALENDAR\r\n", "text/calendar"),
    "playlist": (b"#EXTM3U\n#EXTINF:10,\nhttp://example.org/a.ts\n", "application/vnd.apple.mpegurl"),
    "session": (b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n", "application/sdp"),
    "chinese": ("群聊记录\n张三: 你好\n".encode(), "text/plain"),
    "chinese in an older encoding": ("群聊记录\n张三: 你好\n".encode("gb18030"), "text/plain"),
    "windows text": ("hello".encode("utf-16"), "text/plain"),
    "table": (b"a,b\n1,2\n", "text/csv"),
    "a text that begins like music": (b"MAC addresses of the office\n", "text/plain"),
}
TEXT_NAMES = {"lines of json": "a.jsonl", "table": "a.csv", "chinese in an older encoding": "chat.txt"}


def head_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(media.HEAD_SIZE)


def make(path: Path, *arguments: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-bitexact", *arguments, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
    return head_of(path)


@pytest.mark.parametrize(("kind", "expected"), PICTURES.items(), ids=PICTURES)
def test_a_picture_written_by_pillow_is_known(kind, expected):
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(buffer, kind)
    assert media.sniff(buffer.getvalue()) == expected


@pytest.mark.parametrize("ending", CLIPS)
def test_a_clip_written_by_ffmpeg_is_known(ending, tmp_path):
    expected, options = CLIPS[ending]
    size = "720x576" if ending == "mxf" else "64x64"
    clip = make(tmp_path / f"x.{ending}", "-f", "lavfi", "-i", f"testsrc=s={size}:r=25:d=0.4", *options)
    assert media.sniff(clip) == expected
    assert media.ending_matches(expected, f"x.{ending}") is True


@pytest.mark.parametrize(("ending", "expected"), SOUNDS.items(), ids=SOUNDS)
def test_a_sound_written_by_ffmpeg_is_known(ending, expected, tmp_path):
    sound = make(tmp_path / f"x.{ending}", "-f", "lavfi", "-i", "sine=d=0.5:r=48000", "-map_metadata", "-1")
    assert media.sniff(sound) == expected
    assert media.ending_matches(expected, f"x.{ending}") is True


@pytest.mark.parametrize(("head", "expected"), HEADS.values(), ids=HEADS)
def test_a_head_as_its_specification_says_is_known(head, expected, request):
    assert media.sniff(head, HEAD_NAMES.get(request.node.callspec.id, "")) == expected


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_told_by_what_it_says(text, expected, request):
    assert media.sniff(text, TEXT_NAMES.get(request.node.callspec.id, "")) == expected


def test_archives_are_known(tmp_path):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    base = tmp_path / "a.db"
    sqlite3.connect(base).execute("create table a (b)").connection.close()
    assert media.sniff(gzip.compress(b"a")) == "application/gzip"
    assert media.sniff(bz2.compress(b"a")) == "application/x-bzip2"
    assert media.sniff(lzma.compress(b"a")) == "application/x-xz"
    assert media.sniff(packed.getvalue()[: media.HEAD_SIZE]) == "application/x-tar"
    assert media.sniff(head_of(base)) == "application/vnd.sqlite3"


def test_a_packed_web_archive_is_told_from_other_packed_files():
    packed = io.BytesIO()
    writer = WARCWriter(packed, gzip=True)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "x"}))
    assert media.sniff(packed.getvalue()) == "application/warc+gzip"
    assert media.sniff(gzip.compress(b"WARNING/")) == "application/gzip"
    assert media.sniff(packed.getvalue()[:10]) == "application/gzip"
    assert media.sniff(b"\x1f\x8b\x08" + b"\xff" * 40) == "application/gzip"
    assert media.ending_matches("application/warc+gzip", "capture.warc.gz")
    assert media.extension_for("application/warc+gzip") == ".warc.gz"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"a.txt": "x"}, "application/zip"),
        ({"[Content_Types].xml": "", "word/document.xml": ""}, "docx"),
        ({"[Content_Types].xml": "", "xl/workbook.xml": ""}, "xlsx"),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "odt"),
        ({"mimetype": "application/epub+zip"}, "epub"),
    ],
)
def test_documents_in_archives_are_told_apart(members, expected):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    found = media.sniff(buffer.getvalue())
    assert found == expected or media.extension_for(found) == f".{expected}"


def test_no_bytes_are_an_empty_file():
    assert media.sniff(b"", "a.jpg") == "application/x-empty"
    assert media.ending_matches("application/x-empty", "a.jpg") is None


def test_random_bytes_are_of_no_known_type():
    source = random.Random(45430)
    assert {media.sniff(source.randbytes(2000)) for _ in range(300)} == {media.UNKNOWN}


@given(st.binary(max_size=600), st.text(max_size=20))
def test_any_bytes_under_any_name_have_a_type(head, name):
    found = media.sniff(head, name)
    assert found == found.lower()
    assert found.count("/") == 1
    assert media.ending_matches(found, name) in (True, False, None)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()))
def test_printable_unicode_is_never_unknown(text):
    assert media.sniff(text.encode()) != media.UNKNOWN


def test_a_text_that_is_cut_within_a_character_is_a_text():
    text = ("x" + "好" * media.HEAD_SIZE).encode()[: media.HEAD_SIZE]
    with pytest.raises(UnicodeDecodeError):
        text.decode()
    assert media.sniff(text) == "text/plain"


@pytest.mark.parametrize(
    ("media_type", "name", "expected"),
    [
        ("image/jpeg", "IMG_1.JPG", True),
        ("image/jpeg", "C:\\pictures\\a.jpeg", True),
        ("image/webp", "a.jpg", False),
        ("text/html", "film.mp4", False),
        ("image/jpeg", "a", None),
        ("image/jpeg", ".jpg", None),
        ("image/jpeg", "v1.2", None),
        ("image/jpeg", "a.unheard-of", None),
        ("application/octet-stream", "a.jpg", None),
        ("application/unheard-of", "a.jpg", None),
        ("text/plain", "a.json", True),
        ("application/json", "a.txt", True),
        ("image/svg+xml", "a.svg", True),
        ("image/tiff", "a.dng", True),
        ("application/zip", "a.docx", True),
        ("video/mp4", "a.mov", True),
        ("audio/mpeg", "a.mp4", False),
    ],
)
def test_an_ending_goes_with_a_type_or_not(media_type, name, expected):
    assert media.ending_matches(media_type, name) is expected


@pytest.mark.parametrize(
    ("media_type", "ending"),
    [("image/jpeg", ".jpg"), ("video/quicktime", ".mov"), ("text/plain", ".txt"), (media.UNKNOWN, ""), ("x/y", "")],
)
def test_a_type_has_a_usual_ending(media_type, ending):
    assert media.extension_for(media_type) == ending


def test_telling_the_type_of_8_kib_takes_less_than_a_third_of_a_millisecond():
    heads = [b"\xff\xd8\xff\xe1" + bytes(8188), b"a line of text\n" * 546, random.Random(1).randbytes(8192)]
    for head in heads:
        assert min(_seconds(head) for _ in range(20)) < 0.000_3


def _seconds(head: bytes) -> float:
    began = time.perf_counter()
    media.sniff(head, "a.jpg")
    return time.perf_counter() - began
