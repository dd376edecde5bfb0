"""BagIt manifests as RFC 8493 says."""

from __future__ import annotations

import hashlib
from datetime import date

import bagit
import pytest
from blake3 import blake3

from forensics.custody import bag


def described(path, data):
    return bag.BagFile(
        path,
        len(data),
        hashlib.sha256(data).hexdigest(),
        hashlib.sha512(data).hexdigest(),
        blake3(data).hexdigest(),
    )


FILES = [described("data/b", b"two"), described("data/a b.txt", b"one"), described("data/100%\n", b"three")]


def test_a_manifest_is_sorted_by_the_bytes_of_the_paths_and_escapes_what_the_rfc_names():
    lines = bag.manifest(FILES, "sha256").splitlines()
    assert [line[64:] for line in lines] == [b"  data/100%25%0A", b"  data/a b.txt", b"  data/b"]
    assert lines[2][:64].decode() == hashlib.sha256(b"two").hexdigest()


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "blake3"])
def test_what_is_written_is_read_back(algorithm):
    entries = list(bag.read_manifest(bag.manifest(FILES, algorithm), algorithm))
    assert {(entry.path, entry.digest) for entry in entries} == {(f.path, getattr(f, algorithm)) for f in FILES}


def test_a_path_that_is_not_utf8_keeps_its_bytes():
    path = b"data/caf\xe9".decode("utf-8", "surrogateescape")
    line = bag.manifest([described(path, b"")], "sha256")
    assert line.endswith(b"data/caf\xe9\n")
    assert next(iter(bag.read_manifest(line, "sha256"))).path == path


MALFORMED = {
    "one space": b"0" * 64 + b" data/a",
    "star": b"0" * 64 + b" *data/a",
    "capitals": b"A" * 64 + b"  data/a",
    "short": b"0" * 63 + b"  data/a",
    "no path": b"0" * 64 + b"  ",
    "carriage return": b"0" * 64 + b"  data/a\r",
    "bare percent": b"0" * 64 + b"  data/100%",
    "other escape": b"0" * 64 + b"  data/%41",
    "empty": b"",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_line_is_refused(name):
    with pytest.raises(ValueError, match=r"not a digest|carriage|stands for nothing"):
        bag.read_manifest_line(MALFORMED[name], "sha256")


def test_bag_info_holds_sizes_and_a_date_and_nothing_else():
    info = bag.bag_info(FILES, date(2026, 2, 3))
    assert info == b"Bagging-Date: 2026-02-03\nPayload-Oxum: 11.3\n"
    assert bag.payload_oxum(info) == (11, 3)


@pytest.mark.parametrize("info", [b"", b"Payload-Oxum: 1", b"Payload-Oxum: -1.2", b"Payload-Oxum: 1.2.3", b"\xff\xfe"])
def test_a_missing_or_malformed_oxum_is_none(info):
    assert bag.payload_oxum(info) is None


def test_bagit_reads_what_was_written(tmp_path):
    files = [described("data/b", b"two"), described("data/a b.txt", b"one")]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b").write_bytes(b"two")
    (tmp_path / "data" / "a b.txt").write_bytes(b"one")
    tags = {
        "bagit.txt": bag.BAGIT_TXT,
        "bag-info.txt": bag.bag_info(files, date(2026, 2, 3)),
        "manifest-sha256.txt": bag.manifest(files, "sha256"),
        "manifest-sha512.txt": bag.manifest(files, "sha512"),
    }
    for name, data in tags.items():
        (tmp_path / name).write_bytes(data)
    described_tags = [described(name, data) for name, data in tags.items()]
    (tmp_path / "tagmanifest-sha256.txt").write_bytes(bag.manifest(described_tags, "sha256"))
    assert bagit.Bag(str(tmp_path)).validate()
