"""The page of a comparison with a suspected original: what came out, pictures, measurements beside their control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forensics.model import Artifact, Finding
from forensics.reporter.attached import LISTED, file_list
from forensics.reporter.blocks import (
    Block,
    Chart,
    Column,
    Gallery,
    Lane,
    Mask,
    Pairs,
    Paragraph,
    Picture,
    Section,
    Table,
)
from forensics.reporter.calibrated import usual
from forensics.reporter.evidence import Said
from forensics.reporter.facts import ItemFacts, Observation
from forensics.reporter.front import content_size, item_name
from forensics.reporter.masking import Setting
from forensics.reporter.page_frame import aside, head
from forensics.reporter.page_weight import weight
from forensics.reporter.reading import Spread, members, number, numbers, reached, spread, spread_said, text, whole
from forensics.reporter.wording import Words

KIND = "source.comparison"

FACES_SHOWN = 4
"""Most faces of a comparison whose measurements are printed; the record has all."""

INSTANTS_SHOWN = 5
"""Most instants that are shown side by side: as many as the rule of the comparison chooses."""

PIECES_SHOWN = 6
"""Most pieces of a cut clip whose places are printed; the record has all."""

_PARTS = ("eyes", "nose", "mouth")
_AXIS = ("\u22120.2", "0", "0.2", "0.4", "0.6", "0.8", "1")
_PAIR_ROLES = ("questioned", "original")


def comparison(found: Observation, *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the page of one comparison."""
    words, finding = setting.words, found.finding
    names = [_named(setting, sha256) for sha256 in finding.subject[:2]]
    title = words.say("compared.title", questioned=names[0], original=names[-1])
    first, *statement = head(found, setting)
    blocks: list[Block] = [first, *_plainly(finding, words), *statement]
    blocks.append(Pairs(tuple(_pair_rows(setting, finding)), "values"))
    blocks += _frames(found, setting)
    blocks += _measured(finding, words)
    blocks += _plot(found, setting)
    blocks += _identity(found, setting)
    blocks += weight(found, setting)
    blocks += aside(found, setting)
    blocks += _files(found, words)
    return Section(anchor, number_said, title, tuple(blocks))


def _named(setting: Setting, sha256: str) -> Said:
    items = setting.items((sha256,))
    return setting.words.listed(facts.item.id for facts in items) or setting.words.short_digest(sha256)


def _plainly(finding: Finding, words: Words) -> Iterator[Paragraph]:
    """Says in plain words what came out; nothing for a verdict that the templates do not know."""
    key = f"compared.verdict_{text(finding.values, 'verdict')}"
    if words.has(key):
        yield Paragraph(words.say(key), label=words.label("compared.plainly"))


def _pair_rows(setting: Setting, finding: Finding) -> Iterator[tuple[Said, Said]]:
    words = setting.words
    for role, sha256 in zip(_PAIR_ROLES, finding.subject, strict=False):
        items = setting.items((sha256,))
        said = [_item_said(facts, words) for facts in items] or [words.show(sha256)]
        yield words.say(f"compared.{role}"), words.join(said, "\n")
    yield from _place_rows(finding.values, words)


def _item_said(facts: ItemFacts, words: Words) -> Said:
    parts = [facts.item.id, words.shortened(item_name(facts, words), 120)]
    if facts.original is not None:
        parts += [words.size(content_size(facts.original)), f"SHA-256 {facts.original.content_sha256}"]
    return words.join(parts, words.say("word.clause"))


def _place_rows(values: Mapping[str, Any], words: Words) -> Iterator[tuple[Said, Said]]:
    share, offset = number(values, "aligned_share"), number(values, "offset_s")
    if share is not None:
        yield words.say("compared.aligned"), words.say("compared.of_hundred", n=round(100 * share))
    if offset is not None:
        yield words.say("compared.offset"), words.say("word.seconds", n=words.decimal(offset, 2))
    pieces = members(values, "pieces")
    if len(pieces) > 1:
        said = [_piece(one, words) for one in pieces[:PIECES_SHOWN]]
        yield words.say("compared.pieces"), words.join(said, words.say("word.semicolon"))
    transform = reached(values, "transform")
    if isinstance(transform, Mapping):
        yield words.say("compared.transform"), words.listed(_transform(transform, words))


def _piece(piece: Mapping[str, Any], words: Words) -> Said:
    first, last, offset = (number(piece, one) for one in ("questioned_from_s", "questioned_to_s", "offset_s"))
    if first is None or last is None or offset is None:
        return words.say("word.none")
    times = {"first": words.decimal(first, 2), "last": words.decimal(last, 2), "offset": words.decimal(offset, 2)}
    return words.say("compared.piece", **times)


def _transform(transform: Mapping[str, Any], words: Words) -> Iterator[Said]:
    yield words.say("compared.mirrored" if transform.get("is_mirrored") is True else "compared.not_mirrored")
    scale, turned = number(transform, "scale"), number(transform, "rotation_deg")
    if scale is not None:
        yield words.say("compared.scale", n=words.decimal(scale, 2))
    if turned:
        yield words.say("compared.turned", n=words.decimal(turned, 1))
    box = numbers(transform, "shown_box_share")
    if len(box) == 4:  # noqa: PLR2004 - left, top, width, height
        yield words.say("compared.shown_share", n=round(100 * box[2] * box[3]))


