from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from PIL import Image

from forensics import codec
from forensics.analyzers.faces import FacesAnalyzer
from forensics.faces.face import embedding, find
from forensics.faces.similarity import cosine
from forensics.faces.table import read_table
from forensics.model import Gap, GapReason, Result
from tests.fakes.evidence import by_kind, encoded
from tests.fakes.invented_swap import encode
from tests.unit.analyzers.faces.material import beside, fed, frames, grey, portrait


def test_a_face_is_found_where_it_was_drawn(tmp_path):
    found = fed(tmp_path, frames([beside(grey(), portrait(3))]), is_picture=True)
    (track,) = found.tracks
    assert found.faces.result is Result.FOUND
    assert (track["id"], track["frame_count"], track["ranges_s"]) == ("F1", 1, [[0.0, 0.0]])
    (place,) = found.faces.where
    left, top, width, height = place["box_px"]
    assert 320 + 100 < left + width / 2 < 320 + 220  # the eyes are drawn in the middle of the right half
    assert 60 < top + height / 2 < 160
    assert found.faces.values["sampling_hz"] is None
    assert found.faces.values["duration_s"] is None


def test_the_largest_face_of_a_still_is_the_first(tmp_path):
    found = fed(tmp_path, frames([beside(portrait(9, face=0.3), portrait(3))]), is_picture=True)
    assert [one["id"] for one in found.tracks] == ["F1", "F2"]
    assert found.tracks[0]["width_px"][1] > found.tracks[1]["width_px"][1]


def test_a_person_through_a_clip_is_one_track_with_its_times(tmp_path):
    pictures = [*[grey()] * 5, *[np.roll(portrait(3), i, axis=1) for i in range(10)], *[grey()] * 8]
    found = fed(tmp_path, frames(pictures))
    (track,) = found.tracks
    assert (track["start_s"], track["end_s"], track["frame_count"]) == (1.0, 2.8, 10)
    assert found.faces.values["duration_s"] == pytest.approx(4.4)
    assert found.faces.values["frame_count"] == 23


def test_a_face_that_is_hidden_for_a_moment_keeps_its_track_and_has_two_stretches(tmp_path):
    hidden = portrait(3).copy()
    hidden[40:200, 80:240] = 90
    found = fed(tmp_path, frames([*[portrait(3)] * 4, *[hidden] * 3, *[portrait(3)] * 4]))
    (track,) = found.tracks
    assert track["ranges_s"] == [[0.0, 0.6], [1.4, 2.0]]


def test_a_face_that_was_away_for_longer_has_a_new_track(tmp_path):
    hidden = portrait(3).copy()
    hidden[40:200, 80:240] = 90
    found = fed(tmp_path, frames([*[portrait(3)] * 3, *[hidden] * 8, *[portrait(3)] * 3]))
    assert [one["ranges_s"] for one in found.tracks] == [[[0.0, 0.4]], [[2.2, 2.6]]]


def test_a_cut_to_another_person_in_the_same_place_begins_a_new_track(tmp_path):
    found = fed(tmp_path, frames([*[portrait(3)] * 4, *[portrait(9)] * 4]))
    assert [(one["start_s"], one["end_s"]) for one in found.tracks] == [(0.0, 0.6), (0.8, 1.4)]


def test_two_persons_at_once_have_two_tracks(tmp_path):
    found = fed(tmp_path, frames([beside(portrait(3), portrait(9))] * 4))
    assert [one["frame_count"] for one in found.tracks] == [4, 4]


def test_frames_that_stand_for_long_are_not_torn_into_stretches(tmp_path):
    found = fed(tmp_path, frames([portrait(3)] * 4, step_s=0.5))
    (track,) = found.tracks
    assert track["ranges_s"] == [[0.0, 1.5]]


def test_a_frame_that_was_made_smaller_gives_places_of_the_clip_itself(tmp_path):
    whole = fed(tmp_path, frames([portrait(3)] * 2))
    double = fed(tmp_path, frames([portrait(3)] * 2, scale=0.5))
    assert double.faces.values["width_px"] == 2 * whole.faces.values["width_px"]
    assert double.faces.where[0]["box_px"] == pytest.approx([2 * v for v in whole.faces.where[0]["box_px"]], abs=1)
    best = read_table(double.sink.contents["face-tracks"]).tracks[0].best[0]
    assert best.scale == pytest.approx(0.5)


def test_a_face_in_a_single_frame_counts_where_it_is_surely_one(tmp_path):
    pictures = [*[grey()] * 3, portrait(3), *[grey()] * 8]
    sure = fed(tmp_path, frames(pictures))
    doubtful = fed(tmp_path, frames(pictures), analyzer=FacesAnalyzer(sure_score=0.999))
    assert len(sure.tracks) == 1
    assert doubtful.tracks == []
    assert doubtful.faces.result is Result.NOT_FOUND
    assert doubtful.faces.values["doubtful_count"] == 1
    assert "faces.limit.doubtful" in [one.id for one in doubtful.faces.limits]


