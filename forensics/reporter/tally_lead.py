"""Facts about leads: how many messages fit the rules of a topic, each counted once however many exports have it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forensics.chats.message import Locator
from forensics.proof.money_harvest import Lead, name_key
from forensics.proof.search_rule import TOPICS, Hit
from forensics.reporter.tally_fact import Fact, located
from forensics.reporter.tally_trace import Trace

MINUTE = 16
"""Characters of a time as shown, down to its minute, as in `2022-06-12 12:00`."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A message that a rule fits: what two exports of one chat have in common of it, its place, and the rule."""

    family: str
    minute: str
    sender: str
    text: str
    rule: str
    where: Locator

    @property
    def mark(self) -> tuple[str, str, str, str]:
        """What is the same for one message in two exports."""
        return self.family, self.minute, self.sender, self.text


def lead_facts(trace: Trace) -> Iterator[Fact]:
    """Gives the leads by topic; a lead is a message to be read, and no fact."""
    for topic in TOPICS:
        found = [_found(one, one.rule, trace) for one in trace.dossier.leads if one.topic == topic]
        if found:
            yield _lead(topic, found, trace)
    found = [_found(one, one.reason, trace) for one in trace.dossier.ledger.leads]
    if found:
        yield _lead("money", found, trace)


def _found(one: Hit | Lead, rule: str, trace: Trace) -> _Found:
    file = one.locator.file
    minute = f"{one.at:%Y-%m-%d %H:%M}" if one.at is not None else one.at_shown[:MINUTE].replace("T", " ")
    family = trace.families.get(file, file)
    return _Found(family, minute, name_key(one.sender), " ".join(one.text.split()), rule, one.locator)


def _lead(topic: str, found: Sequence[_Found], trace: Trace) -> Fact:
    words = trace.words
    messages = _distinct((one.mark, one.where) for one in found)
    leads = _distinct(((*one.mark, one.rule), one.where) for one in found)
    text = words.say(
        "tally.lead",
        topic=words.say(f"tally.topic_{topic}"),
        messages=words.count("messages", messages),
        leads=words.count("leads", leads),
    )
    if trace.signs.named:
        own = _distinct((one.mark, one.where) for one in found if one.sender in trace.signs.named)
        text = words.join([text, words.say("tally.lead_own", n=own)], words.say("word.sentence_space"))
    places = list({(one.where.file, one.where.record): one.where for one in found}.values())
    return Fact(text, located(places, trace), words.say("word.none"), words.say("tally.to_be_read"))


def _distinct(marked: Iterable[tuple[tuple[str, ...], Locator]]) -> int:
    """Counts what has different marks; of one mark as many as one file has at most, as another may repeat them.

    Two messages of one account in one minute with the same words are two where one export has both.
    """
    seen = Counter((mark, file) for mark, file, _ in {(mark, at.file, at.record) for mark, at in marked})
    most: dict[tuple[str, ...], int] = {}
    for (mark, _), count in seen.items():
        most[mark] = max(most.get(mark, 0), count)
    return sum(most.values())
