"""The verbs report and bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import case_argument, home, json_option, signing_key, write_options


@click.command()
@case_argument
@click.option(
    "--lang", type=click.Choice(["zh", "en", "fr"]), default=None, help="Language [default: that of the case]."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder for the files [default: CASE/reports].",
)
@click.option("--as-of", type=int, default=None, metavar="EVENT", help="Report the case as of this event.")
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="Folder of other templates.",
)
@click.option(
    "--unmask",
    multiple=True,
    metavar="ITEM",
    help="Draw the pictures of this item although they are masked; recorded with --reason; repeatable.",
)
@click.option("--reason", default="", help="With --unmask: why; it is recorded and printed in the report.")
@write_options
@json_option
def report(
    case: Path,
    *,
    lang: str | None,
    out: Path | None,
    as_of: int | None,
    templates: Path | None,
    unmask: tuple[str, ...],
    reason: str,
    key_name: str,
    wait_s: float,
    as_json: bool,
) -> None:
    """Write the report of CASE as report.pdf and report.html.

    The report is a function of the case, the language and the templates: asked again, it has the same bytes.
    Intimate and biometric items, and faces of persons whom nobody registered, are drawn as grey frames with number
    and reason. --unmask draws them in this one report, which goes to --out outside of the case.
    """
    from forensics.custody.writer import writing
    from forensics.reporter.build import write_report
    from forensics.reporter.unmask import Unmasking

    if reason and not unmask:
        raise click.UsageError("--reason says why something is unmasked; name it with --unmask ITEM.")
    if unmask and as_of is not None:
        raise click.UsageError("--unmask makes a report as of its own request; leave --as-of out.")
    with writing(case, signing_key(key_name), home=home(), verb="report", wait_s=wait_s) as writer:
        made = write_report(
            writer,
            language=lang or writer.case.info.language,
            out=out,
            as_of=as_of,
            templates=templates,
            unmasking=Unmasking(unmask, reason) if unmask else None,
        )
        head = str(writer.case.head)
    told = {
        "files": [{"path": str(path), "sha256": sha256} for path, sha256 in made.files],
        "as_of": made.as_of,
        "root": made.root,
        "event": made.event.seq,
        "unmasked": list(unmask),
        "head": head,
        "exit_code": 0,
    }
    emit(told, as_json=as_json, lines=lambda: _report_lines(told))


def _report_lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["files"]:
        yield f"{one['path']}  SHA-256 {one['sha256']}"
    yield f"as of event {told['as_of']}, evidence root {told['root']}"


@click.command()
@case_argument
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--include-sealed", is_flag=True, help="Take sealed blobs along; they stay encrypted.")
@write_options
@json_option
def bundle(case: Path, out: Path, *, include_sealed: bool, key_name: str, wait_s: float, as_json: bool) -> None:
    """Build the signed packet of CASE in OUT: a BagIt folder, or one archive if OUT ends in .zip or .tar.

    The packet is checked by this program and by bagit before the command ends with 0.
    """
    from forensics.cli.bundling import bundle_case

    told = bundle_case(case, out, key=signing_key(key_name), home=home(), wait_s=wait_s, include_sealed=include_sealed)
    emit(told, as_json=as_json, lines=lambda: _bundle_lines(told))
    finish(told["exit_code"])


def _bundle_lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['packet']}  SHA-256 {told['sha256']}"
    yield f"case as of head {told['packet_head']}, {told['size']} bytes"
    if told["withheld"]:
        yield f"{len(told['withheld'])} sealed blobs are withheld; --include-sealed takes them along"
    if told["subjects"]:
        photos = sum(one["photo_count"] for one in told["subjects"])
        yield f"the packet has the names, legal bases and {photos} reference photos of registered persons in the clear"
    yield f"checked: verify {told['verified']}, bagit {told['bagit']}"
