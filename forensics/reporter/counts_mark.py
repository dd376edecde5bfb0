"""Counts of this case beside the numbers that Chinese criminal provisions name: counted units, never a conclusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.chats.payment import CERTAINTIES, CONFIRMED_BY_BILL, SHOWN_ON_SCREENSHOT
from forensics.proof.dossier import Dossier
from forensics.proof.money_harvest import name_key
from forensics.proof.spread import Group, Spread
from forensics.reporter.blocks import Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.tally_trace import Trace
from forensics.reporter.wording import Words

CHECKED_ON = datetime(2026, 11, 22, 4, tzinfo=UTC)
"""Day on which the provisions were last read."""

JURISDICTION = "cn"


@dataclass(frozen=True, slots=True)
class Mark:
    """A number that a provision names.

    Attributes:
        provision: Key of its name.
        unit: Key of what it counts.
        number: As the provision has it; of amounts in yuan.
    """

    provision: str
    unit: str
    number: int


MARKS = (
    Mark("obscene", "videos", 20),
    Mark("obscene", "sounds", 100),
    Mark("obscene", "pictures", 200),
    Mark("obscene", "views", 10_000),
    Mark("obscene", "payers", 200),
    Mark("obscene", "proceeds", 10_000),
    Mark("groups", "groups_30", 30),
    Mark("network", "groups", 5),
    Mark("network", "accounts", 1_000),
    Mark("network", "posts", 100),
    Mark("network", "reached", 2_000),
    Mark("network", "groups_3000", 3_000),
    Mark("network", "proceeds", 10_000),
    Mark("assisting", "proceeds", 10_000),
    Mark("personal", "proceeds", 5_000),
)
"""A work is set beside a number of videos, sounds or pictures only where all its posted copies are of that kind.

