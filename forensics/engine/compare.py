"""Compares stored contents of different items: from items to committed findings under a checkpoint."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from forensics.codec import name_of, to_json
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.batch import Batch
from forensics.engine.collect import Setup
from forensics.engine.comparison import Seen
from forensics.engine.examination import bench_of
from forensics.engine.plugin import by_name, one_named
from forensics.engine.recapture import newest_artifact
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.survey import conduct
from forensics.engine.weigh import weigh_case
from forensics.errors import UsageError
from forensics.model import Artifact, Finding, Gap
from forensics.plugins import COMPARISONS, Comparison
from forensics.tools import require

ROLES = ("original", "media")
"""Roles of what items are compared by, the first that a capture has."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One item and the content that stands for it.

    Attributes:
        item: Its id.
        artifact: Its original, of the newest capture that has one.
    """

    item: str
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class References:
    """Photos of a subject that a comparison uses besides.

    Attributes:
        subject: Id of the subject.
        photos: Contents of its photos; at least one.
    """

    subject: str
    photos: tuple[Artifact, ...]


@dataclass(frozen=True)
class Compared:
    """What became of a comparison.

    Attributes:
        chosen: What was compared, the first first.
        findings: What was found.
        gaps: What could not be compared, and what is missing of the act itself.
        stamped: What became of the request for trusted time.
    """

    chosen: tuple[Chosen, Chosen]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    stamped: Stamped

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps."""
        return 3 if any(gap.is_of_content for gap in self.gaps) or self.stamped.gaps else 0


def comparison_class(name: str) -> Any:
    """Gives a built-in comparison by its name.

    Raises:
        UsageError: There is none of that name.
    """
    return one_named(name, by_name(COMPARISONS), what="comparison")


def chosen_item(writer: Writer, named: str) -> Chosen:
    """Finds an item by its id or locator, and its newest original.

    Args:
        writer: The open case.
        named: An id, an address, or the path of a file, absolute or relative to the working folder.

    Raises:
        UsageError: There is no such item, or nothing was captured of it.
    """
    item = _item(writer, named)
    for role in ROLES:
        artifact = newest_artifact(writer, item, role=role)
        if artifact is not None:
            return Chosen(item, artifact)
    raise UsageError(f"{item} has no original that could be compared", hint="`forensics status CASE` lists gaps.")


def _item(writer: Writer, named: str) -> str:
    if writer.index.rows("SELECT 1 FROM item WHERE id = ?", (named,)):
        return named
    for locator in (named, os.path.abspath(named)):  # noqa: PTH100 -- links stay, as when it was collected
        found = writer.index.item_at(to_json(name_of(locator)))
        if found is not None:
            return found
    raise UsageError(f"the case has no item {named}", hint="`forensics status CASE` lists the items.")


def references(writer: Writer, named: str) -> References:
    """Gives the photos of a subject, whose faces may be compared since a legal basis is recorded with it.

    Args:
        writer: The open case.
        named: Id of the subject, or the name that it was registered under.

    Raises:
        UsageError: There is no such subject, or it has no photo that is still there.
    """
    from forensics.engine.subject import photos_of, subject_named

    subject = subject_named(writer, named)
    photos = photos_of(writer, subject)
    if not photos:
        hint = "Register it with photos: `forensics subject CASE NAME --photo FILE --basis TEXT`."
        raise UsageError(f"{subject.id} has no photo to compare with", hint=hint)
    return References(subject.id, tuple(photos))


def compare_items(
    writer: Writer,
    chosen: tuple[Chosen, Chosen],
    *,
    comparison: Comparison,
    setup: Setup,
    photos: tuple[Artifact, ...] = (),
) -> Compared:
    """Compares two items in an act of its own, commits the findings and what they weigh, and stamps a checkpoint.

    Args:
        writer: The open case.
        chosen: The two items.
        comparison: Gets their contents in this order, and the photos after them.
        setup: The act.
        photos: Contents that the comparison uses besides.

    Raises:
        ToolMissingError: A program that the comparison needs is not installed.
        StoreError: The case's disk does not take more.
    """
    for need in comparison.needs:
        require(need)
    batch = Batch(writer, "compare")
    running = act.begin(batch, "compare", arguments=setup.arguments, servers=setup.servers)
    contents = [Seen(one) for one in (*(each.artifact for each in chosen), *photos)]
    examined = conduct(batch, contents, comparison=comparison, bench=bench_of(writer))
    setup.progress(contents)
    weigh_case(writer, batch)
    gaps = [gap for one in examined.findings for gap in one.gaps]
    gaps.extend(act.end(batch, running))
    return Compared(chosen, examined.findings, tuple(gaps), checkpoint(writer, setup.authorities))
