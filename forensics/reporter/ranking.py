"""In which order findings are told: what a file declares about itself leads, routine facts follow."""

from __future__ import annotations

FAMILIES = (
    *("label", "source", "face", "faces", "tamper", "chat", "bill", "text", "page"),
    *("container", "compression", "metadata", "streams"),
)
"""First words of the kinds of findings, in the order in which they stand within a stage. Declarations come first: they
are deterministic, explain themselves, and hardly ever arise by chance; comparisons of one file with another follow.
Other kinds come last, in the order of their names."""

ROUTINE = frozenset(
    (
        *("metadata.tags", "metadata.times", "streams.container", "streams.streams", "page.reached"),
        *("container.structure", "container.encoder", "container.timeline"),
        *("compression.jpeg", "compression.video", "compression.audio"),
        *("faces.detected", "faces.persons", "source.fingerprint", "chat.messages", "chat.members", "bill.rows"),
    )
)
"""Kinds of findings that nearly every file has, or that are innocent by their nature; the summary counts them and
quotes none."""

_LEADING = (
    "label.",
    "source.comparison",
    "source.",
    "tamper.",
    "metadata.contradiction",
    "page.recapture",
    "container.anomaly",
    "streams.type",
)


def family_rank(kind: str) -> tuple[int, str]:
    """Gives the place of a kind among the findings of a stage."""
    family = kind.partition(".")[0]
    return (FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), kind)


def summary_rank(kind: str) -> int:
    """Gives the place of a kind among the observations that the summary quotes; lower comes first."""
    return next((rank for rank, start in enumerate(_LEADING) if kind.startswith(start)), len(_LEADING))
