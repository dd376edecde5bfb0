"""The verb notice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit
from forensics.cli.settings import case_argument, home, json_option, signing_key, write_options


@click.command()
@case_argument
@click.argument("fields", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--kind", default="cn-1195", show_default=True, help="Which notice: a template papers/notice-KIND.toml.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the notice, outside of the case.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en", "fr"]), default=None, help="Language [default: that of the case]."
)
@write_options
@json_option
def notice(
    case: Path,
    fields: Path,
    *,
    kind: str,
    out: Path,
    lang: str | None,
    key_name: str,
    wait_s: float,
    as_json: bool,
) -> None:
    """Write a notice to a platform about content in CASE, from the TOML file FIELDS.

    What the notice must have is checked first, and everything that is missing is named at once (docs/papers.md). The
    identity of the claimant stands in the notice alone; the copy that the case keeps is sealed. It has no pictures.
    """
    from forensics.cli.reporting import notice_case

    told = notice_case(
        case, kind, fields=fields, out=out, language=lang, key=signing_key(key_name), home=home(), wait_s=wait_s
    )
    emit(told, as_json=as_json, lines=lambda: _lines(told))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["files"]:
        yield f"{one['path']}  SHA-256 {one['sha256']}"
    yield f"it is about {', '.join(told['items'])}"
    yield "a draft until a lawyer has reviewed it and the claimant has signed it"
