"""Turns what a session left into archives and artifacts: secrets out first, the rest masked, all into the sink."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from forensics.codec import canonical
from forensics.collectors.webpage import facts
from forensics.collectors.webpage.embedded import file_name
from forensics.collectors.webpage.views_files import View
from forensics.errors import IntegrityError, ToolError
from forensics.model import Artifact, Gap, GapReason
from forensics.plugins import Seal, Sink
from forensics.web import wacz, warc
from forensics.web.exchange import Exchange, Via
from forensics.web.secret_mask import Known, mask, mask_text
from forensics.web.secrets import Cleaned, strip

WARC_NAME, WACZ_NAME = "capture.warc.gz", "capture.wacz"
MOST_TOLD = 50
"""Requests that failed and are told one by one; more are counted. The archive has all."""

HARMLESS = (
    "net::ERR_ABORTED",
    "net::ERR_BLOCKED_BY_CSP",
    "net::ERR_BLOCKED_BY_ORB",
    "net::ERR_BLOCKED_BY_RESPONSE",
    "net::ERR_CACHE_MISS",
    "net::ERR_FAILED (",
)
"""Errors by which the page or its own rules gave a request up, as they do in any browser."""

NO_SERVICE_WORKERS = "service workers are blocked"
"""Why the recorder refuses them: they would stand between the page and its servers. Every capture does."""

UNTOLD_TYPES = frozenset({"Ping", "CSPViolationReport", "Preflight", "Prefetch", "Manifest"})
"""Requests that show nothing on a page."""

RESOURCES: Mapping[str, str] = {
    "screenshot-viewport": "urn:view",
    "screenshot-full": "urn:fullPage",
    "dom": "urn:dom",
    "mhtml": "urn:mhtml",
    "pdf-print": "urn:pdf",
}
"""Views that go into the archive as `resource` records, by role."""


@dataclass(frozen=True, slots=True)
class Medium:
    """One embedded thing that was obtained.

    Attributes:
        facts: What is known of it.
        exchange: The exchange that holds it; None where the browser saved a file.
        path: That file; None where the exchange holds the bytes.
        name: Name that the server gave it; empty for the last part of its address.
    """

    url: str
    facts: Mapping[str, Any]
    exchange: Exchange | None = None
    path: Path | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """What a session left.

    Attributes:
        url: What was asked for.
        exchanges: Of browser and plain client, numbered, in order.
        views: Views of the page, in order.
        texts: Further views of the page by the prefix of their record: `urn:seen`, `urn:text`.
        media: Embedded things, in order.
        console: Lines of the console and of dialogs.
        log: Lines of the navigation log.
        cookies: Every cookie at the end of the session, as the browser tells them.
        started_at: When the session began.
    """

    url: str
    exchanges: tuple[Exchange, ...]
    views: tuple[View, ...]
    texts: Mapping[str, tuple[bytes, str]]
    media: tuple[Medium, ...]
    console: tuple[Mapping[str, Any], ...]
    log: tuple[Mapping[str, Any], ...]
    cookies: tuple[Mapping[str, Any], ...]
    started_at: datetime


def clean(material: Material, folder: Path) -> Cleaned:
    """Takes cookies, tokens and passwords out of the exchanges.

    Raises:
        StoreError: A body cannot be read or written.
    """
    tokens = tuple(str(one["value"]) for one in material.cookies if one.get("httpOnly") and one.get("value"))
    return strip(material.exchanges, folder, tokens=tokens)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Puts the parts of one capture into the sink.

    Attributes:
        material: What the session left.
        cleaned: Its exchanges without secrets, and what has to be masked elsewhere.
        folder: The workspace.
        artifacts: What was put so far.
    """

    material: Material
    cleaned: Cleaned
    folder: Path
    sink: Sink
    artifacts: list[Artifact] = field(default_factory=list)

    @property
    def known(self) -> Known:
        """The secrets that have to be masked in everything that is kept in the open."""
        return self.cleaned.known

    def archive(self, record: Mapping[str, Any], *, information: Mapping[str, str]) -> tuple[Gap, ...]:
        """Writes WARC and WACZ, has them checked, and puts them into the sink.

        Args:
            record: The facts of the capture, for the archive.
            information: Members of the `warcinfo` record.

        Returns:
            What is missing of bodies; and what the checks found, where one failed: the WARC is kept all the same.

        Raises:
            StoreError: It could not be written.
        """
        path = self.folder / WARC_NAME
        summary = warc.write(
            path,
            self.cleaned.exchanges,
            resources=list(self._resources(record)),
            information=information,
            stripped=self.cleaned.stripped,
            created_at=self.material.started_at,
        )
        counts = {name: getattr(summary, name) for name in ("total", "failed", "without_body", "refused")}
        self.file(path, role="warc", media_type="application/warc+gzip", exchanges=counts)
        target = self.folder / WACZ_NAME
        try:
            wacz.make(path, target, pages=list(self._pages(record)), records=summary.record_count)
        except (ToolError, IntegrityError) as error:
            return (*summary.gaps, Gap("archive", GapReason.FAILED, f"{error}; the WARC is kept as it is"))
        self.file(target, role="wacz", media_type="application/wacz+zip")
        return summary.gaps

    def _resources(self, record: Mapping[str, Any]) -> Iterable[warc.Resource]:
        url = str(record.get("final_url") or self.material.url)
        at = self.material.started_at
        for view in self.material.views:
            prefix = RESOURCES.get(view.role)
            path, seal = self._masked(view.path)
            if prefix is not None and seal is None:
                tile = f"#tile={view.facts['tile']}" if view.facts.get("of", 1) > 1 else ""
                yield warc.Resource(f"{prefix}:{url}{tile}", path, view.media_type, at)
        for prefix, (data, media_type) in self.material.texts.items():
            yield warc.Resource(f"{prefix}:{url}", mask(data, self.known).data, media_type, at)
        for number, der in enumerate(self.chain(), 1):
            digest = facts.certificate(der)["sha256"]
            headers = (("WARC-Certificate-Position", str(number)),)
            yield warc.Resource(f"urn:certificate:{digest}", der, "application/pkix-cert", at, headers)
        yield warc.Resource(f"urn:capture:{url}", canonical(record), "application/json", at)

    def _pages(self, record: Mapping[str, Any]) -> Iterable[wacz.Page]:
        text = self.material.texts.get("urn:text", (b"", ""))[0].decode("utf-8", errors="replace")
        documents = [
            one
            for one in self.cleaned.exchanges
            if one.via is Via.BROWSER and one.is_navigation and one.frame_depth == 0 and one.status is not None
        ]
        last = next((one for one in reversed(documents) if one.page == 1 and not one.is_redirect), None)
        for one in documents:
            if not one.is_redirect:
                is_last = one is last
                title = str(record.get("title") or "") if is_last else ""
                yield wacz.Page(one.url, one.started_at, title, mask_text(text, self.known) if is_last else "")

    def chain(self) -> tuple[bytes, ...]:
        """Gives the certificates of the document's server, its own first."""
        found = facts.main_chain(self.material.exchanges)
        return found[-1].tls.chain if found and found[-1].tls else ()

    def document(self) -> Exchange | None:
        """Gives the exchange of the page's document, without secrets; None where there was no answer."""
        found = facts.main_chain(self.cleaned.exchanges)
        return found[-1] if found and found[-1].status is not None else None

    def html(self) -> None:
        """Puts the page's document as it was received."""
        document = self.document()
        if document is None or document.body.path is None:
            return
        told: dict[str, Any] = {"url": document.url, "status": document.status, "is_decoded": document.body.is_decoded}
        self.file(document.body.path, role="html", name="page.html", media_type="text/html", **told)

    def views(self) -> None:
        """Puts screenshots, rendered document, MHTML and print."""
        for view in self.material.views:
            path, seal = self._masked(view.path)
            told = dict(view.facts)
            self.file(path, role=view.role, name=view.path.name, media_type=view.media_type, seal=seal, **told)

    def certificates(self) -> None:
        """Puts the chain of the document's server."""
        for number, der in enumerate(self.chain(), 1):
            told = facts.certificate(der)
            name = f"certificate-{number:02d}.der"
            self.data(der, role="certificate", name=name, media_type="application/pkix-cert", position=number, **told)

    def media(self) -> int:
        """Puts embedded things; gives how many."""
        numbers = {_key(one): one.number for one in self.material.exchanges}
        by_number = {one.number: one for one in self.cleaned.exchanges}
        kept = 0
        for medium in self.material.media:
            exchange = by_number.get(numbers.get(_key(medium.exchange), 0)) if medium.exchange else None
            path = medium.path or (exchange.body.path if exchange else None)
            if path is None:
                continue
            media_type = exchange.media_type if exchange else ""
            name = medium.name or file_name(medium.url, media_type)
            told = {**medium.facts, "url": mask_text(medium.url, self.known)}
            if exchange is not None:
                told |= {"status": exchange.status, "headers": [list(pair) for pair in exchange.response_headers]}
            self.file(path, role="media", name=name, **told)
            kept += 1
        return kept

    def logs(self, record: Mapping[str, Any]) -> None:
        """Puts console, navigation log with the facts of the capture, and the sealed list of secrets."""
        self._lines(self.material.console, role="console-log", name="console.jsonl")
        self._lines(self.material.log, role="navigation-log", name="navigation.jsonl", capture=record)
        if self.cleaned.stripped or self.material.cookies:
            path = self.cleaned.sealed
            with path.open("a", encoding="utf-8") as stream:
                for cookie in self.material.cookies:
                    stream.write(json.dumps({"cookie": cookie}, ensure_ascii=False, sort_keys=True) + "\n")
            self.file(path, role="secrets", name="secrets.jsonl", media_type="application/jsonl", seal=Seal.CONTENT)

    def _lines(self, lines: Iterable[Mapping[str, Any]], *, role: str, name: str, **told: Any) -> None:
        data = b"".join(canonical(line) + b"\n" for line in lines)
        self.data(mask(data, self.known).data, role=role, name=name, media_type="application/jsonl", **told)

    def _masked(self, path: Path) -> tuple[Path, Seal | None]:
        """Gives a text view without the known secrets, and whether it must be sealed because one is hidden in it."""
        if path.suffix not in {".html", ".mhtml", ".json", ".txt"}:
            return path, None
        found = mask(path.read_bytes(), self.known)
        if found.is_hidden:
            return path, Seal.CONTENT
        if not found.count:
            return path, None
        target = path.with_name(f"masked-{path.name}")
        target.write_bytes(found.data)
        return target, None

    def file(
        self,
        path: Path,
        *,
        role: str,
        name: str = "",
        media_type: str | None = None,
        seal: Seal | None = None,
        **told: Any,
    ) -> None:
        """Puts a file of the workspace."""
        with path.open("rb") as stream:
            made = self.sink.put(stream, role=role, name=name or path.name, media_type=media_type, seal=seal, **told)
            self.artifacts.append(made)

    def data(self, data: bytes, *, role: str, name: str, media_type: str | None = None, **told: Any) -> None:
        """Puts bytes."""
        self.artifacts.append(self.sink.put(BytesIO(data), role=role, name=name, media_type=media_type, **told))


