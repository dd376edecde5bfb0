"""The verb key: new, list, export, add, retire, revoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from forensics.cli.output import emit
from forensics.cli.settings import ask_passphrase, case_argument, home, json_option, signing_key, write_options
from forensics.custody.signing import DEFAULT_KEY


@click.group()
def key() -> None:
    """Make, show, add, retire and revoke signing keys."""


@key.command()
@click.argument("name", default=DEFAULT_KEY)
@json_option
def new(name: str, *, as_json: bool) -> None:
    """Make a signing key and an age identity. Nothing is ever overwritten."""
    from forensics.cli.opening import make_key

    made = make_key(home(), name, ask=ask_passphrase)
    told = {"name": name, "key": made.key_id, "recipient": made.recipient, "folder": str(home().keys), "exit_code": 0}
    emit(
        told, as_json=as_json, lines=lambda: iter([f"key {name}: {made.key_id}", f"kept in {home().keys}: back it up"])
    )


@key.command("list")
@json_option
def list_keys(*, as_json: bool) -> None:
    """List the keys of this user."""
    from forensics.cli.keys import public_keys

    told: dict[str, Any] = {"keys": public_keys(home()), "exit_code": 0}
    emit(told, as_json=as_json, lines=lambda: (f"{one['name']:16} {one['key']}" for one in told["keys"]))


@key.command()
@click.argument("name", default=DEFAULT_KEY)
@json_option
def export(name: str, *, as_json: bool) -> None:
    """Print the public key as PEM: hand it to whoever shall verify your cases."""
    from forensics.cli.keys import public_pem

    pem = public_pem(home(), name)
    emit({"name": name, "pem": pem, "exit_code": 0}, as_json=as_json, lines=lambda: iter(pem.splitlines()))


@key.command()
@click.argument("name", default=DEFAULT_KEY)
@json_option
def card(name: str, *, as_json: bool) -> None:
    """Print what another examiner needs to add your key to a case: public key and age recipient."""
    from forensics.cli.keys import card_of

    told = card_of(signing_key(name))
    emit({**told, "exit_code": 0}, as_json=as_json, lines=lambda: iter([*told["pem"].splitlines(), told["recipient"]]))


@key.command()
@case_argument
@click.argument("card_file", type=click.File("r"))
@click.option("--holder", required=True, help="Who holds the key.")
@write_options
@json_option
def add(case: Path, card_file: Any, *, holder: str, key_name: str, wait_s: float, as_json: bool) -> None:
    """List a further key in CASE, from the card that its holder printed with `forensics key card`."""
    from forensics.cli.keys import add_key

    told = add_key(case, card_file.read(), holder=holder, key=signing_key(key_name), home=home(), wait_s=wait_s)
    emit(told, as_json=as_json, lines=lambda: iter([f"key {told['key']} added by event {told['event']}"]))


@key.command()
@case_argument
@click.argument("key_id")
@write_options
@json_option
def retire(case: Path, key_id: str, *, key_name: str, wait_s: float, as_json: bool) -> None:
    """Retire a key of CASE: it signs nothing from now on; what it signed stays attributable."""
    from forensics.cli.keys import end_key

    told = end_key(case, key_id, since=None, key=signing_key(key_name), home=home(), wait_s=wait_s)
    emit(told, as_json=as_json, lines=lambda: iter([f"key {told['key']} retired by event {told['event']}"]))


@key.command()
@case_argument
@click.argument("key_id")
@click.option("--since", required=True, help="From when the key is not to be trusted, as 2026-01-31T09:05:07Z.")
@write_options
@json_option
def revoke(case: Path, key_id: str, *, since: str, key_name: str, wait_s: float, as_json: bool) -> None:
    """Revoke a key of CASE: what it signed counts only where a time stamp before --since covers it."""
    from forensics.cli.keys import end_key

    told = end_key(case, key_id, since=since, key=signing_key(key_name), home=home(), wait_s=wait_s)
    emit(told, as_json=as_json, lines=lambda: iter([f"key {told['key']} revoked by event {told['event']}"]))
