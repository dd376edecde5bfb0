"""The points of a pre-flight: their fixed names, where each list has them, and what a check of one can come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PROTOCOL = "NF Z67-147 (2010)"
"""The collection of good practice whose points are gone through. No conformity with it is claimed."""


class Status(StrEnum):
    """What a check came to.

    `SEALED` is done, with its value in the sealed part. `WARNING` is done, and something is not as it should be.
    `NOT_AVAILABLE` says that this machine cannot tell, `OPERATOR` that only a person can. `CAPTURE` says that the
    capture which follows does it, so that the artifact named in the value shows it and this record cannot.
    """

    DONE = "done"
    SEALED = "sealed"
    WARNING = "warning"
    NOT_AVAILABLE = "not-available"
    OPERATOR = "operator"
    CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class Check:
    """What one check came to.

    Attributes:
        name: Fixed name, one of those in the lists below.
        value: What may be seen by anyone: flat, without addresses, names of machines and people, or serial numbers.
        detail: A sentence in English; empty where the value says all.
        secret: What goes into the sealed part; None where nothing does.
    """

    name: str
    status: Status
    value: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    secret: Any = None


POINTS: tuple[str, ...] = (
    "protocol",
    "machine",
    "operating-system",
    "browser",
    "local-network",
    "internet-provider",
    "addresses",
    "name-resolution",
    "proxy",
    "antivirus",
    "clock",
    "empty-profile",
    "first-page",
    "navigation-path",
    "traffic-recording",
    "display",
    "content-recording",
    "target",
    "digests",
    "material-findings",
)
"""The twenty points, NF01 to NF20. *Source:* NF Z67-147 (September 2010), as case law and practitioners list them."""

CLEAN_ENVIRONMENT: tuple[str, ...] = (
    "antivirus",
    "processes",
    "empty-profile",
    "proxy",
    "hosts-file",
    "network-commands",
    "clock",
    "content-recording",
    "prompt-stamp",
)
"""The Chinese list of a clean environment, CN01 to CN09. *Source:* SF/T 0091-2021 and time-stamp practice."""

FURTHER: tuple[str, ...] = (
    "self-test",
    "tunnel",
    "virtual-machine",
    "browser-policy",
    "added-certificates",
    "storage",
    "memory",
)
"""What neither list asks for and an opponent may, FX01 to FX07: VPN and Tor are `tunnel`."""


def rows(prefix: str, names: tuple[str, ...], *, checks: Mapping[str, Check]) -> list[dict[str, Any]]:
    """Lays checks out as a list of the record: id, name, status, value, detail."""
    found = [(number, checks[name]) for number, name in enumerate(names, start=1)]
    return [
        {
            "id": f"{prefix}{number:02d}",
            "name": check.name,
            "status": str(check.status),
            "value": dict(check.value),
            "detail": check.detail,
        }
        for number, check in found
    ]
