"""The argument as a whole: which steps are made in which order, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from forensics.codec import parse
from forensics.custody.digest import sha256_hex
from forensics.custody.ledger import Head
from forensics.custody.signing import load_public
from forensics.errors import CodecError, KeyFileError, TimeProofError, UsageError
from forensics.model import FORMAT_VERSION
from forensics.verify import (
    attribution_step,
    ledger_steps,
    packet_steps,
    record_steps,
    seal_step,
    sealed_file,
    store_steps,
    time_step,
)
from forensics.verify.contents import Contents
from forensics.verify.hashing import FileDigests, Progress, Wish, digest_all
from forensics.verify.ledger_steps import CaseFile, Ledger, Pin
from forensics.verify.packet_steps import PAYLOAD, Statement
from forensics.verify.result import DIGEST_KINDS, Answer, Counts, Journal, State, Verdict, Verification
from forensics.verify.subject import SMALL_FILE, Subject, lines_of
from forensics.verify.tree import EntryKind, Part, Tree, opened, read_all

_BAG_STEP = 2
_OUTSIDE_FILE_LIMIT = 16 << 20
_NO_PIN = (
    "No pin from outside (--head, an earlier packet, a head that this machine remembers) was compared: "
    "the removal of whole last lines{} cannot be seen."
)
_NOT_TRUTH = "What passes was not changed since it was recorded. Whether it was true when it was recorded is not shown."


@dataclass(frozen=True, slots=True)
class _Brought:
    """What the person who verifies brings along, read and ready."""

    anchors: tuple[bytes, ...] = ()
    keys: frozenset[str] = frozenset()
    heads: tuple[Pin, ...] = ()
    against: tuple[Path, ...] = ()
    progress: Progress | None = field(default=None, compare=False)


def verify(
    path: Path,
    *,
    trust: Sequence[Path] = (),
    keys: Sequence[Path] = (),
    heads: Sequence[Head] = (),
    pinned_heads: Sequence[Head] = (),
    against: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Verification:
    """Checks a case, a packet, or a single PDF.

    Args:
        path: Folder of a case; a packet: folder, `.zip` or `.tar`; or a PDF that was handed over by itself.
        trust: Certificates of time-stamp authorities, PEM or DER; for a PDF also of signers or of their issuers.
        keys: Public keys of examiners, PEM or DER.
        heads: Heads of the case that were noted elsewhere.
        pinned_heads: Heads that this machine remembers of the case (`custody.signing.remembered_head`).
        against: Other packets of the same case.
        progress: Told how many bytes are read and how many there are.

    Raises:
        UsageError: The path is none of them, or something given along is not what it should be.
    """
    if sealed_file.is_pdf(path):
        return _verify_pdf(path, trust, against=against, is_pinned=bool(keys or heads))
    pins = [Pin(head, f"the head {head.seq} given") for head in heads]
    pins += [Pin(head, "the head that this machine remembers") for head in pinned_heads]
    brought = _Brought(_read_anchors(trust), _read_keys(keys), tuple(pins), tuple(against), progress)
    with opened(path) as (tree, kind):
        return _examine(tree, kind, brought, path=str(path))


def _verify_pdf(path: Path, trust: Sequence[Path], *, against: Sequence[Path], is_pinned: bool) -> Verification:
    """Checks a single PDF; packets of its case may be brought along, keys and heads of a ledger may not."""
    if is_pinned:
        raise UsageError(f"{path} is a single document", hint="Give --key and --head with a case or packet only.")
    known = frozenset(digest for one in against for digest in _outputs_of(one)) if against else None
    return sealed_file.verify_pdf(path, sealed_file.Outside(_read_anchors(trust), known))


def _outputs_of(path: Path) -> Iterable[str]:
    """Gives the SHA-256 of every output that the records of a packet or case name.

    Raises:
        UsageError: It is neither, or its ledger or records are damaged.
    """
    with opened(path) as (tree, kind):
        whole = Subject(tree, Journal(remains_are_defects=False), is_packet=kind == "packet")
        case = _case_in(whole, packet_steps.read_statement(whole)) if whole.is_packet else whole
        contents = record_steps.read_records(case, ledger_steps.read_ledger(case))
        if whole.journal.defects:
            raise UsageError(f"{path} is damaged, so nothing can be compared with it", hint="Verify it by itself.")
        return sorted(contents.digests)


def identify(path: Path) -> tuple[str, str]:
    """Says whether a path is a `case`, a `packet` or a `pdf`, and of which case: its id, empty where none can be read.

    Raises:
        UsageError: It is none of them.
    """
    if sealed_file.is_pdf(path):
        return "pdf", ""
    with opened(path) as (tree, kind):
        name = ledger_steps.CASE_FILE if kind == "case" else PAYLOAD + ledger_steps.CASE_FILE
        try:
            value = parse(read_all(tree, name, limit=SMALL_FILE)) if name in tree.listing.entries else {}
        except (OSError, CodecError):
            value = {}
    case_id = value.get("id") if isinstance(value, dict) else ""
    return kind, case_id if isinstance(case_id, str) else ""


def _read_anchors(paths: Iterable[Path]) -> tuple[bytes, ...]:
    from forensics.custody.chain import der_of, read_certificates

    anchors: list[bytes] = []
    for path in paths:
        try:
            anchors += [der_of(certificate) for certificate in read_certificates(_read_outside(path))]
        except TimeProofError as error:
            raise UsageError(f"{path} is no certificate: {error}", hint=error.hint) from error
    return tuple(anchors)


def _read_keys(paths: Iterable[Path]) -> frozenset[str]:
    ids = set()
    for path in paths:
        try:
            ids.add(sha256_hex(load_public(_read_outside(path))))
        except KeyFileError as error:
            raise UsageError(f"{path} is no public key: {error}", hint=error.hint) from error
    return frozenset(ids)


def _read_outside(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_OUTSIDE_FILE_LIMIT)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from error


@dataclass(frozen=True, slots=True)
class _Found:
    """What the steps left behind that the answers are made of."""

    ledger: Ledger
    contents: Contents
    case_file: CaseFile
    statement: Statement
    digested: Mapping[str, FileDigests]
    blobs: int
    has_pin: bool


def _examine(tree: Tree, kind: str, brought: _Brought, *, path: str) -> Verification:
    """Makes all steps over one tree."""
    is_packet = kind == "packet"
    journal = Journal(remains_are_defects=is_packet)
    packet = Subject(tree, journal, is_packet=is_packet)
    with journal.step(1, "files and names"):
        for problem in tree.listing.problems:
            journal.report(problem.kind, problem.where, problem.detail)
        store_steps.check_files(packet, tree.listing.entries.values())
        journal.say(f"{len(tree.listing.entries)} files")
    statement = packet_steps.read_statement(packet) if is_packet else Statement()
    case = _case_in(packet, statement) if is_packet else packet
    found = _examine_case(packet, case, statement, brought)
    timing = time_step.check_time(case, found.ledger, found.contents, anchors=brought.anchors)
    outside = attribution_step.Outside(brought.keys, timing.tokens, has_anchors=bool(brought.anchors))
    attribution = attribution_step.check_attribution(case, found.ledger, outside, packet_key=statement.key)
    last_proven = max((token.checkpoint for token in timing.tokens), default=None)
    _add_notes(journal, found, last_proven=last_proven)
    answers = {Answer.TIME: timing.verdict, Answer.ATTRIBUTION: attribution}
    return _conclude(journal, found, answers, kind=kind, path=path)


def _case_in(packet: Subject, statement: Statement) -> Subject:
    return replace(
        packet,
        tree=Part(packet.tree, PAYLOAD),
        prefix=PAYLOAD,
        withheld_blobs=frozenset(statement.withheld_blobs),
        withheld_lines=frozenset(statement.withheld_lines),
    )


def _examine_case(packet: Subject, case: Subject, statement: Statement, brought: _Brought) -> _Found:
    """Makes the steps that the first answer rests on, and reads every file once."""
    journal = packet.journal
    ledger = ledger_steps.read_ledger(case)
    case_file = ledger_steps.check_case_file(case, ledger)
    contents = record_steps.read_records(case, ledger)
    record_steps.check_lists(case, ledger, contents)
    record_steps.check_references(case, ledger, contents)
    digested = digest_all(packet.tree, _wishes(packet, case, contents), progress=brought.progress)
    inside = {path[len(case.prefix) :]: each for path, each in digested.items() if path.startswith(case.prefix)}
    if packet.is_packet:
        packet_steps.check_bag(packet, digested)
        packet_steps.check_statement(packet, statement, ledger, case_id=case_file.id, digested=digested)
    pins = (*brought.heads, *_pins_of(brought.against, case_file.id, ledger, may_end_before=packet.is_packet))
    has_pin = ledger_steps.check_pins(case, ledger, pins)
    blobs = store_steps.check_blobs(case, contents, inside)
    for folder in store_steps.check_outputs(case, contents, inside):
        with journal.step(11, "reports and packets"):
            _check_inner_packet(case, folder)
    store_steps.check_proofs(case, contents, inside)
    store_steps.check_undeclared(case, ledger)
    seal_step.check_recorded(case, contents)
    return _Found(ledger, contents, case_file, statement, digested, blobs, has_pin)


def _wishes(packet: Subject, case: Subject, contents: Contents) -> Iterable[Wish]:
    """Lists what must be hashed: in a packet everything, with SHA-512; in a case what its records can name."""
    wanted = {case.prefix + wish.entry.path: wish for wish in store_steps.wishes(case, contents)}
    if not packet.is_packet:
        return wanted.values()
    entries = packet.tree.listing.entries
    with_sm3 = {path for path, wish in wanted.items() if wish.with_sm3}
    return [
        Wish(entry, with_sha512=True, with_sm3=path in with_sm3)
        for path, entry in entries.items()
        if entry.kind is EntryKind.FILE and path not in (packet_steps.STATEMENT, packet_steps.SIGNATURE)
    ]


def _check_inner_packet(case: Subject, folder: str) -> None:
    """Checks a packet that lies as a folder in the case; only whether it is intact."""
    inner = _examine(Part(case.tree, folder), "packet", _Brought(), path=folder)
    for defect in inner.defects:
        case.report(defect.kind, case.place(folder + defect.where), defect.detail)


def _pins_of(paths: Iterable[Path], case_id: str, ledger: Ledger, *, may_end_before: bool) -> Iterable[Pin]:
    """Takes other packets of the case as pins: their ledgers and this one must be the same as far as both go.

    Args:
        paths: The other packets.
        case_id: The case; empty where it cannot be read.
        ledger: The ledger that is verified.
        may_end_before: Whether it may end before the other one's head, as an older packet does and a case does not.

    Raises:
        UsageError: One is no packet, or of another case.
    """
    for path in paths:
        with opened(path) as (tree, kind):
            if kind != "packet":
                raise UsageError(f"{path} is no packet", hint="Give packets of the same case.")
            other = Subject(tree, Journal(remains_are_defects=True), is_packet=True)
            statement = packet_steps.read_statement(other)
            digests = _ledger_digests(other)
        if statement.head is None or not digests or statement.head != Head(len(digests) - 1, digests[-1]):
            raise UsageError(f"{path} is damaged, so nothing can be compared with it", hint="Verify it by itself.")
        if case_id and statement.case != case_id:
            raise UsageError(f"{path} is a packet of another case", hint="Give packets of the same case.")
        pairs = enumerate(zip(digests, ledger.digests, strict=False))
        last = min(len(digests), max(len(ledger.digests), 1)) - 1 if may_end_before else len(digests) - 1
        seq = next((number for number, (theirs, ours) in pairs if theirs != ours), last)
        yield Pin(Head(seq, digests[seq]), f"packet {path}")


def _ledger_digests(packet: Subject) -> list[str]:
    path = PAYLOAD + ledger_steps.LEDGER
    if not packet.can_read(path):
        return []
    with packet.journal.step(5, "ledger"):
        return [sha256_hex(line.data) for line in lines_of(packet, path) if line.has_line_feed]


def _add_notes(journal: Journal, found: _Found, *, last_proven: int | None) -> None:
    if not found.has_pin:
        since = "" if last_proven is None else f" after checkpoint {last_proven}, which a trusted token is over,"
        journal.note(_NO_PIN.format(since))
    if found.statement.withheld_blobs or found.statement.withheld_lines:
        blobs, lines = len(found.statement.withheld_blobs), len(found.statement.withheld_lines)
        journal.note(f"The packet says what it leaves out. Blobs: {blobs}; records: {lines}.")
    erased = {ref: by for ref, by in record_steps.erased_lines(found.ledger).items() if ref in found.contents.bare}
    if erased:
        events = ", ".join(map(str, sorted(set(erased.values()))))
        journal.note(f"{len(erased)} records were erased by event {events}.")
    if journal.left_off:
        journal.note(f"{journal.left_off} further defects are not listed.")
    journal.note(_NOT_TRUTH)


def _conclude(
    journal: Journal, found: _Found, answers: Mapping[Answer, Verdict], *, kind: str, path: str
) -> Verification:
    intact = _intact(journal, found)
    defects = tuple(defect for _, defect in journal.defects)
    steps = journal.steps()
    of = {number: step.answer for number, step in ((step.number, step) for step in steps)}
    reasons: dict[Answer, list[str]] = {answer: [] for answer in Answer}
    for number, defect in journal.defects:
        reasons[of[number]].append(f"{defect.kind.value}: {defect.where}")
    verdicts = {**answers, Answer.INTACT: intact}
    final = {a: Verdict(verdict.state, verdict.reasons or _short(reasons[a])) for a, verdict in verdicts.items()}
    ledger, contents, statement = found.ledger, found.contents, found.statement
    lines = (f"{seq}/{index}" for seq, index in statement.withheld_lines)
    erased = record_steps.erased_lines(ledger)
    return Verification(
        path=path,
        kind=kind,
        case_id=found.case_file.id,
        intact=final[Answer.INTACT],
        time=final[Answer.TIME],
        attribution=final[Answer.ATTRIBUTION],
        steps=steps,
        defects=defects,
        remains=tuple(journal.remains),
        notes=tuple(journal.notes),
        head=ledger.head,
        root=ledger.root,
        counts=Counts(
            len(ledger.digests), contents.count, found.blobs, sum(each.size for each in found.digested.values())
        ),
        withheld=(*statement.withheld_blobs, *lines),
        erased={f"{seq}/{index}": by for (seq, index), by in sorted(erased.items()) if (seq, index) in contents.bare},
    )


def _short(reasons: Sequence[str]) -> tuple[str, ...]:
    """Gives the first reasons; the rest is in the list of defects."""
    first = 20
    more = [f"and {len(reasons) - first} more"] if len(reasons) > first else []
    return (*reasons[:first], *more)


def _intact(journal: Journal, found: _Found) -> Verdict:
    """Judges whether everything is intact; the version of the format only after the digests."""
    version = max(found.case_file.version, found.statement.version)
    if version > FORMAT_VERSION and (found.case_file.matches_ledger or found.case_file.version <= FORMAT_VERSION):
        dropped = journal.drop(keep=DIGEST_KINDS, steps=frozenset({_BAG_STEP}))
        reason = f"format version {version} is newer than this program's ({FORMAT_VERSION}): only digests were checked"
        journal.note(reason + (f"; {dropped} objections to its form were left out." if dropped else "."))
        if not journal.failed(Answer.INTACT):
            return Verdict(State.NOT_CHECKED, (reason,))
    return Verdict(State.FAILED if journal.failed(Answer.INTACT) else State.PASSED)
