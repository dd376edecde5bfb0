"""The second fetch against the first: what is the same, what differs, and what cannot be compared."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from forensics.web.fetch_compare import TEXT_BYTES, Comparison, Fetch, Outcome, compare


def side(folder: Path, content: bytes, *, status: int = 200, encoding: str = "") -> Fetch:
    path = folder / f"{len(list(folder.iterdir()))}"
    path.write_bytes(content)
    return Fetch(status, path, encoding)


def test_equal_bytes_are_the_same(tmp_path: Path) -> None:
    found = compare(side(tmp_path, b"<p>a</p>"), side(tmp_path, b"<p>a</p>"))
    assert found.describe()["outcome"] == "same"
    assert found.detail == "all 8 bytes are equal"


def test_a_session_number_makes_pages_differ_and_the_equal_lines_are_counted(tmp_path: Path) -> None:
    found = compare(side(tmp_path, b"a\nb\nsession 1\nb\n"), side(tmp_path, b"b\na\nsession 2\n"))
    assert found.outcome is Outcome.DIFFERS
    assert found.values is not None
    assert (found.values["lines"], found.values["equal_lines"]) == ([4, 3], 2)
    assert "nothing was taken out before" in found.detail


@pytest.mark.parametrize("status", [401, 403, 429, 451, 503])
def test_a_plain_client_that_is_turned_away_is_refused(status: int, tmp_path: Path) -> None:
    assert compare(side(tmp_path, b"x"), side(tmp_path, b"x", status=status)).outcome is Outcome.REFUSED


def test_another_status_differs_even_where_the_bytes_are_equal(tmp_path: Path) -> None:
    assert compare(side(tmp_path, b"x"), side(tmp_path, b"x", status=404)).outcome is Outcome.DIFFERS


def test_two_equal_error_pages_are_the_same(tmp_path: Path) -> None:
    pages = [side(tmp_path, b"x", status=403), side(tmp_path, b"x", status=403)]
    assert compare(*pages).outcome is Outcome.SAME


def test_a_fetch_that_failed_is_not_compared(tmp_path: Path) -> None:
    found = compare(side(tmp_path, b"x"), Fetch(None, error="the connection failed"))
    assert found == Comparison(Outcome.FAILED, None, "the connection failed")
    assert compare(side(tmp_path, b"x"), Fetch(200)).outcome is Outcome.FAILED


ENCODED = {"gzip": gzip.compress(b"text"), "X-GZIP": gzip.compress(b"text"), "deflate": zlib.compress(b"text")}


@pytest.mark.parametrize("encoding", ENCODED)
def test_an_encoding_that_can_be_taken_off_is(encoding: str, tmp_path: Path) -> None:
    found = compare(side(tmp_path, b"text"), side(tmp_path, ENCODED[encoding], encoding=encoding))
    assert found.outcome is Outcome.SAME


UNREADABLE = {
    "unknown": (b"\x0b\x02\x80text\x03", "br"),
    "not gzip": (b"text", "gzip"),
    "cut": (gzip.compress(b"text")[:-4], "gzip"),
    "two members": (gzip.compress(b"te") + gzip.compress(b"xt"), "gzip"),
    "bomb": (gzip.compress(bytes(TEXT_BYTES + 1)), "gzip"),
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_an_encoding_that_cannot_be_taken_off_is_no_difference(how: str, tmp_path: Path) -> None:
    content, encoding = UNREADABLE[how]
    assert compare(side(tmp_path, b"text"), side(tmp_path, content, encoding=encoding)).outcome is Outcome.FAILED


def test_long_bodies_are_compared_as_a_whole(tmp_path: Path) -> None:
    long = bytes(TEXT_BYTES + 1)
    assert compare(side(tmp_path, long), side(tmp_path, long)).outcome is Outcome.SAME
    found = compare(side(tmp_path, long), side(tmp_path, long + b"1"))
    assert (found.outcome, "line by line" in found.detail) == (Outcome.DIFFERS, True)
