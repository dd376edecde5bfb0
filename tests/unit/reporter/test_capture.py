from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from forensics.model import Artifact, Committed
from forensics.reporter import pdf, view
from forensics.reporter.blocks import Gallery, Pairs, Paragraph, Picture, Points, Table, strings
from forensics.reporter.capture_files import MEDIA_SHOWN, TILES_SHOWN
from forensics.reporter.captured import captures_of, first_token, moment
from forensics.reporter.facts import ATTEMPT_ROLES, OF_PAGE, gather
from forensics.reporter.picture import Thumbnails
from tests.fakes import snapshot_captures as fakes
from tests.fakes.snapshots import digest
from tests.unit.reporter.conftest import LANGUAGES
from tests.unit.reporter.test_view import blocks_of, section, words_of

SECRETS = ("private.example.org", "anna", "Anna", "shows the victim", "198.51.100.23", digest("page.html sealed"))


def sheet(report, ref):
    return section(report, f"capture-{ref.replace('/', '-')}")


def pairs_of(part):
    return {name: value for block in blocks_of(part) if isinstance(block, Pairs) for name, value in block.rows}


def changed(case, ref, **facts):
    """Gives a snapshot in which the capture of a record has other facts."""
    snapshot = case.snapshot()

    def told(artifact):
        if "capture" not in artifact.facts:
            return artifact
        return replace(artifact, facts={"capture": {**artifact.facts["capture"], **facts}})

    done = tuple(
        Committed(one.ref, replace(one.record, artifacts=tuple(map(told, one.record.artifacts))))
        if one.ref == ref
        else one
        for one in snapshot.acquisitions
    )
    return replace(snapshot, acquisitions=done)


def built(snapshot, templates, language="en"):
    return view.build(snapshot, language=language, templates=templates)


def test_a_sheet_says_what_was_asked_for_and_what_was_reached(make_view):
    rows = pairs_of(sheet(make_view("captures", "intl", "en"), "2/1"))
    assert rows["Asked for"] == "https://example.org/g"
    assert rows["Redirects"] == "302 https://example.org/g"
    assert rows["Reached"] == fakes.GROUP
    assert rows["HTTP status"] == "200 OK"
    assert rows["Title, as the page states"] == "换脸交流群（2,013 成员）"
    assert rows["Language, as the page states"] == "zh-CN"
    assert rows["State of the page, judged by signs"] == "content shown"
    assert rows["Outcome"] == "partial"


def test_a_sheet_says_when_in_utc_and_in_the_time_of_the_forum(make_view):
    rows = pairs_of(sheet(make_view("captures", "cn", "en"), "2/1"))
    assert rows["Start"] == "2026-11-22 01:30:34 UTC = 2026-11-22 09:30:34 +08:00"
    assert rows["End"] == "2026-11-22 01:31:15 UTC = 2026-11-22 09:31:15 +08:00"


def test_a_sheet_says_by_whom_from_where_and_with_what(make_view):
    rows = pairs_of(sheet(make_view("captures", "intl", "en"), "2/1"))
    assert rows["Made by, as the case states"] == "Li Wei, Example Office"
    assert rows["Recorded with the key of"] == "Li Wei"
    assert rows["Access, as stated"] == "public"
    assert rows["Legal basis, as stated"] == "client's instruction of 2026-11-20"
    assert rows["Operator’s machine and network"] == f"identifiers sealed; commitment {digest('commitment 1')}"
    assert rows["Server"] == "203.0.113.5:443, h2"
    assert rows["Name resolution"].splitlines() == [
        "forum.example.org: 203.0.113.5, 2001:db8::5 (system resolver)",
        "media.example.org: no such name (system resolver)",
    ]
    assert rows["Encryption of the connection"] == "TLS 1.3, AES_128_GCM, X25519"
    assert rows["Browser, SHA-256 of the executable"] == digest("chromium")
    assert rows["Browser profile"] == "new, empty at the start"


