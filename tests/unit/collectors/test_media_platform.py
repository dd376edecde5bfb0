"""The collector `media` on streams and pages: yt-dlp beside the plain client, and what each of them is said to be."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from forensics.codec import to_json
from forensics.collectors.media.gate import open_gate
from forensics.collectors.media.program import own_addresses
from forensics.errors import MediaError
from forensics.model import GapReason
from forensics.web.addresses import Policy
from forensics.web.fetch import Client, Settings
from forensics.web.fetch_proxy import Proxy
from forensics.web.fetch_trust import Trust
from forensics.web.stream_dash import read_manifest
from forensics.web.stream_hls import Master, read_list
from forensics.web.stream_track import Segment, Track
from tests.unit.collectors.test_media import collect, reasons
from tests.unit.web.wire import Answer, Asked, Server, certify, redirect, reply

PICTURE = "testsrc=s=160x120:d=2:r=10"
SOUND = "sine=d=2"
CODING = ["-c:v", "libx264", "-g", "10", "-c:a", "aac"]


def ffmpeg(*arguments: str, cwd: Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, cwd=cwd)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip as a file, as HLS (plain, encrypted, sound apart) and as DASH."""
    folder = tmp_path_factory.mktemp("clips")
    both = ["-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND]
    hls = ["-hls_time", "1", "-hls_list_size", "0"]
    ffmpeg(*both, *CODING, *hls, "-hls_segment_filename", "v%d.ts", "v.m3u8", cwd=folder)
    ffmpeg("-f", "lavfi", "-i", SOUND, "-c:a", "aac", *hls, "-hls_segment_filename", "s%d.ts", "s.m3u8", cwd=folder)
    ffmpeg("-f", "lavfi", "-i", PICTURE, "-c:v", "libx264", "-g", "10", "clip.mp4", cwd=folder)
    (folder / "key.bin").write_bytes(bytes(range(16)))
    (folder / "key.info").write_text("key.bin\nkey.bin\n")
    secret = ["-hls_key_info_file", "key.info", "-hls_segment_filename", "e%d.ts", "e.m3u8"]
    ffmpeg("-i", "clip.mp4", "-c", "copy", *hls, *secret, cwd=folder)
    ffmpeg(*both, *CODING, "-seg_duration", "1", "-f", "dash", "a.mpd", cwd=folder)
    (folder / "small.m3u8").write_text((folder / "v.m3u8").read_text())
    master = '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Sound",DEFAULT=YES,URI="s.m3u8"\n'
    master += "#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=80x60\nsmall.m3u8\n"
    (folder / "master.m3u8").write_text(master + "#EXT-X-STREAM-INF:BANDWIDTH=90000,RESOLUTION=160x120\nv.m3u8\n")
    apart = '#EXT-X-STREAM-INF:BANDWIDTH=90000,CODECS="avc1.f4000b",AUDIO="a"\ne.m3u8\n'
    (folder / "apart.m3u8").write_text(master.partition("#EXT-X-STREAM")[0] + apart)
    page = "<html><head><title>A clip &amp; more</title></head><body><video src='clip.mp4'></video></body></html>"
    (folder / "watch").write_text(page)
    return folder


def serve(folder: Path, **more: Answer) -> Server:
    types = {".m3u8": "application/vnd.apple.mpegurl", ".mpd": "application/dash+xml", "": "text/html"}
    files = (path for path in folder.iterdir() if path.is_file())
    routes = {
        f"/{path.name}": reply(path.read_bytes(), Content_Type=types.get(path.suffix, "application/octet-stream"))
        for path in files
    }
    return Server(routes | {f"/{name}": answer for name, answer in more.items()})


def joined(folder: Path, pattern: str, count: int) -> bytes:
    return b"".join((folder / pattern.format(number)).read_bytes() for number in range(count))


def test_a_stream_is_kept_as_its_joined_segments_and_both_clients_agree(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, gaps = collect(server.url("/master.m3u8"), tmp_path)
        asked = [one.target for one in server.log]
        urls = [url for kind, url, status, _ in sink.records if (kind, status) == ("response", 200)]
        expected = [server.url(f"/{name}") for name in ("master.m3u8", "v.m3u8", "v0.ts", "v1.ts")]
    assert gaps == []
    assert sink.contents["media"] == [joined(clips, "v{}.ts", 2)]
    facts = sink.of("media")[0].facts
    assert (facts["via"], facts["protocol"], facts["remuxed"]) == ("yt-dlp", "m3u8_native", False)
    assert facts["second_fetch"]["outcome"] == "same"
    assert urls == expected
    assert "/small.m3u8" not in asked
    by_url = {url: body for kind, url, _, body in sink.records if kind == "response"}
    assert by_url[expected[2]] == (clips / "v0.ts").read_bytes()


def test_the_program_is_recorded_with_version_and_arguments_but_without_paths_and_secrets(
    clips: Path, tmp_path: Path
) -> None:
    from importlib.metadata import version

    with serve(clips) as server:
        sink, _ = collect(server.url("/v.m3u8"), tmp_path)
    tool = to_json(sink.capture["client"]["tools"])[0]
    assert (tool["name"], tool["version"]) == ("yt-dlp", version("yt-dlp"))
    assert {"--ignore-config", "--no-plugin-dirs", "--xff=never", "--fixup=never"} <= set(tool["arguments"])
    told = json.dumps(to_json([artifact.facts for artifact in sink.artifacts]))
    log = sink.contents["navigation-log"][0].decode()
    for secret in (str(tmp_path), "gate:"):
        assert secret not in told + log
    connections = [json.loads(line) for line in log.splitlines() if '"connection"' in line]
    assert {one["ip"] for one in connections} == {"127.0.0.1"}
    assert all(one["received"] > 0 for one in connections)


def test_streams_that_are_joined_are_kept_apart_too_and_the_joined_one_says_so(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, gaps = collect(server.url("/a.mpd"), tmp_path)
    assert gaps == []
    by_name = {str(artifact.name): artifact for artifact in sink.of("media")}
    assert sorted(by_name) == ["a.0.mp4", "a.1.m4a", "a.mp4"]
    merged = by_name["a.mp4"].facts
    assert merged["remuxed"] is True
    assert [stream["name"] for stream in merged["streams"]] == ["a.0.mp4", "a.1.m4a"]
    for number, name in enumerate(("a.0.mp4", "a.1.m4a")):
        segments = [clips / f"init-stream{number}.m4s", *sorted(clips.glob(f"chunk-stream{number}-*.m4s"))]
        whole = hashlib.sha256(b"".join(path.read_bytes() for path in segments)).hexdigest()
        assert by_name[name].digests.sha256 == whole
        assert by_name[name].facts["remuxed"] is False
        assert by_name[name].facts["second_fetch"]["outcome"] == "same"
    assert merged["streams"][0]["sha256"] == by_name["a.0.mp4"].digests.sha256


def test_encrypted_segments_stay_encrypted_in_the_archive_and_are_said_to_be(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, gaps = collect(server.url("/e.m3u8"), tmp_path)
        by_url = {url: body for kind, url, _, body in sink.records if kind == "response"}
        assert by_url[server.url("/e0.ts")] == (clips / "e0.ts").read_bytes()
        assert by_url[server.url("/key.bin")] == bytes(range(16))
    assert reasons(gaps) == []
    facts = sink.of("media")[0].facts
    assert (facts["encryption"], facts["is_decrypted"], facts["segments_missing"]) == ("AES-128", True, 0)
    assert facts["sha256_as_served"] == hashlib.sha256(joined(clips, "e{}.ts", 2)).hexdigest()


def test_decrypted_segments_are_those_that_openssl_decrypts(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, _ = collect(server.url("/e.m3u8"), tmp_path)
    vectors = re.findall(r"IV=0x([0-9a-f]+)", (clips / "e.m3u8").read_text()) or ["0" * 32, "0" * 31 + "1"]
    whole = b""
    for number in range(2):
        vector = vectors[min(number, len(vectors) - 1)]
        command = ["openssl", "enc", "-d", "-aes-128-cbc", "-K", bytes(range(16)).hex(), "-iv", vector]
        whole += subprocess.run([*command, "-in", str(clips / f"e{number}.ts")], check=True, capture_output=True).stdout
    assert sink.contents["media"] == [whole]


def test_segments_under_a_wrong_key_are_kept_encrypted_with_a_gap(clips: Path, tmp_path: Path) -> None:
    with serve(clips, **{"key.bin": reply(b"0123456789abcdef")}) as server:
        sink, gaps = collect(server.url("/e.m3u8"), tmp_path)
    assert sink.contents["media"] == [joined(clips, "e{}.ts", 2)]
    assert sink.of("media")[0].facts["is_decrypted"] is False
    assert GapReason.UNPARSABLE in reasons(gaps)


def test_sound_that_lies_apart_is_fetched_too(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, gaps = collect(server.url("/apart.m3u8"), tmp_path)
        asked = {one.target for one in server.log}
    assert reasons(gaps) == []
    assert {"/e0.ts", "/e1.ts", "/s0.ts", "/s1.ts", "/key.bin"} <= asked
    assert joined(clips, "s{}.ts", len(list(clips.glob("s?.ts")))) in sink.contents["media"]
    assert len(sink.of("media")) == 2


def test_a_segment_that_is_not_there_is_a_gap_and_the_others_are_kept(clips: Path, tmp_path: Path) -> None:
    gone = {"v1.ts": reply(b"<html>gone</html>", status="404 Not Found")}
    with serve(clips, **gone) as server:
        sink, gaps = collect(server.url("/v.m3u8"), tmp_path)
    assert sink.contents["media"] == [(clips / "v0.ts").read_bytes()]
    facts = sink.of("media")[0].facts
    assert (facts["segments"], facts["segments_missing"], facts["via"]) == (2, 1, "plain")
    assert any("1 of 2 segments" in gap.detail for gap in gaps)
    assert any(gap.detail.startswith("yt-dlp:") for gap in gaps)


def test_an_error_page_in_the_place_of_a_segment_is_no_segment(clips: Path, tmp_path: Path) -> None:
    wall = {"v1.ts": reply(b"<!doctype html><html><body>Please log in.</body></html>")}
    with serve(clips, **wall) as server:
        sink, gaps = collect(server.url("/v.m3u8"), tmp_path)
    assert any("1 of 2 segments" in gap.detail for gap in gaps)
    assert (clips / "v0.ts").read_bytes() in sink.contents["media"]


def test_of_a_stream_that_goes_on_there_is_what_its_list_names_and_a_gap(clips: Path, tmp_path: Path) -> None:
    live = (clips / "v.m3u8").read_bytes().replace(b"#EXT-X-ENDLIST\n", b"").replace(b"PLAYLIST-TYPE:VOD", b"X:1")
    with serve(clips, **{"live.m3u8": reply(live)}) as server:
        sink, gaps = collect(server.url("/live.m3u8"), tmp_path)
    assert sink.contents["media"] == [joined(clips, "v{}.ts", 2)]
    assert set(reasons(gaps)) == {GapReason.LIMIT}
    assert any("goes on" in gap.detail for gap in gaps)


def test_a_stream_ends_when_the_time_is_over(clips: Path, tmp_path: Path) -> None:
    def late(asked: Asked, connection: socket.socket) -> None:
        time.sleep(3)

    with serve(clips, **{"v0.ts": late}) as server:
        started = time.monotonic()
        sink, gaps = collect(server.url("/v.m3u8"), tmp_path, total_s=1.5)
    assert time.monotonic() - started < 8
    assert sink.of("media") == []
    assert GapReason.TIMED_OUT in reasons(gaps)


def test_a_list_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    with Server({"/a.m3u8": reply(b"#EXTM3U\n#EXT-X-ENDLIST\n"), "/a.mpd": reply(b"<MPD></MPD>")}) as server:
        for number, name in enumerate(("a.m3u8", "a.mpd")):
            (tmp_path / str(number)).mkdir()
            sink, gaps = collect(server.url(f"/{name}"), tmp_path / str(number))
            assert sink.of("media") == []
            assert GapReason.UNPARSABLE in reasons(gaps)


def test_a_page_is_handed_to_the_program_only_where_that_is_wanted(clips: Path, tmp_path: Path) -> None:
    with serve(clips) as server:
        sink, gaps = collect(server.url("/watch"), tmp_path, any_url=True)
        clip_url = server.url("/clip.mp4")
        assert clip_url in [url for kind, url, *_ in sink.records if kind == "response"]
    assert gaps == []
    assert sink.contents["media"] == [(clips / "clip.mp4").read_bytes()]
    facts = sink.of("media")[0].facts
    assert (facts["url"], facts["second_fetch"]["outcome"], facts["from"]) == (clip_url, "same", "download")
    info = json.loads(sink.contents["media-info"][0])
    assert info["title"].startswith("A clip & more")
    assert sink.capture["status"] == 200


def test_a_page_without_media_is_a_gap_in_the_programs_words_without_paths(tmp_path: Path) -> None:
    with Server({"/watch": reply(b"<html><body>Nothing.</body></html>", Content_Type="text/html")}) as server:
        sink, gaps = collect(server.url("/watch"), tmp_path, any_url=True)
    assert sink.of("media") == []
    told = next(gap.detail for gap in gaps if gap.detail.startswith("yt-dlp:"))
    assert "Unsupported URL" in told
    assert "site-packages" not in told + str(gaps)
    assert str(tmp_path) not in str(gaps)


def test_a_page_that_is_gone_is_missing_for_both(tmp_path: Path) -> None:
    with Server({}) as server:
        sink, gaps = collect(server.url("/watch"), tmp_path, any_url=True)
    assert sink.of("media") == []
    assert reasons(gaps) == [GapReason.MISSING, GapReason.MISSING]


def test_the_program_cannot_be_led_to_private_addresses(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forensics.web import addresses

    real = addresses.kind_of
    monkeypatch.setattr(addresses, "kind_of", lambda address: "" if address == "127.0.0.2" else real(address))
    monkeypatch.setattr(addresses, "is_private", lambda address: addresses.kind_of(address) != "")
    with serve(clips) as inside:
        page = f"<html><body><video src='{inside.url('/clip.mp4')}'></video></body></html>".encode()
        routes = {"/watch": reply(page, Content_Type="text/html"), "/go": redirect(inside.url("/watch"))}
        with Server(routes, address="127.0.0.2") as outside:
            sink, gaps = collect(outside.url("/watch"), tmp_path, any_url=True)
            (tmp_path / "b").mkdir()
            collect(outside.url("/go"), tmp_path / "b", any_url=True)
        assert inside.log == []
    assert sink.of("media") == []
    assert any(gap.why is GapReason.REFUSED and "loopback" in gap.detail for gap in gaps)


def test_the_program_trusts_whom_the_plain_client_trusts(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = certify(tmp_path, "authority")
    own = certify(tmp_path, "server", by=authority)
    database = tmp_path / "home" / ".pki" / "nssdb"
    database.mkdir(parents=True)
    (tmp_path / "ca.pem").write_text(authority.pem)
    subprocess.run(["certutil", "-N", "-d", f"sql:{database}", "--empty-password"], check=True)
    added = ["certutil", "-A", "-d", f"sql:{database}", "-n", "own", "-t", "C,,", "-i", str(tmp_path / "ca.pem")]
    subprocess.run(added, check=True)
    server = serve(clips)
    server.context = own.context()
    with server:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        before, refused = collect(server.url("/v.m3u8"), tmp_path / "a")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        sink, gaps = collect(server.url("/v.m3u8"), tmp_path / "b")
    assert (before.of("media"), reasons(refused)) == ([], [GapReason.FAILED])
    assert gaps == []
    assert sink.of("media")[0].facts["second_fetch"]["outcome"] == "same"
    assert len(sink.of("certificate")) == 2


def test_several_videos_of_a_page_are_one_and_a_gap_or_all_where_that_is_wanted(clips: Path, tmp_path: Path) -> None:
    page = b"<html><body><video src='clip.mp4'></video><video src='clip.mp4?2'></video></body></html>"
    with serve(clips, watch=reply(page, Content_Type="text/html")) as server:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        one, gaps = collect(server.url("/watch"), tmp_path / "a", any_url=True)
        every, no_gaps = collect(server.url("/watch"), tmp_path / "b", any_url=True, playlist=True)
    assert (len(one.of("media")), reasons(gaps)) == (1, [GapReason.LIMIT])
    assert (len(every.of("media")), no_gaps) == (2, [])


def test_addresses_of_this_machine_that_a_platform_echoes_are_found() -> None:
    text = '{"url": "https://r1.example/videoplayback?expire=1&ip=203.0.113.9&id=o-AB", "b": "/ip/2001:db8::5/x"}'
    text += ' "c": "https://a.example/?ip=2001%3Adb8%3A%3A7&x=1"'
    assert own_addresses(text) == ("203.0.113.9", "2001:db8::5", "2001:db8::7")


def policy_for(*public: str) -> Policy:
    class Chosen(Policy):
        def refusal_of(self, address: str) -> str:
            return "" if address in public else super().refusal_of(address)

    return Chosen()


def through(gate_url: str, url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": gate_url, "https": gate_url}))
    with opener.open(url, timeout=5) as answer:
        return answer.read()


def test_the_gate_lets_out_what_the_policy_allows_and_lists_it() -> None:
    with Server({"/a": reply(b"outside")}, address="127.0.0.2") as server, open_gate(policy_for("127.0.0.2")) as gate:
        assert through(gate.url, server.url("/a?token=secret")) == b"outside"
        sent = server.log[0]
    assert sent.raw.startswith(b"GET /a?token=secret HTTP/1.1\r\n")
    assert b"proxy" not in sent.raw.lower()
    passed = gate.passed[0].describe()
    assert (passed["target"], passed["ip"], passed["refused"]) == (f"GET {server.url('/a')}", "127.0.0.2", "")
    assert passed["received"] > 7


def test_the_gate_refuses_private_addresses_also_for_tunnels() -> None:
    with Server({"/a": reply(b"inside")}) as server, open_gate(Policy()) as gate:
        for url in (server.url("/a"), f"http://0x7f.1:{server.port}/a", f"http://localhost:{server.port}/a"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                through(gate.url, url)
            assert refused.value.code == 403
            refused.value.close()
        with pytest.raises(OSError, match="403"):
            through(gate.url, server.url("/a").replace("http:", "https:"))
        assert server.log == []
    assert len(gate.refused) == 4


def test_the_gate_wants_its_password_and_closes() -> None:
    with open_gate(Policy(allow_private=True)) as gate:
        parts = urlsplit(gate.url)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=5)
        connection.request("GET", "http://127.0.0.1/")
        with connection.getresponse() as answer:
            assert answer.status == 407
        connection.close()
    assert gate.passed == []
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", parts.port or 0), timeout=1)


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_the_plain_client_speaks_through_a_proxy_and_leaves_names_to_it(is_encrypted: bool, tmp_path: Path) -> None:
    authority = certify(tmp_path, "authority")
    own = certify(tmp_path, "server", by=authority, host="127.0.0.2")
    context = own.context() if is_encrypted else None
    with Server({"/a": reply(b"outside")}, "127.0.0.2", context) as server, open_gate(policy_for("127.0.0.2")) as gate:
        client = Client.new(
            Policy(allow_private=True), settings=Settings(), trust=Trust((authority.pem,)), proxy=Proxy.at(gate.url)
        )
        fetched = client.fetch(server.url("/a"), tmp_path)
        named = client.fetch("http://no-such-name.invalid/", tmp_path, first=2)
        inside = client.fetch("http://127.0.0.3/", tmp_path, first=3)
    assert fetched.path is not None
    assert fetched.path.read_bytes() == b"outside"
    assert (fetched.exchanges[0].server_ip, fetched.gaps) == ("", ())
    assert not any("authorization" in name.lower() for name, _ in fetched.exchanges[0].request_headers)
    assert named.answers[0].error == "left to the proxy"
    assert (named.status, inside.status) == (502, 403)


def test_a_socks_proxy_is_asked_for_the_name(tmp_path: Path) -> None:
    import threading

    heard: list[bytes] = []

    def speak(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            heard.append(connection.recv(3))
            connection.sendall(b"\x05\x00")
            heard.append(connection.recv(262))
            connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak, args=(listener,), daemon=True).start()
        proxy = Proxy.at(f"socks5h://127.0.0.1:{listener.getsockname()[1]}")
        client = Client.new(Policy(), settings=Settings(), trust=Trust(), proxy=proxy)
        fetched = client.fetch("http://hidden.example/", tmp_path)
    assert (fetched.size, fetched.status) == (2, 200)
    assert heard == [b"\x05\x01\x00", b"\x05\x01\x00\x03\x0ehidden.example\x00\x50"]


LIST = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n"


def test_a_list_of_segments_is_read_with_pieces_maps_and_keys() -> None:
    text = LIST + (
        '#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"\n#EXT-X-KEY:METHOD=AES-128,URI="https://k.example/1",IV=0x1\n'
        "#EXTINF:1,\n#EXT-X-BYTERANGE:50@100\nall.mp4\n#EXTINF:1,\n#EXT-X-BYTERANGE:60\nall.mp4\n"
        '#EXT-X-KEY:METHOD=NONE\n#EXTINF:1,\nlast.mp4\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x"\n#EXT-X-ENDLIST\n'
    )
    track = read_list(text, "https://a.example/x/list.m3u8?token=1")
    assert isinstance(track, Track)
    base, key, vector = "https://a.example/x/", "https://k.example/1", bytes(15) + b"\x01"
    assert track.segments == (
        Segment(base + "init.mp4", (0, 100)),
        Segment(base + "all.mp4", (100, 50), key, vector),
        Segment(base + "all.mp4", (150, 60), key, vector),
        Segment(base + "last.mp4"),
    )
    assert (track.keys, track.encryption, track.gaps) == ((key,), "AES-128, SAMPLE-AES", ())
    assert not track.is_decryptable


def test_a_list_without_end_and_one_with_holes_have_gaps() -> None:
    live = read_list(LIST + "#EXTINF:1,\na.ts\n", "https://a.example/")
    holes = read_list(LIST + "#EXTINF:1,\na.ts\n#EXT-X-GAP\n#EXTINF:1,\nb.ts\n#EXT-X-ENDLIST\n", "https://a.example/")
    assert isinstance(live, Track)
    assert isinstance(holes, Track)
    assert [gap.why for gap in (*live.gaps, *holes.gaps)] == [GapReason.LIMIT, GapReason.MISSING]
    assert [segment.url for segment in holes.segments] == ["https://a.example/a.ts"]


def test_the_best_rendition_has_the_most_pixels_then_the_most_bits() -> None:
    lines = [(640, 360, 900), (1280, 720, 800), (1280, 720, 850), (0, 0, 5000)]
    text = "#EXTM3U\n" + "".join(
        f"#EXT-X-STREAM-INF:BANDWIDTH={bits}{f',RESOLUTION={width}x{height}' if width else ''}\n{number}.m3u8\n"
        for number, (width, height, bits) in enumerate(lines)
    )
    master = read_list(text, "https://a.example/")
    assert isinstance(master, Master)
    assert master.best()[0].url == "https://a.example/2.m3u8"


BAD_LISTS = {
    "empty": "",
    "page": "<html></html>",
    "no segment": "#EXTM3U\n",
    "no rendition": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n",
    "variables": '#EXTM3U\n#EXT-X-DEFINE:NAME="a",VALUE="b"\n#EXTINF:1,\n{$a}.ts\n',
    "binary": "\x00\ufffd" * 50,
}


@pytest.mark.parametrize("how", BAD_LISTS)
def test_what_is_no_list_is_refused(how: str) -> None:
    with pytest.raises(MediaError):
        read_list(BAD_LISTS[how], "https://a.example/")


def manifest(inside: str, **attributes: str) -> bytes:
    given = {"mediaPresentationDuration": "PT0H0M9.5S"} | attributes
    text = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {text}>{inside}</MPD>'.encode()


def period(template: str, *, more: str = "") -> str:
    return (
        f"<Period><BaseURL>p/</BaseURL><AdaptationSet mimeType='video/mp4'>{more}{template}"
        "<Representation id='low' bandwidth='1'/><Representation id='high' bandwidth='2'/></AdaptationSet></Period>"
    )


TEMPLATES = {
    "numbers": (
        (
            "<SegmentTemplate initialization='$RepresentationID$.init' media='$Number%03d$-$Bandwidth$.m4s'"
            " startNumber='7' duration='4000' timescale='1000'/>"
        ),
        ["high.init", "007-2.m4s", "008-2.m4s", "009-2.m4s"],
    ),
    "timeline": (
        (
            "<SegmentTemplate media='t$Time$.m4s$$' timescale='1000'><SegmentTimeline><S t='500' d='1000' r='1'/>"
            "<S d='2000'/></SegmentTimeline></SegmentTemplate>"
        ),
        ["t500.m4s$", "t1500.m4s$", "t2500.m4s$"],
    ),
    "open repeat": (
        (
            "<SegmentTemplate media='$Number$' timescale='10'><SegmentTimeline><S t='0' d='40' r='-1'/>"
            "</SegmentTimeline></SegmentTemplate>"
        ),
        ["1", "2", "3"],
    ),
    "list": (
        (
            "<SegmentList><Initialization sourceURL='i.mp4'/><SegmentURL media='1.mp4'/><SegmentURL media='2.mp4'/>"
            "</SegmentList>"
        ),
        ["i.mp4", "1.mp4", "2.mp4"],
    ),
    "one file": ("<BaseURL>whole.mp4</BaseURL>", ["whole.mp4"]),
}


@pytest.mark.parametrize("how", TEMPLATES)
def test_the_segments_of_a_manifest_are_those_of_the_standard(how: str) -> None:
    template, names = TEMPLATES[how]
    (track,) = read_manifest(manifest(period(template)), "https://a.example/x/a.mpd")
    assert [segment.url for segment in track.segments] == [f"https://a.example/x/p/{name}" for name in names]
    assert (track.kind, track.label, track.gaps) == ("video", "bandwidth 2", ())


def test_protection_and_live_manifests_are_said() -> None:
    more = "<ContentProtection schemeIdUri='urn:mpeg:dash:mp4protection:2011'/>"
    (track,) = read_manifest(manifest(period(TEMPLATES["list"][0], more=more), type="dynamic"), "https://a.example/")
    assert track.encryption == "content protection"
    assert [gap.why for gap in track.gaps] == [GapReason.LIMIT]


def test_periods_follow_each_other() -> None:
    two = period(TEMPLATES["one file"][0]) + period("<BaseURL>other.mp4</BaseURL>")
    (track,) = read_manifest(manifest(two), "https://a.example/")
    assert [segment.url[-9:] for segment in track.segments] == ["whole.mp4", "other.mp4"]


BAD_MANIFESTS = {
    "empty": b"",
    "page": b"<html></html>",
    "cut": b"<MPD><Period>",
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><MPD><Period/></MPD>',
    "no rendition": manifest("<Period/>"),
    "endless": manifest(period("<SegmentTemplate media='$Number$' duration='1'/>"), mediaPresentationDuration="soon"),
    "no media": manifest(period("<SegmentTemplate initialization='i'/>")),
    "no length": manifest(
        period("<SegmentTemplate media='$Time$'><SegmentTimeline><S t='0'/></SegmentTimeline></SegmentTemplate>")
    ),
    "no segment": manifest(period("<SegmentList/>")),
}


@pytest.mark.parametrize("how", BAD_MANIFESTS)
def test_what_is_no_manifest_is_refused(how: str) -> None:
    with pytest.raises(MediaError):
        read_manifest(BAD_MANIFESTS[how], "https://a.example/")


def test_a_manifest_of_a_million_segments_is_cut_and_says_so() -> None:
    template = "<SegmentTemplate media='$Number$' duration='1' timescale='100000'/>"
    (track,) = read_manifest(manifest(period(template)), "https://a.example/")
    assert len(track.segments) == 20_000
    assert [gap.why for gap in track.gaps] == [GapReason.LIMIT]
