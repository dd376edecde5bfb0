"""Gathers from a manifest store what a finding states: signer, time, actions, ingredients, sources, codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from forensics.model import Gap, GapReason

UNTRUSTED = "signingCredential.untrusted"
TRUSTED = "signingCredential.trusted"
"""Codes by which the C2PA Technical Specification 2.2, 15.2, says whether a signer is on a trust list."""
EXPIRED = "signingCredential.expired"
_MOST = 200
_LONGEST = 500
_DEEPEST = 24
_SOURCE = "digitalsourcetype"
_TIME = "timeStamp."

Json = Mapping[str, Any]


def gathered(store: Json) -> dict[str, Any]:
    """Gathers the values of a finding from a manifest store as c2pa-rs gives it.

    Args:
        store: The JSON of the store; whatever it lacks is null or empty in the result.
    """
    manifests = _members(store.get("manifests"))
    label = _text(store.get("active_manifest"))
    active = _mapping(manifests.get(label or ""))
    return {
        "active_manifest": label,
        "manifest_count": len(manifests),
        "title": _text(active.get("title")),
        "format": _text(active.get("format")),
        "instance_id": _text(active.get("instance_id")),
        "claim_version": _number(active.get("claim_version")),
        "claim_generator": _text(active.get("claim_generator")) or _generator(active),
        "claim_generator_info": [_generator_info(one) for one in _mappings(active.get("claim_generator_info"))],
        "signer": _signer(active),
        "signed_at": _text(_mapping(active.get("signature_info")).get("time")),
        "time_stamp": _time_stamp(store),
        "actions": list(_actions(manifests, label))[:_MOST],
        "ingredients": list(_ingredients(store, manifests, active=label))[:_MOST],
        "digital_source_types": sorted(set(_sources(manifests, depth=_DEEPEST)))[:_MOST],
        "assertion_labels": [_text(one.get("label")) for one in _mappings(active.get("assertions"))][:_MOST],
        "checks": _checks(store),
    }


def cut(store: Json) -> tuple[Gap, ...]:
    """Says what of a store is too much for a finding; the attachment has all."""
    manifests = _members(store.get("manifests"))
    label = _text(store.get("active_manifest"))
    counts = {
        "actions": len(list(_actions(manifests, label))),
        "ingredients": len(list(_ingredients(store, manifests, active=label))),
    }
    return tuple(
        Gap(name, GapReason.LIMIT, f"{count} are there; the first {_MOST} are listed")
        for name, count in counts.items()
        if count > _MOST
    )


def codes(store: Json) -> list[str]:
    """Lists the failure codes of the active manifest, then of its ingredients, each once.

    Source: C2PA Technical Specification 2.2, 15.2 (standard status codes).
    """
    results = _mapping(store.get("validation_results"))
    active = _codes(_mapping(results.get("activeManifest")), "failure")
    deltas = [_mapping(one.get("validationDeltas")) for one in _mappings(results.get("ingredientDeltas"))]
    told = [_text(one.get("code")) or "" for one in _mappings(store.get("validation_status"))]
    listed = [*active, *(code for delta in deltas for code in _codes(delta, "failure"))]
    return list(dict.fromkeys(listed or [code for code in told if code]))


def broken_ingredients(values: Json) -> int:
    """Counts the ingredients of the active manifest whose own credentials do not hold."""
    return sum(one["state"] == "invalid" for one in values["ingredients"])


def short(source: str) -> str:
    """Gives the last part of the address by which IPTC and C2PA name a source type."""
    return source.rstrip("/").rpartition("/")[2] or source


def _generator(manifest: Json) -> str | None:
    names = [_generator_info(one) for one in _mappings(manifest.get("claim_generator_info"))]
    told = [" ".join(part for part in (one["name"], one["version"]) if part) for one in names]
    return " ".join(told) or None


def _generator_info(one: Json) -> dict[str, str | None]:
    return {"name": _text(one.get("name")), "version": _text(one.get("version"))}


def _signer(manifest: Json) -> dict[str, str | None] | None:
    info = _mapping(manifest.get("signature_info"))
    if not info:
        return None
    return {
        "common_name": _text(info.get("common_name")),
        "issuer": _text(info.get("issuer")),
        "serial_number": _text(info.get("cert_serial_number")),
        "algorithm": _text(info.get("alg")),
    }


def _time_stamp(store: Json) -> dict[str, Any] | None:
    """Says by whom the active manifest was stamped, from the library's words behind the colon, and whether it holds."""
    active = _mapping(_mapping(store.get("validation_results")).get("activeManifest"))
    told = [
        (_text(one.get("code")) or "", _text(one.get("explanation")) or "")
        for kind in ("success", "informational", "failure")
        for one in _mappings(active.get(kind))
    ]
    stamps = [(code, words) for code, words in told if code.startswith(_TIME)]
    if not stamps:
        return None
    names = [words.rpartition(": ")[2] for code, words in stamps if ": " in words]
    return {"by": names[0] if names else None, "codes": list(dict.fromkeys(code for code, _ in stamps))}


