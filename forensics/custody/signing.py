"""The user's keys and state: Ed25519 signing keys, age identities, and pins of ledger heads."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.codec import canonical, parse_canonical
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import Head
from forensics.errors import CodecError, KeyFileError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

DEFAULT_KEY = "default"
PASSPHRASE_VARIABLE = "FORENSICS_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
Ask = Callable[[str], str | None]
"""Asks a person for a passphrase; None where nobody can be asked."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the user's configuration and state lie.

    Attributes:
        configuration: `config.toml` and the folder `keys`.
        state: Pins of ledger heads.
    """

    configuration: Path
    state: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Home:
        """Finds the folders: `FORENSICS_HOME`, or the XDG base directories."""
        if home := environment.get("FORENSICS_HOME"):
            return cls(Path(home), Path(home) / "state")
        user = Path(environment.get("HOME") or Path.home())
        configuration = Path(environment.get("XDG_CONFIG_HOME") or user / ".config") / "forensics"
        state = Path(environment.get("XDG_STATE_HOME") or user / ".local" / "state") / "forensics"
        return cls(configuration, state)

    @property
    def keys(self) -> Path:
        """Folder of the key files."""
        return self.configuration / "keys"


@dataclass(frozen=True)
class SigningKey:
    """An unlocked key pair with its age identity.

    Attributes:
        private: The Ed25519 private key.
        identity: The age identity (`AGE-SECRET-KEY-…`); never printed or recorded.
        recipient: The age recipient (`age1…`).
    """

    private: Ed25519PrivateKey
    identity: str
    recipient: str

    @cached_property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo in DER."""
        return spki_of(self.private.public_key())

    @cached_property
    def key_id(self) -> str:
        """SHA-256 of the SPKI, in hex."""
        return sha256_hex(self.spki)

    def sign(self, message: bytes) -> bytes:
        """Signs with Ed25519 (RFC 8032); 64 bytes."""
        return self.private.sign(message)

    def public_pem(self) -> bytes:
        """Gives the public key as PEM."""
        return pem_of(self.spki)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id[:16]}…)"


