"""The verb faces."""

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

MOST_TRACKS = 20
"""Faces of one content that are shown to people; `--json` has all that are recorded."""

TERMS = {
    "neither": "no support for one proposition over the other",
    "limited": "limited support",
    "moderate": "moderate support",
    "moderately_strong": "moderately strong support",
    "strong": "strong support",
    "very_strong": "very strong support",
    "extremely_strong": "extremely strong support",
}
"""*Source:* ENFSI guideline for evaluative reporting in forensic science (2015); the report prints the whole scale."""


@click.command()
@case_argument
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--basis", default="", metavar="TEXT", help="Record the legal basis on which faces may be compared.")
@click.option("--consent", default="", metavar="TEXT", help="With --basis: who consented, how and when.")
@click.option("--scope", default="", metavar="TEXT", help="With --basis: what the comparison is limited to.")
@click.option("--impact", default="", metavar="TEXT", help="With --basis: impact assessment, or where it is kept.")
@click.option(
    "--calibration",
    "calibrations",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Weigh by this calibration in place of the program's; repeatable.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 1024), default=None, help="Number of worker processes [default: one per core]."
)
@write_options
@time_options
@json_option
def faces(
    case: Path,
    items: tuple[str, ...],
    *,
    basis: str,
    consent: str,
    scope: str,
    impact: str,
    calibrations: tuple[Path, ...],
    jobs: int | None,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show who appears where in CASE, or in the named ITEMs: faces, persons without names, likeness to subjects.

    Faces are always looked for. They are compared only where a legal basis is recorded, with --basis or with a subject;
    no name is ever asserted. What was examined or compared before is not done again.
    """
    if not basis.strip() and any((consent, scope, impact)):
        raise UsageError("--consent, --scope and --impact belong to a legal basis", hint="Add --basis TEXT.")
    from forensics.engine.executor import prepare

    prepare()
    from forensics.cli.facing import Wanted, show_faces

    found = times(tsa, tsa_anchor, ntp=ntp)
    wanted = Wanted(items, basis.strip(), consent, scope, impact, calibrations, jobs)
    with progress("examined", is_wanted=not as_json) as step:
        setup = setup_for(found, options={"jobs": jobs, "tsa": tsa, "ntp": ntp}, progress=step)
        told = show_faces(case, wanted, key=signing_key(key_name), home=home(), wait_s=wait_s, found=found, setup=setup)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _lines(told: Mapping[str, Any]) -> Iterator[str]:
    for content in told["contents"]:
        yield f"{' '.join(content['items'])}  {content['sha256'][:SHORT]}  {content['statement']}"
        yield from _track_lines(content)
        for identity in content["identities"]:
            yield from _identity_lines(identity)
    if told["persons"] is not None:
        yield told["persons"]["statement"]
    elif not told["is_compared"]:
        yield told["why_not"]
        yield told["how"]
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]


def _track_lines(content: Mapping[str, Any]) -> Iterator[str]:
    for track in content["tracks"][:MOST_TRACKS]:
        seconds = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in track["ranges_s"] or () if end > 0)
        state = "" if track["is_suitable"] else f"not suitable for a comparison: {', '.join(track['reasons'])}"
        yield "  " + "  ".join(part for part in (f"{track['id']:4}", track["person"] or "", seconds, state) if part)
    rest = len(content["tracks"]) - MOST_TRACKS
    if rest > 0:
        yield f"  and {rest} more"


def _identity_lines(identity: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {identity['subject']}: {identity['statement']}"
    weighed = identity["interpretation"]
    if weighed is None:
        return
    if weighed["log10_lr"] is None:
        yield f"    not weighed: {' '.join(weighed['limits'])}"
        return
    favoured = {"h1": 0, "h2": 1}.get(weighed["favours"])
    towards = "" if favoured is None else f" for: {weighed['propositions'][favoured]}"
    yield f"    {TERMS[weighed['term']]}{towards}"
    yield f"    log10 likelihood ratio {weighed['log10_lr']:.2f} ({_interval(weighed)})"
    if weighed["is_own_calibration"]:
        yield f"    by a calibration that is not part of the program: SHA-256 {weighed['calibration']}"
    yield from (f"    {limit}" for limit in weighed["limits"])


def _interval(weighed: Mapping[str, Any]) -> str:
    """Says within what the number lies; an interval that the cap cut to one point must not look like precision."""
    low, high = weighed["log10_interval"]
    if low == high:
        return "the whole interval of 19 in 20 lies beyond what the test material carries, and was cut off here"
    return f"19 in 20: {low:.2f} to {high:.2f}"
