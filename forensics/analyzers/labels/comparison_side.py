"""Which labels one copy has, by the findings of the readers of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.model import Finding, Gap, Result

KINDS: Mapping[str, str] = {
    "label.aigc": "AIGC (GB 45438-2025)",
    "label.c2pa": "C2PA",
    "label.iptc": "IPTC DigitalSourceType",
    "label.generator": "generator",
}
"""Kinds of labels that are compared, and what statements call them."""
_MOST_SITES = 20
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Label:
    """One label of one copy.

    Attributes:
        state: `present`, `absent`, or `undetermined`.
        sites: Places in the file: `place`, `offset`.
        detail: For content credentials their state, for AIGC labels their fields, for types of source
            their codes; null for others.
        gaps: Why it could not be determined.
    """

    state: str
    sites: tuple[Mapping[str, Any], ...] = ()
    detail: str | None = None
    gaps: tuple[Gap, ...] = ()

    def is_same_as(self, other: Label) -> bool:
        """Whether both copies have it, or have it not, and in the same state."""
        return (self.state, self.detail) == (other.state, other.detail)

    def described(self) -> dict[str, Any]:
        """Describes it as a value of a finding."""
        return {"state": self.state, "sites": [dict(site) for site in self.sites], "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Side:
    """What one copy's readers found, by kind."""

    findings: Mapping[str, tuple[Finding, ...]]

    def names(self, kind: str) -> set[str]:
        """Names the labels of a kind that are present."""
        return {_name(one) for one in self.findings.get(kind, ()) if _is_present(one)}

    def label(self, kind: str, name: str) -> Label:
        """Says whether a label is present."""
        here = self.findings.get(kind, ())
        present = [one for one in here if _is_present(one) and _name(one) == name]
        if present:
            sites = tuple(site for one in present for site in _sites(one))[:_MOST_SITES]
            return Label("present", sites, _detail(present[0]))
        open_ones = [one for one in here if one.result is not Result.NOT_FOUND and not _is_present(one)]
        if open_ones or not here:
            return Label("undetermined", gaps=tuple(gap for one in open_ones for gap in one.gaps))
        return Label("absent")


def labels_of(findings: Iterable[Finding]) -> Side:
    """Sorts findings of the readers of labels by kind."""
    sorted_by_kind: dict[str, tuple[Finding, ...]] = {}
    for one in findings:
        sorted_by_kind[one.kind] = (*sorted_by_kind.get(one.kind, ()), one)
    return Side(sorted_by_kind)


def _is_present(finding: Finding) -> bool:
    """Credentials that cannot be read are there all the same."""
    is_unreadable = finding.kind == "label.c2pa" and finding.values.get("state") == "invalid"
    return finding.result is Result.FOUND or is_unreadable


def _name(finding: Finding) -> str:
    generator = finding.values.get("generator")
    if finding.kind == "label.generator" and isinstance(generator, str):
        return f"{KINDS[finding.kind]} ({generator})"
    return KINDS[finding.kind]


def _detail(finding: Finding) -> str | None:
    state = finding.values.get("state")
    if finding.kind == "label.c2pa" and isinstance(state, str):
        return state
    if finding.kind == "label.iptc" and isinstance(codes := finding.values.get("codes"), list):
        return ", ".join(sorted(map(str, codes)))[:_LONGEST] or None
    if finding.kind != "label.aigc":
        return None
    sites = finding.values.get("sites")
    said = (
        [_fields(site.get("fields")) for site in sites if isinstance(site, Mapping)] if isinstance(sites, list) else []
    )
    return " / ".join(dict.fromkeys(one for one in said if one))[:_LONGEST] or None


def _fields(fields: Any) -> str:
    if not isinstance(fields, Mapping):
        return ""
    return ", ".join(f"{name} {value}" for name, value in sorted(fields.items()) if value not in (None, ""))


def _sites(finding: Finding) -> list[dict[str, Any]]:
    listed = finding.values.get("sites")
    sites = listed if isinstance(listed, list) and listed else finding.where
    return [{name: site.get(name) for name in ("place", "offset")} for site in sites if isinstance(site, Mapping)]
