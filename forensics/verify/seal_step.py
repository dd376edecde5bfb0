"""The step about seals in a case: a report recorded as sealed must still have its seal, and nothing after it."""

from __future__ import annotations

from forensics.verify.contents import Contents, NamedOutput
from forensics.verify.result import DefectKind
from forensics.verify.seal import read_seals
from forensics.verify.sealed_file import FILE_LIMIT
from forensics.verify.subject import Subject
from forensics.verify.tree import read_all


def check_recorded(subject: Subject, contents: Contents) -> None:
    """Looks at the seals of files in `reports/`; step 16, which only a case with sealed reports has.

    Step 11 compares the same files with their digests. This one says what became of the seal.
    """
    last = {output.path: output for output in contents.outputs}
    recorded = [output for output in last.values() if output.seal and subject.can_read(output.path)]
    if not recorded:
        return
    with subject.journal.step(16, "seals of reports"):
        for output in recorded:
            _check(subject, output)
        subject.journal.say(f"{len(recorded)} sealed files")


def _check(subject: Subject, output: NamedOutput) -> None:
    where = subject.place(output.path)
    try:
        found = read_seals(read_all(subject.tree, output.path, limit=FILE_LIMIT))
    except OSError as error:
        subject.report(DefectKind.UNREADABLE_FILE, where, f"cannot be read: {error.strerror or error}")
        return
    own = [seal for seal in found.seals if seal.fingerprint == output.seal]
    for fault in found.faults:
        subject.report(DefectKind.BROKEN_SEAL, where, fault)
    if not own and not found.faults:
        detail = f"{output.place} says that it is sealed, and the file has no seal by that certificate"
        subject.report(DefectKind.MISSING_SEAL, where, detail)
    for seal in own:
        if seal.faults:
            subject.report(DefectKind.BROKEN_SEAL, where, "; ".join(seal.faults))
        if seal.changed:
            subject.report(DefectKind.CHANGED_AFTER_SEAL, where, seal.changed)
