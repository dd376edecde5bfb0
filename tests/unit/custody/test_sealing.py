"""Sealed blobs: age files there and back, and what goes wrong is told apart."""

from __future__ import annotations

import errno
import hashlib
import io
import stat
from pathlib import Path

import pyrage
import pytest
from blake3 import blake3

from forensics.custody.sealing import COMMITMENT_BYTES, decrypt, decrypt_file, encrypt, with_commitment
from forensics.errors import IntegrityError, KeyFileError, StoreError

MINE, OTHER, STRANGER = (pyrage.x25519.Identity.generate() for _ in range(3))
PLAIN = b"an intimate picture " * 20_000


def sealed(plain: bytes = PLAIN, *identities: pyrage.x25519.Identity) -> bytes:
    target = io.BytesIO()
    encrypt(io.BytesIO(plain), target, recipients=[str(one.to_public()) for one in identities or (MINE,)])
    return target.getvalue()


def opened(blob: bytes, *identities: pyrage.x25519.Identity, plain_sha256: str | None = None) -> bytes:
    target = io.BytesIO()
    decrypt(io.BytesIO(blob), target, identities=[str(one) for one in identities or (MINE,)], plain_sha256=plain_sha256)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 400_000])
def test_what_was_sealed_is_opened(size: int) -> None:
    plain = PLAIN[:size]
    target = io.BytesIO()
    digests = encrypt(io.BytesIO(plain), target, recipients=[str(MINE.to_public())])
    assert digests.size == size
    assert digests.sha256 == hashlib.sha256(plain).hexdigest()
    assert digests.blake3 == blake3(plain).hexdigest()
    assert opened(target.getvalue(), plain_sha256=digests.sha256) == plain


def test_a_sealed_blob_is_an_age_file() -> None:
    blob = sealed()
    header, _, _ = blob.partition(b"\n--- ")
    lines = header.split(b"\n")
    assert lines[0] == b"age-encryption.org/v1"
    assert lines[1].startswith(b"-> X25519 ")
    assert pyrage.decrypt(blob, [MINE]) == PLAIN


def test_every_recipient_opens_it() -> None:
    blob = sealed(PLAIN, MINE, OTHER)
    assert opened(blob, MINE) == opened(blob, OTHER) == opened(blob, STRANGER, OTHER) == PLAIN


def test_the_plaintext_does_not_shine_through() -> None:
    assert b"intimate" not in sealed()
    assert sealed() != sealed()


def test_digests_of_the_plaintext_have_sm3_where_the_case_has() -> None:
    digests = encrypt(io.BytesIO(b"abc"), io.BytesIO(), recipients=[str(MINE.to_public())], with_sm3=True)
    assert digests.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_another_identity_does_not_open_it() -> None:
    with pytest.raises(KeyFileError, match="No matching keys") as caught:
        opened(sealed(), STRANGER)
    assert "key of an examiner" in caught.value.hint


def test_a_malformed_identity_is_refused() -> None:
    with pytest.raises(KeyFileError):
        decrypt(io.BytesIO(sealed()), io.BytesIO(), identities=["AGE-SECRET-KEY-1X"])


@pytest.mark.parametrize("recipients", [[], ["age1x"], [""]])
def test_bytes_are_not_sealed_for_nobody(recipients: list[str]) -> None:
    target = io.BytesIO()
    with pytest.raises(KeyFileError):
        encrypt(io.BytesIO(PLAIN), target, recipients=recipients)
    assert target.getvalue() == b""


DAMAGED = {
    "cut at the end": sealed()[:-1],
    "cut in the middle": sealed()[:100_000],
    "something after it": sealed() + b"x",
    "a flipped bit": bytes([*sealed()[:5000], sealed()[5000] ^ 1]) + sealed()[5001:],
}


