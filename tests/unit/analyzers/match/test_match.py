"""Copies within a case: what is found, what is told apart, and what is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from forensics.analyzers.match import KIND, MatchComparison
from forensics.model import Finding, Result
from tests.fakes.evidence import KeepingSink, encoded
from tests.fakes.footage import PrintedEvidence, clip, frames, printed, scene, still

CAPTION = (
    "drawbox=x=0:y=ih*0.82:w=iw:h=ih*0.12:color=black@1:t=fill,drawbox=x=iw*0.1:y=ih*0.86:w=iw*0.8:h=ih*0.03:t=fill"
)
CROP = "crop=trunc(iw*0.9/2)*2:trunc(ih*0.9/2)*2"
ALL = f"{CROP},hflip,{CAPTION},scale=iw*0.75:ih*0.75,eq=brightness=0.05:contrast=1.1"


def matched(*contents: PrintedEvidence) -> list[Finding]:
    return list(MatchComparison().examine(contents, KeepingSink()))  # type: ignore[arg-type]


def groups(*contents: PrintedEvidence) -> list[set[str]]:
    """Gives the groups by the names of the files."""
    names = {one.artifact.content_sha256: one.artifact.name.display for one in contents}
    return [
        {names[member["sha256"]] for member in one.values["members"]}
        for one in matched(*contents)
        if one.values["about"] == "group"
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("footage")


@pytest.fixture(scope="module")
def original(folder) -> PrintedEvidence:
    return printed(clip(frames(1, 6), folder / "original.mp4"), "ITEM-0001")


@pytest.fixture(scope="module")
def other(folder) -> PrintedEvidence:
    return printed(clip(frames(2, 6), folder / "other.mp4"), "ITEM-0002")


VARIANTS = {
    "compressed": ("null", 35, (0, 60)),
    "reduced": ("scale=iw/2:ih/2", 24, (0, 60)),
    "cropped": (CROP, 24, (0, 60)),
    "mirrored": ("hflip", 24, (0, 60)),
    "captioned": (CAPTION, 24, (0, 60)),
    "trimmed": ("null", 24, (13, 47)),
    "all together": (ALL, 32, (11, 51)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_changed_copy_of_a_clip_is_found_and_unrelated_footage_is_not(name, folder, original, other):
    chain, crf, (first, last) = VARIANTS[name]
    copy = printed(clip(frames(1, 6)[first:last], folder / "copy.mp4", chain=chain, crf=crf))
    assert groups(original, other, copy) == [{"original.mp4", "copy.mp4"}]
    (finding,) = (one for one in matched(original, other, copy) if one.values["about"] == "group")
    (pair,) = finding.values["pairs"]
    assert (finding.kind, finding.result, pair["relation"]) == (KIND, Result.FOUND, "same_footage")
    assert pair["mirrored"] == (name in ("mirrored", "all together"))
    assert pair["cropped"] == (name in ("cropped", "all together"))
    assert pair["offset_s"] == pytest.approx(-first / 10, abs=0.15)
    assert pair["overlap_s"] == pytest.approx((last - first) / 10, abs=0.5)


def test_a_clip_of_which_a_part_was_replaced_is_in_the_group_of_its_source(folder, original):
    shown = frames(1, 6)
    for number, picture in enumerate(shown):
        cv2.ellipse(picture, (160, 80), (36, 48), 0, 0, 360, (90 + number % 9, 120, 200), -1)
    assert groups(original, printed(clip(shown, folder / "replaced.mp4"))) == [{"original.mp4", "replaced.mp4"}]


def test_another_moment_of_one_scene_is_no_match_and_is_named(folder, original):
    take = printed(clip(frames(1, 6, motion=77), folder / "take.mp4"))
    (finding,) = matched(original, take)
    assert finding.result is Result.NOT_FOUND
    assert [one["relation"] for one in finding.values["refused"]] == ["another_moment"]
    assert finding.values["content_count"] == 2
    assert "1 pairs of all files show a similar scene" in finding.statement.text


def test_a_shared_intro_is_named_and_joins_nothing(folder, original, other):
    intro = frames(9, 3)
    first = printed(clip(intro + frames(3, 8), folder / "first.mp4"))
    second = printed(clip(intro + frames(4, 8), folder / "second.mp4"))
    findings = matched(original, first, second)
    assert [one.values["about"] for one in findings] == ["shared_passage", "none"]
    assert findings[0].result is Result.FOUND
    assert findings[0].values["pairs"][0]["overlap_s"] == pytest.approx(3, abs=0.4)
    assert "template" in " ".join(one.id for one in findings[0].alternatives)
    assert set(findings[1].subject) == {original.artifact.content_sha256}


def test_a_shared_second_is_no_match(folder):
    intro = frames(9, 1)
    first = printed(clip(intro + frames(3, 6), folder / "first.mp4"))
    second = printed(clip(intro + frames(4, 6), folder / "second.mp4"))
    (finding,) = matched(first, second)
    assert finding.result is Result.NOT_FOUND


def test_a_frame_of_a_clip_is_found(folder, original):
    picture = printed(still(frames(1, 6)[23], folder / "frame.jpg", quality=60))
    (finding,) = matched(original, picture)
    (pair,) = finding.values["pairs"]
    assert (finding.values["about"], pair["relation"], pair["overlap_s"]) == ("group", "frame_of_clip", None)


@pytest.mark.parametrize("change", ["quality", "half", "crop", "mirror"])
def test_a_changed_copy_of_a_picture_is_found(change, folder):
    picture = scene(21)
    changed = {
        "quality": picture,
        "half": cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "crop": picture[9:-9, 16:-16],
        "mirror": picture[:, ::-1],
    }[change]
    contents = [printed(still(scene(seed), folder / f"{seed}.jpg")) for seed in (21, 22, 23)]
    copy = printed(still(np.ascontiguousarray(changed), folder / "copy.jpg", quality=40))
    assert groups(*contents, copy) == [{"21.jpg", "copy.jpg"}]


def test_pictures_that_share_a_template_are_named_and_joined_to_nothing(folder):
    first, second = scene(31), scene(32)
    second[:80] = first[:80]
    findings = matched(printed(still(first, folder / "a.jpg")), printed(still(second, folder / "b.jpg")))
    (finding,) = findings
    assert (finding.result, finding.values["about"]) == (Result.INDETERMINATE, "shared_part")
    assert finding.values["strength"] == "consistent_with"


def page(seed: int) -> np.ndarray:
    """Draws a typed page under a letterhead."""
    chance = np.random.default_rng(seed)
    picture = np.full((700, 500, 3), 250, np.uint8)
    cv2.putText(picture, "DISTRICT COURT", (130, 50), 0, 0.9, (0, 0, 0), 2)
    cv2.circle(picture, (70, 40), 25, (60, 60, 160), 3)
    for line in range(26):
        letters = "".join(chr(one) for one in chance.choice([*range(97, 123), 32, 32, 32], 48))
        cv2.putText(picture, letters, (35, 100 + 22 * line), 0, 0.45, (20, 20, 20), 1)
    return picture


def test_typed_pages_of_one_letterhead_are_not_one_picture(folder):
    contents = [printed(still(page(seed), folder / f"page{seed}.jpg")) for seed in range(4)]
    copy = printed(still(page(2), folder / "copy.jpg", quality=50))
    findings = matched(*contents, copy)
    assert groups(*contents, copy) == [{"page2.jpg", "copy.jpg"}]
    assert all(one.result is not Result.FOUND for one in findings[1:])


def test_pairs_that_share_a_part_are_told_together(folder):
    first = scene(31)
    contents = []
    for seed in (32, 33, 34):
        picture = scene(seed)
        picture[:80] = first[:80]
        contents.append(printed(still(picture, folder / f"{seed}.jpg")))
    (finding,) = matched(*contents)
    assert (finding.values["about"], len(finding.values["pairs"]), len(finding.subject)) == ("shared_part", 3, 3)


def test_a_logo_that_unrelated_pictures_share_is_no_match(folder):
    first, second = scene(33), scene(34)
    for picture in (first, second):
        picture[6:36, 6:60] = cv2.resize(scene(35), (54, 30), interpolation=cv2.INTER_AREA)
    (finding,) = matched(printed(still(first, folder / "a.jpg")), printed(still(second, folder / "b.jpg")))
    assert finding.result is Result.NOT_FOUND


def test_items_of_one_content_are_named_as_such(original):
    again = PrintedEvidence(original.evidence, original.fingerprint, ("ITEM-0001", "ITEM-0007"))
    (finding, rest) = matched(again)
    assert (finding.values["about"], finding.values["copy_count"]) == ("identical", 2)
    assert finding.statement.text == "G1: 2 items have one and the same content, byte by byte."
    assert rest.result is Result.NOT_FOUND


def test_every_copy_is_counted(folder, original):
    again = PrintedEvidence(original.evidence, original.fingerprint, ("ITEM-0001", "ITEM-0007"))
    copy = printed(clip(frames(1, 6), folder / "copy.mp4", crf=30), "ITEM-0003")
    (finding,) = matched(again, copy)
    assert (finding.values["copy_count"], finding.values["content_count"]) == (3, 2)
    assert [one["items"] for one in finding.values["members"]] == [["ITEM-0001", "ITEM-0007"], ["ITEM-0003"]]


def test_parts_of_one_clip_that_share_nothing_are_joined_through_it_and_this_is_said(folder, original):
    shown = frames(1, 6)
    first = printed(clip(shown[:28], folder / "first.mp4"))
    last = printed(clip(shown[32:], folder / "last.mp4"))
    (finding, *_) = matched(original, first, last)
    assert finding.values["content_count"] == 3
    assert finding.values["is_chained"]
    assert "match.limit.chained" in [one.id for one in finding.limits]


def test_black_footage_is_not_compared_and_never_not_found(folder):
    black = [np.zeros((180, 320, 3), np.uint8)] * 30
    contents = [printed(clip(black, folder / f"{number}.mp4", crf=20 + number)) for number in range(2)]
    (finding,) = matched(*contents)
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps
    assert len(finding.subject) == 2


def test_an_unreadable_fingerprint_is_told_and_the_others_are_compared(folder, original):
    copy = printed(clip(frames(1, 6), folder / "copy.mp4", crf=30))
    broken = PrintedEvidence(printed(still(scene(1), folder / "x.jpg")).evidence, b"FPRINT1\nxxxx")
    none = PrintedEvidence(printed(still(scene(2), folder / "y.jpg")).evidence, b"")
    findings = matched(original, broken, copy, none)
    assert [one.values["about"] for one in findings] == ["group", "left_out"]
    assert findings[1].result is Result.INDETERMINATE
    assert set(findings[1].subject) == {broken.artifact.content_sha256, none.artifact.content_sha256}


def test_nothing_at_all_is_indeterminate():
    (finding,) = matched()
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps


def test_the_same_contents_give_the_same_bytes(folder, original, other):
    copy = printed(clip(frames(1, 6), folder / "copy.mp4", chain=ALL, crf=30))
    assert encoded(matched(original, other, copy)) == encoded(matched(original, other, copy))


def test_every_finding_has_limits_and_every_match_an_innocent_explanation(folder, original, other):
    copy = printed(clip(frames(1, 6), folder / "copy.mp4", crf=30))
    for finding in matched(original, other, copy):
        assert finding.limits
        assert finding.alternatives or finding.result is Result.NOT_FOUND
