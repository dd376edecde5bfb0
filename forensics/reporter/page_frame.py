"""What pages of comparisons, faces and copies share: the head of a finding, and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forensics.model import Message
from forensics.reporter.blocks import Block, Paragraph, Result
from forensics.reporter.choice import PAGE_KINDS
from forensics.reporter.evidence import Said
from forensics.reporter.facts import Observation
from forensics.reporter.front import kind_name
from forensics.reporter.gaps import gap_text
from forensics.reporter.masking import Setting
from forensics.reporter.wording import Words

PLAIN_VALUE = re.compile(
    r"[-\u2212]?[0-9]+([.,][0-9]+)?|-|(ITEM|SUBJECT)-[0-9]+|[FP][0-9]+"
    r"|(ITEM-[0-9]+|[QR]) \(SHA-256 [0-9a-f]{16}\u2026\)"
)
"""What may be said in the sentences of `PAGE_KINDS` of protected material too: numbers, and references of the case."""


def sentence_in(found: Observation, words: Words, *, hide: bool) -> Said:
    """Gives the statement of an observation; of protected material without what was taken from it."""
    return sentences_in(found, (found.finding.statement,), words, hide=hide)[0]


def sentences_in(found: Observation, messages: tuple[Message, ...], words: Words, *, hide: bool) -> list[Said]:
    """Gives sentences of an observation, likewise."""
    allowed = PLAIN_VALUE if found.finding.kind in PAGE_KINDS else None
    return [words.sentence(one, hide=hide, allowed=allowed) for one in messages]


def head(found: Observation, setting: Setting) -> Iterator[Block]:
    """Gives the head line of a page and the statement of its finding."""
    finding, words = found.finding, setting.words
    yield Result(
        words.say(f"result.{finding.result.value}"),
        kind_name(finding.kind, words),
        words.say("word.record_of", kind=finding.kind, ref=found.ref),
    )
    yield Paragraph(sentence_in(found, words, hide=setting.hides(found)))


def aside(found: Observation, setting: Setting) -> Iterator[Paragraph]:
    """Gives limits, other explanations and gaps of a finding, each under its label."""
    finding, words, hide = found.finding, setting.words, setting.hides(found)
    lines = {
        "limits": sentences_in(found, finding.limits, words, hide=hide),
        "alternatives": sentences_in(found, finding.alternatives, words, hide=hide),
        "gaps": [gap_text(one, words, is_hidden=hide) for one in finding.gaps],
    }
    elsewhere: dict[str, list[Said]] = {}
    for name, said in lines.items():
        if not said:
            continue
        text, label = words.join(said, words.say("word.sentence_space")), words.label(f"observations.{name}")
        first = setting.first_with(f"{name} {finding.kind}", text, ref=found.ref)
        if first == found.ref:
            yield Paragraph(text, "note", label)
        else:
            elsewhere.setdefault(first, []).append(label)
    for first, labels in elsewhere.items():
        yield Paragraph(words.say("observations.as_with", ref=first), "note", words.join(labels))
