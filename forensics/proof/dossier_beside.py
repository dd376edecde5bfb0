"""Media that were collected beside an export which came as a single file: linked by name within its folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from forensics.chats.message import LINKED, NOT_LOOKED_FOR, Attachment, Message
from forensics.codec import path_of
from forensics.model import Snapshot

Content = tuple[str, int]
"""SHA-256 and size in bytes."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Files of the case by the folder in which they lay when they were collected.

    Attributes:
        paths: Path to the contents that were collected from it.
        names: File name, without folders, to the paths that end in it.
        folders: SHA-256 of a content to the folders in which it lay.
    """

    paths: Mapping[str, frozenset[Content]]
    names: Mapping[str, tuple[str, ...]]
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def linked(self, message: Message, export: str) -> Message:
        """Gives a message with the digests of files that lay beside its export, or in folders below it.

        A file is linked where the name leads to one content alone; nothing outside of the export's folder is.

        Args:
            message: A message of the export.
            export: SHA-256 of the export as it was collected.
        """
        if not any(one.missing == NOT_LOOKED_FOR and one.name for one in message.attachments):
            return message
        folders = self.folders.get(export, ())
        return replace(message, attachments=tuple(self._linked(one, folders) for one in message.attachments))

    def _linked(self, one: Attachment, folders: Iterable[str]) -> Attachment:
        if one.missing != NOT_LOOKED_FOR or not one.name:
            return one
        found = {content for folder in folders for content in self._found(folder, one.name)}
        if len(found) > 1 and one.declared_size is not None:
            found = {content for content in found if content[1] == one.declared_size}
        if len(found) != 1:
            return one
        sha256, size = found.pop()
        return replace(one, sha256=sha256, size=size, missing=LINKED)

    def _found(self, folder: str, name: str) -> frozenset[Content]:
        """Finds a file where the export says that it is, otherwise anywhere below under this name if only one is."""
        shown, inside = name.replace("\\", "/"), f"{folder.rstrip('/')}/"
        path = posixpath.normpath(posixpath.join(inside, shown))
        if path.startswith(inside) and path in self.paths:
            return self.paths[path]
        alike = [one for one in self.names.get(posixpath.basename(shown), ()) if one.startswith(inside)]
        return self.paths[alike[0]] if len(alike) == 1 else frozenset()


def beside(snapshot: Snapshot) -> Beside:
    """Finds where the files of a case lay."""
    places = {one.record.id: path_of(one.record.locator) for one in snapshot.items if one.record.kind == "file"}
    paths: dict[str, set[Content]] = {}
    folders: dict[str, dict[str, None]] = {}
    for one in snapshot.acquisitions:
        path = places.get(one.record.item, "")
        for artifact in one.record.artifacts:
            if not path.startswith("/") or artifact.role != "original":
                continue
            plain = (artifact.sealed or {}).get("plain") or {}
            size = int(plain.get("size", artifact.digests.size))
            paths.setdefault(path, set()).add((artifact.content_sha256, size))
            folders.setdefault(artifact.content_sha256, {})[posixpath.dirname(path)] = None
    names: dict[str, list[str]] = {}
    for path in sorted(paths):
        names.setdefault(posixpath.basename(path), []).append(path)
    return Beside(
        {path: frozenset(found) for path, found in paths.items()},
        {name: tuple(found) for name, found in names.items()},
        {sha256: tuple(found) for sha256, found in folders.items()},
    )
