"""The verb state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import (
    case_argument,
    home,
    json_option,
    setup_for,
    signing_key,
    time_options,
    times,
    write_options,
)
from forensics.errors import UsageError

RECORDED = ("change", "withdraw")
"""Options that an act's record names; the others hold what was stated, and an act's record stays after a deletion."""


@click.command()
@case_argument
@click.argument("kind", required=False)
@click.option("--text", default="", help="What is stated, in words.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A member of the statement; repeatable.")
@click.option("--item", multiple=True, metavar="ITEM", help="Item that it is about or rests on; repeatable.")
@click.option("--finding", multiple=True, metavar="REF", help="Finding that it is about, as EVENT/LINE; repeatable.")
@click.option("--by", default="", help="Who states it. [default: the case's examiner]")
@click.option("--change", default="", metavar="STATEMENT", help="State this one anew; the earlier record stays.")
@click.option("--withdraw", default="", metavar="STATEMENT", help="State that this one no longer holds.")
@click.option("--list", "only_list", is_flag=True, help="List what was stated, of KIND or of all kinds.")
@write_options
@time_options
@json_option
def state(
    case: Path,
    kind: str | None,
    *,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Record what a person states for CASE: account, alias, cost, contested, mandate, author, slang, fact, collection.

    A statement is no observation of the program, and reports print it as stated. docs/statements.md lists the members
    of each KIND. Without KIND and options, everything that was stated is listed.
    """
    from forensics.cli.stating import Places, list_statements, record_statement

    wish = _wish(kind, options)
    if wish is None:
        told = list_statements(case, kind)
        emit(told, as_json=as_json, lines=lambda: _lines(told))
        return
    found = times(tsa, tsa_anchor, ntp=ntp)
    setup = setup_for(found, options=_recorded(kind, options, tsa=tsa, ntp=ntp), progress=lambda _: None)
    places = Places(case, signing_key(options["key_name"]), home(), options["wait_s"], found, setup)
    told = record_statement(places, wish)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _recorded(kind: str | None, options: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, **{name: options[name] for name in RECORDED}, **more}


def _wish(kind: str | None, options: dict[str, Any]) -> Any:
    """Gives what is to be stated; None where the statements are to be listed.

    Raises:
        UsageError: Two things were asked for at a time.
    """
    from forensics.cli.stating import Wish

    says = any(options[name] for name in ("text", "given", "item", "finding"))
    change, withdraw = options["change"], options["withdraw"]
    if options["only_list"] or not (kind or says or change or withdraw):
        if says or change or withdraw:
            raise UsageError("--list records nothing", hint="Leave it out to record a statement.")
        return None
    if withdraw and (change or kind or options["given"] or options["item"] or options["finding"]):
        raise UsageError("--withdraw stands alone", hint="Give --text beside it to say why.")
    if not (kind or change or withdraw):
        raise UsageError("no KIND was given", hint="Put it after CASE: forensics state CASE cost --set amount=300.00 …")
    items, findings = options["item"], options["finding"]
    return Wish(kind or "", options["text"], options["given"], items, findings, options["by"], change, withdraw)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    from forensics.cli.stating import lines_of

    if not told["statements"]:
        yield "nothing was stated"
    for one in told["statements"]:
        if told["stated"] in (None, one["id"]):
            yield from lines_of(one)
    for gap in told["gaps"]:
        yield f"gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    if told["time"]:
        yield told["time"]
