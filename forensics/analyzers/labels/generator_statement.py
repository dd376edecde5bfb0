"""Findings about generators: sentences, limits and innocent explanations."""

from __future__ import annotations

from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels import aigc_label, aigc_provider, generator_match
from forensics.analyzers.labels.generator_catalogue import Catalogue, Generator
from forensics.analyzers.labels.generator_match import Hit
from forensics.analyzers.labels.look import Look
from forensics.model import Finding, Gap, Message, Result

KIND = "label.generator"
_LABELLED = "ContentProducer"
"""What a text holds that carries an implicit label besides parameters."""

_CHANGEABLE = message(
    "label.generator.limit.changeable",
    "Such entries can be written, changed, copied to other files and removed without a trace.",
)
_TOLD = message(
    "label.generator.limit.told",
    "Parameters say what a program was told to do; they do not show that this picture, clip or sound came from it.",
)
_PERSON = message("label.generator.limit.person", "Who used the program cannot be learnt from this.")
_WEAK = message(
    "label.generator.limit.weak",
    "The trace fits this program and others; alone it says little about how the file was made.",
)
_NAME = message("label.generator.limit.name", "A file name is given freely and is no part of the file.")
_SIGNATURE = message(
    "label.generator.limit.signature",
    "A signature that does not fit says only that picture or entry are not to the byte those that were signed.",
)
_STRIPPED = message(
    "label.generator.limit.stripped",
    "Absence means little: platforms, messengers and many programs remove such entries, "
    "and many generators write none.",
)
_KNOWN = "Entries of the {count} programs and services in the catalogue are known, others are not."


def found(
    look: Look, generator: Generator, hits: tuple[Hit, ...], *, known: Catalogue, gaps: tuple[Gap, ...]
) -> Finding:
    """States that the file names one program: `FOUND` where it declares it, else `INDETERMINATE`."""
    declared = [hit for hit in hits if hit.match.strength == "declared"]
    first = next((hit for hit in declared if hit.match.parser), (declared or list(hits))[0])
    parameters = generator_match.merge(tuple(declared) or hits)
    if look.settings.mask_identities:
        parameters = _masked(parameters, _secrets(hits))
    values: dict[str, Any] = {
        "generator": generator.id,
        "name": generator.name,
        "maker": generator.maker,
        "generator_kind": generator.kind,
        "strength": "declared" if declared else "consistent_with",
        "parameters": parameters,
        "site": _place(first),
        "sites": [_place(hit) for hit in hits],
        "catalogue_source": generator.source,
    }
    if differing := list(generator_match.differences(hits)):
        values["differences"] = differing
    names = dict.fromkeys(name for hit in (declared or hits) for name in hit.match.alternatives)
    return look.finding(
        KIND,
        Result.FOUND if declared else Result.INDETERMINATE,
        _statement(generator, first, parameters),
        values=values,
        limits=_limits(first) + ((_SIGNATURE,) if "signature_fits" in parameters else ()),
        alternatives=tuple(message(f"label.generator.alternative.{name}", known.alternatives[name]) for name in names),
        where=tuple(_place(hit) for hit in hits if hit.site.offset is not None),
        gaps=gaps,
    )


def _statement(generator: Generator, hit: Hit, parameters: dict[str, Any]) -> Message:
    about = {"generator": generator.name, "place": hit.site.place, "key": hit.site.key[:200]}
    if hit.site.place == "name":
        text = "The name of the file has the form that {generator} gives to files."
        return message("label.generator.consistent-name", text, generator=generator.name)
    if hit.match.strength != "declared":
        text = "An entry of the file ({place}, {key}) is consistent with {generator}."
        return message("label.generator.consistent", text, **about)
    tools = sorted({step["tool"] for step in parameters.get("face_swap_nodes", ()) if step["active"]})
    if tools:
        text = (
            "The file carries parameters as {generator} writes them ({place}, {key}). Among the steps they list are "
            "some that exchange or animate a face, or take one over from a picture: {tools}."
        )
        return message("label.generator.found-face", text, **about, tools=", ".join(tools))
    if generator.kind == "face-swap":
        text = "The file carries the data that {generator} puts into cut-out faces ({place}, {key})."
        return message("label.generator.found-cut-out", text, **about)
    if generator.kind == "editor":
        text = "An entry of the file ({place}, {key}) says that it was edited with {generator}."
        return message("label.generator.found-edit", text, **about)
    if set(parameters) == {"tag"}:
        text = "An entry of the file ({place}, {key}) is one that {generator} writes."
        return message("label.generator.found-tag", text, **about)
    text = "The file carries parameters as {generator} writes them ({place}, {key})."
    return message("label.generator.found", text, **about)


def _limits(hit: Hit) -> tuple[Message, ...]:
    if hit.site.place == "name":
        return (_NAME, _WEAK, _PERSON)
    if hit.match.strength != "declared":
        return (_WEAK, _CHANGEABLE, _PERSON)
    return (_TOLD, _CHANGEABLE, _PERSON)


def _secrets(hits: tuple[Hit, ...]) -> tuple[str, ...]:
    """Gives what identifies a person in an implicit label that stands in the same text as the parameters."""
    found: set[str] = set()
    for text in (hit.site.text[: aigc_label.LONGEST] for hit in hits if _LABELLED in hit.site.text):
        found.update((*aigc_provider.secrets(aigc_label.read(text).fields), *aigc_provider.loose_secrets(text)))
    return tuple(sorted(found, key=lambda part: (-len(part), part)))


def _masked(value: Any, secrets: tuple[str, ...]) -> Any:
    """Gives a JSON value in which parts of texts are masked."""
    if not secrets:
        return value
    if isinstance(value, str):
        return aigc_provider.masked(value, secrets)
    if isinstance(value, dict):
        return {aigc_provider.masked(key, secrets): _masked(item, secrets) for key, item in value.items()}
    return [_masked(item, secrets) for item in value] if isinstance(value, list) else value


def _place(hit: Hit) -> dict[str, Any]:
    return {"place": hit.site.place, "key": hit.site.key[:200], "offset": hit.site.offset}


def none(look: Look, *, known: Catalogue, gaps: tuple[Gap, ...]) -> Finding:
    """States that nothing was found; `INDETERMINATE` where not everything could be read."""
    if gaps:
        statement = message(
            "label.generator.unread",
            "No entry of a known generator was found by this method in what could be read; "
            "not everything could be read.",
        )
    else:
        statement = message("label.generator.none", "No entry of a known generator was found by this method.")
    return look.finding(
        KIND,
        Result.INDETERMINATE if gaps else Result.NOT_FOUND,
        statement,
        values={},
        limits=(_STRIPPED, message("label.generator.limit.known", _KNOWN, count=len(known.generators))),
        alternatives=(message("label.generator.alternative.damaged", _DAMAGED),) if gaps else (),
        gaps=gaps,
    )


_DAMAGED = "The file is damaged, was cut off in transfer, or is larger than what is read."
