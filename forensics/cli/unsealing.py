"""Opens sealed tables for whoever has a key for which the case seals; nothing is written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from forensics.custody.case import Case
from forensics.custody.signing import DEFAULT_KEY, has_key
from forensics.custody.store import Store
from forensics.errors import KeyFileError, StoreError
from forensics.model import Artifact, Snapshot
from forensics.proof.dossier_source import Opener, sealed_tables

MOST_BYTES = 1 << 30
"""Bytes of a sealed table that is opened: its plaintext is kept in memory, and never on a disk."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the tables of a case are opened.

    Attributes:
        opener: Opens a stored blob.
        is_open: Whether it opens sealed tables too.
    """

    opener: Opener
    is_open: bool = False


def access(case: Case, snapshot: Snapshot) -> Access:
    """Gives what opens the tables of a case; sealed ones where the user's key fits, which is asked for only then."""
    store, sealed = case.store, sealed_tables(snapshot)
    identity = _identity() if sealed else ""
    if not identity:
        return Access(store.open)
    opener = partial(_opened, store, sealed, identity)
    try:
        opener(min(sealed, key=lambda one: sealed[one].digests.size)).close()
    except KeyFileError:
        return Access(store.open)
    return Access(opener, is_open=True)


def _identity() -> str:
    """Gives the user's secret age identity; empty where there is no key, or it cannot be unlocked."""
    from forensics.cli.settings import home, signing_key

    try:
        return signing_key(DEFAULT_KEY).identity if has_key(home()) else ""
    except KeyFileError:
        return ""


def _opened(store: Store, sealed: Mapping[str, Artifact], identity: str, sha256: str) -> BinaryIO:
    from forensics.custody.sealing import decrypt

    if sha256 not in sealed:
        return store.open(sha256)
    if sealed[sha256].digests.size > MOST_BYTES:
        raise StoreError(f"a sealed table of more than {MOST_BYTES >> 20} MiB is not opened")
    plain = (sealed[sha256].sealed or {}).get("plain") or {}
    target = io.BytesIO()
    with store.open(sha256) as stream:
        decrypt(stream, target, identities=(identity,), plain_sha256=plain.get("sha256"))
    target.seek(0)
    return target
