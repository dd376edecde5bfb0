"""What the comparison of two captures states about pages of which it is known what was changed in between."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from forensics import plugins
from forensics.analyzers.recapture import RecaptureComparison, difference
from forensics.analyzers.recapture.side import Text
from forensics.errors import UsageError
from forensics.model import Artifact, Digests, Finding, GapReason, Name, Result, Stage
from forensics.web import warc
from forensics.web.exchange import Body, Exchange
from tests.fakes.evidence import FileEvidence, encoded

FIRST = datetime(2026, 11, 20, 9, 0, 0, 250000, tzinfo=UTC)
SECOND = FIRST + timedelta(days=2, seconds=1)
PAGE = "http://site.test/group"


@dataclass
class Kept:
    """A sink that remembers what was put into it, by name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, stream, *, role, name, media_type=None, seal=None, **facts) -> Artifact:
        content = stream.read()
        self.files[name] = content
        digests = Digests(hashlib.sha256(content).hexdigest(), "0" * 64, len(content))
        return Artifact(digests, role, Name(name), media_type, FIRST, facts)


@dataclass(frozen=True)
class Shot:
    """A capture in the making.

    Attributes:
        media: Address to bytes, or to the status with which it was answered.
        views: Names of the lists of texts that it has.
    """

    texts: tuple[str, ...] = ()
    status: int | None = 200
    state: str = "content"
    final_url: str = PAGE
    title: str = "Group"
    chain: str = "aa" * 32
    media: Mapping[str, bytes | int] = field(default_factory=dict)
    requested_url: str = PAGE
    views: tuple[str, ...] = ("seen", "text")
    partial: str = ""

    def write(self, path: Path, at: datetime) -> Path:
        """Writes the archive."""
        facts = {
            "requested_url": self.requested_url,
            "final_url": self.final_url,
            "status": self.status,
            "title": self.title,
            "canonical_url": None,
            "language": "en",
            "tls": {"chain_sha256": [self.chain], "subject": "CN=site.test"},
            "page_state": {"state": self.state, "signs": []},
        }
        resources = [warc.Resource(f"urn:capture:{PAGE}", json.dumps(facts).encode(), "application/json", at)]
        blocks = [{"text": one, "box_px": [0, 20 * i, 300, 18], "path": "p"} for i, one in enumerate(self.texts)]
        contents = {"seen": json.dumps({"texts": blocks}).encode(), "text": "\n".join(self.texts).encode()}
        resources += [warc.Resource(f"urn:{name}:{PAGE}", contents[name], "x/y", at) for name in self.views]
        path.unlink(missing_ok=True)
        warc.write(path, [*self._exchanges(path, at)], resources=resources, information={"a": "b"}, created_at=at)
        return path

    def _exchanges(self, path: Path, at: datetime) -> Iterable[Exchange]:
        page = b"<p>x</p>" if self.status else b""
        yield self._exchange(path, at, 1, self.final_url, page, "text/html", self.status)
        for number, (url, given) in enumerate(self.media.items(), 2):
            content, status = (b"", given) if isinstance(given, int) else (given, 200)
            yield self._exchange(path, at, number, f"http://site.test/{url}", content, "image/png", status)

    def _exchange(
        self, path: Path, at: datetime, number: int, url: str, content: bytes, kind: str, status: int | None
    ) -> Exchange:
        file = path.with_name(f"{path.name}-{number}")
        file.write_bytes(content)
        headers = [("Content-Type", kind)]
        if self.partial and url.endswith(self.partial):
            status = 206
            headers.append(("Content-Range", f"bytes 0-{len(content) - 1}/99999"))
        return Exchange(
            number=number,
            url=url,
            method="GET",
            started_at=at,
            ended_at=at,
            status=status or None,
            http_version="HTTP/1.1",
            response_headers=tuple(headers),
            body=Body(file, len(content)) if content else Body(),
            media_type=kind,
            is_navigation=number == 1,
            error="" if status else "net::ERR_FAILED",
        )


@pytest.fixture
def compare(tmp_path):
    def run(before: Shot, after: Shot, *, sink: Kept | None = None, **settings: Any) -> Finding:
        paths = before.write(tmp_path / "a.warc.gz", FIRST), after.write(tmp_path / "b.warc.gz", SECOND)
        evidence = tuple(map(FileEvidence, paths))
        (found,) = RecaptureComparison(**settings).examine(evidence, sink or Kept())
        return found

    return run


TEXTS = ("Choir practice", "2,013 members", "Who has the keys?", "They are in the drawer.")


def test_it_is_a_comparison_of_two_captures(tmp_path):
    assert isinstance(RecaptureComparison(), plugins.Comparison)
    one = FileEvidence(Shot(TEXTS).write(tmp_path / "a.warc.gz", FIRST))
    with pytest.raises(UsageError):
        list(RecaptureComparison().examine((one,), Kept()))


