"""Lets a person walk in a visible browser: tells what was clicked, never what was typed, and when to keep a view."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from forensics.web.cdp import BrowserGoneError, CdpError, Session

WORLD = "forensics"
TELL = "forensicsTell"
"""Name of the function by which the script in the isolated world reports; pages have no such function."""

_SCRIPTS = Path(__file__).parent / "scripts"
_BLOCK = 4096

Log = Callable[..., None]


class Command(StrEnum):
    """What the operator asks for on the terminal."""

    KEEP = "keep"
    END = "end"


async def watch(page: Session, log: Log) -> None:
    """Reports what a person does on a page from now on, in this document and in all that follow it.

    Args:
        page: The page's session.
        log: Called with action, target and result.

    Raises:
        CdpError: The browser refused.
        BrowserGoneError: The browser ended.
    """
    script = (_SCRIPTS / "actions.js").read_text(encoding="utf-8")
    page.connection.on("Runtime.bindingCalled", lambda event, session: _told(event, session, page=page, log=log))
    await page.call("Runtime.addBinding", {"name": TELL, "executionContextName": WORLD})
    parameters = {"source": script, "worldName": WORLD, "runImmediately": True}
    await page.call("Page.addScriptToEvaluateOnNewDocument", parameters)


def _told(event: Mapping[str, Any], session: str, *, page: Session, log: Log) -> None:
    if session != page.id or event.get("name") != TELL:
        return
    try:
        told = json.loads(event["payload"])
        action, where = str(told["action"]), str(told["path"])
    except (ValueError, KeyError, TypeError):
        return
    result = {name: told[name] for name in ("text", "address", "field", "kind", "top_px") if told.get(name)}
    log(f"operator: {action}", f"{where} on {told.get('page', '')}", json.dumps(result, ensure_ascii=False))


class Terminal:
    """Reads the operator's commands, a line each: Enter keeps the view, `q` or the end of input ends the session.

    Args:
        descriptor: An open file; None for standard input.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._waiting = b""

    async def next(self) -> Command:
        """Waits for the next command."""
        while b"\n" not in self._waiting:
            block = await self._read()
            if not block:
                return Command.END
            self._waiting += block
        line, _, self._waiting = self._waiting.partition(b"\n")
        return Command.END if line.strip().lower() in {b"q", b"quit", b"exit"} else Command.KEEP

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._descriptor, ready.set)
        except OSError:  # a regular file is always ready, and cannot be waited for
            return os.read(self._descriptor, _BLOCK)
        try:
            await ready.wait()
            return os.read(self._descriptor, _BLOCK)
        finally:
            loop.remove_reader(self._descriptor)


async def is_shown(page: Session) -> bool:
    """Whether a page is the one that its window shows; False where it is closed."""
    try:
        return bool(await page.evaluate("document.visibilityState === 'visible'", timeout_s=3.0))
    except (CdpError, BrowserGoneError):
        return False
