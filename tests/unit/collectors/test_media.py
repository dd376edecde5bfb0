"""The collector `media` on direct addresses: exact bytes or a gap, never an error page in the place of a clip."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from forensics.codec import name_of, to_json
from forensics.collectors.media import MediaCollector
from forensics.collectors.media.names import is_media_address, name_of_response
from forensics.model import Act, Artifact, Digests, Gap, GapReason, Item
from forensics.plugins import Seal
from tests.unit.web.wire import Answer, Server, certify, in_turn, ranged, raw, redirect, reply

QUICK = {"connect_s": 2.0, "idle_s": 2.0, "pause_s": 0.01, "total_s": 30.0}


def picture(format_name: str, size: tuple[int, int] = (64, 48)) -> bytes:
    stream = BytesIO()
    Image.effect_noise(size, 50).save(stream, format_name)
    return stream.getvalue()


PNG = picture("PNG")
LARGE = picture("PNG", (900, 900))
PAGE = b"<!doctype html><html><head><title>Not found</title></head><body>Nothing here.</body></html>"


@dataclass
class FolderSink:
    """Keeps what is put in memory, with a real workspace."""

    folder: Path
    artifacts: list[Artifact] = field(default_factory=list)
    contents: dict[str, list[bytes]] = field(default_factory=dict)
    act: Act = field(default_factory=lambda: Act("collect", datetime.now(UTC), (), {}, {}))

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        path = self.folder / "work"
        path.mkdir(mode=0o700)
        yield path

    def put(
        self,
        stream: BinaryIO,
        *,
        role: str,
        name: str | bytes,
        media_type: str | None = None,
        seal: Seal | None = None,
        **facts: Any,
    ) -> Artifact:
        content = stream.read()
        json.dumps(to_json(facts))
        digests = Digests(hashlib.sha256(content).hexdigest(), "", len(content))
        sealed = {"plain": {"sha256": digests.sha256}} if seal else None
        artifact = Artifact(digests, role, name_of(name), media_type or "", datetime.now(UTC), facts, sealed)
        self.artifacts.append(artifact)
        self.contents.setdefault(role, []).append(content)
        return artifact

    def of(self, role: str) -> list[Artifact]:
        return [artifact for artifact in self.artifacts if artifact.role == role]

    @property
    def capture(self) -> dict[str, Any]:
        return self.of("navigation-log")[0].facts["capture"]

    @property
    def records(self) -> list[tuple[str, str, int, bytes]]:
        found = []
        for record in ArchiveIterator(BytesIO(self.contents["warc"][0])):
            status = int(record.http_headers.get_statuscode() or 0) if record.rec_type == "response" else 0
            target = record.rec_headers.get_header("WARC-Target-URI") or ""
            found.append((record.rec_type, target, status, record.content_stream().read()))
        return found


def collect(url: str, folder: Path, **settings: Any) -> tuple[FolderSink, list[Gap]]:
    sink = FolderSink(folder)
    item = Item("ITEM-0001", name_of(url.encode()), "url")
    collector = MediaCollector(**(QUICK | settings))
    assert collector.accepts(item)
    return sink, list(collector.collect(item, sink))


def reasons(gaps: list[Gap]) -> list[GapReason]:
    return [gap.why for gap in gaps if gap.is_of_content]


def test_a_picture_is_kept_with_its_exact_bytes_and_what_the_server_said(tmp_path: Path) -> None:
    fields = {"Content_Type": "image/png", "ETag": '"abc"', "Last_Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}
    with Server({"/a%20b.png": reply(PNG, **fields)}) as server:
        url = server.url("/a%20b.png?size=large")
        sink, gaps = collect(url, tmp_path, access_mode="public")
    assert gaps == []
    assert sink.contents["media"] == [PNG]
    facts = sink.of("media")[0].facts
    assert str(sink.of("media")[0].name) == "a b.png"
    assert (facts["url"], facts["final_url"], facts["status"], facts["via"]) == (url, url, 200, "plain")
    assert ["Content-Type", "image/png"] in facts["headers"]
    assert (facts["etag"], facts["length_declared"], facts["attempts"]) == ('"abc"', len(PNG), 1)
    assert (facts["resumed"], facts["from"], facts["access_mode"]) == (False, "download", "public")
    assert facts["server"] == {"ip": "127.0.0.1", "port": server.port, "http_version": "HTTP/1.1", "alpn": ""}
    assert facts["dns"][0]["addresses"] == ["127.0.0.1"]


def test_the_archive_has_request_and_response_and_both_programs_accept_it(tmp_path: Path) -> None:
    with Server({"/a.png": redirect("/b.png"), "/b.png": reply(PNG, Content_Type="image/png")}) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
        urls = server.url("/a.png"), server.url("/b.png")
    kinds = [(kind, url, status) for kind, url, status, _ in sink.records if kind in ("request", "response")]
    assert kinds == [
        ("request", urls[0], 0),
        ("response", urls[0], 302),
        ("request", urls[1], 0),
        ("response", urls[1], 200),
    ]
    assert next(body for kind, url, _, body in sink.records if (kind, url) == ("response", urls[1])) == PNG
    assert [artifact.role for artifact in sink.artifacts] == ["media", "warc", "wacz", "navigation-log"]
    assert str(sink.of("warc")[0].name).endswith(".warc.gz")
    warc = tmp_path / "check.warc.gz"
    warc.write_bytes(sink.contents["warc"][0])
    wacz = tmp_path / "check.wacz"
    wacz.write_bytes(sink.contents["wacz"][0])
    for command in (["warcio.cli", "check", str(warc)], ["wacz.main", "validate", "-f", str(wacz)]):
        module, *arguments = command
        code = f"import sys; from {module} import main; sys.argv = ['x', *{arguments!r}]; sys.exit(main())"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert gaps == []


def test_the_log_carries_the_facts_of_the_capture(tmp_path: Path) -> None:
    with Server({"/a.png": redirect("/b.png"), "/b.png": reply(PNG)}) as server:
        sink, _ = collect(server.url("/a.png"), tmp_path)
        capture = sink.capture
        assert (capture["requested_url"], capture["final_url"]) == (server.url("/a.png"), server.url("/b.png"))
        assert capture["redirects"] == [{"url": server.url("/a.png"), "status": 302, "location": "/b.png"}]
    assert (capture["status"], capture["tls"], capture["browser"]) == (200, None, None)
    assert capture["exchanges"] == {"total": 2, "failed": 0, "without_body": 0, "refused": 0}
    assert capture["media"] == {"offered": 1, "kept": 1}
    assert capture["page_state"]["state"] == "content"
    assert capture["client"]["proxy"]["used"] is False
    lines = [json.loads(line) for line in sink.contents["navigation-log"][0].splitlines()]
    assert [line["action"] for line in lines] == ["start", "request", "request", "end"]


ERRORS = {
    "404 Not Found": GapReason.MISSING,
    "410 Gone": GapReason.MISSING,
    "403 Forbidden": GapReason.REFUSED,
    "401 Unauthorized": GapReason.REFUSED,
    "429 Too Many Requests": GapReason.REFUSED,
    "500 Internal Server Error": GapReason.FAILED,
    "204 No Content": GapReason.FAILED,
}


@pytest.mark.parametrize("status", ERRORS)
def test_what_an_error_carries_is_never_kept_as_media(status: str, tmp_path: Path) -> None:
    with Server({"/clip.png": reply(PNG, status=status)}) as server:
        sink, gaps = collect(server.url("/clip.png"), tmp_path)
    assert sink.of("media") == []
    assert reasons(gaps) == [ERRORS[status]]
    assert status.split(maxsplit=1)[0] in gaps[0].detail
    assert sink.capture["page_state"]["state"] == "http-error"
    assert any(kind == "response" for kind, *_ in sink.records)


NOT_MEDIA = {
    "page": reply(PAGE, Content_Type="video/mp4"),
    "packed page": reply(gzip.compress(PAGE), Content_Type="video/mp4", Content_Encoding="gzip"),
    "json": reply(b'{"error": "no such clip"}', Content_Type="video/mp4"),
    "xml": reply(b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    "text": reply("沒有這個檔案".encode()),
}


@pytest.mark.parametrize("how", NOT_MEDIA)
def test_text_in_the_place_of_media_is_a_gap_whatever_the_server_calls_it(how: str, tmp_path: Path) -> None:
    with Server({"/clip.mp4": NOT_MEDIA[how]}) as server:
        sink, gaps = collect(server.url("/clip.mp4"), tmp_path)
    assert sink.of("media") == []
    assert reasons(gaps) == [GapReason.UNPARSABLE]


def test_an_empty_answer_is_a_gap(tmp_path: Path) -> None:
    with Server({"/clip.mp4": reply(b"")}) as server:
        sink, gaps = collect(server.url("/clip.mp4"), tmp_path)
    assert (sink.of("media"), reasons(gaps)) == ([], [GapReason.MISSING])


def test_no_answer_is_a_gap_and_leaves_a_record_of_the_attempt(tmp_path: Path) -> None:
    with Server({"/clip.mp4": raw(b"")}) as server:
        sink, gaps = collect(server.url("/clip.mp4"), tmp_path)
    assert sink.of("media") == []
    assert reasons(gaps)[0] is GapReason.FAILED
    assert sink.capture["page_state"]["state"] == "no-answer"
    assert sink.capture["status"] is None
    assert [gap.what for gap in gaps if gap.what == "wacz"] == []
    assert b"fetchError" in next(body for kind, *_, body in sink.records if kind == "metadata")


def test_a_cut_picture_is_kept_with_a_gap(tmp_path: Path) -> None:
    with Server({"/a.png": reply(PNG[:1000], Content_Length=str(len(PNG)))}) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path, attempts=1)
    assert sink.contents["media"] == [PNG[:1000]]
    assert sink.of("media")[0].facts["is_whole"] is False
    assert reasons(gaps) == [GapReason.FAILED]
    assert f"1000 of {len(PNG)} bytes" in gaps[0].detail


def test_an_interrupted_picture_is_resumed_and_the_archive_has_every_attempt_and_the_whole(tmp_path: Path) -> None:
    answer = in_turn(ranged(LARGE, cut=5000), ranged(LARGE, cut=6000), ranged(LARGE))
    with Server({"/a.png": answer}) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
        url = server.url("/a.png")
    assert gaps == []
    assert sink.contents["media"] == [LARGE]
    facts = sink.of("media")[0].facts
    assert (facts["resumed"], facts["attempts"], facts["status"]) == (True, 3, 200)
    assert [status for kind, _, status, _ in sink.records if kind == "response"] == [200, 206, 206]
    assert ("resource", url, 0, LARGE) in sink.records


def test_a_long_body_lies_in_the_case_once_and_the_archive_says_where(tmp_path: Path) -> None:
    answer = in_turn(ranged(LARGE, cut=5000), ranged(LARGE))
    with Server({"/a.png": answer, "/b.png": reply(LARGE)}) as server:
        (tmp_path / "b").mkdir()
        resumed, gaps = collect(server.url("/a.png"), tmp_path, warc_body_limit=10_000)
        whole, more_gaps = collect(server.url("/b.png"), tmp_path / "b", warc_body_limit=10_000)
    assert (gaps, more_gaps) == ([], [])
    for sink, number, first in ((resumed, 2, 5000), (whole, 1, 0)):
        assert all(LARGE[:20_000] not in body for *_, body in sink.records)
        found = [json.loads(body) for _, url, _, body in sink.records if url.startswith("urn:artifact:")]
        assert found == [
            {
                "exchange": number,
                "artifact_sha256": hashlib.sha256(LARGE).hexdigest(),
                "first_byte": first,
                "size": len(LARGE) - first,
            }
        ]


def test_a_wrong_digest_is_a_gap_and_a_right_one_a_fact(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    right = "sha-256=:" + base64.b64encode(hashlib.sha256(PNG).digest()).decode() + ":"
    wrong = right.replace(right[12:16], "AAAA")
    with Server({"/a.png": reply(PNG, Repr_Digest=wrong), "/b.png": reply(PNG, Repr_Digest=right)}) as server:
        _, gaps = collect(server.url("/a.png"), tmp_path)
        sink, more_gaps = collect(server.url("/b.png"), tmp_path / "b")
    assert (reasons(gaps), more_gaps) == ([GapReason.CHANGED], [])
    assert sink.of("media")[0].facts["digests"][0]["outcome"] == "same"


def test_cookies_are_in_no_open_artifact(tmp_path: Path) -> None:
    secret = "9f8e7d6c5b4a39281706"
    with Server({"/a.png": reply(PNG, Set_Cookie=f"sessionid={secret}; HttpOnly", X_Echo=secret)}) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
    assert gaps == []
    opened = [artifact for artifact in sink.artifacts if artifact.sealed is None]
    assert secret not in json.dumps(to_json([artifact.facts for artifact in opened]))
    assert all(secret.encode() not in body for *_, body in sink.records)
    assert all(secret.encode() not in content for content in sink.contents["navigation-log"])
    sealed = sink.of("secrets")
    assert len(sealed) == 1
    assert sealed[0].sealed is not None
    assert secret.encode() in sink.contents["secrets"][0]
    assert sink.capture["stripped"]["headers"] >= 1


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from forensics.web import addresses

    real = addresses.kind_of
    monkeypatch.setattr(addresses, "kind_of", lambda address: "" if address == "127.0.0.2" else real(address))
    monkeypatch.setattr(addresses, "is_private", lambda address: addresses.kind_of(address) != "")
    with Server({"/secret.png": reply(PNG)}) as inside:
        to = redirect(inside.url("/secret.png"))
        with Server({"/a.png": to}, address="127.0.0.2") as outside:
            sink, gaps = collect(outside.url("/a.png"), tmp_path)
        assert inside.log == []
        assert (sink.of("media"), reasons(gaps)) == ([], [GapReason.REFUSED])
        assert sink.capture["exchanges"]["refused"] == 1
        with Server({"/a.png": to}, address="127.0.0.2") as outside:
            (tmp_path / "b").mkdir()
            sink, gaps = collect(outside.url("/a.png"), tmp_path / "b", allow_private=True)
    assert (sink.contents["media"], gaps) == ([PNG], [])


def test_the_servers_certificates_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = certify(tmp_path, "authority")
    own = certify(tmp_path, "server", by=authority)
    (tmp_path / "ca.pem").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with Server({"/a.png": reply(PNG)}, context=own.context()) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
    assert gaps == []
    assert sink.contents["certificate"] == [own.der, authority.der]
    facts = sink.of("certificate")[0].facts
    assert (facts["subject"], facts["issuer"], facts["position"]) == ("CN=server", "CN=authority", 1)
    assert sink.of("media")[0].facts["tls"]["protocol"] == "TLS 1.3"
    assert "SSL_CERT_FILE" in sink.capture["client"]["trust"]["variables_set"]
    assert str(tmp_path) not in json.dumps(sink.capture)


def test_an_untrusted_server_gives_no_media_but_its_certificate(tmp_path: Path) -> None:
    own = certify(tmp_path, "self-signed")
    with Server({"/a.png": reply(PNG)}, context=own.context()) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
    assert (sink.of("media"), reasons(gaps)) == ([], [GapReason.FAILED])
    assert "self-signed certificate" in gaps[0].detail
    assert sink.contents["certificate"] == [own.der]


def test_bytes_of_an_unknown_kind_are_kept_and_said_to_be(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10
    with Server({"/clip.mp4": reply(content)}) as server:
        sink, gaps = collect(server.url("/clip.mp4"), tmp_path)
    assert sink.contents["media"] == [content]
    assert [gap.why for gap in gaps] == [GapReason.NOT_APPLICABLE]


def test_an_encoding_that_was_not_asked_for_stays_on_and_is_stated(tmp_path: Path) -> None:
    packed = gzip.compress(PNG)
    with Server({"/a.png": reply(packed, Content_Encoding="gzip")}) as server:
        sink, gaps = collect(server.url("/a.png"), tmp_path)
    assert sink.contents["media"] == [packed]
    assert sink.of("media")[0].facts["type_by_content"] == "image/png"
    assert "gzip" in gaps[0].detail


def test_a_proxy_that_cannot_be_used_is_a_gap(tmp_path: Path) -> None:
    sink, gaps = collect("http://127.0.0.1:9/a.png", tmp_path, proxy="ftp://proxy.example")
    assert (sink.artifacts, reasons(gaps)) == ([], [GapReason.FAILED])


ACCEPTED = {
    "https://a.example/x/clip.MP4?token=1#t=3": True,
    "http://a.example/photo.jpeg": True,
    "https://a.example/live/master.m3u8": True,
    "https://a.example/manifest.mpd": True,
    "https://a.example/clip%2Emp4": True,
    "https://a.example/page.html?file=a.mp4": False,
    "https://a.example/": False,
    "ftp://a.example/a.mp4": False,
    "file:///etc/a.mp4": False,
    "https://a.example:99999/a.mp4": False,
    "nonsense.mp4": False,
}


@pytest.mark.parametrize("url", ACCEPTED)
def test_web_addresses_that_end_like_media_are_accepted(url: str) -> None:
    item = Item("ITEM-0001", name_of(url.encode()), "url")
    assert MediaCollector().accepts(item) is ACCEPTED[url]
    assert is_media_address(url) is ACCEPTED[url]
    assert not MediaCollector(any_url=True).accepts(Item("ITEM-0001", name_of(b"/a.mp4"), "file"))


def test_any_web_address_is_accepted_where_that_is_wanted() -> None:
    assert MediaCollector(any_url=True).accepts(Item("ITEM-0001", name_of(b"https://a.example/watch?v=1"), "url"))


NAMES = {
    'attachment; filename="clip 1.mp4"': "clip 1.mp4",
    "attachment; filename=clip.mp4; size=3": "clip.mp4",
    "attachment; filename=\"x.mp4\"; filename*=UTF-8''%E8%A7%86%E9%A2%91.mp4": "视频.mp4",
    "attachment; filename*=iso-8859-1'en'%A3.png": "£.png",
    'attachment; filename="../../etc/passwd"': "passwd",
    'attachment; filename="C:\\\\Users\\\\a\\\\b.mp4"': "b.mp4",
    'attachment; filename="gpj.\u202eexe"'.encode().decode("latin-1"): "gpj._exe",
    'attachment; filename="a\tb<script>.mp4"': "a_b_script_.mp4",
    "attachment; filename=..": "from path.mp4",
    "inline": "from path.mp4",
    "": "from path.mp4",
    'attachment; filename="' + "x" * 300 + '.mp4"': "x" * 146 + ".mp4",
}


@pytest.mark.parametrize("disposition", NAMES)
def test_names_of_files_are_what_people_may_be_shown(disposition: str) -> None:
    assert name_of_response("https://a.example/b/from%20path.mp4?x=1", disposition) == NAMES[disposition]


def test_a_path_without_name_gives_a_name() -> None:
    assert name_of_response("https://a.example/", "") == "media"


def test_memory_stays_flat_while_a_long_body_streams(tmp_path: Path) -> None:
    code = """
import resource, sys, tempfile
from pathlib import Path
from forensics.web.addresses import Policy
from forensics.web.fetch import Client, Settings
from forensics.web.fetch_trust import Trust
client = Client.new(Policy(allow_private=True), settings=Settings(), trust=Trust())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fetched = client.fetch(sys.argv[1], Path(sys.argv[2]))
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(fetched.size, grown)
"""
    block = bytes(1 << 20)

    def send(asked: Any, connection: Any) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {64 << 20}\r\n\r\n".encode())
        for _ in range(64):
            connection.sendall(block)

    answer: Answer = send
    with Server({"/a.mp4": answer}) as server:
        command = [sys.executable, "-c", code, server.url("/a.mp4"), str(tmp_path)]
        found = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert int(found[0]) == 64 << 20
    assert int(found[1]) < 16 << 10
