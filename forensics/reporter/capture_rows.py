"""The names and values on the sheet of a capture: target, time, origin, programs, method."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forensics.reporter.captured import LATE_S, Capture, at, members
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Stamp, seq_of
from forensics.reporter.front import handed_over
from forensics.reporter.recorded import EMPTY, flat, value_text
from forensics.reporter.wording import Words

URL_LENGTH = 500
"""Characters after which an address is cut; the record has it in full."""

TEXT_LENGTH = 300
"""Characters after which another recorded text is cut; the record has it in full."""

REDIRECTS_SHOWN = 10
"""Most redirects that are written out."""

HEADERS_SHOWN = 20
"""Most header fields of the response that are written out."""

FLAGS_SHOWN = 40
"""Most flags of the browser that are written out."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_HARMLESS = re.compile(r"[A-Za-z0-9,_-]+")
"""What the value of a flag may consist of to be shown: a path or an address tells of the machine."""

_TELLING_FLAG = re.compile(r"(?:^|-)(?:proxy|host|resolver|dir|path|file|user)(?:-|$)", re.IGNORECASE)
"""What in the name of a flag says that its value may tell of the operator's machine or network."""

Row = tuple[str, Said | None]
"""Key of a name, and the value; None where nothing is recorded."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One capture, with what is needed to write about it."""

    capture: Capture
    item: ItemFacts
    case: CaseFacts
    words: Words

    @property
    def is_masked(self) -> bool:
        """Whether nothing that tells of the source may be shown."""
        return self.item.masked

    def told(self, value: Any, *, limit: int = TEXT_LENGTH) -> Said | None:
        """Writes a recorded value that tells of the source; None where nothing is recorded."""
        if value in EMPTY:
            return None
        if self.is_masked:
            return self.words.say("word.hidden")
        return self.words.shortened(_line(value, self.words), limit)

    def plain(self, *names: str) -> Said | None:
        """Writes a fact of the capture that tells nothing of the source; None where it is not recorded."""
        value = at(self.capture.facts, *names)
        return None if value in EMPTY else self.words.shortened(_line(value, self.words), TEXT_LENGTH)

    def named(self, prefix: str, value: Any) -> Said | None:
        """Writes one of a fixed set of recorded words in the report's language, an unknown one as recorded."""
        if value in EMPTY:
            return None
        key = f"{prefix}.{value}"
        return self.words.say(key) if self.words.has(key) else self.words.shortened(str(value), TEXT_LENGTH)

    def pairs(self, rows: Iterable[Row]) -> tuple[tuple[Said, Said], ...]:
        """Gives the rows with their names; what is not recorded is said to be so of a page, and left out of a file."""
        missing = self.words.say("word.not_recorded") if self.capture.is_of_page and self.capture.facts else None
        found = ((self.words.say(f"capture.{key}"), missing if value is None else value) for key, value in rows)
        return tuple((name, value) for name, value in found if value is not None)


def _line(value: Any, words: Words) -> Said:
    """Writes a recorded value of any shape on one line."""
    if isinstance(value, bool):
        return words.show(value)
    if isinstance(value, Mapping | list | tuple):
        parts = (
            words.join([name, value_text(one, words)], " ") if name else value_text(one, words)
            for name, one in flat(value)
        )
        return words.join(parts, words.say("word.clause"))
    return words.show(str(value))


def target(sheet: Sheet) -> Iterator[Row]:
    """Gives what was asked for and what was reached."""
    facts, words = sheet.capture.facts, sheet.words
    asked = at(facts, "requested_url") or str(sheet.item.item.locator)
    yield "requested", sheet.told(asked, limit=URL_LENGTH)
    yield "redirects", _redirects(sheet)
    yield "final", _reached(sheet)
    yield "status", _status(sheet)
    yield "page_title", _stated(sheet, "title")
    yield "language", _stated(sheet, "language")
    yield "canonical", _stated(sheet, "canonical_url", limit=URL_LENGTH)
    yield "state", _state(sheet)
    yield "outcome", words.say(f"outcome.{sheet.capture.record.outcome.value}")


def _stated(sheet: Sheet, name: str, *, limit: int = TEXT_LENGTH) -> Said | None:
    """Writes what a page states of itself; a dash where it states nothing."""
    value = at(sheet.capture.facts, name)
    return sheet.words.say("word.none") if value == "" and sheet.capture.is_of_page else sheet.told(value, limit=limit)


