"""Options that verbs share, and what the user's configuration file adds to them."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from forensics.custody.signing import DEFAULT_KEY, Home, SigningKey, load_key
from forensics.errors import UsageError

if TYPE_CHECKING:
    from forensics.custody.trusted_time import Authority
    from forensics.engine.collect import Setup

F = TypeVar("F", bound=Callable[..., Any])

case_argument = click.argument("case", type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def time_options(function: F) -> F:
    """Adds the options for trusted time."""
    options = (
        click.option("--tsa", multiple=True, metavar="URL", help="Time-stamp authority (RFC 3161); repeatable."),
        click.option(
            "--tsa-anchor",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="PEM",
            help="Certificate that the authorities of --tsa must chain to; repeatable.",
        ),
        click.option("--ntp", multiple=True, metavar="HOST", help="Time server to compare the clock with; repeatable."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def write_options(function: F) -> F:
    """Adds the options of verbs that write to a case."""
    function = click.option(
        "--key", "key_name", default=DEFAULT_KEY, show_default=True, help="Name of the signing key."
    )(function)
    return click.option(
        "--wait",
        "wait_s",
        type=float,
        default=5.0,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for another writer.",
    )(function)


def home() -> Home:
    """Finds the user's configuration and state."""
    return Home.of(os.environ)


def configuration() -> dict[str, Any]:
    """Reads `config.toml`; empty where there is none.

    Raises:
        UsageError: The file is not TOML.
    """
    path = home().configuration / "config.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="docs/trusted-time.md shows its form.") from error


def ask_passphrase(prompt: str) -> str | None:
    """Asks for a passphrase on a terminal."""
    if not sys.stdin.isatty():
        return None
    return str(click.prompt(prompt, hide_input=True, err=True, default="", show_default=False))


def signing_key(name: str) -> SigningKey:
    """Reads and unlocks the user's key."""
    return load_key(home(), ask_passphrase, name=name)


@dataclass(frozen=True)
class Times:
    """Authorities and time servers of this run."""

    authorities: tuple[Authority, ...]
    servers: tuple[str, ...]


def times(tsa: Sequence[str], anchors: Sequence[Path], *, ntp: Sequence[str]) -> Times:
    """Joins the options with the configuration file: what the command line names replaces what the file names.

    Raises:
        UsageError: A certificate file cannot be read, or the file has another form.
    """
    told = configuration()
    servers = tuple(ntp) or tuple(told.get("clock", {}).get("servers", ()))
    if not tsa:
        return Times(tuple(_from_file(entry) for entry in told.get("authority", ())), servers)
    from forensics.custody.trusted_time import Authority

    given = tuple(_read(path) for path in anchors)
    return Times(tuple(Authority(url=url, anchors=given) for url in tsa), servers)


def _from_file(entry: dict[str, Any]) -> Authority:
    from forensics.custody.trusted_time import Authority

    folder = home().configuration
    try:
        anchors = tuple(_read(folder / name) for name in entry.get("certificates", ()))
        lists = tuple(_read(folder / name) for name in entry.get("crls", ()))
        return Authority(url=entry["url"], anchors=anchors, crls=lists, timeout_s=float(entry.get("timeout_s", 20.0)))
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"config.toml has an authority of another form: {error}", hint="docs/trusted-time.md shows its form."
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", hint="Give the path of a PEM certificate."
        ) from error


def setup_for(found: Times, *, options: dict[str, Any], progress: Callable[[object], None], jobs: int = 1) -> Setup:
    """Describes an act; `options` are recorded, so they must name no person, no locator and no secret."""
    from forensics.engine.collect import Setup

    arguments = tuple(f"--{name}={value}" for name, value in options.items() if value not in (None, "", (), False))
    return Setup(found.authorities, found.servers, arguments, progress, jobs)