def _actions(manifests: Json, active: str | None) -> Iterator[dict[str, Any]]:
    """Lists the actions of every manifest, the active one's first."""
    for label, manifest in _ordered(manifests, active):
        for assertion in _mappings(manifest.get("assertions")):
            if (_text(assertion.get("label")) or "").startswith("c2pa.actions"):
                for action in _mappings(_mapping(assertion.get("data")).get("actions")):
                    yield {"manifest": label, **_action(action)}


def _action(action: Json) -> dict[str, str | None]:
    source = action.get("digitalSourceType")
    return {
        "action": _text(action.get("action")),
        "when": _text(action.get("when")),
        "software_agent": _agent(action.get("softwareAgent")),
        "digital_source_type": _text(source),
        "description": _text(action.get("description")),
    }


def _agent(value: Any) -> str | None:
    if isinstance(value, Mapping):
        return " ".join(part for part in (_text(value.get("name")), _text(value.get("version"))) if part) or None
    return _text(value)


def _ingredients(store: Json, manifests: Json, *, active: str | None) -> Iterator[dict[str, Any]]:
    results = _mapping(store.get("validation_results"))
    deltas = {
        _text(one.get("ingredientAssertionURI")) or "": _mapping(one.get("validationDeltas"))
        for one in _mappings(results.get("ingredientDeltas"))
    }
    for label, manifest in _ordered(manifests, active):
        for one in _mappings(manifest.get("ingredients")):
            own = f"/c2pa/{label}/c2pa.assertions/{one.get('label')}"
            now = next((delta for uri, delta in deltas.items() if uri.endswith(own)), {})
            yield {"manifest": label, **_ingredient(one, now)}


def _ingredient(one: Json, now: Json) -> dict[str, Any]:
    recorded = _mapping(_mapping(one.get("validation_results")).get("activeManifest"))
    status = [_text(entry.get("code")) or "" for entry in _mappings(one.get("validation_status"))]
    recorded_codes = list(dict.fromkeys([*status, *_codes(recorded, "failure")]))
    return {
        "title": _text(one.get("title")),
        "format": _text(one.get("format")),
        "relationship": _text(one.get("relationship")),
        "manifest_label": _text(one.get("active_manifest")),
        "state": _state(one, now, recorded=recorded_codes, held=_codes(recorded, "success")),
        "codes": _codes(now, "failure"),
        "recorded_codes": recorded_codes,
    }


def _state(one: Json, now: Json, *, recorded: Sequence[str], held: Sequence[str]) -> str:
    """Gives the state of an ingredient's own manifest: what was recorded when it was taken in, and what is seen now.

    Args:
        one: The ingredient.
        now: What is seen now and was not so when it was taken in.
        recorded: Failures that were recorded.
        held: Successes that were recorded.
    """
    if not one.get("active_manifest"):
        return "none"
    failures, successes = _codes(now, "failure"), _codes(now, "success")
    if any(code != UNTRUSTED for code in (*recorded, *failures)):
        return "invalid"
    is_trusted = TRUSTED in successes or (TRUSTED in held and UNTRUSTED not in failures)
    return "trusted" if is_trusted else "untrusted"


def _checks(store: Json) -> dict[str, list[str]]:
    active = _mapping(_mapping(store.get("validation_results")).get("activeManifest"))
    return {kind: sorted(set(_codes(active, kind))) for kind in ("success", "informational", "failure")}


def _codes(results: Json, kind: str) -> list[str]:
    return [code for one in _mappings(results.get(kind)) if (code := _text(one.get("code")))]


def _sources(value: Any, *, depth: int) -> Iterator[str]:
    """Finds every source type that a store declares, in actions, templates, ingredients and other assertions."""
    if depth <= 0:
        return
    if isinstance(value, Mapping):
        for name, member in value.items():
            if str(name).lower().endswith(_SOURCE):
                yield from _texts(member)
            else:
                yield from _sources(member, depth=depth - 1)
    elif isinstance(value, list):
        for member in value:
            yield from _sources(member, depth=depth - 1)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield _text(value) or ""
    elif isinstance(value, list):
        yield from (_text(one) or "" for one in value if isinstance(one, str))


def _ordered(manifests: Json, active: str | None) -> Iterable[tuple[str, Json]]:
    return sorted(
        ((str(label), _mapping(manifest)) for label, manifest in manifests.items()),
        key=lambda pair: (pair[0] != active, pair[0]),
    )


def _members(value: Any) -> Json:
    """Gives the members of an object; some readers give a list of manifests with their labels instead."""
    if isinstance(value, list):
        return {str(one.get("label")): one for one in _mappings(value)}
    return _mapping(value)


def _mapping(value: Any) -> Json:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Json]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    """Gives a text as a record can hold it; None for none."""
    if not isinstance(value, str) or not value:
        return None
    text = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
