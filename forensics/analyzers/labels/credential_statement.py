"""What is said of content credentials: who signed, whether the bytes changed since, and what does not follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.labels.credential_value import EXPIRED, short
from forensics.model import Message

_SHORT = 16
"""Digits of a trust list's digest in a statement; the values have all."""
_MOST_NAMED = 6
_MADE_BY_MODELS = frozenset(
    ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData")
)
"""Source types whose definition names a trained model; *composite synthetic* leaves open how its parts were made.

Source: IPTC NewsCodes, Digital Source Type; C2PA Technical Specification 2.2, 18.15.3 (the last).
"""


def carried(values: Mapping[str, Any]) -> Message:
    """Says what credentials a file carries and whether they hold."""
    says = {"trusted": _trusted, "untrusted": _untrusted}.get(values["state"], _invalid)
    return says(values, [short(one) for one in values["digital_source_types"]])


def _trusted(values: Mapping[str, Any], sources: Sequence[str]) -> Message:
    signer, listed, count = _signer(values), _list(values), values["trust_list"]["certificate_count"]
    if _by_models(sources):
        return message(
            "label.c2pa.trusted.model",
            "The file carries content credentials; their signature and hashes hold, and the signer, {signer}, is on "
            "the trust list that was used (SHA-256 {list}…, certificates: {count}). They declare that the content or "
            "an ingredient was made or changed with a trained model (digitalSourceType: {sources}).",
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    if sources:
        return message(
            "label.c2pa.trusted.source",
            "The file carries content credentials; their signature and hashes hold, and the signer, {signer}, is on "
            "the trust list that was used (SHA-256 {list}…, certificates: {count}). They declare as the type of "
            "source: {sources}.",
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    return message(
        "label.c2pa.trusted",
        "The file carries content credentials; their signature and hashes hold, and the signer, {signer}, is on the "
        "trust list that was used (SHA-256 {list}…, certificates: {count}). They declare no type of source.",
        signer=signer,
        list=listed,
        count=count,
    )


def _untrusted(values: Mapping[str, Any], sources: Sequence[str]) -> Message:
    signer, listed, count = _signer(values), _list(values), values["trust_list"]["certificate_count"]
    if _by_models(sources):
        return message(
            "label.c2pa.untrusted.model",
            "The file carries content credentials; their signature and hashes hold; the signer, {signer}, is not on "
            "the trust list that was used (SHA-256 {list}…, certificates: {count}). They declare that the content or "
            "an ingredient was made or changed with a trained model (digitalSourceType: {sources}).",
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    if sources:
        return message(
            "label.c2pa.untrusted.source",
            "The file carries content credentials; their signature and hashes hold; the signer, {signer}, is not on "
            "the trust list that was used (SHA-256 {list}…, certificates: {count}). They declare as the type of "
            "source: {sources}.",
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    return message(
        "label.c2pa.untrusted",
        "The file carries content credentials; their signature and hashes hold; the signer, {signer}, is not on the "
        "trust list that was used (SHA-256 {list}…, certificates: {count}). They declare no type of source.",
        signer=signer,
        list=listed,
        count=count,
    )


def _invalid(values: Mapping[str, Any], sources: Sequence[str]) -> Message:
    signer, listed, count = _signer(values), _list(values), values["trust_list"]["certificate_count"]
    failures = _listed(values["codes"]) or "-"
    if _by_models(sources):
        return message(
            "label.c2pa.invalid.model",
            "The file carries content credentials that do not pass the check of C2PA; codes: {codes}. They name "
            "{signer} as the signer (trust list that was used: SHA-256 {list}…, certificates: {count}) and declare "
            "that the content or an ingredient was made or changed with a trained model (digitalSourceType: "
            "{sources}).",
            codes=failures,
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    if sources:
        return message(
            "label.c2pa.invalid.source",
            "The file carries content credentials that do not pass the check of C2PA; codes: {codes}. They name "
            "{signer} as the signer (trust list that was used: SHA-256 {list}…, certificates: {count}) and declare as "
            "the type of source: {sources}.",
            codes=failures,
            signer=signer,
            list=listed,
            count=count,
            sources=_listed(sources),
        )
    return message(
        "label.c2pa.invalid",
        "The file carries content credentials that do not pass the check of C2PA; codes: {codes}. They name {signer} "
        "as the signer (trust list that was used: SHA-256 {list}…, certificates: {count}) and declare no type of "
        "source.",
        codes=failures,
        signer=signer,
        list=listed,
        count=count,
    )


def none() -> Message:
    """Says that a file carries no credentials."""
    return message("label.c2pa.none", "No content credentials (C2PA) were found by this method.")


def remote(url: str) -> Message:
    """Says that a file's credentials lie elsewhere."""
    return message(
        "label.c2pa.remote",
        "The file carries no content credentials and names an address where they are said to lie: {url}. They were not "
        "fetched.",
        url=url,
    )


def unparsable(error: str) -> Message:
    """Says that a file has credentials that cannot be read."""
    return message(
        "label.c2pa.unparsable",
        "The file carries content credentials (C2PA) that cannot be read; the reader says: {error}.",
        error=error.rstrip("."),
    )


def remains(offset: int) -> Message:
    """Says that parts of credentials lie where nothing reads them."""
    return message(
        "label.c2pa.remains",
        "At byte {offset} lie parts of content credentials (C2PA), where the reader knows no place for them; they were "
        "not checked.",
        offset=offset,
    )


def cut_off() -> Message:
    """Says that a file is not there as a whole and that what is there carries no credentials."""
    return message(
        "label.c2pa.cut-off",
        "No content credentials (C2PA) were found in what is there of the file; parts of the file are missing, and "
        "could have held some.",
    )


def undecided() -> Message:
    """Says that it could not be told whether there are credentials."""
    return message(
        "label.c2pa.undecided",
        "Whether the file carries content credentials (C2PA) could not be told, since it cannot be read as its format "
        "demands.",
    )


def limits_of_presence(values: Mapping[str, Any], *, broken: int) -> tuple[Message, ...]:
    """Says where the check of credentials ends."""
    limits = [
        message(
            "label.c2pa.limit.truth",
            "Content credentials say who signed and whether bytes changed since; they do not say that the content is "
            "true, and what they declare is what the signer declares.",
        ),
        message(
            "label.c2pa.limit.list",
            "Whether a signer is trusted depends on the list that is used and its date, and anybody can sign with a "
            "certificate of their own.",
        ),
        message(
            "label.c2pa.limit.offline",
            "Nothing was asked of the network: whether a certificate was revoked is not known.",
        ),
    ]
    if values["time_stamp"] is None:
        limits.append(
            message(
                "label.c2pa.limit.clock",
                "The signature has no time stamp: its certificate was judged by the clock of the machine that "
                "examined, so that the same file can be judged differently later.",
            )
        )
    if broken:
        limits.append(
            message(
                "label.c2pa.limit.ingredients",
                "Number of ingredients whose own credentials do not hold, now or as recorded when they were taken in: "
                "{count}.",
                count=broken,
            )
        )
    return tuple(limits)


def limits_of_absence() -> tuple[Message, ...]:
    """Says what does not follow from the absence of credentials."""
    return (
        message(
            "label.c2pa.limit.absence",
            "Most cameras, programs and generators attach no content credentials, and most messengers and platforms "
            "take them off: nothing follows from their absence.",
        ),
    )


def limits_of_remote() -> tuple[Message, ...]:
    """Says what is not known of credentials that lie elsewhere."""
    return (
        message(
            "label.c2pa.limit.remote",
            "What lies at the address, and whether it belongs to this file, was not examined.",
        ),
    )


def limits_of_damage() -> tuple[Message, ...]:
    """Says what does not follow from credentials that cannot be read."""
    return (
        message(
            "label.c2pa.limit.unread",
            "Credentials that cannot be read were not checked: nothing follows about the signer or the content.",
        ),
    )


def alternatives(values: Mapping[str, Any]) -> tuple[Message, ...]:
    """Gives innocent explanations of what was seen."""
    if values["state"] == "invalid":
        return _of_invalid(values["codes"])
    attached = message(
        "label.c2pa.alternative.attached",
        "Cameras, programs and platforms attach content credentials by themselves; a small change with a built-in "
        "model, such as the removal of a spot, can be declared like a whole picture that was generated.",
    )
    if values["state"] == "trusted":
        return (attached,)
    listed = message(
        "label.c2pa.alternative.unlisted",
        "A signer can be missing from a list because the list is empty, older or made for another purpose; many "
        "honest programs sign with certificates that are on no list.",
    )
    return (attached, listed)


def _of_invalid(failures: Sequence[str]) -> tuple[Message, ...]:
    rewritten = message(
        "label.c2pa.alternative.rewritten",
        "Programs and platforms that do not know content credentials leave them in place when they save a file anew "
        "or change its metadata; they then fit no longer, without any intent.",
    )
    if EXPIRED not in failures:
        return (rewritten,)
    expired = message(
        "label.c2pa.alternative.expired",
        "Certificates expire: a signature that was made while the certificate was valid, and was not time-stamped, "
        "does not pass the check later.",
    )
    return (expired, rewritten)


def _by_models(sources: Sequence[str]) -> bool:
    return any(one in _MADE_BY_MODELS for one in sources)


def _signer(values: Mapping[str, Any]) -> str:
    signer = values["signer"] or {}
    names = [name for name in (signer.get("common_name"), signer.get("issuer")) if name]
    return " / ".join(dict.fromkeys(names)) or "-"


def _list(values: Mapping[str, Any]) -> str:
    return str(values["trust_list"]["sha256"])[:_SHORT]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown}, …" if len(names) > _MOST_NAMED else shown
