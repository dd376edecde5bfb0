"""Keeps what a page looks like and consists of: screenshots, rendered document, MHTML, print, and facts about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.collectors.webpage.views_dom import dom
from forensics.collectors.webpage.views_files import View, created, read_stream, why, write
from forensics.collectors.webpage.views_shots import ShotPolicy, whole_page
from forensics.collectors.webpage.views_world import enter
from forensics.model import Gap, GapReason
from forensics.web.cdp import BrowserGoneError, CdpError, Session

A4_IN = (8.27, 11.69)
"""Width and height of the paper, in inches."""

ALIVE_S = 5.0
"""How long a page may take to answer after a view of it failed, in seconds, before the others are given up."""

Taken = tuple[list[View], list[Gap]]


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """What is kept of a page beside its exchanges.

    Attributes:
        shots: How screenshots are taken.
        is_window_real: Whether a person sees the browser's window.
        timeout_s: How long the browser may take for MHTML, print or document, in seconds.
    """

    shots: ShotPolicy = field(default_factory=ShotPolicy)
    is_window_real: bool = False
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Views:
    """What was kept.

    Attributes:
        views: In the order in which they were made; those that failed are not among them.
        gaps: A gap for each view that failed or is not whole.
    """

    views: tuple[View, ...]
    gaps: tuple[Gap, ...]


async def page_facts(page: Session) -> dict[str, Any]:
    """Asks what a page says of itself and sees of the browser, free of what its scripts could put in place of it.

    Returns:
        `url title canonical_url language direction referrer charset media_type doctype mode state last_modified
        elements frame_elements`, and `browser`: `viewport_px screen_px scale user_agent languages time_zone locale
        color_scheme is_driven`. What is absent is an empty text.

    Raises:
        CdpError: The page does not answer.
        BrowserGoneError: The browser ended.
    """
    world = await enter(page)
    return dict(await world.run("facts"))


async def take(sessions: Sequence[Session], folder: Path, *, policy: ViewPolicy | None = None) -> Views:
    """Makes the views of a page as it stands, scrolled to its top; one that fails does not keep others from being made.

    Args:
        sessions: The page, then its frames of other sites, which are targets of their own.
        folder: Where the files go.
        policy: What is kept, and limits.

    Raises:
        StoreError: A file cannot be written.
    """
    page, rules = sessions[0], policy or ViewPolicy()
    views: list[View] = []
    gaps: list[Gap] = []
    steps: tuple[tuple[str, Callable[[], Awaitable[Taken]]], ...] = (
        ("screenshot-full", lambda: whole_page(page, folder, policy=rules.shots, is_window_real=rules.is_window_real)),
        ("dom", lambda: dom(sessions, folder, timeout_s=rules.timeout_s)),
        ("mhtml", lambda: _mhtml(page, folder, views=views, timeout_s=rules.timeout_s)),
        ("pdf-print", lambda: _pdf(page, folder, timeout_s=rules.timeout_s)),
    )
    is_alive = True
    for what, work in steps:
        try:
            if not is_alive:
                raise CdpError("the page does not answer any more")  # noqa: TRY301 - the same gap as where it is asked
            made, missing = await work()
            views.extend(made)
            gaps.extend(missing)
        except (CdpError, BrowserGoneError) as error:
            gaps.append(Gap(what, why(error), str(error)))
            is_alive = is_alive and await _answers(page)
    return Views(tuple(views), tuple(gaps))


async def _answers(page: Session) -> bool:
    """Whether the page still answers; one that crashed would let each further view run into its time limit."""
    try:
        await page.call("Page.getLayoutMetrics", timeout_s=ALIVE_S)
    except (CdpError, BrowserGoneError):
        return False
    return True


async def _mhtml(page: Session, folder: Path, *, views: Sequence[View], timeout_s: float) -> Taken:
    """Keeps the page in one file, unless that would keep a password."""
    if not any(view.role == "dom" and not view.facts["passwords_masked"] for view in views):
        detail = "the page's source holds a password, or could not be searched for one; MHTML would hold it too"
        return [], [Gap("mhtml", GapReason.WITHHELD, detail)]
    answer = await page.call("Page.captureSnapshot", {"format": "mhtml"}, timeout_s=timeout_s)
    path = folder / "page.mhtml"
    write(path, answer["data"].encode("utf-8", errors="replace"))
    return [View("mhtml", path, "multipart/related")], []


async def _pdf(page: Session, folder: Path, *, timeout_s: float) -> Taken:
    """Prints the page as a person would from the browser's menu, on A4, with backgrounds, without header and footer."""
    width, height = A4_IN
    parameters = {
        "printBackground": True,
        "displayHeaderFooter": False,
        "paperWidth": width,
        "paperHeight": height,
        "transferMode": "ReturnAsStream",
    }
    answer = await page.call("Page.printToPDF", parameters, timeout_s=timeout_s)
    path = folder / "print.pdf"
    with created(path) as stream:
        async for block in read_stream(page, answer["stream"], timeout_s=timeout_s):
            stream.write(block)
    facts = {"paper": "A4", "styles": "those for print, where the page has some", "backgrounds": True}
    return [View("pdf-print", path, "application/pdf", facts)], []
