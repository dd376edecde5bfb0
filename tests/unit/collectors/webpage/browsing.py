"""A browser for a module's tests, in an event loop of its own, and a small site to look at."""

from __future__ import annotations

import asyncio
import http.server
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forensics.web.cdp import Session
from forensics.web.chromium import Browser, Options, launch

VIEW = (1280, 800)


class Site:
    """Serves pages from memory: path to text, or to bytes and media type; notes the paths that were asked for."""

    def __init__(self, server: http.server.ThreadingHTTPServer) -> None:
        self.port = server.server_port
        self.pages: dict[str, str | tuple[bytes, str]] = {}
        self.asked: list[str] = []

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, content: str | tuple[bytes, str]) -> str:
        self.pages[path] = content
        return self.url(path)


@contextmanager
def serving() -> Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            path = self.path.partition("?")[0]
            site.asked.append(self.path)
            found = site.pages.get(path)
            body, kind = found if isinstance(found, tuple) else ((found or "").encode(), "text/html; charset=utf-8")
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """Browsers end connections as they like."""

    with Server(("127.0.0.1", 0), Handler) as server:
        site = Site(server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


class Driver:
    """Runs coroutines in the browser's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, browser: Browser) -> None:
        self.loop, self.browser = loop, browser
        self.attached: list[tuple[str, Session]] = []
        self.tabs: list[Session] = []
        browser.connection.on("Target.attachedToTarget", self._attached)
        browser.connection.on("Target.detachedFromTarget", self._detached)

    def run(self, work, timeout_s=60):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def open(self, url="", *, view=VIEW, scale=1, is_new=False):
        """Opens a page and waits until it is loaded: in the same tab each time, unless a new one is asked for."""
        return self.run(self.tab(url, view=view, scale=scale, is_new=is_new))

    async def tab(self, url="", *, view=VIEW, scale=1, is_new=False):
        if is_new or not self.tabs:
            self.tabs.append(await self._new())
        page = self.tabs[-1]
        size = {"width": view[0], "height": view[1], "deviceScaleFactor": scale, "mobile": False}
        await page.call("Emulation.setDeviceMetricsOverride", size)
        if url:
            await self.load(page, url)
        return page

    async def load(self, page, url):
        loaded = asyncio.Event()

        def on_load(_, session):
            if session == page.id:
                loaded.set()

        page.connection.on("Page.loadEventFired", on_load)
        await page.call("Page.navigate", {"url": url})
        await asyncio.wait_for(loaded.wait(), 30)

    def frames(self, page):
        """Gives the page and its frames of other sites."""
        return (page, *(one for parent, one in self.attached if parent == page.id and one.kind == "iframe"))

    async def _new(self):
        connection = self.browser.connection
        target = (await connection.call("Target.createTarget", {"url": "about:blank"}))["targetId"]
        attached = await connection.call("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Session(connection, attached["sessionId"], target)
        await page.call("Page.enable")
        following = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
        await page.call("Target.setAutoAttach", following)
        await page.call("Target.activateTarget", {"targetId": target})
        return page

    def _detached(self, event, _):
        self.attached = [one for one in self.attached if one[1].id != event["sessionId"]]

    def _attached(self, event, session):
        info = event["targetInfo"]
        child = Session(self.browser.connection, event["sessionId"], info["targetId"], info["type"])
        self.attached.append((session, child))


@contextmanager
def browsing() -> Iterator[Driver]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    ready: list[Driver] = []
    is_up, is_over = threading.Event(), asyncio.Event()

    async def serve(folder):
        try:
            async with launch(Options(folder, window_px=VIEW)) as browser:
                ready.append(Driver(loop, browser))
                is_up.set()
                await is_over.wait()
        finally:
            is_up.set()

    with tempfile.TemporaryDirectory() as folder:
        served = asyncio.run_coroutine_threadsafe(serve(Path(folder)), loop)
        is_up.wait(60)
        try:
            if not ready:
                served.result(60)
            yield ready[0]
        finally:
            loop.call_soon_threadsafe(is_over.set)
            served.result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()