def test_two_equal_captures_have_no_difference(compare):
    shot = Shot(TEXTS, media={"a.png": b"one"})
    found = compare(shot, shot)
    assert (found.kind, found.stage, found.result) == ("page.recapture", Stage.COMPARE, Result.NOT_FOUND)
    assert len(found.subject) == 2
    assert found.values["bracket"] == {
        "last_seen_at": "2026-11-20T09:00:00.250000Z",
        "first_seen_changed_at": None,
        "first_seen_gone_at": None,
        "width_s": 172801.0,
    }


def test_a_text_that_was_taken_out_is_removed_between_two_moments(compare):
    found = compare(Shot(TEXTS), Shot(TEXTS[:2] + TEXTS[3:]))
    assert found.result is Result.FOUND
    assert found.values["texts"] | {"blocks": 0} == {
        "blocks": 0,
        "added": 0,
        "removed": 1,
        "changed": 0,
        "moved": 0,
        "counters": 0,
    }
    (removed,) = found.values["texts_removed"]
    assert removed == {"before": {"text": TEXTS[2], "box_px": [0, 40, 300, 18], "path": "p"}, "after": None}
    assert found.values["bracket"]["last_seen_at"] == "2026-11-20T09:00:00.250000Z"
    assert found.values["bracket"]["first_seen_changed_at"] == "2026-11-22T09:00:01.250000Z"
    assert "2026-11-20 09:00:00 UTC" in found.statement.text
    assert "2026-11-22 09:00:01 UTC" in found.statement.text


def test_a_counter_goes_from_one_number_to_another(compare):
    found = compare(Shot(TEXTS), Shot((TEXTS[0], "2,047 members", *TEXTS[2:])))
    assert found.values["texts"]["changed"] == found.values["texts"]["counters"] == 1
    (counter,) = found.values["counters"]
    assert counter["numbers"] == [["2,013", "2,047"]]


def test_texts_are_added_changed_and_moved(compare):
    after = ("They are in the drawer.", "Choir practice", "2,013 members", "Who has the key now?", "Bring cake")
    found = compare(Shot(TEXTS), Shot(after))
    kinds = {name: found.values["texts"][name] for name in ("added", "removed", "changed", "moved")}
    assert kinds == {"added": 1, "removed": 0, "changed": 1, "moved": 1}
    assert found.values["texts_added"][0]["after"]["text"] == "Bring cake"
    assert found.values["texts_changed"][0]["after"]["text"] == "Who has the key now?"


def test_lists_of_texts_without_places_are_compared_too(compare):
    found = compare(Shot(TEXTS, views=("text",)), Shot(TEXTS[:3], views=("text",)))
    assert found.values["texts"]["removed"] == 1
    assert found.values["texts_removed"][0]["before"]["box_px"] is None


def test_media_are_compared_by_address_and_by_bytes(compare):
    before = {"same.png": b"1", "new-bytes.png": b"2", "moved.png": b"3", "gone.png": b"4", "lost.png": b"5"}
    after = {"same.png": b"1", "new-bytes.png": b"22", "elsewhere.png": b"3", "gone.png": 404, "fresh.png": b"6"}
    found = compare(Shot(media=before), Shot(media=after))
    counts = {name: found.values["media"][name] for name in ("added", "removed", "changed", "moved")}
    assert counts == {"added": 1, "removed": 2, "changed": 1, "moved": 1}
    assert found.values["media_changed"][0]["before"]["sha256"] == hashlib.sha256(b"2").hexdigest()
    assert found.values["media_moved"][0]["after"]["url"] == "http://site.test/elsewhere.png"
    removed = {
        one["before"]["url"][-8:]: one["after"] and one["after"]["status"] for one in found.values["media_removed"]
    }
    assert removed == {"gone.png": 404, "lost.png": None}


def test_a_medium_that_was_recorded_in_part_is_neither_changed_nor_gone(compare):
    shot = Shot(media={"a.png": b"one"})
    found = compare(shot, replace(shot, media={"a.png": b"on"}, partial="a.png"))
    assert found.values["media"]["compared"] == [1, 0]
    assert found.result is Result.NOT_FOUND


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_not_there_any_more_is_gone_between_two_moments(compare, status):
    found = compare(Shot(TEXTS), Shot(("Not found",), status=status, state="http-error"))
    assert (found.statement.id, found.result) == ("recapture.gone", Result.FOUND)
    assert found.values["status"] == [200, status]
    assert found.values["bracket"]["first_seen_gone_at"] == "2026-11-22T09:00:01.250000Z"
    assert found.values["texts"] is None


WALLS = {
    "an error": ({"status": 503, "state": "http-error"}, "recapture.hidden", Result.FOUND),
    "turned away": ({"status": 403, "state": "http-error"}, "recapture.hidden", Result.FOUND),
    "a log-in": ({"state": "login-wall"}, "recapture.hidden", Result.INDETERMINATE),
    "a captcha": ({"state": "captcha"}, "recapture.hidden", Result.INDETERMINATE),
    "a blank page": ({"state": "blank"}, "recapture.hidden", Result.INDETERMINATE),
    "no answer": ({"status": None, "state": "no-answer"}, "recapture.silent", Result.INDETERMINATE),
}


