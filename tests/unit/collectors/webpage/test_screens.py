"""The local pages of a session's video show what was recorded, fit the screen, and are safe with text from anywhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from forensics.collectors.webpage import screens
from forensics.collectors.webpage.preflight import gather
from forensics.collectors.webpage.preflight_points import CLEAN_ENVIRONMENT, FURTHER, POINTS, Status
from forensics.collectors.webpage.screens import LANGUAGES, Kept, Session, digests_page, preflight_page
from forensics.errors import ToolMissingError
from forensics.model import Artifact, Digests, Name
from tests.unit.collectors.webpage.laptop import SECRETS, build, given

TEMPLATES = Path(__file__).resolve().parents[4] / "templates" / "capture"
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202egnp.exe\x00"


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.tags and self.tags[-1] != "style":
            self.text += data + "\n"


def session(language: str = "en", **changes: str) -> Session:
    usual = {"title": "https://example.org/group", "case": "da982ee4-bc7d-443e-a4f5-372737d079b1", "item": "ITEM-0001"}
    return Session(**{**usual, "program": "forensics 0.1.0", **changes}, language=language)


def kept(count: int) -> list[Kept]:
    names = [f"image-{number:03d}.png" for number in range(count)]
    return [Kept("media", name, hashlib.sha256(name.encode()).hexdigest(), 1_234_567) for name in names]


@pytest.fixture
def record(tmp_path):
    return gather(given(build(tmp_path / "root"))).open


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_point_is_shown_once_with_its_numbers_in_both_lists(record, language):
    text = Page(preflight_page(record, session(language))).text
    ids = {row["id"] for key in ("points", "clean_environment", "further") for row in record[key]}
    assert len(ids) == 36
    assert {line for line in text.split() if line in ids} == ids
    assert text.split().count("NF09") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_and_status_has_a_word_in_every_language(language):
    words = tomllib.loads((TEMPLATES / f"{language}.toml").read_text("utf-8"))
    assert set(words["check"]) == {*POINTS, *CLEAN_ENVIRONMENT, *FURTHER}
    assert set(words["status"]) == {str(status) for status in Status}


def test_all_languages_have_the_same_words():
    found = [tomllib.loads((TEMPLATES / f"{language}.toml").read_text("utf-8")) for language in LANGUAGES]
    keys = [{(table, key) for table, texts in words.items() for key in texts} for words in found]
    assert keys[0] == keys[1] == keys[2]


def test_the_pages_are_headed_with_case_item_time_and_program(record):
    for page in (preflight_page(record, session()), digests_page(kept(1), session(), at=AT)):
        lines = Page(page).text.splitlines()
        assert {"da982ee4", "ITEM-0001", "forensics 0.1.0", "https://example.org/group"} <= set(lines)
    assert "2026-11-22 09:30:00 UTC" in lines


def test_a_digest_is_shown_whole_in_groups():
    (file,) = kept(1)
    groups = " ".join(file.sha256[start : start + 8] for start in range(0, 64, 8))
    assert groups in Page(digests_page([file], session(), at=AT)).text
    assert groups.replace(" ", "") == hashlib.sha256(b"image-000.png").hexdigest()


def test_what_does_not_fit_is_counted():
    text = Page(digests_page(kept(37), session(), at=AT)).text
    assert "… and 12 more in the record" in text
    assert text.count("image-") == 25
    assert "more in the record" not in Page(digests_page(kept(25), session(), at=AT)).text


def test_nothing_kept_is_said():
    assert "Nothing was kept." in Page(digests_page([], session(), at=AT)).text


def test_an_artifact_is_shown_by_the_digest_of_its_stored_bytes():
    plain = Digests("aa" * 32, "", 10)
    artifact = Artifact(plain, "secrets", Name("secrets.jsonl"), "", AT, sealed={"plain": {"sha256": "bb" * 32}})
    text = Page(digests_page([Kept.of(artifact)], session(), at=AT)).text
    assert "secrets.jsonl (sealed)" in text
    assert "aaaaaaaa aaaaaaaa" in text
    assert "bbbbbbbb" not in text


@pytest.mark.parametrize("field", ["title", "case", "item", "program"])
def test_text_from_anywhere_is_shown_and_never_becomes_part_of_the_page(record, field):
    usual = Page(preflight_page(record, session()))
    page = Page(preflight_page(record, session(**{field: HOSTILE})))
    assert page.tags == usual.tags
    assert HOSTILE[:8] in page.text
    assert not {"\u202e", "\x00"} & set(page.text)


def test_names_of_files_are_shown_and_never_become_part_of_the_page():
    file = Kept("<b>", HOSTILE[:40], "<i>" * 21, 1)
    page = Page(digests_page([file], session(), at=AT))
    assert page.tags == Page(digests_page(kept(1), session(), at=AT)).tags
    assert "<script>" in page.text


def test_a_hostile_record_does_not_change_the_page(record):
    broken = {"id": HOSTILE, "name": HOSTILE, "status": '" onload="x', "value": {HOSTILE: HOSTILE, "b": [HOSTILE]}}
    page = Page(preflight_page({**record, "points": [broken], "measured_at": HOSTILE, "protocol": HOSTILE}, session()))
    assert not {"script", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


@pytest.mark.parametrize("broken", [{}, {"points": []}, {"points": [{}], "further": [{"value": None}]}])
def test_a_record_that_lacks_its_members_is_no_error(broken):
    assert "<table>" in preflight_page(broken, session()) or "table" not in Page(preflight_page(broken, session())).tags


def test_the_end_of_a_long_name_stays_readable():
    file = Kept("media", "a" * 300 + ".mp4.exe", "ab" * 32, 1)
    text = Page(digests_page([file], session(), at=AT)).text
    assert ".mp4.exe" in text
    assert "a" * 60 not in text


def test_the_pages_run_no_script_and_ask_for_nothing(record):
    for page in (preflight_page(record, session()), digests_page(kept(3), session(), at=AT)):
        found = Page(page)
        assert not {"script", "link", "img", "iframe", "object", "base"} & set(found.tags)
        assert not {"src", "href", "style"} & {name for name, _ in found.attributes}
        assert "default-src 'none'" in page
        assert "url(" not in page
        assert "@import" not in page


def test_the_first_page_shows_nothing_that_identifies_the_operator(record):
    text = preflight_page(record, session()).lower()
    assert [secret for secret in SECRETS if secret.lower() in text] == []


def test_a_check_that_did_not_come_out_well_is_marked_and_explained(tmp_path):
    root = build(tmp_path / "root", {"etc/hosts": "203.0.113.9 example.org\n"})
    page = preflight_page(gather(given(root)).open, session())
    assert page.count('<tr class="warning">') == 2
    assert "The hosts file gives an address to the captured host." in page
    assert "the operator must know" in page


def test_an_unknown_language_is_english(record):
    assert "Checks before the capture" in preflight_page(record, session("tlh"))


def test_templates_that_are_missing_are_an_error_with_a_hint(record, tmp_path, monkeypatch):
    monkeypatch.setattr(screens, "_folder", lambda: tmp_path)
    screens._template.cache_clear()
    screens._Words.load.cache_clear()
    with pytest.raises(ToolMissingError) as raised:
        preflight_page(record, session())
    assert raised.value.hint == "Install the program again."


CHROMIUM = shutil.which("chromium")


def screenshot(page: str, folder: Path, *, height: int) -> Image.Image:
    (folder / "page.html").write_text(page, "utf-8")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [
        str(CHROMIUM), "--headless=new", *sandbox, "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        f"--user-data-dir={folder / 'profile'}", f"--window-size=1280,{height}",
        f"--screenshot={folder / 'page.png'}", (folder / "page.html").as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    with Image.open(folder / "page.png") as picture:
        return picture.convert("L")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize(
    ("kind", "language"), [("preflight", "en"), ("preflight", "fr"), ("digests", "zh"), ("preflight", "zh")]
)
def test_a_page_fits_the_screen(record, tmp_path, kind, language):
    many = [*kept(60), Kept("preflight", "sealed.json", "ab" * 32, 9, is_sealed=True)]
    pages = {
        "preflight": preflight_page(record, session(language)),
        "digests": digests_page([many[-1], *many], session(language), at=AT),
    }
    picture = screenshot(pages[kind], tmp_path, height=1200)
    assert picture.width == 1280
    assert picture.crop((0, 0, 1280, 400)).getextrema()[0] < 100
    assert picture.crop((0, 798, 1280, picture.height)).getextrema() == (255, 255)
