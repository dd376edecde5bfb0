"""Speaks the Chrome DevTools Protocol over a pair of pipes: no open port, every target, one ordered stream of events.

*Source:* https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON objects that end with a zero byte.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from forensics.errors import ForensicsError

MOST_BYTES = 1 << 29
"""Longest message that is read, in bytes; Chromium's own limit for one message is below it."""

Handler = Callable[[Mapping[str, Any], str], None]
"""Takes an event's parameters and the id of the session it came from; empty for the browser itself."""


class CdpError(ForensicsError):
    """The browser refused a command, or did not answer in time."""


class CdpTimeoutError(CdpError):
    """The browser did not answer in time."""


class TargetGoneError(CdpError):
    """A page, frame or worker crashed or was closed, while the browser goes on."""


class BrowserGoneError(ForensicsError):
    """The browser ended or crashed while it was needed."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What somebody waits for, and whose session it is; empty for the browser itself."""

    future: asyncio.Future[Any]
    session: str


class Connection:
    """A connection to one browser. Commands are answered in any order, events are handled in order.

    Handlers must not wait; what takes time is given to `spawn`. An unforeseen error in a handler or a spawned task ends
    the connection, and the next command raises it, so that nothing is lost silently. Whoever waits for a page that
    crashes, or for a browser that ends, is told at once.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._waiting: dict[int, _Waiting] = {}
        self._handlers: dict[str, list[Handler]] = {}
        self._lost: dict[str, str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_id = 0
        self._failure: BaseException | None = None
        self._listener = asyncio.create_task(self._listen())
        self._listener.add_done_callback(self._ended)

    @property
    def is_open(self) -> bool:
        """Whether the browser still answers."""
        return not self._listener.done()

    @property
    def failure(self) -> BaseException | None:
        """The unforeseen error that ended the connection; None where there was none."""
        return self._failure

    def is_lost(self, session: str) -> bool:
        """Whether the target of a session crashed or was closed."""
        return session in self._lost

    def on(self, event: str, handler: Handler) -> None:
        """Has a handler called for each event of a name, for example `Network.requestWillBeSent`."""
        self._handlers.setdefault(event, []).append(handler)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Does something beside; that the browser refuses it or is gone is no failure of the connection."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def settle(self, *, timeout_s: float | None = None) -> bool:
        """Waits until everything that was spawned so far is done.

        Args:
            timeout_s: How long to wait, in seconds; None to wait as long as it takes.

        Returns:
            Whether all of it is done.
        """
        if not self._tasks:
            return True
        _, pending = await asyncio.wait(set(self._tasks), timeout=timeout_s)
        return not pending

    @contextmanager
    def promise(self, *, session: str = "") -> Iterator[asyncio.Future[Any]]:
        """Gives a future for something that an event will tell; it fails when the target or the browser goes.

        Args:
            session: Id of the target's session; empty for the browser itself.

        Raises:
            TargetGoneError: The target is gone already.
            BrowserGoneError: The browser is.
        """
        self._require(session)
        self._last_id += 1
        number = self._last_id
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(future, session)
        try:
            yield future
        finally:
            self._waiting.pop(number, None)
            if not future.cancel() and not future.cancelled():
                future.exception()

    async def call(
        self,
        method: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        session: str = "",
        timeout_s: float = 30.0,
    ) -> dict[str, Any]:
        """Sends a command and waits for its result.

        Args:
            method: For example `Page.navigate`.
            parameters: Its parameters; None for none.
            session: Id of the target's session; empty for the browser itself.
            timeout_s: How long to wait, in seconds.

        Raises:
            CdpError: The browser refused the command.
            CdpTimeoutError: It did not answer in time.
            TargetGoneError: The target crashed or was closed.
            BrowserGoneError: The browser ended.
        """
        with self.promise(session=session) as future:
            message = {"id": self._last_id, "method": method, "params": dict(parameters or {})}
            self._writer.write(json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
            try:
                answer = await asyncio.wait_for(future, timeout_s)
            except TimeoutError as error:
                raise CdpTimeoutError(f"the browser did not answer {method} within {timeout_s:g} s") from error
        if "error" in answer:
            raise CdpError(f"the browser refused {method}: {answer['error'].get('message', '')}")
        return dict(answer["result"])

    async def ended(self, *, timeout_s: float) -> bool:
        """Waits for the browser to end by itself; tells whether it did.

        Args:
            timeout_s: How long to wait, in seconds.
        """
        await asyncio.wait({self._listener}, timeout=timeout_s)
        return not self.is_open

    async def close(self) -> None:
        """Ends listening and everything that was spawned."""
        for task in (self._listener, *self._tasks):
            task.cancel()
        await asyncio.gather(self._listener, *self._tasks, return_exceptions=True)
        self._writer.close()

    def _require(self, session: str) -> None:
        if self._failure is not None:
            raise self._failure
        if not self.is_open:
            raise _gone()
        if session in self._lost:
            raise TargetGoneError(self._lost[session])

    async def _listen(self) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            while True:
                message = json.loads((await self._reader.readuntil(b"\0"))[:-1])
                if "id" in message:
                    self._answer(message)
                else:
                    self._notify(message)

    def _answer(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(message["id"])
        if waiting is not None and not waiting.future.done():
            waiting.future.set_result(message)

    def _notify(self, message: dict[str, Any]) -> None:
        method, parameters, session = message["method"], message.get("params", {}), message.get("sessionId", "")
        if method == "Inspector.targetCrashed":
            self._lose(session, "the page crashed")
        elif method == "Inspector.targetReloadedAfterCrash":
            self._lost.pop(session, None)
        elif method == "Target.detachedFromTarget":
            self._lose(parameters["sessionId"], "the page, frame or worker was closed")
        for handler in self._handlers.get(method, ()):
            handler(parameters, session)

    def _lose(self, session: str, why: str) -> None:
        self._lost.setdefault(session, why)
        for waiting in self._waiting.values():
            if waiting.session == session and not waiting.future.done():
                waiting.future.set_exception(TargetGoneError(self._lost[session]))

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, (CdpError, BrowserGoneError)):
            self._failure = self._failure or error
            self._listener.cancel()

    def _ended(self, listener: asyncio.Task[None]) -> None:
        error = None if listener.cancelled() else listener.exception()
        self._failure = self._failure or error
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(self._failure or _gone())


@dataclass(frozen=True, slots=True)
class Session:
    """One attached target: a page, a frame of another site, a worker."""

    connection: Connection
    id: str
    target_id: str = ""
    kind: str = "page"

    async def call(
        self, method: str, parameters: Mapping[str, Any] | None = None, *, timeout_s: float = 30.0
    ) -> dict[str, Any]:
        """Sends a command to this target; see `Connection.call`."""
        return await self.connection.call(method, parameters, session=self.id, timeout_s=timeout_s)

    async def evaluate(self, expression: str, *, timeout_s: float = 30.0) -> Any:
        """Evaluates an expression in the page, waits where it is a promise, and gives its value as JSON does.

        Raises:
            CdpError: The expression threw, or did not end in time.
        """
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": False}
        answer = await self.call("Runtime.evaluate", parameters, timeout_s=timeout_s)
        if "exceptionDetails" in answer:
            detail = answer["exceptionDetails"].get("text", "")
            raise CdpError(f"a script of the collector failed in the page: {detail}")
        return answer["result"].get("value")


def _gone() -> BrowserGoneError:
    return BrowserGoneError(
        "the browser ended while it was needed",
        hint="Capture the page again; where it happens each time, look at free memory and at the browser's version.",
    )


@asynccontextmanager
async def connected(read_fd: int, write_fd: int) -> AsyncIterator[Connection]:
    """Connects to a browser through the two pipe ends that this process keeps; closes them at the end."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MOST_BYTES)
    incoming, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_fd, "rb", buffering=0)
    )
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(write_fd, "wb", buffering=0)
    )
    connection = Connection(reader, asyncio.StreamWriter(transport, protocol, None, loop))
    try:
        yield connection
    finally:
        await connection.close()
        incoming.close()