def _frames(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives the frames side by side, by the rule that chose them, and where they differ."""
    words = setting.words
    pairs, maps = (_kept(found, role)[:INSTANTS_SHOWN] for role in ("source-pair", "source-difference"))
    if pairs:
        yield Paragraph(words.say("compared.frames_title"), "strong")
        rule = "compared.rule" if members(found.finding.values, "faces") else "compared.rule_faceless"
        yield Paragraph(words.join([words.say(rule), words.say("compared.outline")], words.say("word.sentence_space")))
        yield from _rows_of([_picture(one, found, setting) for one in pairs])
    if maps:
        yield Paragraph(words.say("compared.maps_title"), "strong")
        yield Paragraph(words.say("compared.maps"))
        yield Gallery(tuple(_picture(one, found, setting) for one in maps), in_a_row=3)


def _rows_of(pictures: list[Picture | Mask]) -> Iterator[Gallery]:
    """Gives three pictures beside each other."""
    yield Gallery(tuple(pictures), in_a_row=3)


def _plot(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives the plot over time."""
    for one in _kept(found, "source-timeline")[:1]:
        yield Paragraph(setting.words.say("compared.time_title"), "strong")
        yield Paragraph(setting.words.say("compared.time"))
        yield Gallery((_picture(one, found, setting),), is_large=True)


def _kept(found: Observation, role: str) -> tuple[Artifact, ...]:
    return tuple(one for one in found.finding.attachments if one.role == role)


def _picture(artifact: Artifact, found: Observation, setting: Setting) -> Picture | Mask:
    words = setting.words
    times = [number(artifact.facts, one) for one in ("questioned_s", "original_s")]
    said = [words.decimal(one, 3) for one in times if one is not None]
    key = f"compared.{artifact.role}"
    what = words.say(key) if words.has(key) else words.show(artifact.role)
    at = [words.say("compared.at", questioned=said[0], original=said[1])] if len(said) > 1 else []
    caption = words.join([what, *at, _digest(artifact, words)], words.say("word.full_stop"))
    return setting.picture(artifact, caption, contents=found.finding.subject[:2], ref=found.ref)


def _digest(artifact: Artifact, words: Words) -> Said:
    return words.say("digests.value", name="SHA-256", value=artifact.content_sha256)


def _measured(finding: Finding, words: Words) -> Iterator[Block]:
    """Gives, for each face, the measurements beside those of the control, as a drawing and as a table."""
    faces = members(finding.values, "faces")
    around = spread(finding.values, "structure_outside")
    if faces or around:
        yield Paragraph(words.say("compared.measured_title"), "strong")
    if not faces and around:
        text_said = words.say("compared.outside_only", value=spread_said(around, words))
        yield Paragraph(text_said)
    for face in faces[:FACES_SHOWN]:
        yield from _face(face, around, finding.values, words=words)
    if faces[FACES_SHOWN:]:
        yield Paragraph(words.say("compared.more_faces", n=len(faces) - FACES_SHOWN), "note")
    if faces:
        space = words.say("word.sentence_space")
        yield Paragraph(words.join(_control(finding.values, words), space), label=words.label("compared.control_label"))
        yield Paragraph(words.say("compared.meaning"), "note")


def _control(values: Mapping[str, Any], words: Words) -> Iterator[Said]:
    control = reached(values, "control")
    if not isinstance(control, Mapping):
        yield words.say("compared.no_control")
        return
    yield words.say("compared.control")
    if control.get("is_reached") is not True:
        yield words.say("compared.control_weaker")


def _face(
    face: Mapping[str, Any], around: Spread | None, values: Mapping[str, Any], *, words: Words
) -> Iterator[Block]:
    state = f"value_word.state.{text(face, 'state')}"
    said = words.say(state) if words.has(state) else words.say("word.none")
    yield Paragraph(words.say("compared.face", n=whole(face, "number") or 1, state=said), "strong")
    yield _structure_chart(face, around, words)
    cosines = tuple(_cosine_lanes(face, words))
    if cosines:
        ticks = tuple(Said(tick.replace(".", ",") if words.language == "fr" else tick) for tick in _AXIS)
        yield Chart(cosines, (-0.2, 1.0), ticks, words.say("compared.cosine_chart"))
    columns = tuple(
        Column(words.say(f"compared.column_{name}"), share)
        for name, share in (("what", 34), ("here", 22), ("control", 22), ("other", 22))
    )
    yield Table(columns, tuple(_rows(face, around, values, words=words)), "compact")


def _structure_chart(face: Mapping[str, Any], around: Spread | None, words: Words) -> Chart:
    lanes = [
        _lane("compared.lane_inside", spread(face, "structure_inside"), words, is_strong=True),
        _lane("compared.lane_control", spread(face, "control", "structure_inside"), words),
        _lane("compared.lane_outside", around, words),
    ]
    ticks = tuple(words.decimal(one / 5, 1) for one in range(6))
    return Chart(tuple(one for one in lanes if one), (0.0, 1.0), ticks, words.say("compared.structure_chart"))


def _cosine_lanes(face: Mapping[str, Any], words: Words) -> Iterator[Lane]:
    measured = _lane("compared.lane_cosine", spread(face, "identity_cosine"), words, is_strong=True)
    others = (
        _lane("compared.lane_cosine_control", spread(face, "control", "identity_cosine"), words),
        _lane("compared.lane_cosine_own", spread(face, "identity_cosine_other_frames"), words),
        _lane("compared.lane_cosine_unrelated", usual("unrelated"), words),
    )
    if measured:
        yield measured
        yield from (one for one in others if one)


def _lane(key: str, found: Spread | None, words: Words, *, is_strong: bool = False) -> Lane | None:
    if found is None:
        return None
    median, low, high = found
    return Lane(words.say(key), ((low, high),), (median,), Said(spread_said(found, words)), is_strong)


def _rows(
    face: Mapping[str, Any], around: Spread | None, values: Mapping[str, Any], *, words: Words
) -> Iterator[tuple[Said, ...]]:
    """Gives the rows: what was measured, here, of the control, and what else it can be held against."""
    none = words.say("word.none")
    control = number(values, "control", "structure_outside")
    outside = none if control is None else words.decimal(control, 2)
    yield words.say("compared.row_outside"), Said(spread_said(around, words)), outside, none
    for name, places in (("structure_inside", 2), ("structure_coarse", 2), ("structure_if_smoothed", 2)):
        yield _row(name, face, (name,), places=places, words=words)
    for part in _PARTS:
        yield _row(f"part_{part}", face, ("structure_parts", part), places=2, words=words)
    yield _row("residual_log2_ratio", face, ("residual_log2_ratio",), places=1, words=words)
    yield _row("peak", face, ("peak",), places=1, words=words)
    what, here, expected, _ = _row("identity_cosine", face, ("identity_cosine",), places=2, words=words)
    yield what, here, expected, words.join(_references(face, words), words.say("word.semicolon")) or none
    yield _row("landmark_shift", face, ("landmark_shift",), places=3, words=words)


def _references(face: Mapping[str, Any], words: Words) -> Iterator[Said]:
    """Gives what a similarity can be held against beside the control: other frames, and unrelated persons."""
    known = {"other_frames": spread(face, "identity_cosine_other_frames"), "unrelated_persons": usual("unrelated")}
    for name, found in known.items():
        if found:
            yield words.say(f"compared.{name}", value=spread_said(found, words))


def _row(name: str, face: Mapping[str, Any], path: tuple[str, ...], *, places: int, words: Words) -> tuple[Said, ...]:
    here, control = spread(face, *path), spread(face, "control", *path)
    said = (Said(spread_said(here, words, places=places)), Said(spread_said(control, words, places=places)))
    return (words.say(f"compared.row_{name}"), *said, words.say("word.none"))


def _identity(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives the table of three faces against each other, where a registered person was compared too."""
    words, values = setting.words, found.finding.values
    table = reached(values, "identity_table")
    if not isinstance(table, Mapping):
        return
    subject = words.show(text(values, "subject") or words.say("word.none"))
    yield Paragraph(words.say("compared.identity_title"), "strong")
    yield Paragraph(words.say("compared.identity", subject=subject))
    rows = []
    for name in ("face_subject", "face_original", "subject_original"):
        cosine = number(table, name, "cosine")
        ends, count = numbers(table, name, "range"), whole(table, name, "count")
        value = None if cosine is None else (cosine, ends[0] if ends else cosine, ends[-1] if ends else cosine)
        counted = words.say("word.none") if count is None else words.number(count)
        rows.append((words.say(f"compared.{name}", subject=subject), Said(spread_said(value, words)), counted))
    columns = tuple(
        Column(words.say(f"compared.column_{name}"), share)
        for name, share in (("faces", 56), ("similarity", 24), ("frames", 20))
    )
    yield Table(columns, tuple(rows))
    for sheet in [one for one in found.finding.attachments if one.role == "pairing-sheet"][:1]:
        caption = words.join([words.say("compared.pairing_sheet"), _digest(sheet, words)], words.say("word.full_stop"))
        made = setting.picture(sheet, caption, contents=found.finding.subject[:2], ref=found.ref)
        yield Gallery((made,), is_large=True)
    yield Paragraph(words.say("compared.identity_meaning"), "note")


def _files(found: Observation, words: Words) -> Iterator[Block]:
    """Lists what else the comparison kept: tables and the clip of both side by side, by digest."""
    drawn = ("source-pair", "source-difference", "source-timeline", "pairing-sheet")
    others = tuple(one for one in found.finding.attachments if one.role not in drawn)
    if others:
        yield Paragraph(words.say("compared.files"), "strong")
        yield file_list(others[:LISTED], words)
