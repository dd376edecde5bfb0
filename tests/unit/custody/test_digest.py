"""Digests against their standards and against other programs."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from forensics.custody import digest
from forensics.custody.digest import Hasher, HasherAside, chunks, digest_stream, new_sm3, sha256_hex
from forensics.errors import ToolMissingError

# Source: FIPS 180-4 examples; GB/T 32905-2016, annex A; BLAKE3 reference implementation, test_vectors.json.
SHA256 = {
    b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
}
SM3 = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
BLAKE3 = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
}
SIZES = (0, 1, 63, 64, 65, digest.CHUNK - 1, digest.CHUNK, digest.CHUNK + 1, digest.ASIDE_FROM + 5)


def counting(size: int) -> bytes:
    """Gives the input of the BLAKE3 vectors: the bytes 0 to 250, again and again."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize(("data", "expected"), SHA256.items())
def test_sha_256_is_that_of_fips_180_4(data: bytes, expected: str) -> None:
    assert digest_stream(io.BytesIO(data)).sha256 == sha256_hex(data) == expected


@pytest.mark.parametrize(("data", "expected"), SM3.items())
def test_sm3_is_that_of_gb_t_32905(data: bytes, expected: str) -> None:
    assert digest_stream(io.BytesIO(data), with_sm3=True).sm3 == expected


@pytest.mark.parametrize(("size", "expected"), BLAKE3.items())
def test_blake3_is_that_of_the_reference_implementation(size: int, expected: str) -> None:
    assert digest_stream(io.BytesIO(counting(size))).blake3 == expected


@pytest.mark.parametrize("size", SIZES)
def test_other_programs_give_the_same_digests(tmp_path: Path, size: int) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(counting(size))
    with path.open("rb") as stream:
        found = digest_stream(stream, with_sm3=True)
    assert found.size == size
    assert found.sha256 == _output("sha256sum", path).split()[0]
    assert found.sm3 == _output("openssl", "dgst", "-sm3", "-r", path).split()[0]


def _output(*command: str | Path) -> str:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("with_sm3", [False, True])
def test_a_hasher_aside_gives_the_same_digests(with_sm3: bool) -> None:
    data = counting(5_000_000)
    with HasherAside(with_sm3=with_sm3) as aside:
        for chunk in chunks(io.BytesIO(data), size=99_999):
            aside.update(chunk)
        assert aside.digests() == digest_stream(io.BytesIO(data), with_sm3=with_sm3)
    assert not aside._thread.is_alive()


def test_a_hasher_aside_ends_with_its_block() -> None:
    aside = HasherAside()
    with aside:
        aside.update(b"bytes")
    assert not aside._thread.is_alive()


def test_digests_so_far_may_be_asked_for_and_the_stream_goes_on() -> None:
    hasher = Hasher()
    hasher.update(b"a")
    first = hasher.digests()
    hasher.update(memoryview(b"bc"))
    assert first.size == 1
    assert hasher.digests().sha256 == SHA256[b"abc"]
    assert hasher.digests().sm3 is None


def test_a_python_without_sm3_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(digest.hashlib, "new", refuse)
    with pytest.raises(ToolMissingError) as caught:
        new_sm3()
    assert caught.value.exit_code == 30
    assert "--jurisdiction" in caught.value.hint
