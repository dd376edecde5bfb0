"""The pages of faces: which face is seen when and how well in each item, and how many persons the case shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics.model import Artifact
from forensics.reporter.blocks import Block, Chart, Column, Gallery, Lane, Mask, Paragraph, Picture, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import Observation
from forensics.reporter.masking import Reason, Setting, photo_contents, shown_tracks
from forensics.reporter.page_frame import aside, head
from forensics.reporter.page_weight import weight
from forensics.reporter.reading import members, number, numbers, reached, text, texts, whole
from forensics.reporter.wording import Words

DETECTED, PERSONS, LAYOUT = "faces.detected", "faces.persons", "face.eye_layout"

TRACKS_SHOWN = 20
"""Most tracks of an item that are drawn and listed; the record has all."""

FACES_DRAWN = 8
"""Most tracks of an item of which the best frame is drawn."""

PERSONS_SHOWN = 40
"""Most persons that are listed; the record has all."""

MEMBERS_SHOWN = 12
"""Most tracks of a person that are named; the record has all."""

_TICKS = 5


def faces(found: Sequence[Observation], *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the page of the faces of all contents: of each time lines and tracks, then the best frames together."""
    words = setting.words
    blocks: list[Block] = []
    for one in found:
        blocks += _content(one, setting)
    best = [picture for one in found for picture in _best(one, setting)]
    if best:
        blocks += [Paragraph(words.say("faces.best_title"), "strong"), Gallery(tuple(best), in_a_row=5)]
    for one in found:
        blocks += aside(one, setting)
    return Section(anchor, number_said, words.say("faces.section_title"), tuple(blocks))


