"""What `collect` does: collectors with their settings, the act, and how its result is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.acquire import Acquired
from forensics.engine.collect import Setup, case_folders, collect, requests_for
from forensics.errors import UsageError
from forensics.model import Sensitivity
from forensics.plugins import COLLECTORS, Collector, load

HAND_OVER = ("received_from", "received_at", "device", "access_mode", "legal_basis")


def collect_into(
    folder: Path,
    locators: Sequence[str],
    *,
    key: SigningKey,
    home: Home,
    found: Times,
    setup: Setup,
    options: dict[str, Any],
) -> dict[str, Any]:
    """Collects locators into a case and tells what became of each."""
    collectors = chosen_collectors(options["collector_name"], {name: options[name] or "" for name in HAND_OVER})
    requests = requests_for(
        locators,
        note=options["note"],
        sensitivity=Sensitivity(options["sensitivity"]),
        leave_out=case_folders(folder),
    )
    with writing(folder, key, home=home, verb="collect", wait_s=options["wait_s"]) as writer:
        result = collect(writer, requests, collectors=collectors, setup=setup)
        head = str(writer.case.head)
    time, gaps = time_answer(result.stamped, found)
    return {
        "act": result.act,
        "items": [_told(one, is_stamped=bool(result.stamped.proofs)) for one in result.acquired],
        "gaps": [*map(to_json, result.gaps), *gaps],
        "head": head,
        "time": time,
        "exit_code": result.exit_code,
    }


def chosen_collectors(name: str | None, settings: dict[str, str]) -> list[Collector]:
    """Makes the built-in collectors; each takes the settings that it has as fields.

    Raises:
        UsageError: There is no collector of this name.
    """
    classes = [load(one) for one in COLLECTORS]
    if name is not None:
        classes = [cls for cls in classes if cls.name == name]
    if not classes:
        raise UsageError(f"there is no collector {name}", hint="docs/writing-a-collector.md lists them.")
    return [
        cls(**{one: value for one, value in settings.items() if one in cls.__dataclass_fields__}) for cls in classes
    ]


def _told(one: Acquired, *, is_stamped: bool) -> dict[str, Any]:
    original = next((artifact for artifact in one.acquisition.artifacts if artifact.role == "original"), None)
    content = (original.sealed or {}).get("plain") or to_json(original.digests) if original else {}
    return {
        "id": one.item.id,
        "locator": to_json(one.item.locator),
        "outcome": str(one.acquisition.outcome),
        "gaps": to_json(one.acquisition.gaps),
        "sha256": content.get("sha256"),
        "blake3": content.get("blake3"),
        "size": content.get("size"),
        "sealed": bool(original and original.sealed),
        "time_stamped": is_stamped,
    }
