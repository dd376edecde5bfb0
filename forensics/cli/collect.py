"""The verb collect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import SHORT, emit, finish, progress
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
from forensics.model import Sensitivity

MOST_SHOWN = 200
"""Items that are shown to people; --json has all."""

RECORDED = ("sensitivity", "jobs", "interactive", "allow_private", "locale", "time_limit", "comments")
"""Options that an act's record names; the others name people, places or secrets."""

WALK = "Walk in the window. Enter here keeps a view of the page in front; q and Enter keep a last one and end."
"""What an operator must know who is let into a browser."""

ACCESS_MODES = ("public", "own_account", "invited_member", "witness_supplied", "provider_return", "court_order")


@click.command()
@case_argument
@click.argument("locators", nargs=-1, metavar="LOCATOR...")
@click.option(
    "--from", "from_list", type=click.File("rb"), help="File with one locator a line, or - for standard input."
)
@click.option("--collector", "collector_name", default=None, help="Use this collector alone.")
@click.option("--note", default="", help="What you want to remember of it; facts only.")
@click.option(
    "--sensitivity",
    type=click.Choice([str(level) for level in Sensitivity]),
    default="normal",
    show_default=True,
    help="From intimate on, bytes are encrypted and reports show nothing.",
)
@click.option("--received-from", default="", help="Who handed the material over.")
@click.option("--received-at", default="", help="When it was handed over, as stated.")
@click.option("--device", default="", help="Device or account it comes from, and the way of export.")
@click.option("--access-mode", type=click.Choice(ACCESS_MODES), default=None, help="How access was obtained.")
@click.option("--legal-basis", default="", help="Authority or legal basis of the collection.")
@click.option("--again", multiple=True, metavar="ITEM", help="Capture a known address anew and compare; repeatable.")
@click.option("--jobs", type=click.IntRange(1, 16), default=2, show_default=True, help="Addresses captured at a time.")
@click.option("--resume/--no-resume", default=True, help="With --from: leave addresses that were captured whole.")
@click.option(
    "--interactive", is_flag=True, help="Open a visible browser, log in and walk; Enter here keeps a view, q ends."
)
@click.option(
    "--profile", type=click.Path(path_type=Path, file_okay=False), help="Browser profile with a log-in made before."
)
@click.option("--allow-private", is_flag=True, help="Let public pages request private network addresses.")
@click.option("--proxy", default="", metavar="URL", help="Fetch through this proxy; without it none is used.")
@click.option("--locale", default="", metavar="TAG", help="Language to ask servers for. [default: the case's]")
@click.option("--time-limit", type=float, default=180.0, show_default=True, metavar="SECONDS", help="Most time a page.")
@click.option("--comments", is_flag=True, help="Of platform pages, fetch the comments too.")
@write_options
@time_options
@json_option
def collect(
    case: Path,
    locators: tuple[str, ...],
    *,
    from_list: Any,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Capture pages, media, files and folders into CASE.

    A page is captured by a real browser: every exchange with its servers, views, embedded media, and the state of this
    machine before. An address that ends like a picture, sound or clip is fetched as it is. Every file becomes one item,
    with the digests of its bytes. What cannot be obtained is recorded as a gap.
    """
    from forensics.cli.collecting import Wanted, collect_into

    wanted = Wanted(locators, tuple(_listed(from_list)), options.pop("again"))
    if wanted.is_empty:
        raise UsageError("nothing to collect was named", hint="Give addresses, files, folders or --from LIST.")
    _prepare(options, reads_input=from_list is not None and from_list.name == "<stdin>")
    found = times(tsa, tsa_anchor, ntp=ntp)
    with progress("collected", is_wanted=not as_json) as step:
        recorded = {name: options[name] for name in RECORDED} | {"tsa": tsa, "ntp": ntp}
        setup = setup_for(found, options=recorded, progress=step, jobs=options["jobs"])
        told = collect_into(
            case, wanted, key=signing_key(options["key_name"]), home=home(), found=found, setup=setup, options=options
        )
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _prepare(options: dict[str, Any], *, reads_input: bool) -> None:
    """Makes sure that a person can walk and a profile can be used, both one address at a time, before anything begins.

    Raises:
        UsageError: The terminal is wanted for two things.
        ToolError: There is no screen, or the profile cannot be used.
    """
    if not (options["interactive"] or options["profile"]):
        return
    import os

    from forensics.collectors.webpage.interactive import require_display, require_profile

    options["jobs"] = 1
    if options["profile"]:
        require_profile(options["profile"])
    if options["interactive"]:
        if reads_input:
            raise UsageError("--interactive reads commands from the terminal.", hint="Give --from the name of a file.")
        require_display(os.environ)
        click.echo(WALK, err=True)


def _listed(stream: Any) -> Iterator[str]:
    """Reads locators, one a line; names that are not UTF-8 are kept as they are."""
    import os

    for line in stream or ():
        if locator := line.rstrip(b"\r\n"):
            yield os.fsdecode(locator)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    if told["skipped"]:
        yield f"{len(told['skipped'])} addresses have a whole capture already and were left; --no-resume captures them"
    for item in told["items"][:MOST_SHOWN]:
        digest = (item["sha256"] or "-" * SHORT)[:SHORT]
        yield f"{item['id']}  {item['outcome']:8}  {digest}  {item['locator']}"
        for gap in item["gaps"]:
            yield f"           {gap['why']}: {gap['what']}: {gap['detail']}"
    if len(told["items"]) > MOST_SHOWN:
        yield f"… and {len(told['items']) - MOST_SHOWN} more; --json lists all"
    for kind, results in told["findings"].items():
        yield f"{kind}: " + ", ".join(f"{number} {result}" for result, number in results.items())
    for gap in told["gaps"]:
        yield f"gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]