def _content(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives the finding on one content, with time lines and table of tracks."""
    words, values = setting.words, found.finding.values
    tracks = members(values, "tracks")
    yield Paragraph(words.say("faces.title", items=_items(setting, found.finding.subject[0])), "strong")
    yield from head(found, setting)
    if tracks[TRACKS_SHOWN:]:
        yield Paragraph(words.say("faces.cut", n=len(tracks), shown=TRACKS_SHOWN, ref=found.ref), "note")
    length = number(values, "duration_s")
    if tracks and length:
        yield _time_line(tracks[:TRACKS_SHOWN], length, words)
    if tracks:
        yield _track_table(tracks[:TRACKS_SHOWN], words, is_still=length is None)
        if setting.is_first("faces", ref=found.ref):
            yield Paragraph(words.say("faces.meaning"), "note")


def _items(setting: Setting, sha256: str) -> Said:
    found = setting.items((sha256,))
    return setting.words.listed(one.item.id for one in found) or setting.words.short_digest(sha256)


def _time_line(tracks: Sequence[Mapping[str, Any]], length: float, words: Words) -> Chart:
    lanes = []
    for track in tracks:
        stretches = tuple(_ranges(track))
        is_suitable = track.get("suitable") is True
        said = words.say("faces.lane" if is_suitable else "faces.lane_unsuitable", track=text(track, "id"))
        lanes.append(Lane(said, stretches, (), times_said(track, words), is_suitable))
    ticks = tuple(words.say("word.seconds", n=words.decimal(length * one / _TICKS, 1)) for one in range(_TICKS + 1))
    return Chart(tuple(lanes), (0.0, length), ticks, words.say("faces.time_line"))


def _ranges(track: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    found = reached(track, "ranges_s")
    for one in found if isinstance(found, list | tuple) else ():
        ends = numbers({"": one}, "")
        if len(ends) == 2:  # noqa: PLR2004 - start and end
            yield ends[0], ends[1]


def times_said(track: Mapping[str, Any], words: Words) -> Said:
    """Writes from when to when a face is seen."""
    start, end = number(track, "start_s"), number(track, "end_s")
    if start is None or end is None:
        return words.say("word.none")
    return words.say("faces.from_to", start=words.decimal(start, 2), end=words.decimal(end, 2))


def _track_table(tracks: Sequence[Mapping[str, Any]], words: Words, *, is_still: bool) -> Table:
    columns = tuple(
        Column(words.say(f"faces.column_{name}"), share, "strong" if name == "track" else "text")
        for name, share in (("track", 10), ("times", 22), ("frames", 12), ("width", 20), ("quality", 36))
    )
    return Table(columns, tuple(_track_row(track, words, is_still=is_still) for track in tracks), "compact")


def _track_row(track: Mapping[str, Any], words: Words, *, is_still: bool) -> tuple[Said, ...]:
    width = numbers(track, "width_px")
    frames = whole(track, "frame_count")
    return (
        words.show(text(track, "id")),
        words.say("word.none") if is_still else times_said(track, words),
        words.say("word.none") if frames is None else words.number(frames),
        words.join([str(round(one)) for one in width], words.say("word.slash")) or words.say("word.none"),
        _quality(track, words),
    )


def _quality(track: Mapping[str, Any], words: Words) -> Said:
    if track.get("suitable") is True:
        return words.say("faces.suitable")
    return words.say("faces.unsuitable", reasons=reasons_said(texts(track, "reasons"), words))


def reasons_said(reasons: Sequence[str], words: Words) -> Said:
    """Writes why a face does not suffice for a comparison: words of a fixed list, or as recorded."""
    keys = [(one, f"value_word.reasons.{one}") for one in dict.fromkeys(reasons)]
    said = [words.say(key) if words.has(key) else words.shortened(one, 60) for one, key in keys]
    return words.listed(said) or words.say("word.not_recorded")


def _best(found: Observation, setting: Setting) -> Iterator[Picture | Mask]:
    """Draws the best frame of each track; a person whom nobody registered is not shown enlarged."""
    words, finding = setting.words, found.finding
    crops: dict[str, Artifact] = {}
    for one in finding.attachments:
        if one.role == "face":
            crops.setdefault(str(one.facts.get("track")), one)
    wanted = [name for track in members(finding.values, "tracks") if (name := text(track, "id")) in crops]
    items = _items(setting, finding.subject[0])
    for name in wanted[:FACES_DRAWN]:
        time = number(crops[name].facts, "time_s")
        at = words.say("word.none") if time is None else words.decimal(time, 2)
        caption = words.say("faces.best", track=name, time=at, digest=words.short_digest(crops[name].content_sha256))
        because = _because(finding.subject[0], name, setting)
        said = words.join([items, caption], words.say("word.clause"))
        yield setting.picture(crops[name], said, contents=finding.subject[:1], ref=found.ref, because=because)


def _because(content: str, track: str, setting: Setting) -> Reason | None:
    is_asked = any(facts.unmasked for facts in setting.items((content,)))
    is_registered = content in photo_contents(setting.case)
    return None if is_asked or is_registered or (content, track) in shown_tracks(setting.case) else Reason.THIRD_PERSON


def persons(found: Observation, *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the overview of persons: how many, and in which tracks of which items each is seen; no names."""
    words, values = setting.words, found.finding.values
    people = members(values, "persons")
    blocks: list[Block] = list(head(found, setting))
    if values.get("is_stable") is False:
        ends = numbers(values, "person_count_range")
        low, high = (round(ends[0]), round(ends[-1])) if ends else ("?", "?")
        blocks.append(Paragraph(words.say("persons.unstable", low=low, high=high)))
    if people:
        titles = (("person", 12), ("tracks", 12), ("where", 76))
        columns = tuple(Column(words.say(f"persons.column_{name}"), share) for name, share in titles)
        rows = tuple(_person_row(one, setting) for one in people[:PERSONS_SHOWN])
        blocks.append(Table(columns, rows, "compact"))
    if people[PERSONS_SHOWN:]:
        blocks.append(Paragraph(words.say("persons.cut", n=len(people), shown=PERSONS_SHOWN, ref=found.ref), "note"))
    left = members(values, "left_out")
    if left:
        blocks.append(Paragraph(words.say("persons.left_out", tracks=words.count("tracks", len(left))), "note"))
    blocks += weight(found, setting)
    blocks += aside(found, setting)
    return Section(anchor, number_said, words.say("persons.title"), tuple(blocks))


def _person_row(person: Mapping[str, Any], setting: Setting) -> tuple[Said, ...]:
    words = setting.words
    seen = members(person, "members")
    said = [
        words.say("persons.seen", item=_items(setting, text(one, "sha256")), track=text(one, "track"))
        for one in seen[:MEMBERS_SHOWN]
    ]
    if seen[MEMBERS_SHOWN:]:
        said.append(words.say("persons.more", n=len(seen) - MEMBERS_SHOWN))
    count = whole(person, "track_count") or len(seen)
    return words.show(text(person, "id")), words.number(count), words.listed(said)


def layout(found: Observation, *, anchor: str, number_said: Said, setting: Setting) -> Section:
    """Builds the page of a portrait whose eyes lie where a family of generators puts them."""
    words = setting.words
    title = words.say("faces.layout_title", items=_items(setting, found.finding.subject[0]))
    blocks = (*head(found, setting), *weight(found, setting), *aside(found, setting))
    return Section(anchor, number_said, title, blocks)
