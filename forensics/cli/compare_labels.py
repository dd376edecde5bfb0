"""The verb compare-labels."""

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


@click.command(name="compare-labels")
@case_argument
@click.argument("first")
@click.argument("second")
@click.option("--trust-list", default="", metavar="PEM", help="Certificates by which content credentials are judged.")
@write_options
@time_options
@json_option
def compare_labels(
    case: Path,
    first: str,
    second: str,
    *,
    trust_list: str,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """State which labels are present in one and absent in the other of two copies of a work, FIRST and SECOND in CASE.

    Each is the id of an item or its locator. Whether they look like copies of one work is compared too.
    """
    from forensics.cli.comparing import Call, compare_labels_in_case

    found = times(tsa, tsa_anchor, ntp=ntp)
    with progress("compared", is_wanted=not as_json) as step:
        call = Call(
            "compare-labels",
            case,
            (first, second),
            signing_key(key_name),
            home(),
            wait_s,
            found,
            setup_for(found, options={"tsa": tsa, "ntp": ntp}, progress=step),
            settings={"trust_list": trust_list},
        )
        told = compare_labels_in_case(call)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["items"]:
        yield f"{one['id']}  {one['sha256'][:SHORT]}  {one['name']}"
    for one in told["findings"]:
        yield f"  {one['result']:14} {one['statement']}"
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]