*Source:* Criminal Law of China, Arts. 363, 287-1, 287-2 and 253-1, with the judicial interpretations of 2004
(Art. 1), 2010 (Art. 3), 2019 (Arts. 8 to 12) and 2017 (Art. 5).
"""

VIDEO, SOUND, PICTURE, TEXT = "video", "audio", "image", "text"
"""First parts of media types. *Source:* RFC 6838, section 4.2."""


def marks(trace: Trace, index: int) -> Section | None:
    """Builds the section; None outside of China, and where there is nothing to count."""
    words, found = trace.words, trace.dossier
    if trace.case.snapshot.info.jurisdiction != JURISDICTION or not (found.works or found.ledger.sums):
        return None
    shares = (("provision", 34), ("unit", 26), ("named", 14), ("counted", 26))
    columns = tuple(Column(words.say(f"counts.column_{name}"), share) for name, share in shares)
    counted = _counted(trace)
    rows = tuple(_row(one, counted, words) for one in MARKS)
    kinds = _kinds(trace)
    other = sum(not kind for kind in kinds.values())
    notes = [words.say("counts.marks_units", date=words.date(CHECKED_ON))]
    if other:
        notes.append(words.say("counts.marks_other", n=other))
    blocks = (
        Paragraph(words.say("counts.marks_intro"), label=words.label("counts.marks_label")),
        Table(columns, rows, "compact"),
        Paragraph(words.join(notes, words.say("word.sentence_space")), "note"),
    )
    title = words.say("counts.marks_title")
    return Section("counts-marks", words.sub_number("counts", index), title, blocks)


def _row(mark: Mark, counted: Mapping[str, Said], words: Words) -> tuple[Said, ...]:
    named = words.say(f"counts.named_{mark.unit}", n=mark.number)
    return (
        words.say(f"counts.provision_{mark.provision}"),
        words.say(f"counts.unit_{mark.unit}"),
        named,
        counted[mark.unit],
    )


def _counted(trace: Trace) -> dict[str, Said]:
    words, found = trace.words, trace.dossier
    groups = _groups(found)
    shown = [one.members for one in groups if one.members is not None and one.members_basis == "displayed"]
    views = [one.views_lower for one in found.works if one.views_lower is not None]
    none = words.say("counts.not_counted")
    kinds = Counter(_kinds(trace).values())
    return {
        "videos": words.say("counts.at_least_n", n=kinds[VIDEO]) if kinds[VIDEO] else words.number(0),
        "sounds": words.say("counts.at_least_n", n=kinds[SOUND]) if kinds[SOUND] else words.number(0),
        "pictures": words.say("counts.pictures", pictures=kinds[PICTURE], texts=kinds[TEXT]),
        "views": words.say("counts.at_least_n", n=max(views)) if views else none,
        "payers": words.number(len(found.ledger.chains)),
        "proceeds": words.join(_proceeds(trace), "\n") or none,
        "groups_30": words.number(sum(one >= 30 for one in shown)),  # noqa: PLR2004  the unit of the mark
        "groups": words.say("counts.at_least_n", n=len(groups)),
        "accounts": _bounds(shown, words) if shown else none,
        "posts": _posts(trace),
        "reached": _bounds(shown, words) if shown else none,
        "groups_3000": words.number(sum(one >= 3000 for one in shown)),  # noqa: PLR2004  likewise
    }


def _kinds(trace: Trace) -> dict[str, str]:
    """Gives for each posted work the kind of all its posted copies; empty where they differ or one is not known."""
    types = {
        artifact.content_sha256: artifact.media_type
        for one in trace.case.snapshot.acquisitions
        for artifact in one.record.artifacts
    }
    return {one.work.id: _kind(one, types) for one in trace.dossier.works if one.posts}


def _kind(one: Spread, types: Mapping[str, str]) -> str:
    kinds = {types.get(copy, "").partition("/")[0] for copy in one.copies}
    return kinds.pop() if len(kinds) == 1 and kinds <= {VIDEO, SOUND, PICTURE, TEXT} else ""


def _posts(trace: Trace) -> Said:
    """Counts the posts of all accounts, and apart those of the accounts in question where somebody stated any."""
    words = trace.words
    senders = [name_key(post.sender) for one in trace.dossier.works for post in one.posts]
    said = words.say("counts.at_least_n", n=len(senders))
    if not trace.signs.named:
        return said
    own = sum(name in trace.signs.named for name in senders)
    return words.join([said, words.say("counts.posts_own", n=own)], "\n")


def _bounds(shown: list[int], words: Words) -> Said:
    """Gives the accounts of the largest group, and the sum over the groups, which is no number of persons."""
    return words.say("counts.bounds", lower=max(shown), upper=sum(shown))


def _groups(found: Dossier) -> tuple[Group, ...]:
    """Gives the groups in which works were posted, each once, whichever of its exports has a work; no private chats."""
    known: dict[tuple[str, str], int] = {}
    groups: list[Group] = []
    for one in (one for work in found.works for one in work.groups if one.kind != "private"):
        keys = [(export, name) for export in one.exports for name in (f"id {one.chat}", f"title {one.title}")]
        keys = [key for key in keys if key[1] != "title "]
        at = next((known[key] for key in keys if key in known), len(groups))
        if at == len(groups):
            groups.append(one)
        elif (one.members or 0) > (groups[at].members or 0):
            groups[at] = one
        known |= dict.fromkeys(keys, at)
    return tuple(groups)


def _proceeds(trace: Trace) -> Iterator[Said]:
    """Gives gross sums in yuan, one below the other and never added up.

    Of a bill that is what agrees with a payment stated in a chat; its whole income stands apart, since nobody knows
    what the rest was for. Of chats and screenshots, what no row of a bill agrees with stands apart.
    """
    words = trace.words
    sums = {one.certainty: one for one in trace.dossier.ledger.sums if one.currency == "CNY"}
    for name in reversed(CERTAINTIES):
        one = sums.get(name)
        if one is None or not one.paid.count:
            continue
        parts = {name: one.paid.amount_minor - one.matched.amount_minor}
        if name == CONFIRMED_BY_BILL:
            parts = {"matched": one.matched.amount_minor, "whole": one.paid.amount_minor}
        elif name == SHOWN_ON_SCREENSHOT:
            parts["pictured"] = one.matched.amount_minor
        for key, minor in parts.items():
            if minor:
                yield words.say(f"counts.proceeds_{key}", amount=trace.amount(minor, "CNY"))
