"""The tree of a well-formed XMP packet, read with expat, and the properties in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from forensics.formats.xmp_name import META, RDF, XML, prefix_of

_SEPARATOR = "\x01"
_DEEPEST = 64
"""Elements within elements; XMP of real files has 12."""

_CLEAR = frozenset({"RDF", "Description", "Alt", "Seq", "Bag"})
"""Elements of RDF that add nothing to the path of a property."""

_BUFFER = 1 << 16
"""Bytes of text that expat gives in one go; without, it gives every line by itself."""

_TAG = re.compile(rb"<[^>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^>\"']*)*>(?:<!\[CDATA\[)?")
_SYNTAX = frozenset({"about", "ID", "resource", "parseType", "nodeID", "datatype", "lang"})
"""Attributes of RDF that old writers leave without a prefix."""


class RefusedError(ValueError):
    """The packet has what no XMP packet has and what only harms: a document type, or endless nesting."""


@dataclass(frozen=True, slots=True)
class Property:
    """One simple property.

    Attributes:
        path: `prefix:Name`, with the path to it within structures.
        text: Its value, entities resolved.
        start: Where the value begins in the packet, in bytes.
        end: Where it ends.
    """

    path: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class _Element:
    path: str
    inner: str
    begins: int
    is_clear: bool
    words: list[str] = field(default_factory=list)
    items: int = 0
    has_more: bool = False


class Tree:
    """Collects the properties of one packet while expat reads it.

    Attributes:
        found: The properties in the order in which their elements end.
    """

    def __init__(self, data: bytes) -> None:
        lead = len(data) - len(data.lstrip(b"\0\t\n\r "))
        self.found: list[Property] = []
        self._data = data
        self._lead = lead
        self._stack: list[_Element] = []
        self._parser = expat.ParserCreate("utf-8", _SEPARATOR)
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.buffer_size = _BUFFER
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def parse(self) -> None:
        """Reads the packet.

        Raises:
            ExpatError: It is no well-formed XML.
            RefusedError: It has what is refused.
        """
        self._parser.Parse(self._data[self._lead :].rstrip(b"\0\t\n\r "), True)  # noqa: FBT003 -- expat takes no name

    def resume(self) -> int:
        """Gives where a search has to go on after an error, so that nothing is missed and nothing found twice."""
        error = self._lead + max(0, min(self._parser.ErrorByteIndex, len(self._data)))
        start = max(0, self._data.rfind(b"<", 0, error + 1))
        if self._stack and not self._stack[-1].is_clear:
            start = min(start, self._stack[-1].begins)
        return start

    def _at(self) -> int:
        return self._lead + self._parser.CurrentByteIndex

    def _refuse(self, *_: object) -> None:
        raise RefusedError("a document type or an entity is declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._stack) >= _DEEPEST:
            raise RefusedError(f"elements are nested more than {_DEEPEST} deep")
        namespace, local, prefixed = _names(name)
        parent = self._stack[-1] if self._stack else None
        above = parent.inner if parent else ""
        is_clear = namespace == META or (namespace == RDF and local in _CLEAR)
        if parent and not is_clear:
            parent.has_more = True
        path = inner = above
        if namespace == RDF and local == "li" and parent:
            parent.items += 1
            inner = f"{above}[{parent.items}]"
        elif not is_clear and not (namespace == RDF and local == "value"):
            path = inner = f"{above}/{prefixed}" if above else prefixed
        element = _Element(path, inner, self._at(), is_clear)
        self._stack.append(element)
        for key, value in attributes.items():
            self._attribute(element, key, value)

    def _attribute(self, element: _Element, key: str, value: str) -> None:
        namespace, local, prefixed = _names(key)
        path = ""
        if namespace == RDF and local == "resource":
            path, element.has_more = element.path, True
        elif namespace == META or (namespace in {RDF, ""} and local == "about"):
            path = f"{'x' if namespace == META else 'rdf'}:{local}" if value else ""
        elif namespace not in {RDF, XML} and (namespace or local not in _SYNTAX):
            path = f"{element.inner}/{prefixed}" if element.inner else prefixed
            element.has_more = True
        if path:
            start, end = self._span(element.begins, key)
            self.found.append(Property(path, value, start, end))

    def _span(self, begins: int, key: str) -> tuple[int, int]:
        """Finds where the value of an attribute lies; where that fails, the element's own start is given."""
        words = key.split(_SEPARATOR)
        written = f"{words[2]}:{words[1]}" if len(words) > 2 else words[-1]  # noqa: PLR2004 -- namespace, name, prefix
        pattern = re.compile(rb"[\s\"']" + re.escape(written.encode()) + rb"\s*=\s*([\"'])")
        match = pattern.search(self._data, begins)
        if match is None:
            return begins, begins
        end = self._data.find(match[1], match.end())
        return match.end(), end if end >= 0 else match.end()

    def _text(self, text: str) -> None:
        if self._stack:
            self._stack[-1].words.append(text)

    def _end(self, _name: str) -> None:
        element = self._stack.pop()
        text = "".join(element.words)
        is_blank = not text.strip()
        if element.is_clear:
            above = self._stack[-1] if self._stack else None
            if above:
                above.has_more |= element.has_more or element.items > 0
            return
        if not element.path or (is_blank and element.has_more):
            return
        end = self._at()
        tag = _TAG.match(self._data, element.begins)
        start = min(tag.end(), end) if tag and text else end
        self.found.append(Property(element.path, text, start, end))


def _names(name: str) -> tuple[str, str, str]:
    """Takes a name apart into namespace, local name, and the name with its usual prefix."""
    words = name.split(_SEPARATOR)
    if len(words) == 1:
        return "", name, name
    prefix = prefix_of(words[0]) or (words[2] if len(words) > 2 else "")  # noqa: PLR2004 -- namespace, name, prefix
    return words[0], words[1], f"{prefix}:{words[1]}" if prefix else words[1]
