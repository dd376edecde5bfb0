"""The cover, the lay summary, the mandate and the materials: what the report is, and what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from forensics.model import Artifact, CaseInfo, Finding, Outcome, Result
from forensics.reporter.blocks import Block, Column, Contents, Cover, Pairs, Paragraph, Points, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Stamp
from forensics.reporter.gaps import all_gaps
from forensics.reporter.ranking import ROUTINE, family_rank, summary_rank
from forensics.reporter.wording import Words

DECLARED = 4
"""Most declarations of files about themselves that the summary quotes, one line each."""

SAMPLES = 5
"""Most observations that the summary quotes, declarations included, so that it stays short."""

OTHERS = 1
"""Observations other than declarations, the strongest first, that keep their place however much files declare."""

LABELS = "label."
"""Beginning of the kinds of findings that say what a file declares about itself."""

REASON_LENGTH = 400
"""Characters after which the reason of a request is cut; the record has it in full."""

COMPARISON = "source.comparison"
"""Kind of the findings that the summary quotes by their plain sentence, which has no numbers."""

SAMPLE_LENGTH = 130
"""Characters after which a quoted observation is cut."""

COVER_LENGTH = 130
"""Characters after which what people named is cut on the cover, so that its statements stay on the first page."""

KINDS_IN_SUMMARY = 10
"""Most kinds of examination that the summary lists one by one; more are drawn together by family."""

HAND_OVER = ("received_from", "received_at", "device", "access_mode", "legal_basis")
"""Facts of an artifact about how it came into the collector's hands (standards: C04, C24)."""


def report_number(case: CaseFacts, language: str) -> Said:
    """Names a report: the beginning of the case's id, the event as of which it was made, and its language."""
    return Said(f"{case.snapshot.info.id[:8].upper()}-{case.snapshot.as_of:06d}-{language.upper()}")


def version_number(case: CaseFacts) -> int:
    """Counts the states of the case of which reports were made, this one included."""
    made = (output.record for output in case.snapshot.outputs if output.record.kind == "report")
    earlier = {output.as_of for output in made if "notice" not in output.facts}
    return len(earlier - {case.snapshot.as_of}) + 1


def report_type(case: CaseFacts, words: Words) -> Said:
    """Says what kind of report it is: with or without examinations."""
    return words.say("cover.type_examination" if case.findings else "cover.type_collection")


def evidence_root(case: CaseFacts, words: Words) -> Said:
    """Gives the evidence root in full, or says that there is none yet."""
    return words.show(case.snapshot.root) if case.snapshot.root else words.say("word.no_root")


def cover(case: CaseFacts, words: Words, *, number: str) -> Cover:
    """Builds the first page."""
    statements = [_statement(words, "rests_on"), _statement(words, "what_it_is"), _times_statement(case, words)]
    sealed = [facts for facts in case.items if facts.masked and not facts.unmasked]
    if sealed:
        statements.append(_statement(words, "sealed", items=words.count("items", len(sealed))))
    statements += unmasked(case, words)
    pairs = Pairs(tuple(_cover_pairs(case, words, number=number)), "cover")
    return Cover(words.say("cover.title"), report_type(case, words), pairs, tuple(statements))


def unmasked(case: CaseFacts, words: Words) -> list[Paragraph]:
    """Says, for each request to draw what is otherwise masked, who asked for what, when and why."""
    return [
        Paragraph(
            words.say(
                "comparisons.unmasked",
                items=words.listed(access.items),
                by=access.by,
                at=words.utc(access.at),
                reason=words.shortened(access.reason, REASON_LENGTH),
            ),
            label=words.label("comparisons.unmasked_label"),
        )
        for access in case.accesses
    ]


def _statement(words: Words, name: str, **values: object) -> Paragraph:
    return Paragraph(words.say(f"cover.{name}", **values), label=words.label(f"cover.{name}_label"))


def _times_statement(case: CaseFacts, words: Words) -> Paragraph:
    covered = sum(facts.stamp is Stamp.STAMPED for facts in case.obtained)
    every = len(case.obtained)
    key = "times_none" if not covered else ("times_all" if covered == every else "times_some")
    text = words.say(f"cover.{key}", covered=covered, items=words.count("items", every))
    return Paragraph(text, label=words.label("cover.times_label"))


