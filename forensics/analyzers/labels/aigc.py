"""Implicit labels of AI-generated content (GB 45438-2025): what a file declares, where, and by whom.

*Source:* GB 45438-2025, clauses 5.2 and 6, annex E; Measures for Labelling AI-Generated Content, article 6;
TC260-PG-20252A (provider codes), 20257A to 202510A (places in each container).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels import aigc_label
from forensics.analyzers.labels.aigc_provider import provider
from forensics.analyzers.labels.aigc_row import row
from forensics.analyzers.labels.aigc_site import Site, sites
from forensics.analyzers.labels.look import Look
from forensics.model import Finding, Gap, GapReason, Message, Result

KIND = "label.aigc"

_LISTED = 50
"""Sites that a finding lists; a file has one, and more than a few only where somebody made it so."""

_NAME_LENGTH = 80
_NOBODY = "-"

_UNSIGNED = message(
    "aigc.limit.unsigned",
    "Such labels are not signed: anyone can write, copy, change or remove one without a trace. It is what the file "
    "declares, not a measurement of its content.",
)
_WHO = message(
    "aigc.limit.who",
    "A provider code or name stands for a service, not for the person who used it; one organisation may sign for "
    "several applications.",
)
_ONE = message(
    "aigc.limit.one",
    "The standard gives the value 1 to the service that generated the content; a platform that received it may also "
    "write it after checking.",
)
_COMMON = message(
    "aigc.limit.absent",
    "That no label is there is common: programs that convert video drop it unless told to keep it, messengers and "
    "platforms remove metadata, and files made before 1 September 2025 or outside of China need none.",
)
_KNOWN = message(
    "aigc.limit.known",
    "Only the places that the standard and its guides name are read, and other texts searched; a label in another "
    "form, or in a part that was not read, is not seen.",
)
_MASKED = message("aigc.limit.masked", "Numbers that identify a person are masked; the file itself still holds them.")
_COPIED = message(
    "aigc.alternative.copied",
    "The label came with metadata that a program or a person copied from another file.",
)
_WHOLESALE = message(
    "aigc.alternative.wholesale",
    "A program or service writes the label into everything that it exports, also where only a small part was made or "
    "retouched with artificial intelligence.",
)
_CAUTION = message(
    "aigc.alternative.user",
    "A user told the platform so as a precaution or by mistake; the platform wrote down what it was told.",
)
_TRACES = message(
    "aigc.alternative.platform",
    "The automatic check of a platform took an ordinary picture, clip or text for a generated one.",
)
_SEVERAL = message(
    "aigc.alternative.several",
    "Programs and platforms that handled the file one after another each added a label without removing the earlier.",
)
_DAMAGED = message(
    "aigc.alternative.damaged",
    "A program wrote the label badly, or another one cut or changed it when it saved the file.",
)
_SPOKEN = message(
    "aigc.alternative.spoken", "The text quotes or explains such a label, for example as an example in a manual."
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """All sites of a file, with what may be shown of them.

    Attributes:
        sites: As they were found; with identities.
        rows: The sites as JSON values; identities masked where that is set.
        is_masked: Whether something was masked.
    """

    sites: tuple[Site, ...]
    rows: list[dict[str, Any]]
    is_masked: bool

    @property
    def both(self) -> list[tuple[Site, dict[str, Any]]]:
        """The sites with their rows."""
        return list(zip(self.sites, self.rows, strict=True))

    @property
    def declared(self) -> list[tuple[Site, dict[str, Any]]]:
        """The sites that name themselves a label and can be read, with their rows."""
        return [(site, values) for site, values in self.both if site.is_declared and site.label.is_readable]


def findings(look: Look) -> Iterator[Finding]:
    """States which implicit labels the file carries: exactly one finding."""
    with look.evidence.open() as stream:
        found = sites(look.structure, stream)
    rows = [row(site, is_masking=look.settings.mask_identities) for site in found]
    reading = _Reading(found, [values for values, _ in rows], any(is_masked for _, is_masked in rows))
    if not found:
        yield _absent(look)
    elif reading.declared:
        yield _declared(look, reading)
    else:
        yield _doubtful(look, reading)


def _values(reading: _Reading) -> dict[str, Any]:
    """Gives the values of the finding; where labels are declared, what only resembles one is listed and no more."""
    meant = reading.declared or reading.both
    fields = [values["fields"] for _, values in meant]
    return {
        "sites": reading.rows[:_LISTED],
        "site_count": len(reading.sites),
        "declared_site_count": len(reading.declared),
        "labels": sorted({one["Label"] for one in fields if one["Label"]}),
        "disagreements": _disagreements(meant),
        "propagated": any(one["ContentPropagator"] or one["PropagateID"] for one in fields),
    }


def _disagreements(meant: list[tuple[Site, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Gives for each field that sites state differently its values, each with the places that have it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in aigc_label.FIELDS:
        by_value: dict[str, dict[str, Any]] = {}
        for site, values in meant:
            stated = site.label.fields[name]
            if stated is not None:
                entry = by_value.setdefault(stated, {"value": values["fields"][name], "places": []})
                entry["places"].append({"place": site.place, "offset": site.offset})
        if len(by_value) > 1:
            found[name] = list(by_value.values())
    return found


def _where(reading: _Reading) -> tuple[dict[str, Any], ...]:
    return tuple({"place": site.place, "offset": site.offset, "size": site.size} for site in reading.sites[:_LISTED])


def _shown(reading: _Reading, field: str) -> str:
    """Names whom the labels name in a field: each once, in the order of the file."""
    names: list[str] = []
    for site, values in reading.declared:
        who = provider(site.label.fields[field])
        if who is not None:
            text = who.shown if who.name is None else str(values["fields"][field])
            names.append(_short(text))
    return ", ".join(dict.fromkeys(names)) or _NOBODY


def _short(text: str) -> str:
    """Gives a text from outside in one line, so that it fits into a sentence."""
    return " ".join(text.split())[:_NAME_LENGTH]


def _statement(reading: _Reading) -> Message:
    """Says what the labels declare, and who stands in them."""
    labels = sorted({values["fields"]["Label"] or "" for _, values in reading.declared})
    values: dict[str, Any] = {
        "producer": _shown(reading, "ContentProducer"),
        "propagator": _shown(reading, "ContentPropagator"),
        "count": len(reading.declared),
    }
    if labels == ["1"]:
        return message(
            "aigc.declared",
            "The file carries an implicit label of AI-generated content with the value 1: it declares that the content "
            "is generated. Producer in the label: {producer}; propagator: {propagator}; places: {count}.",
            **values,
        )
    if labels == ["2"]:
        return message(
            "aigc.possible",
            "The file carries an implicit label of AI-generated content with the value 2: the content may be "
            "generated, as a user declared to a platform. Producer in the label: {producer}; propagator: {propagator}; "
            "places: {count}.",
            **values,
        )
    if labels == ["3"]:
        return message(
            "aigc.suspected",
            "The file carries an implicit label of AI-generated content with the value 3: a platform suspects that the "
            "content is generated. Producer in the label: {producer}; propagator: {propagator}; places: {count}.",
            **values,
        )
    return _odd_statement(labels, values)


def _odd_statement(labels: list[str], values: dict[str, Any]) -> Message:
    stated = ", ".join(_short(label) or _NOBODY for label in labels)
    if len(labels) > 1:
        return message(
            "aigc.differing",
            "The file carries implicit labels of AI-generated content that differ in their value: {labels} (1 stands "
            "for generated, 2 for possibly, 3 for suspected). Producer in the labels: {producer}; propagator: "
            "{propagator}; places: {count}.",
            labels=stated,
            **values,
        )
    if labels == [""]:
        return message(
            "aigc.valueless",
            "The file carries an implicit label of AI-generated content in which the value is missing that would say "
            "whether the content is generated. Producer in the label: {producer}; propagator: {propagator}; "
            "places: {count}.",
            **values,
        )
    return message(
        "aigc.unknown-value",
        "The file carries an implicit label of AI-generated content with a value that the standard does not define: "
        "{labels}. Producer in the label: {producer}; propagator: {propagator}; places: {count}.",
        labels=stated,
        **values,
    )


def _declared(look: Look, reading: _Reading) -> Finding:
    labels = {site.label.fields["Label"] for site, _ in reading.declared}
    own = ((_CAUTION,) if "2" in labels else ()) + ((_TRACES,) if "3" in labels else ())
    masked = (_MASKED,) if reading.is_masked else ()
    return look.finding(
        KIND,
        Result.FOUND,
        _statement(reading),
        values=_values(reading),
        limits=(_UNSIGNED, _WHO, *((_ONE,) if "1" in labels else ()), *masked),
        alternatives=(*own, _WHOLESALE, _COPIED, *((_SEVERAL,) if len(reading.declared) > 1 else ())),
        where=_where(reading),
        gaps=_gaps(look, reading),
    )


def _doubtful(look: Look, reading: _Reading) -> Finding:
    """States that something is there which no label can be read from, or which only looks like one."""
    is_named = any(site.is_declared for site in reading.sites)
    if is_named:
        statement = message(
            "aigc.unreadable",
            "The file has a place for an implicit label of AI-generated content, but what stands there is empty or "
            "cannot be read as a label. Places: {count}.",
            count=len(reading.sites),
        )
    else:
        statement = message(
            "aigc.resembling",
            "A text in the file resembles an implicit label of AI-generated content, but does not stand where labels "
            "are kept. Places: {count}.",
            count=len(reading.sites),
        )
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        statement,
        values={**_values(reading), "strength": "consistent_with"},
        limits=(_UNSIGNED, _KNOWN, *((_MASKED,) if reading.is_masked else ())),
        alternatives=(_DAMAGED, _COPIED) if is_named else (_SPOKEN, _COPIED, _DAMAGED),
        where=_where(reading),
        gaps=_gaps(look, reading),
    )


def _absent(look: Look) -> Finding:
    """States that no label was found; or, where the file was not read as a whole, that this says nothing."""
    empty = _values(_Reading((), [], is_masked=False))
    gaps = _gaps(look, None)
    if not gaps:
        text = "No implicit label of AI-generated content was found by this method."
        return look.finding(KIND, Result.NOT_FOUND, message("aigc.none", text), values=empty, limits=(_COMMON, _KNOWN))
    statement = message(
        "aigc.open",
        "No implicit label of AI-generated content was found in what could be read of the file; it was not read as a "
        "whole.",
    )
    if gaps[0].why is GapReason.NOT_APPLICABLE:
        statement = message(
            "aigc.unknown-format",
            "The format of the file has no reader here: implicit labels of AI-generated content were only searched for "
            "in the bytes of its start and end, and none was found there.",
        )
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        statement,
        values=empty,
        limits=(_COMMON, _KNOWN),
        alternatives=(_DAMAGED,),
        gaps=gaps,
    )


def _gaps(look: Look, reading: _Reading | None) -> tuple[Gap, ...]:
    """Names what was not read of the file, and what is not listed."""
    gaps: list[Gap] = []
    if not look.structure.format:
        gaps.append(Gap("label", GapReason.NOT_APPLICABLE, "no reader for this format"))
    elif not look.structure.is_whole:
        serious = ("limit", "unreadable", "truncated", "past-end")
        problem = next(problem for problem in look.structure.problems if problem.code in serious)
        why = GapReason.LIMIT if problem.code == "limit" else GapReason.UNPARSABLE
        gaps.append(Gap("label", why, f"{problem.code} at byte {problem.offset}: {problem.detail}"))
    if reading and len(reading.sites) > _LISTED:
        gaps.append(Gap("sites", GapReason.LIMIT, f"{len(reading.sites) - _LISTED} further places are not listed"))
    return tuple(gaps)
