"""Builds an example case of captures: a group page captured twice, hostile titles, a clip, a failure, a sealed page."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from forensics.codec import format_time
from forensics.model import (
    Acquisition,
    ActEnd,
    Artifact,
    Gap,
    GapReason,
    Item,
    Message,
    Name,
    Outcome,
    Result,
    Sensitivity,
    Stage,
    Tool,
)
from tests.fakes.snapshots import LIMITS, Case, act, clock, digest, finding, opened, stamp

GROUP = "https://forum.example.org/groups/2013?from=share"
LONG = "https://shop.example.org/" + "path-" * 60 + "?q=" + "a" * 700 + "&next=" + "%E6%8D%A2" * 80
CLIP = "https://media.example.org/clips/2026/%E6%A0%B7%E7%89%87.mp4"
SECRET_URL = "https://private.example.org/anna-example/photos"
HOSTILE_TITLE = '</td><script>alert("1")</script>\u202egpj.exe\x00 & <b>价格表</b> 😀' + "长" * 400

STATUSES: Mapping[str, str] = {
    "protocol": "done",
    "machine": "sealed",
    "operating-system": "done",
    "browser": "done",
    "local-network": "sealed",
    "internet-provider": "operator",
    "addresses": "sealed",
    "name-resolution": "sealed",
    "proxy": "done",
    "antivirus": "operator",
    "clock": "done",
    "empty-profile": "done",
    "first-page": "capture",
    "navigation-path": "capture",
    "traffic-recording": "capture",
    "display": "done",
    "content-recording": "not-available",
    "target": "capture",
    "digests": "capture",
    "material-findings": "capture",
    "processes": "sealed",
    "hosts-file": "sealed",
    "network-commands": "not-available",
    "prompt-stamp": "capture",
    "self-test": "done",
    "tunnel": "warning",
    "storage": "done",
    "a-check-of-a-later-version": "a-status-of-a-later-version",
}
"""Name of a check and what it came to."""

VALUES: Mapping[str, Mapping[str, Any]] = {
    "protocol": {"protocol": "NF Z67-147 (2010)"},
    "machine": {"make": "Example", "model": "X1", "processor": "Example CPU", "cores": 8},
    "operating-system": {"name": "Debian GNU/Linux 12", "kernel": "6.1.0-18-amd64", "last_patch": "2026-11-20"},
    "browser": {"product": "Chromium", "version": "156.0.1.2", "extensions": 0},
    "local-network": {"interfaces": 2, "gateways": 1, "hostname": "anna-laptop"},
    "internet-provider": {"provider": "not-stated"},
    "addresses": {"local": 2, "mac": 1, "public": "not-asked", "note": "wlan0 has 198.51.100.23"},
    "name-resolution": {"dns_servers": 1, "hosts_file": "sealed"},
    "proxy": {"system": 0, "browser_flags": 0},
    "clock": {"servers": 2, "answered": 2, "offset_s": [-0.0132, 0.0047]},
    "empty-profile": {"entries_at_start": 0, "is_reused": False},
    "first-page": {"shown_by": "navigation-log"},
    "display": {"viewport_px": [1280, 800], "scale": 1, "locale": "en-US", "time_zone": "UTC"},
    "processes": {"count": 214},
    "hosts-file": {"entries": 4, "not_usual": 0, "names_captured_host": False},
    "self-test": {"checks": 3, "failed": []},
    "tunnel": {"vpn": "signs", "tor": "no-sign", "reason": "office policy"},
    "storage": {"free_mib": 81234},
}

NF = tuple(STATUSES)[:20]
CN = ("antivirus", "processes", "empty-profile", "proxy", "hosts-file", "network-commands", "clock", "prompt-stamp")
FX = ("self-test", "tunnel", "storage", "a-check-of-a-later-version")

GAPS = (
    Gap("body of https://media.example.org/files/second.mp4", GapReason.LIMIT, "larger than 268435456 bytes"),
    Gap("pop-up", GapReason.REFUSED, "the page asked for a window, which was not opened"),
)


def preflight(commitment: str, **changed: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the open record of a pre-flight; `changed` gives other values, by name with underscores."""
    others = {name.replace("_", "-"): value for name, value in changed.items()}

    def rows(prefix: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{prefix}{number:02d}",
                "name": name,
                "status": STATUSES[name],
                "value": others.get(name, VALUES.get(name, {})),
                "detail": "Only the operator can state it." if STATUSES[name] == "operator" else "",
            }
            for number, name in enumerate(names, 1)
        ]

    lists = {"points": rows("NF", NF), "clean_environment": rows("CN", CN), "further": rows("FX", FX)}
    return {"protocol": "NF Z67-147 (2010)", "commitment": commitment, "passed": True, **lists}


