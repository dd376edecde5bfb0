"""The verb exhibit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import case_argument, home, json_option, signing_key, write_options
from forensics.errors import UsageError


@click.command()
@case_argument
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option(
    "--label", default="", help="Number of the exhibit, such as 1-1. [default: the next of the first element]"
)
@click.option("--title", default="", help="What it is, in the words of the catalogue of evidence.")
@click.option("--element", multiple=True, metavar="ID", help="Element of proof that it goes to; repeatable.")
@click.option("--finding", multiple=True, metavar="REF", help="Finding, as EVENT/LINE; repeatable.")
@click.option("--remove", is_flag=True, help="Take the exhibit of this label back; its earlier records stay.")
@click.option("--list", "only_list", is_flag=True, help="List the exhibits.")
@click.option(
    "--profile", default="", metavar="NAME", help="Profile of elements, or a file. [default: by jurisdiction]"
)
@write_options
@json_option
def exhibit(case: Path, items: tuple[str, ...], *, only_list: bool, as_json: bool, **options: Any) -> None:
    """Select items and findings of CASE as an exhibit for elements of proof.

    A label that is known is changed: what is named takes the place of what it had, what is left out stays. `status`
    tells which elements have how many independent exhibits.
    """
    from forensics.cli.exhibiting import exhibit_lines, list_exhibits, make_exhibit

    wish = _wish(items, options, only_list=only_list)
    if wish is None:
        told = list_exhibits(case, options["profile"])
    else:
        key = signing_key(options["key_name"])
        told = make_exhibit(case, wish, named=options["profile"], key=key, home=home(), wait_s=options["wait_s"])
    emit(told, as_json=as_json, lines=lambda: exhibit_lines(told))
    finish(told["exit_code"])


def _wish(items: tuple[str, ...], options: dict[str, Any], *, only_list: bool) -> Any:
    """Gives what is wished; None where the exhibits are only listed."""
    from forensics.engine.exhibit import Wish

    given = items or any(options[name] for name in ("label", "title", "element", "finding", "remove"))
    if only_list and given:
        raise UsageError("--list goes with nothing but --profile", hint="List first, then select.")
    if only_list or not given:
        return None
    if options["remove"] and (items or options["title"] or options["element"] or options["finding"]):
        raise UsageError("--remove goes with --label alone", hint="To change an exhibit, name what it shall have.")
    return Wish(
        options["label"],
        options["title"],
        tuple(name.strip().upper() for name in items),
        options["finding"],
        tuple(name.strip().upper() for name in options["element"]),
        is_removed=options["remove"],
    )
