"""The rendered document with its shadow trees and frames, in one file, without values of password fields."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.views_files import View, created
from forensics.collectors.webpage.views_world import proper
from forensics.model import Gap, GapReason
from forensics.web.cdp import CdpError, Session

MOST_BYTES = 256 << 20
"""Most bytes of the main document and its frames together; what is beyond is a gap."""

MASK = "[not kept: password]"

_FIELD = re.compile(r"<input((?:\s+[^\s=>\"]+=\"[^\"]*\")*)\s*>", re.IGNORECASE)
"""An input element as a browser writes it: every attribute has a value in double quotes.

*Source:* HTML Standard, 13.3, serialising HTML fragments.
"""

_ATTRIBUTE = re.compile(r"([^\s=>\"]+)=\"([^\"]*)\"")
_PASSWORDS = {"current-password", "new-password"}


@dataclass(frozen=True, slots=True)
class _Document:
    """One serialised document; `parent` is the address of the document that frames it, empty for the page's own."""

    html: str
    url: str
    parent: str = ""


async def dom(sessions: Sequence[Session], folder: Path, *, timeout_s: float = 60.0) -> tuple[list[View], list[Gap]]:
    """Writes the document as it stands now.

    First comes the main document with its doctype, and with its shadow trees, open and closed, as
    `<template shadowrootmode>`. Each frame follows after its end as `<template data-frame="URL" data-parent="URL">`.
    Where each part begins is in the facts, because a page could hold such templates of its own. What was typed into
    fields is no part of a document and is not there.

    Args:
        sessions: The page, then its frames of other sites, which are targets of their own.
        folder: Where `dom.html` goes.
        timeout_s: How long the browser may take for one document, in seconds.

    Raises:
        CdpError: The main document cannot be read.
        BrowserGoneError: The browser ended.
        StoreError: The file cannot be written.
    """
    path = folder / "dom.html"
    parts: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    masked = 0
    with created(path) as stream:
        async for document in _documents(sessions, timeout_s=timeout_s):
            if isinstance(document, Gap):
                gaps.append(document)
                continue
            html, count = without_passwords(document.html)
            masked += count
            content = proper(html).encode()
            if stream.tell() + len(content) > MOST_BYTES:
                gaps.append(Gap("dom", GapReason.LIMIT, f"what is beyond {MOST_BYTES} bytes is left out"))
                content = content[: MOST_BYTES - stream.tell()]
            head, tail = _wrapping(document) if parts else (b"", b"")
            stream.write(head)
            parts.append({"url": document.url, "start": stream.tell(), "size": len(content)})
            stream.write(content + tail)
    facts = {"documents": parts, "passwords_masked": masked, "field_values": "as in the source, not as typed"}
    return [View("dom", path, "text/html", facts)], gaps


def without_passwords(html: str) -> tuple[str, int]:
    """Takes values out of password fields, where scripts have put them into the source.

    Args:
        html: A document as a browser serialises it.

    Returns:
        The document with a mark in place of each such value, and their number.
    """
    count = 0

    def mask(field: re.Match[str]) -> str:
        nonlocal count
        if not _is_password({name.lower(): value for name, value in _ATTRIBUTE.findall(field.group(1))}):
            return field.group(0)
        count += 1
        return _ATTRIBUTE.sub(
            lambda one: f'value="{MASK}"' if one.group(1).lower() == "value" else one.group(0), field[0]
        )

    return _FIELD.sub(mask, html), count


def _is_password(attributes: Mapping[str, str]) -> bool:
    """Whether a field is one for passwords and its source has a value, also while a page shows it in plain letters."""
    purpose = set(attributes.get("autocomplete", "").lower().split())
    return bool(attributes.get("value")) and (
        attributes.get("type", "").lower() == "password" or not purpose.isdisjoint(_PASSWORDS)
    )


def _wrapping(document: _Document) -> tuple[bytes, bytes]:
    opening = f'\n<template data-frame="{escape(document.url)}" data-parent="{escape(document.parent)}">'
    return proper(opening).encode(), b"</template>"


async def _documents(sessions: Sequence[Session], *, timeout_s: float) -> AsyncIterator[_Document | Gap]:
    """Gives the main document, its frames, then those of the other targets; a gap for each that is not readable."""
    for session in sessions:
        is_page = session is sessions[0]
        try:
            tree = (await session.call("Page.getFrameTree", timeout_s=timeout_s))["frameTree"]
            node = (await session.call("DOM.getDocument", {"depth": 0}, timeout_s=timeout_s))["root"]
            yield _Document(await _serialise(session, node, timeout_s=timeout_s), node["documentURL"])
        except CdpError as error:
            if is_page:
                raise
            yield _unreadable("a frame of another site", error)
            continue
        for frame, parent in _frames(tree):
            try:
                node = await _content(session, frame["id"], timeout_s=timeout_s)
                html = await _serialise(session, node, timeout_s=timeout_s)
                yield _Document(html, node.get("documentURL", frame["url"]), parent)
            except CdpError as error:
                yield _unreadable(frame["url"], error)
        await session.call("DOM.disable", timeout_s=timeout_s)


def _frames(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Gives the frames of a target below its own, each with the address of the one around it."""
    for child in tree.get("childFrames", ()):
        yield child["frame"], tree["frame"]["url"]
        yield from _frames(child)


async def _content(session: Session, frame: str, *, timeout_s: float) -> Mapping[str, Any]:
    owner = await session.call("DOM.getFrameOwner", {"frameId": frame}, timeout_s=timeout_s)
    asked = {"backendNodeId": owner["backendNodeId"], "depth": 0, "pierce": True}
    node = (await session.call("DOM.describeNode", asked, timeout_s=timeout_s))["node"]
    if "contentDocument" not in node:
        raise CdpError("its document belongs to another target")
    found: Mapping[str, Any] = node["contentDocument"]
    return found


async def _serialise(session: Session, node: Mapping[str, Any], *, timeout_s: float) -> str:
    asked = {"backendNodeId": node["backendNodeId"], "includeShadowDOM": True}
    return str((await session.call("DOM.getOuterHTML", asked, timeout_s=timeout_s))["outerHTML"])


def _unreadable(url: str, error: CdpError) -> Gap:
    return Gap("dom", GapReason.UNREADABLE, f"the document of {url} cannot be read: {error}")
