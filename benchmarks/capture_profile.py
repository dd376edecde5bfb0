"""Runs one verb with a clock around each step of a capture, and writes the times down.

By hand: `python -m benchmarks.capture_profile TIMES.json collect CASE URL …`.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One step of a capture.

    Attributes:
        name: What the table calls it; a name that ends with `: ` is completed by the first argument's verb.
        depth: 1 for a step within the one above it, and so on.
        module: Where the step is called from, below the package.
        attribute: The name that is called there, with its class where it is a method.
        kind: `call`; `enter` or `leave` for the two ends of a context manager.
        is_beside: Whether the capture goes on meanwhile.
    """

    name: str
    depth: int
    module: str
    attribute: str
    kind: str = "call"
    is_beside: bool = False


_SESSION, _VISIT = "collectors.webpage.session", "collectors.webpage.visit"
_VIEWS, _KEEP = "collectors.webpage.views", "collectors.webpage.keep"

CAPTURE = Step("capture of one page", 0, _SESSION, "capture")
STEPS = (
    CAPTURE,
    Step("process for the archives: start", 1, "web.wacz_service", "Service.warm"),
    Step("browser: start", 1, _SESSION, "launch", "enter"),
    Step("recorder: start", 1, _SESSION, "Recorder.start"),
    Step("pre-flight", 1, _SESSION, "preflight.gather"),
    Step("video: start, to its first picture", 1, _SESSION, "SessionVideo.start"),
    Step("local pages shown, two", 1, _SESSION, "_Capture._show"),
    Step("the visit", 1, _SESSION, "within"),
    Step("open: load", 2, _VISIT, "Recorder.navigate"),
    Step("open, scroll, end: waits for a quiet network", 2, _VISIT, "Recorder.idle"),
    Step("first view", 2, _VISIT, "first_view"),
    Step("state of the page", 2, _VISIT, "Visit._probe"),
    Step("scroll (its waits are counted above, too)", 2, _VISIT, "scroll"),
    Step("facts of the page", 2, _VISIT, "page_facts"),
    Step("video: held", 2, _VISIT, "SessionVideo.held", "enter"),
    Step("views", 2, _VISIT, "take"),
    Step("whole page in tiles", 3, _VIEWS, "whole_page"),
    Step("document", 3, _VIEWS, "dom"),
    Step("MHTML", 3, _VIEWS, "_mhtml"),
    Step("print", 3, _VIEWS, "_pdf"),
    Step("video: goes on", 2, _VISIT, "SessionVideo.held", "leave"),
    Step("what is visible", 2, _VISIT, "see"),
    Step("media", 2, _SESSION, "_Capture._obtain"),
    Step("fetch by a plain client", 2, _SESSION, "second.fetch", is_beside=True),
    Step("recorder: end", 1, _SESSION, "Recorder.finish"),
    Step("keep", 1, _SESSION, "_Capture._keep"),
    Step("checks at the end", 2, _SESSION, "preflight.after"),
    Step("secrets taken out", 2, _SESSION, "clean"),
    Step("views put", 2, _KEEP, "Keeper.views"),
    Step("media put", 2, _KEEP, "Keeper.media"),
    Step("archives", 2, _KEEP, "Keeper.archive"),
    Step("WARC written", 3, _KEEP, "warc.write"),
    Step("warcio check", 3, "web.wacz", "check"),
    Step("wacz ", 3, "web.wacz", "_ask"),
    Step("WACZ looked through", 3, "web.wacz", "_inspect"),
    Step("logs put", 2, _KEEP, "Keeper.logs"),
    Step("video: last picture, end of the encoder, put", 1, _SESSION, "_Capture._keep_video"),
    Step("last picture", 2, "collectors.webpage.video", "SessionVideo._last"),
    Step("end of the encoder", 2, "collectors.webpage.video", "Encoder.finish"),
    Step("browser: end", 1, _SESSION, "launch", "leave"),
    Step("workspace wiped", 1, "engine.sink", "StagingSink.workspace", "leave"),
    Step("staged (in the steps above)", 1, "engine.sink", "StagingSink.put", is_beside=True),
    Step("commit", 0, "engine.batch", "Batch.flush"),
    Step("start of the act: self-test, clocks, versions", 0, "engine.act", "begin"),
    Step("examination at once, in a process of its own", 0, "engine.collect", "look"),
)


