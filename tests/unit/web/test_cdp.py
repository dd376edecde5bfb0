"""The connection to a real browser: answers, events, refusals, ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from forensics.web.cdp import BrowserGoneError, CdpError, CdpTimeoutError, Connection, Session, TargetGoneError
from forensics.web.chromium import Browser, Options, launch


def run(folder: Path, work: Callable[[Browser, Session], Awaitable[None]]) -> None:
    """Does something with the first page of a browser."""

    async def session() -> None:
        async with launch(Options(folder)) as browser:
            await work(browser, await first_page(browser.connection))

    asyncio.run(session())


async def first_page(connection: Connection) -> Session:
    targets = (await connection.call("Target.getTargets"))["targetInfos"]
    target = next(one["targetId"] for one in targets if one["type"] == "page")
    attached = await connection.call("Target.attachToTarget", {"targetId": target, "flatten": True})
    return Session(connection, attached["sessionId"], target)


def test_values_of_the_page_come_back_as_json(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        assert await page.evaluate("({a: [1, 'zwei', null]})") == {"a": [1, "zwei", None]}
        assert await page.evaluate("Promise.resolve(7)") == 7
        assert await page.evaluate("undefined") is None
        assert len(await page.evaluate("'x'.repeat(5000000)")) == 5_000_000

    run(tmp_path, work)


def test_refusals_and_failures_of_scripts_are_errors(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        with pytest.raises(CdpError, match=r"refused No\.such"):
            await browser.connection.call("No.such")
        with pytest.raises(CdpError, match="script of the collector"):
            await page.evaluate("throw new Error('no')")

    run(tmp_path, work)


def test_a_command_that_takes_too_long_is_given_up(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        with pytest.raises(CdpTimeoutError, match=r"within 0.2 s"):
            await page.evaluate("new Promise(() => {})", timeout_s=0.2)
        assert await page.evaluate("1 + 1") == 2

    run(tmp_path, work)


def test_events_come_in_order_to_every_handler(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        seen: list[tuple[str, str]] = []

        def handler(event: Mapping[str, Any], session: str) -> None:
            seen.append((event["args"][0]["value"], session))

        browser.connection.on("Runtime.consoleAPICalled", handler)
        await page.call("Runtime.enable")
        await page.evaluate("for (let n = 0; n < 200; n++) console.log(String(n))")
        assert seen == [(str(number), page.id) for number in range(200)]

    run(tmp_path, work)


def test_a_page_that_crashes_fails_what_waits_for_it_and_nothing_else(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        await page.call("Inspector.enable")
        with browser.connection.promise(session=page.id) as future:
            browser.connection.spawn(page.call("Page.crash"))
            with pytest.raises(TargetGoneError):
                await asyncio.wait_for(future, 10)
        assert browser.connection.is_lost(page.id)
        started_s = time.monotonic()
        with pytest.raises(TargetGoneError):
            await page.evaluate("1")
        assert time.monotonic() - started_s < 0.5
        assert await browser.connection.call("Target.getTargets")

    run(tmp_path, work)


def test_a_page_that_is_closed_fails_what_waits_for_it(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        made = await browser.connection.call("Target.createTarget", {"url": "about:blank"})
        parameters = {"targetId": made["targetId"], "flatten": True}
        other = Session(
            browser.connection, (await browser.connection.call("Target.attachToTarget", parameters))["sessionId"]
        )
        waiting = asyncio.create_task(other.evaluate("new Promise(() => {})"))
        await asyncio.sleep(0.1)
        await browser.connection.call("Target.closeTarget", {"targetId": made["targetId"]})
        with pytest.raises(TargetGoneError, match="closed"):
            await waiting

    run(tmp_path, work)


def test_a_browser_that_is_killed_fails_everything_at_once(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        waiting = asyncio.create_task(page.evaluate("new Promise(() => {})"))
        await asyncio.sleep(0.1)
        os.kill(browser.pid, signal.SIGKILL)
        with pytest.raises(BrowserGoneError):
            await waiting
        assert not browser.connection.is_open
        assert await browser.connection.ended(timeout_s=1.0)
        with pytest.raises(BrowserGoneError):
            await page.evaluate("1")

    run(tmp_path, work)


def test_an_unforeseen_error_in_a_handler_is_not_lost(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        def handler(event: Mapping[str, Any], session: str) -> None:
            raise ZeroDivisionError("in the handler")

        browser.connection.on("Runtime.consoleAPICalled", handler)
        await page.call("Runtime.enable")
        with pytest.raises(ZeroDivisionError):
            await page.evaluate("console.log(1); new Promise(() => {})")

    with pytest.raises(ZeroDivisionError, match="in the handler"):
        run(tmp_path, work)


def test_an_unforeseen_error_in_what_was_spawned_is_not_lost(tmp_path):
    async def fail() -> None:
        raise ZeroDivisionError("beside")

    async def work(browser: Browser, page: Session) -> None:
        browser.connection.spawn(fail())
        with pytest.raises(ZeroDivisionError):
            await page.evaluate("new Promise(() => {})")

    with pytest.raises(ZeroDivisionError, match="beside"):
        run(tmp_path, work)


def test_what_was_spawned_may_be_refused(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        browser.connection.spawn(page.call("No.such"))
        assert await browser.connection.settle()
        assert await page.evaluate("1") == 1

    run(tmp_path, work)


def test_settling_ends_after_its_time(tmp_path):
    async def work(browser: Browser, page: Session) -> None:
        browser.connection.spawn(asyncio.sleep(60))
        assert not await browser.connection.settle(timeout_s=0.1)

    run(tmp_path, work)
