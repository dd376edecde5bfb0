"""Attaches to every page, frame and worker before its first request, and knows where in the session each belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from forensics.collectors.webpage.recorder_ledger import Ledger
from forensics.collectors.webpage.recorder_network import Place
from forensics.collectors.webpage.recorder_record import MIB, Limits, PopUp
from forensics.model import GapReason
from forensics.web.cdp import CdpError, Connection, Session, TargetGoneError

START_S = 30.0
"""How long the browser may take to give its first page, in seconds."""

Commands = tuple[tuple[str, Mapping[str, Any]], ...]

AUTO_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
LEFT_ALONE = ("browser", "browser_ui", "tab")
"""Kinds of targets that are not the page's: the browser's own surface."""

RECORDED = ("page", "iframe", "worker", "shared_worker")
"""Kinds of targets that make requests of their own."""

FETCH: Commands = (("Fetch.enable", {"patterns": [{"urlPattern": "*"}], "handleAuthRequests": True}),)
"""Has every request wait for a decision, and every question for a password be answered with no."""

RUN: Commands = (("Runtime.runIfWaitingForDebugger", {}),)


HELPED = ("page", "iframe")
"""Kinds of targets that a second session helps with.

Bodies are kept as they came, byte for byte, only under `Network.configureDurableMessages`. But a session that asks for
that cannot give the start of a body that is still coming. So one session asks, and the other listens.
"""
EARLY = 16 * MIB
"""How much of a body may come before it is asked for as a stream, in bytes; seen were a few hundred kilobytes."""


def keep_bytes(limits: Limits) -> Commands:
    """Has the browser keep bodies as they came; otherwise it gives texts in another encoding."""
    buffers = {"maxTotalBufferSize": 2 * limits.body_bytes, "maxResourceBufferSize": limits.body_bytes}
    return (("Network.configureDurableMessages", buffers),)


def commands_for(kind: str, *, limits: Limits) -> Commands:
    """Gives the commands that prepare a target, in their order; the last one lets it run.

    A service worker is let run only so that the request for its script can be refused: a page that waits for it to be
    registered is then told that this failed.

    Args:
        kind: Kind of target, as `Target.TargetInfo` has it.
        limits: How much of a body the browser is to keep for us.
    """
    if kind == "service_worker":
        return (*FETCH, *RUN)
    network: Commands = (
        ("Target.setAutoAttach", AUTO_ATTACH),
        *(() if kind in HELPED else keep_bytes(limits)),
        ("Network.enable", {"maxTotalBufferSize": EARLY, "maxResourceBufferSize": EARLY, "maxPostDataSize": EARLY}),
        ("Network.setCacheDisabled", {"cacheDisabled": True}),
        ("Network.setBypassServiceWorker", {"bypass": True}),
        *FETCH,
        ("Inspector.enable", {}),
        ("Runtime.enable", {}),
        ("Log.enable", {}),
    )
    if kind not in HELPED:
        return (*network, *RUN)
    return (*network, *_PAGE, *RUN)


_PAGE: Commands = (
    ("Page.enable", {}),
    ("Page.setLifecycleEventsEnabled", {"enabled": True}),
    ("Page.setInterceptFileChooserDialog", {"enabled": True, "cancel": True}),
    ("Page.setPrerenderingAllowed", {"isAllowed": False}),
    ("Security.enable", {}),
)


@dataclass(frozen=True, slots=True)
class _Attached:
    """A target that is attached to.

    Attributes:
        page: Number of the page that it belongs to.
    """

    session: Session
    page: int


class Targets:
    """All targets of a session: the first page is 1, and what is opened from there belongs to a page of this list.

    Attributes:
        pop_ups: Pages that pages opened.
    """

    def __init__(self, connection: Connection, *, limits: Limits, ledger: Ledger) -> None:
        self._connection, self._limits, self._ledger = connection, limits, ledger
        self._attached: dict[str, _Attached] = {}
        self._parents: dict[str, str] = {}
        self._pages: dict[str, int] = {}
        self._first: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self.pop_ups: list[PopUp] = []
        connection.on("Target.attachedToTarget", self._attach)
        connection.on("Target.detachedFromTarget", self._detach)
        connection.on("Target.targetInfoChanged", self._changed)
        connection.on("Inspector.targetCrashed", self._crashed)
        connection.on("Page.frameAttached", self._frame)

    async def start(self) -> Session:
        """Attaches to what there is and to all that will be, and gives the first page once it is prepared.

        Raises:
            CdpError: The browser has no page, or refuses.
            BrowserGoneError: The browser ended.
        """
        kinds = [*({"type": kind, "exclude": True} for kind in LEFT_ALONE), {}]
        await self._connection.call("Target.setAutoAttach", {**AUTO_ATTACH, "filter": kinds})
        await self._connection.call("Target.setDiscoverTargets", {"discover": True, "filter": kinds})
        try:
            return await asyncio.wait_for(self._first, START_S)
        except TimeoutError as error:
            raise CdpError("the browser opened no page") from error

    def page_of(self, session: str) -> int:
        """Gives the number of the page that a session belongs to; 1 where that is unknown."""
        found = self._attached.get(session)
        return found.page if found is not None else 1

    def kind_of(self, session: str) -> str:
        """Gives the kind of a session's target; empty where it is unknown."""
        found = self._attached.get(session)
        return found.session.kind if found is not None else ""

    def place(self, session: str, frame: str) -> Place:
        """Tells where a request belongs.

        Args:
            session: Session that told of it.
            frame: Id of its frame; empty for a worker's.
        """
        depth = 0
        while frame in self._parents and depth <= len(self._parents):
            frame, depth = self._parents[frame], depth + 1
        return Place(self.page_of(session), depth)

    def sessions(self, kind: str, *, page: int) -> tuple[Session, ...]:
        """Gives the sessions of one kind that belong to a page and are still there."""
        return tuple(
            attached.session
            for attached in self._attached.values()
            if attached.session.kind == kind and attached.page == page
            if not self._connection.is_lost(attached.session.id)
        )

    def _attach(self, event: Mapping[str, Any], parent: str) -> None:
        info, session_id = event["targetInfo"], event["sessionId"]
        if info["type"] in HELPED and any(info["targetId"] == one.session.target_id for one in self._attached.values()):
            return  # the second session, which only keeps bytes
        session = Session(self._connection, session_id, info["targetId"], info["type"])
        page = self._page(info) if session.kind == "page" else self.page_of(parent)
        if page:
            self._attached[session_id] = _Attached(session, page)
            self._connection.spawn(self._prepare(session))
        else:
            self._connection.spawn(self._connection.call("Target.closeTarget", {"targetId": session.target_id}))

    def _page(self, info: Mapping[str, Any]) -> int:
        """Numbers a page; 0 where there are too many."""
        number = self._pages.get(info["targetId"]) or len(self._pages) + 1
        if number > self._limits.pages:
            detail = f"more than {self._limits.pages} pages were opened; further ones were closed at once"
            self._ledger.gap("pop-ups", GapReason.LIMIT, detail=detail)
            number = 0
        else:
            self._pages[info["targetId"]] = number
        if number != 1:
            self._opened(info, number)
        return number

    def _opened(self, info: Mapping[str, Any], number: int) -> None:
        opener = self._pages.get(info.get("openerId", ""), 0)
        url = str(info.get("url", ""))
        self.pop_ups.append(PopUp(number, url, datetime.now(UTC), opener))
        self._ledger.log("pop-up", url, f"page {number}" if number else "closed: too many pages")

    async def _prepare(self, session: Session) -> None:
        """Sends all commands at once, in order: some are answered only when the target runs."""
        commands = [(session, *command) for command in commands_for(session.kind, limits=self._limits)]
        if session.kind in HELPED:
            helper = await self._helper(session)
            commands = [*((helper, *command) for command in keep_bytes(self._limits)), *commands]
        answers = await asyncio.gather(
            *(target.call(method, parameters) for target, method, parameters in commands), return_exceptions=True
        )
        for (_, method, _), answer in zip(commands, answers, strict=True):
            if isinstance(answer, BaseException):
                self._judge(session, method, error=answer)
        if self._pages.get(session.target_id) == 1 and not self._first.done():
            self._first.set_result(session)

    async def _helper(self, session: Session) -> Session:
        """Attaches to a target a second time."""
        parameters = {"targetId": session.target_id, "flatten": True}
        answer = await self._connection.call("Target.attachToTarget", parameters)
        return Session(self._connection, answer["sessionId"], session.target_id, session.kind)

    def _judge(self, session: Session, method: str, *, error: BaseException) -> None:
        """Takes a command that failed: most kinds of targets lack some, but without `Network` nothing is recorded."""
        if not isinstance(error, CdpError):
            raise error
        if method == "Network.enable" and session.kind in RECORDED and not isinstance(error, TargetGoneError):
            what = f"requests of a {session.kind.replace('_', ' ')} of page {self.page_of(session.id)}"
            self._ledger.gap(what, GapReason.FAILED, detail=str(error))

    def _detach(self, event: Mapping[str, Any], _session: str) -> None:
        self._attached.pop(event["sessionId"], None)

    def _changed(self, event: Mapping[str, Any], _session: str) -> None:
        info = event["targetInfo"]
        number = self._pages.get(info["targetId"], 0)
        self.pop_ups = [
            replace(one, url=str(info["url"])) if number > 1 and one.page == number else one for one in self.pop_ups
        ]

    def _crashed(self, _event: Mapping[str, Any], session: str) -> None:
        found = self._attached.get(session)
        if found is not None:
            what = f"page {found.page}" if found.session.kind == "page" else f"a frame or worker of page {found.page}"
            self._ledger.gap(what, GapReason.FAILED, detail="it crashed; nothing is recorded of it from then on")
            self._ledger.log("crash", what)

    def _frame(self, event: Mapping[str, Any], _session: str) -> None:
        self._parents[event["frameId"]] = event["parentFrameId"]
