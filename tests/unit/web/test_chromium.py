"""How the browser is started and ended."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from forensics import tools
from forensics.errors import ToolError, ToolMissingError
from forensics.web import chromium
from forensics.web.cdp import Session
from forensics.web.chromium import Browser, Options, launch
from tests.unit.web.test_cdp import first_page


def test_a_browser_says_what_it_is(tmp_path):
    async def session() -> Browser:
        async with launch(Options(tmp_path)) as browser:
            return browser

    browser = asyncio.run(session())
    assert browser.product.startswith("Chrome/")
    assert browser.product.partition("/")[2].split(".")[0] in browser.user_agent
    assert browser.executable_sha256 == tools.digest_of(browser.executable)
    assert browser.profile_listing == ()
    assert not any(str(tmp_path) in flag for flag in browser.flags)
    assert ("--no-sandbox" in browser.flags) == (os.geteuid() == 0)
    assert not Path(f"/proc/{browser.pid}").exists()


def test_pages_see_the_language_and_time_zone_that_were_asked_for(tmp_path):
    async def session() -> list[object]:
        options = Options(tmp_path, window_px=(800, 600), locale="zh-CN", time_zone="Asia/Shanghai")
        async with launch(options) as browser:
            page = await first_page(browser.connection)
            asked = "[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, innerWidth]"
            return list(await page.evaluate(asked))

    assert asyncio.run(session()) == ["zh-CN", "Asia/Shanghai", 800]


def test_a_profile_that_is_kept_remembers_and_says_what_was_in_it(tmp_path):
    async def visit(number: int, expression: str) -> tuple[object, tuple[str, ...]]:
        workspace = tmp_path / str(number)
        workspace.mkdir()
        async with launch(Options(workspace, profile=tmp_path / "profile")) as browser:
            page = await first_page(browser.connection)
            cookie = {"name": "session", "value": "kept", "url": "http://127.0.0.1/", "expires": time.time() + 10_000}
            if number == 1:
                await page.call("Network.setCookie", cookie)
            found = await page.call("Network.getCookies", {"urls": ["http://127.0.0.1/"]})
            return [one["value"] for one in found["cookies"]], browser.profile_listing

    assert asyncio.run(visit(1, "")) == (["kept"], ())
    cookies, listing = asyncio.run(visit(2, ""))
    assert cookies == ["kept"]
    assert "Default" in listing


def test_the_browser_makes_no_file_outside_its_workspace(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (tmp_path / "work").mkdir()
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    async def session() -> None:
        async with launch(Options(tmp_path / "work")) as browser:
            page = await first_page(browser.connection)
            await page.call("Page.navigate", {"url": "data:text/html,x"})

    asyncio.run(session())
    assert [path for path in home.rglob("*") if path.is_file() and ".pki" not in path.parts] == []


def test_a_browser_that_does_not_start_says_its_last_words(tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)

    async def session() -> None:
        async with launch(Options(tmp_path, is_visible=True, display=":4711")):
            pytest.fail("it started without a display")

    with pytest.raises(ToolError, match="does not start") as caught:
        asyncio.run(session())
    assert "$DISPLAY" in str(caught.value)


def test_a_missing_browser_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    async def session() -> None:
        async with launch(Options(tmp_path)):
            pytest.fail("it started without a program")

    with pytest.raises(ToolMissingError) as caught:
        asyncio.run(session())
    assert "chromium" in caught.value.hint


def test_a_profile_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")

    async def session() -> None:
        async with launch(Options(tmp_path, profile=tmp_path / "file" / "profile")):
            pytest.fail("it started without a profile")

    with pytest.raises(ToolError, match="cannot be used"):
        asyncio.run(session())


def test_pages_may_open_windows(tmp_path):
    async def session() -> int:
        async with launch(Options(tmp_path)) as browser:
            page: Session = await first_page(browser.connection)
            await page.evaluate("void window.open('about:blank#2')")
            targets = (await browser.connection.call("Target.getTargets"))["targetInfos"]
            return sum(1 for target in targets if target["type"] == "page")

    assert asyncio.run(session()) == 2


def test_flags_name_every_feature_once():
    assert len(set(chromium.FLAGS)) == len(chromium.FLAGS)
    assert len(set(chromium.UNWANTED)) == len(chromium.UNWANTED)
