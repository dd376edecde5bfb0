"""Finds copies among the contents of a case: fingerprints first where they are missing, then the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forensics.analyzers.match import MatchComparison
from forensics.analyzers.match.material import ITEMS_FACT
from forensics.codec import to_json
from forensics.custody.index import examination_key
from forensics.custody.records import read_at
from forensics.custody.subject import ACTION as REFERENCE
from forensics.custody.writer import Writer
from forensics.engine import act
from forensics.engine.acquire import describe
from forensics.engine.batch import Batch
from forensics.engine.collect import Setup
from forensics.engine.comparison import Seen
from forensics.engine.examination import bench_of
from forensics.engine.examine import Analyzed, chosen_analyzers, examine_case
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.survey import conduct, seen
from forensics.media.fingerprint import KEY_FRAME_ROLE, ROLE
from forensics.model import Finding, Gap, Sensitivity

PRINTS = "prints"
VERB = "match"


@dataclass(frozen=True)
class Content:
    """One content of the case with its fingerprint and key frames.

    Attributes:
        seen: The content, and what was made of it.
        items: Ids of all items that it was collected as, in order.
        is_sealed: Whether it, or any of these items, is sealed.
    """

    seen: Seen
    items: tuple[str, ...]
    is_sealed: bool


@dataclass(frozen=True)
class Matched:
    """What became of a search for copies.

    Attributes:
        looked: What became of the fingerprints.
        contents: What was compared.
        findings: What was found, now or before.
        is_new: Whether it was found now.
        gaps: What could not be compared, and what is missing of the acts themselves.
        stamped: What became of the request for trusted time; None where nothing ran.
    """

    looked: Analyzed
    contents: tuple[Content, ...]
    findings: tuple[Finding, ...]
    is_new: bool
    gaps: tuple[Gap, ...]
    stamped: Stamped | None

    @property
    def exit_code(self) -> int:
        """0 done, 3 done with gaps, 30 a tool is missing."""
        has_gaps = any(gap.is_of_content for gap in self.gaps) or bool(self.stamped and self.stamped.gaps)
        return max(self.looked.exit_code, 3 if has_gaps else 0)


def match_case(writer: Writer, items: Sequence[str], *, setup: Setup, jobs: int, is_forced: bool = False) -> Matched:
    """Makes missing fingerprints and compares all, each in an act of its own under a checkpoint.

    Args:
        writer: The open case.
        items: Items that are compared with one another; empty for all.
        setup: Describes the acts.
        jobs: Number of worker processes for the fingerprints.
        is_forced: Whether an act is recorded also where the same contents were compared before.

    Raises:
        StoreError: The case's disk does not take more.
        UsageError: There is no such item.
    """
    looked = examine_case(writer, items, analyzers=chosen_analyzers((PRINTS,), ()), setup=setup, jobs=jobs)
    contents = contents_of(writer, items)
    before = () if is_forced else done_before(writer, contents)
    if before or not contents:
        return Matched(looked, contents, before, is_new=False, gaps=looked.gaps, stamped=looked.stamped)
    batch = Batch(writer, VERB)
    running = act.begin(batch, VERB, arguments=setup.arguments, servers=setup.servers)
    compared = [_with_items(one) for one in contents]
    examined = conduct(batch, compared, comparison=MatchComparison(), bench=bench_of(writer))
    setup.progress(examined)
    gaps = (*looked.gaps, *(gap for one in examined.findings for gap in one.gaps), *act.end(batch, running))
    stamped = checkpoint(writer, setup.authorities)
    return Matched(looked, contents, examined.findings, is_new=True, gaps=gaps, stamped=stamped)


def contents_of(writer: Writer, items: Sequence[str]) -> tuple[Content, ...]:
    """Lists the distinct contents with a fingerprint, in the order of their collection.

    Reference photographs of registered persons are left out, unless they were collected as evidence too: they were
    handed over for the comparison of faces, and must not come into a folder that is made for searches elsewhere.
    """
    query = (
        "SELECT DISTINCT item.id, item.sensitivity FROM artifact JOIN item ON item.id = artifact.item "
        "WHERE artifact.content = ? ORDER BY item.number"
    )
    found = []
    for one in seen(writer, (ROLE, KEY_FRAME_ROLE), items=items):
        if _is_reference(writer, one.artifact.content_sha256):
            continue
        rows = writer.index.rows(query, (one.artifact.content_sha256,))
        is_sealed = one.artifact.sealed is not None or any(Sensitivity(row[1]).is_sealed for row in rows)
        found.append(Content(one, tuple(row[0] for row in rows), is_sealed))
    return tuple(found)


def _is_reference(writer: Writer, content: str) -> bool:
    """Whether a content came into the case as a reference photograph alone."""
    acquired = writer.index.rows("SELECT DISTINCT seq FROM artifact WHERE content = ? AND item IS NOT NULL", (content,))
    return bool(acquired) and all(writer.case.events[seq].action == REFERENCE for (seq,) in acquired)


def _with_items(content: Content) -> Seen:
    """Says the comparison under which items the content was collected."""
    artifact = content.seen.artifact
    facts = {**artifact.facts, ITEMS_FACT: list(content.items)}
    return replace(content.seen, artifact=replace(artifact, facts=facts))


def done_before(writer: Writer, contents: Sequence[Content]) -> tuple[Finding, ...]:
    """Gives the findings of an earlier search over the same items and contents; empty where there was none."""
    key = examination_key(to_json(describe(MatchComparison())), to_json(()))
    newest = list(_newest(writer, key))
    if not newest:
        return ()
    copies = sum(max(1, len(one.items)) for one in contents)
    told = {(one.values.get("case_item_count"), one.values.get("case_content_count")) for one in newest}
    known = {sha256 for one in newest for sha256 in one.subject}
    is_same = told == {(copies, len(contents))} and known == {one.seen.artifact.content_sha256 for one in contents}
    return tuple(newest) if is_same else ()


def _newest(writer: Writer, key: str) -> list[Finding]:
    """Reads the findings of the newest search; they are committed together."""
    query = (
        "SELECT finding.seq, record.offset, record.length FROM finding "
        "JOIN record ON record.seq = finding.seq AND record.idx = finding.idx "
        "WHERE finding.examination = ? ORDER BY finding.seq, finding.idx"
    )
    found: dict[int, list[Finding]] = {}
    for seq, offset, length in writer.index.rows(query, (key,)):
        path = writer.case.records_path(writer.case.events[seq])
        record = read_at(path, offset=offset, length=length) if path else None
        if isinstance(record, Finding):
            found.setdefault(seq, []).append(record)
    return found[max(found)] if found else []