def _reached(sheet: Sheet) -> Said | None:
    facts = sheet.capture.facts
    if at(facts, "page_state", "state") == "no-answer" and at(facts, "status") is None:
        return sheet.words.say("capture.not_reached")
    return sheet.told(at(facts, "final_url"), limit=URL_LENGTH)


def _redirects(sheet: Sheet) -> Said | None:
    """Writes the addresses that sent the client on; the last one recorded may be the document that was reached."""
    found, words = members(sheet.capture.facts, "redirects"), sheet.words
    hops = [hop for number, hop in enumerate(found, 1) if hop.get("location") or number < len(found)]
    if not hops:
        return (
            words.say("capture.no_redirects")
            if isinstance(at(sheet.capture.facts, "redirects"), list | tuple)
            else None
        )
    if sheet.is_masked:
        return words.say("word.hidden")
    lines = [
        words.join([str(hop.get("status", "")), words.shortened(str(hop.get("url", "")), URL_LENGTH)], " ")
        for hop in hops[:REDIRECTS_SHOWN]
    ]
    return words.join([*lines, *_more(len(hops) - REDIRECTS_SHOWN, words)], "\n")


def _more(number: int, words: Words) -> Iterator[Said]:
    if number > 0:
        yield words.say("capture.more", n=number)


def _status(sheet: Sheet) -> Said | None:
    status, text = at(sheet.capture.facts, "status"), at(sheet.capture.facts, "status_text")
    if status in EMPTY:
        return None
    shown = [str(status)] if sheet.is_masked or not text else [str(status), sheet.words.shortened(str(text), 80)]
    return sheet.words.join(shown, " ")


def _state(sheet: Sheet) -> Said | None:
    state = at(sheet.capture.facts, "page_state")
    name = sheet.named("page_state", at(state, "state"))
    signs = sheet.told(at(state, "signs"))
    if name is None or signs is None:
        return name
    return sheet.words.say("capture.state_signs", state=name, signs=signs)


def time(sheet: Sheet) -> Iterator[Row]:
    """Gives when the capture was made, and how long after it an outside authority stamped it."""
    words, capture = sheet.words, sheet.capture
    yield "started", words.both(capture.started_at)
    yield "ended", words.both(capture.ended_at)
    yield "stamped", _stamped(sheet)


def _stamped(sheet: Sheet) -> Said:
    words, token = sheet.words, sheet.capture.token
    if token is None:
        reserved = sheet.case.stamps[sheet.capture.done.ref] is Stamp.RESERVED
        return words.say("stamp.reserved" if reserved else "stamp.none")
    key = "stamped_after" if token.latency_s >= 0 else "stamped_before"
    return words.say(
        f"capture.{key}",
        latency=duration(abs(token.latency_s), words),
        at=words.both(token.proof.gen_time),
        authority=words.shortened(token.proof.authority, 200),
        checkpoint=token.proof.checkpoint,
    )


