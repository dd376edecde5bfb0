"""What verbs that compare two items do, and how their result is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import Writer, writing
from forensics.engine.collect import Setup
from forensics.engine.compare import (
    Chosen,
    Compared,
    References,
    chosen_item,
    compare_items,
    comparison_class,
    references,
)
from forensics.model import Artifact

LABELS = "label_comparison"
SOURCE = "source"

NO_REFERENCES = References("", ())
"""What a comparison without a subject is given."""


@dataclass(frozen=True)
class Call:
    """How a verb that compares was called.

    Attributes:
        verb: Its name.
        folder: The case.
        named: What the two items were called by the user.
        key: Signs what is committed.
        home: The user's configuration and state.
        wait_s: How long to wait for another writer.
        found: Authorities and time servers.
        setup: The act.
        subject: Name or id of a subject whose photos are used besides; empty for none.
        settings: Settings of the comparison, other than what the items are called.
    """

    verb: str
    folder: Path
    named: tuple[str, str]
    key: SigningKey
    home: Home
    wait_s: float
    found: Times
    setup: Setup
    subject: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def compare_labels_in_case(call: Call) -> dict[str, Any]:
    """Compares the labels of two items of a case and tells what came of it."""
    cls = comparison_class(LABELS)
    settings = {**call.settings, "trust_list": cls(**call.settings).trust_list}
    told, result = _run(call, lambda first, second, _: cls(first=first, second=second, **settings))
    told["is_same_work"] = next((one.values.get("is_same_work") for one in result.findings), None)
    told["findings"] = [
        {
            "kind": one.kind,
            "result": str(one.result),
            "about": one.values.get("about"),
            "label": one.values.get("label"),
            "statement": one.statement.text,
        }
        for one in result.findings
    ]
    return told


def compare_in_case(call: Call) -> dict[str, Any]:
    """Compares a questioned item with its suspected original and tells what came of it."""
    cls = comparison_class(SOURCE)
    told, result = _run(
        call, lambda first, second, subject: cls(first=first, second=second, subject=subject, **call.settings)
    )
    told["verdict"] = next((one.values["verdict"] for one in result.findings if "verdict" in one.values), None)
    told["findings"] = [
        {
            "kind": one.kind,
            "result": str(one.result),
            "statement": one.statement.text,
            "values": to_json(one.values),
            "limits": [each.text for each in one.limits],
            "alternatives": [each.text for each in one.alternatives],
        }
        for one in result.findings
    ]
    kept = {one.content_sha256: one for finding in result.findings for one in finding.attachments}
    told["attachments"] = [_attachment(one) for one in kept.values()]
    return told


def _run(call: Call, made: Callable[[str, str, str], Any]) -> tuple[dict[str, Any], Compared]:
    with writing(call.folder, call.key, home=call.home, verb=call.verb, wait_s=call.wait_s) as writer:
        chosen = chosen_item(writer, call.named[0]), chosen_item(writer, call.named[1])
        person = _person(writer, call.subject)
        comparison = made(chosen[0].item, chosen[1].item, person.subject)
        result = compare_items(writer, chosen, comparison=comparison, setup=call.setup, photos=person.photos)
        head = str(writer.case.head)
    time, gaps = time_answer(result.stamped, call.found)
    told = {
        "items": [_item(one) for one in chosen],
        "gaps": [*map(to_json, result.gaps), *gaps],
        "head": head,
        "time": time,
        "exit_code": result.exit_code,
    }
    return told, result


def _person(writer: Writer, named: str) -> References:
    return references(writer, named) if named else NO_REFERENCES


def _item(one: Chosen) -> dict[str, Any]:
    return {"id": one.item, "name": to_json(one.artifact.name), "sha256": one.artifact.content_sha256}


def _attachment(one: Artifact) -> dict[str, Any]:
    """Tells where an exhibit lies: its blob is named by the digest of what is stored, sealed or not."""
    stored = one.digests.sha256
    return {
        "role": one.role,
        "name": to_json(one.name),
        "sha256": one.content_sha256,
        "blob": f"blobs/{stored[:2]}/{stored}",
        "is_sealed": one.sealed is not None,
    }
