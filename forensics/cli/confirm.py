"""The verb confirm."""

from __future__ import annotations

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

RECORDED = ("zone", "is_rejected", "is_without")
"""Options that an act's record names; the others hold what the picture shows, and names."""


@click.command()
@case_argument
@click.argument("item")
@click.option("--show", "is_show", is_flag=True, help="Show what was read; record nothing.")
@click.option("--line", multiple=True, metavar="N=TEXT", help="What line N says; repeatable.")
@click.option(
    "--payment",
    multiple=True,
    metavar="MEMBERS",
    help="A payment that the picture shows, as amount=188.00,currency=CNY,…; repeatable, in place of the candidates.",
)
@click.option("--no-payment", "is_without", is_flag=True, help="The picture shows no payment.")
@click.option("--reject", "is_rejected", is_flag=True, help="What was read does not count.")
@click.option("--zone", default="", metavar="ZONE", help="Zone of the times that it shows, such as Asia/Shanghai.")
@click.option("--text", default="", help="What else you say of it.")
@click.option("--by", default="", help="Who says it. [default: the case's examiner]")
@write_options
@time_options
@json_option
def confirm(
    case: Path,
    item: str,
    *,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Say what the screenshot ITEM of CASE shows: its lines, as read or corrected, and its payments.

    Look at the picture beside the lines first: --show. Without more options, all lines are confirmed as they were read,
    and the candidates that have a whole amount as payments. Members of --payment: amount, currency, at, zone, payer,
    payee, channel, refund, memo, line.
    """
    from forensics.cli.confirming import Wish, confirm_text, lines_of
    from forensics.cli.stating import Places

    _check(options)
    found = times(tsa, tsa_anchor, ntp=ntp)
    recorded = {name: options[name] for name in RECORDED} | {"tsa": tsa, "ntp": ntp}
    setup = setup_for(found, options=recorded, progress=lambda _: None)
    places = Places(case, signing_key(options.pop("key_name")), home(), options.pop("wait_s"), found, setup)
    told = confirm_text(places, Wish(item, options.pop("line"), options.pop("payment"), **options))
    emit(told, as_json=as_json, lines=lambda: lines_of(told))
    finish(told["exit_code"])


def _check(options: dict[str, Any]) -> None:
    """Refuses what makes no sense together.

    Raises:
        UsageError: Two contrary things were said.
    """
    says = [name for name in ("line", "payment", "is_without", "is_rejected") if options[name]]
    if options["is_show"] and says:
        raise UsageError("--show records nothing", hint="Leave it out to record what you say.")
    if options["is_rejected"] and len(says) > 1:
        raise UsageError("--reject stands alone", hint="Give --text beside it to say why.")
    if options["payment"] and options["is_without"]:
        raise UsageError("--payment and --no-payment contradict each other", hint="Give one of them.")