def warning(sheet: Sheet) -> Said | None:
    """Says what the time of the first token leaves open; None where it came soon after the capture."""
    words, token = sheet.words, sheet.capture.token
    if token is None:
        return words.say("capture.warn_none")
    if token.latency_s > LATE_S:
        return words.say("capture.warn_late", minutes=LATE_S // _MINUTE)
    return words.say("capture.warn_clock") if token.latency_s < 0 else None


def duration(seconds: float, words: Words) -> Said:
    """Writes a length of time in its two largest units."""
    whole = round(seconds)
    if whole < 2 * _MINUTE:
        return words.say("word.seconds", n=words.decimal(seconds, 1))
    if whole < _HOUR:
        return words.say("capture.minutes", m=whole // _MINUTE, s=whole % _MINUTE)
    if whole < 2 * _DAY:
        return words.say("capture.hours", h=whole // _HOUR, m=whole % _HOUR // _MINUTE)
    return words.say("capture.days", d=whole // _DAY, h=whole % _DAY // _HOUR)


def origin(sheet: Sheet) -> Iterator[Row]:
    """Gives who made the capture, on what basis, and between which machines."""
    words, info = sheet.words, sheet.case.snapshot.info
    yield "examiner", words.listed(filter(None, [info.examiner, info.organisation])) or None
    yield "holder", _holder(sheet)
    handed = handed_over(sheet.capture.record.artifacts)
    yield "access", sheet.named("access", handed.get("access_mode")) or words.say("word.not_recorded")
    basis = handed.get("legal_basis")
    yield "basis", words.shortened(str(basis), TEXT_LENGTH) if basis else words.say("word.not_recorded")
    yield "network", _network(sheet)
    yield "server", _server(sheet)
    yield "dns", _dns(sheet)
    yield "tls", _tls(sheet)


def _holder(sheet: Sheet) -> Said | None:
    snapshot = sheet.case.snapshot
    actor = snapshot.events[seq_of(sheet.capture.done.ref)].actor
    holder = next((key.record.holder for key in snapshot.keys if key.record.key_id == actor), "")
    return sheet.words.shortened(holder, TEXT_LENGTH) if holder else None


def _network(sheet: Sheet) -> Said | None:
    commitment = sheet.capture.commitment
    return sheet.words.say("capture.network_sealed", commitment=commitment) if commitment else None


def _server(sheet: Sheet) -> Said | None:
    server = at(sheet.capture.facts, "server")
    if not at(server, "ip"):
        return None
    parts = [_address(server), at(server, "http_version"), at(server, "alpn")]
    return sheet.told(", ".join(dict.fromkeys(str(part) for part in parts if part)))


def _address(server: Any) -> str:
    ip, port = str(at(server, "ip")), at(server, "port")
    host = f"[{ip}]" if ":" in ip else ip
    return f"{host}:{port}" if port else host


def _dns(sheet: Sheet) -> Said | None:
    answers = members(sheet.capture.facts, "dns")
    if not answers:
        return None
    lines = [sheet.told(_answer(answer)) or Said("") for answer in answers[:REDIRECTS_SHOWN]]
    more = _more(len(answers) - REDIRECTS_SHOWN, sheet.words)
    return sheet.words.join(dict.fromkeys([*lines, *more]), "\n")


def _answer(answer: Mapping[str, Any]) -> str:
    addresses = answer.get("addresses")
    found = ", ".join(map(str, addresses)) if isinstance(addresses, list | tuple) else ""
    said = found or str(answer.get("error") or "–")
    source = f" ({answer['source']})" if answer.get("source") else ""
    return f"{answer.get('name', '')}: {said}{source}"


def _tls(sheet: Sheet) -> Said | None:
    tls = at(sheet.capture.facts, "tls")
    parts = [str(at(tls, name)) for name in ("protocol", "cipher", "key_exchange") if at(tls, name)]
    if parts:
        return sheet.words.shortened(", ".join(parts), TEXT_LENGTH)
    if at(sheet.capture.facts, "server", "ip") and str(at(sheet.capture.facts, "final_url")).startswith("http:"):
        return sheet.words.say("capture.no_tls")
    return None


def tools(sheet: Sheet) -> Iterator[Row]:
    """Gives the programs that made the capture, and how the browser was set."""
    words, record = sheet.words, sheet.capture.record
    program = sheet.case.snapshot.events[seq_of(sheet.capture.done.ref)].tool
    yield "program", words.join([program.name, program.version], " ")
    yield "collector", words.join([record.collector.name, record.collector.version], " ")
    yield "further_tools", _further_tools(sheet)
    if not sheet.capture.is_of_page:
        yield "user_agent", sheet.plain("client", "user_agent")
        return
    yield "browser", sheet.plain("browser", "product")
    yield "browser_digest", sheet.plain("browser", "executable_sha256")
    yield "user_agent", sheet.plain("browser", "user_agent")
    yield "display", _display(sheet)
    yield "profile", _profile(sheet)
    yield "extensions", sheet.plain("browser", "extensions")
    yield "flags", _flags(sheet)


def _further_tools(sheet: Sheet) -> Said | None:
    found = members(sheet.capture.facts, "tools") or members(sheet.capture.facts, "client", "tools")
    named = [f"{one.get('name', '')} {one.get('version', '')}".strip() for one in found]
    return sheet.words.shortened(sheet.words.listed(named), TEXT_LENGTH) if named else None


def _display(sheet: Sheet) -> Said | None:
    browser = at(sheet.capture.facts, "browser")
    viewport = at(browser, "viewport_px")
    size = "×".join(map(str, viewport)) if isinstance(viewport, list | tuple) else ""
    values = {
        "size": size or sheet.words.say("word.none"),
        "scale": at(browser, "scale"),
        "locale": at(browser, "locale"),
        "zone": at(browser, "time_zone"),
    }
    if all(value in (None, "") for name, value in values.items() if name != "size") and not size:
        return None
    shown = {name: sheet.words.show(value if value is None else str(value)) for name, value in values.items()}
    return sheet.words.say("capture.display_text", **shown, headless=bool(at(browser, "headless")))


def _profile(sheet: Sheet) -> Said | None:
    """Says which profile the browser had; never where it lies, as that tells of the operator's machine."""
    facts = sheet.capture.facts
    empty = at(facts, "browser", "profile_empty_at_start")
    if at(facts, "profile"):
        return sheet.words.say("capture.profile_kept")
    if empty is None:
        return None
    return sheet.words.say("capture.profile_empty" if empty is True else "capture.profile_not_empty")


def _flags(sheet: Sheet) -> Said | None:
    flags = at(sheet.capture.facts, "browser", "flags")
    if not isinstance(flags, list | tuple) or not flags:
        return None
    lines = [_flag(str(flag), sheet.words) for flag in flags[:FLAGS_SHOWN]]
    return sheet.words.join([*lines, *_more(len(flags) - FLAGS_SHOWN, sheet.words)], " ")


def _flag(flag: str, words: Words) -> Said:
    name, sign, value = flag.partition("=")
    if not sign or (_HARMLESS.fullmatch(value) and not _TELLING_FLAG.search(name)):
        return words.shortened(flag, TEXT_LENGTH)
    return words.join([words.shortened(name, 80), "=", words.say("word.hidden")])


def method(sheet: Sheet) -> Iterator[Row]:
    """Gives how the capture went: policies, exchanges, the second fetch, what was taken out."""
    yield "wait", sheet.plain("wait", "policy") or sheet.plain("wait")
    yield "scroll", _scroll(sheet)
    if sheet.capture.is_of_page:
        by_hand = at(sheet.capture.facts, "interactive")
        yield "second_fetch", _second_fetch(sheet)
        yield "by_hand", None if by_hand is None else sheet.words.show(bool(by_hand))
    yield "offered", _counted(sheet, "media", ("offered", "kept"))
    yield "exchanges", _counted(sheet, "exchanges", ("total", "failed", "without_body", "refused"))
    yield "stripped", _counted(sheet, "stripped", ("headers", "bodies"))
    yield "headers", _headers(sheet)


def _scroll(sheet: Sheet) -> Said | None:
    scroll = at(sheet.capture.facts, "scroll")
    policy = at(scroll, "policy")
    if policy in EMPTY:
        return sheet.plain("scroll")
    whole = {True: "scroll_whole", False: "scroll_cut"}.get(at(scroll, "is_whole"), "scroll_unknown")
    said = sheet.words.say(f"capture.{whole}")
    return sheet.words.say(
        "capture.scroll_text",
        policy=sheet.words.shortened(str(policy), TEXT_LENGTH),
        steps=at(scroll, "steps"),
        height=at(scroll, "height_px"),
        whole=said,
    )


def _second_fetch(sheet: Sheet) -> Said | None:
    fetch = at(sheet.capture.facts, "second_fetch")
    outcome = sheet.named("second_fetch", at(fetch, "outcome"))
    if outcome is None:
        return None
    detail = sheet.told(at(fetch, "detail"))
    status = at(fetch, "status")
    parts = [outcome, *([f"HTTP {status}"] if status else []), *([detail] if detail else [])]
    return sheet.words.join(parts, sheet.words.say("word.semicolon"))


def _counted(sheet: Sheet, name: str, counts: tuple[str, ...]) -> Said | None:
    found = at(sheet.capture.facts, name)
    if not isinstance(found, Mapping) or not found:
        return None
    values = {count: sheet.words.show(at(found, count)) for count in counts}
    return sheet.words.say(f"capture.{name}_text", **values)


def _headers(sheet: Sheet) -> Said | None:
    found = at(sheet.capture.facts, "headers")
    fields = list(found.items()) if isinstance(found, Mapping) else found
    if not isinstance(fields, list | tuple) or not fields:
        return None
    if sheet.is_masked:
        return sheet.words.say("word.hidden")
    lines = [
        sheet.words.shortened(": ".join(map(str, one)) if isinstance(one, list | tuple) else str(one), 200)
        for one in fields[:HEADERS_SHOWN]
    ]
    return sheet.words.join([*lines, *_more(len(fields) - HEADERS_SHOWN, sheet.words)], "\n")
