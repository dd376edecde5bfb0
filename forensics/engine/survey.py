"""Runs a comparison over many contents of a case at once: who is shown where, what is the same footage."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from forensics.custody.writer import Writer
from forensics.engine.acquire import describe
from forensics.engine.batch import Batch
from forensics.engine.comparison import Seen, compare_in
from forensics.engine.examination import Bench, Examined
from forensics.engine.examine import artifacts_of
from forensics.engine.executor import workers
from forensics.engine.made import made_of
from forensics.model import Artifact
from forensics.plugins import Comparison
from forensics.tools import require


def seen(writer: Writer, roles: Collection[str], *, items: Sequence[str] = ()) -> list[Seen]:
    """Lists the distinct contents that analyzers made something of, in the order of their collection.

    Args:
        writer: The open case.
        roles: What must have been made of them, one of these at least.
        items: Items that they belong to; empty for all.

    Raises:
        UsageError: There is no such item.
    """
    made = made_of(writer, roles)
    distinct: dict[str, Artifact] = {}
    for artifact in artifacts_of(writer, items):
        distinct.setdefault(artifact.content_sha256, artifact)
    return [Seen(artifact, made[content]) for content, artifact in distinct.items() if content in made]


def conduct(batch: Batch, contents: Sequence[Seen], *, comparison: Comparison, bench: Bench) -> Examined:
    """Runs a comparison over contents and adds its findings to the batch, signed with the tools found here.

    Raises:
        ToolMissingError: A program or model that it needs is missing.
        StoreError: The case's disk does not take more.
    """
    described, tools = describe(comparison), tuple(require(need) for need in comparison.needs)
    examined = survey(contents, comparison, bench=bench)
    findings = tuple(
        replace(one, analyzer=described, tools=(*tools, *(tool for tool in one.tools if tool not in tools)))
        for one in examined.findings
    )
    batch.add(findings, examined.staged)
    return Examined(findings, examined.staged)


def survey(contents: Sequence[Seen], comparison: Comparison, *, bench: Bench) -> Examined:
    """Runs a comparison in a process of its own, which hostile content may kill; then a finding says so."""
    with workers(1) as executor:
        return compare_in(executor, contents, comparison, bench=bench)
