"""Office Open XML: the parts of the package, and the properties of the document.

*Source:* ECMA-376 part 2, 7 to 10 (packages, core properties); part 1, 22.2 and 22.3 (extended and custom properties);
PKWARE, *APPNOTE.TXT*, 4.3 (ZIP).
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast
from xml.parsers import expat

from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

_PROPERTIES = ("docProps/custom.xml", "docProps/core.xml", "docProps/app.xml")

_MOST_AT_ONCE = 8 << 20
"""Bytes that the ZIP reader may ask for at once: a directory of so many bytes has about 100,000 entries."""

_MOST_XML_BYTES = 4 << 20
"""Bytes of one file of properties that are read; usual ones have a few thousand."""

_MOST_PROPERTIES = 8
"""Files of properties that are read; a document has three."""

_LOCAL_BYTES = 30
"""Length of a local header before its name. *Source:* APPNOTE.TXT, 4.3.7."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of compression that a package can have; others could ask for any amount of memory. *Source:* ECMA-376 part 2,
annex B."""

_ENCRYPTED = 1
"""Flag of an encrypted entry. *Source:* APPNOTE.TXT, 4.4.4."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError, ValueError)
"""What `zipfile` raises for broken archives, unknown methods and encrypted entries."""


class _Stream:
    """The file as `zipfile` wants it, under the limits of the walk."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Reads bytes.

        Raises:
            LimitReachedError: More is asked for at once than a document needs.
        """
        size = self._walk.size - self._at if size < 0 else size
        if min(size, self._walk.size - self._at) > _MOST_AT_ONCE:
            raise LimitReachedError("the directory of the archive is larger than that of any document")
        data = self._walk.read(self._at, size)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to an offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._walk.size}[whence]
        if base + offset < 0:
            raise OSError("an offset before the start of the file")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Gives the offset."""
        return self._at

    def seekable(self) -> bool:
        """Whether `seek` works."""
        return True

    def readable(self) -> bool:
        """Whether `read` works."""
        return True


def read(walk: Walk) -> Iterator[Part]:
    """Reads the entries of a package and notes the properties of the document."""
    try:
        archive = zipfile.ZipFile(cast("Any", _Stream(walk)))
    except (*_BROKEN, OSError) as error:
        walk.problem("unreadable", 0, detail=f"the archive has no usable directory: {error}")
        yield from _salvage(walk)
        return
    with archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
        if entries and entries[0].header_offset < 0:
            walk.problem("unreadable", 0, detail="the directory points to places before the start of the file")
            entries = [entry for entry in entries if entry.header_offset >= 0]
        if entries and entries[0].header_offset > 0:
            walk.problem("leading-data", 0, size=entries[0].header_offset, detail="bytes stand before the first entry")
        names = Counter(entry.filename for entry in entries)
        for entry in entries:
            yield _entry(walk, entry, is_double=names[entry.filename] > 1)
        for entry in [entry for entry in entries if _is_properties(entry.filename)][:_MOST_PROPERTIES]:
            _note_properties(walk, archive, entry)
        if "[Content_Types].xml" not in names:
            walk.problem("missing-part", 0, part="[Content_Types].xml", detail="the package does not say what it holds")


def _is_properties(name: str) -> bool:
    return name.lower() in {one.lower() for one in _PROPERTIES}


def _entry(walk: Walk, entry: zipfile.ZipInfo, *, is_double: bool) -> Part:
    walk.count()
    size = _content_at(walk, entry.header_offset) + entry.compress_size - entry.header_offset
    here = max(0, min(size, walk.size - entry.header_offset))
    if here < size:
        walk.problem("past-end", entry.header_offset, size=size, part=entry.filename, detail="the file ends before it")
    if entry.flag_bits & _ENCRYPTED:
        walk.problem("unreadable", entry.header_offset, part=entry.filename, detail="the entry is encrypted")
    if is_double:
        walk.problem("duplicate-part", entry.header_offset, part=entry.filename, detail="the name occurs several times")
    facts = {
        "content_bytes": entry.file_size,
        "compressed_bytes": entry.compress_size,
        "modified": "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*entry.date_time),
        "is_encrypted": bool(entry.flag_bits & _ENCRYPTED),
    }
    return Part(entry.filename, entry.header_offset, here, size, facts)


def _note_properties(walk: Walk, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    at = entry.header_offset
    if entry.compress_type not in _METHODS:
        detail = "the entry is compressed by a method that packages do not have"
        walk.problem("unreadable", at, part=entry.filename, detail=detail)
        return
    try:
        with archive.open(entry) as stream:
            data = stream.read(_MOST_XML_BYTES + 1)
    except (*_BROKEN, OSError) as error:
        code = "bad-checksum" if "CRC" in str(error) else "unreadable"
        walk.problem(code, at, part=entry.filename, detail=f"the entry cannot be read: {error}")
        if code == "bad-checksum":
            _note_salvaged(walk, entry.filename, at)
        return
    if len(data) > _MOST_XML_BYTES:
        walk.problem("limit", at, part=entry.filename, detail=f"more than {_MOST_XML_BYTES} bytes of properties")
        return
    _note_xml(
        walk, data, entry.filename, at=_content_at(walk, at), size=entry.compress_size, method=entry.compress_type
    )


def _content_at(walk: Walk, at: int) -> int:
    header = walk.read(at, _LOCAL_BYTES)
    return at + _LOCAL_BYTES + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


def _salvage(walk: Walk) -> Iterator[Part]:
    """Finds the properties by their local headers where the directory of the archive is lost."""
    for name in _PROPERTIES:
        at = walk.find(name.encode(), 0, walk.size) - _LOCAL_BYTES
        if at >= 0 and walk.read(at, 4) == b"PK\3\4":
            yield Part(name, at, _note_salvaged(walk, name, at))


def _note_salvaged(walk: Walk, name: str, at: int) -> int:
    """Reads properties by their local header, without any check; gives the bytes up to the end of what was read."""
    walk.count()
    header = walk.read(at, _LOCAL_BYTES)
    method, start = int.from_bytes(header[8:10], "little"), _content_at(walk, at)
    size = int.from_bytes(header[18:22], "little") or _MOST_XML_BYTES
    data = walk.read(start, min(size, _MOST_XML_BYTES))
    if method == zipfile.ZIP_DEFLATED:
        machine = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = machine.decompress(data, _MOST_XML_BYTES)
        except zlib.error:
            return start - at
        size = len(data) - len(machine.unused_data)
        data = plain
    _note_xml(walk, data, name, at=start, size=size, method=method)
    return start + size - at


@dataclass(slots=True)
class _Properties:
    """Collects properties while the XML passes by.

    Attributes:
        found: Name and text of each.
        path: Local names of the open elements.
        name: Name of the open property.
        text: Its pieces.
    """

    found: list[tuple[str, str]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    name: str = ""
    text: list[str] = field(default_factory=list)

    def start(self, element: str, attributes: dict[str, str]) -> None:
        """Begins a property: a child of the root, in custom properties under the name of its attribute."""
        local = element.rpartition(":")[2]
        self.path.append(local)
        if len(self.path) == 2:  # noqa: PLR2004 -- below the root
            self.name, self.text = attributes.get("name", local) if local == "property" else local, []

    def end(self, element: str) -> None:
        """Ends a property."""
        del element
        if len(self.path) == 2:  # noqa: PLR2004 -- as above
            self.found.append((self.name, "".join(self.text)))
        self.path.pop()

    def add(self, text: str) -> None:
        """Takes a piece of text."""
        if len(self.path) >= 2:  # noqa: PLR2004 -- as above
            self.text.append(text)

    def refuse(self, *declaration: object) -> None:
        """Refuses a document type, with which XML can grow without bounds; the format forbids it."""
        raise ValueError(f"a document type is declared: {declaration[0]}")


def _note_xml(walk: Walk, data: bytes, name: str, *, at: int, size: int, method: int) -> None:
    properties = _Properties()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = properties.start
    parser.EndElementHandler = properties.end
    parser.CharacterDataHandler = properties.add
    parser.StartDoctypeDeclHandler = properties.refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 -- the function takes it by place only
    except (expat.ExpatError, ValueError) as error:
        walk.problem("unreadable", at, size=size, part=name, detail=f"the properties are no well-formed XML: {error}")
    if len(properties.path) >= 2:  # noqa: PLR2004 -- a property is still open
        properties.found.append((properties.name, "".join(properties.text)))
    is_compressed = method != zipfile.ZIP_STORED
    for key, text in properties.found:
        walk.count()
        walk.value(name, key, at, text.encode(), size=size, encoding="utf-8", is_compressed=is_compressed)