def test_only_an_address_without_encryption_is_said_to_have_none(make_case, templates):
    row = "Encryption of the connection"
    plain = "none: the address begins with http:"
    for url, expected in (("http://example.org/", plain), (fakes.GROUP, "not recorded")):
        report = built(changed(make_case("group", "intl"), "2/1", tls=None, final_url=url), templates)
        assert pairs_of(sheet(report, "2/1"))[row] == expected


FLAGS = {
    "--headless=new": "--headless=new",
    "--disable-features=A,B_c": "--disable-features=A,B_c",
    "--force-color-profile=srgb": "--force-color-profile=srgb",
    "--no-sandbox": "--no-sandbox",
    "--user-data-dir=/home/anna": "--user-data-dir=[not shown]",
    "--proxy-server=anna-laptop": "--proxy-server=[not shown]",
    "--host-resolver-rules=MAP * x": "--host-resolver-rules=[not shown]",
    "--log-path=x": "--log-path=[not shown]",
    "--unknown=192.0.2.7": "--unknown=[not shown]",
}


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_the_browser_shows_its_value_unless_that_tells_of_the_operators_machine(make_case, templates, flag):
    browser = fakes.facts(make_case("group", "intl"), fakes.GROUP)["browser"] | {"flags": [flag]}
    report = built(changed(make_case("group", "intl"), "2/1", browser=browser), templates)
    assert pairs_of(sheet(report, "2/1"))["Browser flags"] == FLAGS[flag]


def test_a_sheet_says_how_it_was_done(make_view):
    rows = pairs_of(sheet(make_view("captures", "intl", "en"), "3/1"))
    assert rows["Second fetch of the page, without a browser"] == (
        "different document; HTTP 403; 3 of 90 lines are equal"
    )
    assert rows["Embedded media"] == "3 offered by the page, 2 kept"
    assert rows["Log-in data taken out of the open files"] == "header fields: 2; contents: 0"
    assert rows["Walked by hand by the operator"] == "yes"
    assert rows["Browser profile"] == "one that was used before, for a log-in"
    assert rows["State of the page, judged by signs"].startswith("log-in wall (signs: a password field, ")


def test_the_time_from_the_end_of_a_capture_to_its_first_token_is_stated(make_view):
    report = make_view("captures", "intl", "en")
    first, later = (pairs_of(sheet(report, ref))["First time stamp that covers it"] for ref in ("2/1", "8/0"))
    assert first.startswith("27.0 s after the end: 2026-11-22 01:31:42 UTC, https://tsa.example.org/tsr")
    assert later.startswith("24 min 53 s after the end: ")
    warned = [ref for ref in ("2/1", "8/0") if "More than 10 minutes lie" in words_of(sheet(report, ref))]
    assert warned == ["8/0"]


def test_ten_minutes_are_not_yet_late(make_case, templates):
    case = make_case("captures", "intl")
    token = first_token(2, gather(case.snapshot(), program="test 1"))
    for seconds, is_late in ((600, False), (601, True)):
        ended = (token.gen_time - timedelta(seconds=seconds)).isoformat()
        text = words_of(sheet(built(changed(case, "2/1", ended_at=ended), templates), "2/1"))
        assert ("More than 10 minutes lie" in text) is is_late


def test_a_token_older_than_the_end_of_the_capture_shows_that_clocks_disagree(make_case, templates):
    snapshot = changed(make_case("captures", "intl"), "2/1", ended_at="2026-11-22T01:31:45.000000Z")
    text = words_of(sheet(built(snapshot, templates), "2/1"))
    assert "3.0 s before the end by the machine’s clock" in text
    assert "the machine’s clock and the authority’s disagree" in text


def test_a_capture_that_no_token_covers_is_not_yet_time_stamped(make_view):
    report = make_view("captures", "intl", "en")
    assert pairs_of(sheet(report, "12/1"))["First time stamp that covers it"] == "not yet time-stamped"
    assert "Not yet time-stamped: that these files existed" in words_of(sheet(report, "12/1"))


