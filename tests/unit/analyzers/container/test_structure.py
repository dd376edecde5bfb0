from __future__ import annotations

import json
import random
import struct
import time
import zlib

import pytest

from forensics.model import Result
from tests.unit.analyzers.container.conftest import photograph

KINDS = ["structure", "anomaly", "encoder", "platform", "timeline"]


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Builds a PNG file of chunks (PNG specification, section 5)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    data = (b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in (header, *chunks, data, (b"IEND", b"")))


def test_parts_stand_with_offset_and_size_in_the_order_of_the_file(tmp_path, found):
    path = tmp_path / "a.png"
    path.write_bytes(png((b"tEXt", b"Title\0x")))
    values = found(path)["structure"].values
    assert values["order"] == "signature IHDR tEXt IDAT IEND"
    rows = {row["kind"]: (row["offset"], row["size_bytes"]) for row in values["tree"]}
    assert rows["IHDR"] == (8, 25)
    assert rows["tEXt"] == (33, 19)
    assert values["tree_is_complete"] is True


def test_repeated_parts_are_counted_in_the_order(tmp_path, found):
    path = tmp_path / "a.png"
    path.write_bytes(png(*[(b"tEXt", b"Title\0x")] * 5))
    assert found(path)["structure"].values["order"] == "signature IHDR tEXt x5 IDAT IEND"


def test_a_large_tree_is_attached_as_a_whole(tmp_path, found, sink):
    path = tmp_path / "a.png"
    path.write_bytes(png(*[(b"tEXt", b"Title\0x")] * 300))
    finding = found(path, max_tree=50)["structure"]
    assert len(finding.values["tree"]) == 50
    assert finding.values["tree_is_complete"] is False
    assert [artifact.role for artifact in finding.attachments] == ["structure"]
    assert len(json.loads(sink.kept["structure"])["tree"]) == 304


def test_nothing_is_attached_where_the_tree_is_whole(jpeg, found, sink):
    assert found(jpeg)["structure"].attachments == ()
    assert sink.kept == {}


def test_a_format_without_reader_is_open_and_not_absent(tmp_path, found):
    path = tmp_path / "a.bmp"
    photograph((16, 16)).save(path)
    findings = found(path)
    assert [finding.result for finding in findings.values()] == [Result.INDETERMINATE] * 5
    assert findings["structure"].gaps[0].why.value == "NOT_APPLICABLE"


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\0\0\0\x18ftypmp42"], ids=["empty", "start", "one box"])
def test_next_to_nothing_gives_five_findings(tmp_path, found, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert list(found(path)) == KINDS


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe1", b"\0\0\0\x18ftypmp42", b"\x89PNG\r\n\x1a\n", b"ID3\3\0", b"II*\0"]
)
def test_random_bytes_behind_a_signature_cost_little(tmp_path, found, start):
    path = tmp_path / "a.bin"
    began = time.monotonic()
    for seed in range(3):
        path.write_bytes(start + random.Random(seed).randbytes(20000))
        for finding in found(path).values():
            assert finding.limits
    assert time.monotonic() - began < 10


def test_a_cut_film_gives_the_same_five_kinds_wherever_it_is_cut(film, tmp_path, found):
    content = film.read_bytes()
    path = tmp_path / "cut.mp4"
    for size in range(0, len(content), len(content) // 12):
        path.write_bytes(content[:size])
        findings = found(path)
        assert list(findings) == KINDS
        for finding in findings.values():
            assert not finding.gaps or finding.result is not Result.NOT_FOUND


def test_very_many_values_are_cut_with_a_gap_and_cost_little(tmp_path, found):
    path = tmp_path / "a.png"
    path.write_bytes(png(*[(b"tEXt", b"Software\0x")] * 12000))
    began = time.monotonic()
    findings = found(path)
    assert time.monotonic() - began < 10
    assert [gap.why.value for gap in findings["platform"].gaps] == ["LIMIT"]
    assert findings["platform"].result is Result.INDETERMINATE
