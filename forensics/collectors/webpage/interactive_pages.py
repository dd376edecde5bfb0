"""Knows all pages of a session with their frames, by the recorder's numbers, and which page a person has in front."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from forensics.web.cdp import CdpError, Session, TargetGoneError

ANSWER_S = 3.0
"""How long a page may take to say something of itself, in seconds."""

ASKED, PAUSE_S = 10, 0.05
"""How often a page that has just come to a document is asked, and the pause between, in seconds; it refuses early."""

SHOWN = "document.visibilityState === 'visible'"
KINDS = ("page", "iframe")

Event = Mapping[str, Any]
Work = Callable[[Session], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class _Known:
    """One page, or one frame of another site, that is there.

    Attributes:
        page: Number of the page that it belongs to.
        used: When it was used last, counted; the highest was used last of all.
    """

    session: Session
    page: int
    used: int = 0


@dataclass(slots=True)
class Pages:
    """All pages of one browser, from the first on, numbered as the recorder numbers them: in the order of appearance.

    What the recorder closes at once, because there are too many, is gone before anybody can use it.

    Attributes:
        first: Page 1.
    """

    first: Session
    _known: dict[str, _Known] = field(default_factory=dict)
    _works: list[Work] = field(default_factory=list)
    _count: int = 1
    _uses: int = 0

    def __post_init__(self) -> None:
        self._known[self.first.id] = _Known(self.first, 1)
        self.first.connection.on("Target.attachedToTarget", self._attached)
        self.first.connection.on("Target.detachedFromTarget", self._detached)

    def each(self, work: Work) -> None:
        """Has something done in every page and frame: in those that are there, and in new ones before they run."""
        self._works.append(work)
        for known in self._known.values():
            self.first.connection.spawn(work(known.session))

    def page_of(self, session: str) -> int:
        """Gives the number of the page that a session belongs to; 0 where it is none of a page."""
        known = self._known.get(session)
        return known.page if known is not None else 0

    def is_main(self, session: str) -> bool:
        """Whether a session is that of a page itself, and not of a frame in it."""
        known = self._known.get(session)
        return known is not None and known.session.kind == "page"

    def use(self, session: str) -> None:
        """Notes that a person uses a page."""
        known = self._known.get(session)
        if known is not None:
            self._uses += 1
            known.used = self._uses

    def sessions(self, page: int) -> tuple[Session, ...]:
        """Gives the session of a page and then those of its frames of other sites; nothing where it is closed."""
        found = [known.session for known in self._known.values() if known.page == page]
        is_there = any(one.kind == "page" for one in found)
        return tuple(sorted(found, key=lambda one: one.kind != "page")) if is_there else ()

    async def front(self) -> int:
        """Gives the number of the page that was used last of those that are shown; 0 where none is shown.

        Two windows may both be shown, and none has the keyboard while a person types on the terminal.
        """
        used = {known.page: 0 for known in self._known.values() if known.session.kind == "page"}
        for known in self._known.values():
            used[known.page] = max(used.get(known.page, 0), known.used)
        for page in sorted(used, key=lambda one: (used[one], one), reverse=True):
            if (sessions := self.sessions(page)) and await is_shown(sessions[0]):
                return page
        return 0

    def _attached(self, event: Event, parent: str) -> None:
        info = event["targetInfo"]
        if info["type"] not in KINDS or any(info["targetId"] == one.session.target_id for one in self._known.values()):
            return  # of another kind, or the recorder's second session
        session = Session(self.first.connection, event["sessionId"], info["targetId"], info["type"])
        if session.kind == "page":
            self._count += 1
        page = self._count if session.kind == "page" else self.page_of(parent)
        self._known[session.id] = _Known(session, page)
        self.use(session.id)
        for work in self._works:
            self.first.connection.spawn(work(session))

    def _detached(self, event: Event, _session: str) -> None:
        self._known.pop(event["sessionId"], None)


async def answered(page: Session, method: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Asks a page that may just be changing its document, and so may refuse at first.

    Raises:
        CdpError: It refused again and again.
        TargetGoneError: It was closed.
        BrowserGoneError: The browser ended.
    """
    for _ in range(ASKED):
        try:
            return await page.call(method, parameters, timeout_s=ANSWER_S)
        except TargetGoneError:
            raise
        except CdpError:
            await asyncio.sleep(PAUSE_S)
    return await page.call(method, parameters, timeout_s=ANSWER_S)


async def is_shown(page: Session) -> bool:
    """Whether a page is the one that its window shows; False where it is closed.

    Raises:
        BrowserGoneError: The browser ended.
    """
    with suppress(CdpError):
        return bool(await page.evaluate(SHOWN, timeout_s=ANSWER_S))
    return False
