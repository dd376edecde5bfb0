"""The verb money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import case_argument, json_option

CLASSES = {
    "stated_in_chat": "stated in chats",
    "shown_on_screenshot": "shown on screenshots, as read by the examiner",
    "confirmed_by_bill": "rows of bills",
}

MOST_FILES = 5
"""Exports without a zone that are named to people; `--json` has all."""

_PAYERS = {
    "stated_in_chat": "accounts in question",
    "shown_on_screenshot": "accounts in question",
    "confirmed_by_bill": "holders of the bills",
}


@click.command()
@case_argument
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="Write the payment table into a new CSV file.",
)
@json_option
def money(case: Path, *, table: Path | None, as_json: bool) -> None:
    """Add up what chats, screenshots and bills of CASE say about payments, apart by how sure it is.

    Totals are at least: what is not in the files, or could not be read, is not in them. Refunds stand apart. Nothing is
    written to the case.
    """
    from forensics.cli.moneying import money_of

    told = money_of(case, table=table)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    from forensics.cli.tracing import problem_lines

    if not told["sources"]:
        yield "the case has no chats and no bills that were examined: collect them, then forensics analyze CASE"
    elif not told["by_certainty"]:
        yield "no payment was found in the chats and bills of the case"
    for name in CLASSES:
        for one in told["by_certainty"].get(name, {}).values():
            yield from _sum_lines(one, name)
    yield from _rest_lines(told)
    yield from problem_lines(told)
    yield from _next_lines(told)


def _sum_lines(one: Mapping[str, Any], name: str) -> Iterator[str]:
    from forensics.chats.amount import format_amount

    unit = one["currency"]
    yield f"{CLASSES[name]}: at least {format_amount(one['amount_minor'], unit)} in {one['count']} payments"
    if one["matched_count"]:
        matched = format_amount(one["matched_minor"], unit)
        yield f"  of these agree with another source: {matched} in {one['matched_count']}"
    if one["refunded_count"]:
        yield f"  refunds, not taken off: {format_amount(one['refunded_minor'], unit)} in {one['refunded_count']}"
    if one["paid_out_count"]:
        paid = format_amount(one["paid_out_minor"], unit)
        yield f"  paid, not received, by the {_PAYERS[name]}: {paid} in {one['paid_out_count']}"


def _rest_lines(told: Mapping[str, Any]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    payments = {one["id"] for one in told["payments"]}
    for one in told["unmatched"]:
        if one["id"] in payments:
            reasons[one["reason"]] = reasons.get(one["reason"], 0) + 1
    if reasons:
        listed = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
        yield f"payments in chats without a row of a bill: {listed}"
    for name, words in (
        ("duplicates", "stated twice, counted once"),
        ("possible_duplicates", "pairs that may be one payment, both counted"),
        ("without_amount", "records of payments without an amount, in no total"),
        ("leads", "messages about money that are no payments"),
    ):
        if told[name]:
            yield f"{words}: {len(told[name])}"
    if told["chains"]:
        yield f"accounts that paid: {len(told['chains'])}, each with what may belong together (leads, see --json)"
    if told["csv"]:
        yield f"payment table: {told['csv']}"


def _next_lines(told: Mapping[str, Any]) -> Iterator[str]:
    reasons = {one["reason"] for one in told["unmatched"]}
    if told["zone_unknown"]:
        yield _zone_line(told["zone_unknown"])
    elif "zone_unknown" in reasons:
        yield "next: name the zone of exports without one: forensics analyze CASE --set chats.zone=Asia/Shanghai"
    if told["payments"] and not told["bills"]:
        yield "next: collect the bills of the accounts, so that payments can be matched"
    if "ambiguous" in reasons:
        yield "next: look at the ambiguous payments; --json lists the rows that may belong to them"
    if told["payments"] and all(one["direction"] == "unknown" for one in told["payments"]):
        yield "next: state which accounts are in question, so that payments by them are not counted as received"


def _zone_line(files: Sequence[Mapping[str, Any]]) -> str:
    """Says which exports do not state their zone, and how a person does."""
    count = sum(one["payments"] for one in files)
    named = ", ".join(one["item"] or one["title"] for one in files[:MOST_FILES])
    more = f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else ""
    return (
        f"zone unknown: the times of {count} payments are local ones of a zone that their exports do not state "
        f"({named}{more}); next: forensics analyze CASE --set chats.zone=Asia/Shanghai, if that is the zone"
    )
