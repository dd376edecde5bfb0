"""What an examination made beside its finding: pictures at a size that can be read, and a list with digests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forensics.model import Artifact
from forensics.reporter.blocks import Block, Column, Gallery, Paragraph, Picture, Table
from forensics.reporter.evidence import Said
from forensics.reporter.explained import ref_ranges
from forensics.reporter.facts import Observation
from forensics.reporter.picture import DRAWABLE
from forensics.reporter.wording import Words

PICTURES_SHOWN = 4
"""Most attachments of a finding that are shown as pictures."""

LISTED = 12
"""Most attachments of a finding that are listed; the record has all."""

WIDE = frozenset({"ghost-map", "frame-plot"})
"""Roles of pictures that are broad and full of detail: they are drawn larger."""


def galleries(first: Sequence[Picture], found: Sequence[Observation], *, words: Words) -> Iterator[Block]:
    """Gives the pictures of an item, and says below them what they are and are not.

    Only for items that may be shown: a picture of an examination shows what the item shows.

    Args:
        first: The picture of the item itself, where it is drawn.
        found: Its observations whose pictures may be drawn.
        words: The language.
    """
    drawn = [one for seen in found for one in _drawn(seen)]
    wide = tuple(_picture(one, words) for one in drawn if one.role in WIDE)
    others = (*first, *(_picture(one, words) for one in drawn if one.role not in WIDE))
    if others:
        yield Gallery(others, in_a_row=5)
    if wide:
        yield Gallery(wide, in_a_row=2)
    explained = [(role_name(one, words), f"made.{one.role}") for one in drawn if words.has(f"made.{one.role}")]
    if explained:
        said = (
            words.join([name, words.say(key)], words.say("word.full_stop")) for name, key in dict.fromkeys(explained)
        )
        yield Paragraph(words.join(said, words.say("word.sentence_space")), "note")


def _drawn(found: Observation) -> list[Artifact]:
    kept = found.finding.attachments
    return [one for one in kept if one.media_type in DRAWABLE and one.sealed is None][:PICTURES_SHOWN]


def files(found: Sequence[Observation], *, words: Words) -> Iterator[Block]:
    """Lists the files that examinations of an item made, pictures too, each once with the records that have it."""
    listed: dict[str, tuple[Artifact, list[str]]] = {}
    for one in found:
        for artifact in one.finding.attachments[:LISTED]:
            listed.setdefault(artifact.digests.sha256, (artifact, []))[1].append(one.ref)
    if listed:
        rows = listed.values()
        yield file_list(tuple(artifact for artifact, _ in rows), words, refs=[refs for _, refs in rows])
    for one in found:
        if one.finding.attachments[LISTED:]:
            more = words.count("artifacts", len(one.finding.attachments) - LISTED)
            yield Paragraph(words.say("observations.more_attachments", files=more, ref=one.ref), "note")


def _picture(artifact: Artifact, words: Words) -> Picture:
    """Captions a picture: what it is called, and the beginning of its digest, of which the list of files has all."""
    digest = words.short_digest(artifact.digests.sha256)
    caption = words.join([role_name(artifact, words), digest], words.say("word.clause"))
    return Picture(artifact.digests.sha256, caption, words.say("picture.failed"))


def role_name(artifact: Artifact, words: Words) -> Said:
    """Names what the bytes are: the role in the report's language, else as recorded."""
    key = f"role.{artifact.role}"
    return words.say(key) if words.has(key) else words.show(artifact.role)


def file_list(others: Sequence[Artifact], words: Words, *, refs: Sequence[Sequence[str]] = ()) -> Table:
    """Lists files that an examination made: what each is, its type and size, its digest.

    Args:
        others: The files.
        words: The language.
        refs: References of the findings that have each file; empty where they follow from the place.
    """
    columns = (
        Column(words.say("observations.attachment"), 22),
        Column(words.say("observations.kind"), 24),
        Column(words.say("observations.digest"), 54, "digest"),
    )
    rows = tuple(
        (
            words.join(filter(None, [role_name(one, words), _refs(refs, index, words)]), words.say("word.clause")),
            words.join([one.media_type, words.size(one.digests.size)], words.say("word.clause")),
            words.show(one.digests.sha256),
        )
        for index, one in enumerate(others)
    )
    return Table(columns, rows, "compact")


def _refs(refs: Sequence[Sequence[str]], index: int, words: Words) -> Said:
    return ref_ranges(refs[index], words) if refs else Said("")
