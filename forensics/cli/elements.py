"""How `status` and `exhibit` word where elements of proof stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forensics.proof.element_matrix import Standing, words

LANGUAGE = "language"
"""Member of an answer with the language of the case."""

MOST_REFERENCES = 20
"""Findings that a lead names one by one; the rest is counted."""


def standing_json(one: Standing) -> dict[str, Any]:
    """Gives the JSON object of an element."""
    return {
        "id": one.element.id,
        "title": dict(one.element.title),
        "status": one.status,
        "said": dict(one.said),
        "independent": one.independent,
        "exhibits": list(one.exhibits),
        "groups": [list(group) for group in one.groups],
        "set_aside": [{"label": it.label, "reason": it.reason, "text": dict(it.text)} for it in one.set_aside],
        "facts": [it.record.id for it in one.facts],
        "contested": [
            {"id": it.record.id, "by": str(it.record.values.get("by") or ""), "text": it.record.text}
            for it in one.contests
        ],
        "next_step": dict(one.next_step),
        "leads": [
            {"what": it.what, "count": it.count, "findings": list(it.findings[:MOST_REFERENCES]), "text": dict(it.text)}
            for it in one.leads
        ],
        "is_filing_minimum": one.element.filing_minimum,
    }


def told_text(texts: Mapping[str, str], language: str) -> str:
    """Gives a text in a language; in English where it has none in it."""
    return texts.get(language) or texts["en"]


def element_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Words the elements of `status`: where each stands, what is next, and what is missing to file the case."""
    language, profile = told[LANGUAGE], told["profile"]
    say = words().get(language) or words()["en"]
    yield say["head"].format(name=profile["name"], checked_on=profile["checked_on"])
    for one in told["elements"]:
        labels = f" ({', '.join(one['exhibits'])})" if one["exhibits"] else ""
        yield f"  {one['id']:4} {told_text(one['title'], language)}: {told_text(one['said'], language)}{labels}"
        yield f"       > {told_text(one['next_step'], language)}"
        for lead in one["leads"]:
            yield f"       + {told_text(lead['text'], language)}"
    if told["strays"]:
        yield say["strays"].format(names=", ".join(told["strays"]))
    yield say["filing_head" if told["missing_to_file"] else "filing_none"]
    for one in told["missing_to_file"]:
        yield f"  - {told_text(one['text'], language)}"