def test_a_token_that_failed_a_check_is_no_first_token(make_case, templates):
    snapshot = make_case("captures", "intl").snapshot()
    bad, good = snapshot.time_proofs
    failed = Committed(bad.ref, replace(bad.record, checks=dict(bad.record.checks) | {"chain": "not trusted"}))
    rows = pairs_of(sheet(built(replace(snapshot, time_proofs=(failed, good)), templates), "2/1"))
    assert "over checkpoint 9" in rows["First time stamp that covers it"]
    rows = pairs_of(sheet(built(replace(snapshot, time_proofs=(failed,)), templates), "2/1"))
    assert rows["First time stamp that covers it"] == "time-stamped, checks open or not passed"


def test_every_file_of_a_capture_stands_on_its_sheet_with_its_digest(make_case, make_view):
    report = make_view("captures", "intl", "en")
    for done in make_case("captures", "intl").snapshot().acquisitions:
        text = words_of(sheet(report, done.ref))
        for artifact in done.record.artifacts:
            commitment = (artifact.sealed or {}).get("commitment")
            assert (commitment or artifact.content_sha256) in text, (done.ref, artifact.role)


def test_embedded_media_stand_with_their_own_addresses(make_view):
    text = words_of(sheet(make_view("captures", "intl", "en"), "2/1"))
    assert "https://media.example.org/files/样片.mp4" in text
    assert "https://media.example.org/files/price-list.png?size=large" in text
    assert "rendition: largest of 3" in text


def test_more_media_than_fit_are_cut_by_a_stated_rule(make_case, templates):
    snapshot = make_case("captures", "intl").snapshot()
    first = snapshot.acquisitions[0]
    media = next(one for one in first.record.artifacts if one.role == "media")
    many = Committed(first.ref, replace(first.record, artifacts=(*first.record.artifacts, *[media] * MEDIA_SHOWN)))
    part = sheet(built(replace(snapshot, acquisitions=(many, *snapshot.acquisitions[1:])), templates), "2/1")
    assert f"{MEDIA_SHOWN} of {MEDIA_SHOWN + 2} are listed" in words_of(part)
    assert MEDIA_SHOWN in {len(block.rows) for block in part.blocks if isinstance(block, Table)}


def test_the_certificates_of_the_server_stand_in_the_order_of_the_chain(make_view):
    part = sheet(make_view("captures", "intl", "en"), "2/1")
    table = next(block for block in part.blocks if isinstance(block, Table) and len(block.columns) == 4
                 and block.columns[0].title == "Place")  # fmt: skip
    assert [row[0] for row in table.rows] == ["0", "1"]
    assert table.rows[0][1].startswith("Subject: CN=forum.example.org\nIssuer: CN=Example Issuing CA")
    assert table.rows[0][2] == "2026-10-01 00:00:00\n2027-01-01 00:00:00"
    assert table.rows[0][3] == digest("certificate 0")


def test_every_gap_of_a_capture_stands_on_its_sheet(make_case, make_view):
    report = make_view("captures", "intl", "en")
    for done in make_case("captures", "intl").snapshot().acquisitions:
        if done.record.item == "ITEM-0005":
            continue
        points = [text for block in sheet(report, done.ref).blocks if isinstance(block, Points) for text in block.items]
        assert len(points) == len(done.record.gaps)
        for gap, text in zip(done.record.gaps, points, strict=True):
            assert gap.what in text
            assert gap.detail in text


