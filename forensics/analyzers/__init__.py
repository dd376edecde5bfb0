"""Analyzers: one kind of trace each; none knows another."""

from __future__ import annotations

import dataclasses
from typing import Any

from forensics.model import Message, Tool
from forensics.plugins import Analyzer


def message(name: str, text: str, **values: Any) -> Message:
    """Makes a sentence with its values filled in.

    Args:
        name: Id under which the templates have the sentence in other languages.
        text: The English sentence with `{placeholders}`.
        values: What may stand in the sentence, in any language.
    """
    return Message(name, text.format(**values), values)


def describe(analyzer: Analyzer) -> Tool:
    """Describes an analyzer with its settings, as findings carry it."""
    settings = {field.name: getattr(analyzer, field.name) for field in dataclasses.fields(analyzer)}  # type: ignore[arg-type]
    return Tool(analyzer.name, analyzer.version, settings=settings)
