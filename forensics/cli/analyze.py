"""The verb analyze."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish, progress
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


@click.command()
@case_argument
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--only", multiple=True, metavar="NAME", help="Run this analyzer alone; repeatable.")
@click.option("--set", "settings", multiple=True, metavar="ANALYZER.FIELD=VALUE", help="Change a setting; repeatable.")
@click.option(
    "--model",
    default="",
    metavar="FILE.onnx",
    help="Also run a model of your own on the faces; its card FILE.toml lies beside it. Reported apart.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 1024), default=None, help="Number of worker processes [default: one per core]."
)
@write_options
@time_options
@json_option
def analyze(
    case: Path,
    items: tuple[str, ...],
    *,
    only: tuple[str, ...],
    settings: tuple[str, ...],
    model: str,
    jobs: int | None,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """Examine what was collected into CASE, or only the named ITEMs.

    What was examined before with the same settings and tools is not examined again, so an interrupted run goes on
    where it was.
    """
    from forensics.engine.executor import prepare

    prepare()
    from forensics.cli.analyzing import analyze_case
    from forensics.engine.examine import chosen_analyzers, recorded_settings

    if model:
        settings = (*settings, f"detector.model={model}")
        only = (*only, "detector") if only else only
    found, analyzers = times(tsa, tsa_anchor, ntp=ntp), chosen_analyzers(only, settings)
    chosen = ",".join(recorded_settings(analyzers, settings))
    recorded = {"only": ",".join(only), "set": chosen, "jobs": jobs, "tsa": tsa, "ntp": ntp}
    with progress("examined", is_wanted=not as_json) as step:
        setup = setup_for(found, options=recorded, progress=step)
        told = analyze_case(
            case,
            items,
            key=signing_key(key_name),
            home=home(),
            wait_s=wait_s,
            found=found,
            setup=setup,
            analyzers=analyzers,
            jobs=jobs,
        )
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['examined']} examinations, {told['skipped']} had been made before"
    for kind, results in sorted(told["findings"].items()):
        yield f"  {kind:28} " + ", ".join(f"{number} {name}" for name, number in sorted(results.items()))
    for gap in told["gap_summary"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']} ({gap['count']} times)"
    yield told["time"]
