"""Steps about stored files: blobs, outputs, time-stamp files, and that nothing lies in the case undeclared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forensics.verify.contents import Contents, NamedBlob, NamedOutput
from forensics.verify.hashing import FileDigests, Wish, has_sm3
from forensics.verify.ledger_steps import CASE_FILE, LEDGER, Ledger
from forensics.verify.record_steps import RECORD_FILE
from forensics.verify.result import DefectKind
from forensics.verify.subject import Subject
from forensics.verify.tree import Entry, EntryKind

Digested = Mapping[str, FileDigests]
"""Path in the case to the digests of the file there."""

_BLOB = re.compile(r"blobs/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_PROOF = re.compile(r"proofs/([0-9a-f]{64})\.(?:tsr|cer|crl)")
_OUTPUTS = ("reports/", "packets/")
TEMPORARY = "tmp/"
_FORBIDDEN = (EntryKind.LINK, EntryKind.SPECIAL)
_NOT_EVIDENCE = re.compile(r"lock|index\.sqlite[^/]*")
_NO_SM3 = "SM3 digests were not compared: this Python's OpenSSL has no SM3. SHA-256 and BLAKE3 were."
_PACKET_FOLDER_FILE = "packet.json"


def wishes(subject: Subject, contents: Contents) -> Iterator[Wish]:
    """Lists the files of a case whose digests matter."""
    with_sm3 = {sha256 for sha256, named in contents.blobs.items() if any(blob.sm3 for blob in named)}
    for path, entry in subject.tree.listing.entries.items():
        if entry.kind is not EntryKind.FILE:
            continue
        if found := _BLOB.fullmatch(path):
            yield Wish(entry, with_sm3=found[2] in with_sm3)
        elif path.startswith(("proofs/", "reports/")) or _is_packet_file(path):
            yield Wish(entry)


def _is_packet_file(path: str) -> bool:
    """Whether a path is an archive in `packets/`, or the file by which a folder there is named."""
    parts = path.split("/")
    return parts[0] == "packets" and (len(parts) == 2 or parts[2:] == [_PACKET_FOLDER_FILE])  # noqa: PLR2004


def check_blobs(subject: Subject, contents: Contents, digested: Digested) -> int:
    """Compares blobs with their names and with what the records say; step 9.

    Returns:
        The number of blobs.
    """
    with subject.journal.step(9, "blobs"):
        present = dict(_blobs_of(subject, digested))
        for sha256, found in present.items():
            _check_blob(subject, sha256, found, is_named=sha256 in contents.blobs)
        for sha256, named in contents.blobs.items():
            if sha256 not in present:
                _check_absent(subject, named[0])
            elif present[sha256].sha256 == sha256:
                _compare(subject, named, present[sha256])
        for sha256 in sorted(subject.withheld_blobs & set(present)):
            where = subject.place(_path_of(sha256))
            subject.report(DefectKind.PACKET_STATEMENT, where, "listed as withheld, but here")
        if not has_sm3() and any(blob.sm3 for named in contents.blobs.values() for blob in named):
            subject.journal.note(_NO_SM3)
        subject.journal.say(f"{len(present)} blobs")
    return len(present)


def _blobs_of(subject: Subject, digested: Digested) -> Iterator[tuple[str, FileDigests]]:
    for path, entry in subject.tree.listing.entries.items():
        if (found := _BLOB.fullmatch(path)) and entry.kind in (EntryKind.FILE, EntryKind.UNREAD):
            yield found[2], digested.get(path, FileDigests())


def _path_of(sha256: str) -> str:
    return f"blobs/{sha256[:2]}/{sha256}"


def _check_blob(subject: Subject, sha256: str, found: FileDigests, *, is_named: bool) -> None:
    where = subject.place(_path_of(sha256))
    if found.fault:
        subject.report(DefectKind.UNREADABLE_FILE, where, f"cannot be read: {found.fault}")
    elif found.sha256 and found.sha256 != sha256:
        subject.report(DefectKind.BLOB_DIGEST, where, f"its bytes have SHA-256 {found.sha256}")
    elif found.sha256 and not is_named:
        subject.journal.remain(where, "no record names this blob")


def _check_absent(subject: Subject, named: NamedBlob) -> None:
    if named.sha256 not in subject.withheld_blobs:
        detail = f"the blob that {named.place} names is missing"
        subject.report(DefectKind.MISSING_FILE, subject.place(_path_of(named.sha256)), detail)


def _compare(subject: Subject, named: Iterable[NamedBlob], found: FileDigests) -> None:
    for blob in named:
        wrong = [
            name
            for name, said, is_so in (
                ("BLAKE3", blob.blake3, found.blake3),
                ("size", blob.size, found.size),
                ("SM3", blob.sm3, found.sm3 if blob.sm3 and found.sm3 else blob.sm3),
            )
            if said != is_so
        ]
        if wrong:
            detail = f"the record says another {' and '.join(wrong)} of blob {blob.sha256} than its bytes have"
            subject.report(DefectKind.BLOB_DIGEST, blob.place, detail)


def check_outputs(subject: Subject, contents: Contents, digested: Digested) -> list[str]:
    """Compares reports and packets with the output records; step 11.

    Returns:
        The folders in `packets/` that are packets of their own, with `/` at the end.
    """
    folders: list[str] = []
    with subject.journal.step(11, "reports and packets"):
        last = {output.path: output for output in contents.outputs}
        declared: set[str] = set()
        for output in last.values():
            if subject.is_packet and output.path.startswith("packets/"):
                continue
            path = _file_of(subject, output.path)
            declared.add(path)
            if path != output.path:
                folders.append(output.path + "/")
            _Output(subject, contents, digested).check(output, path)
        for path in sorted(_unnamed_outputs(subject, declared, folders)):
            _Output(subject, contents, digested).check_unnamed(path)
        subject.journal.say(f"{len(declared)} outputs")
    return folders


def _unnamed_outputs(subject: Subject, declared: set[str], folders: Sequence[str]) -> set[str]:
    """Gives the files in `reports/`, and the entries of `packets/`, that no output record names."""
    found = {path for path in subject.tree.listing.entries if path.startswith(_OUTPUTS) and path not in declared}
    found = {path for path in found if not path.startswith(tuple(folders))}
    return {"/".join(path.split("/")[:2]) if path.startswith("packets/") else path for path in found}


def _file_of(subject: Subject, path: str) -> str:
    """Gives the file that an output's digest is of: `packet.json` where the output is a packet's folder."""
    inside = f"{path}/{_PACKET_FOLDER_FILE}"
    return inside if path.startswith("packets/") and subject.has(inside) else path


@dataclass(frozen=True, slots=True)
class _Output:
    """Judges single files in `reports/` and `packets/`."""

    subject: Subject
    contents: Contents
    digested: Digested

    def check(self, output: NamedOutput, path: str) -> None:
        """Checks one output that a record names.

        Where a later record was erased or is withheld, it may have been of a newer output of this name, which went too.
        """
        subject, where = self.subject, self.subject.place(path)
        if not subject.has(path):
            may_be_erased = any(seq >= output.seq for seq, _ in self.contents.bare)
            if not may_be_erased and output.digest not in subject.withheld_blobs:
                subject.report(DefectKind.MISSING_FILE, where, f"the output that {output.place} names is missing")
            return
        found = self.digested.get(path, FileDigests())
        if found.fault:
            subject.report(DefectKind.UNREADABLE_FILE, where, f"cannot be read: {found.fault}")
        elif found.sha256 and found.sha256 != output.digest:
            if self._is_uncommitted(path):
                detail = f"equal to a blob that no record names, and not the output that {output.place} commits"
                subject.journal.remain(where, detail)
            else:
                subject.report(DefectKind.OUTPUT_DIGEST, where, f"its SHA-256 is not the one in {output.place}")

    def check_unnamed(self, path: str) -> None:
        """Judges a file or folder that no record names: what a crash may leave, or something undeclared."""
        where = self.subject.place(path)
        if not self.subject.is_packet and path.startswith("packets/"):
            self.subject.journal.remain(where, "no output record names this packet")
        elif not self.subject.is_packet and self._is_uncommitted(path):
            self.subject.journal.remain(where, "no output record names this file, which is an uncommitted blob")
        else:
            self.subject.report(DefectKind.UNDECLARED_FILE, where, "no output record names this file")

    def _is_uncommitted(self, path: str) -> bool:
        """Whether a report is equal to a blob that no record names, as an interrupted run leaves both."""
        sha256 = self.digested.get(path, FileDigests()).sha256
        blob = self.digested.get(_path_of(sha256))
        return path.startswith("reports/") and blob is not None and sha256 not in self.contents.blobs


def check_proofs(subject: Subject, contents: Contents, digested: Digested) -> None:
    """Compares time-stamp files with their names and with the records; step 12. What they prove is step 14."""
    with subject.journal.step(12, "time-stamp files"):
        named = {f"proofs/{digest}{ending}": proof for proof in contents.proofs for digest, ending in proof.files()}
        for path in subject.tree.listing.entries:
            if found := _PROOF.fullmatch(path):
                _check_proof(subject, path, found[1], digested, is_named=path in named)
        for path, proof in named.items():
            if not subject.has(path):
                detail = f"the file that {proof.place} names is missing"
                subject.report(DefectKind.MISSING_FILE, subject.place(path), detail)
        subject.journal.say(f"{len(named)} files")


def _check_proof(subject: Subject, path: str, name: str, digested: Digested, *, is_named: bool) -> None:
    where, found = subject.place(path), digested.get(path, FileDigests())
    if found.fault:
        subject.report(DefectKind.UNREADABLE_FILE, where, f"cannot be read: {found.fault}")
    elif found.sha256 and found.sha256 != name:
        subject.report(DefectKind.PROOF_DIGEST, where, f"its bytes have SHA-256 {found.sha256}")
    elif found.sha256 and not is_named:
        subject.journal.remain(where, "no record names this file")


def check_undeclared(subject: Subject, ledger: Ledger) -> None:
    """Looks for files that have no place in a case; step 13."""
    with subject.journal.step(13, "nothing undeclared"):
        expected = {CASE_FILE, LEDGER}
        expected |= {f"records/{e.records.file}" for e in ledger.events.values() if e.records.file}
        uncommitted = 0
        for path, entry in subject.tree.listing.entries.items():
            where = subject.place(path)
            number = RECORD_FILE.fullmatch(path)
            if path.startswith(TEMPORARY):
                subject.journal.remain(where, "something in tmp/")
            elif path in expected or entry.kind in _FORBIDDEN or _is_checked_elsewhere(path):
                continue
            elif number and int(number[1]) == len(ledger.digests) and not uncommitted:
                uncommitted += 1
                subject.journal.remain(where, "a record file that no event commits")
            elif subject.is_packet or not _NOT_EVIDENCE.fullmatch(path):
                subject.report(DefectKind.UNDECLARED_FILE, where, "nothing declares this file")


def _is_checked_elsewhere(path: str) -> bool:
    return bool(_BLOB.fullmatch(path) or _PROOF.fullmatch(path)) or path.startswith(_OUTPUTS)


def check_files(subject: Subject, entries: Iterable[Entry]) -> None:
    """Reports what must not be in a case or packet at all: links, devices, sockets; `tmp/` is no evidence."""
    for entry in entries:
        if entry.kind in _FORBIDDEN and (subject.is_packet or not entry.path.startswith(TEMPORARY)):
            subject.report(DefectKind.FORBIDDEN_FILE_TYPE, subject.place(entry.path), f"a {entry.kind.value}")
