"""A read-only view of one stored artifact, as analyzers get it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from forensics.custody import sealing
from forensics.custody.store import Store, wipe
from forensics.media import extension_for
from forensics.model import Artifact


@dataclass(frozen=True)
class StoredEvidence:
    """One artifact of a case; sealed content is decrypted into `tmp/` while it is looked at, and wiped.

    Attributes:
        artifact: What is examined.
        store: Where its bytes are.
        identities: Secret age identities, for sealed content.
        made: Artifacts made from this one by other analyzers, by role.
    """

    artifact: Artifact
    store: Store
    identities: tuple[str, ...] = field(default=(), repr=False)
    made: Mapping[str, tuple[Artifact, ...]] = field(default_factory=dict)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Opens the content for reading."""
        if self.artifact.sealed is None:
            with self.store.open(self.artifact.digests.sha256) as stream:
                yield stream
            return
        with self.path() as path, path.open("rb") as stream:
            yield stream

    @contextmanager
    def path(self) -> Iterator[Path]:
        """Gives a path to the content that ends as its media type usually does."""
        path = self.store.new_temporary(suffix=extension_for(self.artifact.media_type))
        try:
            if self.artifact.sealed is None:
                path.symlink_to(self.store.path_of(self.artifact.digests.sha256).absolute())
            else:
                self._decrypt(path)
            yield path
        finally:
            wipe(path)

    def _decrypt(self, path: Path) -> None:
        plain = (self.artifact.sealed or {}).get("plain") or {}
        source = self.store.path_of(self.artifact.digests.sha256)
        sealing.decrypt_file(source, path, identities=self.identities, plain_sha256=plain.get("sha256"))

    def related(self, role: str) -> tuple[StoredEvidence, ...]:
        """Gives what other analyzers made of this artifact under a role."""
        return tuple(StoredEvidence(one, self.store, self.identities) for one in self.made.get(role, ()))
