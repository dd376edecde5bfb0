"""What programs, devices and encoders left in a file."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analyzers import message
from forensics.analyzers.container import brand, jpeg, program, sei
from forensics.analyzers.container.look import Look
from forensics.analyzers.container.trace import CONSISTENT, STATED, Trace
from forensics.model import Finding, Gap, GapReason, Message, Result

_NAMED = 4

_LAST = message(
    "container.encoder.limit.last",
    "Traces are those of the programs that wrote the file or its streams last, and of earlier ones only by chance.",
)
_WRITABLE = message(
    "container.encoder.limit.writable",
    "Names and settings can be written, copied and removed by anyone with free programs.",
)
_CATALOGUE = message(
    "container.encoder.limit.catalogue", "Only what the catalogues list is recognised; most programs are not in them."
)
_CONVERTED = message(
    "container.encoder.converted",
    "Messengers, platforms, phones and programs convert what they keep; their traces say nothing about what is shown.",
)
_SHARED = message(
    "container.encoder.shared",
    "Most programs use the same few libraries and tables, so that very many leave the same traces.",
)


def findings(look: Look) -> Iterator[Finding]:
    """States which traces of programs, devices and encoders there are."""
    found = [*program.traces(look), *sei.traces(look), *brand.traces(look), *jpeg.traces(look)]
    most = look.settings.max_listed
    gaps = (
        look.gaps if len(found) <= most else (*look.gaps, Gap("traces", GapReason.LIMIT, f"{len(found) - most} more"))
    )
    is_weak = bool(found) and all(trace.strength == CONSISTENT for trace in found)
    result = look.nothing if not found else Result.INDETERMINATE if is_weak else Result.FOUND
    values = {"count": len(found), "traces": [trace.as_values() for trace in found[:most]]}
    yield look.finding(
        "container.encoder",
        result,
        _statement(look, found),
        values=values | ({"strength": CONSISTENT} if is_weak else {}),
        limits=(_LAST, _WRITABLE, _CATALOGUE) if found else (_CATALOGUE,),
        alternatives=(_CONVERTED, _SHARED) if found else (),
        gaps=gaps,
    )


def _statement(look: Look, found: list[Trace]) -> Message:
    if found:
        return message(
            "container.encoder.found",
            "Number of traces of programs, devices or encoders in the file: {count}; among them: {traces}.",
            count=len(found),
            traces=_names(found),
        )
    if look.nothing is Result.NOT_FOUND:
        return message("container.encoder.none", "No trace of a program, device or encoder was found by this method.")
    return message(
        "container.encoder.open", "Traces of programs, devices or encoders could not be looked for in the whole file."
    )


def _names(found: list[Trace]) -> str:
    """Names the first few traces, what the file states before what was measured."""
    ordered = sorted(found, key=lambda trace: trace.strength != STATED)
    words = [f"{trace.what}: {trace.value}" for trace in ordered]
    return "; ".join(list(dict.fromkeys(words))[:_NAMED])
