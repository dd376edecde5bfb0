"""The annex with the method cards: what each method that was used looked for, and what is known of its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forensics.reporter.blocks import Block, Column, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts
from forensics.reporter.front import kind_name
from forensics.reporter.wording import Words

_Method = tuple[str, str, str]
"""Name, version, and digest of an analyzer; an empty digest where it has none."""


@dataclass
class _Use:
    """How a method was used: kinds of its findings, their number, and the calibrations that weighed them."""

    kinds: dict[str, None] = field(default_factory=dict)
    count: int = 0
    calibrations: dict[str, None] = field(default_factory=dict)


def methods(case: CaseFacts, words: Words) -> Section:
    """Builds the annex."""
    found = _uses(case)
    blocks: list[Block] = [Paragraph(words.say("methods.intro"))]
    if found:
        blocks += [_table(found, words), Paragraph(words.say("methods.caveat"), "note")]
    else:
        blocks.append(Paragraph(words.say("methods.none")))
    return Section("methods", words.heading_number("methods"), words.say("methods.title"), tuple(blocks))


def _uses(case: CaseFacts) -> Mapping[_Method, _Use]:
    calibrated: dict[str, list[str]] = {}
    for one in case.snapshot.interpretations:
        for ref in one.record.findings if one.record.calibration else ():
            calibrated.setdefault(ref, []).append(str(one.record.calibration))
    found: dict[_Method, _Use] = {}
    for seen in case.findings:
        tool = seen.finding.analyzer
        use = found.setdefault((tool.name, tool.version, tool.digest or ""), _Use())
        use.kinds[seen.finding.kind] = None
        use.count += 1
        for ref in (seen.ref, *seen.repeats):
            use.calibrations.update(dict.fromkeys(calibrated.get(ref, ())))
    return {method: found[method] for method in sorted(found)}


def _table(found: Mapping[_Method, _Use], words: Words) -> Table:
    shares = (("method", 24), ("kinds", 30), ("found", 9), ("card", 17), ("rates", 20))
    columns = tuple(
        Column(words.say(f"methods.column_{name}"), share, {"method": "strong", "found": "number"}.get(name, "text"))
        for name, share in shares
    )
    return Table(columns, tuple(_row(method, use, words) for method, use in found.items()), "fine")


def _row(method: _Method, use: _Use, words: Words) -> tuple[Said, ...]:
    name, version, digest = method
    lines = [words.join([name, version], " ")]
    if digest:
        lines.append(words.short_digest(digest))
    rates = [
        words.say("methods.rates_calibrated", digest=words.short_digest(one), part=words.part("comparisons"))
        for one in use.calibrations
    ]
    return (
        words.join(lines, "\n"),
        words.join((kind_name(kind, words) for kind in use.kinds), words.say("word.semicolon")),
        words.number(use.count),
        words.show(f"{name}.md"),
        words.join(rates, "\n") or words.say("methods.rates_none"),
    )
