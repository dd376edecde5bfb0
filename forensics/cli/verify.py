"""The verb verify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish, share
from forensics.cli.settings import json_option

MOST_SHOWN = 100
"""Defects that are shown to people; --json has all."""

ANSWERS = {"intact": "intact", "time": "proven in time", "attribution": "attributable"}
MARKS = {"passed": "passed", "failed": "FAILED", "not_checked": "not checked"}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="CERT",
    help="Certificate that you trust: of a time-stamp authority, for a PDF also of its signer; repeatable.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PUBLICKEY",
    help="Public key that you got from the examiner; repeatable.",
)
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="SEQ:DIGEST",
    help="Head of the ledger that was noted earlier; repeatable.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PACKET",
    help="An earlier packet of the same case; for a PDF any packet that may name it; repeatable.",
)
@json_option
def verify(
    path: Path,
    *,
    trust: tuple[Path, ...],
    keys: tuple[Path, ...],
    heads: tuple[str, ...],
    against: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Check the case, packet or sealed PDF at PATH, offline, and change nothing.

    Three answers: intact, proven in time, attributable. Trust comes from outside: without --trust and --key the last
    two are not checked. Ends with 0 if all passed, 3 if none failed but something was not checked, 10 if any failed.
    """
    from forensics.cli.verifying import verify_path

    with share("read", is_wanted=not as_json) as step:
        told = verify_path(path, trust=trust, keys=keys, heads=heads, against=against, progress=step)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for step in told["steps"]:
        yield f"{step['number']:>3}  {MARKS[step['state']]:11}  {step['name']}" + (
            f": {step['detail']}" if step["detail"] else ""
        )
    for defect in told["defects"][:MOST_SHOWN]:
        yield f"DEFECT  {defect['kind']}  {defect['where']}  {defect['detail']}"
    if len(told["defects"]) > MOST_SHOWN:
        yield f"… and {len(told['defects']) - MOST_SHOWN} more defects; --json lists all"
    for remain in told["remains"]:
        yield f"left by an interrupted run: {remain['where']}: {remain['detail']}"
    for entry in told["erased"]:
        yield f"record {entry['ref']}: erased by event {entry['by']}"
    for note in told["notes"]:
        yield f"note: {note}"
    for name, words in ANSWERS.items():
        reasons = "; ".join(told["reasons"][name])
        yield f"{words + ':':16} {MARKS[told[name]]}" + (f" ({reasons})" if reasons else "")
