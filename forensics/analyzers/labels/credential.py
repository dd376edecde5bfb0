"""Content credentials (C2PA): whether a file carries them, by whom they are signed, and whether they hold."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels import credential_statement as say
from forensics.analyzers.labels.credential_reader import Reading, read, versions
from forensics.analyzers.labels.credential_search import Marks, search
from forensics.analyzers.labels.credential_trust import TrustList, kept
from forensics.analyzers.labels.credential_trust import read as trust_list
from forensics.analyzers.labels.credential_value import broken_ingredients, codes, cut, gathered
from forensics.analyzers.labels.look import Look
from forensics.formats import Problem, Structure
from forensics.model import Artifact, Finding, Gap, GapReason, Result

KIND = "label.c2pa"
_UNREAD = Reading("none")


def findings(look: Look) -> Iterator[Finding]:
    """States which content credentials the file carries, and whether they hold; one finding."""
    trust = trust_list(look.settings.trust_list)
    media_type = look.evidence.artifact.media_type
    with look.evidence.open() as stream:
        marks = search(stream, look.structure, media_type=media_type)
        reading = read(stream, media_type, anchors=trust.pem) if marks.is_worth_reading else _UNREAD
    if reading.store:
        yield _carried(look, reading, marks=marks, trust=trust)
    elif reading.state == "remote" or (marks.remote_url and not _has_remains(marks)):
        yield _elsewhere(look, reading.remote_url or marks.remote_url or "", trust=trust)
    elif reading.error and reading.is_supported and _has_remains(marks):
        yield _unparsable(look, reading, marks=marks, trust=trust)
    elif _has_remains(marks):
        yield _remains(look, reading, marks=marks, trust=trust)
    elif reading.error and reading.is_supported:
        yield _undecided(look, reading, trust=trust)
    elif problem := _missing(look.structure):
        yield _cut_off(look, problem, trust=trust)
    else:
        yield look.finding(
            KIND, Result.NOT_FOUND, say.none(), values=_values("none", [], trust=trust), limits=say.limits_of_absence()
        )


def _missing(structure: Structure) -> Problem | None:
    """Gives the first problem that says that bytes of the file are missing: what is there was searched as a whole."""
    return next((problem for problem in structure.problems if problem.code in ("truncated", "past-end")), None)


def _has_remains(marks: Marks) -> bool:
    return marks.store_offset is not None or marks.named_offset is not None


def _values(state: str, failures: list[str], *, trust: TrustList, **others: Any) -> dict[str, Any]:
    return {"state": state, "codes": failures, "trust_list": trust.described(), **others}


def _where(marks: Marks) -> tuple[dict[str, Any], ...]:
    offset = marks.store_offset if marks.store_offset is not None else marks.named_offset
    return () if offset is None else ({"place": "C2PA manifest store", "offset": offset},)


def _carried(look: Look, reading: Reading, *, marks: Marks, trust: TrustList) -> Finding:
    values = _values(reading.state, codes(reading.store), trust=trust, **gathered(reading.store))
    values["remote_url"] = marks.remote_url
    values["reader"] = versions()
    return look.finding(
        KIND,
        Result.FOUND,
        say.carried(values),
        values=values,
        where=_where(marks),
        limits=say.limits_of_presence(values, broken=broken_ingredients(values)),
        alternatives=say.alternatives(values),
        gaps=cut(reading.store),
        attachments=_attached(look, reading, trust),
    )


def _attached(look: Look, reading: Reading, trust: TrustList) -> tuple[Artifact, ...]:
    """Keeps the manifest store in both forms, and the list by which the signer was judged."""
    stores = [
        look.sink.put(
            io.BytesIO(_canonical(value)), role="c2pa-manifest-store", name=name, media_type="application/json"
        )
        for name, value in (("manifest-store.json", reading.store), ("manifest-store-detailed.json", reading.detailed))
    ]
    return (*stores, *kept(trust, look.sink))


def _canonical(value: Mapping[str, Any]) -> bytes:
    """Gives the same bytes for the same store, whatever order a library keeps its tables in."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=True).encode("ascii") + b"\n"


def _elsewhere(look: Look, url: str, *, trust: TrustList) -> Finding:
    detail = "nothing is fetched from the network during an examination"
    return look.finding(
        KIND,
        Result.FOUND,
        say.remote(url),
        values=_values("remote", [], trust=trust, remote_url=url),
        limits=say.limits_of_remote(),
        alternatives=(
            message(
                "label.c2pa.alternative.provenance",
                "The property that gives the address is one of Dublin Core and can name other things than content "
                "credentials.",
            ),
        ),
        gaps=(Gap("remote manifest", GapReason.NOT_CONFIGURED, detail),),
    )


def _unparsable(look: Look, reading: Reading, *, marks: Marks, trust: TrustList) -> Finding:
    values = _values("invalid", [reading.error], trust=trust, remote_url=marks.remote_url, reader=versions())
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        say.unparsable(reading.error),
        values=values,
        where=_where(marks),
        limits=say.limits_of_damage(),
        alternatives=say.alternatives(values),
        gaps=(Gap("content credentials", GapReason.UNPARSABLE, reading.error),),
    )


def _remains(look: Look, reading: Reading, *, marks: Marks, trust: TrustList) -> Finding:
    """States that bytes of a store lie where nothing reads them: in another format, behind the end, or cut."""
    where = _where(marks)
    why = reading.error or "the reader finds no manifest in the places that the format has for one"
    values = _values("none", [], trust=trust, remote_url=marks.remote_url, reader=versions())
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        say.remains(where[0]["offset"]),
        values=values,
        where=where,
        limits=say.limits_of_damage(),
        alternatives=say.alternatives({**values, "state": "invalid"}),
        gaps=(Gap("content credentials", GapReason.UNPARSABLE, why),),
    )


def _cut_off(look: Look, problem: Problem, *, trust: TrustList) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        say.cut_off(),
        values=_values("none", [], trust=trust),
        limits=say.limits_of_absence(),
        alternatives=(
            message(
                "label.c2pa.alternative.never",
                "The file never carried content credentials, and was cut off or damaged in transfer or storage.",
            ),
        ),
        gaps=(
            Gap(
                "content credentials",
                GapReason.UNPARSABLE,
                f"{problem.code} at byte {problem.offset}: {problem.detail}",
            ),
        ),
    )


def _undecided(look: Look, reading: Reading, *, trust: TrustList) -> Finding:
    return look.finding(
        KIND,
        Result.INDETERMINATE,
        say.undecided(),
        values=_values("none", [], trust=trust, reader=versions()),
        limits=say.limits_of_damage(),
        alternatives=(
            message(
                "label.c2pa.alternative.other",
                "The file may mention content credentials, or be damaged, without ever having carried any.",
            ),
        ),
        gaps=(Gap("content credentials", GapReason.UNPARSABLE, reading.error),),
    )
