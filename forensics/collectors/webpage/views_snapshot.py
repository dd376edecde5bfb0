"""What the browser's layout knows of a page and all its frames at one moment: elements, boxes, texts, styles.

It comes from the layout itself and not from scripts in the page, so that the page cannot forge it, and it reaches into
closed shadow trees and pseudo-elements.

*Source:* Chrome DevTools Protocol, domain DOMSnapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from forensics.collectors.webpage.views_world import proper
from forensics.model import Gap, GapReason
from forensics.web.cdp import CdpError, Session

EDGES = ("border-left-width", "border-top-width", "padding-left", "padding-top")

STYLES = (
    "display",
    "visibility",
    "opacity",
    "position",
    "transform",
    "overflow-x",
    "overflow-y",
    "clip",
    "clip-path",
    "content-visibility",
    "direction",
    "white-space-collapse",
    "-webkit-text-fill-color",
    "-webkit-text-security",
    "background-clip",
    "text-shadow",
    *EDGES,
    "background-image",
    "content",
    "list-style-image",
    "border-image-source",
    "mask-image",
)
"""Computed styles that are asked for."""

ELEMENT, TEXT = 1, 3
"""Node types. *Source:* DOM Standard, 4.4, interface Node."""

Box = tuple[float, float, float, float]
"""Left, top, width and height, in CSS pixels."""

NO_STYLE: Mapping[str, str] = MappingProxyType({})
"""The style of what is not laid out."""


class Piece(NamedTuple):
    """A run of text as the layout has it, in the place where it is drawn; in pixels of its own document."""

    text: str
    box: Box


class Node(NamedTuple):
    """One node in the order of the flat tree, in which shadow trees stand in their hosts and slots have their content.

    A tuple, because a page has many and frozen dataclasses take five times as long to make.

    Attributes:
        number: Place in its document.
        parent: Index of its parent; -1 for the document itself.
        name: `DIV`, `#text`, `::before`, …; HTML elements in capitals.
        value: Text of a text node or comment.
        backend: The browser's id of it.
        pseudo: `before`, `after`, `marker`, …; empty for others.
        is_shadow: Whether it stands in a shadow tree.
        source: Address from which an image was taken, as the browser chose it; empty for others.
        entry: What stands in a field now; empty for others.
        is_selected: Whether an option is selected.
        style: Computed styles of `STYLES`; empty where it is not laid out.
        box: Where it is drawn, in pixels of its document; None where it is not laid out.
        pieces: Texts that are drawn for it.
    """

    number: int
    parent: int
    kind: int
    name: str
    value: str
    backend: int
    attributes: Mapping[str, str]
    pseudo: str = ""
    is_shadow: bool = False
    source: str = ""
    entry: str = ""
    is_selected: bool = False
    style: Mapping[str, str] = NO_STYLE
    box: Box | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One document: the page's, or a frame's.

    Attributes:
        session: The target that it belongs to.
        number: Place among all documents, the page's first.
        frame: Id of its frame.
        url: Its address.
        base: What relative addresses in it refer to.
        size: Width and height of its content, in CSS pixels.
        origin: Where its top left is in the page, in CSS pixels; the page's own is (0, 0).
        is_laid_out: Whether its frame has a place in the page.
        nodes: In order.
        children: Indexes of children, for each node that has some; what stands after an element comes last.
        frames: Documents in it, by index of the frame element.
    """

    session: Session
    number: int
    frame: str
    url: str
    base: str
    size: tuple[float, float]
    origin: tuple[float, float]
    is_laid_out: bool
    nodes: tuple[Node, ...]
    children: Mapping[int, Sequence[int]]
    frames: dict[int, Document]

    def in_order(self) -> Iterator[Node]:
        """Gives the nodes as they are read."""
        waiting = [0]
        while waiting:
            index = waiting.pop()
            yield self.nodes[index]
            waiting.extend(reversed(self.children.get(index, ())))

    def all(self) -> Iterator[Document]:
        """Gives this document and all in it, outer ones first."""
        waiting = [self]
        while waiting:
            document = waiting.pop()
            yield document
            waiting.extend(reversed(document.frames.values()))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The page's document with all frames in it, and gaps for frames that could not be read."""

    page: Document
    gaps: tuple[Gap, ...] = ()


async def snapshot(sessions: Sequence[Session], *, timeout_s: float = 60.0) -> Snapshot:
    """Takes the state of a page.

    Args:
        sessions: The page, then its frames of other sites, which are targets of their own.
        timeout_s: How long the browser may take for one target, in seconds.

    Raises:
        CdpError: The page cannot be read.
        BrowserGoneError: The browser ended.
    """
    raw: dict[str, dict[str, Any]] = {}
    owners: dict[tuple[str, int], Session] = {}
    gaps = []
    for session in sessions:
        try:
            raw[session.id] = await _capture(session, timeout_s=timeout_s)
            if session is not sessions[0]:
                owners[await _owner(sessions, session)] = session
        except CdpError as error:
            if session is sessions[0]:
                raise
            gaps.append(Gap("seen", GapReason.UNREADABLE, f"a frame of another site cannot be read: {error}"))
    building = _Building(raw, owners)
    return Snapshot(building.document(sessions[0], 0), tuple(gaps))


async def _capture(session: Session, *, timeout_s: float) -> dict[str, Any]:
    asked = {"computedStyles": list(STYLES), "includeDOMRects": False, "includePaintOrder": False}
    found = await session.call("DOMSnapshot.captureSnapshot", asked, timeout_s=timeout_s)
    return found | {"strings": [proper(text) for text in found["strings"]]}


