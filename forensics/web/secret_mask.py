"""Masks known secret values in bytes, files and texts: each occurrence becomes stars of its own length."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_to_bytes

from forensics.web.secret_rules import SHORTEST, in_address

_BLOCK = 1 << 20
_LARGEST_DECODED = 1 << 30
"""Bytes of a compressed body that are looked into; what follows is not looked at."""

_MULTIPART = b"Content-Type: multipart/related"


@dataclass(frozen=True, slots=True)
class Span:
    """One occurrence of a secret, in bytes from the start."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Known:
    """Secret values of one capture. Its text form shows how many, never which.

    Attributes:
        salt: Random bytes that go in front of a value before it is digested; they lie in the sealed list only.
        values: The values as bytes, each of at least `SHORTEST` bytes.
    """

    salt: bytes = field(repr=False)
    values: tuple[bytes, ...] = field(default=(), repr=False)

    def digest(self, value: bytes) -> str:
        """Gives the first 12 hex digits of SHA-256 over salt and value."""
        return hashlib.sha256(self.salt + value).hexdigest()[:12]

    def forms(self) -> Mapping[bytes, bytes]:
        """Gives each way in which texts write a value, with the value."""
        return {form: value for value in self.values for form in forms_of(value) if len(form) >= SHORTEST}


@dataclass(frozen=True, slots=True)
class Masked:
    """Bytes without the known secrets.

    Attributes:
        count: Places that were masked.
        is_hidden: Whether a secret is still in there in a coding that cannot be masked in place (Base64 or
            quoted-printable parts of an MHTML file); such bytes must be sealed as a whole.
    """

    data: bytes
    count: int = 0
    is_hidden: bool = False


def forms_of(value: bytes) -> set[bytes]:
    """Gives the ways in which forms, JSON, HTML and addresses write a value."""
    forms = {value, unquote_to_bytes(value)}
    for one in tuple(forms):
        percent = quote(one, safe="")
        forms |= {form.encode() for form in (percent, _lowered(percent), quote_plus(one), _lowered(quote_plus(one)))}
        text = one.decode("utf-8", errors="surrogateescape")
        quoted = (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text))
        for written in (*quoted, quoted[0].replace("/", "\\/")):
            forms.add(written.encode("utf-8", errors="surrogateescape"))
    return forms


def mask(data: bytes, known: Known) -> Masked:
    """Masks known secrets in a text artifact: rendered document, HTML, console log, MHTML.

    Not done: text in UTF-16, and values that a page has split, hashed or encoded in ways of its own.
    """
    forms = known.forms()
    if not forms:
        return Masked(data)
    spans = spans_in(data, forms)
    stars = stamp(data, spans)
    return Masked(stars, len(spans), any(spans_in(part, forms) for part in _decoded_parts(stars)))


def mask_text(text: str, known: Known) -> str:
    """Masks the known secrets and the credentials of addresses in a short text, for example a URL."""
    for start, end, _ in in_address(text):
        text = text[:start] + "*" * (end - start) + text[end:]
    data = text.encode("utf-8", errors="surrogatepass")
    return stamp(data, spans_in(data, known.forms())).decode("utf-8", errors="surrogatepass")


def mask_file(source: Path, target: Path, *, spans: tuple[Span, ...]) -> None:
    """Copies a file with stars in the given places."""
    shutil.copyfile(source, target)
    with target.open("r+b") as stream:
        for span in spans:
            stream.seek(span.start)
            stream.write(b"*" * (span.end - span.start))


def spans_in(data: bytes, forms: Collection[bytes]) -> tuple[Span, ...]:
    """Finds every occurrence, in order; overlapping ones are joined."""
    return _joined({Span(start, start + len(form)) for form in forms for start in _places(data, form)})


def spans_in_file(path: Path, forms: Collection[bytes]) -> tuple[Span, ...]:
    """Finds every occurrence in a file of any size, in constant memory."""
    if not forms:
        return ()
    with path.open("rb") as stream:
        return _spans_in_blocks(iter(lambda: stream.read(_BLOCK), b""), forms)


def is_in_compressed(path: Path, forms: Collection[bytes], *, coding: str) -> bool:
    """Whether a secret shows once a content coding is taken off; of other codings than gzip and deflate, unknown."""
    if not forms or coding not in {"gzip", "x-gzip", "deflate"}:
        return False
    return bool(_spans_in_blocks(_inflated(path), forms))


def stamp(data: bytes, spans: tuple[Span, ...]) -> bytes:
    """Gives the bytes with stars in the given places."""
    if not spans:
        return data
    changed = bytearray(data)
    for span in spans:
        changed[span.start : span.end] = b"*" * (span.end - span.start)
    return bytes(changed)


def _lowered(percent: str) -> str:
    """Writes the hex digits of percent-encoding in small letters."""
    first, *rest = percent.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _places(data: bytes, form: bytes) -> Iterator[int]:
    place = data.find(form)
    while place >= 0:
        yield place
        place = data.find(form, place + 1)


def _joined(spans: set[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _spans_in_blocks(blocks: Iterator[bytes], forms: Collection[bytes]) -> tuple[Span, ...]:
    kept = max(len(form) for form in forms) - 1
    found: set[Span] = set()
    tail, offset = b"", 0
    for block in blocks:
        window = tail + block
        starts = ((start, len(form)) for form in forms for start in _places(window, form))
        found |= {Span(offset + start, offset + start + length) for start, length in starts}
        tail = window[-kept:]
        offset += len(window) - len(tail)
    return _joined(found)


def _inflated(path: Path) -> Iterator[bytes]:
    """Gives what a gzip or deflate file holds; ends quietly where it is damaged, since nothing can be read there."""
    taken = 0
    inflater = zlib.decompressobj(zlib.MAX_WBITS + 32)
    with path.open("rb") as stream:
        data = stream.read(_BLOCK)
        while data and taken < _LARGEST_DECODED:
            try:
                block = inflater.decompress(data, _BLOCK)
            except zlib.error:
                return
            taken += len(block)
            yield block
            data = inflater.unconsumed_tail or stream.read(_BLOCK)


def _decoded_parts(data: bytes) -> Iterator[bytes]:
    """Gives the parts of an MHTML file with their transfer coding taken off; nothing of other bytes."""
    if _MULTIPART.lower() not in data[: 1 << 12].lower():
        return
    from email import message_from_bytes

    for part in message_from_bytes(data).walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content
