"""Payments on screenshots beside what chats and bills state: which of them are the same payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forensics.chats.payment import Payment
from forensics.proof.money_match import Match, Matching, match


def match_shown(
    shown: Sequence[Payment],
    stated: tuple[Sequence[Payment], Sequence[Payment]],
    matches: Sequence[Match],
    *,
    how: Matching,
    names: frozenset[str] = frozenset(),
) -> tuple[Match, ...]:
    """Matches payments on screenshots with rows of bills, and with payments of chats.

    Args:
        shown: Payments on screenshots, as an examiner read them.
        stated: Unique payments of chats, and unique rows of bills.
        matches: Payments of chats with the rows that they agree with.
        how: How payments are matched; a chat and a screenshot of it show one time, so that the narrow window holds.
        names: `name_key` of every account of the chats.

    Returns:
        Matches with rows, then those with payments of chats; `Match.row` is what the screenshot agrees with. Where
        neither number nor name tells that a row is the screenshot's, and a chat has that row, the chat must agree too.
    """
    if not shown:
        return ()
    chats, rows = stated
    by_chat, _ = match(shown, chats, how=replace(how, after=how.near), names=names)
    by_row, _ = match(shown, rows, how=how, names=names)
    pairs, of_row = {(one.payment, one.row) for one in by_chat}, {one.row: one.payment for one in matches}
    sure = [
        one
        for one in by_row
        if one.basis != "amount_and_time" or one.row not in of_row or (one.payment, of_row[one.row]) in pairs
    ]
    return (*sure, *by_chat)
