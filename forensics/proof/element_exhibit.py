"""Exhibits as they stand: which records count, and which exhibits cannot support an element although they name it."""

from __future__ import annotations

from collections.abc import Iterable

from forensics.model import Committed, Exhibit, Finding, Result, Statement
from forensics.proof.element import Element
from forensics.proof.element_origin import Holdings

LEAD_KINDS = frozenset({"detector.score", "source.fingerprint", "text.read"})
"""Kinds of findings that nobody may rest on before a person has read them and stated what they say."""

READING = "reading"
"""Kind of the statements by which a person says what a finding shows."""


def current(exhibits: Iterable[Committed[Exhibit]]) -> tuple[Committed[Exhibit], ...]:
    """Gives the exhibits that count: of each label the newest record, without those that were taken back.

    An exhibit is taken back by a record of its label that names neither items nor findings.

    Args:
        exhibits: As they were committed, in that order.

    Returns:
        In the order of their labels, numbers in them compared as numbers: 1-2 before 1-10.
    """
    newest = {one.record.label: one for one in exhibits}
    kept = (one for one in newest.values() if one.record.items or one.record.findings)
    return tuple(sorted(kept, key=lambda one: label_key(one.record.label)))


def label_key(label: str) -> tuple[tuple[int, int, str], ...]:
    """Gives what labels are sorted by."""
    parts = label.replace(".", "-").split("-")
    is_number = [part.isascii() and part.isdigit() for part in parts]
    return tuple((0, int(one), "") if number else (1, 0, one) for one, number in zip(parts, is_number, strict=True))


def set_aside(
    exhibit: Exhibit, element: Element, *, held: Holdings, statements: Iterable[Statement] = ()
) -> str | None:
    """Says why an exhibit does not count as support of an element.

    Args:
        exhibit: The exhibit.
        element: One of its elements.
        held: What the case holds.
        statements: Those that hold; readings among them turn leads into more.

    Returns:
        `empty`, `not_captured`, `not_found`, `indeterminate` or `lead`; None where it counts.
    """
    if not exhibit.items and not exhibit.findings:
        return "empty"
    findings = {ref: held.findings[ref] for ref in exhibit.findings if ref in held.findings}
    if not findings:
        has_any = any(held.captured.get(name) for name in exhibit.items) and not exhibit.findings
        return None if has_any else "not_captured"
    read = {ref for one in statements if one.kind == READING for ref in one.findings}
    return _by_results(findings, element, read)


def _by_results(findings: dict[str, Finding], element: Element, read: set[str]) -> str | None:
    if any(one.result is Result.FOUND and not _is_lead(ref, one, read) for ref, one in findings.items()):
        return None
    results = {one.result for one in findings.values()}
    if Result.FOUND in results:
        return "lead"
    if Result.INDETERMINATE in results:
        return "indeterminate"
    return None if element.absence_counts else "not_found"


def _is_lead(ref: str, finding: Finding, read: set[str]) -> bool:
    return finding.kind in LEAD_KINDS and ref not in read
