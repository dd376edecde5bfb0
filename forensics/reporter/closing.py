"""The last parts: what is not established, how to verify everything, and the declaration to be signed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from forensics.model import Committed, TimeProof
from forensics.reporter.blocks import (
    Blank,
    Block,
    Box,
    Column,
    Commands,
    Matrix,
    Pairs,
    Paragraph,
    Points,
    Section,
    Table,
)
from forensics.reporter.captured import all_captures, is_online
from forensics.reporter.evidence import Said
from forensics.reporter.explained import Explained, Kind
from forensics.reporter.facts import CaseFacts, Stamp, seq_of
from forensics.reporter.finding_kind import numbered
from forensics.reporter.front import evidence_root, kind_name
from forensics.reporter.item_range import item_ranges
from forensics.reporter.text import JURISDICTIONS
from forensics.reporter.wording import Words

TOKENS_SHOWN = 2
"""Most tokens for which the command is written out; it is the same for the others."""

ARCHIVES_SHOWN = 2
"""Most web archives for which the command is written out; it is the same for the others."""


def limits(case: CaseFacts, words: Words, *, key: Explained) -> Section:
    """Builds the part on what the report does not establish, and the other explanations that were considered."""
    unproven = Section(
        "limits-unproven",
        words.sub_number("limits", 1),
        words.say("limits.unproven_title"),
        (Paragraph(words.say("limits.unproven")), Points((*words.lines("limits.points"), *_of_this_case(case, words)))),
    )
    others = Section(
        "limits-others",
        words.sub_number("limits", 2),
        words.say("limits.others_title"),
        tuple(_alternatives(key, words)),
    )
    title = words.say("limits.title")
    return Section("limits", words.heading_number("limits"), title, (), (unproven, others))


def _alternatives(key: Explained, words: Words) -> Iterator[Block]:
    """Gives the innocent explanations stated with findings, by kind, each sentence once."""
    found = [kind for kind in key.kinds.values() if kind.alternatives]
    if not found:
        yield Paragraph(words.say("limits.others_none"))
        return
    yield Paragraph(words.say("limits.others"))
    columns = tuple(Column(words.say(f"limits.column_{name}"), share) for name, share in (("kind", 24), ("others", 76)))
    yield Table(columns, tuple(_alternative_row(kind, words) for kind in found), "fine")


def _alternative_row(kind: Kind, words: Words) -> tuple[Said, ...]:
    space = words.say("word.sentence_space")
    return (
        words.say("kinds.numbered", mark=kind.number, text=kind_name(kind.name, words)),
        numbered(kind.alternatives, kind.number, separator=space, words=words, is_limit=False),
    )


def _of_this_case(case: CaseFacts, words: Words) -> Iterator[Said]:
    if any(is_online(facts) for facts in case.items):
        yield from words.lines("limits.captures")
    unstamped = [facts.item.id for facts in case.obtained if facts.stamp is not Stamp.STAMPED]
    if unstamped:
        yield words.say("limits.unstamped", items=item_ranges(unstamped, words))
    unexamined = [facts.item.id for facts in case.obtained if not facts.observations and not facts.mentioned]
    if unexamined:
        yield words.say("limits.unexamined", items=item_ranges(unexamined, words))


def verification(case: CaseFacts, words: Words) -> Section:
    """Builds the page with which anyone can verify a packet: expected root, commands, authorities."""
    root = _pin(case)
    blocks: list[Block] = [Paragraph(words.say("verification.intro"))]
    if root:
        blocks += [
            Pairs(
                (
                    (words.say("cover.root"), evidence_root(case, words)),
                    (words.say("verification.head"), words.show(root)),
                )
            ),
            Matrix(root, words.say("verification.matrix")),
        ]
    else:
        blocks.append(Paragraph(words.say("verification.no_root")))
    sections = [_commands(case, root, words=words), _authorities(case, words)]
    title = words.say("verification.title")
    number = words.heading_number("verification")
    return Section("verification", number, title, tuple(blocks), tuple(sections))


def _pin(case: CaseFacts) -> str:
    return f"{case.checkpoint}:{case.snapshot.root}" if case.checkpoint is not None else ""


def _commands(case: CaseFacts, root: str, *, words: Words) -> Section:
    steps: list[tuple[str, tuple[str, ...]]] = [
        ("files", ("cd PACKET", "sha256sum -c manifest-sha256.txt", "bagit.py --validate .")),
        ("blobs", ("sha256sum data/blobs/ab/abcdef...",)),
    ]
    if case.checkpoint is not None:
        line = f"sed -n {case.checkpoint + 1}p data/ledger.jsonl | tr -d '\\n'"
        steps.append(("root", (f"{line} | sha256sum",)))
        if case.snapshot.time_proofs:
            steps.append(("time", tuple(_token_commands(case.snapshot.time_proofs))))
    archives = tuple(_archive_commands(case))
    if archives:
        steps.append(("archives", archives))
    head = f" --head {root}" if root else ""
    steps.append(("program", (f"forensics verify . --key SIGNER.pem --trust AUTHORITY.pem{head}",)))
    blocks: list[Block] = []
    for index, (name, lines) in enumerate(steps, 1):
        blocks.append(
            Paragraph(
                words.say(f"verification.step_{name}"),
                label=words.join([words.say("verification.step", n=index), words.say("word.sentence_space")]),
            )
        )
        blocks.append(Commands(tuple(Said(text) for text in lines)))
    blocks.append(Paragraph(words.say("verification.answers"), "note"))
    title = words.say("verification.commands_title")
    return Section("verification-commands", words.sub_number("verification", 1), title, tuple(blocks))


def _archive_commands(case: CaseFacts) -> Iterator[str]:
    archives = (
        artifact
        for facts, capture in all_captures(case)
        for artifact in capture.of_role("warc")
        if artifact.sealed is None and not facts.masked
    )
    for artifact in islice(archives, ARCHIVES_SHOWN):
        sha256 = artifact.digests.sha256
        yield f"warcio check data/blobs/{sha256[:2]}/{sha256}"


def _token_commands(proofs: tuple[Committed[TimeProof], ...]) -> Iterator[str]:
    for proof in proofs[:TOKENS_SHOWN]:
        line = f"sed -n {proof.record.checkpoint + 1}p data/ledger.jsonl | tr -d '\\n'"
        token = f"data/proofs/{proof.record.token}.tsr"
        yield f"{line} | openssl ts -verify -data /dev/stdin -in {token} -CAfile AUTHORITY.pem"


def _authorities(case: CaseFacts, words: Words) -> Section:
    fingerprints: dict[str, dict[str, None]] = {}
    for proof in case.snapshot.time_proofs:
        fingerprints.setdefault(proof.record.authority, {}).update(dict.fromkeys(proof.record.certificates))
    blocks: list[Block] = [
        Paragraph(words.say("verification.authorities" if fingerprints else "verification.no_authorities"))
    ]
    if fingerprints:
        columns = (
            Column(words.say("verification.column_authority"), 36),
            Column(words.say("verification.column_fingerprint"), 64, "digest"),
        )
        missing = words.say("word.not_recorded")
        rows = tuple((words.show(name), words.join(found, "\n") or missing) for name, found in fingerprints.items())
        blocks += [Table(columns, rows), Paragraph(words.say("verification.fingerprints"), "note")]
    title = words.say("verification.authorities_title")
    return Section("verification-authorities", words.sub_number("verification", 2), title, tuple(blocks))


def declaration(case: CaseFacts, words: Words, *, number: str) -> Section:
    """Builds the draft of the jurisdiction's declaration, with empty lines for what only people can fill in."""
    place = {"fr": "eu"}.get(case.snapshot.info.jurisdiction, case.snapshot.info.jurisdiction)
    texts = words.templates.declarations[place if place in JURISDICTIONS else "intl"][words.language]
    values = _known(case, words, number=number)

    def filled(key: str) -> tuple[Said, ...]:
        found = texts.get(key, ())
        return tuple(words.fill(text, key, values=values) for text in ((found,) if isinstance(found, str) else found))

    blocks: list[Block] = [Box(tuple(Paragraph(text, "strong") for text in filled("draft")))]
    blocks += [Paragraph(text) for text in filled("opening")]
    blocks += [_blank(text) for text in filled("fields")]
    blocks += [Paragraph(text) for text in filled("statements")]
    blocks += [_blank(text) for text in filled("signature")]
    blocks += [Paragraph(text, "note") for text in filled("notes")]
    heading = words.say("declaration.title", name=filled("title")[0])
    return Section("declaration", words.heading_number("declaration"), heading, tuple(blocks), starts_page=True)


