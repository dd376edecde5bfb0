"""Steps about records: the files that events commit, their Merkle roots, erased and withheld lines, references."""

from __future__ import annotations

import re

from forensics.codec import canonical, parse
from forensics.custody import merkle
from forensics.custody.records import Line, read_line
from forensics.errors import CodecError
from forensics.model import CustodyEvent
from forensics.verify.contents import Contents, Reference
from forensics.verify.ledger_steps import Ledger
from forensics.verify.result import DefectKind
from forensics.verify.subject import RawLine, Subject, lines_of

RECORD_FILE = re.compile(r"records/([0-9]{6}|[1-9][0-9]{6,})-[a-z][a-z-]{0,31}\.jsonl")

Erased = dict[tuple[int, int], int]
"""Event number and line index to the number of the event that erased the line."""


def erased_lines(ledger: Ledger) -> Erased:
    """Gives the lines that `erase` events list."""
    erased: Erased = {}
    for event in ledger.events.values():
        for seq, indexes in event.erased:
            for index in indexes:
                erased.setdefault((seq, index), event.seq)
    return erased


def read_records(subject: Subject, ledger: Ledger) -> Contents:
    """Reads all record files and compares them with the ledger; step 8."""
    contents = Contents()
    reader = _Reader(subject, contents, erased_lines(ledger))
    with subject.journal.step(8, "records"):
        for event in ledger.events.values():
            if event.records.file is None:
                if event.records.root != merkle.EMPTY_ROOT:
                    where = ledger.place(subject, event)
                    subject.report(DefectKind.RECORD_ROOT, where, "the root of no records is another")
            else:
                reader.read(event, f"records/{event.records.file}")
        subject.journal.say(f"{contents.count} records")
    return contents


class _Reader:
    """Reads record files of one case into one `Contents`."""

    def __init__(self, subject: Subject, contents: Contents, erased: Erased) -> None:
        self._subject, self._contents, self._erased = subject, contents, erased

    def read(self, event: CustodyEvent, path: str) -> None:
        """Reads the record file of an event and checks number and root of its lines."""
        subject = self._subject
        if not subject.can_read(path):
            if not subject.has(path):
                detail = f"the record file of event {event.seq} is missing"
                subject.report(DefectKind.MISSING_FILE, subject.place(path), detail)
            return
        leaves: list[bytes] = []
        for line in lines_of(subject, path):
            ref = f"{event.seq}/{len(leaves)}"
            leaves.append(self._take(line, event.seq, len(leaves), subject.place(path, line=line.number, ref=ref)))
        self._contents.lines[event.seq] = len(leaves)
        if len(leaves) != event.records.count:
            detail = f"{len(leaves)} lines where event {event.seq} commits {event.records.count}"
            subject.report(DefectKind.RECORD_COUNT, subject.place(path), detail)
        elif merkle.root(leaves) != event.records.root:
            detail = f"the records are not those that event {event.seq} commits: their root differs"
            subject.report(DefectKind.RECORD_ROOT, subject.place(path), detail)

    def _take(self, raw: RawLine, seq: int, index: int, where: str) -> bytes:
        report = self._subject.report
        if not raw.has_line_feed:
            report(DefectKind.NOT_CANONICAL, where, "the last line has no line feed")
        line = self._parse(raw, where)
        if line is None:
            return b""
        if line.record is None:
            self._contents.bare.add((seq, index))
            if (seq, index) not in self._erased and (seq, index) not in self._subject.withheld_lines:
                report(DefectKind.BARE_LEAF, where, "only the leaf is left, and no event erased the record")
            return line.leaf
        if (seq, index) in self._erased:
            by = self._erased[seq, index]
            detail = f"unfinished erasure: event {by} erased this record, which is still here"
            self._subject.journal.remain(where, detail)
        try:
            self._contents.take(line.record, seq=seq, index=index, place=where)
        except CodecError as error:
            report(DefectKind.MALFORMED_RECORD, where, str(error))
        return line.leaf

    def _parse(self, raw: RawLine, where: str) -> Line | None:
        report = self._subject.report
        if raw.is_too_long:
            report(DefectKind.MALFORMED_RECORD, where, "the line is too long for a record")
            return None
        try:
            return read_line(raw.data)
        except CodecError as error:
            reason = str(error)
        try:
            line = read_line(canonical(parse(raw.data)))
        except CodecError:
            report(DefectKind.MALFORMED_RECORD, where, reason)
            return None
        report(DefectKind.NOT_CANONICAL, where, reason)
        return line


def check_lists(subject: Subject, ledger: Ledger, contents: Contents) -> None:
    """Checks that what erasures and the packet list is there to be listed; part of step 8."""
    with subject.journal.step(8, "records"):
        for event in ledger.events.values():
            if event.action == "erase":
                _check_erase(subject, ledger, contents, event)
        for seq, index in sorted(subject.withheld_lines - contents.bare):
            what = "is here" if index < contents.lines.get(seq, 0) else "does not exist"
            detail = f"record {seq}/{index} is listed as withheld, but {what}"
            subject.report(DefectKind.PACKET_STATEMENT, f"packet.json ({seq}/{index})", detail)


def _check_erase(subject: Subject, ledger: Ledger, contents: Contents, event: CustodyEvent) -> None:
    where = ledger.place(subject, event)
    for seq, indexes in event.erased:
        earlier = ledger.events.get(seq)
        if earlier is None or indexes[-1] >= earlier.records.count:
            subject.report(DefectKind.MALFORMED_EVENT, where, f"it erases {seq}/{indexes[-1]}, which does not exist")
    if event.seq not in contents.erasures and not any(seq == event.seq for seq, _ in contents.bare):
        subject.report(DefectKind.MALFORMED_EVENT, where, "it commits no erasure record")


def check_references(subject: Subject, ledger: Ledger, contents: Contents) -> None:
    """Looks for everything that records refer to; step 10."""
    with subject.journal.step(10, "references between records"):
        into_bare = 0
        for reference in contents.references:
            if _leads_somewhere(reference, ledger, contents):
                continue
            if _may_lead_to_bare(reference, contents):
                into_bare += 1
                continue
            detail = f"there is no {reference.kind} {reference.target}"
            subject.report(DefectKind.DANGLING_REFERENCE, reference.place, detail)
        subject.journal.say(f"{len(contents.references)} references")
        if into_bare:
            subject.journal.say(f"{into_bare} lead to erased or withheld records")


def _leads_somewhere(reference: Reference, ledger: Ledger, contents: Contents) -> bool:
    if reference.kind == "checkpoint":
        event = ledger.events.get(int(reference.target))
        return event is not None and event.action == "checkpoint"
    return reference.target in contents.known[reference.kind]


def _may_lead_to_bare(reference: Reference, contents: Contents) -> bool:
    """Whether what is referred to may have been erased or withheld; a reference by number names a line in any case."""
    if reference.kind in ("act", "finding"):
        seq, _, index = reference.target.partition("/")
        return (int(seq), int(index)) in contents.bare
    return reference.kind != "checkpoint" and bool(contents.bare)