def test_the_first_view_stands_with_the_parts_of_the_page_up_to_a_stated_number(make_case, make_view):
    case, report = make_case("captures", "intl"), make_view("captures", "intl", "en")
    artifacts = case.snapshot().acquisitions[0].record.artifacts
    (gallery,) = (block for block in sheet(report, "2/1").blocks if isinstance(block, Gallery))

    def digests(role):
        return [one.digests.sha256 for one in artifacts if one.role == role]

    first, *parts = [picture.sha256 for picture in gallery.pictures]
    assert [first] == digests("screenshot-viewport")
    assert parts == digests("screenshot-full")[:TILES_SHOWN]
    assert "4 of 6 parts are shown" in words_of(sheet(report, "2/1"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_of_a_sealed_capture_or_of_the_operator_is_shown(make_view, language):
    texts = words_of(make_view("captures", "cn", language))
    assert [secret for secret in SECRETS if secret in texts] == []


def test_pictures_of_a_sealed_capture_are_never_opened(make_case, templates):
    case = make_case("captures", "cn")
    opened = set()

    def watch(sha256):
        opened.add(sha256)
        return case.open_blob(sha256)

    pdf.render(built(case.snapshot(), templates), pictures=Thumbnails(watch), templates=templates)
    sealed = {
        artifact.digests.sha256
        for done in case.snapshot().acquisitions
        for artifact in done.record.artifacts
        if artifact.sealed
    }
    assert opened
    assert opened.isdisjoint(sealed)


def test_a_single_sealed_file_of_an_open_capture_is_not_shown(make_case, templates):
    snapshot = make_case("captures", "intl").snapshot()
    first = snapshot.acquisitions[0]

    def seal(artifact: Artifact) -> Artifact:
        plain = {"plain": {"sha256": "ab" * 32, "blake3": "cd" * 32, "size": 5}}
        return replace(artifact, sealed=plain) if artifact.role == "screenshot-viewport" else artifact

    done = Committed(first.ref, replace(first.record, artifacts=tuple(map(seal, first.record.artifacts))))
    part = sheet(built(replace(snapshot, acquisitions=(done, *snapshot.acquisitions[1:])), templates), "2/1")
    assert isinstance(part.blocks[0], Paragraph)
    assert part.blocks[0].text == "Sealed, not shown"
    assert pairs_of(part)["Reached"] == fakes.GROUP


def test_hostile_titles_and_endless_addresses_are_visible_and_cut(make_view):
    rows = pairs_of(sheet(make_view("captures", "intl", "en"), "3/1"))
    assert rows["Title, as the page states"].startswith('</td><script>alert("1")</script>[U+202E]gpj.exe[U+0000] & <b>')
    assert rows["Title, as the page states"].endswith("长...")
    assert rows["Reached"].startswith("https://shop.example.org/path-path-")
    assert len(rows["Reached"]) == 503


def test_attempts_stand_in_their_order_with_the_changes_between_them_beneath(make_view):
    anchors = [one.anchor for one in section(make_view("captures", "intl", "en"), "item-ITEM-0001").sections]
    assert anchors == ["capture-2-1", "capture-8-0", "item-ITEM-0001-between", "item-ITEM-0001-findings"]
    part = section(make_view("captures", "intl", "en"), "item-ITEM-0001-between")
    assert rows_of(part) == ["11/2"]
    others = section(make_view("captures", "intl", "en"), "item-ITEM-0001-findings")
    assert "11/2" not in rows_of(others)
    assert rows_of(others)


def rows_of(part):
    """Gives the references in the table of findings; those that share a row stand in its text."""
    table = next(block for block in part.blocks if isinstance(block, Table) and block.columns[0].title == "Result")
    return [row[-1] for row in table.rows]


def test_a_later_error_page_does_not_take_the_place_of_what_was_captured(make_case):
    group = gather(make_case("captures", "intl").snapshot(), program="test 1").items[0]
    assert group.shown.ref == "2/1"
    assert group.original.role == "warc"


def test_an_attempt_that_reached_nothing_obtained_nothing_and_has_a_sheet(make_case, make_view):
    nothing = gather(make_case("captures", "intl").snapshot(), program="test 1").items[3]
    assert nothing.original is None
    part = sheet(make_view("captures", "intl", "en"), "3/5")
    assert pairs_of(part)["State of the page, judged by signs"] == "no answer"
    assert pairs_of(part)["Reached"] == "nothing was reached"
    assert "No picture of the first view was kept." in words_of(part)
    materials = next(block for block in section(make_view("captures", "intl", "en"), "materials").blocks
                     if isinstance(block, Table))  # fmt: skip
    assert next(row for row in materials.rows if row[0] == "ITEM-0004")[3] == "nothing was obtained"


STATES = (
    *("content", "http-error", "soft-error", "login-wall", "captcha", "consent-wall"),
    *("covered", "blank", "not-html", "no-answer"),
)
"""*Source:* docs/capture-record.md, the facts."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fixed_word_of_the_capture_record_has_a_name(templates, language):
    texts = templates.report[language]
    wanted = [f"page_state.{state}" for state in STATES]
    wanted += [f"second_fetch.{one}" for one in ("same", "differs", "refused", "failed", "not-made")]
    wanted += [f"role.{role}" for role in {*ATTEMPT_ROLES, *OF_PAGE, "media"}]
    assert [key for key in wanted if key not in texts] == []


def test_what_a_page_does_not_state_is_told_from_what_is_not_recorded(make_view):
    rows = pairs_of(sheet(make_view("captures", "intl", "en"), "3/1"))
    assert rows["Language, as the page states"] == "–"
    assert rows["Canonical link, as the page states"] == "not recorded"


def test_an_attempt_that_left_nothing_says_so(make_view):
    text = words_of(sheet(make_view("captures", "intl", "en"), "3/9"))
    assert "No file was kept." in text
    assert "item: failed (the browser crashed)" in text


def test_a_file_from_the_net_has_a_smaller_sheet_without_a_browser(make_view):
    part = sheet(make_view("captures", "intl", "en"), "3/3")
    rows = pairs_of(part)
    assert rows["Reached"] == fakes.CLIP + "?cdn=2"
    assert rows["User agent"] == "forensics/0.1"
    assert not rows.keys() & {"Browser", "Walked by hand by the operator", "Title, as the page states"}
    missing = [name for name, value in rows.items() if value == "not recorded"]
    assert missing == ["Access, as stated", "Legal basis, as stated"]
    text = words_of(part)
    assert "length declared: 4\nwhole: yes\nattempts: 2\nresumed: yes\n" in text
    assert "digest stated by the server: Content-MD5, md5, equal" in text
    assert not [block for block in part.blocks if isinstance(block, Gallery)]


def test_a_file_on_this_machine_has_no_sheet(make_case, make_view):
    items = gather(make_case("small", "intl").snapshot(), program="test 1").items
    assert [captures_of(facts, make_case("small", "intl")) for facts in items] == [(), ()]
    assert "capture" not in words_of(section(make_view("small", "intl", "en"), "observations"))


WRONG = {
    "nothing": None,
    "a text": "x\u202ey",
    "an empty text": "",
    "a number": 7,
    "a float": 1.5,
    "yes": True,
    "a list": ["a", {"b": None}, [1]],
    "an empty list": [],
    "a mapping": {"policy": ["x"], "state": {}, "url": 1, "ip": [1], "viewport_px": [None], "outcome": {"a": 1}},
}


@pytest.mark.parametrize("kind", WRONG)
def test_facts_of_an_unexpected_kind_are_shown_or_left_out(make_case, templates, kind):
    case = make_case("group", "intl")
    names = fakes.facts(case, "https://example.org")
    report = built(changed(case, "2/1", **dict.fromkeys(names, WRONG[kind])), templates)
    assert sheet(report, "2/1")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22", "2026-11-22T01:30:00", "\u0000", "9" * 40])
def test_a_time_of_another_form_is_no_time(text):
    assert moment(text) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_authenticity_table_says_where_captures_stand(make_view, templates, language):
    text = words_of(section(make_view("captures", "eu", language), "authenticity"))
    start = templates.report[language]["fact.web_yes"].partition("{")[0]
    assert start in text


@pytest.mark.parametrize("jurisdiction", ["cn", "us"])
def test_the_checks_before_captures_answer_the_questions_about_the_machine(make_view, jurisdiction):
    said = "Checks of machine, network and browser before captures: part\u00a05."
    assert said in words_of(section(make_view("captures", jurisdiction, "en"), "authenticity"))
    text = words_of(section(make_view("small", jurisdiction, "en"), "authenticity"))
    assert "before captures" not in text


def test_what_a_capture_cannot_show_is_among_the_limits(make_view, templates):
    for name, is_there in (("captures", True), ("small", False)):
        text = words_of(section(make_view(name, "intl", "en"), "limits"))
        assert all((one in text) is is_there for one in templates.report["en"]["limits.captures"])


def test_the_verification_page_has_the_command_for_open_archives_only(make_case, make_view, templates):
    text = words_of(section(make_view("captures", "intl", "en"), "verification"))
    digests = re.findall(r"warcio check data/blobs/([0-9a-f]{2})/([0-9a-f]{64})", text)
    archives = {
        artifact.digests.sha256
        for done in make_case("captures", "intl").snapshot().acquisitions
        for artifact in done.record.artifacts
        if artifact.role == "warc" and artifact.sealed is None
    }
    assert len(digests) == 2
    assert {one for _, one in digests} <= archives
    assert all(folder == one[:2] for folder, one in digests)
    sealed = [one for one in make_case("captures", "intl").snapshot().acquisitions if one.record.item == "ITEM-0005"]
    alone = replace(make_case("captures", "intl").snapshot(), acquisitions=tuple(sealed))
    assert "warcio" not in words_of(section(built(alone, templates), "verification"))
    assert "warcio" not in words_of(section(make_view("small", "intl", "en"), "verification"))


def test_the_catalogue_names_a_page_by_its_address_and_its_title(make_view):
    table = next(block for block in section(make_view("captures", "cn", "zh"), "catalogue").blocks
                 if isinstance(block, Table))  # fmt: skip
    row = table.rows[0]
    assert row[1] == "ITEM-0001\nhttps://example.org/g"
    assert row[2] == "电子数据（第十四条第（一）项）"
    assert row[4].startswith("《换脸交流群（2,013 成员）》；保存文件19个；共固定2次，此处为记录2/1")


def test_addresses_in_the_names_of_gaps_are_hidden_for_sealed_captures(make_view):
    table = next(block for block in section(make_view("captures", "intl", "en"), "anomalies").blocks
                 if isinstance(block, Table))  # fmt: skip
    row = next(row for row in table.rows if "ITEM-0005" in row[0])
    assert row[1] == "[not shown]"
    assert row[3] == "[not shown]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_capture_is_said_to_be_more_than_was_recorded(make_view, language):
    texts = words_of(make_view("captures", "cn", language).sections)
    claims = {
        "en": r"clean environment|environment (?:is|was) clean|tamper-proof|genuine page",
        "zh": r"环境清洁[，。]|清洁环境|符合(?:NF|该标准)|未被篡改|真实网页",
        "fr": r"environnement (?:est|était) sain|inviolable|page sincère|conforme à la norme",
    }
    assert re.findall(claims[language], texts) == []


def test_pictures_have_captions_with_the_beginning_of_their_digest(make_view):
    pictures = [
        picture
        for block in blocks_of(section(make_view("captures", "intl", "en"), "observations"))
        if isinstance(block, Gallery)
        for picture in block.pictures
    ]
    assert pictures
    assert all(isinstance(picture, Picture) and picture.sha256[:16] in picture.caption for picture in pictures)
    assert all(text for picture in pictures for text in strings(picture))