def _key(exchange: Exchange) -> tuple[str, Via, datetime]:
    """Tells an exchange from others while its number may still change."""
    return exchange.url, exchange.via, exchange.started_at


def request_gaps(exchanges: Sequence[Exchange]) -> list[Gap]:
    """States the requests of a page that got no answer, or were refused by this program."""
    documents = {one.url for one in facts.main_chain(exchanges)}
    gaps = []
    for one in exchanges:
        if one.via is not Via.BROWSER or one.url in documents or one.resource_type in UNTOLD_TYPES:
            continue
        if one.refused == NO_SERVICE_WORKERS:
            gaps.append(Gap(f"request {warc.shown(one.url)}", GapReason.NOT_APPLICABLE, one.refused))
        elif one.refused:
            gaps.append(Gap(f"request {warc.shown(one.url)}", GapReason.REFUSED, one.refused))
        elif one.status is None and one.error and not one.error.startswith(HARMLESS):
            gaps.append(Gap(f"request {warc.shown(one.url)}", GapReason.FAILED, one.error))
    if len(gaps) > MOST_TOLD:
        detail = "further requests failed or were refused; the archive lists all"
        gaps = [*gaps[:MOST_TOLD], Gap(f"{len(gaps) - MOST_TOLD} requests", GapReason.FAILED, detail)]
    return gaps
