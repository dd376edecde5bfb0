"""What `new` does: key, case, first checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.case import Opening, new_case
from forensics.custody.signing import PASSPHRASE_VARIABLE, Ask, Home, SigningKey, has_key, load_key, new_key
from forensics.custody.writer import writing
from forensics.engine.act import check_clock
from forensics.engine.stamp import checkpoint


def open_new(
    folder: Path, opening: dict[str, str], *, key_name: str, wait_s: float, found: Times, home: Home, ask: Ask
) -> dict[str, Any]:
    """Opens a case, with a new key where the user has none, and stamps its first checkpoint."""
    is_new = not has_key(home, name=key_name)
    key = make_key(home, key_name, ask=ask) if is_new else load_key(home, ask, name=key_name)
    wanted = {("language" if name == "lang" else name): value for name, value in opening.items()}
    case = new_case(folder, Opening(**wanted), signer=key, spki=key.spki, recipient=key.recipient)
    with writing(folder, key, home=home, verb="new", wait_s=wait_s) as writer:
        clock_gaps = check_clock(writer, "new", servers=found.servers)
        stamped = checkpoint(writer, found.authorities)
        head = str(writer.case.head)
    time, gaps = time_answer(stamped, found)
    gaps = [*map(to_json, clock_gaps), *gaps]
    return {
        "case": str(folder),
        "id": case.info.id,
        "key": key.key_id,
        "key_is_new": is_new,
        "key_folder": str(home.keys),
        "head": head,
        "time": time,
        "gaps": gaps,
        "exit_code": 3 if gaps else 0,
    }


def make_key(home: Home, name: str, *, ask: Ask) -> SigningKey:
    """Makes a key; the passphrase comes from the environment or a prompt, and may be empty."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    if passphrase is None:
        passphrase = ask(f"Passphrase for the new key {name} (empty for none; it cannot be recovered)")
    return new_key(home, name=name, passphrase=passphrase or None)
