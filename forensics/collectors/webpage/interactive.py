"""Lets a person walk in a visible browser, and keeps views of what that person sees, when asked on the terminal."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage import embedded
from forensics.collectors.webpage.interactive_actions import Actions, clean
from forensics.collectors.webpage.interactive_pages import Pages
from forensics.collectors.webpage.interactive_secrets import Held
from forensics.collectors.webpage.keep import Material, Medium
from forensics.collectors.webpage.recorder import Recorder
from forensics.collectors.webpage.views_files import View
from forensics.collectors.webpage.visit import Visit, Visited
from forensics.errors import ToolError
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Connection, Session
from forensics.web.secret_mask import Known, mask_text

LONGEST_S = 24 * 3600.0
"""How long a person may walk, in seconds."""

MOST_PAGES = 100
"""Tabs and windows of one walk; a person opens more than a page does by itself."""

CONNECT_S = 3.0
"""How long a display may take to answer, in seconds."""

X_PORT = 6000
"""TCP port of display 0. *Source:* X Window System Protocol, X11R7.7, chapter 8."""

SHOWABLE = frozenset({"http", "https", "about", "blob", "data"})
"""Schemes of addresses of which views are kept: pages, and what they write themselves. The browser's own pages show
what else the person visited."""

MAIN = "is_described"
"""Fact of a view in a walk: whether it is the one that the facts of the capture describe, the last of page 1."""

_DISPLAY = re.compile(r"(?P<host>[^:]*):(?P<number>\d+)(?:\.\d+)?")


class Command(StrEnum):
    """What the operator asks for on the terminal."""

    KEEP = "keep"
    END = "end"


class Terminal:
    """Reads the operator's commands, a line each: Enter keeps the view, `q` or the end of input ends the session.

    What follows a command stays unread, for whoever reads next.

    Args:
        descriptor: An open file; None for standard input.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        own = sys.stdin.fileno() if descriptor is None and sys.stdin is not None else None
        self._descriptor = own if descriptor is None else descriptor

    async def next(self) -> Command:
        """Waits for the next command."""
        line = b""
        while self._descriptor is not None and (character := await _character(self._descriptor)):
            if character == b"\n":
                return Command.END if line.strip().lower() in {b"q", b"quit", b"exit"} else Command.KEEP
            line += character
        return Command.END


