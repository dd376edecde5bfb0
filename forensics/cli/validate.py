"""The verb validate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit, finish, share
from forensics.cli.settings import json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--labels", type=click.Path(path_type=Path), required=True, metavar="CSV", help="Table that says what is true."
)
@click.option("--analyzer", default="", metavar="NAME", help="Analyzer or comparison to measure.")
@click.option("--compare", "is_comparison", is_flag=True, help="Measure the comparison with an original, on pairs.")
@click.option("--kind", default="", metavar="KIND", help="Kind of finding that answers, such as tamper.double_jpeg.")
@click.option(
    "--value", default=None, metavar="PATH", help="Number in it that is the score; -PATH where less is for H1."
)
@click.option("--positive", multiple=True, metavar="PATH=WORD", help="What is an answer for H1; repeatable.")
@click.option("--threshold", type=float, default=None, help="Answer by the score instead: for H1 from here on.")
@click.option("--h1", multiple=True, metavar="WORD", help="Another word of the table for H1; repeatable.")
@click.option("--h2", multiple=True, metavar="WORD", help="Another word of the table for H2; repeatable.")
@click.option("--set", "settings", multiple=True, metavar="NAME.FIELD=VALUE", help="Change a setting; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="Folder for results; a run goes on there.")
@click.option("--corpus", type=click.Path(path_type=Path), default=None, metavar="TOML", help="What the material is.")
@click.option("--date", default=None, metavar="YYYY-MM-DD", help="Date for card and calibration [default: today].")
@click.option("--encoding", default=None, metavar="NAME", help="Encoding of the table [default: UTF-8].")
@click.option("--basis", default="", metavar="TEXT", help="Legal basis, where persons are compared.")
@click.option("--jobs", type=click.IntRange(1, 1024), default=None, help="Worker processes [default: one per core].")
@json_option
def validate(
    folder: Path,
    labels: Path,
    *,
    analyzer: str,
    is_comparison: bool,
    kind: str,
    value: str | None,
    positive: tuple[str, ...],
    threshold: float | None,
    h1: tuple[str, ...],
    h2: tuple[str, ...],
    settings: tuple[str, ...],
    out: Path | None,
    corpus: Path | None,
    date: str | None,
    encoding: str | None,
    basis: str,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Measure how often an analyzer or comparison errs on the labelled media in FOLDER.

    Needs no case and keeps nothing of the media. With --out, writes answers, tables, curves, the block for the method
    card and the calibration file. docs/validation.md explains the table.
    """
    from forensics.engine import validate as engine
    from forensics.engine.examine import default_jobs
    from forensics.engine.executor import prepare
    from forensics.engine.validate_measure import changed, measure_of, runner_of

    prepare()
    measure = measure_of(kind, analyzer, is_comparison=is_comparison)
    measure = changed(measure, value=value, positive=positive, h1=h1, h2=h2)
    request = engine.Request(folder, labels, measure, runner_of(measure, settings), *_stated(folder, corpus, date=date))
    request = replace(request, threshold=threshold, encoding=encoding, basis=basis.strip())
    with share("validated", is_wanted=not as_json) as step:
        validated = engine.validate(request, out, jobs=jobs or default_jobs(), progress=step)
    files = [str(out / name) for name in sorted({*validated.files, "trials.csv"})] if out else []
    told = {**validated.told, "files": files}
    emit(told, as_json=as_json, lines=lambda: _lines(validated.lines, told))
    finish(told["exit_code"])


def _stated(folder: Path, corpus: Path | None, *, date: str | None) -> tuple[Any, str]:
    from datetime import UTC, datetime

    from forensics.engine.validate_corpus import check_date, read_stated

    beside = folder / "corpus.toml"
    path = corpus or (beside if beside.is_file() else None)
    return read_stated(path, name=folder.resolve().name), check_date(date or datetime.now(UTC).date().isoformat())


def _lines(lines: tuple[str, ...], told: dict[str, Any]) -> Iterator[str]:
    yield from lines
    for path in told["files"]:
        yield f"written: {path}"