def _cover_pairs(case: CaseFacts, words: Words, *, number: str) -> Iterable[tuple[Said, Said]]:
    info, event = case.snapshot.info, case.event
    missing = words.say("word.not_recorded")
    version = words.say("cover.version_text", n=version_number(case), program=case.program)
    issued = words.say("cover.issued_text", date=words.date(event.at), utc=words.utc(event.at), seq=case.snapshot.as_of)
    yield words.say("cover.case"), words.shortened(info.title, COVER_LENGTH)
    yield words.say("cover.reference"), words.shortened(info.reference, COVER_LENGTH) if info.reference else missing
    yield words.say("cover.number"), words.show(number)
    yield words.say("cover.version"), version
    yield words.say("cover.issued"), issued
    yield words.say("cover.examiner"), words.shortened(info.examiner, COVER_LENGTH) if info.examiner else missing
    yield (
        words.say("cover.organisation"),
        words.shortened(info.organisation, COVER_LENGTH) if info.organisation else missing,
    )
    yield words.say("cover.classification"), _classification(case, words)
    yield words.say("cover.jurisdiction"), jurisdiction(info, words)
    zone = words.say("cover.language_utc") if words.is_utc else words.say("cover.language_text", zone=words.zone_name)
    yield words.say("cover.language"), zone
    yield words.say("cover.root"), evidence_root(case, words)


def _classification(case: CaseFacts, words: Words) -> Said:
    """Says whether the report touches protected material, and what may therefore not be done with it."""
    if case.accesses:
        return words.say("cover.class_unmasked")
    protected = sum(facts.masked for facts in case.items)
    if protected:
        return words.say("cover.class_protected", items=words.count("items", protected))
    return words.say("cover.class_open")


def jurisdiction(info: CaseInfo, words: Words) -> Said:
    """Names the jurisdiction in the report's language."""
    key = f"jurisdiction.{info.jurisdiction}"
    return words.say(key) if words.has(key) else words.show(info.jurisdiction)


def summary(case: CaseFacts, words: Words, *, standing: Mapping[str, int] | None = None) -> Section:
    """Builds the lay summary: counts and plain sentences, at most 400 words, no percentages.

    Args:
        case: The case.
        words: The wording.
        standing: How many elements of proof are `supported`, `contested` and `missing`; None where there is no profile.
    """
    blocks: list[Block] = [Paragraph(words.say("summary.intro")), *_declared(case, words)]
    blocks.append(Pairs(tuple(_collected(case, words)), "numbers"))
    blocks.append(Paragraph(words.say("summary.stamp_meaning"), "note"))
    blocks += _examined(case, words)
    if "counts" in words.parts:
        blocks.append(Paragraph(words.say("summary.money", part=words.part("counts"))))
    if standing:
        every = sum(standing.values())
        some = every - standing["missing"]
        blocks.append(Paragraph(words.say("summary.elements", part=words.part("elements"), all=every, some=some)))
    blocks.append(Paragraph(words.say("summary.not_shown", part=words.part("limits"))))
    blocks.append(Contents(words.say("summary.contents")))
    return Section(
        "summary", words.heading_number("summary"), words.say("summary.title"), tuple(blocks), starts_page=True
    )


def _collected(case: CaseFacts, words: Words) -> Iterable[tuple[Said, Said]]:
    outcomes = Counter(facts.shown.record.outcome if facts.shown else None for facts in case.items)
    stamps = Counter(facts.stamp for facts in case.obtained)
    rows = [
        ("items", len(case.items)),
        ("complete", outcomes[Outcome.COMPLETE]),
        ("partial", outcomes[Outcome.PARTIAL]),
        ("failed", outcomes[Outcome.FAILED]),
        ("uncollected", outcomes[None]),
        ("erased", len(case.snapshot.erasures)),
        ("sealed", sum(facts.masked for facts in case.items)),
        ("stamped", stamps[Stamp.STAMPED]),
        ("reserved", stamps[Stamp.RESERVED]),
        ("unstamped", stamps[Stamp.NONE]),
        ("gaps", sum(placed.gap.is_of_content for placed in all_gaps(case))),
    ]
    always = {"items", "complete", "partial", "failed", "stamped", "unstamped", "gaps"}
    for name, number in rows:
        if number or name in always:
            yield words.say(f"summary.{name}"), words.number(number)


