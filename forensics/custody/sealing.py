"""Sealed blobs: age encryption to the case's recipients (docs/case-format.md, section 6)."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from forensics.custody.digest import Hasher, sha256_hex
from forensics.custody.store import open_regular, translated, wipe
from forensics.errors import ForensicsError, IntegrityError, KeyFileError
from forensics.model import Digests

COMMITMENT_BYTES = 32
"""Random bytes before a guessable fact, so that its commitment does not let it be guessed."""


class _Passing(io.RawIOBase):
    """Hashes what passes between a stream and the age library, which hides some errors of streams."""

    def __init__(self, stream: BinaryIO, hasher: Hasher) -> None:
        self._stream, self._hasher = stream, hasher
        self.error: OSError | ForensicsError | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        with self._noting():
            chunk = self._stream.read(size)
        self._hasher.update(chunk)
        return chunk

    def readinto(self, buffer: Any, /) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def write(self, chunk: Any, /) -> int:
        with self._noting():
            written = self._stream.write(chunk)
        self._hasher.update(bytes(chunk[:written]))
        return written

    def digests(self) -> Digests:
        """Gives the digests of what passed."""
        return self._hasher.digests()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ForensicsError) as error:
            self.error = error
            raise


@contextmanager
def _undisguised(*streams: _Passing) -> Iterator[None]:
    """Lets errors of the streams themselves out as they were, also those that the library swallowed."""
    try:
        yield
    finally:
        for stream in streams:
            if stream.error is not None:
                raise stream.error


def encrypt(stream: BinaryIO, target: BinaryIO, *, recipients: Sequence[str], with_sm3: bool = False) -> Digests:
    """Encrypts a stream as an age file (age-encryption.org/v1) and gives the digests of the plaintext.

    Raises:
        KeyFileError: There is no recipient, or one is malformed.
        OSError: The stream cannot be read or the target cannot be written; what was written is of no use.
    """
    import pyrage

    if not recipients:
        hint = "Add a key: `forensics key add`."
        raise KeyFileError("the case lists nobody for whom sealed bytes could be encrypted", hint=hint)
    source, sink = _Passing(stream, Hasher(with_sm3=with_sm3)), _Passing(target, Hasher())
    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients]
        with _undisguised(source, sink):
            pyrage.encrypt_io(source, sink, keys)
    except (pyrage.RecipientError, pyrage.EncryptError) as error:
        raise KeyFileError(f"bytes cannot be sealed: {error}", hint="Check the recipients of the case.") from error
    return source.digests()


def decrypt(stream: BinaryIO, target: BinaryIO, *, identities: Sequence[str], plain_sha256: str | None = None) -> None:
    """Decrypts a sealed blob.

    Args:
        stream: The age file.
        target: Takes the plaintext.
        identities: Secret age identities, one of which must fit.
        plain_sha256: What the plaintext's SHA-256 must be, if it is known.

    Raises:
        KeyFileError: No identity fits.
        IntegrityError: The blob is damaged, or the plaintext is not what its record says.
        OSError: The stream cannot be read or the target cannot be written.
    """
    import pyrage

    source, sink = _Passing(stream, Hasher()), _Passing(target, Hasher())
    try:
        keys = [pyrage.x25519.Identity.from_str(identity) for identity in identities]
        with _undisguised(source, sink):
            pyrage.decrypt_io(source, sink, keys)
    except (pyrage.IdentityError, pyrage.DecryptError) as error:
        hint = (
            "Use the key of an examiner for whom the case seals; `forensics verify CASE` tells whether it is damaged."
        )
        raise KeyFileError(f"a sealed blob cannot be opened: {error}", hint=hint) from error
    except OSError as error:
        if error in (source.error, sink.error):
            raise
        raise _damaged(f"a sealed blob is damaged: {error}") from error
    if plain_sha256 is not None and sink.digests().sha256 != plain_sha256:
        raise _damaged("a sealed blob holds another plaintext than its record says")


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(what, hint="Run `forensics verify CASE` and restore the case from a copy.")


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
        IntegrityError: The blob is missing or damaged, or the plaintext is not what its record says.
        StoreError: The plaintext cannot be written.
    """
    with _opened(source) as stream, translated(target):
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as plain:
                decrypt(stream, plain, identities=identities, plain_sha256=plain_sha256)
        except BaseException:
            with suppress(OSError):
                wipe(target)
            raise


def _opened(path: Path) -> BinaryIO:
    try:
        return open_regular(path)
    except OSError as error:
        raise _damaged(f"blob {path.name} cannot be read: {error.strerror}") from error
