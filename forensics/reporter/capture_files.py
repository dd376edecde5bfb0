"""The tables of what a capture kept: files, embedded media, certificates; and its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forensics.model import Artifact
from forensics.reporter.blocks import Block, Column, Gallery, Paragraph, Picture, Table
from forensics.reporter.capture_rows import TEXT_LENGTH, URL_LENGTH, Sheet
from forensics.reporter.captured import members, moment
from forensics.reporter.evidence import Said
from forensics.reporter.front import content_size
from forensics.reporter.picture import DRAWABLE
from forensics.reporter.recorded import EMPTY
from forensics.reporter.wording import Words

MEDIA_SHOWN = 60
"""Most media of one capture that its sheet lists; the annex of digests has all."""

TILES_SHOWN = 4
"""Most parts of a long page that its sheet shows as small pictures."""

CERTIFICATES_SHOWN = 10
"""Most certificates that a sheet lists."""

SERVED = (
    *("via", "rendition", "track", "segments", "segments_missing", "encryption", "is_joined"),
    *("type_declared", "length_declared", "is_whole", "attempts", "resumed", "changed_meanwhile", "remuxed"),
)
"""Facts of a media file that its row tells, in this order."""

_APART = ("media", "certificate")
"""Roles that have tables of their own."""


def views(sheet: Sheet) -> Iterator[Block]:
    """Gives the pictures of the first view and of the whole page beside each other, or says why there are none."""
    words = sheet.words
    first = sheet.capture.of_role("screenshot-viewport")
    pictures = [_picture(first[0], sheet, caption="capture.view")] if first else []
    if sheet.capture.is_of_page and sheet.capture.record.artifacts and not first:
        yield Paragraph(words.say("capture.no_view"), "quiet")
    yield from (Paragraph(one, "quiet") for one in pictures if not isinstance(one, Picture))
    parts = sheet.capture.of_role("screenshot-full")
    caption = "capture.tile" if len(parts) > 1 else "capture.whole"
    pictures += [
        _picture(part, sheet, caption=caption, n=index, total=len(parts))
        for index, part in enumerate(parts[:TILES_SHOWN], 1)
    ]
    drawn = tuple(one for one in pictures if isinstance(one, Picture))
    if len(parts) > TILES_SHOWN and drawn:
        yield Paragraph(words.say("capture.tiles_cut", shown=TILES_SHOWN, total=len(parts)), "note")
    if drawn:
        yield Gallery(drawn, in_a_row=3)


def _picture(artifact: Artifact, sheet: Sheet, *, caption: str, **values: object) -> Picture | Said:
    """Gives a picture of an artifact that may be shown, or says why it may not."""
    words = sheet.words
    if artifact.sealed is not None or sheet.item.item.sensitivity.is_sealed:
        return words.say("picture.sealed")
    if sheet.is_masked:
        return words.say("picture.biometric")
    if artifact.media_type not in DRAWABLE:
        return words.say("picture.other_kind")
    digest = words.short_digest(artifact.digests.sha256)
    said = words.say(caption, name=words.name(artifact.name), digest=digest, **values)
    return Picture(artifact.digests.sha256, said, words.say("picture.failed"))


def files(sheet: Sheet) -> Iterator[Block]:
    """Gives the table of the files kept, but for media and certificates."""
    words = sheet.words
    found = [artifact for artifact in sheet.capture.record.artifacts if artifact.role not in _APART]
    yield Paragraph(words.say("capture.group_files"), "strong")
    if not found:
        yield Paragraph(words.say("capture.no_files"))
        return
    names = (("role", 17), ("name", 18), ("size", 11), ("digest", 54))
    rows = tuple(
        (_role(artifact, words), _name(artifact, sheet), words.size(content_size(artifact)), digest(artifact, words))
        for artifact in found
    )
    yield Table(_columns(names, words), rows, "compact")


def _columns(names: tuple[tuple[str, int], ...], words: Words) -> tuple[Column, ...]:
    roles = {"digest": "digest"}
    return tuple(Column(words.say(f"capture.column_{name}"), share, roles.get(name, "text")) for name, share in names)


def _role(artifact: Artifact, words: Words) -> Said:
    key = f"role.{artifact.role}"
    return words.say(key) if words.has(key) else words.show(artifact.role)


def _name(artifact: Artifact, sheet: Sheet) -> Said:
    words = sheet.words
    name = words.say("word.hidden") if sheet.is_masked else words.shortened(words.name(artifact.name), 120)
    lines = [name, words.show(artifact.media_type)]
    if artifact.sealed is not None:
        lines.append(words.say("word.encrypted"))
    return words.join(lines, "\n")


def digest(artifact: Artifact, words: Words) -> Said:
    """Gives the SHA-256 of the content, or the commitment where a digest of the content would let it be guessed."""
    commitment = (artifact.sealed or {}).get("commitment")
    if commitment:
        return words.say("digests.commitment", value=str(commitment))
    return words.show(artifact.content_sha256)


def media(sheet: Sheet) -> Iterator[Block]:
    """Gives the table of embedded media, or of the files that were asked for, with their own addresses."""
    found, words = sheet.capture.of_role("media"), sheet.words
    if not found:
        return
    group = "group_media" if sheet.capture.is_of_page else "group_obtained"
    yield Paragraph(words.say(f"capture.{group}"), "strong")
    if len(found) > MEDIA_SHOWN:
        cut = words.say("capture.media_cut", shown=MEDIA_SHOWN, total=len(found), annex=words.part("digests"))
        yield Paragraph(cut, "note")
    names = (("address", 34), ("from", 20), ("type", 16), ("digest", 30))
    rows = tuple(
        (_address(artifact, sheet), _offered(artifact, sheet), _type(artifact, words), digest(artifact, words))
        for artifact in found[:MEDIA_SHOWN]
    )
    yield Table(_columns(names, words), rows, "compact")


def _address(artifact: Artifact, sheet: Sheet) -> Said:
    words, facts = sheet.words, artifact.facts
    if sheet.is_masked:
        return words.say("word.hidden")
    lines = [_url(facts.get("url"), words) or words.say("word.not_recorded")]
    final = facts.get("final_url")
    if final and final != facts.get("url"):
        lines.append(words.say("capture.media_final", url=_url(final, words)))
    return words.join([*lines, words.shortened(words.name(artifact.name), 120)], "\n")


def _url(value: Any, words: Words) -> Said | None:
    return words.shortened(str(value), URL_LENGTH) if value else None


def _offered(artifact: Artifact, sheet: Sheet) -> Said:
    """Says where in the page a file stood and how it was obtained."""
    words, facts = sheet.words, artifact.facts
    lines: list[Said] = []
    if facts.get("from") not in EMPTY:
        lines.append(words.shortened(str(facts["from"]), 60))
    if facts.get("width") and facts.get("height"):
        lines.append(words.show(f"{facts['width']}×{facts['height']} px"))
    if facts.get("status") not in EMPTY:
        lines.append(words.show(f"HTTP {facts['status']}"))
    lines += _served(facts, words)
    lines += _compared(facts, words)
    return words.join(lines, "\n") if lines else words.say("word.none")


def _served(facts: Mapping[str, Any], words: Words) -> Iterator[Said]:
    """Gives what is recorded of how a file was obtained: by what, which rendition, in how many attempts."""
    for name in SERVED:
        value = facts.get(name)
        if value in EMPTY or isinstance(value, Mapping | list | tuple):
            continue
        shown = words.show(value) if isinstance(value, bool | int) else _short(value, words)
        yield words.say("capture.media_fact", name=words.say(f"capture.media_{name}"), value=shown)


def _compared(facts: Mapping[str, Any], words: Words) -> Iterator[Said]:
    """Gives the digests that the server stated, and what comparing them came to."""
    for one in members(facts, "digests"):
        parts = [str(one.get(name)) for name in ("field", "algorithm", "outcome") if one.get(name)]
        yield words.say(
            "capture.media_fact", name=words.say("capture.media_digest"), value=_short(", ".join(parts), words)
        )


def _short(value: Any, words: Words) -> Said:
    return words.shortened(str(value), 80)


def _type(artifact: Artifact, words: Words) -> Said:
    lines = [words.show(artifact.media_type), words.size(content_size(artifact))]
    if artifact.sealed is not None:
        lines.append(words.say("word.encrypted"))
    return words.join(lines, "\n")


def certificates(sheet: Sheet) -> Iterator[Block]:
    """Gives the table of the server's certificates, in the order of the chain."""
    found, words = sheet.capture.of_role("certificate"), sheet.words
    if not found:
        return
    yield Paragraph(words.say("capture.group_certificates"), "strong")
    yield Paragraph(words.say("capture.certificates"), "note")
    names = (("position", 10), ("names", 40), ("validity", 24), ("digest", 32))
    rows = tuple(
        _certificate(artifact, index, sheet=sheet) for index, artifact in enumerate(found[:CERTIFICATES_SHOWN])
    )
    yield Table(_columns(names, words), rows, "compact")
    if len(found) > CERTIFICATES_SHOWN:
        yield Paragraph(words.say("capture.more", n=len(found) - CERTIFICATES_SHOWN), "note")


def _certificate(artifact: Artifact, index: int, *, sheet: Sheet) -> tuple[Said, ...]:
    words, facts = sheet.words, artifact.facts
    place = facts.get("position")
    missing = words.say("word.not_recorded")
    names = words.say(
        "capture.certificate_names",
        subject=sheet.told(facts.get("subject"), limit=TEXT_LENGTH) or missing,
        issuer=sheet.told(facts.get("issuer"), limit=TEXT_LENGTH) or missing,
        serial=sheet.told(facts.get("serial"), limit=120) or missing,
    )
    validity = [_day(facts.get(name), words) for name in ("valid_from", "valid_to")]
    position = words.show(str(index if place in EMPTY else place))
    return position, names, words.join(validity, "\n"), digest(artifact, words)


def _day(value: Any, words: Words) -> Said:
    when = moment(value)
    if when is not None:
        return words.utc(when)
    return words.shortened(str(value), 40) if value else words.say("word.not_recorded")