def _examined(case: CaseFacts, words: Words) -> Iterable[Block]:
    if not case.findings:
        yield Paragraph(words.say("summary.nothing_examined"))
        return
    items = sum(bool(facts.observations or facts.mentioned) for facts in case.items)
    counted = words.count("examinations", len(case.findings))
    yield Paragraph(words.say("summary.examined", items=words.count("items", items), examinations=counted))
    yield family_table(case, words)
    yield Paragraph(words.say("summary.result_meaning"), "note")
    samples = tuple(_samples(case, words))
    if samples:
        yield Paragraph(words.say("summary.others" if _told(case, is_label=True) else "summary.samples"))
        yield Points(samples)


def family_table(case: CaseFacts, words: Words) -> Table:
    """Counts results by what was looked for; where there are many kinds, by their families.

    The part with the findings then has the kinds one by one.
    """
    counts = _counts(case)
    if len(counts) <= KINDS_IN_SUMMARY:
        return results_table(case, words)
    families: dict[str, Counter[Result]] = {}
    for kind in sorted(counts, key=family_rank):
        family = kind.partition(".")[0]
        families.setdefault(family if words.has(f"family.{family}") else "other", Counter()).update(counts[kind])
    return _results(((words.say(f"family.{name}"), found) for name, found in families.items()), words)


def results_table(case: CaseFacts, words: Words) -> Table:
    """Counts results by kind of finding; the three results stand side by side."""
    counts = _counts(case)
    return _results(((kind_name(kind, words), counts[kind]) for kind in sorted(counts, key=family_rank)), words)


def _counts(case: CaseFacts) -> dict[str, Counter[Result]]:
    counts: dict[str, Counter[Result]] = {}
    for found in case.findings:
        counts.setdefault(found.finding.kind, Counter())[found.finding.result] += 1
    return counts


def _results(counted: Iterable[tuple[Said, Counter[Result]]], words: Words) -> Table:
    columns = [Column(words.say("summary.kind"), 40)]
    columns += [Column(words.say(f"result.{result.value}"), 20, "number") for result in Result]
    return Table(tuple(columns), tuple(_result_row(name, found, words=words) for name, found in counted), "compact")


def _result_row(name: Said, counts: Mapping[Result, int], *, words: Words) -> tuple[Said, ...]:
    return (name, *(words.number(counts[result]) for result in Result))


def kind_name(kind: str, words: Words) -> Said:
    """Names what was looked for: `kind.<kind>` of the templates, or the name as recorded."""
    key = f"kind.{kind}"
    found = words.templates.findings[words.language].get(key)
    return Said(found) if found else (words.say(key) if words.has(key) else words.show(kind))


def _declared(case: CaseFacts, words: Words) -> Iterable[Block]:
    """Tells what the files declare about themselves, or that nothing was found; nothing where none was looked for."""
    results = Counter(one.finding.result for one in case.findings if one.finding.kind.startswith(LABELS))
    told = _told(case, is_label=True)
    if not told:
        if results and not results[Result.FOUND]:
            yield _nothing_declared(results[Result.INDETERMINATE], words)
        return
    yield Paragraph(words.say("summary.declared"))
    room = _room(case, words)
    lines = [_sample(facts, finding, words) for facts, finding in told[:room]]
    if told[room:]:
        more = words.count("declarations", len(told) - room)
        lines.append(words.say("summary.declared_more", declarations=more, part=words.part("observations")))
    yield Points(tuple(lines))


def _nothing_declared(unclear: int, words: Words) -> Paragraph:
    if unclear:
        return Paragraph(words.say("summary.declared_open", findings=words.count("examinations", unclear)))
    return Paragraph(words.say("summary.declared_none"))


def _told(case: CaseFacts, *, is_label: bool) -> list[tuple[ItemFacts, Finding]]:
    """Gives what was found and is no routine, the strongest kinds first: declarations, or all others."""
    found = [
        (facts, one.finding)
        for facts in case.items
        for one in facts.observations
        if one.finding.result is Result.FOUND and one.finding.kind not in ROUTINE
    ]
    wanted = [pair for pair in found if pair[1].kind.startswith(LABELS) is is_label]
    return sorted(wanted, key=lambda pair: summary_rank(pair[1].kind))


def _samples(case: CaseFacts, words: Words) -> Iterable[Said]:
    declared = min(_room(case, words), len(_told(case, is_label=True)))
    for facts, finding in _told(case, is_label=False)[: _lines(words) - declared]:
        yield _sample(facts, finding, words)


def _room(case: CaseFacts, words: Words) -> int:
    """Gives how many declarations the summary quotes, so that what was compared keeps its place."""
    others = min(OTHERS, len(_told(case, is_label=False)))
    return min(DECLARED, _lines(words) - others)


