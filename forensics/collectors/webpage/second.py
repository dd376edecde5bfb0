"""Fetches a page once more without the browser, and compares: two independent clients, one address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from forensics.web.addresses import Answer, Policy, host_of, resolve
from forensics.web.exchange import Exchange, Headers
from forensics.web.fetch import Client, Settings
from forensics.web.fetch_compare import Comparison, Fetch, Outcome, compare
from forensics.web.fetch_trust import load_trust

TOTAL_S = 60.0
"""How long the second fetch may take, in seconds; it runs beside the browser."""


@dataclass(frozen=True, slots=True)
class SecondFetch:
    """What a plain client got.

    Attributes:
        exchanges: Its requests, in order; the last one's body is what is compared.
        answers: What the system's resolver said of the names.
        body: The body; None where there is none.
    """

    exchanges: tuple[Exchange, ...] = ()
    answers: tuple[Answer, ...] = ()
    body: Path | None = None

    def compared_with(self, first: Exchange | None) -> Comparison:
        """Compares it with what the browser got for the page's document."""
        if not self.exchanges:
            return Comparison(Outcome.NOT_MADE, detail="a plain client could not have the log-in that was used")
        last = self.exchanges[-1]
        second = Fetch(last.status, self.body, last.header("content-encoding") or "", last.refused or last.error)
        if first is None:
            return compare(Fetch(None, error="the browser had no answer"), second)
        return compare(Fetch(first.status, first.body.path, "", first.error), second)

    def numbered(self, first: int) -> tuple[Exchange, ...]:
        """Gives the exchanges with numbers that follow those of the browser, marked as fetches of a document."""
        return tuple(
            replace(one, number=first + place, is_navigation=True, resource_type="Document")
            for place, one in enumerate(self.exchanges)
        )


def fetch(url: str, folder: Path, *, policy: Policy, language: str, limit_bytes: int) -> SecondFetch:
    """Fetches an address with a plain client that says what it is.

    Args:
        url: The page.
        folder: Where bodies go; must exist.
        policy: Which addresses may be reached.
        language: Asked for as the browser does.
        limit_bytes: Longest body that is kept.

    Raises:
        StoreError: A body could not be written.
    """
    settings = Settings(connect_s=15.0, idle_s=20.0, total_s=TOTAL_S, limit_bytes=limit_bytes, attempts=1)
    client = Client.new(policy, settings=settings, trust=load_trust())
    headers: Headers = (("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("Accept-Language", language))
    fetched = client.fetch(url, folder, headers=headers)
    return SecondFetch(fetched.exchanges, fetched.answers, fetched.path)


def resolved(url: str) -> Answer:
    """Asks the system's resolver for the page's host."""
    return resolve(host_of(url))
