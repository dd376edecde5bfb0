"""The page of a face against a registered person: similarity beside three distributions, then what it weighs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.model import Subject
from forensics.reporter.blocks import Block, Chart, Column, Gallery, Lane, Pairs, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import Observation
from forensics.reporter.masking import Setting
from forensics.reporter.page_faces import reasons_said, times_said
from forensics.reporter.page_frame import aside, head
from forensics.reporter.page_weight import keys, weighed_said, weight
from forensics.reporter.reading import (
    distribution,
    members,
    number,
    numbers,
    reached,
    spread,
    spread_said,
    text,
    texts,
    whole,
)
from forensics.reporter.wording import Words

KIND = "face.identity"

TRACKS_SHOWN = 12
"""Most tracks whose similarity is listed; the record has all."""

TRACKS_DRAWN = 3
"""Most tracks that are drawn on the scale, the most similar first."""

OTHERS_SHOWN = 60
"""Most comparisons without resemblance that are listed; the others stand with their items."""

DISTRIBUTIONS = ("unrelated", "swapped_source", "same_person")
"""What a similarity is held against, in the order of the drawing."""

_AXIS = tuple(round(-0.2 + 0.2 * step, 1) for step in range(7))


def identity(found: Observation, *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the page of one content against one registered person."""
    words, finding = setting.words, found.finding
    values = finding.values
    subject = text(values, "subject") or words.say("word.none")
    items = setting.items(finding.subject[:1])
    named = words.listed(one.item.id for one in items) or words.short_digest(finding.subject[0])
    title = words.say("identity.title", items=named, subject=subject)
    blocks: list[Block] = [*head(found, setting), *_subject(subject, setting, ref=found.ref)]
    unsuitable = texts(values, "unsuitable")
    if unsuitable:
        reasons = reasons_said(unsuitable, words)
        blocks.append(Paragraph(words.say("identity.unsuitable", reasons=reasons), "strong"))
    blocks += _face(found, setting)
    blocks += _scale(values, words)
    blocks += _tracks(values, words)
    blocks += weight(found, setting)
    blocks += aside(found, setting)
    return Section(anchor, number_said, title, tuple(blocks))


def _subject(name: str, setting: Setting, *, ref: str) -> Iterator[Block]:
    """Says under which name a person was registered and on what basis; that the face is theirs is said nowhere."""
    words = setting.words
    known: dict[str, Subject] = {one.record.id: one.record for one in setting.case.snapshot.subjects}
    if name not in known:
        yield Paragraph(words.say("identity.unregistered", subject=name), "note")
        return
    if not setting.is_first(f"subject {name}", ref=ref):
        yield Paragraph(
            words.say("identity.registered_at", subject=name, ref=setting.printed[f"subject {name}", ""]), "note"
        )
        return
    record = known[name]
    missing = words.say("word.not_recorded")
    rows = [
        (words.say("identity.registered"), words.say("identity.registered_text", subject=name, name=record.name)),
        (words.say("identity.photos"), words.listed(words.show(one) for one in record.photos) or missing),
        (words.say("identity.basis"), words.shortened(record.basis.basis, 400)),
        (
            words.say("identity.consent"),
            words.shortened(record.basis.consent, 400) if record.basis.consent else missing,
        ),
        (words.say("identity.scope"), words.shortened(record.basis.scope, 400) if record.basis.scope else missing),
    ]
    yield Pairs(tuple(rows), "dense")


def _scale(values: Mapping[str, Any], words: Words) -> Iterator[Block]:
    """Draws the measured similarity beside the three distributions, and says within which of them it lies."""
    similarity = number(values, "similarity")
    known = {name: distribution(values, "distributions", name) for name in DISTRIBUTIONS}
    lanes = [_distribution_lane(name, one, words) for name, one in known.items() if one is not None]
    lanes += _measured_lanes(values, words)
    if similarity is None or not lanes:
        return
    yield Paragraph(words.say("identity.scale_title"), "strong")
    ticks = tuple(words.decimal(one, 1) for one in _AXIS)
    yield Chart(tuple(lanes), (_AXIS[0], _AXIS[-1]), ticks, words.say("identity.scale"))
    within = [name for name, one in known.items() if one is not None and one[0][1] <= similarity <= one[0][2]]
    shown = words.decimal(similarity, 2)
    if within:
        ranges = words.listed(words.say(f"identity.{name}") for name in within)
        yield Paragraph(words.say("identity.within", value=shown, ranges=ranges))
    else:
        yield Paragraph(words.say("identity.outside", value=shown))
    sources = dict.fromkeys(text(values, "distributions", name, "source") for name in DISTRIBUTIONS)
    said = words.listed(words.shortened(one, 120) for one in sources if one)
    if said:
        yield Paragraph(words.say("identity.source", sources=said), "note")


