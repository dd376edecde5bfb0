"""PDF: the properties of the document, its embedded files, and the updates that were appended to it.

*Source:* ISO 32000-1, 7.5 (structure and incremental updates), 7.6 (encryption), 14.3 (Info and Metadata), 7.11.4
(embedded files), annex F (linearized files).
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from forensics.formats import xmp
from forensics.formats.pdf_search import label_strings, strings
from forensics.formats.structure import Part
from forensics.formats.walk import LimitReachedError, Walk

if TYPE_CHECKING:
    import pikepdf

_MOST_BYTES = 128 << 20
"""Bytes of a file that is opened: it lies in memory as a whole."""

_MOST_OBJECTS = 500_000
"""Objects that a file may declare; a book of a thousand pages has about 20,000."""

_MOST_UNPACKED = 64 << 20
"""Bytes that one compressed stream may have when it is decompressed; streams of objects have some 100,000."""

_MOST_FILES = 1_000
"""Embedded files that are listed."""

_MOST_MARKS = 10_000
"""Marks of an end that are looked at."""

_HEAD_BYTES = 1024
"""Bytes in which the header stands. *Source:* PDF Reference 1.7, appendix H, implementation note 13."""

_MARK = re.compile(rb"startxref[ \t\r\n\0\f]{1,8}([0-9]{1,12})[ \t\r\n\0\f]{1,8}%%EOF(?:\r\n|\r|\n)?")
"""End of a revision. *Source:* ISO 32000-1, 7.5.5."""

_TABLE = re.compile(rb"[ \t\r\n\0\f]{0,16}(?:xref|[0-9]{1,10} [0-9]{1,5} obj)")
"""What stands where the last line but one of a revision points to. *Source:* ISO 32000-1, 7.5.4 and 7.5.8."""

_FOREIGN = (ValueError, TypeError, KeyError, AttributeError, IndexError, NotImplementedError, RuntimeError)
"""What pikepdf raises besides its own errors where an object is not of the kind that it must be."""


def read(walk: Walk) -> Iterator[Part]:
    """Reads the revisions of a file, the properties of the document and the names of embedded files."""
    if walk.size > min(_MOST_BYTES, walk.limits.read_bytes):
        walk.problem("limit", 0, size=walk.size, detail=f"files of more than {_MOST_BYTES} bytes are not opened")
        return
    data = walk.read(0, walk.size)
    start = data.find(b"%PDF-", 0, _HEAD_BYTES)
    if start < 0:
        walk.problem("unreadable", 0, part="header", detail="the header of the format is not there")
    elif start > 0:
        walk.problem("leading-data", 0, size=start, detail="bytes stand before the header")
    ends = _ends(data, max(start, 0))
    yield from _revisions(walk, data, max(start, 0), ends)
    yield from _document(walk, data, ends)


def _ends(data: bytes, start: int) -> list[int]:
    """Finds the ends of the file's revisions.

    A mark counts where it points to a table of cross-references of this file: one of an embedded file does not. Where
    none does, since all of them are wrong, every `%%EOF` counts.
    """
    good = []
    for _, match in zip(range(_MOST_MARKS), _MARK.finditer(data), strict=False):
        at = int(match[1])
        if _TABLE.match(data, start + at) or _TABLE.match(data, at) or at == 0:
            good.append(match.end())
    return good or [match.end() for _, match in zip(range(_MOST_MARKS), re.finditer(b"%%EOF\\s?", data), strict=False)]


def _revisions(walk: Walk, data: bytes, start: int, ends: list[int]) -> Iterator[Part]:
    """Gives the header, one part for each revision, and notes what follows the last one.

    The first piece of a linearized file ends with a mark of its own and is no update.
    """
    version = re.compile(rb"%PDF-([0-9.]{1,8})").match(data, start)
    is_linear = b"/Linearized" in data[start : start + _HEAD_BYTES]
    if version:
        walk.count()
        facts = {
            "version": version[1].decode("ascii"),
            "is_linearized": is_linear,
            "updates": max(0, len(ends) - 1 - is_linear),
        }
        yield Part("header", start, len(version[0]), None, facts)
    for number, (first, last) in enumerate(pairwise([start, *ends])):
        walk.count()
        yield Part("revision", first, last - first, None, {"number": number})
    if not ends:
        walk.problem("truncated", len(data), part="%%EOF", detail="the mark of the end is not there")
    elif data[ends[-1] :].strip(b"\0\r\n\t \f"):
        detail = "bytes follow the last mark of an end"
        walk.problem("trailing-data", ends[-1], size=len(data) - ends[-1], part="%%EOF", detail=detail)


def _document(walk: Walk, data: bytes, ends: list[int]) -> Iterator[Part]:
    """Opens the document with pikepdf; where that fails, searches the bytes for properties."""
    import pikepdf

    _quieten()
    sizes = [int(match[1]) for match in re.finditer(rb"/Size\s{0,4}([0-9]{1,12})", data)]
    known: frozenset[int] | None = None
    if max(sizes, default=0) > _MOST_OBJECTS:
        walk.problem("limit", 0, part="xref", detail=f"more than {_MOST_OBJECTS} objects are declared")
    else:
        try:
            with _limited(), pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
                known = yield from _contents(walk, data, document)
        except pikepdf.PasswordError:
            walk.problem("unreadable", 0, part="Encrypt", detail="the document is encrypted under a password")
        except (pikepdf.PdfError, *_FOREIGN) as error:
            walk.problem("unreadable", 0, detail=f"the document cannot be read: {type(error).__name__}")
    _search(walk, data, ends, known=known)


@cache
def _quieten() -> None:
    """Keeps off the terminal what pikepdf logs about damaged documents; it is among its warnings, which are read."""
    logging.getLogger("pikepdf").addHandler(logging.NullHandler())


@contextmanager
def _limited() -> Iterator[None]:
    """Limits the memory that decompression takes while the document is open, where pikepdf can (10.17 and newer)."""
    from pikepdf import settings

    put = getattr(settings, "set_qpdf_limits", None)
    if put is None:
        yield
        return
    names = ("flate_max_memory", "png_max_memory", "run_length_max_memory", "tiff_max_memory")
    before = put(**dict.fromkeys(names, _MOST_UNPACKED))
    try:
        yield
    finally:
        put(**before)


_TOLD = (
    ("limit exceeded", "limit", f"a stream has more than {_MOST_UNPACKED} bytes when it is decompressed"),
    ("error decoding", "unreadable", "a compressed stream of objects is damaged"),
    ("damaged", "unreadable", "the table of cross-references is damaged and was put together anew"),
)
"""Texts in warnings of qpdf, and the problem that each stands for; others are harmless. *Source:* seen with qpdf 12."""


def _note_warnings(walk: Walk, document: pikepdf.Pdf) -> None:
    told = " ".join(str(warning) for warning in document.get_warnings())
    for mark, code, detail in _TOLD:
        if mark in told:
            walk.problem(code, 0, part="xref", detail=detail)
            return


def _contents(walk: Walk, data: bytes, document: pikepdf.Pdf) -> Generator[Part, None, frozenset[int]]:
    """Gives the parts of an open document; returns the offsets of the properties that were noted."""
    if document.is_encrypted:
        walk.count()
        yield Part("Encrypt", 0, 0, None, {"revision": document.encryption.R, "opens_without_password": True})
    known = _note_info(walk, data, document)
    _note_metadata(walk, data, document)
    yield from _files(walk, data, document)
    _note_warnings(walk, document)
    return known


def _note_info(walk: Walk, data: bytes, document: pikepdf.Pdf) -> frozenset[int]:
    """Notes the entries of the Info dictionary as text, whatever encoding they have in the file; gives the offsets."""
    import pikepdf

    info = document.trailer.get("/Info")
    if not isinstance(info, pikepdf.Dictionary):
        if "/Info" in document.trailer:
            walk.problem(
                "unreadable", 0, part="Info", detail="the properties of the document are not where they must be"
            )
        return frozenset()
    offsets = set()
    places = {} if document.is_encrypted else {found.key: found for found in strings(data)}
    for key in info.keys():  # noqa: SIM118 -- it is no dictionary of Python
        walk.count()
        entry = info[key]
        name, text = str(key).removeprefix("/"), str(entry)
        found = places.get(name) if isinstance(entry, pikepdf.String) else None
        if found is not None and found.data != bytes(entry):
            found = None
        content = text.encode("utf-8", "backslashreplace")
        offset, size = (found.offset, found.size) if found else (_object_at(data, info), 0)
        walk.value("Info", name, offset, content, size=size, encoding="utf-8", is_compressed=found is None)
        offsets.add(offset)
    return frozenset(offsets)


def _object_at(data: bytes, thing: Any) -> int:
    """Finds the last place where an object stands by itself; 0 for one inside of a compressed stream."""
    number, generation = thing.objgen
    if not number:
        return 0
    places = [match.start(1) for match in re.finditer(rb"(?:^|[\r\n \0])(%d %d obj)" % (number, generation), data)]
    return places[-1] if places else 0


def _note_metadata(walk: Walk, data: bytes, document: pikepdf.Pdf) -> None:
    """Hands the XMP packet of the document to the reader of XMP."""
    import pikepdf

    stream = document.Root.get("/Metadata")
    if not isinstance(stream, pikepdf.Stream):
        return
    at = _object_at(data, stream)
    try:
        content = _unpacked(walk, stream)
    except (pikepdf.PdfError, zlib.error, *_FOREIGN):
        walk.problem("unreadable", at, part="Metadata", detail="the stream of metadata cannot be read")
        return
    raw = data.find(content[:4096], at) if content else -1
    xmp.packet(walk, content, raw if raw >= 0 else at, "Metadata", is_compressed=raw < 0)


def _unpacked(walk: Walk, stream: pikepdf.Stream) -> bytes:
    """Gives the bytes of a stream; one that is compressed in the usual way is decompressed under a limit."""
    most = walk.limits.value_bytes
    if str(stream.get("/Filter", "")) not in ("/FlateDecode", "/Fl") or "/DecodeParms" in stream:
        return bytes(stream.read_bytes())
    machine = zlib.decompressobj()
    content = machine.decompress(bytes(stream.read_raw_bytes()), most)
    if machine.unconsumed_tail:
        raise LimitReachedError(f"of the stream of metadata {most} bytes are read")
    return content


def _files(walk: Walk, data: bytes, document: pikepdf.Pdf) -> Iterator[Part]:
    """Lists embedded files by name, without reading them."""
    for number, (name, spec) in enumerate(document.attachments.items()):
        if number >= _MOST_FILES:
            walk.problem("limit", 0, part="EmbeddedFiles", detail=f"of the embedded files {_MOST_FILES} are listed")
            return
        walk.count()
        facts = {"name": str(name), "file_name": str(spec.filename), "description": str(spec.description)}
        yield Part("EmbeddedFile", _object_at(data, spec.obj), 0, None, facts)


def _search(walk: Walk, data: bytes, ends: list[int], *, known: frozenset[int] | None) -> None:
    """Notes strings under the names of properties that the open document does not show.

    Labels of earlier revisions stay in the file when an update replaces them; the place says in which revision they
    stand. Where the document could not be opened, all usual properties and an XMP packet are searched for. Strings of
    an encrypted document are left alone, since they cannot be read so.

    Args:
        walk: The file.
        data: The same, as a whole.
        ends: Ends of the revisions.
        known: Offsets of the properties of the open document; None where it could not be opened.
    """
    if known is None:
        start, end = data.find(b"<?xpacket begin"), data.find(b"<?xpacket end")
        if 0 <= start < end:
            xmp.packet(walk, data[start : data.find(b">", end) + 1 or len(data)], start, "Metadata")
    if b"/Encrypt" in data:
        return
    for found in strings(data) if known is None else label_strings(data):
        if known is None or found.offset not in known:
            walk.count()
            revision = sum(end <= found.offset for end in ends)
            place = f"revision[{revision}]/Info"
            text = found.text.encode("utf-8", "backslashreplace")
            walk.value(place, found.key, found.offset, text, size=found.size, encoding="utf-8")
