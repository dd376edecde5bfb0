"""Findings about a captured page: how what was compared becomes sentences, values, limits and innocent explanations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.page import report
from forensics.analyzers.page.archive import Archive
from forensics.analyzers.page.compose import FEW, LEAST_JOINED, LEAST_MEAN
from forensics.analyzers.page.explain import LEAST_CUT, Level
from forensics.analyzers.page.normal import WIDE_WEIGHT, shortened
from forensics.analyzers.page.report import PictureLevel, Table
from forensics.analyzers.page.second import Second
from forensics.model import Artifact, Finding, Gap, GapReason, Message, Result

_ABSENT = Gap("what was visible", GapReason.NOT_APPLICABLE, "the file has no record of what a page showed")

_COMPUTED = message(
    "page.limit.computed",
    "Texts are searched for in responses as these stand: what a script works out, unpacks or decrypts, WebAssembly, "
    "and text within pictures are not followed.",
)
_CHANCE = message(
    "page.limit.chance",
    "A short text can stand in a response by chance, and a text that is explained need not have come from there; text "
    "that was left out of the page is not noticed.",
)
_WEAK = message(
    "page.limit.weak",
    "Texts that are only a part of a recorded one, or composed of recorded pieces, are explained more weakly; they are "
    "counted apart and marked in the table.",
)
_LAYOUT = message(
    "page.limit.layout",
    "White space, invisible characters, and what style sheets hide, move or cover are not compared.",
)
_ADDRESSES = message(
    "page.limit.addresses", "Pictures are compared by their addresses, not by what can be seen in them."
)
_SENT = message(
    "page.limit.sent",
    "What servers sent is what the capture recorded; who wrote it, and whether the server or the connection was "
    "interfered with, is not examined.",
)
_SCRIPT = message(
    "page.alternative.script",
    "A script of the page worked the text out: figures, dates, sums, translated or sorted words.",
)
_PACKED = message(
    "page.alternative.packed",
    "The text came packed, encrypted or in a form that is not read here, or over a connection that is not recorded, "
    "such as WebRTC, or from what a profile had stored before.",
)
_BROWSER = message(
    "page.alternative.browser",
    "The browser or its settings wrote it: form controls, a viewer for other kinds of files, translation, extensions.",
)
_TYPED = message(
    "page.alternative.typed", "The operator typed it into a field of the page, or the page repeats what was typed."
)
_PERSONAL = message(
    "page.alternative.personal",
    "Servers send each visitor something else: session numbers, advertising, tests of variants, language, place.",
)
_TIME = message("page.alternative.time", "The page changed between the two requests, as counters and lists of news do.")
_AGENT = message(
    "page.alternative.agent",
    "Servers answer programs otherwise than browsers, to fend off robots or to save scripts for those that run them.",
)
_LINES = message(
    "page.limit.lines",
    "Lines are compared whole and whatever their order, and nothing is taken out before; scripts were run for neither.",
)
_ONCE = message(
    "page.limit.once", "Two answers are two samples: that they are equal says nothing about other visitors."
)
_TOLD = message(
    "page.limit.told",
    "This is what the collector recorded of its own capture; it is repeated here and was not measured again.",
)
_ROUTE = message(
    "page.alternative.route",
    "What a server answers depends on place, time, language and account, and redirects are often set by those.",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """How much findings list.

    Attributes:
        most: Texts, pictures and lines.
        longest: Characters of each.
        is_open: Whether texts of the page may stand in findings; they may not where the capture is sealed.
    """

    most: int
    longest: int
    is_open: bool

    def text(self, value: object) -> str | None:
        """Gives a text that may stand in a finding; None where it is none or must not."""
        return shortened(value, self.longest) if isinstance(value, str) and self.is_open else None

    def listed(self, entries: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        """Gives entries, without the members of these names where texts must not stand in findings."""
        if self.is_open:
            return entries
        return [{name: value for name, value in entry.items() if name not in names} for entry in entries]


def unread(blank: Finding, gap: Gap) -> Iterator[Finding]:
    """States that the file could not be read."""
    statement = message("page.explained.unread", "The file could not be read as a web archive.")
    yield replace(blank, statement=statement, gaps=(gap,), limits=(_COMPUTED,))


def damage(found: Archive) -> tuple[Gap, ...]:
    """Says what could not be read of a file that was read in part."""
    if found.damage:
        return (Gap("web archive", GapReason.UNPARSABLE, found.damage),)
    if found.is_cut_short:
        return (Gap("web archive", GapReason.LIMIT, "it holds more than is read"),)
    return ()


def reached(blank: Finding, found: Archive, *, wording: Wording) -> Finding:
    """Repeats what the collector recorded about the page that it reached."""
    capture = found.capture()
    if capture is None:
        return replace(
            blank,
            kind="page.reached",
            statement=message("page.reached.none", "The file does not say what was asked for and reached."),
            gaps=(Gap("facts of the capture", GapReason.NOT_APPLICABLE, "the file has none"), *damage(found)),
            limits=(_TOLD,),
        )
    values = _reached_values(capture, wording)
    status = values["status"]
    answered = message(
        "page.reached.found",
        "According to the collector, {requested} was asked for and {final} reached, with status {status}; number of "
        "redirects: {redirects}.",
        requested=values["requested_url"] or "?",
        final=values["final_url"] or "?",
        status=status,
        redirects=len(values["redirects"]),
    )
    silent = message(
        "page.reached.silent",
        "According to the collector, {requested} was asked for and no answer came.",
        requested=values["requested_url"] or "?",
    )
    return replace(
        blank,
        kind="page.reached",
        result=Result.FOUND,
        statement=silent if status is None else answered,
        values=values,
        gaps=damage(found),
        limits=(_TOLD, _SENT),
        alternatives=(_ROUTE,),
    )


def _reached_values(capture: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    tls = capture.get("tls")
    tls = tls if isinstance(tls, dict) else {}
    chain = tls.get("chain_sha256")
    redirects = capture.get("redirects")
    hops = [one for one in redirects if isinstance(one, dict)] if isinstance(redirects, list) else []
    return {
        **{name: _string(capture, name, wording.longest) for name in ("requested_url", "final_url", "language")},
        "title": wording.text(capture.get("title")),
        "canonical_url": _string(capture, "canonical_url", wording.longest),
        "status": _status(capture.get("status")),
        "redirects": [
            {"url": _string(hop, "url", wording.longest), "status": _status(hop.get("status"))}
            for hop in hops[: wording.most]
        ],
        "certificate_subject": _string(tls, "subject", wording.longest),
        "certificate_issuer": _string(tls, "issuer", wording.longest),
        "certificate_sha256": chain[0] if isinstance(chain, list) and chain and isinstance(chain[0], str) else None,
    }


def _string(given: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = given.get(name)
    return shortened(value, longest) if isinstance(value, str) else None


def _status(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1000 else None  # noqa: PLR2004


def explained(
    blank: Finding,
    found: Archive,
    *,
    table: Table | None,
    gaps: tuple[Gap, ...],
    attachments: tuple[Artifact, ...],
    wording: Wording,
) -> Finding:
    """States which visible texts and pictures no recorded response explains."""
    if table is None:
        statement = message(
            "page.explained.absent", "The file does not say what was visible, so nothing could be explained."
        )
        return replace(
            blank, statement=statement, gaps=(*gaps, *(() if gaps else (_ABSENT,)), *damage(found)), limits=(_COMPUTED,)
        )
    result, lacking = _result(found, table, gaps)
    return replace(
        blank,
        result=result,
        statement=_explained_statement(found, table, result),
        values=_explained_values(found, table, wording),
        attachments=attachments,
        gaps=(*gaps, *damage(found), *lacking),
        limits=(_COMPUTED, _CHANCE, _WEAK, _LAYOUT, _ADDRESSES, _SENT),
        alternatives=(_SCRIPT, _PACKED, _BROWSER, _TYPED) if result is Result.FOUND else (),
    )


def _result(found: Archive, table: Table, gaps: tuple[Gap, ...]) -> tuple[Result, tuple[Gap, ...]]:
    """Decides what may be said, and which missing bodies stand in the way.

    A picture without any record is a finding even where bodies are missing; a text is one only where no response that
    might hold it is incomplete.
    """
    texts, pictures = table.unexplained(), table.unexplained_pictures()
    is_partial = bool(damage(found) or gaps)
    if not texts and not pictures:
        return (Result.INDETERMINATE if is_partial else Result.NOT_FOUND), ()
    lacking = found.lacking
    missing = (
        (Gap("bodies of responses", GapReason.MISSING, f"{len(lacking)} that might explain a text"),)
        if lacking and texts
        else ()
    )
    is_found = not damage(found) and (bool(pictures) or not (missing or found.corpus.is_full))
    return (Result.FOUND if is_found else Result.INDETERMINATE), missing


def _explained_statement(found: Archive, table: Table, result: Result) -> Message:
    if not table.texts and not table.pictures:
        return message("page.explained.empty", "According to the file, the page showed no text and no picture.")
    texts, pictures = table.unexplained(), table.unexplained_pictures()
    composed = sum(row.found.level in (Level.COMPOSED, Level.PART) for row in table.texts)
    if not texts and not pictures:
        return message(
            "page.explained.all",
            "Recorded responses explain all visible texts ({texts}) and pictures ({pictures}) of the page; texts "
            "explained more weakly, in part or as composed: {composed}.",
            texts=len(table.texts),
            pictures=len(table.pictures),
            composed=composed,
        )
    if result is Result.INDETERMINATE:
        return message(
            "page.explained.open",
            "For {unexplained} of {texts} visible texts and {unexplained_pictures} of {pictures} visible pictures no "
            "recorded response was found that explains them; since the record is incomplete, nothing follows from "
            "this. Responses whose body is missing: {lacking}.",
            texts=len(table.texts),
            unexplained=len(texts),
            pictures=len(table.pictures),
            unexplained_pictures=len(pictures),
            lacking=len(found.lacking),
        )
    return message(
        "page.explained.found",
        "For {unexplained} of {texts} visible texts and {unexplained_pictures} of {pictures} visible pictures no "
        "recorded response was found that explains them; texts explained more weakly, in part or as composed: "
        "{composed}.",
        texts=len(table.texts),
        unexplained=len(texts),
        pictures=len(table.pictures),
        unexplained_pictures=len(pictures),
        composed=composed,
    )


def _explained_values(found: Archive, table: Table, wording: Wording) -> dict[str, Any]:
    most, longest = wording.most, wording.longest
    apart = [
        row
        for row in table.pictures
        if row.level in (PictureLevel.SCRIPT, PictureLevel.FAILED, PictureLevel.WITHOUT_BODY)
    ]
    composed = [row for row in table.texts if row.found.level is Level.COMPOSED]
    return {
        **report.counts(table),
        "unexplained": wording.listed(report.listed(table.unexplained(), most=most, longest=longest), "text", "runs"),
        "unexplained_pictures": report.listed_pictures(table.unexplained_pictures(), most=most, longest=longest),
        "composed": wording.listed(report.listed(composed, most=most, longest=longest), "text", "runs"),
        "pictures_apart": report.listed_pictures(apart, most=most, longest=longest),
        "texts_withheld": not wording.is_open,
        "responses": len(found.responses),
        "responses_without_body": report.lacking(found, most=most, longest=longest),
        "recorded_characters": found.corpus.taken,
        "thresholds": {
            "ideograph_weight": WIDE_WEIGHT,
            "few_pieces": FEW,
            "least_mean_weight_of_pieces": LEAST_MEAN,
            "least_weight_beside_text": LEAST_JOINED,
            "least_weight_before_ellipsis": LEAST_CUT,
        },
    }


def second_fetch(blank: Finding, found: Archive, second: Second, *, wording: Wording) -> Finding:
    """States how a second, plain fetch of the page compares with what the browser got."""
    result = {"same": Result.NOT_FOUND, "same-text": Result.NOT_FOUND, "differs": Result.FOUND}.get(
        second.outcome, Result.INDETERMINATE
    )
    values = {"outcome": second.outcome, **second.values}
    if not wording.is_open:
        hidden = ("only_in_browser", "only_in_plain", "texts_not_in_plain_document")
        values = {name: value for name, value in values.items() if name not in hidden} | {"texts_withheld": True}
    reason = {"refused": GapReason.REFUSED, "failed": GapReason.FAILED, "not-made": GapReason.NOT_APPLICABLE}
    gaps = (Gap("second fetch", reason[second.outcome], second.detail),) if second.outcome in reason else ()
    return replace(
        blank,
        kind="page.second_fetch",
        result=result,
        statement=_second_statement(second),
        values=values,
        gaps=(*gaps, *(damage(found) if gaps else ())),
        limits=(_LINES, _ONCE, _SENT),
        alternatives=(_PERSONAL, _TIME, _AGENT) if result is not Result.NOT_FOUND else (),
    )


def _second_statement(second: Second) -> Message:
    values = second.values
    statuses = ["-" if one is None else str(one) for one in values["statuses"]]
    if second.outcome == "same":
        return message(
            "page.second.same",
            "The document that a plain client got is equal to the browser's, byte for byte; number of bytes: {size}.",
            size=values["sizes_bytes"][0],
        )
    if second.outcome == "same-text":
        text = "The document that a plain client got has the same text as the browser's, in another encoding."
        return message("page.second.text", text)
    if second.outcome == "refused":
        text = "The server refused a plain client with status {second}; to the browser it had answered with {first}."
        return message("page.second.refused", text, first=statuses[0], second=statuses[1])
    if second.outcome == "failed":
        return message("page.second.failed", "A second fetch of the page gave nothing that could be compared.")
    if second.outcome == "not-made":
        return message("page.second.absent", "The file has no second fetch of the page that could be compared.")
    if "lines" not in values:
        text = "The server answered a plain client with status {second} and the browser with {first}."
        return message("page.second.status", text, first=statuses[0], second=statuses[1])
    return message(
        "page.second.differs",
        "The document that a plain client got differs from the browser's; equal lines: {share} %; visible texts of the "
        "browser's document that are also in the other: {shared} of {shown}.",
        share=f"{100 * (values['share_of_equal_lines'] or 0):.1f}",
        shared=values["texts_also_in_plain_document"],
        shown=values["texts_in_browser_document"],
    )