@cache
def page_picture(title: str, *, size: tuple[int, int] = (1280, 800)) -> bytes:
    """Makes a PNG that looks like a page: a bar, a title, grey lines and boxes."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, size[0], 64), fill=(35, 64, 92))
    pen.text((40, 24), title, fill="white")
    for row, y in enumerate(range(110, size[1] - 40, 44)):
        pen.rectangle((40, y, 400 + row * 97 % 700, y + 12), fill=(150, 158, 166))
        if row % 5 == 4:
            pen.rectangle((900, y - 120, 1220, y), fill=(210, 180, 120))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def facts(case: Case, url: str, **changed: Any) -> dict[str, Any]:
    """Makes the facts of a capture; `changed` replaces some."""
    return {
        "requested_url": url,
        "final_url": url,
        "redirects": [{"url": url, "status": 200, "location": ""}],
        "title": "A page",
        "canonical_url": url,
        "language": "zh-CN",
        "status": 200,
        "status_text": "OK",
        "headers": [["content-type", "text/html; charset=utf-8"], ["server", "example"], ["set-cookie", "[stripped]"]],
        "started_at": format_time(case.now),
        "ended_at": format_time(case.now + timedelta(seconds=41)),
        "server": {"ip": "203.0.113.5", "port": 443, "http_version": "h2", "alpn": "h2"},
        "dns": [
            {"name": "forum.example.org", "addresses": ["203.0.113.5", "2001:db8::5"], "source": "system resolver"},
            {"name": "media.example.org", "addresses": [], "source": "system resolver", "error": "no such name"},
        ],
        "tls": {"protocol": "TLS 1.3", "cipher": "AES_128_GCM", "key_exchange": "X25519"},
        "browser": {
            "product": "Chrome/156.0.1.2",
            "executable_sha256": digest("chromium"),
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0",
            "headless": True,
            "viewport_px": [1280, 800],
            "scale": 1,
            "locale": "en-US",
            "time_zone": "UTC",
            "flags": [
                *("--headless=new", "--lang=en-US", "--mute-audio"),
                *("--user-data-dir=/home/anna/profile", "--proxy-server=anna-laptop"),
            ],
            "profile_empty_at_start": True,
            "extensions": 0,
        },
        "wait": {"policy": "until the network is quiet for 1 s, at most 30 s"},
        "scroll": {"policy": "one view at a time, 0.2 s between", "steps": 12, "height_px": 20000, "is_whole": True},
        "exchanges": {"total": 31, "failed": 1, "without_body": 0, "refused": 2},
        "page_state": {"state": "content", "signs": []},
        "second_fetch": {"outcome": "same", "status": 200, "detail": ""},
        "media": {"offered": 3, "kept": 2},
        "stripped": {"headers": 2, "bodies": 0},
        "profile": None,
        "interactive": False,
        "access_mode": "public",
        "legal_basis": "client's instruction of 2026-11-20",
        "tools": [{"name": "warcio", "version": "1.7.5"}, {"name": "wacz", "version": "0.6.0"}],
        **changed,
    }


def _kept(case: Case, role: str, name: str, media_type: str, data: bytes, **more: Any) -> Artifact:
    found = more.pop("sealed", None)
    return replace(case.artifact(name, data, media_type, **more), role=role, sealed=found)


def _of_attempt(case: Case, mark: str, told: Mapping[str, Any], checks: Mapping[str, Any]) -> list[Artifact]:
    """Makes what every attempt leaves, also one that reached nothing."""
    sealed = {"commitment": checks["commitment"]}
    data = mark.encode()
    binary = "application/octet-stream"
    return [
        _kept(case, "preflight", "preflight-network.json", binary, b"age " + data, sealed=sealed),
        _kept(case, "preflight", "preflight.json", "application/json", b"{}" + data, preflight=checks),
        _kept(case, "warc", "capture.warc.gz", "application/warc", b"WARC" + data),
        _kept(case, "navigation-log", "navigation.jsonl", "application/jsonl", b"log" + data, capture=told),
    ]


def _of_page(case: Case, mark: str, *, parts: int = 1, title: str = "A page") -> list[Artifact]:
    plain = {"plain": {"sha256": digest(f"secrets {mark}"), "blake3": digest("b3"), "size": 412}}
    data = mark.encode()
    made = [
        _kept(case, "wacz", "capture.wacz", "application/wacz", b"wacz" + data),
        _kept(case, "html", "page.html", "text/html", b"<title>" + data),
        _kept(case, "dom", "dom.html", "text/html", b"<title><p>" + data),
        _kept(case, "screenshot-viewport", "viewport.png", "image/png", page_picture(title)),
        _kept(case, "secrets", "secrets.jsonl", "application/octet-stream", b"age secrets" + data, sealed=plain),
    ]
    for part in range(1, parts + 1):
        picture = page_picture(f"{title} {part}", size=(1280, 4000))
        place = {"tile": part, "of": parts, "box_px": [0, 4000 * (part - 1), 1280, 4000]}
        made.append(_kept(case, "screenshot-full", f"full-{part:02d}.png", "image/png", picture, **place))
    return made


def _embedded(case: Case) -> list[Artifact]:
    at = "https://media.example.org/files/"
    found = {"page_url": GROUP, "via": "loader", "status": 200}
    clip = {"url": f"{at}样片.mp4", "width": 1280, "height": 720, "from": "video"}
    prices = {"url": f"{at}price-list.png?size=large", "rendition": "largest of 3", "from": "srcset"}
    picture = page_picture("prices", size=(600, 900))
    return [
        _kept(case, "media", "样片.mp4", "video/mp4", b"clip", **found, **clip),
        _kept(case, "media", "price-list.png", "image/png", picture, **found, **prices),
    ]


def _chain(case: Case) -> list[Artifact]:
    ca = "CN=Example Issuing CA, O=Example"
    return [
        _kept(
            case,
            "certificate",
            f"certificate-{place + 1:02d}.der",
            "application/pkix-cert",
            f"certificate {place}".encode(),
            subject=subject,
            issuer=issuer,
            valid_from="2026-10-01T00:00:00.000000Z",
            valid_to="2027-01-01T00:00:00.000000Z",
            serial="04a1b2c3",
            position=place,
        )
        for place, (subject, issuer) in enumerate((("CN=forum.example.org", ca), (ca, "CN=Example Root")))
    ]


def _done(case: Case, item: str, artifacts: list[Artifact], *, act: str, outcome: Outcome, **more: Any) -> Acquisition:
    collector = Tool(more.get("collector", "webpage"), "1", settings={"allow_private": False})
    ended = case.now + timedelta(seconds=43)
    return Acquisition(item, collector, act, outcome, case.now, ended, tuple(artifacts), more.get("gaps", ()))


def captures(*, jurisdiction: str = "cn", language: str = "zh") -> Case:
    """Seven online sources; the first is captured twice, the last is not covered by a token."""
    case = opened(jurisdiction=jurisdiction, language=language, reference="2026-18", organisation="Example Office")
    case.event("collect", act(case, "collect", GROUP, clock=clock(case, "before")))
    first = _group_page(case)
    _other_sources(case)
    case.event("collect", ActEnd("1/0", case.now, clock(case, "after")))
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    again = _group_page_again(case)
    case.pause = timedelta(minutes=25)
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    _examined(case, first, again)
    _unstamped(case)
    return case


def group(*, jurisdiction: str = "cn", language: str = "zh") -> Case:
    """One page captured twice, and a clip: small enough to be compared word by word."""
    case = opened(jurisdiction=jurisdiction, language=language, reference="2026-19", organisation="Example Office")
    case.event("collect", act(case, "collect", GROUP, clock=clock(case, "before")))
    first = _group_page(case)
    clip = _done(case, "ITEM-0002", _clip(case), act="1/0", outcome=Outcome.COMPLETE, collector="media")
    case.event("collect", Item("ITEM-0002", Name(CLIP), "url"), clip)
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    again = _group_page_again(case)
    case.pause = timedelta(minutes=25)
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    _examined(case, first, again)
    return case


def _group_page(case: Case) -> Artifact:
    hops = [
        {"url": "https://example.org/g", "status": 302, "location": GROUP},
        {"url": GROUP, "status": 200, "location": ""},
    ]
    told = facts(case, GROUP, requested_url="https://example.org/g", redirects=hops, title="换脸交流群（2,013 成员）")
    made = _of_attempt(case, "first", told, preflight(digest("commitment 1")))
    made += [*_of_page(case, "first", parts=6, title="Group page"), *_embedded(case), *_chain(case)]
    item = Item("ITEM-0001", Name("https://example.org/g"), "url", "the group named in the complaint")
    case.event("collect", item, _done(case, item.id, made, act="1/0", outcome=Outcome.PARTIAL, gaps=GAPS))
    return next(one for one in made if one.role == "warc")


def _group_page_again(case: Case) -> Artifact:
    """Captures the first page again: it is gone."""
    seq = len(case.events)
    case.event("collect", act(case, "collect", "--again", "ITEM-0001"))
    told = facts(
        case,
        GROUP,
        status=410,
        status_text="Gone",
        title="410",
        page_state={"state": "http-error", "signs": ["HTTP 410"]},
        second_fetch={"outcome": "refused", "status": 410, "detail": ""},
    )
    made = _of_attempt(case, "again", told, preflight(digest("commitment 4"), proxy={"system": 1, "browser_flags": 0}))
    made += _of_page(case, "again", title="410 Gone")
    gaps = (Gap("page", GapReason.MISSING, "the server answered 410 Gone"),)
    case.event("collect", _done(case, "ITEM-0001", made, act=f"{seq}/0", outcome=Outcome.PARTIAL, gaps=gaps))
    return next(one for one in made if one.role == "warc")


def _other_sources(case: Case) -> None:
    """Captures a log-in wall with a hostile title, a clip, a name that does not resolve, a sealed page; and crashes."""
    sources = {
        LONG: (_wall(case), Outcome.PARTIAL, Gap("page", GapReason.REFUSED, "the page asks for a log-in")),
        CLIP: (_clip(case), Outcome.COMPLETE, None),
        "https://gone.example.org/": (
            _nothing(case),
            Outcome.FAILED,
            Gap("page", GapReason.FAILED, "net::ERR_NAME_NOT_RESOLVED"),
        ),
        SECRET_URL: (_sealed(case), Outcome.PARTIAL, Gap(f"body of {SECRET_URL}/1.jpg", GapReason.LIMIT, "anna")),
        "https://never.example.org/": ([], Outcome.FAILED, Gap("item", GapReason.FAILED, "the browser crashed")),
    }
    records: list[Any] = []
    for number, (url, (artifacts, outcome, gap)) in enumerate(sources.items(), 2):
        hidden = url == SECRET_URL
        sensitivity = Sensitivity.INTIMATE if hidden else Sensitivity.NORMAL
        item = Item(f"ITEM-{number:04d}", Name(url), "url", "shows the victim" if hidden else "", sensitivity)
        collector = "media" if url == CLIP else "webpage"
        gaps = (gap,) if gap else ()
        done = _done(case, item.id, artifacts, act="1/0", outcome=outcome, gaps=gaps, collector=collector)
        records += [item, done]
    case.event("collect", *records)


def _wall(case: Case) -> list[Artifact]:
    told = facts(
        case,
        LONG,
        title=HOSTILE_TITLE,
        language="",
        canonical_url=None,
        page_state={"state": "login-wall", "signs": ["a password field", "the text is shorter than 200 characters"]},
        second_fetch={"outcome": "differs", "status": 403, "detail": "3 of 90 lines are equal"},
        interactive=True,
        profile="/home/anna/browser",
    )
    checks = preflight(digest("commitment 2"), storage={"free_mib": 81000}, proxy={"system": 1, "browser_flags": 0})
    return _of_attempt(case, "wall", told, checks) + _of_page(case, "wall", title="Log in")


def _nothing(case: Case) -> list[Artifact]:
    told = facts(case, "https://gone.example.org/", status=None, status_text="", title="", language="")
    told |= {"server": None, "tls": None, "headers": [], "page_state": {"state": "no-answer", "signs": []}}
    return _of_attempt(case, "nothing", told, preflight(digest("commitment 3")))


def _clip(case: Case) -> list[Artifact]:
    found = {"url": CLIP, "final_url": CLIP + "?cdn=2", "status": 200}
    told = found | {"requested_url": CLIP, "status_text": "OK"}
    told |= {"server": {"ip": "203.0.113.9", "port": 443, "http_version": "HTTP/1.1"}, "redirects": []}
    told |= {"browser": None, "interactive": False, "title": None, "page_state": {"state": "content", "signs": []}}
    told |= {"second_fetch": {"outcome": "not-made"}, "client": {"user_agent": "forensics/0.1", "tools": []}}
    line = {"length_declared": 4, "attempts": 2, "resumed": True, "is_whole": True}
    line |= {"digests": [{"field": "Content-MD5", "algorithm": "md5", "stated": "aa", "outcome": "equal"}]}
    return [
        _kept(case, "media", "样片.mp4", "video/mp4", b"clip", **found, **line),
        _kept(case, "warc", "capture.warc.gz", "application/warc", b"WARC clip"),
        _kept(case, "navigation-log", "navigation.jsonl", "application/jsonl", b"log clip", capture=told),
        *_chain(case),
    ]


def _sealed(case: Case) -> list[Artifact]:
    told = facts(case, SECRET_URL, title="Anna Example", page_state={"state": "content", "signs": ["anna-example"]})
    made = _of_attempt(case, "sealed", told, preflight(digest("commitment 5"), target={"note": "anna-example"}))
    made += [*_of_page(case, "sealed", title="Anna Example"), *_embedded(case), *_chain(case)]
    plain = {"plain": {"sha256": digest("plain page"), "blake3": digest("plain3"), "size": 1234}}
    return [one if one.sealed else replace(one, sealed=plain) for one in made]


def _examined(case: Case, first: Artifact, again: Artifact) -> None:
    sha256 = first.digests.sha256
    case.event(
        "analyze",
        finding(sha256, "page.reached", Result.FOUND, "The capture reached a page with status 200.", stage=Stage.FIX),
        finding(
            sha256,
            "page.explained",
            Result.FOUND,
            "2 of 310 visible text blocks are explained by no recorded response.",
            stage=Stage.FIX,
            values={"blocks": 310, "unexplained": [{"text": "188 元", "box_px": [10, 20, 30, 40]}]},
            limits=LIMITS[:1],
            alternatives=(Message("page.alternative", "A script may have made the text from what it received."),),
        ),
        finding(
            (sha256, again.digests.sha256),
            "page.recapture",
            Result.FOUND,
            "The page answered 200 at the earlier capture and 410 at the later one.",
            stage=Stage.COMPARE,
            values={"status": [200, 410], "removed": 310},
            limits=LIMITS[:1],
        ),
    )


def _unstamped(case: Case) -> None:
    """Captures a page after the last token; its facts are of kinds that no collector should give."""
    spoilt = {"requested_url": 7, "redirects": "none", "headers": [1, ["a"]], "tls": [], "dns": {"name": 1}}
    spoilt |= {"browser": "Chrome", "server": "203.0.113.5", "started_at": "yesterday", "page_state": "content"}
    checks = {"commitment": digest("commitment 6"), "points": ["x", {"id": 1}]}
    made = _of_attempt(case, "spoilt", spoilt, checks) + _of_page(case, "spoilt")
    item = Item("ITEM-0007", Name("https://late.example.org/"), "url")
    case.event("collect", item, _done(case, item.id, made, act="1/0", outcome=Outcome.COMPLETE))
