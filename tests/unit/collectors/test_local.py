"""The collector `local`: exact bytes, stated facts, and a gap for everything that could not be read."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from forensics.codec import name_of
from forensics.collectors.local import LocalCollector, walk
from forensics.model import Artifact, Digests, Gap, GapReason, Item, Name


class MemorySink:
    """Keeps what is put, and can do something to the source between reading and the collector's second look."""

    def __init__(self, meanwhile: Any = lambda: None) -> None:
        self.put_bytes: list[bytes] = []
        self.artifacts: list[Artifact] = []
        self.meanwhile = meanwhile

    def put(
        self, stream: BinaryIO, *, role: str, name: str | bytes, media_type: str | None = None, **facts: Any
    ) -> Artifact:
        content = stream.read()
        self.meanwhile()
        digests = Digests(hashlib.sha256(content).hexdigest(), "", len(content))
        artifact = Artifact(digests, role, name_of(name), media_type or "", datetime.now(UTC), facts)
        self.put_bytes.append(content)
        self.artifacts.append(artifact)
        return artifact


def collect(
    path: str | bytes | Path, *, sink: MemorySink | None = None, **settings: str
) -> tuple[MemorySink, list[Gap]]:
    sink = sink or MemorySink()
    item = Item("ITEM-0001", name_of(os.fsencode(path)), "file")
    return sink, list(LocalCollector(**settings).collect(item, sink))


def test_a_file_is_put_with_its_exact_bytes_and_no_gap(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\xff evidence")
    sink, gaps = collect(tmp_path / "a.bin")
    assert (sink.put_bytes, gaps) == ([b"\x00\xff evidence"], [])
    assert sink.artifacts[0].role == "original"


def test_original_times_owner_and_permissions_are_recorded(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    path.chmod(0o640)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_500_000_000_987_654_321))
    facts = collect(path)[0].artifacts[0].facts
    assert facts["mtime"] == "2017-07-14T02:40:00.987654Z"
    assert facts["mtime_ns"] == "1500000000987654321"
    assert facts["atime_ns"] == "1600000000123456789"
    assert facts["mode"] == "-rw-r-----"
    assert facts["uid"] == path.stat().st_uid


def test_extended_attributes_are_recorded(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    try:
        os.setxattr(path, "user.origin", b"https://example.org")
    except OSError as error:
        pytest.skip(f"this file system has no extended attributes: {error}")
    assert {"name": "user.origin", "value_hex": b"https://example.org".hex()} in collect(path)[0].artifacts[0].facts[
        "xattrs"
    ]


def test_hand_over_facts_are_recorded_where_they_were_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    facts = collect(tmp_path / "a", received_from="Ms X", access_mode="witness_supplied")[0].artifacts[0].facts
    assert (facts["received_from"], facts["access_mode"]) == ("Ms X", "witness_supplied")
    assert "legal_basis" not in facts


def test_a_symbolic_link_is_recorded_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"not to be read")
    (tmp_path / "link").symlink_to("secret")
    sink, gaps = collect(tmp_path / "link")
    assert sink.put_bytes == [b"secret"]
    assert sink.artifacts[0].role == "symlink"
    assert [gap.is_of_content for gap in gaps] == [False]


def test_a_missing_file_is_a_gap(tmp_path: Path) -> None:
    sink, gaps = collect(tmp_path / "nothing")
    assert not sink.artifacts
    assert [gap.why for gap in gaps] == [GapReason.MISSING]


def special_files(folder: Path) -> Iterator[Path]:
    os.mkfifo(folder / "pipe")
    yield folder / "pipe"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket"))
        yield folder / "socket"
    yield Path("/dev/null")


def test_pipes_sockets_and_devices_are_refused_without_being_opened(tmp_path: Path) -> None:
    for path in special_files(tmp_path):
        sink, gaps = collect(path)
        assert not sink.artifacts, path
        assert [gap.why for gap in gaps] == [GapReason.REFUSED], path


def test_a_file_that_grows_while_it_is_read_is_reported_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one")

    def grow() -> None:
        with path.open("ab") as handle:
            handle.write(b" two")

    sink, gaps = collect(path, sink=MemorySink(grow))
    assert sink.put_bytes == [b"one"]
    assert [gap.why for gap in gaps] == [GapReason.CHANGED]


def test_a_file_rewritten_with_equal_size_while_it_is_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    _, gaps = collect(path, sink=MemorySink(lambda: path.write_bytes(b"two")))
    assert [gap.why for gap in gaps] == [GapReason.CHANGED]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "locked"
    path.write_bytes(b"x")
    path.chmod(0)
    assert [gap.why for gap in collect(path)[1]] == [GapReason.UNREADABLE]


def test_an_empty_file_is_put_as_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    sink, gaps = collect(tmp_path / "empty")
    assert (sink.put_bytes, gaps) == ([b""], [])


@pytest.mark.parametrize("name", [b"\xff\xfe.jpg", b"new\nline", b"x" * 255, "𠮷😀.txt".encode()])
def test_names_of_any_bytes_are_collected(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"x")
    sink, gaps = collect(path)
    assert (sink.put_bytes, gaps) == ([b"x"], [])
    expected = Name("\ufffd\ufffd.jpg", b"\xff\xfe.jpg".hex()) if name.startswith(b"\xff") else Name(name.decode())
    assert sink.artifacts[0].name == expected


def test_a_walk_gives_every_file_in_a_fixed_order_and_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for name in ("z", "a", "b/deep/y", "b/x"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = [os.path.relpath(one.path, tmp_path) for one in walk(str(tmp_path))]
    assert found == ["a", "z", "b/loop", "b/x", "b/deep/y"]


def test_a_walk_leaves_the_case_itself_out_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "ledger.jsonl").touch()
    found = list(walk(str(tmp_path), leave_out=(str(tmp_path / "case"),)))
    assert [one.gap.why for one in found if one.gap] == [GapReason.REFUSED]


def test_a_path_four_thousand_bytes_deep_is_collected(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    depth = 0
    try:
        while depth < 15:
            os.mkdir("d" * 200, dir_fd=here)
            deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here, depth = deeper, depth + 1
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    finally:
        os.close(here)
    found = list(walk(str(tmp_path)))
    assert len(found) == 1
    sink, gaps = collect(found[0].path)
    assert (sink.put_bytes, gaps) == ([b""], [])
