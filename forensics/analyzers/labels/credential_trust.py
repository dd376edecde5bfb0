"""The list of certificates by which the signers of content credentials are judged."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from forensics.errors import UsageError
from forensics.model import Artifact
from forensics.plugins import Sink

_STATED = re.compile(rb"^#[^\n]*?\b(\d{4}-\d{2}-\d{2})\b", re.MULTILINE)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_MOST_BYTES = 16 << 20
"""The list of the C2PA has some hundred kilobytes; what is longer is another file."""
_HINT = "A trust list is a file with certificates in PEM, one after the other."


class TrustList(str):
    """A trust list as a setting: as a text it is what is recorded, which names no path and changes with the content.

    The file is read once, when the setting is made, so that every worker judges by the same bytes.

    Attributes:
        content: The bytes of the file; empty for no list.
        name: Its name without its folder.
        as_of: The date that its comments state, else that of the file's last change, as `YYYY-MM-DD`; empty for no
            list.
        certificate_count: Number of certificates in it.
    """

    __slots__ = ("as_of", "certificate_count", "content", "name")

    content: bytes
    name: str
    as_of: str
    certificate_count: int

    def __new__(cls, content: bytes = b"", *, name: str = "", as_of: str = "", certificate_count: int = 0) -> Self:
        """Makes a list of what was read."""
        digest = hashlib.sha256(content).hexdigest()
        self = super().__new__(cls, f"sha256:{digest} as of {as_of}" if content else "")
        self.content, self.name, self.as_of, self.certificate_count = content, name, as_of, certificate_count
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Gives how a copy is made, in a worker process too."""
        return _made, (self.content, self.name, self.as_of, self.certificate_count)

    @property
    def pem(self) -> bytes:
        """The certificates alone, without comments."""
        return b"\n".join(_CERTIFICATE.findall(self.content))

    @property
    def sha256(self) -> str:
        """SHA-256 of the file; of no bytes where there is no list."""
        return hashlib.sha256(self.content).hexdigest()

    def described(self) -> dict[str, Any]:
        """Describes the list as a finding carries it."""
        return {
            "sha256": self.sha256,
            "name": self.name or None,
            "as_of": self.as_of or None,
            "certificate_count": self.certificate_count,
        }


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    changed_on: str


def _made(content: bytes, name: str, as_of: str, certificate_count: int) -> TrustList:
    return TrustList(content, name=name, as_of=as_of, certificate_count=certificate_count)


def read(setting: str) -> TrustList:
    """Reads the list that a setting names.

    Args:
        setting: A path, relative to the working folder or not; empty for no list; or a list that was read already.

    Raises:
        UsageError: There is no such file, or it holds no certificates.
    """
    if isinstance(setting, TrustList):
        return setting
    if not setting:
        return TrustList()
    file = _read(Path(setting).expanduser())
    stated = _STATED.search(file.content)
    as_of = stated.group(1).decode() if stated else file.changed_on
    count = _count(file.content, setting)
    return TrustList(file.content, name=Path(setting).name, as_of=as_of, certificate_count=count)


def kept(trust: TrustList, sink: Sink) -> tuple[Artifact, ...]:
    """Keeps the list by which signers were judged; nothing where there is none."""
    if not trust.content:
        return ()
    artifact = sink.put(
        io.BytesIO(trust.content),
        role="trust-list",
        name=trust.name,
        media_type="application/x-pem-file",
        as_of=trust.as_of,
        certificate_count=trust.certificate_count,
    )
    return (artifact,)


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise UsageError(f"the trust list {path} cannot be read: {error.strerror}", hint=_HINT) from error
    if len(content) > _MOST_BYTES:
        raise UsageError(f"the trust list {path} has more than {_MOST_BYTES} bytes", hint=_HINT)
    return _File(content, changed.date().isoformat())


def _count(content: bytes, setting: str) -> int:
    from cryptography import x509

    try:
        return len(x509.load_pem_x509_certificates(content))
    except ValueError as error:
        raise UsageError(f"the trust list {setting} holds no certificates in PEM: {error}", hint=_HINT) from error
