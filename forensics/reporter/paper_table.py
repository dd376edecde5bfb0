"""Tables of papers: steps of the collection, files, exhibits, and digests of sources beside those of the copies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from forensics.errors import StoreError
from forensics.model import Artifact
from forensics.reporter.blocks import Column, Table
from forensics.reporter.catalogue import (
    NAME_LENGTH,
    element_name,
    element_titles,
    exhibits_of,
    items_in,
    labels_of,
)
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, seq_of
from forensics.reporter.front import content_size, item_name
from forensics.reporter.item_range import item_ranges
from forensics.reporter.paper_fact import collecting, said
from forensics.reporter.picture import OpenBlob
from forensics.reporter.wording import Words

CHUNK = 1 << 20
"""Bytes read at a time."""

PATH_LENGTH = 200
"""Characters after which a source path is cut; the record has it in full."""

_ROLES = {"digest": "digest", "source_hash": "digest", "copy_hash": "digest", "no": "strong", "exhibit": "strong"}


@dataclass(frozen=True, slots=True)
class Source:
    """What tables are made from.

    Attributes:
        open_blob: Opens a stored blob by its SHA-256.
    """

    case: CaseFacts
    words: Words
    open_blob: OpenBlob


def tables() -> Mapping[str, Callable[[Source], Table]]:
    """Gives the tables that a paper can have, by name."""
    return {"steps": steps, "files": files, "hashes": hashes, "exhibits": exhibits}


def _columns(words: Words, shares: Iterable[tuple[str, int]]) -> tuple[Column, ...]:
    return tuple(Column(said(name, words), share, _ROLES.get(name, "text")) for name, share in shares)


def steps(source: Source) -> Table:
    """Lists the runs that obtained something, in order of time."""
    case, words = source.case, source.words
    ends = {end.record.act: end.record.ended_at for end in case.snapshot.act_ends}
    rows = []
    for act in collecting(case):
        tool = case.snapshot.events[seq_of(act.ref)].tool
        end = words.utc(ends[act.ref]) if act.ref in ends else words.say("collection.no_end")
        items = (facts.item.id for facts in case.items if any(one.record.act == act.ref for one in facts.acquisitions))
        key = f"action.{act.record.verb}"
        rows.append(
            (
                words.show(act.ref),
                words.say(key) if words.has(key) else words.show(act.record.verb),
                words.say("word.from_to", start=words.utc(act.record.started_at), end=end),
                words.join([tool.name, tool.version], " "),
                item_ranges(dict.fromkeys(items), words),
            )
        )
    shares = (("ref", 12), ("verb", 20), ("times", 26), ("program", 18), ("items", 24))
    return Table(_columns(words, shares), tuple(rows), "compact")


def files(source: Source) -> Table:
    """Lists what was obtained. *Source:* the fixing list of the rules on electronic data in criminal cases (2016)."""
    labels, words = labels_of(source.case), source.words
    rows = tuple(
        _file_row(number, facts, facts.original, labels=labels.get(facts.item.id, ()), words=words)
        for number, facts in enumerate((one for one in source.case.items if one.original), 1)
        if facts.original is not None
    )
    shares = (("no", 6), ("file", 22), ("path", 20), ("kind", 14), ("size", 10), ("digest", 20), ("remark", 10))
    return Table(_columns(words, shares), rows, "compact")


def _file_row(
    number: int, facts: ItemFacts, artifact: Artifact, *, labels: tuple[str, ...], words: Words
) -> tuple[Said, ...]:
    remarks = [words.say("catalogue.not_public")] if facts.masked else []
    remarks += [words.show(label) for label in labels]
    return (
        words.number(number),
        words.join([facts.item.id, words.shortened(item_name(facts, words), NAME_LENGTH)], "\n"),
        words.say("word.masked_name") if facts.masked else words.shortened(str(facts.item.locator), PATH_LENGTH),
        words.show(artifact.media_type),
        words.size(content_size(artifact)),
        words.show(artifact.content_sha256),
        words.listed(remarks) if remarks else words.say("word.none"),
    )


def hashes(source: Source) -> Table:
    """Holds the digest of each source, computed while it was copied, beside that of the stored copy, computed now."""
    labels, words = labels_of(source.case), source.words
    rows = []
    for facts in source.case.items:
        if facts.original is not None:
            exhibit = words.listed((*labels.get(facts.item.id, ()),)) or words.show(facts.item.id)
            rows.append((exhibit, *_hash_cells(facts, facts.original, source)))
    shares = (("exhibit", 12), ("file", 20), ("size", 11), ("algorithm", 10), ("source_hash", 18), ("copy_hash", 18))
    return Table(_columns(words, (*shares, ("equal", 11))), tuple(rows), "compact")


def _hash_cells(facts: ItemFacts, artifact: Artifact, source: Source) -> tuple[Said, ...]:
    """Gives the cells after the exhibit; only what was copied from a source has a digest there to be equal to."""
    words, recorded = source.words, artifact.content_sha256
    is_copied = artifact.role == "original"
    copy, why_not = _copy_digest(artifact, source.open_blob)
    verdict = words.say("word.none")
    if is_copied and copy:
        verdict = said("is_equal" if copy == recorded else "is_unequal", words)
    return (
        words.join([facts.item.id, words.shortened(item_name(facts, words), NAME_LENGTH)], "\n"),
        words.size(content_size(artifact)),
        Said("SHA-256"),
        words.show(recorded) if is_copied else said("made_here", words),
        words.show(copy) if copy else said(why_not, words),
        verdict,
    )


def _copy_digest(artifact: Artifact, open_blob: OpenBlob) -> tuple[str, str]:
    """Computes the SHA-256 of a stored copy; where that cannot be done it is empty, and a word says why."""
    if artifact.sealed is not None:
        return "", "sealed_copy"
    digest = hashlib.sha256()
    try:
        with open_blob(artifact.digests.sha256) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except (StoreError, OSError):
        return "", "unreadable"
    return digest.hexdigest(), ""


def exhibits(source: Source) -> Table:
    """Lists the exhibits with the digests of their items; the items alone where nothing is an exhibit yet."""
    words = source.words
    shares = (("exhibit", 12), ("title", 28), ("elements", 22), ("items", 38))
    columns = (*_columns(words, shares[:3]), Column(said("items", words), 38, "digest"))
    return Table(columns, tuple(_exhibit_rows(source)), "compact")


def _exhibit_rows(source: Source) -> Iterator[tuple[Said, ...]]:
    case, words = source.case, source.words
    known = {facts.item.id: facts for facts in case.items}
    nothing, exhibits_here = words.say("word.none"), exhibits_of(case)
    titles = element_titles(case, words.language)
    for exhibit in exhibits_here:
        lines = [_digest_line(known[name], words) for name in items_in(exhibit, case) if name in known]
        elements = words.listed(element_name(one, titles, words=words) for one in exhibit.elements) or nothing
        title = words.shortened(exhibit.title, NAME_LENGTH)
        yield words.show(exhibit.label), title, elements, words.join(lines, "\n") or nothing
    if not exhibits_here:
        for facts in case.items:
            title = words.shortened(item_name(facts, words), NAME_LENGTH)
            yield words.show(facts.item.id), title, nothing, _digest_line(facts, words)


def _digest_line(facts: ItemFacts, words: Words) -> Said:
    digest = facts.original.content_sha256 if facts.original else words.say("word.nothing_obtained")
    return words.join([facts.item.id, digest], " ")
