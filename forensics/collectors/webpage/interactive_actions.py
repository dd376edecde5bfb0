"""Notes what a person does in the browser: clicks, edits, submits, scrolling and moves, never what was typed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.interactive_pages import ASKED, PAUSE_S, Pages, answered
from forensics.collectors.webpage.interactive_secrets import Held
from forensics.web.cdp import CdpError, Session
from forensics.web.secret_mask import Known, mask_text

WORLD = "forensics-actions"
TELL = "forensicsTell"
"""Name of the function by which the script in the isolated world reports; pages have no such function."""

ACTIONS = frozenset({"click", "edit", "submit", "scroll"})
TOLD = ("text", "address", "by", "field", "kind", "top_px")
"""What may be told of an action; everything else that a message might hold is dropped."""

_SCRIPT = Path(__file__).parent / "scripts" / "actions.js"

Event = Mapping[str, Any]
Log = Callable[..., None]


@dataclass(slots=True)
class Actions:
    """Notes what a person does on all pages and frames, and where their pages go.

    Attributes:
        pages: The pages and frames.
        held: Takes what is typed into password fields.
        log: Called with action, target and result.
        moves: How often page 1 came to another document since the person was let in.
    """

    pages: Pages
    held: Held
    log: Log
    moves: int = 0
    _is_open: bool = False
    _is_muted: bool = False
    _reasons: dict[str, tuple[str, str]] = field(default_factory=dict)
    _histories: dict[str, tuple[list[int], int]] = field(default_factory=dict)

    def start(self) -> None:
        """Begins to listen on all pages and frames, in their documents of now and in all that follow."""
        on = self.pages.first.connection.on
        on("Runtime.bindingCalled", self._told)
        on("Page.frameRequestedNavigation", self._requested)
        on("Page.frameNavigated", self._navigated)
        on("Page.navigatedWithinDocument", self._moved)
        self.pages.each(_listen)

    async def open(self) -> None:
        """Lets the person in: from here on, what happens is not the program's doing."""
        entries, now = await _history(self.pages.first)
        self._histories[self.pages.first.id] = [entry["id"] for entry in entries], now
        self._is_open = True
        self.log("let the operator in")

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Notes no scrolling meanwhile: the program itself scrolls the page."""
        self._is_muted = True
        try:
            yield
        finally:
            self._is_muted = False

    def _told(self, event: Event, session: str) -> None:
        page = self.pages.page_of(session)
        if not page or event.get("name") != TELL:
            return
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(event["payload"])
            self.pages.use(session)
            if told["action"] == "password":
                slot = f"{session} {event['executionContextId']} {told['slot']}"
                self.held.typed(slot, str(told["value"]), is_final=bool(told["final"]))
            elif told["action"] in ACTIONS and not (self._is_muted and told["action"] == "scroll"):
                where = f"{told['path']} on {clean(str(told['page']))}"
                self.log(f"operator: {told['action']}", where, _result(page, told))

    def _requested(self, event: Event, session: str) -> None:
        """Notes why a page asks for its next document; for an address that was typed there is no such event."""
        page = self._page(session)
        if page is not None and event["frameId"] == page.target_id:
            self._reasons[session] = str(event["url"]), str(event["reason"])

    def _navigated(self, event: Event, session: str) -> None:
        frame = event["frame"]
        if "parentId" not in frame and self.pages.is_main(session) and self._is_open:
            self.moves += self.pages.page_of(session) == 1
            url, (asked, reason) = str(frame["url"]), self._reasons.pop(session, ("", ""))
            told = {"how": "document"} | ({"reason": reason} if asked.partition("#")[0] == url else {})
            self.pages.first.connection.spawn(self._came(session, url, told))

    def _moved(self, event: Event, session: str) -> None:
        page = self._page(session)
        if page is not None and event["frameId"] == page.target_id and self._is_open:
            how = f"within the document, by {event.get('navigationType', 'other')}"
            self.pages.first.connection.spawn(self._came(session, str(event["url"]), {"how": how}))

    def _page(self, session: str) -> Session | None:
        found = self.pages.sessions(self.pages.page_of(session))
        return found[0] if found and found[0].id == session else None

    async def _came(self, session: str, url: str, how: Mapping[str, str]) -> None:
        """Notes where a page has come to, and by what the browser says that it came there."""
        told: dict[str, Any] = {"page": self.pages.page_of(session), **how}
        page = self._page(session)
        if page is not None:
            with suppress(CdpError):
                told |= self._way(session, url, await _history(page, url))
        self.log("navigated", clean(url), json.dumps(told))

    def _way(self, session: str, url: str, history: tuple[list[dict[str, Any]], int]) -> dict[str, str]:
        """Gives the browser's name of the way to an entry of its history, and the direction if that is an old one."""
        entries, now = history
        ids, entry = [one["id"] for one in entries], entries[now]
        before, at = self._histories.get(session, ([], 0))
        self._histories[session] = ids, now
        if entry["url"] != url:
            return {}  # the page is already elsewhere
        way = {"transition": str(entry["transitionType"])}
        if entry["id"] not in before or now == at:
            return way
        return way | {"history": "back" if now < at else "forward"}


async def _history(page: Session, url: str = "") -> tuple[list[dict[str, Any]], int]:
    """Asks for a page's history, and waits a little for an address to be the present one.

    Returns:
        The entries, and the place of the present one.
    """
    for _ in range(ASKED):
        found = await answered(page, "Page.getNavigationHistory")
        entries, now = list(found["entries"]), int(found["currentIndex"])
        if url in {"", entries[now]["url"]}:
            break
        await asyncio.sleep(PAUSE_S)
    return entries, now


async def _listen(session: Session) -> None:
    """Puts the script into a page or frame; one that is about to begin waits for that."""
    await session.call("Runtime.addBinding", {"name": TELL, "executionContextName": WORLD})
    script = _SCRIPT.read_text(encoding="utf-8")
    parameters = {"source": script, "worldName": WORLD, "runImmediately": True}
    await session.call("Page.addScriptToEvaluateOnNewDocument", parameters)


def _result(page: int, told: Mapping[str, Any]) -> str:
    """Gives what is told of an action as JSON, addresses without credentials."""
    result = {name: told[name] for name in TOLD if told.get(name)}
    if "address" in result:
        result["address"] = clean(str(result["address"]))
    return json.dumps({"page": page, **result}, ensure_ascii=False)


def clean(url: str) -> str:
    """Puts stars in place of the credentials in an address."""
    return mask_text(url, Known(b""))