def test_a_face_in_a_single_frame_that_stands_for_a_second_counts(tmp_path):
    slides = frames([grey(), portrait(3), grey()], step_s=1.0)
    assert len(fed(tmp_path, slides, analyzer=FacesAnalyzer(sure_score=0.999)).tracks) == 1


def test_no_face_in_textures(tmp_path):
    random = np.random.default_rng(1)
    noise = [random.integers(0, 255, (240, 320, 3), np.uint8) for _ in range(4)]
    cells = [np.kron(random.integers(0, 255, (15, 20, 3), np.uint8), np.ones((16, 16, 1), np.uint8)) for _ in range(4)]
    found = fed(tmp_path, frames([*noise, *cells, *[grey()] * 2]))
    assert found.faces.result is Result.NOT_FOUND
    assert found.faces.statement.id == "faces.none.clip"
    assert found.faces.limits
    assert read_table(found.sink.contents["face-tracks"]).tracks == ()
    assert "face" not in found.sink.contents


def test_a_small_face_is_found_but_not_suitable(tmp_path):
    small = np.asarray(Image.fromarray(portrait(3)).resize((110, 82), Image.Resampling.BOX))
    canvas = np.full((480, 640, 3), 120, np.uint8)
    canvas[100:182, 300:410] = small
    (track,) = fed(tmp_path, frames([canvas]), is_picture=True).tracks
    assert track["suitable"] is False
    assert track["reasons"][0] == "small"
    assert len(track["best"]) == 1


def test_kept_pictures_show_the_face_and_say_where_it_was(tmp_path):
    canvas = beside(grey(), portrait(3))
    found = fed(tmp_path, frames([canvas] * 12))
    table = read_table(found.sink.contents["face-tracks"])
    (track,) = table.tracks
    crops = {hashlib.sha256(content).hexdigest(): content for role, content in found.sink.kept if role == "face"}
    assert len(track.best) == 3  # 0.0 to 2.2 s, a second apart
    assert len({round(one.time_s) for one in track.best}) == 3
    for best in track.best:
        with Image.open(io.BytesIO(crops[best.crop_sha256])) as image:
            pixels = np.asarray(image)[:, :, ::-1]
        (x, y), (left, top) = best.crop_landmarks_px[0], best.landmarks_px[0]
        here, there = pixels[round(y), round(x)], canvas[round(top), round(left)]
        assert here.tolist() == there.tolist()
        again = find(np.ascontiguousarray(pixels))[0]
        assert cosine(embedding(np.ascontiguousarray(pixels), again), embedding(canvas, find(canvas)[0])) > 0.9


def test_a_large_face_is_kept_at_320_pixels(tmp_path):
    large = np.asarray(Image.fromarray(portrait(3)).resize((1280, 960), Image.Resampling.BICUBIC))
    found = fed(tmp_path, frames([large]), is_picture=True)
    with Image.open(io.BytesIO(found.sink.contents["face"])) as image:
        assert max(image.size) == 320
    (best,) = read_table(found.sink.contents["face-tracks"]).tracks[0].best
    assert best.scale == pytest.approx(320 / 960)  # the margin ends at the edges of the picture, 960 px high


def test_names_and_facts_of_what_is_kept(tmp_path):
    found = fed(tmp_path, frames([portrait(3)] * 6))
    roles = [one.role for one in found.faces.attachments]
    assert roles == ["face-tracks", "face-timeline", "face", "face"]
    names = [str(one.name) for one in found.faces.attachments]
    assert names[0] == "faces.json"
    crops = [one for one in found.faces.attachments if one.role == "face"]
    for one, best in zip(crops, found.tracks[0]["best"], strict=True):
        assert str(one.name) == f"F1-{best['time_s']:08.3f}s.png"
        assert one.facts == {"track": "F1", "time_s": best["time_s"]}
        assert one.content_sha256 == best["crop_sha256"]


def test_a_still_has_no_time_line(tmp_path):
    assert "face-timeline" not in fed(tmp_path, frames([portrait(3)]), is_picture=True).sink.contents


