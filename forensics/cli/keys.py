"""What the verbs under `key` do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.codec import format_time
from forensics.custody.digest import sha256_hex
from forensics.custody.signing import Home, SigningKey, load_public
from forensics.custody.writer import writing
from forensics.errors import KeyFileError, UsageError
from forensics.model import KeyHolder

SHORTEST_ID = 8
"""Fewest digits of a key id that name a key."""


def public_keys(home: Home) -> list[dict[str, str]]:
    """Lists names and ids of the user's keys."""
    return [
        {"name": path.stem, "key": sha256_hex(load_public(path.read_bytes())), "path": str(path)}
        for path in sorted(home.keys.glob("*.pub"))
    ]


def public_pem(home: Home, name: str) -> str:
    """Gives a public key as PEM.

    Raises:
        KeyFileError: There is no such key.
    """
    try:
        return (home.keys / f"{name}.pub").read_text(encoding="ascii")
    except OSError as error:
        raise KeyFileError(f"key {name} cannot be read: {error}", hint="Make one with `forensics key new`.") from error


def card_of(key: SigningKey) -> dict[str, str]:
    """Gives what another examiner needs to add this key to a case."""
    return {"key": key.key_id, "pem": key.public_pem().decode("ascii"), "recipient": key.recipient}


def read_card(text: str) -> tuple[bytes, str]:
    """Reads what `key card` printed: SPKI in DER, and the age recipient.

    Raises:
        KeyFileError: Either is missing.
    """
    pem = re.search(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", text.replace("\\n", "\n"), re.DOTALL)
    recipient = re.search(r"\bage1[0-9a-z]{58}\b", text)
    if not pem or not recipient:
        raise KeyFileError(
            "not a key card: public key or age recipient is missing", hint="Let the holder run `forensics key card`."
        )
    return load_public(pem.group(0).encode()), recipient.group(0)


def add_key(folder: Path, card: str, *, holder: str, key: SigningKey, home: Home, wait_s: float) -> dict[str, Any]:
    """Lists a further key in a case.

    Raises:
        UsageError: The case lists or listed it already.
    """
    spki, recipient = read_card(card)
    key_id = sha256_hex(spki)
    with writing(folder, key, home=home, verb="key add", wait_s=wait_s) as writer:
        if any(event.key and event.key["id"] == key_id for event in writer.case.events):
            raise UsageError(
                f"the case lists key {key_id[:16]} already", hint="A retired key is never listed again: make a new one."
            )
        extra = {"key": {"id": key_id, "spki": spki.hex()}}
        event = writer.commit("key-add", [KeyHolder(key_id, holder, recipient)], extra=extra)
        writer.commit("checkpoint")
    return {"key": key_id, "event": event.seq, "exit_code": 0}


def end_key(
    folder: Path, key_id: str, *, since: str | None, key: SigningKey, home: Home, wait_s: float
) -> dict[str, Any]:
    """Retires a key, or revokes it from a time on.

    Raises:
        UsageError: The case has no such active key, or it is the last one, or the time is malformed.
    """
    with writing(folder, key, home=home, verb="key end", wait_s=wait_s) as writer:
        found = [one for one in writer.case.active_keys() if one.startswith(key_id)]
        if len(found) != 1 or len(key_id) < SHORTEST_ID:
            raise UsageError(
                f"the case has no single active key {key_id}",
                hint="Give at least 8 digits; `forensics log CASE` shows keys.",
            )
        if len(writer.case.active_keys()) == 1:
            raise UsageError(
                "this is the last active key of the case", hint="Add another key first: `forensics key add`."
            )
        extra = {"id": found[0]} if since is None else {"id": found[0], "since": format_time(_moment(since))}
        event = writer.commit("key-retire" if since is None else "key-revoke", extra={"key": extra})
        if writer.key.key_id != found[0]:
            writer.commit("checkpoint")
    return {"key": found[0], "event": event.seq, "exit_code": 0}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"not a time: {text!r}", hint="Write it as 2026-01-31T09:05:07Z.") from error
    if moment.tzinfo is None:
        raise UsageError(f"the time {text!r} has no zone", hint="Write Z for UTC, or an offset such as +08:00.")
    return moment.astimezone(UTC)
