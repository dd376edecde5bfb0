"""Lists the pictures that can be seen in a snapshot: where they come from, where they are, whether they were loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from forensics.collectors.webpage.views_snapshot import ELEMENT, Box, Document, Node
from forensics.collectors.webpage.views_visible import Sight, in_sight
from forensics.collectors.webpage.views_world import World, enter
from forensics.web.cdp import CdpError

STYLED = ("background-image", "content", "list-style-image", "border-image-source", "mask-image")
"""Styles that draw pictures."""

KINDS = {"IMG": "img", "image": "img", "VIDEO": "video", "CANVAS": "canvas", "OBJECT": "object", "EMBED": "object"}
MEASURED = frozenset({"img", "video", "canvas"})
"""Kinds whose elements know the size of their picture."""

MOST_LETTERS = 8_192
"""Most characters of an address; `data:` addresses hold whole files."""

_URL = re.compile(r"url\(\"((?:[^\"\\]|\\.)*)\"\)(?:\s+([0-9.]+)(?:x|dppx)\b)?")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        url: Its address; empty for what has none, as drawings by script.
        box: Where it is, in CSS pixels of the page.
        kind: `img`, `background`, `video`, `poster`, `canvas`, `svg` or `object`.
        frame: Address of its document.
        backend: The browser's id of its element.
        natural_px: Width and height of the picture itself, divided by the density that a set states for it; None where
            it is not loaded or the browser does not tell.
        status: `loaded`, `failed`, `pending`, or `unknown` where the browser does not tell.
        is_cut: Whether the address is longer than what is given.
    """

    url: str
    box: Box
    kind: str
    frame: str
    backend: int
    natural_px: tuple[int, int] | None = None
    status: str = "unknown"
    is_cut: bool = False


async def pictures(page: Document, *, most: int) -> tuple[list[Picture], bool]:
    """Gives the pictures that can be seen in a page and in the frames in it.

    Args:
        page: From a snapshot.
        most: How many are given at most.

    Returns:
        The pictures, and whether there are more.
    """
    found: list[Picture] = []
    for document, seen in in_sight(page):
        found.extend(await _told(document, list(islice(_listed(document, seen), most + 1))))
    return found[:most], len(found) > most


def styled(style: str) -> Iterator[tuple[str, str]]:
    """Gives the addresses in the computed value of a style, each with its density, `2x`; empty where it has none."""
    for match in _URL.finditer(style):
        yield re.sub(r"\\(.)", r"\1", match.group(1)), f"{match.group(2)}x" if match.group(2) else ""


def film_source(document: Document, node: Node) -> str:
    """Gives the address of a video or sound as its element has it; the first of several."""
    children = (document.nodes[index] for index in document.children.get(node.number, ()))
    inner = (one.attributes.get("src", "") for one in children if one.name == "SOURCE")
    return node.attributes.get("src") or next(inner, "")


def _listed(document: Document, seen: Sequence[Sight]) -> Iterator[Picture]:
    for node in document.in_order():
        if node.box is None or node.kind != ELEMENT or not seen[node.number].shows(node.box):
            continue
        for url, kind in _sources(document, node):
            left, top, width, height = node.box
            box = (document.origin[0] + left, document.origin[1] + top, width, height)
            is_cut = len(url) > MOST_LETTERS
            yield Picture(url[:MOST_LETTERS], box, kind, document.url, node.backend, is_cut=is_cut)


def _sources(document: Document, node: Node) -> Iterator[tuple[str, str]]:
    """Gives the pictures of one element as address and kind."""
    attributes = node.attributes
    if node.name == "IMG":
        yield node.source or attributes.get("src", ""), "img"
    elif node.name == "INPUT" and attributes.get("type", "").lower() == "image":
        yield attributes.get("src", ""), "img"
    elif node.name == "VIDEO":
        yield film_source(document, node), "video"
        if attributes.get("poster"):
            yield attributes["poster"], "poster"
    elif node.name == "svg" and document.nodes[node.parent].name != "svg":
        yield "", "svg"
    elif node.name in KINDS:
        named = ("href", "xlink:href", "data", "src")
        yield next((attributes[name] for name in named if attributes.get(name)), ""), KINDS[node.name]
    for name in STYLED:
        for url, _ in styled(node.style.get(name, "")):
            yield url, "background"


async def _told(document: Document, listed: list[Picture]) -> list[Picture]:
    """Completes addresses, sizes and states with what the browser tells; as they are where the frame is gone."""
    try:
        return await _measured(document, listed) if listed else []
    except CdpError:
        return listed


async def _measured(document: Document, listed: Sequence[Picture]) -> list[Picture]:
    world = await enter(document.session, frame=document.frame)
    urls = await absolute(world, [(one.url, document.base) for one in listed])
    asked = [number for number, one in enumerate(listed) if one.kind in MEASURED]
    states = await world.on_nodes("natural", [listed[number].backend for number in asked])
    found = [replace(one, url=url) for one, url in zip(listed, urls, strict=True)]
    for number, state in zip(asked, states, strict=True):
        if state is None:
            continue
        size = tuple(state["natural_px"]) if state["status"] == "loaded" else None
        found[number] = replace(found[number], natural_px=size, status=state["status"])
    return found


async def absolute(world: World, addresses: Sequence[tuple[str, str]]) -> list[str]:
    """Makes addresses absolute as the browser does, without fragments.

    Args:
        world: Of any frame.
        addresses: Each with what it refers to.

    Returns:
        One for each: `data:` addresses and empty ones as they are, an empty text for what is no address.

    Raises:
        CdpError: The frame is gone.
    """
    asked = [number for number, (url, _) in enumerate(addresses) if url and not url.lower().startswith("data:")]
    answers = await world.run("resolve", [addresses[number] for number in asked]) if asked else []
    known = dict(zip(asked, answers, strict=True))
    return [known.get(number, url) for number, (url, _) in enumerate(addresses)]
