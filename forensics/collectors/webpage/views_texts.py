"""Reads the texts of a snapshot block by block, as they are drawn and in the order of the document."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from forensics.collectors.webpage.views_snapshot import ELEMENT, TEXT, Box, Document, Node
from forensics.collectors.webpage.views_visible import Sight, sights

INLINE = frozenset({"inline", "inline-block", "contents", "ruby", "ruby-base", "ruby-text"})
"""Values of `display` that begin no block; `inline-block` is often a word or a letter of a sentence."""

BUTTONS = frozenset({"submit", "button", "reset"})
WITHOUT_TEXT = frozenset({"checkbox", "radio", "range", "color", "file", "image", "hidden"})
PASSWORDS = frozenset({"current-password", "new-password"})
SILENT = frozenset(
    {"SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "TEXTAREA", "SELECT", "IFRAME", "VIDEO", "AUDIO", "OBJECT"}
)
"""Elements whose text nodes are never drawn as text."""

GENERATED = {"::marker": "list-marker"}

_CLEAR = re.compile(r"^(?:rgba\(.*,\s*0(?:\.0+)?\)|transparent)$")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SPACE_IN_LINE = re.compile(r"[ \t]+")
_NAME = re.compile(r"^[A-Za-z_][\w-]*$")


@dataclass(frozen=True, slots=True)
class Text:
    """One block of text.

    Attributes:
        text: As it is drawn, white space collapsed as the page has it; lines that the page sets are lines.
        box: Around all that is seen of it, in CSS pixels of the page.
        path: CSS path of the block; a hint for people.
        frame: Address of its document.
        origin: `text`, `button`, `placeholder`, `value`, `alt`, `list-marker`, or `::before` and other pseudo-elements;
            `undrawn` for texts in parts that the browser draws only when they come into view, where it does not tell
            which of them styles hide; their box is that of the part.
    """

    text: str
    box: Box
    path: str
    frame: str
    origin: str


def texts(document: Document, *, failed: Collection[tuple[str, int]] = ()) -> Iterator[Text]:
    """Gives the texts that can be seen in a document and in the frames in it.

    What stands in password fields is never read. The order is that of the document, which styles can change.

    Args:
        document: From a snapshot.
        failed: Images that were not loaded, so that their alternative text is drawn: document's address and node id.
    """
    if document.is_laid_out:
        reader = _Reader(
            document, sights(document), failed, _blocks(document.nodes), _undrawn(document.nodes), Paths(document)
        )
        yield from reader.read()


@dataclass(slots=True)
class _Reader:
    """Gathers the runs of text of one document into blocks.

    Attributes:
        blocks: Index of the block that each node stands in.
        waiting: Texts that the browser draws only when they come into view, and the element around them that does so.
        block: Index of the block that is being read; -1 for none.
        run: Its texts so far; empty where none was seen.
        boxes: Where they are.
        later: What was found inside of it that is no part of it: generated content, fields.
    """

    document: Document
    sights: Sequence[Sight]
    failed: Collection[tuple[str, int]]
    blocks: Sequence[int]
    waiting: Mapping[int, int]
    paths: Paths
    block: int = -1
    run: str = ""
    boxes: list[Box] = field(default_factory=list)
    later: list[Text] = field(default_factory=list)

    def read(self) -> Iterator[Text]:
        """Gives the texts in order."""
        for node in self.document.in_order():
            inner = self.document.frames.get(node.number)
            if inner is not None and self.sights[node.number].shows(node.box):
                yield from self._finished()
                yield from texts(inner, failed=self.failed)
            elif node.number in self.waiting:
                yield from self._finished()
                yield from self._waiting(node)
            elif node.kind == TEXT or node.name in {"BR", "::first-letter"}:
                yield from self._gather(node)
            else:
                found = self._generated(node) if node.pseudo else self._field(node)
                if self.block >= 0:
                    self.later.extend(found)
                else:
                    yield from found
        yield from self._finished()

    def _waiting(self, node: Node) -> Iterator[Text]:
        """Gives a text that is drawn when it comes into view, in the place of the element that is left undrawn."""
        around = self.document.nodes[self.waiting[node.number]]
        text = _SPACE.sub(" ", node.value).strip()
        if text and around.box is not None and self.sights[around.number].lets_see:
            yield self._made(text, around.box, node.parent, origin="undrawn")

    def _gather(self, node: Node) -> Iterator[Text]:
        """Adds what is drawn of a text to the block that it stands in; gives the block before where it is another."""
        boxes = [piece.box for piece in node.pieces if self._is_drawn(node, piece.box)]
        is_break = node.name == "BR" and bool(node.pieces)
        if not boxes and not is_break:
            return
        if self.blocks[node.number] != self.block:
            yield from self._finished()
            self.block = self.blocks[node.number]
        for piece in node.pieces:
            self.run += "\n" if is_break else _collapsed(node, piece.text, after=self.run)
        self.boxes.extend(boxes)

    def _finished(self) -> Iterator[Text]:
        """Ends the block that is being read, and gives it and what was found inside of it."""
        text = "\n".join(line.rstrip(" ") for line in self.run.split("\n")).strip("\n")
        if text.strip() and self.boxes:
            origin = "button" if self.document.nodes[self.block].name == "BUTTON" else "text"
            yield self._made(text, _around(self.boxes), self.block, origin=origin)
        yield from self.later
        self.block, self.run, self.boxes, self.later = -1, "", [], []

    def _is_drawn(self, node: Node, box: Box) -> bool:
        """Whether letters are drawn: in sight, not in a clear colour, not as dots."""
        style = node.style
        if not self.sights[node.number].shows_inside(box) or style.get("-webkit-text-security", "none") != "none":
            return False
        if not _CLEAR.match(style.get("-webkit-text-fill-color", "")) or style.get("text-shadow", "none") != "none":
            return True
        return any("text" in one.style.get("background-clip", "") for one in self._up_from(node))

    def _up_from(self, node: Node) -> Iterator[Node]:
        while node.parent >= 0:
            yield node
            node = self.document.nodes[node.parent]

    def _generated(self, node: Node) -> Iterator[Text]:
        """Gives the text of a pseudo-element, which styles have made."""
        boxes = [piece.box for piece in node.pieces if self._is_drawn(node, piece.box)]
        text = _SPACE.sub(" ", "".join(piece.text for piece in node.pieces)).strip()
        if boxes and text:
            yield self._made(text, _around(boxes), node.parent, origin=GENERATED.get(node.name, node.name))

    def _field(self, node: Node) -> Iterator[Text]:
        """Gives what stands in a field, or in place of an image."""
        if node.box is None or node.kind != ELEMENT or not self.sights[node.number].shows(node.box):
            return
        if node.name == "IMG" and (self.document.url, node.backend) in self.failed:
            origin, text = "alt", node.attributes.get("alt", "")
        elif node.name == "SELECT":
            origin, text = "value", self._choice(node)
        elif node.name in {"INPUT", "TEXTAREA"}:
            origin, text = _entry(node)
        else:
            return
        if text.strip():
            yield self._made(text.strip(), node.box, node.number, origin=origin)

    def _choice(self, node: Node) -> str:
        """Gives the options that a list shows: the selected ones, or all where it is open."""
        attributes = node.attributes
        is_open = "multiple" in attributes or attributes.get("size", "1") not in {"", "0", "1"}
        found = []
        waiting = list(reversed(self.document.children.get(node.number, ())))
        while waiting:
            one = self.document.nodes[waiting.pop()]
            if one.name == "OPTION" and (is_open or one.is_selected):
                inside = (self.document.nodes[index].value for index in self.document.children.get(one.number, ()))
                found.append(_SPACE.sub(" ", one.attributes.get("label") or "".join(inside)).strip())
            waiting.extend(reversed(self.document.children.get(one.number, ())))
        return "\n".join(found)

    def _made(self, text: str, box: Box, node: int, *, origin: str) -> Text:
        left, top = self.document.origin
        place = (left + box[0], top + box[1], box[2], box[3])
        return Text(text, place, self.paths.of(node), self.document.url, origin)


@dataclass(slots=True)
class Paths:
    """Names elements of a document by CSS paths, from the nearest element around them that has an id."""

    document: Document
    known: dict[int, str] = field(default_factory=dict)
    places: dict[int, dict[int, str]] = field(default_factory=dict)

    def of(self, index: int) -> str:
        """Gives the path of an element; ` >>> ` leads into a shadow tree."""
        chain: list[Node] = []
        node = self.document.nodes[index]
        while node.parent >= 0 and node.number not in self.known:
            chain.append(node)
            node = self.document.nodes[node.parent]
        for one in reversed(chain):
            self.known[one.number] = self._path(one)
        return self.known.get(index, "")

    def _path(self, node: Node) -> str:
        name = node.name.lower()
        if _NAME.match(node.attributes.get("id", "")):
            return f"{name}#{node.attributes['id']}"
        if node.parent not in self.places:
            self.places[node.parent] = self._places(node.parent)
        before = self.known.get(node.parent, "")
        link = " >>> " if node.is_shadow and not self.document.nodes[node.parent].is_shadow else ">"
        return f"{before}{link if before else ''}{name}{self.places[node.parent].get(node.number, '')}"

    def _places(self, parent: int) -> dict[int, str]:
        """Gives `:nth-of-type(…)` for each child that has others of its name beside it."""
        alike: dict[str, list[int]] = {}
        for child in self.document.children.get(parent, ()):
            alike.setdefault(self.document.nodes[child].name, []).append(child)
        groups = (group for group in alike.values() if len(group) > 1)
        return {child: f":nth-of-type({place})" for group in groups for place, child in enumerate(group, 1)}


def _blocks(nodes: Sequence[Node]) -> list[int]:
    """Gives the block that each node stands in: the nearest element around it that is no part of a line."""
    blocks: list[int] = []
    for node in nodes:
        display = node.style.get("display", "")
        begins = node.kind == ELEMENT and not node.pseudo and display and display not in INLINE
        blocks.append(node.number if begins or node.name == "BUTTON" or node.parent < 0 else blocks[node.parent])
    return blocks


def _undrawn(nodes: Sequence[Node]) -> dict[int, int]:
    """Finds texts in elements that are left undrawn while they are out of view, by the index of those elements.

    Source: CSS Containment 2, section 4: `content-visibility: auto`.
    """
    drawn = {node.parent for node in nodes if node.box is not None}
    inside: dict[int, int] = {}
    for node in nodes:
        around = inside.get(node.parent, -1)
        if around < 0 and node.style.get("content-visibility") == "auto" and node.number not in drawn:
            around = node.number
        if around >= 0 and node.name not in SILENT:
            inside[node.number] = around
    return {index: around for index, around in inside.items() if nodes[index].kind == TEXT}


def _collapsed(node: Node, text: str, *, after: str) -> str:
    """Collapses white space as the page has it. *Source:* CSS Text 4, section 4.3.1."""
    mode = node.style.get("white-space-collapse", "collapse")
    if mode in {"preserve", "break-spaces", "preserve-spaces"}:
        return text
    spaces = _SPACE if mode == "collapse" else _SPACE_IN_LINE
    text = spaces.sub(" ", text)
    return text[1:] if text.startswith(" ") and (not after or after[-1] in " \n") else text


def _entry(node: Node) -> tuple[str, str]:
    """Gives what a field shows, and as what; never what stands in a field for passwords."""
    kind = node.attributes.get("type", "text").lower() if node.name == "INPUT" else "text"
    purposes = set(node.attributes.get("autocomplete", "").lower().split())
    is_secret = kind == "password" or not purposes.isdisjoint(PASSWORDS)
    if kind in WITHOUT_TEXT:
        return "value", ""
    if kind in BUTTONS:
        return "button", node.entry or node.attributes.get("value", "")
    if node.entry:
        is_dotted = is_secret or node.style.get("-webkit-text-security", "none") != "none"
        return "value", "" if is_dotted else node.entry
    return "placeholder", node.attributes.get("placeholder", "")


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return (left, top, right - left, bottom - top)