def spki_of(public: Ed25519PublicKey) -> bytes:
    """Encodes a public key as SubjectPublicKeyInfo in DER."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem_of(spki: bytes) -> bytes:
    """Encodes a SubjectPublicKeyInfo as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    return load_der_public_key(spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_public(data: bytes) -> bytes:
    """Reads an Ed25519 public key, PEM or DER, and gives its SPKI in DER.

    Raises:
        KeyFileError: It is not an Ed25519 public key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

    try:
        key = load_pem_public_key(data) if b"-----BEGIN" in data else load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"not a public key: {error}", hint="Give the PEM file that `forensics key export` printed."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError("not an Ed25519 public key", hint="Give the PEM file that `forensics key export` printed.")
    return spki_of(key)


def verify_signature(spki: bytes, *, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature over a message holds."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(spki)
        if not isinstance(key, Ed25519PublicKey):
            return False
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def new_key(home: Home, *, name: str = DEFAULT_KEY, passphrase: str | None = None) -> SigningKey:
    """Makes a signing key and an age identity in the user's configuration folder.

    Raises:
        KeyFileError: A key of this name exists already, the folder cannot be written, or the name or the passphrase
            will not do.
    """
    import pyrage
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not _NAME.fullmatch(name):
        raise KeyFileError(f"{name!r} cannot be the name of a key", hint="Use letters, digits, `.`, `_` and `-`.")
    identity = pyrage.x25519.Identity.generate()
    key = SigningKey(Ed25519PrivateKey.generate(), str(identity), str(identity.to_public()))
    try:
        private, secret = _private_pem(key.private, passphrase), identity_file(key.identity, passphrase)
    except ValueError as error:
        raise KeyFileError(
            f"this passphrase cannot be used: {error}", hint="Choose one of at most 1023 bytes."
        ) from error
    _write_all(home.keys, {f"{name}.age": secret, f"{name}.pub": key.public_pem(), f"{name}.pem": private}, name=name)
    return key


def _write_all(folder: Path, files: Mapping[str, bytes], *, name: str) -> None:
    """Writes new files, the last one being what makes the key exist; on failure none of them is left."""
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for file_name, data in files.items():
            _write_secret(folder / file_name, data)
            written.append(folder / file_name)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            hint = "Choose another name; keys are never overwritten."
            raise KeyFileError(f"key {name} exists already: {error.filename}", hint=hint) from error
        raise KeyFileError(
            f"key {name} cannot be written: {error}", hint="Check FORENSICS_HOME and its permissions."
        ) from error


def identity_file(identity: str, passphrase: str | None) -> bytes:
    """Encodes an age identity for its file: encrypted where there is a passphrase."""
    import pyrage

    return pyrage.passphrase.encrypt(identity.encode(), passphrase) if passphrase else identity.encode()


def load_key(home: Home, ask: Ask, *, name: str = DEFAULT_KEY) -> SigningKey:
    """Reads and unlocks a key.

    Args:
        home: Where the keys are.
        ask: Called only where the key has a passphrase.
        name: Name of the key.

    Raises:
        KeyFileError: There is no such key, or the passphrase is wrong or cannot be asked for.
    """
    private_path, identity_path = home.keys / f"{name}.pem", home.keys / f"{name}.age"
    try:
        pem, identity = private_path.read_bytes(), identity_path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"key {name} cannot be read: {error}", hint="Make one with `forensics key new`.") from error
    passphrase = _passphrase_for(pem, ask, name=name)
    private = _unlock(pem, passphrase, path=private_path)
    text = _unlock_identity(identity, passphrase, path=identity_path)
    return SigningKey(private, text, _recipient_of(text, identity_path))


def has_key(home: Home, *, name: str = DEFAULT_KEY) -> bool:
    """Whether the user has a key of this name."""
    return (home.keys / f"{name}.pem").is_file()


def _passphrase_for(pem: bytes, ask: Ask, *, name: str) -> str | None:
    if b"ENCRYPTED" not in pem:
        return None
    passphrase = os.environ.get(PASSPHRASE_VARIABLE) or ask(f"Passphrase of key {name}")
    if not passphrase:
        raise KeyFileError(
            f"key {name} has a passphrase and nobody can be asked for it", hint=f"Set {PASSPHRASE_VARIABLE}."
        )
    return passphrase


def _unlock(pem: bytes, passphrase: str | None, *, path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} cannot be unlocked", hint="Check the passphrase.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key", hint="Make one with `forensics key new`.")
    return key


def _unlock_identity(data: bytes, passphrase: str | None, *, path: Path) -> str:
    import pyrage

    if not data.startswith(b"age-encryption.org/"):
        return data.decode(errors="replace").strip()
    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase or "")).decode().strip()
    except (pyrage.DecryptError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be unlocked", hint="Check the passphrase.") from error


def _recipient_of(identity: str, path: Path) -> str:
    import pyrage

    try:
        return str(pyrage.x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError as error:
        raise KeyFileError(
            f"{path} is not an age identity", hint="Restore it from a copy, or make a new key."
        ) from error


def _private_pem(private: Ed25519PrivateKey, passphrase: str | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def _write_secret(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def remember_head(home: Home, case_id: str, *, head: Head, folder: Path | None = None) -> None:
    """Keeps the head of a case in the user's state folder, so that a cut ledger is noticed on this machine.

    Args:
        home: The user's folders.
        case_id: Id of the case.
        head: Its head.
        folder: Where the case lies; copies of one case are remembered apart.

    Raises:
        KeyFileError: The state folder cannot be written.
    """
    path = head_path(home, case_id)
    note = {"digest": head.digest, "folder": _folder_key(folder), "seq": head.seq}
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        notes = _noted_heads(home, case_id)
    except KeyFileError:
        notes = []
    others = [one for one in notes if one["folder"] != note["folder"]]
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with temporary.open("wb") as handle:
            handle.write(canonical({"case": case_id, "heads": [*others, note]}) + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        raise KeyFileError(
            f"the head of the case cannot be noted in {path.parent}: {error}",
            hint="Make that folder writable, or set FORENSICS_HOME.",
            kept="The case itself is complete.",
        ) from error


def remembered_head(
    home: Home, case_id: str, *, folder: Path | None = None, is_of_folder_alone: bool = False
) -> Head | None:
    """Gives the head that this machine remembers of a case, or None.

    Args:
        home: The user's folders.
        case_id: Id of the case.
        folder: Where the case lies: what was noted of this copy comes first.
        is_of_folder_alone: Whether to leave other copies out. Otherwise a copy of which nothing was noted, because it
            was moved or restored, is compared with the one that was written last.

    Raises:
        KeyFileError: The note is there and cannot be read.
    """
    notes = _noted_heads(home, case_id)
    own = [note for note in notes if note["folder"] == _folder_key(folder)]
    found = own or ([] if is_of_folder_alone else notes)
    return Head(int(found[-1]["seq"]), str(found[-1]["digest"])) if found else None


def _noted_heads(home: Home, case_id: str) -> list[dict[str, Any]]:
    """Reads what was noted of the copies of a case, the one that was written last at the end."""
    path = head_path(home, case_id)
    try:
        notes: list[dict[str, Any]] = parse_canonical(path.read_bytes().rstrip(b"\n"))["heads"]
        for note in notes:
            Head(int(note["seq"]), str(note["digest"])), str(note["folder"])
    except FileNotFoundError:
        return []
    except (OSError, CodecError, KeyError, ValueError, TypeError) as error:
        raise KeyFileError(
            f"{path} cannot be read: {error}", hint="Remove it if you know why it is damaged."
        ) from error
    return notes


def _folder_key(folder: Path | None) -> str:
    return "" if folder is None else sha256_hex(os.fsencode(os.path.realpath(folder)))


def head_path(home: Home, case_id: str) -> Path:
    """Gives where the head of a case is noted."""
    return home.state / "heads" / f"{sha256_hex(case_id.encode())[:32]}.json"
