"""Runs the collector's scripts in a world of its own in the page, where the page's own scripts cannot change them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.web.cdp import CdpError, Session

WORLD = "forensics-views"
"""Name of the isolated world; it shares the document with the page and nothing else."""

_SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class World:
    """The isolated world of one frame; it ends with the frame's document.

    Attributes:
        session: The target that the frame belongs to.
        context: Id of the execution context.
    """

    session: Session
    context: int

    async def run(self, name: str, *arguments: Any, timeout_s: float = 30.0) -> Any:
        """Calls the function that is the file `scripts/NAME.js`, and gives its value as JSON does.

        Raises:
            CdpError: It threw, or did not end in time, or the document is gone.
            BrowserGoneError: The browser ended.
        """
        parameters = {
            "expression": f"({script(name)})({','.join(json.dumps(one) for one in arguments)})",
            "contextId": self.context,
            "returnByValue": True,
            "awaitPromise": True,
        }
        return _value(await self.session.call("Runtime.evaluate", parameters, timeout_s=timeout_s), name)

    async def on_nodes(self, name: str, nodes: list[int], *, timeout_s: float = 30.0) -> list[Any]:
        """Calls the function of a script with elements of the frame, named by their backend node ids.

        Returns:
            What the function gives for each; None for those that are no longer there.
        """
        named = {"executionContextId": self.context, "objectGroup": WORLD}
        asked = [self.session.call("DOM.resolveNode", {"backendNodeId": node, **named}) for node in nodes]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for error in answers:
            if isinstance(error, BaseException) and not isinstance(error, CdpError):
                raise error
        there = {place: one["object"] for place, one in enumerate(answers) if not isinstance(one, BaseException)}
        parameters = {
            "functionDeclaration": script(name),
            "arguments": [{"objectId": one["objectId"]} for one in there.values()],
            "returnByValue": True,
            **named,
        }
        try:
            answer = await self.session.call("Runtime.callFunctionOn", parameters, timeout_s=timeout_s)
        finally:
            await self.session.call("Runtime.releaseObjectGroup", {"objectGroup": WORLD})
        values = dict(zip(there, _value(answer, name), strict=True))
        return [values.get(place) for place in range(len(nodes))]


async def enter(session: Session, *, frame: str = "") -> World:
    """Makes the isolated world of a frame.

    Args:
        session: The target that the frame belongs to.
        frame: Id of the frame; empty for the target's own document.

    Raises:
        CdpError: There is no such frame any more.
        BrowserGoneError: The browser ended.
    """
    if not frame:
        frame = (await session.call("Page.getFrameTree"))["frameTree"]["frame"]["id"]
    made = await session.call("Page.createIsolatedWorld", {"frameId": frame, "worldName": WORLD})
    return World(session, int(made["executionContextId"]))


def script(name: str) -> str:
    """Reads a script of the collector: one JavaScript function."""
    return (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8").strip().rstrip(";")


def _value(answer: dict[str, Any], name: str) -> Any:
    if "exceptionDetails" in answer:
        thrown = answer["exceptionDetails"].get("exception", {}).get("description", "")
        raise CdpError(f"the collector's script {name} failed in the page: {thrown.splitlines()[0] if thrown else ''}")
    return _proper(answer["result"].get("value"))


def _proper(value: Any) -> Any:
    """Gives a JSON value with proper texts; see `proper`."""
    if isinstance(value, dict):
        return {proper(name): _proper(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_proper(inner) for inner in value]
    return proper(value) if isinstance(value, str) else value


def proper(text: str) -> str:
    """Puts U+FFFD where a text has half a character, which scripts can make and no file can hold.

    Source: The Unicode Standard, section 3.9, D71: isolated surrogates.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
