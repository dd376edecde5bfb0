"""A disk whose power can be cut before every durable step: what could lie on it afterwards, as pictures of folders.

A file system promises only what was synced. So whenever the program takes a durable step, this disk asks what would be
left if the power failed just then, in several ways: names and contents that were not synced may be there or be lost,
each on its own, and what is being appended may be there in part.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from forensics.custody.store import RealFileSystem

Entry = tuple[bool, int]
"""Whether a name is that of a folder, and the number of its inode."""
Tree = dict[str, bytes | None]
"""Path from the top to a file's bytes, or to None for a folder."""


@dataclass(frozen=True)
class Picture:
    """What could lie on the disk after a power cut.

    Attributes:
        step: How many durable steps were done before.
        name: The step that was not done, and what was lost.
        tree: What lies there.
        aside: What lay in the folder `aside` at that time; that folder loses nothing.
    """

    step: int
    name: str
    tree: Tree
    aside: Tree

    def restore(self, folder: Path, aside: Path) -> None:
        """Writes the picture into folders."""
        for top, tree in ((folder, self.tree), (aside, self.aside)):
            top.mkdir(parents=True)
            for path, data in tree.items():
                if data is None:
                    (top / path).mkdir(parents=True, exist_ok=True)
                else:
                    (top / path).write_bytes(data)


@dataclass
class Disk:
    """Does durable steps and takes pictures before each; what lies there at the beginning is durable.

    Attributes:
        top: The folder that loses power.
        aside: Another folder, which is kept with each picture.
        steps: The durable steps that were done, in words.
        pictures: Different pictures in the order in which they were taken.
    """

    top: Path
    aside: Path
    steps: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    _real: RealFileSystem = field(default_factory=RealFileSystem)
    _contents: dict[int, bytes] = field(default_factory=dict)
    _names: dict[int, dict[str, Entry]] = field(default_factory=dict)
    _pins: dict[int, int] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for folder, _, files in os.walk(self.top):
            self._note_names(Path(folder))
            for name in files:
                self._note_content(Path(folder, name))

    def close(self) -> None:
        """Lets go of the inodes, which were held so that their numbers are not given to others."""
        for descriptor in self._pins.values():
            os.close(descriptor)
        self._pins.clear()

    # --- The durable steps ---

    def sync_file(self, handle: IO[bytes]) -> None:
        """Makes a file's bytes durable."""
        handle.flush()
        with self._step(f"sync of {Path(handle.name).name}"):
            self._note_content(Path(f"/proc/self/fd/{handle.fileno()}"))

    def sync_files(self, paths: list[Path]) -> None:
        """Makes the bytes of several files durable."""
        with self._step(f"sync of {len(paths)} files"):
            for path in paths:
                self._note_content(path)

    def sync_folder(self, folder: Path) -> None:
        """Makes the names in a folder durable."""
        with self._step(f"sync of folder {folder.name}"):
            self._note_names(folder)

    def sync_folders(self, folders: list[Path]) -> None:
        """Makes the names in several folders durable, one after the other."""
        for folder in folders:
            self.sync_folder(folder)

    def rename(self, source: Path, target: Path) -> None:
        """Renames a file."""
        with self._step(f"rename to {target.name}"):
            self._real.rename(source, target)

    def append(self, path: Path, data: bytes) -> None:
        """Appends to a file; the power may fail in the middle."""
        before = path.read_bytes()
        with self._step(f"append to {path.name}"):
            for length in (1, len(data) // 2, len(data) - 1, len(data)):
                path.write_bytes(before + data[:length])
                self._take(f"in the append to {path.name} after {length} bytes")
            self._note_content(path)

    def truncate(self, path: Path, size: int) -> None:
        """Cuts a file."""
        with self._step(f"truncation of {path.name}"):
            self._real.truncate(path, size)
            self._note_content(path)

    def remove(self, path: Path) -> None:
        """Removes a file."""
        with self._step(f"removal of {path.name}"):
            self._real.remove(path)

    # --- What is on the disk ---

    def finish(self) -> None:
        """Takes the pictures of a power cut after the last step."""
        self._take("at the end")
        self.close()

    def _step(self, name: str) -> _Step:
        self._take(f"before the {name}")
        return _Step(self, name)

    def _note_content(self, path: Path) -> None:
        data = path.read_bytes()
        self._contents[self._pin(path)] = data

    def _note_names(self, folder: Path) -> None:
        self._names[self._pin(folder)] = self._entries(folder)

    def _entries(self, folder: Path) -> dict[str, Entry]:
        return {entry.name: (entry.is_dir(), self._pin(Path(entry.path))) for entry in os.scandir(folder)}

    def _pin(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDONLY)
        number = os.fstat(descriptor).st_ino
        if number in self._pins:
            os.close(descriptor)
        else:
            self._pins[number] = descriptor
        return number

    def _take(self, when: str) -> None:
        aside = _read(self.aside)
        for names in ("kept", "lost"):
            for contents in ("kept", "lost", "torn"):
                tree = dict(self._tree(names=names, contents=contents))
                if (number := hash((frozenset(tree.items()), frozenset(aside.items())))) not in self._seen:
                    self._seen.add(number)
                    name = f"{when}: unsynced names {names}, unsynced contents {contents}"
                    self.pictures.append(Picture(len(self.steps), name, tree, aside))

    def _tree(self, *, names: str, contents: str) -> Iterator[tuple[str, bytes | None]]:
        waiting = [("", self._pin(self.top))]
        while waiting:
            place, number = waiting.pop()
            for name, (is_folder, inode) in self._names_in(number, is_kept=names == "kept").items():
                path = f"{place}{name}"
                if is_folder:
                    waiting.append((f"{path}/", inode))
                yield path, None if is_folder else self._content(inode, contents)

    def _names_in(self, number: int, *, is_kept: bool) -> dict[str, Entry]:
        if is_kept:
            return self._entries(Path(f"/proc/self/fd/{self._pins[number]}"))
        return self._names.get(number, {})

    def _content(self, number: int, contents: str) -> bytes:
        now = Path(f"/proc/self/fd/{self._pins[number]}").read_bytes()
        if contents == "kept":
            return now
        synced = self._contents.get(number, b"")
        if contents == "lost" or now == synced:
            return synced
        whole = len(synced) if now.startswith(synced) else 0
        half = (whole + len(now)) // 2
        return now[:half] + bytes(len(now) - half)


@dataclass
class _Step:
    disk: Disk
    name: str

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.disk.steps.append(self.name)


def _read(folder: Path) -> Tree:
    paths = sorted(folder.rglob("*")) if folder.is_dir() else []
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in paths}
