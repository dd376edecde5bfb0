"""What an examination made beside its finding: pictures at a size that can be read, and a list with digests."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.model import Artifact, Finding
from forensics.reporter.blocks import Block, Column, Gallery, Paragraph, Picture, Table
from forensics.reporter.evidence import Said
from forensics.reporter.picture import DRAWABLE
from forensics.reporter.wording import Words

PICTURES_SHOWN = 4
"""Most attachments of a finding that are shown as pictures."""

LISTED = 12
"""Most attachments of a finding that are listed; the record has all."""

WIDE = frozenset({"ghost-map", "frame-plot"})
"""Roles of pictures that are broad and full of detail: each stands by itself over the whole width."""


def attachments(finding: Finding, ref: str, *, words: Words) -> Iterator[Block]:
    """Gives the attachments of a finding: pictures with captions that say what they are and are not, the others listed.

    Only for items that may be shown: a picture of an examination shows what the item shows.
    """
    kept = finding.attachments
    drawn = [one for one in kept if one.media_type in DRAWABLE and one.sealed is None][:PICTURES_SHOWN]
    for one in (one for one in drawn if one.role in WIDE):
        yield Gallery((_picture(one, words),), is_large=True)
    beside = tuple(_picture(one, words) for one in drawn if one.role not in WIDE)
    if beside:
        yield Gallery(beside, in_a_row=2)
    others = tuple(one for one in kept if one not in drawn)
    if others:
        yield file_list(others[:LISTED], words)
    if others[LISTED:]:
        more = words.count("artifacts", len(others) - LISTED)
        yield Paragraph(words.say("observations.more_attachments", files=more, ref=ref), "note")


def _picture(artifact: Artifact, words: Words) -> Picture:
    """Captions a picture: what it is called, what it is and is not, and its digest."""
    key = f"made.{artifact.role}"
    said = words.say(key if words.has(key) else "picture.attachment")
    digest = words.say("digests.value", name="SHA-256", value=artifact.digests.sha256)
    caption = words.join([role_name(artifact, words), said, digest], words.say("word.full_stop"))
    return Picture(artifact.digests.sha256, caption, words.say("picture.failed"))


def role_name(artifact: Artifact, words: Words) -> Said:
    """Names what the bytes are: the role in the report's language, else as recorded."""
    key = f"role.{artifact.role}"
    return words.say(key) if words.has(key) else words.show(artifact.role)


def file_list(others: tuple[Artifact, ...], words: Words) -> Table:
    """Lists files that an examination made: what each is, its type and size, its digest."""
    columns = (
        Column(words.say("observations.attachment"), 34),
        Column(words.say("observations.kind"), 24),
        Column(words.say("observations.digest"), 42, "digest"),
    )
    rows = tuple(
        (
            role_name(one, words),
            words.join([one.media_type, words.size(one.digests.size)], words.say("word.clause")),
            words.show(one.digests.sha256),
        )
        for one in others
    )
    return Table(columns, rows, "compact")
