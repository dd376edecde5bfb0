"""Header fields as the browser reports them, and which of its reports belongs to which request of a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from forensics.web.exchange import Headers

VERSIONS = {"http/0.9": "HTTP/0.9", "http/1.0": "HTTP/1.0", "http/1.1": "HTTP/1.1", "h2": "h2", "h3": "h3"}
"""Names of protocols in CDP, which are those of ALPN, and in an exchange."""


def of_text(text: str) -> Headers:
    """Reads a header block as it crossed the network: order, spelling and repeated fields stay.

    Args:
        text: Status line and fields, each ended by CR LF.
    """
    fields: list[tuple[str, str]] = []
    for line in text.replace("\r\n", "\n").split("\n")[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon:
            fields.append((name, value.strip()))
    return tuple(fields)


def of_mapping(mapping: Mapping[str, str]) -> Headers:
    """Reads header fields that the browser gives sorted; repeated fields come joined by line feeds.

    Pseudo fields of HTTP/2 and HTTP/3 (`:path`) are left out: method, address and status say the same.
    """
    return tuple(
        (name, part) for name, value in mapping.items() if not name.startswith(":") for part in str(value).split("\n")
    )


def of_response(response: Mapping[str, Any], extra: Mapping[str, Any] | None) -> Headers:
    """Gives a response's header fields, from the network's report where there is one."""
    if extra is not None:
        return of_text(extra["headersText"]) if extra.get("headersText") else of_mapping(extra["headers"])
    return of_mapping(response.get("headers", {}))


def reason_of(response: Mapping[str, Any], extra: Mapping[str, Any] | None) -> str:
    """Gives the reason phrase; empty where the protocol has none."""
    status_line = str((extra or {}).get("headersText", "")).partition("\r\n")[0]
    if status_line.startswith("HTTP/"):
        return status_line.partition(" ")[2].partition(" ")[2].strip()
    return str(response.get("statusText", ""))


def version_of(response: Mapping[str, Any], extra: Mapping[str, Any] | None) -> str:
    """Gives the version of HTTP; empty where it is unknown."""
    first = str((extra or {}).get("headersText", "")).partition(" ")[0]
    protocol = str(response.get("protocol", ""))
    return first if first.startswith("HTTP/") else VERSIONS.get(protocol, protocol)


def value_of(headers: Headers, name: str) -> str:
    """Gives the first field of a name, whatever its case; empty where there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def is_decoded(headers: Headers) -> bool:
    """Whether the browser took something off before it gave the body: a content encoding or chunks."""
    encoding = value_of(headers, "content-encoding").strip().lower()
    return encoding not in {"", "identity"} or value_of(headers, "transfer-encoding") != ""


def length_of(headers: Headers) -> int | None:
    """Gives the declared length in bytes as it crosses the network; None where there is none or it makes no sense."""
    text = value_of(headers, "content-length").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def matched_responses(
    expected: Sequence[tuple[bool, int | None]], reports: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any] | None]:
    """Finds for each response of a chain the network's own report; both come in order, but some are missing.

    The browser says of each response whether there is a report of it. A report of another status belongs to an answer
    that the browser never showed (a challenge for a password, for example) and is skipped.

    Args:
        expected: For each response whether there may be a report, and its status; None where the browser gave no
            response, as where it may not show it to the page.
        reports: `Network.responseReceivedExtraInfo` in the order of their arrival.
    """
    left = list(reports)
    found: list[Mapping[str, Any] | None] = []
    for has_report, status in expected:
        place = next((at for at, report in enumerate(left) if status in {None, report.get("statusCode")}), None)
        if not has_report or place is None:
            found.append(None)
            continue
        found.append(left[place])
        del left[: place + 1]
    return found


def matched_requests(
    expected: Sequence[tuple[bool, str]], reports: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any] | None]:
    """Finds for each request of a chain the network's own report of what was sent.

    Args:
        expected: For each request whether there may be a report, and its URL.
        reports: `Network.requestWillBeSentExtraInfo` in the order of their arrival.
    """
    left = list(reports)
    found: list[Mapping[str, Any] | None] = []
    for has_report, url in expected:
        place = next((index for index, report in enumerate(left) if _agrees(report, url)), None)
        if not has_report or place is None:
            found.append(None)
            continue
        found.append(left[place])
        del left[: place + 1]
    return found


def _agrees(report: Mapping[str, Any], url: str) -> bool:
    """Whether a report of a request names the host of a URL, or none."""
    fields = {name.lower(): value for name, value in report.get("headers", {}).items()}
    named = fields.get(":authority", fields.get("host", ""))
    return named in {"", urlsplit(url).netloc.rpartition("@")[2]}
