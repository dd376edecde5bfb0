"""Findings about two captures: how differences become sentences, values, limits and innocent explanations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.recapture.difference import Kind, MediumChange, TextChange
from forensics.analyzers.recapture.side import Medium, Side, Text
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result

_GONE = frozenset({404, 410})
"""Statuses by which a server says that there is nothing at an address. *Source:* RFC 9110, 15.5.5 and 15.5.11."""

_MOMENTS = message(
    "recapture.limit.moments",
    "Two captures are two moments: what happened in between, how often, and when exactly, is not seen. The times are "
    "those that the captures recorded for their responses, by the clock of the machine that captured.",
)
_SHOWN = message(
    "recapture.limit.shown",
    "What was visible is compared, and what was sent: what loads only on scrolling or clicking may be in one of the "
    "two alone.",
)
_CLIENT = message(
    "recapture.limit.client",
    "The comparison concerns what the server sent to this client; what it sends to others, or under another account, "
    "language or place, is not known.",
)
_MASKED = message(
    "recapture.limit.pairing",
    "Which text became which is told by likeness and order; a text that was reworded much counts as removed and added.",
)
_MEDIA = message(
    "recapture.limit.media",
    "Media are compared byte by byte: the same picture saved anew by the platform counts as changed. Those that were "
    "not recorded whole are left out.",
)
_LIVING = message(
    "recapture.alternative.living",
    "Pages change by themselves: counters, times, lists of news, advertising, tests of variants.",
)
_SERVER = message(
    "recapture.alternative.server",
    "The server was under repair, out of order or overloaded, moved its contents, or renewed its certificate as usual.",
)
_TURNED = message(
    "recapture.alternative.turned",
    "The server turned this client away, or wants a log-in now, while the contents are still there for others.",
)
_PERSONAL = message(
    "recapture.alternative.personal",
    "The server sends each visit something else: by session, language, place or device.",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How much a finding lists; texts of the page may not stand in it where a capture is sealed."""

    most: int
    longest: int
    is_open: bool

    def text(self, value: str | None) -> str | None:
        """Gives a text that may stand in a finding; None where there is none or it must not."""
        if value is None or not self.is_open:
            return None
        return self.address(value)

    def address(self, value: str | None) -> str | None:
        """Gives an address, shortened."""
        return value if value is None or len(value) <= self.longest else f"{value[: self.longest - 1]}…"


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing two captures gave; `texts` and `media` are None where they were not compared."""

    before: Side
    after: Side
    texts: tuple[TextChange, ...] | None
    media: tuple[MediumChange, ...] | None
    most: int

    @property
    def is_gone(self) -> bool:
        """Whether a page that was there is answered by "not found" or "gone"."""
        return self.before.is_shown and self.after.status in _GONE

    @property
    def has_moved_away(self) -> bool:
        """Whether the same request now ends at another address."""
        ends = self.before.text("final_url"), self.after.text("final_url")
        return None not in ends and ends[0] != ends[1]

    def differs(self) -> bool:
        """Whether anything that was compared differs."""
        names = ("final_url", "title", "canonical_url", "language")
        return (
            self.before.status != self.after.status
            or any(self.before.text(name) != self.after.text(name) for name in names)
            or self.before.certificate != self.after.certificate
            or bool(self.texts or self.media)
        )


def obstacle(blank: Finding, before: Side, after: Side, *, wording: Wording) -> Finding | None:
    """States why two files cannot be compared; None where they can."""
    for side in (before, after):
        if not side.facts:
            gap = (
                Gap("web archive", GapReason.UNPARSABLE, side.damage)
                if side.damage
                else Gap("facts of the capture", GapReason.NOT_APPLICABLE, "a file does not say what was asked for")
            )
            statement = message("recapture.unread", "The two captures could not be compared.")
            return replace(blank, statement=statement, gaps=(gap,), limits=(_MOMENTS,))
    asked = before.text("requested_url"), after.text("requested_url")
    if asked[0] == asked[1]:
        return None
    return replace(
        blank,
        statement=message("recapture.other", "The two captures are of different addresses and were not compared."),
        values={"requested_urls": [wording.address(one) for one in asked]},
        gaps=(Gap("comparison", GapReason.NOT_APPLICABLE, "another address was asked for"),),
        limits=(_MOMENTS,),
    )


def compared(blank: Finding, done: Compared, *, attachments: tuple[Artifact, ...], wording: Wording) -> Finding:
    """States what differs between two captures of one address."""
    gaps = _gaps(done)
    is_partial = bool(gaps)
    result = Result.FOUND if done.differs() else Result.INDETERMINATE if is_partial else Result.NOT_FOUND
    if done.after.status is None or done.before.status is None:
        result = Result.INDETERMINATE
    return replace(
        blank,
        result=result,
        statement=_statement(done, wording),
        values=_values(done, wording),
        attachments=attachments,
        gaps=gaps,
        limits=(_MOMENTS, _SHOWN, _CLIENT, _MASKED, _MEDIA),
        alternatives=(_LIVING, _SERVER, _TURNED, _PERSONAL) if result is not Result.NOT_FOUND else (),
    )


def _gaps(done: Compared) -> tuple[Gap, ...]:
    gaps = [Gap("web archive", GapReason.UNPARSABLE, one.damage) for one in (done.before, done.after) if one.damage]
    for name, side in (("earlier", done.before), ("later", done.after)):
        if side.status is None:
            gaps.append(Gap(f"{name} capture", GapReason.FAILED, "no answer came"))
        elif not side.is_shown:
            state = f"status {side.status}" + (f", {side.state}" if side.state else "")
            gaps.append(
                Gap("texts and media", GapReason.NOT_APPLICABLE, f"the {name} capture shows no content: {state}")
            )
        elif side.blocks() is None:
            gaps.append(Gap("texts", GapReason.MISSING, f"the {name} capture does not say what was visible"))
        elif len(side.blocks() or ()) > done.most:
            gaps.append(Gap("texts", GapReason.LIMIT, f"the {name} capture has more than {done.most}"))
    return tuple(gaps)


def _statement(done: Compared, wording: Wording) -> Message:
    first, second = _shown_time(done.before.at), _shown_time(done.after.at)
    before, after = _shown_status(done.before), _shown_status(done.after)
    if done.after.status is None or done.before.status is None:
        text = "Status of the page at {first}: {before}; at {second}: {after}. Where no answer came, nothing follows."
        return message("recapture.silent", text, first=first, second=second, before=before, after=after)
    if done.is_gone:
        return message(
            "recapture.gone",
            "At {first} the server answered with status {before} and the page; at {second} it answered with status "
            "{after}. In between it ceased to send the page to this client.",
            first=first,
            second=second,
            before=before,
            after=after,
        )
    if done.texts is None and done.media is None:
        return message(
            "recapture.hidden",
            "At {first} the server answered with status {before}, at {second} with status {after}; since not both "
            "captures show the page's content, texts and media were not compared.",
            first=first,
            second=second,
            before=before,
            after=after,
        )
    if not done.differs():
        return _same_statement(done, first=first, second=second)
    if done.has_moved_away:
        return _redirected_statement(done, wording, first=first, second=second)
    return _changed_statement(done, first=first, second=second)


def _same_statement(done: Compared, *, first: str, second: str) -> Message:
    if done.texts is None:
        return message(
            "recapture.same-but-texts",
            "Between the captures of {first} and {second} no difference was found in status, address, title, "
            "certificate and media; visible texts were not compared.",
            first=first,
            second=second,
        )
    return message(
        "recapture.same",
        "Between the captures of {first} and {second} no difference was found in status, address, title, certificate, "
        "visible texts and media.",
        first=first,
        second=second,
    )


def _redirected_statement(done: Compared, wording: Wording, *, first: str, second: str) -> Message:
    texts, media = _count(done.texts or ()), _count(done.media or ())
    return message(
        "recapture.redirected",
        "At {first} the request ended at {start}, at {second} at {end}. Texts added {texts_added}, removed "
        "{texts_removed}, changed {texts_changed}; media added {media_added}, removed {media_removed}, changed "
        "{media_changed}.",
        first=first,
        second=second,
        start=wording.address(done.before.text("final_url")),
        end=wording.address(done.after.text("final_url")),
        texts_added=texts[Kind.ADDED],
        texts_removed=texts[Kind.REMOVED],
        texts_changed=texts[Kind.CHANGED],
        media_added=media[Kind.ADDED],
        media_removed=media[Kind.REMOVED],
        media_changed=media[Kind.CHANGED],
    )


def _changed_statement(done: Compared, *, first: str, second: str) -> Message:
    texts, media = _count(done.texts or ()), _count(done.media or ())
    return message(
        "recapture.changed",
        "Between the captures of {first} (status {before}) and {second} (status {after}): texts added {texts_added}, "
        "removed {texts_removed}, changed {texts_changed}, moved {texts_moved}; media added {media_added}, removed "
        "{media_removed}, changed {media_changed}, at another address {media_moved}; other facts that differ: {other}.",
        first=first,
        second=second,
        before=_shown_status(done.before),
        after=_shown_status(done.after),
        texts_added=texts[Kind.ADDED],
        texts_removed=texts[Kind.REMOVED],
        texts_changed=texts[Kind.CHANGED],
        texts_moved=texts[Kind.MOVED],
        media_added=media[Kind.ADDED],
        media_removed=media[Kind.REMOVED],
        media_changed=media[Kind.CHANGED],
        media_moved=media[Kind.MOVED],
        other=len(_other_facts(done)),
    )


def _other_facts(done: Compared) -> list[str]:
    names = [name for name in ("title", "canonical_url", "language") if done.before.text(name) != done.after.text(name)]
    return [*names, *(["certificate"] if done.before.certificate != done.after.certificate else [])]


def _count(changes: Iterable[TextChange | MediumChange]) -> Counter[Kind]:
    return Counter(one.kind for one in changes)


def _values(done: Compared, wording: Wording) -> dict[str, Any]:
    sides = done.before, done.after
    certificates = [side.certificate for side in sides]
    return {
        "requested_url": wording.address(done.before.text("requested_url")),
        "at": [_time(side.at) for side in sides],
        "status": [side.status for side in sides],
        "state": [side.state or None for side in sides],
        "final_url": [wording.address(side.text("final_url")) for side in sides],
        "title": [wording.text(side.text("title")) for side in sides],
        "canonical_url": [wording.address(side.text("canonical_url")) for side in sides],
        "language": [side.text("language") for side in sides],
        "certificate_sha256": [digest for digest, _ in certificates],
        "certificate_subject": [wording.address(subject) for _, subject in certificates],
        "differing_facts": _other_facts(done),
        "bracket": _bracket(done),
        **_text_values(done, wording),
        **_medium_values(done, wording),
        "texts_withheld": not wording.is_open,
    }


def _bracket(done: Compared) -> dict[str, Any]:
    """Gives between which two moments whatever differs came about; both are times of the records."""
    first, second = done.before.at, done.after.at
    width = round((second - first).total_seconds(), 3) if first and second else None
    is_gone = done.is_gone
    return {
        "last_seen_at": _time(first),
        "first_seen_changed_at": _time(second) if done.differs() and not is_gone else None,
        "first_seen_gone_at": _time(second) if is_gone else None,
        "width_s": width,
    }


def _text_values(done: Compared, wording: Wording) -> dict[str, Any]:
    if done.texts is None:
        return {"texts": None}
    kinds = _count(done.texts)
    sizes = [len(side.blocks() or ()) for side in (done.before, done.after)]
    counters = [one for one in done.texts if one.numbers]
    return {
        "texts": {"blocks": sizes, **{str(kind): kinds[kind] for kind in Kind}, "counters": len(counters)},
        **{
            f"texts_{kind}": [_text_row(one, wording) for one in done.texts if one.kind is kind and not one.numbers][
                : wording.most
            ]
            for kind in Kind
        },
        "counters": [
            _text_row(one, wording) | {"numbers": [list(pair) for pair in one.numbers] if wording.is_open else None}
            for one in counters[: wording.most]
        ],
    }


def _text_row(change: TextChange, wording: Wording) -> dict[str, Any]:
    return {"before": _block(change.before, wording), "after": _block(change.after, wording)}


def _block(text: Text | None, wording: Wording) -> dict[str, Any] | None:
    if text is None:
        return None
    return {
        "text": wording.text(text.text),
        "box_px": list(text.box_px) if text.box_px else None,
        "path": wording.address(text.path),
    }


def _medium_values(done: Compared, wording: Wording) -> dict[str, Any]:
    if done.media is None:
        return {"media": None}
    kinds = _count(done.media)
    whole = [sum(bool(one.sha256) for one in side.media.values()) for side in (done.before, done.after)]
    return {
        "media": {"compared": whole, **{str(kind): kinds[kind] for kind in Kind}},
        **{
            f"media_{kind}": [
                {"before": _medium(one.before, wording), "after": _medium(one.after, wording)}
                for one in done.media
                if one.kind is kind
            ][: wording.most]
            for kind in Kind
        },
    }


def _medium(medium: Medium | None, wording: Wording) -> dict[str, Any] | None:
    if medium is None:
        return None
    return {
        "url": wording.address(medium.url),
        "status": medium.status,
        "sha256": medium.sha256 or None,
        "size_bytes": medium.size,
        "media_type": medium.media_type or None,
    }


def _time(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def _shown_time(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC") if at else "?"


def _shown_status(side: Side) -> str:
    return "-" if side.status is None else str(side.status)
