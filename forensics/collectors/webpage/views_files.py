"""What a view of a page is, and how its bytes get from the browser into a file."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from forensics.errors import ForensicsError, StoreError
from forensics.model import GapReason
from forensics.web.cdp import Session

BLOCK = 1 << 20
"""How much of a stream of the browser is read at once, in bytes."""


@dataclass(frozen=True, slots=True)
class View:
    """One view of the page, in a file of the workspace.

    Attributes:
        role: Its role as an artifact: `screenshot-full`, `dom`, `mhtml`, …
        path: The file.
        media_type: Internet media type of the bytes.
        facts: What is known of it, for the artifact's facts.
    """

    role: str
    path: Path
    media_type: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def created(path: Path) -> Iterator[BinaryIO]:
    """Opens a new file for writing.

    Raises:
        StoreError: The disk is full or the folder is not writable.
    """
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        hint = "Look at the free space of the disk on which the case lies."
        raise StoreError(f"the view {path.name} cannot be written: {error.strerror}", hint=hint) from error


def write(path: Path, content: bytes) -> None:
    """Writes a file.

    Raises:
        StoreError: The disk is full or the folder is not writable.
    """
    with created(path) as stream:
        stream.write(content)


async def read_stream(session: Session, handle: str, *, timeout_s: float) -> AsyncIterator[bytes]:
    """Gives the bytes of a stream that the browser holds, and closes it.

    Raises:
        CdpError: The browser refused to give them.
        BrowserGoneError: The browser ended.
    """
    is_done = False
    while not is_done:
        block = await session.call("IO.read", {"handle": handle, "size": BLOCK}, timeout_s=timeout_s)
        data = block["data"]
        yield base64.b64decode(data) if block.get("base64Encoded") else data.encode()
        is_done = block["eof"]
    await session.call("IO.close", {"handle": handle}, timeout_s=timeout_s)


def why(error: ForensicsError) -> GapReason:
    """Gives the reason of the gap that an error of the browser leaves."""
    return GapReason.TIMED_OUT if isinstance(error.__cause__, TimeoutError) else GapReason.FAILED
