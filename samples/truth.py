"""Counts what is true of the invented case, from the table of the scenario alone: no code of the program takes part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scenario
from export import bill_rows
from scenario import PAID, Paid, Row, Said

WORD = "换脸"


def make_truth(path: Path) -> None:
    """Writes `truth.json`."""
    made = {
        "about": "Counted by truth.py from scenario.py; amounts in minor units, times in UTC.",
        "exports": {name: _export(said, founders) for name, said, founders in _exports()},
        "integrity": {"exports/group/result.json": {"missing_id_count": 1, "orphan_count": 1, "edited_count": 2}},
        "totals": {
            "as_collected": _totals(known_account=False, matched=("yes",)),
            "as_stated": _totals(known_account=True, matched=("yes", "alias")),
        },
        "unmatched": [_shown(one) for one in PAID if one.agrees == "no"],
        "matched": [_shown(one) | {"bill": one.bill} for one in PAID if one.agrees != "no"],
        "bill_rows_alone": _alone(),
        "counted_once": {"other export": len(_twice()), "receipt": 1},
        "leads": {"edited": 1, "forwarded": 1, "list": 1},
        "without_amount": 1,
        "customers": _customers(),
        "works": [_work(path.parent, ("questioned", "repost")), _work(path.parent, ("labelled",))],
        "search": {WORD: _search()},
    }
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _exports() -> Iterable[tuple[str, list[Said], int]]:
    """Gives the messages of each export, and how many messages of the platform are before them."""
    yield "exports/group/result.json", [one for one in scenario.group() if not one.is_gone], 4
    yield "exports/group-second-member/messages.html", scenario.second_member(), 0
    yield "exports/phone-notes.csv", [one for _, one in scenario.noted()], 0
    for name in sorted(scenario.PRIVATE_TALK):
        yield f"exports/wechat/{name}.txt", scenario.private(name), 0


def _export(said: list[Said], platform: int) -> dict[str, Any]:
    accounts = {one.who for one in said} | (set(scenario.GROUP_ACCOUNTS[:4]) if platform else set())
    first = scenario.moment("06-01 20:00:00") if platform else said[0].at
    return {
        "count": len(said) + platform,
        "members": len(accounts),
        "first_at": _utc(first),
        "last_at": _utc(max(one.at for one in said)),
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _sum(payments: Iterable[Paid | Row], name: str) -> dict[str, int]:
    amounts = [one.minor for one in payments]
    start = {"paid": ""}.get(name, f"{name}_")
    return {f"{start}count": len(amounts), f"{start or 'amount_'}minor": sum(amounts)}


def _totals(*, known_account: bool, matched: tuple[str, ...]) -> dict[str, Any]:
    """Adds up each class by itself: gross, refunds apart.

    Args:
        known_account: Whether a person has stated which account is in question, so that what it paid is no income.
        matched: Which payments agree with a row of a bill.
    """
    made: dict[str, Any] = {"stated_in_chat": {}, "shown_on_screenshot": {}, "confirmed_by_bill": {}}
    for unit in sorted({one.currency for one in PAID}):
        of_unit = [one for one in PAID if one.currency == unit]
        paid = [one for one in of_unit if not one.is_refund and not (known_account and one.is_out)]
        made["stated_in_chat"][unit] = {
            **_sum(paid, "paid"),
            **_sum([one for one in paid if one.agrees in matched], "matched"),
            **_sum([one for one in of_unit if one.is_refund], "refunded"),
            **_sum([one for one in of_unit if one.is_out and not one.is_refund and known_account], "paid_out"),
        }
    amounts = [minor for _, _, minor in scenario.SCREENSHOTS.values()]
    made["shown_on_screenshot"]["CNY"] = {"count": len(amounts), "amount_minor": sum(amounts)}
    made["confirmed_by_bill"]["CNY"] = _of_bills(matched)
    return made


def _of_bills(matched: tuple[str, ...]) -> dict[str, int]:
    """Adds up the bills, which say themselves what came in and what went out."""
    rows = [one for bill in ("wechat", "alipay") for _, one in bill_rows(bill)]
    came = [one for one in rows if (one.way == "收入" if isinstance(one, Row) else not one.is_out)]
    went = [one for one in rows if (one.way == "支出" if isinstance(one, Row) else one.is_out and not one.is_refund)]
    return {
        **_sum(came, "paid"),
        **_sum([one for one in came if isinstance(one, Paid) and one.agrees in matched], "matched"),
        **_sum([one for one in rows if isinstance(one, Paid) and one.is_refund], "refunded"),
        **_sum(went, "paid_out"),
    }


def _shown(one: Paid) -> dict[str, Any]:
    return {
        "at": _utc(one.said.at),
        "sender": one.who,
        "amount_minor": one.minor,
        "currency": one.currency,
        "is_refund": one.is_refund,
        "needs_alias": one.agrees == "alias",
    }


def _alone() -> list[dict[str, Any]]:
    rows = [one for one in scenario.ROWS if one.way != "/"]
    return [{"at": _utc(scenario.moment(one.when)), "named": one.named, "amount_minor": one.minor} for one in rows]


def _twice() -> list[Paid]:
    tags = {one.tag for one in scenario.second_member()}
    return [one for one in PAID if one.tag in tags]


def _customers() -> dict[str, Any]:
    """Gives what each account paid, and for what was paid in the group the message with the delivery."""
    numbers = scenario.numbers()
    made: dict[str, Any] = {}
    for one in PAID:
        if one.is_out:
            continue
        of = made.setdefault(one.who, {"payment_count": 0, "amount_minor": {}, "deliveries": {}})
        of["payment_count"] += 1
        of["amount_minor"][one.currency] = of["amount_minor"].get(one.currency, 0) + one.minor
        if one.delivery:
            of["deliveries"][str(numbers[one.tag])] = str(numbers[one.delivery])
    return made


def _work(samples: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """Gives how far the copies of a work were posted: in the group, of which two exports exist, and in the other."""
    digests = [hashlib.sha256((samples / scenario.MEDIA[key][1]).read_bytes()).hexdigest() for key in keys]
    posts = [one for one in scenario.group() if one.file in keys]
    others = [one for one in scenario.OTHER_TALK if one.file in keys]
    members = [scenario.MEMBERS, *([scenario.OTHER_MEMBERS] if others else [])]
    return {
        "copies": digests,
        "groups": [scenario.GROUP, *([scenario.OTHER_GROUP] if others else [])],
        "posts": len(posts) + len(others),
        "members_lower": max(members),
        "members_upper": sum(members),
        "first_seen": _utc(min(one.at for one in posts)),
        "forwards": sum(bool(one.forwarded) for one in (*posts, *others)),
    }


def _search() -> dict[str, int]:
    """Counts the messages with the word, by export."""
    return {name: count for name, said, _ in _exports() if (count := sum(WORD in one.text for one in said))}
