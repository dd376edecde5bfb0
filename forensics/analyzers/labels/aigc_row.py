"""One site of an implicit label as JSON values, with what identifies a person masked."""

from __future__ import annotations

import json
from typing import Any

from forensics.analyzers.labels import aigc_label, aigc_provider
from forensics.analyzers.labels.aigc_provider import Provider, provider
from forensics.analyzers.labels.aigc_site import Site

_LONGEST = 4096
"""Characters of a stored label, and of a field, that a finding quotes; the rest is in the file at the offset given."""


def row(site: Site, *, is_masking: bool) -> tuple[dict[str, Any], bool]:
    """Gives a site as JSON values, and whether something in it was masked."""
    fields = dict(site.label.fields)
    raw = site.text
    secrets = aigc_provider.secrets(fields) if is_masking else ()
    if is_masking:
        secrets = (*secrets, *aigc_provider.loose_secrets(raw[: aigc_label.LONGEST]))
    shown = {name: aigc_provider.masked(text, secrets)[:_LONGEST] if text else text for name, text in fields.items()}
    raw = _masked_raw(site, shown, secrets=secrets) if secrets else raw
    made = {
        "place": site.place,
        "offset": site.offset,
        "raw": raw[:_LONGEST],
        "fields": shown,
        "defects": [*site.label.defects, *_code_defects(fields)],
        "notes": [*site.label.notes, *_code_notes(fields)],
        "extra_fields": [aigc_provider.masked(name, secrets) for name in site.label.extra],
        "key": aigc_provider.masked(site.key, secrets),
        "size": site.size,
        "is_cut": site.is_cut or max(len(raw), *(len(text or "") for text in fields.values())) > _LONGEST,
        "strength": "declared" if site.is_declared else "consistent_with",
        "producer": _values(provider(fields["ContentProducer"]), secrets),
        "propagator": _values(provider(fields["ContentPropagator"]), secrets),
    }
    return made, bool(secrets)


def _masked_raw(site: Site, shown: dict[str, str | None], *, secrets: tuple[str, ...]) -> str:
    """Masks a stored text; where an encoding hides the identity in it, gives it decoded, or its fields alone."""
    for text in (site.text, site.label.text):
        masked = aigc_provider.masked(text, secrets)
        if not set(aigc_provider.secrets(aigc_label.read(masked, is_yaml=True).fields)) & set(secrets):
            return masked
    return json.dumps(shown, ensure_ascii=False)


def _values(named: Provider | None, secrets: tuple[str, ...]) -> dict[str, Any] | None:
    if named is None:
        return None
    values = named.values()
    return {**values, "name": aigc_provider.masked(named.name, secrets)} if named.name else values


def _code_defects(fields: dict[str, str | None]) -> list[str]:
    """Gives a code for each provider code whose organisation's check character does not fit."""
    named = {name: provider(fields[name]) for name in ("ContentProducer", "ContentPropagator")}
    return [f"bad-checksum-{name.lower()}" for name, who in named.items() if who and who.is_check_valid is False]


def _code_notes(fields: dict[str, str | None]) -> list[str]:
    """Notes a code that stands for the other kind of service than its field does."""
    wanted = {"ContentProducer": "1", "ContentPropagator": "2"}
    named = {name: provider(fields[name]) for name in wanted}
    return [
        f"other-service-{name.lower()}"
        for name, who in named.items()
        if who and who.service_type in ("1", "2") and who.service_type != wanted[name]
    ]
