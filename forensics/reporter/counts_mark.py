"""Counts of this case beside the numbers that Chinese criminal provisions name: counted units, never a conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from forensics.chats.payment import CERTAINTIES
from forensics.proof.dossier import Dossier
from forensics.proof.spread import Group
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
    Mark("obscene", "works", 20),
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
"""*Source:* Criminal Law of China, Arts. 363, 287-1, 287-2 and 253-1, with the judicial interpretations of 2004
(Art. 1), 2010 (Art. 3), 2019 (Arts. 8 to 12) and 2017 (Art. 5)."""


def marks(trace: Trace, index: int) -> Section | None:
    """Builds the section; None outside of China, and where there is nothing to count."""
    words, found = trace.words, trace.dossier
    if trace.case.snapshot.info.jurisdiction != JURISDICTION or not (found.works or found.ledger.sums):
        return None
    shares = (("provision", 34), ("unit", 26), ("named", 14), ("counted", 26))
    columns = tuple(Column(words.say(f"counts.column_{name}"), share) for name, share in shares)
    counted = _counted(trace)
    rows = tuple(_row(one, counted, words) for one in MARKS)
    blocks = (
        Paragraph(words.say("counts.marks_intro"), label=words.label("counts.marks_label")),
        Table(columns, rows, "compact"),
        Paragraph(words.say("counts.marks_units", date=words.date(CHECKED_ON)), "note"),
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
    posts = sum(len(one.posts) for one in found.works)
    none = words.say("counts.not_counted")
    return {
        "works": words.say("counts.at_least_n", n=sum(bool(one.posts) for one in found.works)),
        "views": words.say("counts.at_least_n", n=max(views)) if views else none,
        "payers": words.say("counts.at_least_n", n=len(found.ledger.chains)),
        "proceeds": words.join(_proceeds(trace), "\n") or none,
        "groups_30": words.number(sum(one >= 30 for one in shown)),  # noqa: PLR2004  the unit of the mark
        "groups": words.say("counts.at_least_n", n=len(groups)),
        "accounts": _bounds(shown, words) if shown else none,
        "posts": words.say("counts.at_least_n", n=posts),
        "reached": _bounds(shown, words) if shown else none,
        "groups_3000": words.number(sum(one >= 3000 for one in shown)),  # noqa: PLR2004  likewise
    }


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
    """Gives the gross sum of each class in yuan, one below the other; they are never added up."""
    sums = {one.certainty: one for one in trace.dossier.ledger.sums if one.currency == "CNY"}
    for name in CERTAINTIES:
        if name in sums and sums[name].paid.count:
            amount = trace.amount(sums[name].paid.amount_minor, "CNY")
            yield trace.words.say("counts.proceeds_of", kind=trace.words.say(f"counts.{name}"), amount=amount)
