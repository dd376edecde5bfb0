"""Finds what analyzers made of contents: the attachments of their findings, by role."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from forensics.custody.records import read_at
from forensics.custody.writer import Writer
from forensics.model import Artifact, Finding

Made = Mapping[str, tuple[Artifact, ...]]
"""Artifacts by role."""


def made_of(writer: Writer, roles: Collection[str]) -> dict[str, Made]:
    """Finds the newest artifacts of these roles that analyzers made of single contents.

    Args:
        writer: The open case.
        roles: For example `face-tracks`.

    Returns:
        SHA-256 of a content to what was made of it, in the order in which the findings have it. What an earlier
        examination by the same analyzer made is left out.
    """
    newest: dict[tuple[str, str, str], tuple[Artifact, ...]] = {}
    for finding in _findings_with(writer, roles):
        for role in roles:
            made = tuple(one for one in finding.attachments if one.role == role)
            if made and len(finding.subject) == 1:
                newest[finding.subject[0], role, finding.analyzer.name] = made
    found: dict[str, dict[str, tuple[Artifact, ...]]] = {}
    for (content, role, _), made in newest.items():
        roles_of = found.setdefault(content, {})
        roles_of[role] = (*roles_of.get(role, ()), *made)
    return dict(found)


def _findings_with(writer: Writer, roles: Collection[str]) -> list[Finding]:
    """Reads the findings that have an attachment of one of these roles, in the order of the ledger."""
    query = (
        "SELECT record.seq, record.idx, record.offset, record.length FROM artifact "
        "JOIN record ON record.seq = artifact.seq AND record.idx = artifact.idx "
        "WHERE artifact.role = ? AND record.type = 'finding'"
    )
    found = []
    for seq, _, offset, length in sorted({place for role in roles for place in writer.index.rows(query, (role,))}):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Finding):
            found.append(record)
    return found