class Clock:
    """Adds up the time of each step, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)

    def add(self, name: str, seconds: float) -> None:
        """Adds one run of a step."""
        with self._lock:
            self.seconds[name] += seconds
            self.calls[name] += 1

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Times what is done within."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    def told(self) -> dict[str, Any]:
        """Gives seconds and runs of every step."""
        return {name: {"seconds": self.seconds[name], "calls": self.calls[name]} for name in self.seconds}


class _Ends:
    """A context manager whose two ends are timed."""

    def __init__(self, inner: Any, clock: Clock, names: Mapping[str, str]) -> None:
        self._inner, self._clock, self._names = inner, clock, names

    @contextmanager
    def _timed(self, end: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            if end in self._names:
                self._clock.add(self._names[end], time.perf_counter() - started)

    def __enter__(self) -> Any:
        with self._timed("enter"):
            return self._inner.__enter__()

    def __exit__(self, *error: object) -> Any:
        with self._timed("leave"):
            return self._inner.__exit__(*error)

    async def __aenter__(self) -> Any:
        with self._timed("enter"):
            return await self._inner.__aenter__()

    async def __aexit__(self, *error: object) -> Any:
        with self._timed("leave"):
            return await self._inner.__aexit__(*error)


def watch(clock: Clock) -> None:
    """Puts the clock around every step, where its caller finds it."""
    for place in {(one.module, one.attribute) for one in STEPS}:
        steps = [one for one in STEPS if (one.module, one.attribute) == place]
        owner: Any = import_module(f"forensics.{place[0]}")
        *names, last = place[1].split(".")
        for name in names:
            owner = getattr(owner, name)
        if hasattr(owner, last):
            setattr(owner, last, _timed(getattr(owner, last), steps, clock))
        else:
            sys.stderr.write(f"{'.'.join(place)} is not there; the table has no line for {steps[0].name!r}\n")


def _timed(function: Callable[..., Any], steps: list[Step], clock: Clock) -> Callable[..., Any]:
    name = steps[0].name
    if steps[0].kind != "call":
        ends = {one.kind: one.name for one in steps}
        return wraps(function)(lambda *given, **named: _Ends(function(*given, **named), clock, ends))
    if iscoroutinefunction(function):

        @wraps(function)
        async def later(*given: Any, **named: Any) -> Any:
            with clock.running(name):
                return await function(*given, **named)

        return later

    @wraps(function)
    def now(*given: Any, **named: Any) -> Any:
        with clock.running(name + (given[0]["verb"] if name.endswith(" ") else "")):
            return function(*given, **named)

    return now


def lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Writes the times as rows of a Markdown table: milliseconds a page, and the share of a capture."""
    pages = told[CAPTURE.name]["calls"]
    whole = told[CAPTURE.name]["seconds"]
    yield "| step | ms a page | share |"
    yield "|---|---|---|"
    for step in STEPS:
        for name in [
            one for one in told if one == step.name or (step.name.endswith(" ") and one.startswith(step.name))
        ]:
            seconds = told[name]["seconds"]
            share = "beside" if step.is_beside else f"{seconds / whole:.0%}"
            yield f"| {'– ' * step.depth}{name} | {seconds / pages * 1000:.0f} | {share} |"


def main() -> None:
    """Runs the verb that the command line names after the file for the times."""
    clock = Clock()
    watch(clock)
    from forensics.cli import main as run

    target, sys.argv = Path(sys.argv[1]), ["forensics", *sys.argv[2:]]
    started = time.perf_counter()
    with suppress(SystemExit):
        run()
    clock.add("whole", time.perf_counter() - started)
    target.write_text(json.dumps(clock.told()), encoding="utf-8")


if __name__ == "__main__":
    main()
