"""What `collect` does: collectors with their settings, the act, and how its result is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import Writer, writing
from forensics.engine.acquire import Acquired, Request
from forensics.engine.collect import Setup, case_folders, collect, requests_for
from forensics.engine.recapture import requests_again
from forensics.errors import UsageError
from forensics.model import Artifact, CaseInfo, Sensitivity
from forensics.plugins import COLLECTORS, Collector, load

LOCALES = {"en": "en-US", "fr": "fr-FR", "zh": "zh-CN"}
"""Language that servers are asked for, by language of the case."""

SETTINGS = (
    "received_from",
    "received_at",
    "device",
    "access_mode",
    "legal_basis",
    "allow_private",
    "proxy",
    "comments",
)
"""Options that become settings of the collectors that have a field of that name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user named.

    Attributes:
        named: Locators on the command line.
        listed: Locators from a list, which may be the same list as in an earlier, interrupted run.
        again: Ids of items to capture anew.
    """

    named: tuple[str, ...]
    listed: tuple[str, ...]
    again: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named."""
        return not (self.named or self.listed or self.again)


def collect_into(
    folder: Path, wanted: Wanted, *, key: SigningKey, home: Home, found: Times, setup: Setup, options: dict[str, Any]
) -> dict[str, Any]:
    """Collects into a case and tells what became of each item."""
    with writing(folder, key, home=home, verb="collect", wait_s=options["wait_s"]) as writer:
        collectors = chosen_collectors(options["collector_name"], settings_from(options, writer.case.info))
        requests = _requests(writer, wanted, options)
        result = collect(writer, requests, collectors=collectors, setup=setup)
        head = str(writer.case.head)
    time, gaps = time_answer(result.stamped[-1], found)
    is_stamped = bool(result.stamped[-1].proofs)
    findings: dict[str, dict[str, int]] = {}
    for (kind, outcome), number in sorted(result.findings.items()):
        findings.setdefault(kind, {})[outcome] = number
    return {
        "act": result.act,
        "items": [_told(one, is_stamped=is_stamped) for one in result.acquired],
        "skipped": list(result.skipped),
        "findings": findings,
        "gaps": [*map(to_json, result.gaps), *gaps],
        "head": head,
        "time": time,
        "exit_code": result.exit_code,
    }


def _requests(writer: Writer, wanted: Wanted, options: dict[str, Any]) -> Iterator[Request]:
    yield from requests_again(writer, wanted.again)
    for locators, is_listed in ((wanted.named, False), (wanted.listed, options["resume"])):
        yield from requests_for(
            locators,
            note=options["note"],
            sensitivity=Sensitivity(options["sensitivity"]),
            leave_out=case_folders(writer.case.folder),
            is_listed=is_listed,
        )


def settings_from(options: dict[str, Any], info: CaseInfo) -> dict[str, Any]:
    """Gives the settings of collectors: what was asked for, and where nothing was, what fits the case."""
    settings = {name: options[name] for name in SETTINGS if options[name]}
    settings["locale"] = options["locale"] or LOCALES[info.language]
    settings["limit_s"] = options["time_limit"]
    settings["is_interactive"] = options["interactive"]
    settings["profile"] = str(options["profile"].absolute()) if options["profile"] else ""
    settings["any_url"] = options["collector_name"] == "media"
    settings["case"] = info.id
    settings["language"] = info.language
    return settings


def chosen_collectors(name: str | None, settings: dict[str, Any]) -> list[Collector]:
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


MAIN_ROLES = ("original", "media", "wacz", "warc")
"""Roles of the artifact whose digests are told of an item, the first that it has; a page is told by its archive."""


def _told(one: Acquired, *, is_stamped: bool) -> dict[str, Any]:
    by_role = {artifact.role: artifact for artifact in reversed(one.acquisition.artifacts)}
    roles = MAIN_ROLES[2:] if "dom" in by_role or "html" in by_role else MAIN_ROLES
    original = next((by_role[role] for role in roles if role in by_role), None)
    content = (original.sealed or {}).get("plain") or to_json(original.digests) if original else {}
    return {
        "id": one.item.id,
        "locator": to_json(one.item.locator),
        "outcome": str(one.acquisition.outcome),
        "gaps": to_json(one.acquisition.gaps),
        "sha256": content.get("sha256"),
        "blake3": content.get("blake3"),
        "size": content.get("size"),
        "artifacts": [_artifact(artifact) for artifact in one.acquisition.artifacts],
        "sealed": bool(original and original.sealed),
        "time_stamped": is_stamped,
    }


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return {
        "role": artifact.role,
        "name": to_json(artifact.name),
        "media_type": artifact.media_type,
        "sha256": artifact.digests.sha256,
        "size": artifact.digests.size,
        "sealed": artifact.sealed is not None,
    }
