"""Verbs about the case itself: new, status, log, stamp, erase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import SHORT, emit, finish
from forensics.cli.settings import (
    ask_passphrase,
    case_argument,
    home,
    json_option,
    signing_key,
    time_options,
    times,
    write_options,
)
from forensics.codec import format_time, to_json


@click.command()
@case_argument
@click.option("--title", required=True, help="Title of the case.")
@click.option("--examiner", required=True, help="Who conducts it.")
@click.option("--reference", default="", help="File number of the court or authority.")
@click.option("--organisation", default="", help="For whom the examiner works.")
@click.option(
    "--jurisdiction",
    type=click.Choice(["cn", "us", "eu", "intl"]),
    default="intl",
    show_default=True,
    help="Forum; cn adds SM3 digests.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en", "fr"]), default="en", show_default=True, help="Language of reports."
)
@write_options
@time_options
@json_option
def new(
    case: Path,
    *,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
    **opening: str,
) -> None:
    """Open a new case in the folder CASE. Makes a signing key where you have none."""
    from forensics.cli.opening import open_new

    found = times(tsa, tsa_anchor, ntp=ntp)
    told = open_new(case, opening, key_name=key_name, wait_s=wait_s, found=found, home=home(), ask=ask_passphrase)
    emit(told, as_json=as_json, lines=lambda: _new_lines(told))
    finish(told["exit_code"])


def _new_lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"case {told['id']} opened in {told['case']}"
    yield f"key  {told['key']}" + (
        "  (new; back up the folder " + told["key_folder"] + ")" if told["key_is_new"] else ""
    )
    yield f"head {told['head']}"
    yield f"time {told['time']}"
    yield "Note the key and the head somewhere else: they show later that nobody rebuilt or cut the case."


@click.command()
@case_argument
@click.option(
    "--profile", default="", metavar="NAME", help="Profile of elements, or a file. [default: by jurisdiction]"
)
@json_option
def status(case: Path, *, profile: str, as_json: bool) -> None:
    """Show what CASE holds and what it lacks: elements of proof, their exhibits, and the next step for each."""
    from forensics.cli.overview import overview_lines, told_of
    from forensics.custody.case import open_case
    from forensics.engine.overview import elements, overview
    from forensics.proof.element import load_profile

    opened = open_case(case)
    index = opened.index()
    proof = elements(opened, index, profile=load_profile(profile or opened.info.jurisdiction))
    told = told_of(overview(opened, index), proof)
    emit(told, as_json=as_json, lines=lambda: overview_lines(told))


@click.command()
@case_argument
@json_option
def log(case: Path, *, as_json: bool) -> None:
    """Show the custody log of CASE: every event, in order."""
    from forensics.custody.case import open_case

    opened = open_case(case)
    events = [
        {**to_json(event), "tool": {"name": event.tool.name, "version": event.tool.version}} for event in opened.events
    ]
    told = {"case": opened.info.id, "head": str(opened.head), "events": events, "exit_code": 0}
    emit(told, as_json=as_json, lines=lambda: _log_lines(told))


def _log_lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{'event':>6}  {'time (UTC)':27}  {'action':12} {'records':>7}  {'key':{SHORT}}  line digest"
    for event in told["events"]:
        yield (
            f"{event['seq']:>6}  {event['at']:27}  {event['action']:12} {event['records']['count']:>7}  "
            f"{event['actor'][:SHORT]}  {event['line_sha256'][:SHORT]}"
        )
    yield f"head {told['head']}"


@click.command()
@case_argument
@write_options
@time_options
@json_option
def stamp(
    case: Path,
    *,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask the authorities for the time stamps that CASE still lacks."""
    from forensics.cli.stamping import stamp_case

    found = times(tsa, tsa_anchor, ntp=ntp)
    told = stamp_case(case, signing_key(key_name), home=home(), wait_s=wait_s, found=found)
    emit(told, as_json=as_json, lines=lambda: iter(told["lines"]))
    finish(told["exit_code"])


@click.command()
@case_argument
@click.argument("item")
@click.option("--basis", required=True, help="Why it must be deleted: the legal basis, the request.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@write_options
@json_option
def erase(case: Path, item: str, *, basis: str, yes: bool, key_name: str, wait_s: float, as_json: bool) -> None:
    """Erase ITEM from CASE: its records become bare digests, its bytes are destroyed, the ledger says so.

    Reports and packets in the case that were built since the item was collected are destroyed with it. Copies that
    left the case are not reached.
    """
    from forensics.custody.erasure import erase as carry_out
    from forensics.custody.writer import writing

    if not yes:
        click.confirm(f"Erase {item} for good?", abort=True, err=True)
    with writing(case, signing_key(key_name), home=home(), verb="erase", wait_s=wait_s) as writer:
        event = carry_out(writer, item, basis=basis)
        writer.commit("checkpoint")
    told = {
        "item": item,
        "event": event.seq,
        "at": format_time(event.at),
        "exit_code": 0,
        "records": sum(len(numbers) for _, numbers in event.erased),
    }
    emit(told, as_json=as_json, lines=lambda: iter([f"{item} erased by event {event.seq}: {told['records']} records"]))
