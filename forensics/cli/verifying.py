"""What `verify` does: trust from outside, pins of this machine, and the verification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forensics.cli.settings import home
from forensics.custody.ledger import Head
from forensics.custody.signing import remembered_head
from forensics.errors import CodecError, UsageError
from forensics.verify import identify, to_json, verify


def verify_path(
    path: Path,
    *,
    trust: Sequence[Path],
    keys: Sequence[Path],
    heads: Sequence[str],
    against: Sequence[Path],
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """Verifies a case or packet and tells what was found.

    Raises:
        UsageError: The path is neither, or something given as trust cannot be read.
    """
    _, case_id = identify(path)
    noted = remembered_head(home(), case_id, folder=path) if case_id else None
    result = verify(
        path,
        trust=trust,
        keys=keys,
        heads=[_head(one) for one in heads],
        pinned_heads=[noted] if noted else [],
        against=against,
        progress=progress,
    )
    return to_json(result)


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except CodecError as error:
        raise UsageError(str(error), hint="Write it as `forensics log` prints it.") from error