async def _owner(sessions: Sequence[Session], child: Session) -> tuple[str, int]:
    """Finds the frame element of a target: the session that it stands in, and its backend node id."""
    for session in sessions:
        if session is child:
            continue
        try:
            await session.call("DOM.getDocument", {"depth": 0})
            found = await session.call("DOM.getFrameOwner", {"frameId": child.target_id})
        except CdpError:
            continue
        return session.id, int(found["backendNodeId"])
    raise CdpError("no frame element shows it")


@dataclass(slots=True)
class _Building:
    """Puts documents together from what the targets gave."""

    raw: Mapping[str, Mapping[str, Any]]
    owners: Mapping[tuple[str, int], Session]
    count: int = 0

    def document(
        self, session: Session, index: int, *, origin: tuple[float, float] = (0.0, 0.0), is_laid_out: bool = True
    ) -> Document:
        """Builds a document and all in it."""
        strings: Sequence[str] = self.raw[session.id]["strings"]
        raw = self.raw[session.id]["documents"][index]
        nodes = tuple(_nodes(raw, strings))
        scrolled = (raw.get("scrollOffsetX", 0), raw.get("scrollOffsetY", 0)) if self.count else (0.0, 0.0)
        made = Document(
            session=session,
            number=self.count,
            frame=_text(strings, raw["frameId"]),
            url=_text(strings, raw["documentURL"]),
            base=_text(strings, raw["baseURL"]),
            size=(float(raw.get("contentWidth", 0)), float(raw.get("contentHeight", 0))),
            origin=(origin[0] - scrolled[0], origin[1] - scrolled[1]),
            is_laid_out=is_laid_out,
            nodes=nodes,
            children=_children(nodes),
            frames={},
        )
        self.count += 1
        inner = _sparse(raw["nodes"]["contentDocumentIndex"])
        for node in nodes:
            child = self._inside(session, node, inner)
            if child is not None:
                is_shown = is_laid_out and node.box is not None
                place = _content_origin(node, made.origin)
                made.frames[node.number] = self.document(*child, origin=place, is_laid_out=is_shown)
        return made

    def _inside(self, session: Session, node: Node, inner: Mapping[int, int]) -> tuple[Session, int] | None:
        """Gives the target and number of the document in a frame element."""
        if node.number in inner:
            return session, inner[node.number]
        other = self.owners.get((session.id, node.backend))
        return None if other is None else (other, 0)


def _content_origin(node: Node, origin: tuple[float, float]) -> tuple[float, float]:
    """Gives where the content of a frame element begins in the page: inside its border and padding."""
    left, top = (node.box or (0.0, 0.0, 0.0, 0.0))[:2]
    edge = {name: float(node.style.get(name, "").removesuffix("px") or 0) for name in EDGES}
    return (
        origin[0] + left + edge["border-left-width"] + edge["padding-left"],
        origin[1] + top + edge["border-top-width"] + edge["padding-top"],
    )


def _children(nodes: Sequence[Node]) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for node in nodes[1:]:
        children.setdefault(node.parent, []).append(node.number)
    for indexes in children.values():
        indexes.sort(key=lambda index: nodes[index].pseudo == "after")
    return children


def _nodes(raw: Mapping[str, Any], strings: Sequence[str]) -> Iterator[Node]:
    table, layout = raw["nodes"], raw["layout"]
    boxes: dict[int, list[int]] = {}
    for place, index in enumerate(layout["nodeIndex"]):
        boxes.setdefault(index, []).append(place)
    pseudo, sources = _sparse(table["pseudoType"]), _sparse(table["currentSourceURL"])
    styles = _Styles(strings)
    entries = _sparse(table["inputValue"]) | _sparse(table["textValue"])
    shadows, selected = set(table["shadowRootType"]["index"]), set(table["optionSelected"]["index"])
    for index, parent in enumerate(table["parentIndex"]):
        places = boxes.get(index, [])
        yield Node(
            number=index,
            parent=parent,
            kind=table["nodeType"][index],
            name=_text(strings, table["nodeName"][index]),
            value=_text(strings, table["nodeValue"][index]),
            backend=table["backendNodeId"][index],
            attributes=_pairs(strings, table["attributes"][index]),
            pseudo=_text(strings, pseudo.get(index, -1)),
            is_shadow=index in shadows,
            source=_text(strings, sources.get(index, -1)),
            entry=_text(strings, entries.get(index, -1)),
            is_selected=index in selected,
            style=styles.of(layout["styles"][places[0]]) if places else NO_STYLE,
            box=_box(layout["bounds"][places[0]]) if places else None,
            pieces=tuple(
                Piece(_text(strings, layout["text"][place]), _box(layout["bounds"][place]))
                for place in places
                if layout["text"][place] >= 0
            ),
        )


class _Styles:
    """Reads computed styles; most nodes share theirs with many others."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = strings
        self._known: dict[tuple[int, ...], Mapping[str, str]] = {}

    def of(self, values: Sequence[int]) -> Mapping[str, str]:
        """Gives the styles whose values are numbers of strings."""
        key = tuple(values)
        if key not in self._known:
            found = zip(STYLES, (_text(self._strings, value) for value in values), strict=False)
            self._known[key] = dict(found) or NO_STYLE
        return self._known[key]


def _pairs(strings: Sequence[str], values: Sequence[int]) -> dict[str, str]:
    return {_text(strings, name): _text(strings, value) for name, value in zip(values[::2], values[1::2], strict=False)}


def _sparse(table: Mapping[str, Sequence[int]]) -> dict[int, int]:
    return dict(zip(table["index"], table["value"], strict=True))


def _text(strings: Sequence[str], number: int) -> str:
    return strings[number] if number >= 0 else ""


def _box(bounds: Sequence[float]) -> Box:
    left, top, width, height = bounds
    return (left, top, width, height)
