"""What records are made of: names, digests, tools, gaps, messages, clock checks, artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forensics.model.word import GapReason


@dataclass(frozen=True, slots=True)
class Name:
    """A file name or other text from outside that may not be UTF-8.

    Attributes:
        display: The text, with U+FFFD where bytes could not be decoded.
        raw_hex: The bytes in hex where they are not UTF-8, otherwise None.
    """

    display: str
    raw_hex: str | None = None

    def __str__(self) -> str:
        return self.display


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of one sequence of bytes, in lower-case hex; `size` in bytes."""

    sha256: str
    blake3: str
    size: int
    sm3: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, library or model file that took part, so that another can repeat the step."""

    name: str
    version: str
    digest: str | None = None
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was wanted and is not there, and why."""

    what: str
    why: GapReason
    detail: str = ""

    @property
    def is_of_content(self) -> bool:
        """Whether this gap lowers an outcome; what was never configured or does not apply does not."""
        return self.why not in (GapReason.NOT_CONFIGURED, GapReason.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence for people, stored in English and found in other languages by its id.

    Attributes:
        id: Name under which `templates/findings/<language>.toml` has the sentence.
        text: The complete English sentence.
        values: What a template may put into the sentence.
    """

    id: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """One comparison of the machine's clock with a time server.

    Attributes:
        offset_s: Server time minus machine time, in seconds; None where the check failed.
        round_trip_s: Time between request and answer, in seconds; None where the check failed.
    """

    server: str
    phase: str
    at: datetime
    offset_s: float | None = None
    round_trip_s: float | None = None
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """Stored bytes and what they are.

    Attributes:
        digests: Digests of the stored blob; of the ciphertext where the artifact is sealed.
        role: What the bytes are to their acquisition or finding: `original`, `screenshot-full`, `map`, …
        facts: What the collector knows about them, for example original times and permissions.
        sealed: None, or what docs/case-format.md section 6 says: `{"plain": {...}}` or `{"commitment": hex}`.
    """

    digests: Digests
    role: str
    name: Name
    media_type: str
    obtained_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None

    @property
    def content_sha256(self) -> str:
        """SHA-256 of the content itself: of the plaintext where the artifact is sealed media."""
        plain = (self.sealed or {}).get("plain")
        return str(plain["sha256"]) if plain else self.digests.sha256
