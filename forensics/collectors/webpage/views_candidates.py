"""Lists what a page offers of media, with all renditions of each element, from a snapshot; it chooses nothing."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.views_pictures import STYLED, absolute, styled
from forensics.collectors.webpage.views_snapshot import ELEMENT, TEXT, Document, Node
from forensics.collectors.webpage.views_world import enter

STREAM_TYPES = frozenset(
    (
        "application/vnd.apple.mpegurl",
        "application/x-mpegurl",
        "audio/mpegurl",
        "audio/x-mpegurl",
        "application/dash+xml",
    )
)
"""Media types of adaptive streams. *Source:* RFC 8216, section 10; ISO/IEC 23009-1, annex C."""

STREAM_ENDINGS = (".m3u8", ".mpd")
PICTURE_ENDINGS = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".heic", ".bmp", ".tif", ".tiff"))
FILM_ENDINGS = frozenset((".mp4", ".m4v", ".webm", ".mov", ".mkv", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".wav"))
"""Endings by which a link is taken to lead to a picture, film or sound."""

LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-actualsrc", "data-original-src", "data-hires")
LAZY_SETS = ("data-srcset", "data-lazy-srcset", "data-original-set")
"""Attributes in which scripts that load images late keep their addresses; a convention, no standard."""

ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})
META = re.compile(
    r"^(?:og:(?:image|video|audio)(?::(?:url|secure_url))?|twitter:(?:image(?::src)?|player:stream)|"
    r"image|thumbnailurl|contenturl)$",
    re.IGNORECASE,
)
JSON_NAMES = frozenset({"contentUrl", "thumbnailUrl", "image"})
"""Names in JSON-LD whose values are addresses of media. *Source:* https://schema.org/MediaObject."""

MOST_LETTERS = 8_192
"""Most characters of an address; longer ones, `data:` addresses with whole files, are left out."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address at which a page offers media.

    Attributes:
        url: Absolute, without fragment.
        origin: Where the page names it: `img`, `srcset`, `picture`, `lazy`, `video`, `audio`, `stream`, `poster`,
            `background`, `object`, `link` (a link to a file of media), `icon`, `meta` or `json-ld`.
        descriptor: What a set says of it: `1600w`, `2x`; empty elsewhere.
        width: Width as the element declares it, in CSS pixels; None where it does not.
        height: Height as declared.
        group: The same for all renditions of one element.
        frame: Address of the document.
        media_type: As declared; empty where it is not.
        is_current: Whether the browser shows this one.
    """

    url: str
    origin: str
    descriptor: str
    width: int | None
    height: int | None
    group: str
    frame: str
    media_type: str = ""
    is_current: bool = False

    def record(self) -> dict[str, Any]:
        """Gives it as JSON has it; `origin` is called `from`."""
        names = ("url", "descriptor", "width", "height", "group", "frame", "media_type", "is_current")
        return {"from": self.origin} | {name: getattr(self, name) for name in names}


async def offered(page: Document, *, most: int) -> tuple[list[Candidate], bool]:
    """Gives what a page and the frames in it offer, seen or not, in the order of the page, each address once a group.

    Args:
        page: From a snapshot.
        most: How many are given at most.

    Returns:
        The candidates, and whether there are more.

    Not done: styles of elements that are not laid out, and what only `noscript` has: mostly counting pixels.

    Raises:
        CdpError: The page is gone.
    """
    raw = [(one, document.base) for document in page.all() for one in _in(document)]
    world = await enter(page.session, frame=page.frame)
    urls = await absolute(world, [(one.url, base) for one, base in raw[: most + 1]])
    found: dict[tuple[str, str], Candidate] = {}
    for url, (one, _) in zip(urls, raw, strict=False):
        if url:
            known = found.setdefault((url, one.group), replace(one, url=url))
            found[url, one.group] = replace(known, is_current=known.is_current or one.is_current)
    return list(found.values())[:most], len(raw) > most


def split_set(text: str) -> Iterator[tuple[str, str]]:
    """Takes a set of sources apart: addresses with their descriptors.

    Source: HTML Standard, 4.8.4.2.2, parsing a srcset attribute.
    """
    place = 0
    while match := re.compile(r"[\s,]*([^\s,]\S*|,+\S+)").match(text, place):
        url, place = match.group(1), match.end()
        if url.endswith(","):
            yield url.rstrip(","), ""
            continue
        rest = re.compile(r"((?:[^,(]|\([^)]*\)?)*),?").match(text, place)
        place = rest.end() if rest else len(text)
        yield url, " ".join(rest.group(1).split()) if rest else ""


def _in(document: Document) -> Iterator[Candidate]:
    """Gives what one document offers; addresses are as they stand in it."""
    for node in document.in_order():
        if node.kind != ELEMENT:
            continue
        for one in (*_element(document, node), *_styles(document, node)):
            if one.url.strip() and len(one.url) <= MOST_LETTERS:
                yield replace(one, url=one.url.strip())


def _element(document: Document, node: Node) -> Iterator[Candidate]:
    """Gives what an element itself offers."""
    if node.name == "IMG":
        yield from _image(document, node)
    elif node.name in {"VIDEO", "AUDIO"}:
        yield from _film(document, node)
    elif node.name == "SCRIPT":
        yield from _data(document, node)
    else:
        url, origin = _single(node)
        if origin:
            yield _made(document, node, url, origin)


