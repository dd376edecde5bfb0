"""Builds the parts on chats and payments for tests, without the rest of a report."""

from __future__ import annotations

from functools import cache

from forensics.reporter import counts, tally, text, transcript
from forensics.reporter.blocks import Drawing, Pairs, Paragraph, Points, Section, Table, strings
from forensics.reporter.facts import gather
from forensics.reporter.wording import words
from tests.fakes import dossiers

BUILDERS = {"facts": tally.facts_found, "counts": counts.counts, "transcript": transcript.transcript}


@cache
def templates() -> text.Templates:
    """Loads the program's own templates."""
    return text.load()


def built(name, dossier, *, language="en", jurisdiction="cn", snapshot=None) -> Section | None:
    """Builds one part."""
    case = gather(snapshot or dossiers.snapshot(jurisdiction=jurisdiction, language=language), program="forensics 1")
    return BUILDERS[name](case, words(templates(), language=language, jurisdiction=jurisdiction), dossier)


def inner(section, anchor):
    """Finds a section within another."""
    for one in section.sections:
        found = one if one.anchor == anchor else inner(one, anchor)
        if found is not None:
            return found
    return None


def tables(section):
    """Gives the rows of all tables directly within a section."""
    return [one.rows for one in section.blocks if isinstance(one, Table)]


def rows(section):
    """Gives all rows of a section and of those within it."""
    own = [row for one in tables(section) for row in one]
    return own + [row for one in section.sections for row in rows(one)]


def said(section) -> str:
    """Gives every text of a section."""
    return "\n".join(strings(section))


def drawings(section):
    """Gives the drawings of a section and of those within it."""
    own = [one for one in section.blocks if isinstance(one, Drawing)]
    return own + [found for one in section.sections for found in drawings(one)]


__all__ = ["Pairs", "Paragraph", "Points", "built", "drawings", "inner", "rows", "said", "tables", "templates"]