@pytest.mark.parametrize(("about", "name", "result"), WALLS.values(), ids=WALLS)
def test_texts_behind_a_wall_are_not_called_removed(compare, about, name, result):
    found = compare(Shot(TEXTS), replace(Shot(("Please verify",)), **about))
    assert (found.statement.id, found.result) == (name, result)
    assert found.values["texts"] is None
    assert found.values["bracket"]["first_seen_gone_at"] is None
    assert found.gaps


def test_a_request_that_ends_elsewhere_is_said_to_do_so(compare):
    found = compare(Shot(TEXTS), Shot(("Home",), final_url="http://site.test/"))
    assert (found.statement.id, found.result) == ("recapture.redirected", Result.FOUND)
    assert found.values["final_url"] == [PAGE, "http://site.test/"]


@pytest.mark.parametrize(("about", "fact"), [({"title": "Another"}, "title"), ({"chain": "bb" * 32}, "certificate")])
def test_another_title_or_certificate_is_a_difference(compare, about, fact):
    found = compare(Shot(TEXTS), replace(Shot(TEXTS), **about))
    assert (found.result, found.values["differing_facts"]) == (Result.FOUND, [fact])


def test_captures_of_different_addresses_are_not_compared(compare):
    found = compare(Shot(TEXTS), Shot(TEXTS, requested_url="http://other.test/"))
    assert (found.statement.id, found.result) == ("recapture.other", Result.INDETERMINATE)
    assert [gap.why for gap in found.gaps] == [GapReason.NOT_APPLICABLE]


def test_a_capture_that_does_not_say_what_was_visible_leaves_texts_open(compare):
    found = compare(Shot(TEXTS), Shot(TEXTS, views=()))
    assert (found.result, found.values["texts"]) == (Result.INDETERMINATE, None)
    assert [gap.why for gap in found.gaps] == [GapReason.MISSING]


def test_more_texts_than_are_compared_are_a_gap(compare):
    shot = Shot(tuple(f"Line {number} of many" for number in range(20)))
    found = compare(shot, shot, max_texts=10)
    assert (found.result, {gap.why for gap in found.gaps}) == (Result.INDETERMINATE, {GapReason.LIMIT})


BROKEN = {
    "cut": lambda whole: whole[: len(whole) // 3],
    "another file": lambda _: b"hello",
    "nothing": lambda _: b"",
    "without facts": lambda _: gzip.compress(b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"),
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_a_broken_archive_costs_a_gap_and_no_crash(tmp_path, damage):
    paths = Shot(TEXTS).write(tmp_path / "a.warc.gz", FIRST), Shot(TEXTS).write(tmp_path / "b.warc.gz", SECOND)
    paths[1].write_bytes(damage(paths[1].read_bytes()))
    (found,) = RecaptureComparison().examine(tuple(map(FileEvidence, paths)), Kept())
    assert (found.result, len(found.gaps)) == (Result.INDETERMINATE, 1)


def test_the_table_has_every_difference_and_no_formula(compare):
    sink = Kept()
    found = compare(Shot(TEXTS, media={"a.png": b"1"}), Shot((*TEXTS, "=1+1")), sink=sink)
    rows = list(csv.DictReader(io.StringIO(sink.files["recapture-changes.csv"].decode())))
    assert [(row["what"], row["change"]) for row in rows] == [("text", "added"), ("medium", "removed")]
    assert rows[0]["after"] == "'=1+1"
    assert [one.role for one in found.attachments] == ["recapture-changes"]


def test_texts_of_a_sealed_capture_are_in_the_table_alone(tmp_path):
    class Sealed(FileEvidence):
        @property
        def artifact(self):
            plain = {"plain": {"sha256": super().artifact.digests.sha256, "size": 1}}
            return replace(super().artifact, sealed=plain)

    before, after = Shot(TEXTS, title="Private title"), Shot(("A secret word", "2,100 members"), title="Private title")
    paths = before.write(tmp_path / "a.warc.gz", FIRST), after.write(tmp_path / "b.warc.gz", SECOND)
    found = list(RecaptureComparison().examine(tuple(map(Sealed, paths)), sink := Kept()))
    said = b"".join(encoded(found)).decode()
    assert not any(text in said for text in (*TEXTS, "secret", "2,100", "Private"))
    assert b"A secret word" in sink.files["recapture-changes.csv"]


def test_a_second_run_gives_the_same_bytes_and_every_finding_has_its_limits(compare, tmp_path):
    found = compare(Shot(TEXTS, media={"a.png": b"1"}), Shot(TEXTS[1:], media={"b.png": b"1", "c.png": b"2"}))
    evidence = tuple(FileEvidence(tmp_path / name) for name in ("a.warc.gz", "b.warc.gz"))
    assert encoded([found]) == encoded(list(RecaptureComparison().examine(evidence, Kept())))
    assert found.limits
    assert found.alternatives


def test_very_frequent_texts_that_stay_are_no_difference():
    before = [Text("Reply") for _ in range(400)] + [Text("First")]
    after = [Text("Reply") for _ in range(400)] + [Text("Second thing entirely")]
    changes = difference.texts(before, after)
    assert [(one.kind, (one.before or one.after).text) for one in changes] == [
        ("removed", "First"),
        ("added", "Second thing entirely"),
    ]
