"""The best rendition of each embedded thing is chosen, each address once; pieces of a file are not taken for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from forensics.collectors.webpage import embedded
from forensics.model import Gap, GapReason
from forensics.web.exchange import Body, Exchange, Via

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "https://example.org/"


def candidate(name: str, place: str = "img", descriptor: str = "", group: Any = None, **members: Any) -> dict[str, Any]:
    return {"url": ROOT + name, "from": place, "descriptor": descriptor, "group": group, **members}


def exchange(name: str, status: int = 200, **members: Any) -> Exchange:
    body = members.pop("body", Body(Path("/x"), 1))
    return Exchange(1, ROOT + name, "GET", NOW, NOW, status=status, body=body, **members)


def test_the_widest_rendition_of_an_element_is_chosen_and_the_others_are_named() -> None:
    [wanted] = embedded.choose(
        [
            candidate("small.jpg", "img", "", 1),
            candidate("320.jpg", "srcset", "320w", 1),
            candidate("1600.jpg", "srcset", "1600w", 1),
            candidate("800.jpg", "srcset", "800w", 1),
        ]
    )
    assert (wanted.url, wanted.rendition) == (ROOT + "1600.jpg", "1600w")
    assert set(wanted.others) == {ROOT + "small.jpg", ROOT + "320.jpg", ROOT + "800.jpg"}


def test_the_densest_rendition_is_chosen_where_widths_are_not_given() -> None:
    [wanted] = embedded.choose([candidate("1.jpg", "srcset", "1x", 1), candidate("2.jpg", "srcset", "2x", 1)])
    assert wanted.url == ROOT + "2.jpg"


def test_a_poster_is_no_rendition_of_its_video_and_each_source_is_kept() -> None:
    found = embedded.choose(
        [
            candidate("poster.jpg", "poster", "", 1),
            candidate("clip.mp4", "video", "", 1),
            candidate("clip.webm", "video", "", 1),
        ]
    )
    assert {one.url for one in found} == {ROOT + "poster.jpg", ROOT + "clip.mp4", ROOT + "clip.webm"}


def test_each_address_is_chosen_once_in_the_order_of_the_page() -> None:
    found = embedded.choose([candidate("b.png"), candidate("a.png"), candidate("b.png")])
    assert [one.url for one in found] == [ROOT + "b.png", ROOT + "a.png"]


def test_what_is_no_address_on_the_web_or_only_for_machines_is_left() -> None:
    found = embedded.choose(
        [
            {"url": "data:image/png;base64,AA", "from": "img"},
            {"url": "blob:https://example.org/1", "from": "video"},
            {"url": "javascript:alert(1)", "from": "img"},
            candidate("icon.ico", "icon"),
        ]
    )
    assert found == []


def test_a_whole_recorded_file_is_used() -> None:
    assert embedded.recorded([exchange("a.png")], ROOT + "a.png") is not None


@pytest.mark.parametrize(
    "one",
    [
        exchange("a.png", 206),
        exchange("a.png", 404),
        exchange("a.png", body=Body()),
        exchange("a.png", body=Body(Path("/x"), 1, gap=Gap("body", GapReason.LIMIT))),
        exchange("a.png", response_headers=(("Content-Encoding", "gzip"),)),
        exchange("b.png"),
    ],
)
def test_pieces_errors_and_recoded_bytes_are_not_taken_for_the_file(one: Exchange) -> None:
    assert embedded.recorded([one], ROOT + "a.png") is None


def test_streams_are_found_by_type_and_by_ending() -> None:
    exchanges = [
        exchange("list", media_type="application/vnd.apple.mpegurl"),
        exchange("live.m3u8?token=1"),
        exchange("live.m3u8?token=1"),
        exchange("film.mpd", via=Via.LOADER),
        exchange("page.html"),
    ]
    assert embedded.streams(exchanges) == [ROOT + "list", ROOT + "live.m3u8?token=1"]


@pytest.mark.parametrize(
    ("url", "media_type", "expected"),
    [
        ("https://example.org/a/b.mp4?x=1", "video/mp4", "b.mp4"),
        ("https://example.org/clip", "video/mp4", "clip.mp4"),
        ("https://example.org/", "image/png", "media.png"),
        ("https://example.org/%E6%B5%8B%E8%AF%95.jpg", "image/jpeg", "测试.jpg"),
        ("https://example.org/..%2F..%2Fetc%2Fpasswd", "text/plain", "passwd.txt"),
        ("https://example.org/a%00%0Ab.png", "image/png", "ab.png"),
        ("https://example.org/%E2%80%AEgnp.exe", "image/png", "gnp.exe"),
    ],
)
def test_names_are_for_people_and_never_paths(url: str, media_type: str, expected: str) -> None:
    assert embedded.file_name(url, media_type) == expected