def _single(node: Node) -> tuple[str, str]:
    """Gives the address of an element that has one at most, and where that is; empty texts where it has none."""
    attributes = node.attributes
    if node.name == "INPUT" and attributes.get("type", "").lower() == "image":
        return attributes.get("src", ""), "img"
    if node.name == "image":
        return attributes.get("href") or attributes.get("xlink:href", ""), "img"
    if node.name in {"OBJECT", "EMBED"}:
        return attributes.get("data" if node.name == "OBJECT" else "src", ""), "object"
    if node.name == "LINK":
        rel = set(attributes.get("rel", "").lower().split())
        return attributes.get("href", ""), "icon" if rel & ICONS else "meta" if "image_src" in rel else ""
    if node.name == "META":
        names = (attributes.get(name, "") for name in ("property", "name", "itemprop"))
        return attributes.get("content", ""), "meta" if any(META.match(name) for name in names) else ""
    if node.name == "A" and _ending(attributes.get("href", "")) in PICTURE_ENDINGS | FILM_ENDINGS:
        return attributes["href"], "link"
    return "", ""


def _data(document: Document, node: Node) -> Iterator[Candidate]:
    """Gives what a block of JSON-LD names."""
    if node.attributes.get("type", "").strip().lower() == "application/ld+json":
        texts = (document.nodes[index] for index in document.children.get(node.number, ()))
        for url in _linked_data("".join(one.value for one in texts if one.kind == TEXT)):
            yield _made(document, node, url, "json-ld")


def _image(document: Document, node: Node) -> Iterator[Candidate]:
    """Gives the sources of an image, and those of the `picture` around it."""
    around = document.nodes[node.parent]
    named = [("img", node.attributes.get("src", ""), "", "")]
    named += [("srcset", url, size, "") for url, size in split_set(node.attributes.get("srcset", ""))]
    sources = _children(document, around, "SOURCE") if around.name == "PICTURE" else []
    for source in sources:
        kind = source.attributes.get("type", "")
        named += [("picture", url, size, kind) for url, size in split_set(source.attributes.get("srcset", ""))]
    for one in (node, *sources):
        named += [("lazy", one.attributes[name], "", "") for name in LAZY if one.attributes.get(name)]
        sets = (one.attributes.get(name, "") for name in LAZY_SETS)
        named += [("lazy", url, size, "") for text in sets for url, size in split_set(text)]
    for origin, url, size, kind in named:
        yield replace(_made(document, node, url, origin), descriptor=size, media_type=kind)
    yield replace(_made(document, node, node.source, "img"), is_current=True)


def _film(document: Document, node: Node) -> Iterator[Candidate]:
    """Gives the sources of a video or sound, and its poster."""
    usual = node.name.lower()
    for one in (node, *_children(document, node, "SOURCE")):
        kind = one.attributes.get("type", "").partition(";")[0].strip().lower()
        for url in (one.attributes.get("src", ""), *(one.attributes.get(name, "") for name in LAZY)):
            is_stream = kind in STREAM_TYPES or _ending(url) in STREAM_ENDINGS
            yield replace(_made(document, node, url, "stream" if is_stream else usual), media_type=kind)
    yield _made(document, node, node.attributes.get("poster", ""), "poster")


def _styles(document: Document, node: Node) -> Iterator[Candidate]:
    for name in STYLED:
        for url, density in styled(node.style.get(name, "")):
            yield replace(_made(document, node, url, "background"), descriptor=density, width=None, height=None)


def _children(document: Document, node: Node, name: str) -> list[Node]:
    inside = (document.nodes[index] for index in document.children.get(node.number, ()))
    return [one for one in inside if one.name == name]


def _made(document: Document, node: Node, url: str, origin: str) -> Candidate:
    width, height = (_size(node.attributes.get(name, "")) for name in ("width", "height"))
    return Candidate(url, origin, "", width, height, f"{document.number}/{node.backend}", document.url)


def _size(text: str) -> int | None:
    """Reads a size as HTML has it: digits, whatever follows. *Source:* HTML Standard, 2.3.4.4."""
    match = re.match(r"\s*(\d{1,9})", text)
    return int(match.group(1)) if match else None


def _ending(url: str) -> str:
    """Gives the ending of an address's path, in small letters; empty where it has none."""
    try:
        return posixpath.splitext(urlsplit(url.strip()).path)[1].lower()
    except ValueError:
        return ""


def _linked_data(text: str) -> Iterator[str]:
    """Gives addresses of media in JSON-LD; nothing where it is no JSON."""
    try:
        waiting: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from _addresses(inner) if name in JSON_NAMES else ()
            waiting.extend(inner for inner in value.values() if isinstance(inner, (dict, list)))


def _addresses(value: Any) -> Iterator[str]:
    """Gives the addresses that a value holds: a text, an object with `url`, or several of these."""
    for one in value if isinstance(value, list) else [value]:
        found = one.get("url") if isinstance(one, dict) else one
        if isinstance(found, str):
            yield found