def _collecting_programs(case: CaseFacts, words: Words) -> Said:
    """Names the programs, by the log, that obtained something; the one that makes the report where nothing was."""
    obtaining = {seq_of(done.ref) for done in case.snapshot.acquisitions}
    tools = (event.tool for event in case.snapshot.events if event.seq in obtaining)
    return words.listed(dict.fromkeys(f"{tool.name} {tool.version}" for tool in tools) or [case.program])


def _blank(text: str) -> Blank:
    """Reads `3|Label`: a label and how many ruled lines it wants."""
    lines, bar, label = text.partition("|")
    return Blank(Said(label), int(lines)) if bar and lines.isdigit() else Blank(Said(text))


def _known(case: CaseFacts, words: Words, *, number: str) -> dict[str, object]:
    info = case.snapshot.info
    missing = words.say("word.not_recorded")
    parts = {
        anchor: words.part(anchor)
        for anchor in ("collection", "custody", "materials", "limits", "digests", "catalogue")
    }
    return {
        **parts,
        "case": info.title,
        "reference": info.reference or missing,
        "examiner": info.examiner or missing,
        "organisation": info.organisation or missing,
        "program": _collecting_programs(case, words),
        "root": evidence_root(case, words),
        "number": number,
        "items": words.count("items", len(case.items)),
    }
