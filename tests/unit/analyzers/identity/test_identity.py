"""The comparison of faces with the photographs of a subject, on drawn persons."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest

from forensics.analyzers.identity import KIND, IdentityComparison
from forensics.analyzers.identity.distribution import read, shipped
from forensics.analyzers.identity.reference import read_reference
from forensics.errors import CodecError, UsageError
from forensics.faces.kept import MOST_CROP_PX, read_kept
from forensics.model import Finding, GapReason, Result
from tests.fakes.evidence import KeepingSink, encoded
from tests.fakes.kept_faces import MadeEvidence, content, drawn, photo, png, with_made

OVERCLAIMS = re.compile(r"\b(?:proves?|proven|authentic|fakes?|confirm(?:s|ed)?|genuine|deepfake)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("faces")


@pytest.fixture(scope="module")
def shown(folder):
    """A picture of person 0."""
    return content(folder, drawn((0,)))


def compare(*evidence: MadeEvidence, photos: int = 1) -> list[Finding]:
    comparison = IdentityComparison(subject="SUBJECT-0001", photo_count=photos)
    return list(comparison.examine(evidence, KeepingSink()))


def test_the_same_person_is_similar_and_never_found(folder, shown):
    (finding,) = compare(shown, photo(folder, 0))
    assert (finding.kind, finding.result) == (KIND, Result.INDETERMINATE)
    assert finding.values["strength"] == "consistent_with"
    assert finding.values["similarity"] > 0.6
    assert finding.values["subject"] == "SUBJECT-0001"
    assert finding.where[0]["track"] == "F1"


def test_another_person_is_not_found(folder, shown):
    (finding,) = compare(shown, photo(folder, 4))
    assert finding.result is Result.NOT_FOUND
    assert "strength" not in finding.values
    assert finding.values["similarity"] < 0.4


def test_the_subject_of_a_finding_is_the_content_and_all_photographs(folder, shown):
    photos = [photo(folder, 0), photo(folder, 0, take=3)]
    (finding,) = compare(shown, *photos, photos=2)
    assert finding.subject == tuple(one.artifact.content_sha256 for one in (shown, *photos))
    assert finding.values["photo_count"] == 2
    assert finding.values["photos_agree"] is True


def test_many_contents_get_a_finding_each(folder, shown):
    other = content(folder, drawn((3,)))
    findings = compare(shown, other, photo(folder, 0))
    assert [one.subject[0] for one in findings] == [one.artifact.content_sha256 for one in (shown, other)]
    assert [one.result for one in findings] == [Result.INDETERMINATE, Result.NOT_FOUND]


def test_of_several_faces_the_most_similar_is_named_and_all_are_listed(folder):
    (finding,) = compare(content(folder, drawn((1, 0))), photo(folder, 0))
    similar = {one["track"]: one["similarity"] for one in finding.values["tracks"]}
    assert finding.values["compared_track_count"] == 2
    assert finding.values["track"] == max(similar, key=similar.__getitem__)
    assert len(finding.where) == 1


def test_the_usual_similarities_stand_beside(folder, shown):
    (finding,) = compare(shown, photo(folder, 0))
    usual = finding.values["distributions"]
    assert set(usual) == {"unrelated", "same_person", "swapped_source"}
    assert usual["unrelated"]["median"] < usual["swapped_source"]["median"] < usual["same_person"]["median"]
    assert all(one["units"] > 0 and one["material"] and one["source"] for one in usual.values())


def test_photographs_of_two_persons_are_said_to_disagree(folder, shown):
    (finding,) = compare(shown, photo(folder, 0), photo(folder, 4), photos=2)
    assert finding.result is Result.INDETERMINATE
    assert finding.values["photos_agree"] is False
    assert finding.statement.id == "identity.disagreeing"
    assert "strength" not in finding.values


def test_a_small_face_is_not_suitable_and_says_why(folder):
    small = cv2.resize(drawn((0,)), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    (finding,) = compare(content(folder, small), photo(folder, 0))
    assert finding.result is Result.INDETERMINATE
    assert finding.values["similarity"] is None
    assert "small" in finding.values["unsuitable"]
    assert finding.statement.id == "identity.unsuitable"


def test_a_photograph_of_several_persons_is_left_open_unless_a_face_was_chosen(folder, shown):
    (finding,) = compare(shown, photo(folder, 1, 0))
    assert finding.values["unsuitable"] == ["several"]
    boxes = read_kept(content(folder, drawn((1, 0), 2))).tracks
    right = max((one.faces[0].box_px for one in boxes), key=lambda box: box[0])
    (chosen,) = compare(shown, photo(folder, 1, 0, face_box_px=list(right)))
    assert chosen.values["similarity"] > 0.6


@pytest.mark.parametrize("box", [[1, 2, 3], "x", [1, 2, 3, "4"], [True, 1, 2, 3], None, {}])
def test_a_box_that_is_none_counts_for_nothing(folder, box):
    assert read_reference([photo(folder, 0, face_box_px=box)]).usable


BROKEN = {
    "empty": b"",
    "random": np.random.default_rng(1).bytes(5000),
    "half": png(np.zeros((80, 80, 3), np.uint8))[:90],
    "huge": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_photograph_is_a_gap_and_never_not_found(folder, shown, name):
    (finding,) = compare(shown, MadeEvidence(BROKEN[name], folder))
    assert finding.result is Result.INDETERMINATE
    assert GapReason.UNREADABLE in {gap.why for gap in finding.gaps}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_picture_of_a_face_is_told(folder, shown, name):
    changed = with_made(shown, "face", [BROKEN[name]])
    (finding,) = compare(changed, photo(folder, 0))
    assert finding.result is Result.INDETERMINATE
    assert finding.values["left_out"] == [{"track": "F1", "reasons": ["no_picture"]}]


@pytest.mark.parametrize("table", [b"", b"{}", b"[]", b'{"version":2}', b'{"version":1,"tracks":"x"}'])
def test_a_broken_table_is_a_gap(folder, shown, table):
    (finding,) = compare(with_made(shown, "face-tracks", [table]), photo(folder, 0))
    assert finding.result is Result.INDETERMINATE
    assert finding.statement.id == "identity.unread"


def test_a_picture_of_a_face_that_is_too_large_is_not_decoded(shown):
    (best,) = read_kept(shown).tracks[0].faces
    large = png(np.zeros((MOST_CROP_PX + 1, 8, 3), np.uint8))
    digest = MadeEvidence(large, shown.folder).artifact.content_sha256
    table = shown.made["face-tracks"][0].content.replace(best.crop_sha256.encode(), digest.encode())
    changed = with_made(with_made(shown, "face-tracks", [table]), "face", [large])
    assert read_kept(changed).damage


def test_a_content_without_faces_is_not_found(folder, shown):
    table = json.loads(shown.made["face-tracks"][0].content)
    empty = json.dumps({**table, "tracks": []}, separators=(",", ":"), sort_keys=True).encode()
    (finding,) = compare(with_made(shown, "face-tracks", [empty]), photo(folder, 0))
    assert finding.result is Result.NOT_FOUND
    assert finding.values["similarity"] is None


def test_the_same_bytes_give_the_same_findings(folder, shown):
    assert encoded(compare(shown, photo(folder, 0))) == encoded(compare(shown, photo(folder, 0)))


def test_nothing_that_is_said_asserts_an_identity_or_holds_a_measure(folder, shown):
    cases = [(shown, photo(folder, 0)), (shown, photo(folder, 4)), (shown, photo(folder, 1, 0))]
    for finding in (one for case in cases for one in compare(*case)):
        for message in (finding.statement, *finding.limits, *finding.alternatives):
            assert message.text.endswith(".")
            assert "{" not in message.text
            assert not OVERCLAIMS.search(message.text)
        assert finding.limits
        assert "NIST" in " ".join(one.text for one in finding.limits)
        assert max(map(len, re.findall(r"\[[-0-9., ]*\]", json.dumps(finding.values)))) < 100


def test_without_a_photograph_nothing_is_compared(shown):
    with pytest.raises(UsageError):
        compare(shown, photos=1)
    with pytest.raises(UsageError):
        compare(shown, shown, photos=0)


def test_shipped_distributions_have_an_origin_and_their_calibration():
    usual = shipped()
    assert len(usual.corpus_sha256) == 64
    assert usual.calibration_sha256 is not None
    assert usual.unrelated.units > 20


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"measure": 1}'])
def test_distributions_that_are_none_are_refused(text):
    with pytest.raises(CodecError):
        read(text)
