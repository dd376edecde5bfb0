"""The verb doctor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import home, json_option, time_options, times


@click.command()
@click.option("--online", is_flag=True, help="Ask the configured authorities and time servers too.")
@time_options
@json_option
def doctor(*, online: bool, as_json: bool, **time: Any) -> None:
    """Show what this machine can do, and the command that mends what it cannot.

    Asks nothing outside of this machine unless --online is given.
    """
    from forensics.cli.checkup import examine_machine

    found = times(time["tsa"], time["tsa_anchor"], ntp=time["ntp"])
    told = examine_machine(home(), found, is_online=online)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for check in told["checks"]:
        mark = {"ok": "ok     ", "missing": "MISSING", "note": "note   ", "failed": "FAILED "}[check["state"]]
        use = f"  [{check['used_for']}]" if check["used_for"] else ""
        yield f"{mark} {check['name']:22} {check['detail']}{use}"
        if check["mend"]:
            yield f"        {'':22} mend: {check['mend']}"