def _distribution_lane(name: str, found: Any, words: Words) -> Lane:
    ends, count = found
    said = spread_said(ends, words)
    counted = words.say("identity.counted", value=said, n=words.number(count)) if count is not None else Said(said)
    return Lane(words.say(f"identity.{name}"), ((ends[1], ends[2]),), (ends[0],), counted)


def _measured_lanes(values: Mapping[str, Any], words: Words) -> list[Lane]:
    lanes = []
    for track in members(values, "tracks")[:TRACKS_DRAWN]:
        value, ends = number(track, "similarity"), numbers(track, "range")
        if value is None:
            continue
        stretches = ((ends[0], ends[-1]),) if ends else ()
        name = words.say("identity.lane", track=text(track, "track"))
        lanes.append(Lane(name, stretches, (value,), words.decimal(value, 2), is_strong=True))
    return lanes


def _tracks(values: Mapping[str, Any], words: Words) -> Iterator[Block]:
    tracks = members(values, "tracks")
    if not tracks:
        return
    titles = (("track", 14), ("times", 26), ("similarity", 34), ("frames", 26))
    columns = tuple(Column(words.say(f"identity.column_{name}"), share) for name, share in titles)
    yield Table(columns, tuple(_track_row(one, words) for one in tracks[:TRACKS_SHOWN]), "compact")
    count = whole(values, "compared_track_count") or len(tracks)
    if count > TRACKS_SHOWN:
        yield Paragraph(words.say("identity.cut", n=count, shown=TRACKS_SHOWN), "note")
    agree = spread(values, "photo_similarities")
    if reached(values, "photos_agree") is False:
        yield Paragraph(words.say("identity.photos_differ", value=spread_said(agree, words)))


def _track_row(track: Mapping[str, Any], words: Words) -> tuple[Said, ...]:
    none = words.say("word.none")
    value, ends, frames = number(track, "similarity"), numbers(track, "range"), whole(track, "frame_count")
    measured = None if value is None else (value, ends[0] if ends else value, ends[-1] if ends else value)
    is_timed = bool(number(track, "end_s"))
    counted = none if frames is None else words.number(frames)
    times = times_said(track, words) if is_timed else none
    return words.show(text(track, "track")), times, Said(spread_said(measured, words)), counted


def _face(found: Observation, setting: Setting) -> Iterator[Block]:
    """Draws the face that resembles a registered person most, so that readers can look for themselves."""
    words, finding = setting.words, found.finding
    name = text(finding.values, "track")
    kept = setting.crop(finding.subject[0], name)
    if kept is None or not resembles(found):
        return
    crop, seen = kept
    time = number(crop.facts, "time_s")
    at = words.say("word.none") if time is None else words.decimal(time, 2)
    caption = words.say("faces.best", track=name, time=at, digest=words.short_digest(crop.content_sha256))
    yield Gallery((setting.picture(crop, caption, contents=finding.subject[:1], ref=seen.ref),), in_a_row=5)


def resembles(found: Observation) -> bool:
    """Whether a comparison with a registered person found a resemblance."""
    return found.finding.values.get("strength") == "consistent_with"


def others(found: Sequence[Observation], *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the table of contents in which no resemblance was found, or no face could be compared."""
    words = setting.words
    titles = (("items", 16), ("subject", 16), ("similarity", 12), ("result", 26), ("weighed", 30))
    columns = tuple(Column(words.say(f"identity.column_{name}"), share) for name, share in titles)
    rows = tuple(_other_row(one, setting) for one in found[:OTHERS_SHOWN])
    blocks: list[Block] = [Paragraph(words.say("identity.others")), Table(columns, rows, "compact")]
    if found[OTHERS_SHOWN:]:
        blocks.append(Paragraph(words.say("identity.others_cut", n=len(found), shown=OTHERS_SHOWN), "note"))
    blocks += keys(found, setting)
    blocks += aside(found[0], setting)
    return Section(anchor, number_said, words.say("identity.others_title"), tuple(blocks))


def _other_row(found: Observation, setting: Setting) -> tuple[Said, ...]:
    words, finding = setting.words, found.finding
    similarity = number(finding.values, "similarity")
    items = words.listed(one.item.id for one in setting.items(finding.subject[:1]))
    unsuitable = texts(finding.values, "unsuitable")
    result = words.say(f"result.{finding.result.value}")
    if unsuitable:
        result = words.say("identity.unsuitable", reasons=reasons_said(unsuitable, words))
    return (
        items or words.short_digest(finding.subject[0]),
        words.show(text(finding.values, "subject") or words.say("word.none")),
        words.say("word.none") if similarity is None else words.decimal(similarity, 2),
        result,
        weighed_said(found, setting),
    )