def test_no_measure_of_a_face_is_computed(tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("a face was measured")

    monkeypatch.setattr("forensics.faces.face.measure", refuse)
    monkeypatch.setattr("forensics.faces.track.measure", refuse)
    assert fed(tmp_path, frames([portrait(3)] * 3)).tracks


def test_equal_frames_give_equal_findings(tmp_path):
    pictures = [beside(portrait(3), portrait(9))] * 3
    first, second = fed(tmp_path, frames(pictures)), fed(tmp_path, frames(pictures))
    assert encoded(first.findings) == encoded(second.findings)
    assert first.sink.kept == second.sink.kept


def test_what_could_not_be_decoded_is_a_gap_and_never_not_found(tmp_path):
    gap = Gap("frames", GapReason.UNREADABLE, "broken")
    unread = fed(tmp_path, [], gaps=(gap,))
    assert (unread.faces.result, unread.faces.gaps) == (Result.INDETERMINATE, (gap,))
    assert unread.sink.kept == []
    silent = fed(tmp_path, [])
    assert silent.faces.gaps[0].why is GapReason.MISSING
    part = fed(tmp_path, frames([grey()] * 3), gaps=(gap,))
    assert (part.faces.result, part.faces.statement.id) == (Result.INDETERMINATE, "faces.none.part")
    seen = fed(tmp_path, frames([portrait(3)] * 3), gaps=(gap,))
    assert (seen.faces.result, seen.faces.gaps) == (Result.FOUND, (gap,))


def test_a_crowd_is_followed_in_part_and_says_so(tmp_path):
    crowd = beside(portrait(3), portrait(9), portrait(4))
    found = fed(tmp_path, frames([crowd] * 3), analyzer=FacesAnalyzer(max_faces=2))
    assert len(found.tracks) == 2
    assert [(gap.what, gap.why) for gap in found.faces.gaps] == [("faces", GapReason.LIMIT)]


def test_many_tracks_are_recorded_in_part_and_counted_all(tmp_path):
    pictures = [portrait(seed) for seed in (3, 3, 3, 9, 9, 4, 4, 4, 4)]
    found = fed(tmp_path, frames(pictures), analyzer=FacesAnalyzer(max_tracks=2))
    assert found.faces.values["track_count"] == 3
    assert [one["frame_count"] for one in found.tracks] == [3, 4]  # the shortest was left out
    assert [gap.why for gap in found.faces.gaps] == [GapReason.LIMIT]


def test_the_eyes_of_a_portrait_cut_by_the_alignment_lie_where_generators_put_them(tmp_path):
    face = find(portrait(3))[0]
    (right_x, right_y), (left_x, left_y) = face.landmarks_px[:2]
    side = (left_x - right_x) / (0.615 - 0.385)
    left, top = (right_x + left_x) / 2 - side / 2, (right_y + left_y) / 2 - 0.48 * side
    box = (round(left), round(top), round(left + side), round(top + side))
    cut = np.asarray(Image.fromarray(portrait(3)).crop(box))
    found = [fed(tmp_path, frames([one]), is_picture=True).findings[1] for one in (cut, portrait(3))]
    assert [one.kind for one in found] == ["face.eye_layout"] * 2
    assert [one.result for one in found] == [Result.INDETERMINATE, Result.NOT_FOUND]
    assert found[0].values["strength"] == "consistent_with"
    assert found[0].values["distance"] <= 0.03 < found[1].values["distance"]
    assert "1 of 100" in found[0].statement.text
    assert found[0].alternatives


def test_a_clip_has_no_eye_layout(tmp_path):
    assert [one.kind for one in fed(tmp_path, frames([portrait(3)] * 2)).findings] == ["faces.detected"]


def test_findings_hold_values_that_can_be_recorded(tmp_path):
    (found,) = fed(tmp_path, frames([portrait(3)] * 3)).findings
    json.loads(codec.canonical(codec.encode(found)))
    assert {"id", "start_s", "end_s", "ranges_s", "frame_count", "width_px", "suitable", "reasons", "best"} <= set(
        found.values["tracks"][0]
    )


def test_a_real_clip_is_decoded_and_followed(tmp_path):
    clip = encode([*[portrait(3)] * 8, *[grey()] * 2], tmp_path / "a.mp4", rate_hz=5)
    found = by_kind(FacesAnalyzer(), clip)["faces.detected"]
    (track,) = found.values["tracks"]
    assert (track["start_s"], track["end_s"], track["frame_count"]) == (0.0, 1.4, 8)
    assert [tool.name for tool in found.tools] == ["opencv", "yunet"]


def test_a_real_picture_is_decoded_as_it_is_shown(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    Image.fromarray(portrait(3)[:, :, ::-1]).transpose(Image.Transpose.ROTATE_90).save(
        tmp_path / "a.jpg", exif=exif, quality=95
    )
    found = by_kind(FacesAnalyzer(), tmp_path / "a.jpg")["faces.detected"]
    assert (found.values["width_px"], found.values["height_px"]) == (320, 240)
    assert found.values["track_count"] == 1


HOSTILE = {
    "empty": b"",
    "random": np.random.default_rng(0).bytes(4000),
    "half a header": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a promise of many pixels": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x7f\xff\xff\xff" * 2 + b"\x08\x02\0\0\0",
    "a film without pictures": b"\0\0\0\x18ftypisom\0\0\0\0isomiso2",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes_are_a_gap(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    found = by_kind(FacesAnalyzer(), tmp_path / "a.png")["faces.detected"]
    assert found.result is Result.INDETERMINATE
    assert found.gaps


def test_pictures_of_one_pixel_have_no_face(tmp_path):
    for shape in ((1, 1, 3), (1, 900, 3), (900, 1, 3)):
        assert fed(tmp_path, frames([np.zeros(shape, np.uint8)]), is_picture=True).faces.result is Result.NOT_FOUND
