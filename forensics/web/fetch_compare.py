"""Compares what a browser got with what a plain client got for the same address, and says exactly what was compared."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

REFUSALS = (401, 403, 405, 406, 407, 429, 451, 503)
"""Statuses by which a server turns a client away, rather than saying that there is nothing. *Source:* RFC 9110, 15."""

TEXT_BYTES = 16 << 20
"""Longer bodies are compared as a whole only: their lines would need too much memory."""


ENCODINGS = ("gzip", "x-gzip", "deflate")
"""Content encodings that can be taken off. *Source:* RFC 9110, section 8.4.1."""


class Outcome(StrEnum):
    """What a second fetch showed."""

    SAME = "same"
    DIFFERS = "differs"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_MADE = "not-made"


@dataclass(frozen=True, slots=True)
class Fetch:
    """One of the two sides of a comparison.

    Attributes:
        status: HTTP status; None where no response came.
        path: The body; None where there is none.
        encoding: Content encoding that is still on; empty for none.
        error: Why there is no whole response; empty where there is one.
    """

    status: int | None
    path: Path | None = None
    encoding: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison.

    Attributes:
        status: HTTP status of the second fetch; None where no response came.
        detail: In words what was compared and how much of it is equal.
        values: The measured values.
    """

    outcome: Outcome
    status: int | None = None
    detail: str = ""
    values: dict[str, Any] | None = None

    def describe(self) -> dict[str, Any]:
        """Gives it as records carry it."""
        basic = {"outcome": str(self.outcome), "status": self.status, "detail": self.detail}
        return basic | ({"values": self.values} if self.values else {})


def compare(first: Fetch, second: Fetch) -> Comparison:
    """Compares the bodies of two fetches byte by byte, then line by line.

    Nothing is taken out before: a session number in the page makes the two differ, and the share of equal lines says
    how much. A content encoding of gzip or deflate is taken off; any other cannot be compared.

    Args:
        first: The browser's.
        second: The plain client's.

    Returns:
        `REFUSED` where only the second was turned away, `DIFFERS` where statuses or bytes differ, `FAILED` where there
        is nothing to compare.
    """
    if first.status is None or second.status is None or second.error:
        return Comparison(Outcome.FAILED, second.status, second.error or first.error or "there is no response")
    if second.status != first.status:
        outcome = Outcome.REFUSED if second.status in REFUSALS else Outcome.DIFFERS
        return Comparison(outcome, second.status, f"the first had status {first.status}, the second {second.status}")
    sides = _read(first), _read(second)
    if sides[0] is None or sides[1] is None:
        return Comparison(
            Outcome.FAILED, second.status, "a body is missing, or in an encoding that cannot be taken off"
        )
    return _compare_bodies(sides[0], sides[1], status=second.status)


@dataclass(frozen=True, slots=True)
class _Content:
    """A body without its encoding; `content` is None where it is longer than `TEXT_BYTES`."""

    size: int
    sha256: str
    content: bytes | None


def _compare_bodies(first: _Content, second: _Content, *, status: int) -> Comparison:
    sizes: dict[str, Any] = {"sizes": [first.size, second.size], "sha256": [first.sha256, second.sha256]}
    if first.sha256 == second.sha256:
        return Comparison(Outcome.SAME, status, f"all {first.size} bytes are equal", sizes)
    if first.content is None or second.content is None:
        detail = f"{first.size} bytes against {second.size}; too long to be compared line by line"
        return Comparison(Outcome.DIFFERS, status, detail, sizes)
    lines = [Counter(content.splitlines()) for content in (first.content, second.content)]
    counts, equal = [lines[0].total(), lines[1].total()], (lines[0] & lines[1]).total()
    detail = (
        f"{first.size} bytes against {second.size}; {equal} lines are in both, of {counts[0]} and {counts[1]}; whole "
        "lines were compared byte by byte, whatever their order, and nothing was taken out before"
    )
    return Comparison(Outcome.DIFFERS, status, detail, sizes | {"lines": counts, "equal_lines": equal})


def _read(side: Fetch) -> _Content | None:
    if side.path is None:
        return None
    if side.encoding.strip().lower() not in ("", "identity"):
        content = _inflate(side)
        return None if content is None else _Content(len(content), hashlib.sha256(content).hexdigest(), content)
    with side.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    size = side.path.stat().st_size
    return _Content(size, digest, side.path.read_bytes() if size <= TEXT_BYTES else None)


def _inflate(side: Fetch) -> bytes | None:
    """Takes gzip or deflate off; None where that is not possible within `TEXT_BYTES`, on both sides of it."""
    if side.path is None or side.encoding.strip().lower() not in ENCODINGS or side.path.stat().st_size > TEXT_BYTES:
        return None
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = inflate.decompress(side.path.read_bytes(), TEXT_BYTES)
    except zlib.error:
        return None
    return plain if inflate.eof and not inflate.unused_data else None
