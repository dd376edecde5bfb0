"""What became of online sources: when each was last seen with content, and what the last attempt at it found."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.model import Outcome
from forensics.reporter.blocks import Block, Column, Paragraph, Table
from forensics.reporter.captured import Capture, at, captures_of, is_online
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts
from forensics.reporter.wording import Words

SOURCES = 200
"""Most sources that are listed."""

ADDRESS_LENGTH = 160
"""Characters after which an address is cut; the sheet of the capture has it in full."""


def sources(case: CaseFacts, words: Words) -> Iterator[Block]:
    """Gives the state of every online source at its last attempt; it says nothing of later times."""
    found = [facts for facts in case.items if is_online(facts) and facts.acquisitions]
    if not found:
        yield Paragraph(words.say("remedy.none"))
        return
    yield Paragraph(words.say("remedy.intro"))
    shares = (("source", 40), ("first", 20), ("last", 20), ("state", 20))
    columns = tuple(Column(words.say(f"remedy.column_{name}"), share) for name, share in shares)
    yield Table(columns, tuple(_row(facts, case, words) for facts in found[:SOURCES]), "compact")
    if found[SOURCES:]:
        yield Paragraph(words.say("remedy.cut", shown=SOURCES, total=len(found)), "note")


def _row(facts: ItemFacts, case: CaseFacts, words: Words) -> tuple[Said, ...]:
    captures = captures_of(facts, case)
    seen = [one for one in captures if _has_content(one)]
    none = words.say("remedy.never")
    address = words.say("word.hidden") if facts.masked else words.shortened(str(facts.item.locator), ADDRESS_LENGTH)
    last = captures[-1]
    return (
        words.join([facts.item.id, address], "\n"),
        _moment(seen[0], words) if seen else none,
        _moment(seen[-1], words) if seen else none,
        words.join([_state(last, words), _moment(last, words)], "\n"),
    )


def _moment(capture: Capture, words: Words) -> Said:
    return words.say("remedy.at", at=words.utc(capture.ended_at), ref=capture.done.ref)


def _has_content(capture: Capture) -> bool:
    """Whether an attempt obtained something that its own record does not call an error or a wall."""
    state = at(capture.facts, "page_state", "state")
    return capture.record.outcome is not Outcome.FAILED and state in (None, "content")


def _state(capture: Capture, words: Words) -> Said:
    if capture.record.outcome is Outcome.FAILED:
        return words.say("outcome.FAILED")
    state = at(capture.facts, "page_state", "state")
    key = f"page_state.{state}"
    if state is None:
        return words.say(f"outcome.{capture.record.outcome.value}")
    return words.say(key) if words.has(key) else words.shortened(str(state), 60)
