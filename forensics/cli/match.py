"""The verb match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

MOST_MEMBERS = 20
"""Contents of a group that are shown to people; `--json` has all."""


@click.command()
@case_argument
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option(
    "--export",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Write key frames and hashes into a new folder, for a search by hand.",
)
@click.option("--include-sealed", is_flag=True, help="With --export: sealed items too, unencrypted.")
@click.option(
    "--jobs", type=click.IntRange(1, 1024), default=None, help="Number of worker processes [default: one per core]."
)
@write_options
@time_options
@json_option
def match(
    case: Path,
    items: tuple[str, ...],
    *,
    export: Path | None,
    include_sealed: bool,
    jobs: int | None,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find which items of CASE, or of the named ITEMs, show the same footage or picture, whole or in part.

    Copies are found where they were compressed, reduced, cropped, mirrored, captioned or trimmed, and where a face in
    them was replaced. Nothing leaves this machine.
    """
    if include_sealed and export is None:
        raise UsageError("--include-sealed belongs to --export", hint="Add --export DIR.")
    from forensics.engine.executor import prepare

    prepare()
    from forensics.cli.matching import Wanted, find_copies

    found = times(tsa, tsa_anchor, ntp=ntp)
    options = {"export": export is not None, "include-sealed": include_sealed, "jobs": jobs, "tsa": tsa, "ntp": ntp}
    with progress("examined", is_wanted=not as_json) as step:
        setup = setup_for(found, options=options, progress=step)
        wanted = Wanted(items, export, include_sealed, jobs)
        told = find_copies(
            case, wanted, key=signing_key(key_name), home=home(), wait_s=wait_s, found=found, setup=setup
        )
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    if not told["contents"]:
        yield "nothing to compare: the case has no pictures or clips with a fingerprint"
    for one in told["findings"]:
        yield f"{one['result']:14} {one['statement']}"
        yield from _member_lines(one)
    exported = told["exported"]
    if exported:
        yield f"exported {exported['contents']} contents to {exported['folder']}"
        yield f"left out because they are sealed: {exported['left_out']}"
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]


def _member_lines(finding: Mapping[str, Any]) -> Iterator[str]:
    members = finding["members"]
    for one in members[:MOST_MEMBERS]:
        length = "" if one["duration_s"] is None else f"  {one['duration_s']:g} s"
        yield f"  {' '.join(one['items'])}  {one['sha256'][:SHORT]}  {one['width_px']}x{one['height_px']}{length}"
    if len(members) > MOST_MEMBERS:
        yield f"  and {len(members) - MOST_MEMBERS} more"