async def _character(descriptor: int) -> bytes:
    """Waits for one character; gives nothing at the end, also where the terminal is gone."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    with suppress(OSError), _noticed(loop, descriptor, ready) as is_noticed:
        if is_noticed:
            await ready.wait()
        return os.read(descriptor, 1)
    return b""


@contextmanager
def _noticed(loop: asyncio.AbstractEventLoop, descriptor: int, ready: asyncio.Event) -> Iterator[bool]:
    """Has an event set when a file has something to read; a regular file always has, and cannot be waited for."""
    try:
        loop.add_reader(descriptor, ready.set)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        loop.remove_reader(descriptor)


def require_display(variables: Mapping[str, str]) -> None:
    """Makes sure that a visible browser has a screen to appear on.

    Args:
        variables: The environment, with `DISPLAY`.

    Raises:
        ToolError: There is none, or it does not answer.
    """
    if sys.platform != "linux":
        return
    name = variables.get("DISPLAY", "")
    hint = "Start this on a desktop, or under Xvfb: `xvfb-run -a forensics collect … --interactive`."
    if not name:
        raise ToolError("--interactive opens a window, and there is no screen: DISPLAY is not set.", hint=hint)
    found = _DISPLAY.fullmatch(name)
    if found is None:
        raise ToolError(f"DISPLAY={name} names no screen.", hint=hint)
    try:
        _reach(found["host"], int(found["number"]))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(f"the screen DISPLAY={name} does not answer: {reason}.", hint=hint) from error


def _reach(host: str, number: int) -> None:
    """Connects to a display and lets go at once."""
    if host not in {"", "unix"}:
        socket.create_connection((host, X_PORT + number), timeout=CONNECT_S).close()
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as local:
        local.settimeout(CONNECT_S)
        try:
            local.connect(f"\0/tmp/.X11-unix/X{number}")
        except OSError:
            local.connect(f"/tmp/.X11-unix/X{number}")  # noqa: S108 - where X servers listen


def require_profile(profile: Path) -> None:
    """Makes sure that a browser profile can be used. Messages do not name its path, since they get into records.

    Raises:
        ToolError: It cannot be written, or another browser uses it.

    *Source:* Chromium, chrome/browser/process_singleton_posix.cc: `SingletonLock` is a link to `HOST-PID`.
    """
    hint = "Give a folder of your own to --profile; it is made where it is not there."
    try:
        profile.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_usable = os.access(profile, os.R_OK | os.W_OK | os.X_OK)
    except OSError as error:
        raise ToolError(f"the browser profile cannot be used: {error.strerror}.", hint=hint) from error
    if not is_usable:
        raise ToolError("the browser profile cannot be used: it cannot be written.", hint=hint)
    with suppress(OSError):
        host, _, pid = str((profile / "SingletonLock").readlink()).rpartition("-")
        if host != socket.gethostname():
            hint = "Close that browser. Where none is open, delete the link SingletonLock in the profile's folder."
            raise ToolError("the browser profile is in use by a browser on another machine.", hint=hint)
        if pid.isdigit() and _is_running(int(pid)):
            hint = "Close that browser and repeat this; or use a profile of its own for captures."
            raise ToolError("the browser profile is in use by another browser.", hint=hint)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(slots=True)
class Walk:
    """A person's way through pages, with the views that were kept on it.

    Attributes:
        recorder: Records everything.
        held: What the log-in brings with it.
        actions: What the person does.
        number: Views so far.
    """

    recorder: Recorder
    held: Held
    actions: Actions
    number: int = 0
    _moves: int = 0
    _offered: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, recorder: Recorder, pages: Pages, *, held: Held) -> Walk:
        """Begins to listen, before the first page is opened."""
        actions = Actions(pages, held, recorder.log)
        actions.start()
        return cls(recorder, held, actions)

    async def go(self, visit: Visit, visited: Visited, *, terminal: Terminal) -> None:
        """Lets the person walk; keeps views at each command, and at the end.

        Args:
            visit: How pages are looked at.
            visited: Takes what is found.
            terminal: Where the commands come from.
        """
        connection = self.recorder.page.connection
        with suppress(BrowserGoneError):
            await self.actions.open()
            while await _next(terminal, connection) is Command.KEEP:
                await self._keep(visit, visited, page=await self.actions.pages.front())
            await self._end(visit, visited)
            return
        self._was_closed(visited)

    async def _end(self, visit: Visit, visited: Visited) -> None:
        """Keeps the page in front, and page 1, which the facts of the capture describe, where that is another."""
        page = await self.actions.pages.front()
        await self._keep(visit, visited, page=page)
        first = self.actions.pages.sessions(1)
        if page != 1 and first:
            with suppress(CdpError):
                await first[0].call("Page.bringToFront")
            await self._keep(visit, visited, page=1)

    def _was_closed(self, visited: Visited) -> None:
        """Says what is missing, and takes back what described a page that was left since."""
        detail = "the browser was closed before a last view was kept; what was recorded until then is kept"
        visited.gaps.append(Gap("last view", GapReason.MISSING, detail))
        recorded = self.recorder.exchanges_so_far()
        there = [one for one in visited.wanted if embedded.recorded(recorded, one.url)]
        if missing := len(visited.wanted) - len(there):
            visited.gaps.append(Gap("media", GapReason.MISSING, f"the browser was closed; {missing} were not obtained"))
        visited.wanted = there
        if self.actions.moves != self._moves:
            visited.views = [_described(view, is_main=False) for view in visited.views]
            visited.page, visited.probe, visited.scrolled, visited.texts = {}, {}, None, {}

    async def _keep(self, visit: Visit, visited: Visited, *, page: int) -> None:
        """Keeps views of one page, and what it embeds."""
        sessions = self.actions.pages.sessions(page)
        url = await _address(sessions[0]) if sessions else ""
        if urlsplit(url).scheme not in SHOWABLE:
            detail = "no page of a site was in front" if url else "no page was in front"
            self.recorder.log("view", "", detail)
            visited.gaps.append(Gap("view", GapReason.NOT_APPLICABLE if url else GapReason.MISSING, detail))
            return
        self.number += 1
        self.recorder.log("view", clean(url), f"view {self.number} of page {page}")
        moves, found = self.actions.moves, Visited(url)
        try:
            with self.actions.muted():
                await _look(replace(visit.in_folder(self.number), sessions=sessions), found)
            await self.held.look()
        finally:
            self._merge(visited, found, page=page, moves=moves)

    def _merge(self, visited: Visited, found: Visited, *, page: int, moves: int) -> None:
        """Adds one view to all; what is said of the page is that of page 1."""
        is_main = page == 1 and bool(found.page)
        if is_main:
            visited.probe, visited.page = found.probe, found.page
            visited.scrolled, visited.texts = found.scrolled, found.texts
            visited.views = [_described(view, is_main=False) for view in visited.views]
            self._moves = moves
        for view in found.views:
            named = _named(view, found.url, number=self.number, page=page)
            visited.views.append(_described(named, is_main=is_main))
        new = [one for one in found.wanted if one.url not in self._offered]
        self._offered |= {one.url: clean(found.url) for one in new}
        visited.wanted += new
        visited.made_by_script = max(visited.made_by_script, found.made_by_script)
        visited.gaps += found.gaps

    def placed(self, media: Iterable[Medium]) -> list[Medium]:
        """States of each medium on which page it was seen first."""
        return [
            replace(one, facts={**one.facts, "page_url": self._offered[one.url]}) if one.url in self._offered else one
            for one in media
        ]


async def _next(terminal: Terminal, connection: Connection) -> Command:
    """Waits for a command.

    Raises:
        BrowserGoneError: The browser ended first.
    """
    command = asyncio.create_task(terminal.next())
    end = asyncio.create_task(connection.ended(timeout_s=LONGEST_S))
    try:
        await asyncio.wait({command, end}, return_when=asyncio.FIRST_COMPLETED)
        if not connection.is_open:
            raise BrowserGoneError("the browser was closed")
        return command.result() if command.done() else Command.END
    finally:
        for task in (command, end):
            task.cancel()
        await asyncio.gather(command, end, return_exceptions=True)


async def _address(page: Session) -> str:
    with suppress(CdpError):
        return str((await page.call("Page.getFrameTree"))["frameTree"]["frame"]["url"])
    return ""


async def _look(visit: Visit, found: Visited) -> None:
    """Keeps the views, and gives the person the place back that the page was scrolled to."""
    page, place = visit.sessions[0], None
    with suppress(CdpError):
        place = (await page.call("Page.getLayoutMetrics"))["cssVisualViewport"]
    await visit.look(found)
    if place is not None:
        with suppress(CdpError):
            await page.evaluate(f"scrollTo({float(place['pageX'])}, {float(place['pageY'])})")


def _named(view: View, url: str, *, number: int, page: int) -> View:
    """Gives a view a name and facts that tell it from those of other pages."""
    path = view.path.rename(view.path.with_name(f"view-{number:02d}-{view.path.name}"))
    return replace(view, path=path, facts={**view.facts, "view": number, "page": page, "url": clean(url)})


def _described(view: View, *, is_main: bool) -> View:
    """Marks whether a view is the one that the facts of the capture describe."""
    return replace(view, facts={**view.facts, MAIN: is_main})


def described(material: Material) -> Material:
    """Leaves, of several views, the one that the facts of the capture describe: archives name views by that address."""
    return replace(material, views=tuple(view for view in material.views if view.facts.get(MAIN, True)))


def masked(views: Iterable[View], known: Known) -> tuple[View, ...]:
    """Takes known secrets and credentials in addresses out of the facts of views."""
    return tuple(replace(view, facts=_masked(view.facts, known)) for view in views)


def _masked(value: Any, known: Known) -> Any:
    if isinstance(value, str):
        return mask_text(value, known)
    if isinstance(value, Mapping):
        return {name: _masked(member, known) for name, member in value.items()}
    return [_masked(member, known) for member in value] if isinstance(value, list | tuple) else value


def without(gap: Gap, known: Known) -> Gap:
    """Takes known secrets out of a gap's words."""
    return replace(gap, what=mask_text(gap.what, known), detail=mask_text(gap.detail, known))
