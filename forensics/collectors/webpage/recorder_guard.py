"""Decides over every request before it leaves: private addresses, service workers, questions for passwords."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from forensics.collectors.webpage.recorder_ledger import Ledger
from forensics.collectors.webpage.recorder_network import Traffic
from forensics.collectors.webpage.recorder_targets import Targets
from forensics.web.addresses import Answer, Policy, Verdict, resolve
from forensics.web.cdp import Connection

RESOLVE_S = 10.0
"""How long a name may take to be resolved, in seconds; after that the browser may try by itself."""
RESOLVERS = 4
"""How many names are resolved at a time."""
INSIDE = ("blob", "chrome", "chrome-error", "chrome-extension", "chrome-untrusted", "data", "devtools", "filesystem")
"""Schemes of the browser itself, for example of its reader of PDF documents: nothing leaves it."""

Event = Mapping[str, Any]


class Guard:
    """Refuses what the policy forbids. What passes is also judged by the browser, by the address it connects to.

    *Not done:* WebSockets do not wait for a decision here; the browser alone judges them.

    Args:
        connection: To the browser.
        policy: Which addresses may be reached.
        targets: Tells which session is a service worker's.
        traffic: Where refusals are noted.
        ledger: Where they are written down.
        is_proxied: Whether the peer of connections is a proxy, so that its address tells nothing.
        on_unseen: Called with events of requests that the browser makes without telling of them: downloads.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        policy: Policy,
        targets: Targets,
        traffic: Traffic,
        ledger: Ledger,
        is_proxied: bool,
        on_unseen: Callable[[Event, str, str], None],
    ) -> None:
        self._connection, self._policy, self._targets = connection, policy, targets
        self._traffic, self._ledger, self._on_unseen = traffic, ledger, on_unseen
        self._is_proxied = is_proxied
        self._verdicts: dict[tuple[str, str], asyncio.Task[Verdict]] = {}
        self._is_closed = False
        self._resolver = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")
        connection.on("Fetch.requestPaused", self._paused)
        connection.on("Fetch.authRequired", self._challenged)

    def close(self) -> None:
        """Lets nothing out from now on, and ends the threads that resolve names, without waiting for slow ones."""
        self._is_closed = True
        self._resolver.shutdown(wait=False, cancel_futures=True)

    async def judge(self, url: str) -> str:
        """Says why a URL may not be requested; empty where it may."""
        if self._is_closed:
            return "the session is over"
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc.rpartition("@")[2])
        if key not in self._verdicts:
            self._verdicts[key] = asyncio.create_task(self._verdict(url))
        return (await asyncio.shield(self._verdicts[key])).refused

    def judge_peer(self, address: str) -> str:
        """Says why an answer from an address may not be kept; empty where it may.

        Args:
            address: Address of the peer; empty where there was none.
        """
        if self._is_proxied or not address:
            return ""
        return self._policy.refusal_of(address)

    async def _verdict(self, url: str) -> Verdict:
        if self._policy.allow_private:
            return self._policy.judge(url, resolver=Answer, in_browser=True)
        judge = partial(self._policy.judge, url, resolver=resolve, in_browser=True)
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._resolver, judge), RESOLVE_S)
        except TimeoutError:
            return Verdict()

    def _paused(self, event: Event, session: str) -> None:
        self._connection.spawn(self._decide(event, session))

    async def _decide(self, event: Event, session: str) -> None:
        url = str(event["request"]["url"])
        is_answer = "responseStatusCode" in event or "responseErrorReason" in event
        why = "" if is_answer else await self._refusal(url, session)
        if why:
            self._refused(event, session, why=why)
            parameters = {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
            await self._connection.call("Fetch.failRequest", parameters, session=session)
            return
        is_unseen = "networkId" not in event
        if is_unseen and is_answer:
            self._on_unseen(event, session, "")
        parameters = {"requestId": event["requestId"]}
        extra = {"interceptResponse": True} if is_unseen and not is_answer else {}
        await self._connection.call("Fetch.continueRequest", parameters | extra, session=session)

    async def _refusal(self, url: str, session: str) -> str:
        if self._targets.kind_of(session) == "service_worker":
            return "service workers are blocked"
        return "" if urlsplit(url).scheme in INSIDE else await self.judge(url)

    def _refused(self, event: Event, session: str, *, why: str) -> None:
        url = str(event["request"]["url"])
        self._ledger.log("refuse", url, why)
        if "networkId" in event:
            self._traffic.refuse(event["networkId"], url=url, why=why)
        else:
            self._on_unseen(event, session, why)

    def _challenged(self, event: Event, session: str) -> None:
        challenge = event["authChallenge"]
        text = f"{challenge.get('scheme', '')} {challenge.get('realm', '')}".strip()
        page = self._targets.page_of(session)
        self._ledger.dialog("http-authentication", text, answer="denied", url=str(event["request"]["url"]), page=page)
        answer = {"requestId": event["requestId"], "authChallengeResponse": {"response": "CancelAuth"}}
        self._connection.spawn(self._connection.call("Fetch.continueWithAuth", answer, session=session))
