"""The sink that plug-ins put bytes into: staged in `tmp/`, hashed as they pass, sealed where the item demands it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from forensics.codec import name_of
from forensics.custody import sealing
from forensics.custody.store import Staged, Store, translated, wipe
from forensics.media import sniff
from forensics.model import Act, Artifact, Digests
from forensics.plugins import Seal

HEAD_BYTES = 8192
"""How much of a stream is looked at to tell its media type."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

NO_ACT = Act(verb="", started_at=EPOCH, arguments=(), environment={}, self_test={})
"""What an analyzer's sink has: findings must not depend on the run that made them."""


@dataclass
class StagingSink:
    """Stages what a plug-in puts; the engine commits it later.

    Attributes:
        store: Where bytes are staged.
        recipients: Whom sealed bytes are encrypted for.
        is_sealed: Whether everything is sealed.
        facts: What the engine knows about everything that is put.
        has_clock: Whether artifacts get the time; what analyzers make has none, so that a second run gives equal bytes.
        act: The run of the verb that this belongs to.
        artifacts: What was put so far, in order.
        staged: The files behind them.
    """

    store: Store
    recipients: tuple[str, ...] = ()
    is_sealed: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    has_clock: bool = True
    act: Act = NO_ACT
    artifacts: list[Artifact] = field(default_factory=list)
    staged: list[Staged] = field(default_factory=list)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Gives a folder of `tmp/` and wipes it at the end; see `plugins.Sink`."""
        folder = self.store.new_temporary(suffix="-work").absolute()
        with translated(folder):
            folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            with suppress(OSError):
                wipe(folder)

    def put(
        self,
        stream: BinaryIO,
        *,
        role: str,
        name: str | bytes,
        media_type: str | None = None,
        seal: Seal | None = None,
        **facts: Any,
    ) -> Artifact:
        """Stages all bytes of a stream; see `plugins.Sink`."""
        shown = name_of(name)
        head = stream.read(HEAD_BYTES)
        whole = cast(BinaryIO, _Rejoined(head, stream))
        staged, sealed = self._stage(whole, seal)
        artifact = Artifact(
            digests=staged.digests,
            role=role,
            name=shown,
            media_type=media_type or sniff(head, shown.display),
            obtained_at=datetime.now(UTC) if self.has_clock else EPOCH,
            facts={**self.facts, **facts},
            sealed=sealed,
        )
        self.artifacts.append(artifact)
        self.staged.append(staged)
        return artifact

    def _stage(self, stream: BinaryIO, seal: Seal | None) -> tuple[Staged, dict[str, Any] | None]:
        if seal is Seal.FACT:
            plaintext, commitment = sealing.with_commitment(stream.read())
            staged, _ = self._seal(io.BytesIO(plaintext))
            return staged, {"commitment": commitment}
        if seal is Seal.CONTENT or self.is_sealed:
            return self._seal(stream)
        return self.store.stage(stream), None

    def _seal(self, stream: BinaryIO) -> tuple[Staged, dict[str, Any]]:
        seal = partial(sealing.encrypt, stream, recipients=self.recipients, with_sm3=self.store.with_sm3)
        staged, plain = self.store.stage_made(seal)
        return staged, {"plain": _plain(plain)}


def _plain(digests: Digests) -> dict[str, Any]:
    return {"sha256": digests.sha256, "blake3": digests.blake3, "size": digests.size, "sm3": digests.sm3}


class _Rejoined(io.RawIOBase):
    """A stream whose beginning was already read."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return taken + (self._rest.read() if size < 0 else b"")
        return self._rest.read(size)

    def readinto(self, buffer: Any, /) -> int:
        chunk = self.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
