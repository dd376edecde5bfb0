"""Turns what a job left into artifacts: secrets out first, then media, archives, certificates and the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from forensics import __version__
from forensics.codec import canonical, to_json
from forensics.collectors.media.job import Job, Kept
from forensics.errors import IntegrityError, ToolError
from forensics.model import Artifact, Gap, GapReason
from forensics.plugins import Seal, Sink
from forensics.web import wacz, warc
from forensics.web.exchange import Body, Exchange
from forensics.web.fetch import Fetched, proxy_facts
from forensics.web.fetch_certificate import describe_chain
from forensics.web.secret_mask import Known, mask, mask_text
from forensics.web.secrets import Cleaned, Where, strip

WARC_NAME, WACZ_NAME = "capture.warc.gz", "capture.wacz"
_UNTOLD = frozenset({"set-cookie", "set-cookie2"})


@dataclass
class Recorder:
    """Puts one job into the sink.

    Attributes:
        cleaned: The job's exchanges without secrets.
        common: Facts that every artifact of media carries: how access was obtained.
        body_limit: Longest body that the archive holds itself; longer ones lie in the case as media.
        lying: Digest of the media that hold bodies which are too long for the archive, by number of the exchange.
    """

    job: Job
    sink: Sink
    cleaned: Cleaned
    common: Mapping[str, Any]
    body_limit: int
    lying: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job, sink: Sink, *, common: Mapping[str, Any], body_limit: int) -> Recorder:
        """Takes the secrets out of the exchanges and makes a recorder of what is left.

        Raises:
            StoreError: A body cannot be read or written.
        """
        folder = job.folder / "clean"
        folder.mkdir()
        return cls(job, sink, strip(job.exchanges, folder, tokens=job.own), common, body_limit)

    @property
    def known(self) -> Known:
        """The secrets that have to be masked in everything that is kept in the open."""
        return self.cleaned.known

    def put_all(self) -> Iterator[Gap]:
        """Puts everything, content first, and states what the archive lacks."""
        by_number = {exchange.number: exchange for exchange in self.cleaned.exchanges}
        for kept in self.job.kept:
            self._put_kept(kept, by_number)
        record = self.capture_facts(by_number)
        yield from self._put_archives(record)
        self._put_certificates()
        lines = b"".join(canonical(to_json(line)) + b"\n" for line in self._log())
        self._put_bytes(
            mask(lines, self.known).data, "navigation-log", "navigation.jsonl", capture=record, **self.common
        )
        if self.cleaned.stripped:
            self._put_file(self.cleaned.sealed, "secrets", "secrets.jsonl", "application/jsonl", seal=Seal.CONTENT)

    def _put_kept(self, kept: Kept, by_number: Mapping[int, Exchange]) -> None:
        facts = dict(kept.facts)
        if kept.fetched:
            facts |= fetch_facts(kept.fetched, by_number)
        facts = self._masked(facts) | self.common
        seal = None
        path = kept.path
        if kept.role != "media":
            found = mask(path.read_bytes(), self.known)
            seal = Seal.CONTENT if found.is_hidden else None
            if found.count and not found.is_hidden:
                path = path.with_name(f"masked-{path.name}")
                path.write_bytes(found.data)
        artifact = self._put_file(path, kept.role, kept.name, None, seal=seal, **facts)
        if kept.fetched:
            self._remember(kept.fetched, artifact)

    def _remember(self, fetched: Fetched, artifact: Artifact) -> None:
        """Notes where bodies lie that are too long for the archive."""
        at = 0
        for exchange in fetched.exchanges:
            if exchange.status in (200, 206) and exchange.body.path and at < fetched.size:
                place = {"artifact_sha256": artifact.content_sha256, "first_byte": at, "size": exchange.body.size}
                self.lying[exchange.number] = place if fetched.parts > 1 or exchange.body.size == fetched.size else {}
                at += exchange.body.size

    def _put_archives(self, record: Mapping[str, Any]) -> Iterator[Gap]:
        path, target = self.job.folder / WARC_NAME, self.job.folder / WACZ_NAME
        gaps: list[Gap] = []
        exchanges = [self._for_archive(exchange, gaps) for exchange in self.cleaned.exchanges]
        summary = warc.write(
            path,
            exchanges,
            resources=list(self._resources(record)),
            information=self._information(),
            stripped=self.cleaned.stripped,
            created_at=self.job.started_at,
        )
        counts = {name: getattr(summary, name) for name in ("total", "failed", "without_body", "refused")}
        self._put_file(path, "warc", WARC_NAME, "application/warc+gzip", exchanges=counts)
        yield from gaps
        try:
            wacz.make(path, target, pages=list(self._pages(exchanges)), records=summary.record_count)
        except (ToolError, IntegrityError) as error:
            yield Gap("wacz", GapReason.FAILED, str(error))
            return
        self._put_file(target, "wacz", WACZ_NAME, "application/wacz+zip")

    def _for_archive(self, exchange: Exchange, gaps: list[Gap]) -> Exchange:
        """Takes a body out that is too long for the archive; a record of its own then says where it lies."""
        if exchange.body.size <= self.body_limit:
            return exchange
        if self.lying.get(exchange.number):
            gap = Gap("body", GapReason.NOT_APPLICABLE, "it lies beside the archive, see its urn:artifact record")
        else:
            gap = Gap("body", GapReason.LIMIT, f"its {exchange.body.size} bytes are more than an archive takes")
            gaps.append(Gap(f"body of {warc.shown(exchange.url)}", GapReason.LIMIT, gap.detail))
        return replace(exchange, body=Body(None, exchange.body.size, gap=gap))

    def _resources(self, record: Mapping[str, Any]) -> Iterator[warc.Resource]:
        at = self.job.started_at
        by_number = {exchange.number: exchange for exchange in self.cleaned.exchanges}
        for number, place in self.lying.items():
            exchange = by_number[number]
            if place and exchange.body.size > self.body_limit:
                content = canonical(to_json({"exchange": number, **place}))
                yield warc.Resource(f"urn:artifact:{exchange.url}", content, "application/json", exchange.started_at)
        for fetched in self.job.fetches:
            if fetched.parts > 1 and fetched.path and not fetched.gaps and fetched.size <= self.body_limit:
                last = by_number[fetched.exchanges[-1].number]
                media_type = last.media_type or "application/octet-stream"
                yield warc.Resource(last.url, fetched.path, media_type, last.started_at)
        for facts, der in zip(describe_chain(self._chain()), self._chain(), strict=True):
            headers = (("WARC-Certificate-Position", str(facts["position"])),)
            yield warc.Resource(f"urn:certificate:{facts['sha256']}", der, "application/pkix-cert", at, headers)
        yield warc.Resource(f"urn:capture:{record['final_url']}", canonical(record), "application/json", at)

    def _pages(self, exchanges: Sequence[Exchange]) -> Iterator[wacz.Page]:
        last = exchanges[len(self.job.main.exchanges) - 1]
        if last.status is not None:
            yield wacz.Page(last.url, last.started_at, self.job.kept[0].name if self.job.kept else "")

    def _information(self) -> dict[str, str]:
        client = self.job.client
        programs = [f"{tool.name}/{tool.version}" for tool in (*self.job.tools, *wacz.reference_tools())]
        return {
            "software": f"forensics/{__version__} {' '.join(programs)}",
            "http-header-user-agent": client.settings.user_agent,
            "robots": "ignored: nothing but what was asked for is fetched",
            "proxy": "used" if client.proxy else "none",
        }

    def _chain(self) -> tuple[bytes, ...]:
        tls = self.job.main.exchanges[-1].tls
        return tls.chain if tls else ()

    def _put_certificates(self) -> None:
        for facts, der in zip(describe_chain(self._chain()), self._chain(), strict=True):
            name = f"certificate-{facts['position']:02d}.der"
            self._put_bytes(der, "certificate", name, media_type="application/pkix-cert", **facts)

    def _log(self) -> Iterator[dict[str, Any]]:
        yield {"at": self.job.started_at, "action": "start", "url": self.job.url}
        for line in self.job.log:
            yield self._masked(line)
        for tool in self.job.tools:
            yield {"at": datetime.now(UTC), "action": "tool", "tool": tool}
        yield {"at": datetime.now(UTC), "action": "end", "gaps": len(self.job.gaps)}

    def capture_facts(self, by_number: Mapping[int, Exchange]) -> dict[str, Any]:
        """Gives `facts.capture` as far as it applies without a browser (docs/capture-record.md)."""
        job, main = self.job, self.job.main
        asked = [by_number[exchange.number] for exchange in main.exchanges]
        last = asked[-1]
        every = self.cleaned.exchanges
        answers = {answer.name: answer for fetched in job.fetches for answer in fetched.answers}
        stripped = [one.where in (Where.REQUEST_BODY, Where.RESPONSE_BODY) for one in self.cleaned.stripped]
        record = {
            "requested_url": mask_text(job.url, self.known),
            "final_url": last.url,
            "redirects": [_redirect(one) for one in asked if one.is_redirect],
            "title": None,
            "canonical_url": None,
            "language": None,
            "status": last.status,
            "status_text": last.reason,
            "headers": [list(pair) for pair in last.response_headers],
            "started_at": job.started_at,
            "ended_at": every[-1].ended_at,
            "server": _server(last, main.alpn),
            "dns": [answer.describe() for answer in answers.values()],
            "tls": _tls(last),
            "browser": None,
            "client": _client(job),
            "wait": None,
            "scroll": None,
            "exchanges": _counts(every),
            "page_state": {"state": job.page_state, "signs": list(job.signs)},
            "second_fetch": {"outcome": "not-made", "status": None, "detail": ""},
            "media": {"offered": job.offered, "kept": sum(kept.role == "media" for kept in job.kept)},
            "stripped": {"headers": len(stripped) - sum(stripped), "bodies": sum(stripped)},
            "profile": None,
            "interactive": False,
        }
        found: dict[str, Any] = to_json(record)
        return found

    def _masked(self, value: Any) -> Any:
        """Masks known secrets in every text of nested facts."""
        if isinstance(value, str):
            return mask_text(value, self.known)
        if isinstance(value, Mapping):
            return {name: self._masked(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(member) for member in value]
        return value

    def _put_file(
        self, path: Path, role: str, name: str, media_type: str | None, *, seal: Seal | None = None, **facts: Any
    ) -> Artifact:
        with path.open("rb") as stream:
            return self.sink.put(stream, role=role, name=name, media_type=media_type, seal=seal, **to_json(facts))

    def _put_bytes(
        self, data: bytes, role: str, name: str, *, media_type: str = "application/jsonl", **facts: Any
    ) -> Artifact:
        return self.sink.put(BytesIO(data), role=role, name=name, media_type=media_type, **to_json(facts))


def fetch_facts(fetched: Fetched, by_number: Mapping[int, Exchange]) -> dict[str, Any]:
    """States how a body was obtained: from where, in how many attempts, and what the server said of it.

    Args:
        fetched: The fetch.
        by_number: Exchanges without secrets, by number.
    """
    asked = [by_number[exchange.number] for exchange in fetched.exchanges]
    first = next((one for one in asked if one.status == fetched.status and not one.is_redirect), asked[-1])
    return {
        "via": "plain",
        "url": fetched.url,
        "final_url": asked[-1].url,
        "redirects": [_redirect(one) for one in asked if one.is_redirect],
        "status": fetched.status,
        "headers": [list(pair) for pair in first.response_headers if pair[0].lower() not in _UNTOLD],
        "type_declared": first.media_type or None,
        "etag": first.header("etag"),
        "last_modified": first.header("last-modified"),
        "length_declared": fetched.length,
        "is_whole": not fetched.gaps,
        "digests": [one.describe() for one in fetched.digests],
        "attempts": fetched.attempts,
        "resumed": fetched.parts > 1,
        "changed_meanwhile": fetched.was_changed,
        "server": _server(first, fetched.alpn),
        "tls": _tls(first),
        "dns": [answer.describe() for answer in fetched.answers],
        "exchanges": [exchange.number for exchange in asked],
    }


def _client(job: Job) -> dict[str, Any]:
    client = job.client
    return {
        "user_agent": client.settings.user_agent,
        "proxy": proxy_facts(client.proxy),
        "trust": client.trust.describe(),
        "tools": list(job.tools),
    }


def _redirect(exchange: Exchange) -> dict[str, Any]:
    return {"url": exchange.url, "status": exchange.status, "location": exchange.header("location")}


def _server(exchange: Exchange, alpn: str) -> dict[str, Any] | None:
    if not exchange.server_ip and exchange.status is None:
        return None
    version = exchange.http_version
    return {"ip": exchange.server_ip, "port": exchange.server_port, "http_version": version, "alpn": alpn}


def _tls(exchange: Exchange) -> dict[str, Any] | None:
    tls = exchange.tls
    if tls is None:
        return None
    own = (describe_chain(tls.chain[:1]) or [{}])[0]
    return {
        "protocol": tls.protocol,
        "cipher": tls.cipher,
        "key_exchange": tls.key_exchange,
        "chain_sha256": [hashlib.sha256(der).hexdigest() for der in tls.chain],
        **{name: own.get(name, "") for name in ("subject", "issuer", "valid_from", "valid_to")},
    }


def _counts(exchanges: Sequence[Exchange]) -> dict[str, int]:
    answered = [one for one in exchanges if one.status is not None]
    refused = sum(bool(one.refused) for one in exchanges)
    return {
        "total": len(exchanges),
        "failed": len(exchanges) - len(answered) - refused,
        "without_body": sum(one.body.path is None and one.body.gap is not None for one in answered),
        "refused": refused,
    }
