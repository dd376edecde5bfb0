"""Sealed blobs: age encryption to the case's recipients (docs/case-format.md, section 6)."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from forensics.custody.digest import Hasher, sha256_hex
from forensics.errors import IntegrityError, KeyFileError
from forensics.model import Digests

COMMITMENT_BYTES = 32
"""Random bytes before a guessable fact, so that its commitment does not let it be guessed."""


class _Passing(io.RawIOBase):
    """Hashes what is read from a stream."""

    def __init__(self, stream: BinaryIO, hasher: Hasher) -> None:
        self._stream, self._hasher = stream, hasher

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._stream.read(size)
        self._hasher.update(chunk)
        return chunk

    def readinto(self, buffer: Any, /) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def encrypt(stream: BinaryIO, target: BinaryIO, *, recipients: Sequence[str], with_sm3: bool = False) -> Digests:
    """Encrypts a stream as an age file (age-encryption.org/v1) and gives the digests of the plaintext.

    Raises:
        KeyFileError: There is no recipient, or one is malformed.
    """
    import pyrage

    if not recipients:
        raise KeyFileError("the case lists nobody for whom sealed bytes could be encrypted", hint="Add a key: `forensics key add`.")
    hasher = Hasher(with_sm3=with_sm3)
    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
        pyrage.encrypt_io(_Passing(stream, hasher), target, keys)
    except (pyrage.RecipientError, pyrage.EncryptError) as error:
        raise KeyFileError(f"bytes cannot be sealed: {error}", hint="Check the recipients of the case.") from error
    return hasher.digests()


def decrypt(stream: BinaryIO, target: BinaryIO, *, identities: Sequence[str], plain_sha256: str | None = None) -> None:
    """Decrypts a sealed blob.

    Args:
        stream: The age file.
        target: Takes the plaintext.
        identities: Secret age identities, one of which must fit.
        plain_sha256: What the plaintext's SHA-256 must be, if it is known.

    Raises:
        KeyFileError: No identity fits.
        IntegrityError: The plaintext is not what its record says.
    """
    import pyrage

    hasher = Hasher()
    try:
        keys = [pyrage.x25519.Identity.from_str(identity) for identity in identities]
        pyrage.decrypt_io(stream, _Recording(target, hasher), keys)
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        raise KeyFileError(
            f"a sealed blob cannot be opened: {error}", hint="Use the key of an examiner for whom the case seals."
        ) from error
    if plain_sha256 is not None and hasher.digests().sha256 != plain_sha256:
        raise IntegrityError("a sealed blob holds another plaintext than its record says", hint="Run `forensics verify CASE`.")


class _Recording(io.RawIOBase):
    """Hashes what is written to a stream."""

    def __init__(self, stream: BinaryIO, hasher: Hasher) -> None:
        self._stream, self._hasher = stream, hasher

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any, /) -> int:
        self._hasher.update(bytes(chunk))
        self._stream.write(chunk)
        return len(chunk)


def with_commitment(fact: bytes) -> tuple[bytes, str]:
    """Prepares a guessable fact (an address, a serial number) for sealing.

    Returns:
        The plaintext to seal, which begins with 32 random bytes, and the commitment that its record holds, in hex.
    """
    plaintext = secrets.token_bytes(COMMITMENT_BYTES) + fact
    return plaintext, sha256_hex(plaintext)


def decrypt_file(source: Path, target: Path, *, identities: Sequence[str], plain_sha256: str | None) -> None:
    """Decrypts a sealed blob into a new file of mode 0600; on failure no file is left.

    Raises:
        KeyFileError: No identity fits.
        IntegrityError: The plaintext is not what its record says.
    """
    try:
        with source.open("rb") as stream, target.open("xb") as plain:
            target.chmod(0o600)
            decrypt(stream, plain, identities=identities, plain_sha256=plain_sha256)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
