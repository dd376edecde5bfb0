"""The verbs report and bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forensics.cli.output import emit, finish
from forensics.cli.settings import (
    ask_passphrase,
    case_argument,
    home,
    json_option,
    signing_key,
    times,
    write_options,
)

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority


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
@click.option("--original-column", "with_form", is_flag=True, help="Give the catalogue a column on original or copy.")
@click.option(
    "--sign",
    "signer",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE.p12",
    help="Seal every PDF with this key (PAdES); with --tsa the seal has a trusted time.",
)
@click.option(
    "--sign-passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="File whose first line is its passphrase [default: FORENSICS_SIGN_PASSPHRASE, or asked for].",
)
@click.option("--tsa", multiple=True, metavar="URL", help="With --sign: time-stamp authority (RFC 3161); repeatable.")
@click.option(
    "--tsa-anchor",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Certificate that the authorities of --tsa must chain to; repeatable.",
)
@write_options
@json_option
def report(
    case: Path,
    *,
    lang: str | None,
    signer: Path | None,
    sign_passphrase_file: Path | None,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    key_name: str,
    wait_s: float,
    as_json: bool,
    **wished: Any,
) -> None:
    """Write the report of CASE as report.pdf and report.html, with the papers and the catalogue of evidence.

    The report is a function of the case, the language and the templates: asked again, it has the same bytes; only
    what --sign seals differs each time. Which papers there are depends on the jurisdiction: docs/papers.md.
    Intimate and biometric items, and faces of persons whom nobody registered, are drawn as grey frames with number
    and reason. --unmask draws them in this one report, which goes to --out outside of the case.
    """
    from forensics.cli.reporting import Wish, report_case, sealing_of

    wish = Wish(language=lang, **wished)
    wish.check()

    def authorities() -> tuple[Authority, ...]:
        return times(tsa, tsa_anchor, ntp=()).authorities

    sealing = sealing_of(signer, sign_passphrase_file, authorities=authorities, ask=ask_passphrase)
    told = report_case(case, wish, key=signing_key(key_name), home=home(), wait_s=wait_s, sealing=sealing)
    emit(told, as_json=as_json, lines=lambda: _report_lines(told))


def _report_lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["files"]:
        yield f"{one['path']}  SHA-256 {one['sha256']}"
    yield f"as of event {told['as_of']}, evidence root {told['root']}"
    if told["sealed_by"]:
        yield f"sealed by {told['sealed_by']}"
        yield "sealed files differ each time; the record has the digest of each before its seal"


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
