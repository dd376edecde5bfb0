"""Runs captures as a user does, and reads what the case then holds about each address."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.program import Ended, forensics
from tests.fakes.site import Site

ROLES = frozenset(
    {
        *("warc", "wacz", "html", "dom", "screenshot-full", "screenshot-viewport", "mhtml", "pdf-print"),
        *("session-video", "media", "certificate", "preflight", "navigation-log", "console-log"),
    }
)
"""Roles that scripts may rely on."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One attempt at one address.

    Attributes:
        told: What the program printed of the item.
        record: The acquisition as it stands in the case.
    """

    case: Path
    told: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def outcome(self) -> str:
        """`COMPLETE`, `PARTIAL` or `FAILED`."""
        return str(self.record["outcome"])

    @property
    def gaps(self) -> list[dict[str, str]]:
        """The gaps that lower an outcome."""
        return [gap for gap in self.record["gaps"] if gap["why"] not in {"NOT_CONFIGURED", "NOT_APPLICABLE"}]

    @property
    def roles(self) -> set[str]:
        """Roles that are there."""
        return {artifact["role"] for artifact in self.record["artifacts"]}

    def all(self, role: str) -> list[dict[str, Any]]:
        """Gives the artifacts of a role, in order."""
        return [artifact for artifact in self.record["artifacts"] if artifact["role"] == role]

    def open(self, role: str) -> list[dict[str, Any]]:
        """Gives the artifacts of a role that are not sealed."""
        return [artifact for artifact in self.all(role) if artifact["sealed"] is None]

    def read(self, artifact: Mapping[str, Any]) -> bytes:
        """Gives an artifact's stored bytes."""
        return self.path(artifact).read_bytes()

    def path(self, artifact: Mapping[str, Any]) -> Path:
        """Gives an artifact's blob."""
        digest = str(artifact["digests"]["sha256"])
        return self.case / "blobs" / digest[:2] / digest

    def content(self, role: str) -> bytes:
        """Gives the stored bytes of the only open artifact of a role."""
        (artifact,) = self.open(role)
        return self.read(artifact)

    def lines(self, role: str) -> list[Any]:
        """Gives an artifact of JSON lines."""
        return [json.loads(line) for line in self.content(role).splitlines()]

    @property
    def facts(self) -> dict[str, Any]:
        """The facts of the capture."""
        (log,) = self.all("navigation-log")
        return dict(log["facts"]["capture"])

    @property
    def state(self) -> str:
        """What the page was taken for."""
        return str(self.facts["page_state"]["state"])

    def media(self) -> dict[str, bytes]:
        """Gives the media by path and query of their addresses."""
        return {_path(one["facts"]["url"]): self.read(one) for one in self.open("media")}

    def exchanges(self) -> list[Exchanged]:
        """Reads the WARC."""
        return list(_exchanges(self.content("warc")))

    def answers(self, path: str) -> list[Exchanged]:
        """Gives the responses in the WARC for a path (with its query)."""
        return [one for one in self.exchanges() if one.kind == "response" and _path(one.url) == path]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One record of a WARC.

    Attributes:
        kind: `request`, `response`, `resource`, `metadata`, `warcinfo`.
        status: HTTP status; 0 where the record has none.
        fields: Header fields of the WARC record.
        headers: HTTP header fields, names in lower case.
    """

    kind: str
    url: str
    status: int
    fields: Mapping[str, str]
    headers: Mapping[str, str]
    payload: bytes


def _exchanges(raw: bytes) -> Iterator[Exchanged]:
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(io.BytesIO(raw)):
        http = record.http_headers
        fields = dict(record.rec_headers.headers)
        is_answer = record.rec_type == "response" and http is not None
        yield Exchanged(
            record.rec_type,
            fields.get("WARC-Target-URI", ""),
            int(http.get_statuscode()) if is_answer else 0,
            fields,
            {name.lower(): value for name, value in http.headers} if http else {},
            record.raw_stream.read(),
        )


def _path(url: str) -> str:
    rest = url.partition("://")[2]
    return "/" + rest.partition("/")[2]


def served(site: Site, path: str) -> bytes:
    """Gives what a client that is no browser is served."""
    connection = http.client.HTTPConnection(urlsplit(site.url("/")).netloc, timeout=10)
    connection.request("GET", path)
    with connection.getresponse() as response:
        body = response.read()
    connection.close()
    return body


def acquisitions(case: Path) -> list[dict[str, Any]]:
    """Gives the acquisitions of a case, in order."""
    lines = [line for path in sorted((case / "records").iterdir()) for line in path.read_text().splitlines()]
    records = [json.loads(line)["record"] for line in lines]
    return [record for record in records if record["type"] == "acquisition"]


@dataclass(frozen=True, slots=True)
class Captures:
    """One run of the program over some addresses."""

    ended: Ended
    by_url: Mapping[str, Captured]

    def __getitem__(self, url: str) -> Captured:
        return self.by_url[url]


def capture(case: Path, *arguments: str | Path) -> Captures:
    """Captures addresses into a case that is there, and reads the newest attempt at each."""
    ended = forensics("collect", case, *arguments, "--json")
    assert ended.code in {0, 3, 20}, (ended.output, ended.errors)
    broken = [gap["detail"] for item in ended.told["items"] for gap in item["gaps"] if gap["what"] == "item"]
    assert not [detail for detail in broken if " failed: " in detail], broken
    newest = {record["item"]: record for record in acquisitions(case)}
    items = ended.told["items"]
    return Captures(ended, {item["locator"]: Captured(case, item, newest[item["id"]]) for item in items})