def _lines(words: Words) -> int:
    """Gives how many observations the summary quotes; one less where a line of it is about chats and payments."""
    return SAMPLES - ("counts" in words.parts)


def _sample(facts: ItemFacts, finding: Finding, words: Words) -> Said:
    plainly = f"compared.verdict_{finding.values.get('verdict')}" if finding.kind == COMPARISON else ""
    if words.has(plainly):
        return words.say("summary.sample", item=facts.item.id, text=words.say(plainly))
    text = words.shortened(words.sentence(finding.statement, hide=facts.masked), SAMPLE_LENGTH)
    return words.say("summary.sample", item=facts.item.id, text=text)


def hand_over(facts: ItemFacts) -> Mapping[str, Any]:
    """Collects what an item's artifacts say about how it was handed over."""
    return handed_over(facts.shown.record.artifacts if facts.shown else ())


def handed_over(artifacts: Iterable[Artifact]) -> Mapping[str, Any]:
    """Collects what artifacts say about how they were handed over, also among the facts of a capture."""
    found: dict[str, Any] = {}
    for artifact in artifacts:
        capture = artifact.facts.get("capture")
        for told in (artifact.facts, capture if isinstance(capture, Mapping) else {}):
            for name in HAND_OVER:
                if told.get(name):
                    found.setdefault(name, told[name])
    return found


def materials(case: CaseFacts, words: Words) -> Section:
    """Builds the list of the materials received, with digests and condition."""
    blocks: list[Block] = [Paragraph(words.say("materials.intro", annex=words.part("digests")))]
    if case.items:
        titles = (("item", 11), ("name", 25), ("type", 15), ("digest", 32), ("condition", 17))
        columns = tuple(Column(words.say(f"materials.column_{name}"), share, _role(name)) for name, share in titles)
        blocks.append(Table(columns, tuple(_material(facts, words) for facts in case.items), "compact"))
    else:
        blocks.append(Paragraph(words.say("materials.none")))
    erased = [words.show(erasure.record.item) for erasure in case.snapshot.erasures]
    if erased:
        blocks.append(Paragraph(words.say("materials.erased", items=words.listed(erased), part=words.part("custody"))))
    return Section("materials", words.heading_number("materials"), words.say("materials.title"), tuple(blocks))


def _role(name: str) -> str:
    return {"digest": "digest", "item": "strong"}.get(name, "text")


def _material(facts: ItemFacts, words: Words) -> tuple[Said, ...]:
    artifact = facts.original
    if artifact is None:
        nothing = words.say("word.nothing_obtained")
        return (
            words.show(facts.item.id),
            item_name(facts, words),
            words.show(facts.item.kind),
            nothing,
            condition(facts, words),
        )
    size = words.size(content_size(artifact))
    return (
        words.show(facts.item.id),
        words.shortened(item_name(facts, words), 300),
        words.join([artifact.media_type, size], "\n"),
        words.show(artifact.content_sha256),
        condition(facts, words),
    )


def content_size(artifact: Artifact) -> int:
    """Gives the size of the content itself, in bytes: of the plaintext where it is sealed media."""
    plain = (artifact.sealed or {}).get("plain")
    return int(plain["size"]) if plain else artifact.digests.size


def item_name(facts: ItemFacts, words: Words) -> Said:
    """Names an item, or says that its name is not shown."""
    if facts.masked:
        return words.say("word.masked_biometric" if not _is_sealed(facts) else "word.masked_sealed")
    return words.name(facts.named)


def _is_sealed(facts: ItemFacts) -> bool:
    return facts.item.sensitivity.is_sealed or (facts.original is not None and facts.original.sealed is not None)


def condition(facts: ItemFacts, words: Words) -> Said:
    """Says in what state an item is: outcome, time stamp, sensitivity and sealing."""
    outcome = facts.shown.record.outcome.value if facts.shown else "NONE"
    parts = [words.say(f"outcome.{outcome}")]
    if facts.original is not None:
        parts.append(words.say(f"stamp.{facts.stamp.value}"))
    if facts.item.sensitivity.value != "normal":
        parts.append(words.say(f"sensitivity.{facts.item.sensitivity.value}"))
    if facts.original is not None and facts.original.sealed is not None:
        parts.append(words.say("word.encrypted"))
    return words.join(parts, "\n")