@pytest.mark.parametrize("blob", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_blob_is_damage_and_not_a_wrong_key(blob: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        opened(blob)
    assert caught.value.exit_code == 10


@pytest.mark.parametrize("blob", [b"", b"garbage", PLAIN])
def test_what_is_no_age_file_is_not_opened(blob: bytes) -> None:
    with pytest.raises(KeyFileError):
        opened(blob)


def test_another_plaintext_than_the_record_says_is_damage() -> None:
    with pytest.raises(IntegrityError, match="another plaintext"):
        opened(sealed(b"swapped"), plain_sha256=hashlib.sha256(PLAIN).hexdigest())


class Failing(io.RawIOBase):
    """A stream that fails after some bytes."""

    def __init__(self, data: bytes = b"", *, error: OSError) -> None:
        self._rest, self._error = io.BytesIO(data), error

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._rest.read(size)
        if not chunk:
            raise self._error
        return chunk

    def write(self, chunk: bytes, /) -> int:
        raise self._error


UNREADABLE = OSError(errno.EIO, "Input/output error")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("size", [0, 10, 200_000])
def test_an_error_of_a_stream_is_never_swallowed(size: int) -> None:
    recipients, identities = [str(MINE.to_public())], [str(MINE)]
    streams = [
        lambda: encrypt(Failing(PLAIN[:size], error=UNREADABLE), io.BytesIO(), recipients=recipients),
        lambda: encrypt(io.BytesIO(PLAIN[:size]), Failing(error=FULL), recipients=recipients),
        lambda: decrypt(Failing(sealed()[: size + 1], error=UNREADABLE), io.BytesIO(), identities=identities),
        lambda: decrypt(io.BytesIO(sealed(PLAIN[: size + 1])), Failing(error=FULL), identities=identities),
    ]
    for run, expected in zip(streams, [UNREADABLE, FULL, UNREADABLE, FULL], strict=True):
        with pytest.raises(OSError, match=expected.strerror) as caught:
            run()
        assert caught.value is expected


def test_a_fact_is_hidden_behind_a_commitment() -> None:
    plaintext, commitment = with_commitment(b"192.0.2.1")
    assert plaintext[COMMITMENT_BYTES:] == b"192.0.2.1"
    assert commitment == hashlib.sha256(plaintext).hexdigest()
    assert with_commitment(b"192.0.2.1")[1] != commitment


def test_a_blob_is_opened_into_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(sealed())
    sha256 = hashlib.sha256(PLAIN).hexdigest()
    decrypt_file(tmp_path / "blob", tmp_path / "plain", identities=[str(MINE)], plain_sha256=sha256)
    assert (tmp_path / "plain").read_bytes() == PLAIN
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o600


FAILURES = {
    "another identity": (sealed(), STRANGER, None, KeyFileError),
    "a damaged blob": (sealed()[:-1], MINE, None, IntegrityError),
    "another plaintext": (sealed(), MINE, "ab" * 32, IntegrityError),
}


@pytest.mark.parametrize(("blob", "identity", "sha256", "kind"), FAILURES.values(), ids=FAILURES)
def test_on_failure_no_plaintext_is_left(
    tmp_path: Path, blob: bytes, identity: pyrage.x25519.Identity, sha256: str | None, kind: type[Exception]
) -> None:
    (tmp_path / "blob").write_bytes(blob)
    with pytest.raises(kind):
        decrypt_file(tmp_path / "blob", tmp_path / "plain", identities=[str(identity)], plain_sha256=sha256)
    assert [path.name for path in tmp_path.iterdir()] == ["blob"]


def test_a_missing_blob_is_damage(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError):
        decrypt_file(tmp_path / "blob", tmp_path / "plain", identities=[str(MINE)], plain_sha256=None)


def test_a_file_that_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(sealed())
    (tmp_path / "plain").write_bytes(b"mine")
    with pytest.raises(StoreError):
        decrypt_file(tmp_path / "blob", tmp_path / "plain", identities=[str(MINE)], plain_sha256=None)
    assert (tmp_path / "plain").read_bytes() == b"mine"
