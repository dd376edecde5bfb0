"""What a verb says: JSON or text on standard output, progress and errors on standard error, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from forensics.errors import ForensicsError

CONTROL = {
    code: f"[U+{code:04X}]" for code in (*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
"""Control and direction characters, which a file name could use to fake what a terminal shows."""

SHORT = 16
"""Digits of a digest that are shown to people."""


def shown(text: object) -> str:
    """Makes text from evidence safe to print."""
    return str(text).encode("utf-8", "replace").decode().translate(CONTROL)


def emit(value: Mapping[str, Any], *, as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    """Prints a verb's result: one JSON object, or lines for people."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=True, sort_keys=True))
        return
    for line in lines():
        click.echo(shown(line))


def finish(code: int) -> None:
    """Ends the verb with an exit code."""
    if code:
        raise SystemExit(code)


@contextmanager
def progress(label: str, *, is_wanted: bool) -> Iterator[Callable[[object], None]]:
    """Shows a counter on a terminal while the block runs; silent elsewhere."""
    if not (is_wanted and sys.stderr.isatty()):
        yield lambda _: None
        return
    count = 0

    def step(_: object) -> None:
        nonlocal count
        count += 1
        click.echo(f"\r{label}: {count}", nl=False, err=True)

    yield step
    click.echo("\r" + " " * (len(label) + 12) + "\r", nl=False, err=True)


@contextmanager
def share(label: str, *, is_wanted: bool) -> Iterator[Callable[[int, int], None]]:
    """Shows on a terminal how much of something is done while the block runs; silent elsewhere."""
    if not (is_wanted and sys.stderr.isatty()):
        yield lambda _done, _all: None
        return
    shown_before = -1

    def step(done: int, everything: int) -> None:
        nonlocal shown_before
        percent = done * 100 // max(everything, 1)
        if percent != shown_before:
            shown_before = percent
            click.echo(f"\r{label}: {percent} %", nl=False, err=True)

    yield step
    click.echo("\r" + " " * (len(label) + 12) + "\r", nl=False, err=True)


def run(command: click.Command, arguments: list[str] | None) -> None:
    """Runs the command line; the one place where errors become messages and exit codes."""
    try:
        command.main(arguments, prog_name="forensics", standalone_mode=False)
    except click.exceptions.Exit as end:
        raise SystemExit(end.exit_code) from None
    except click.ClickException as error:
        error.show()
        raise SystemExit(2) from None
    except click.Abort:
        _say("stopped", hint="", kept="Everything committed before is intact; run the command again to go on.")
        raise SystemExit(1) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except ForensicsError as error:
        _fail(error, str(error), hint=error.hint, kept=error.kept, code=error.exit_code)
    except Exception as error:  # noqa: BLE001 - the outermost place: nothing may end in a bare trace
        hint = "This is a defect of the program. Set FORENSICS_TRACE=1 to see where, and report it."
        _fail(
            error, f"{type(error).__name__}: {error}", hint=hint, kept="Everything committed before is intact.", code=1
        )


def _fail(error: Exception, message: str, *, hint: str, kept: str, code: int) -> None:
    import os

    if "--json" in sys.argv:
        told = {"error": type(error).__name__, "message": message, "hint": hint, "kept": kept, "exit_code": code}
        click.echo(json.dumps(told, ensure_ascii=True, sort_keys=True))
    _say(message, hint=hint, kept=kept)
    if os.environ.get("FORENSICS_TRACE"):
        raise error
    raise SystemExit(code) from None


def _say(message: str, *, hint: str, kept: str) -> None:
    click.echo(f"forensics: {shown(message)}", err=True)
    for label, text in (("What to do", hint), ("What was kept", kept)):
        if text:
            click.echo(f"  {label}: {shown(text)}", err=True)
