"""The verb compare."""

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

_SAID = {
    "scene_corresponds_face_differs": "Same scene; a face differs more than copying explains.",
    "scene_corresponds_region_altered": "Same scene; a part of the picture differs, in a way that has other causes "
    "than another face too.",
    "corresponds": "Same scene; no local change was found by this method.",
    "does_not_correspond": "No common scene was found by this method.",
    "indeterminate": "Not determined.",
}
_UNREAD = "Not determined: the two could not be compared."
_WIDTH = 34
_ROWS = (
    ("structure inside the face", "structure_inside"),
    ("coarse structure inside the face", "structure_coarse"),
    ("similarity of the face measures", "identity_cosine"),
    ("residual in the face (log2)", "residual_log2_ratio"),
    ("largest residual", "peak"),
)
_PAIRS = (
    ("questioned face and subject", "face_subject"),
    ("questioned face and original's face", "face_original"),
    ("original's face and subject", "subject_original"),
)


@click.command()
@case_argument
@click.argument("questioned")
@click.argument("original")
@click.option(
    "--subject", default="", metavar="NAME", help="Registered subject, or its id: adds a table of three similarities."
)
@write_options
@time_options
@json_option
def compare(
    case: Path,
    questioned: str,
    original: str,
    *,
    subject: str,
    key_name: str,
    wait_s: float,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hold a QUESTIONED clip or picture of CASE against the suspected ORIGINAL.

    Each is the id of an item or its locator. The two are laid upon each other in space and time; what agrees outside
    the faces and what differs inside them is measured, beside what mere copying of the original gives. Nothing is said
    of which came first, who changed it, or how.
    """
    from forensics.cli.comparing import Call, compare_in_case

    found = times(tsa, tsa_anchor, ntp=ntp)
    with progress("compared", is_wanted=not as_json) as step:
        call = Call(
            "compare",
            case,
            (questioned, original),
            signing_key(key_name),
            home(),
            wait_s,
            found,
            setup_for(found, options={"tsa": tsa, "ntp": ntp}, progress=step),
            subject=subject,
        )
        told = compare_in_case(call)
    emit(told, as_json=as_json, lines=lambda: _lines(told, case))
    finish(told["exit_code"])


def _lines(told: dict[str, Any], case: Path) -> Iterator[str]:
    first, second = told["items"]
    yield _SAID.get(told["verdict"] or "", _UNREAD)
    yield ""
    for label, one in (("questioned", first), ("original", second)):
        yield f"{label:12} {one['id']}  {one['sha256'][:SHORT]}  {one['name']}"
    for one in told["findings"]:
        yield ""
        yield one["statement"]
        yield from _numbers(one["values"]) if "verdict" in one["values"] else _similarities(one["values"])
        yield from (f"  limit: {text}" for text in one["limits"])
        yield from (f"  other explanation: {text}" for text in one["alternatives"])
    yield from _exhibits(told["attachments"], case)
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]


def _numbers(values: Mapping[str, Any]) -> Iterator[str]:
    """Shows, for each face, what was measured beside what the control gives."""
    control = values.get("control") or {}
    if values.get("structure_outside"):
        yield ""
        yield f"  {'':{_WIDTH}} {'measured':>10} {'control':>10}"
        outside = _shown(values["structure_outside"]), _shown(control.get("structure_outside"))
        yield f"  {'structure outside the faces':{_WIDTH}} {outside[0]:>10} {outside[1]:>10}"
    for face in values.get("faces", ()):
        yield f"  face {face['number']}: {_state(face)}"
        for label, name in _ROWS:
            here, there = face.get(name), (face.get("control") or {}).get(name)
            yield f"    {label:{_WIDTH - 2}} {_shown(here):>10} {_shown(there):>10}"


def _state(face: Mapping[str, Any]) -> str:
    reasons = f" ({', '.join(face['reasons'])})" if face["reasons"] else ""
    if face["differs_from_s"] is None:
        return f"{face['state']}{reasons}"
    return f"{face['state']}{reasons}, from {face['differs_from_s']:.2f} s to {face['differs_to_s']:.2f} s"


def _similarities(values: Mapping[str, Any]) -> Iterator[str]:
    """Shows the table of three similarities, in the finding that speaks of the subject."""
    table = values.get("identity_table")
    if not table:
        return
    yield ""
    for label, name in _PAIRS:
        one = table[name]
        yield f"  {label:{_WIDTH + 4}} {one['cosine']:6.2f}   ({one['range'][0]:.2f} to {one['range'][1]:.2f})"


def _shown(value: Any) -> str:
    """Shows a number; of a median with its range the median."""
    if isinstance(value, list):
        value = value[0] if value else None
    return "-" if value is None else f"{value:.2f}"


def _exhibits(attachments: list[dict[str, Any]], case: Path) -> Iterator[str]:
    if not attachments:
        return
    yield ""
    yield "Exhibits (`forensics report` shows them):"
    for one in attachments:
        where = "sealed" if one["is_sealed"] else str(case / one["blob"])
        yield f"  {one['role']:20} {one['name']:22} {where}"
