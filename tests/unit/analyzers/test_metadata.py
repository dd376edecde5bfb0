"""What the metadata analyzer states about files whose metadata were written by Pillow and FFmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from forensics.analyzers.metadata import MetadataAnalyzer
from forensics.model import GapReason, Result
from tests.fakes.evidence import by_kind, encoded, examine

XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" {attributes}>{body}</rdf:Description></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
)
HISTORY = (
    '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="created" stEvt:softwareAgent="Maker 1" '
    'stEvt:when="2020-01-02T03:04:05+02:00"/><rdf:li stEvt:action="saved" stEvt:softwareAgent="Editor 2" '
    'stEvt:when="2020-01-03T03:04:05+02:00"/></rdf:Seq></xmpMM:History>'
)


@pytest.fixture
def picture(tmp_path):
    """Writes a JPEG file with EXIF and XMP through Pillow."""

    def write(
        tags: dict[int, object] | None = None,
        details: dict[int, object] | None = None,
        gps: dict[int, object] | None = None,
        **options: object,
    ) -> Path:
        exif = Image.Exif()
        exif.update(tags or {})
        exif.get_ifd(IFD.Exif).update(details or {})
        exif.get_ifd(IFD.GPSInfo).update(gps or {})
        path = tmp_path / "picture.jpg"
        Image.new("RGB", (16, 8), "blue").save(path, "JPEG", exif=exif, **options)
        return path

    return write


def findings(path: Path, **settings: object):
    return by_kind(MetadataAnalyzer(**settings), path)


def contradictions(path: Path):
    found = examine(MetadataAnalyzer(), path)
    return [finding for finding in found if finding.kind == "metadata.contradiction"]


def times_of(path: Path) -> dict[str, dict[str, object]]:
    return {one["tag"]: one for one in findings(path)["metadata.times"].values["times"]}


def tags_of(path: Path, **settings: object) -> dict[str, object]:
    rows = findings(path, **settings)["metadata.tags"].values["tags"]
    return {f"{row['group']}:{row['name']}": row["value"] for row in rows}


TAKEN = {Base.DateTimeOriginal: "2020:05:01 10:00:00"}


def test_every_tag_is_kept_with_its_group(picture):
    path = picture({Base.Make: "Maker", Base.Model: "M 1"}, {Base.ExposureTime: 0.01, Base.ISOSpeedRatings: 100})
    tags = tags_of(path)
    assert tags["EXIF:IFD0:Make"] == "Maker"
    assert tags["EXIF:ExifIFD:ExposureTime"] == "1/100"
    assert tags["EXIF:ExifIFD:ISO"] == 100
    assert tags["File:ImageWidth"] == 16


def test_nothing_of_the_stored_copy_is_among_the_tags(picture):
    found = findings(picture({Base.Make: "Maker"}))
    names = {row["name"] for row in found["metadata.tags"].values["tags"]}
    assert not names & {"FileName", "Directory", "SourceFile", "FilePermissions", "ExifToolVersion"}
    assert not {name for name in names if name.startswith(("FileModify", "FileAccess", "FileInode"))}
    assert "picture" not in str(encoded([*found.values()]))


def test_a_file_without_metadata_is_not_found_and_says_that_this_is_common(picture):
    found = findings(picture())
    tags = found["metadata.tags"]
    assert tags.result is Result.NOT_FOUND
    assert "metadata.limit.stripped" in [limit.id for limit in tags.limits]
    assert {one.result for kind, one in found.items() if kind != "metadata.contradiction"} == {Result.NOT_FOUND}
    assert found["metadata.contradiction"].result is Result.INDETERMINATE


def test_the_comment_of_a_jpeg_file_is_metadata(picture):
    path = picture(comment=b"made by hand")
    found = findings(path)
    assert found["metadata.tags"].result is Result.FOUND
    assert tags_of(path)["File:Comment"] == "made by hand"


def test_a_text_that_is_not_utf_8_keeps_its_bytes(picture):
    comment = "张三拍摄".encode("gb18030")
    assert tags_of(picture(comment=comment))["File:Comment"]["raw_hex"] == comment.hex()


def test_a_question_mark_in_a_text_costs_nothing(picture):
    assert tags_of(picture({Base.ImageDescription: "Where?"}))["EXIF:IFD0:ImageDescription"] == "Where?"


def test_a_long_value_is_cut_and_the_gap_says_so(picture):
    path = picture({Base.ImageDescription: "word " * 2000})
    finding = findings(path, max_text=100)["metadata.tags"]
    (row,) = [row for row in finding.values["tags"] if row["name"] == "ImageDescription"]
    assert row["value"]["start"] == ("word " * 20)
    assert row["value"]["length"] == 10_000
    assert [gap.why for gap in finding.gaps] == [GapReason.LIMIT]


def test_tags_beyond_the_limit_are_counted_in_a_gap(picture):
    finding = findings(picture({Base.Make: "Maker"}), max_tags=3)["metadata.tags"]
    assert len(finding.values["tags"]) == 3
    assert finding.gaps[0].why is GapReason.LIMIT
    assert str(finding.values["count"] - 3) in finding.gaps[0].detail


def test_a_time_without_a_zone_has_no_utc(picture):
    found = times_of(picture(details=TAKEN))["EXIF:ExifIFD:DateTimeOriginal"]
    assert found["local"] == "2020-05-01T10:00:00"
    assert (found["utc"], found["zone"], found["offset_s"]) == (None, "missing", None)


def test_the_offset_and_fraction_that_exif_pairs_with_a_time_are_used(picture):
    details = {**TAKEN, Base.OffsetTimeOriginal: "+08:00", Base.SubsecTimeOriginal: "25"}
    found = times_of(picture(details=details))["EXIF:ExifIFD:DateTimeOriginal"]
    assert found["utc"] == "2020-05-01T02:00:00.250000Z"
    assert found["parts"] == [
        "EXIF:ExifIFD:DateTimeOriginal",
        "EXIF:ExifIFD:SubSecTimeOriginal",
        "EXIF:ExifIFD:OffsetTimeOriginal",
    ]


def test_the_offset_of_one_time_is_not_used_for_another(picture):
    details = {**TAKEN, Base.OffsetTimeDigitized: "+08:00", Base.OffsetTime: "+01:00"}
    assert times_of(picture(details=details))["EXIF:ExifIFD:DateTimeOriginal"]["utc"] is None


@pytest.mark.parametrize("offset", ["   :  ", "+99:00", "east"])
def test_a_malformed_offset_determines_nothing(picture, offset):
    found = times_of(picture(details={**TAKEN, Base.OffsetTimeOriginal: offset}))
    assert found["EXIF:ExifIFD:DateTimeOriginal"]["utc"] is None


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("0000:00:00 00:00:00", "not set"),
        ("1970:01:01 00:00:00", "zero of a clock"),
        ("2020:13:45 99:00:00", "not a time"),
        ("2020:02:30 10:00:00", "not a time"),
    ],
)
def test_a_time_that_says_no_time_is_named_as_such(picture, written, state):
    path = picture(details={Base.DateTimeOriginal: written})
    assert times_of(path)["EXIF:ExifIFD:DateTimeOriginal"]["state"] == state
    assert findings(path)["metadata.times"].result is Result.NOT_FOUND


def test_gps_time_is_utc(picture):
    gps = {GPS.GPSDateStamp: "2020:05:01", GPS.GPSTimeStamp: (2.0, 0.0, 30.5)}
    found = times_of(picture(gps=gps))["EXIF:GPS:GPSDateStamp"]
    assert found["utc"] == "2020-05-01T02:00:30.500000Z"
    assert found["parts"] == ["EXIF:GPS:GPSDateStamp", "EXIF:GPS:GPSTimeStamp"]


def test_the_history_in_xmp_gives_times_and_programs(picture):
    path = picture(xmp=XMP.format(attributes="", body=HISTORY).encode())
    assert times_of(path)["XMP:XMP-xmpMM:History[2].When"]["utc"] == "2020-01-03T01:04:05Z"
    software = findings(path)["metadata.software"]
    assert [row["value"] for row in software.values["software"]] == ["Maker 1", "Editor 2"]


GREENWICH = {
    GPS.GPSLatitudeRef: "N",
    GPS.GPSLatitude: (51.0, 28.0, 40.12),
    GPS.GPSLongitudeRef: "W",
    GPS.GPSLongitude: (0.0, 0.0, 5.31),
    GPS.GPSAltitudeRef: b"\x01",
    GPS.GPSAltitude: 3.5,
    GPS.GPSMapDatum: "WGS-84",
}


def test_a_position_has_its_signs_and_units(picture):
    finding = findings(picture(gps=GREENWICH))["metadata.gps"]
    (place,) = finding.values["positions"]
    assert finding.result is Result.FOUND
    assert place["latitude_deg"] == pytest.approx(51 + 28 / 60 + 40.12 / 3600, abs=1e-8)
    assert place["longitude_deg"] == pytest.approx(-5.31 / 3600, abs=1e-8)
    assert place["altitude_m"] == -3.5
    assert place["datum"] == "WGS-84"


def test_a_position_without_north_or_south_is_not_guessed(picture):
    gps = {key: value for key, value in GREENWICH.items() if key != GPS.GPSLatitudeRef}
    finding = findings(picture(gps=gps))["metadata.gps"]
    assert finding.result is Result.INDETERMINATE
    assert finding.values["positions"][0]["latitude_deg"] is None


def test_latitude_and_longitude_zero_are_no_place(picture):
    gps = {**GREENWICH, GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)}
    finding = findings(picture(gps=gps))["metadata.gps"]
    assert finding.result is Result.INDETERMINATE
    assert "metadata.limit.zero" in [limit.id for limit in finding.limits]


def test_device_and_program_are_named_as_written(picture):
    found = findings(
        picture({Base.Make: "Maker", Base.Model: "M 1", Base.Software: "Firm 2"}, {Base.BodySerialNumber: "S3"})
    )
    device, software = found["metadata.device"], found["metadata.software"]
    assert device.statement.values == {"device": "Maker, M 1"}
    assert device.values["serials"] == [{"tag": "EXIF:ExifIFD:SerialNumber", "value": "S3"}]
    assert software.statement.values == {"software": "Firm 2"}


def test_times_that_agree_are_no_contradiction(picture):
    path = picture({Base.DateTime: "2020:05:01 10:00:00"}, {**TAKEN, Base.DateTimeDigitized: "2020:05:01 10:00:00"})
    (finding,) = contradictions(path)
    assert finding.result is Result.NOT_FOUND
    assert finding.values == {"compared": 2}


def test_a_change_before_the_taking_is_a_contradiction(picture):
    (finding,) = contradictions(picture({Base.DateTime: "2020:04:01 10:00:00"}, TAKEN))
    assert finding.result is Result.FOUND
    assert finding.values["rule"] == "exif-change"
    assert finding.values["difference_s"] == -30 * 86400
    assert finding.values["first"]["tag"] == "EXIF:ExifIFD:DateTimeOriginal"
    assert {one.id for one in finding.alternatives} >= {"metadata.alternative.clock", "metadata.alternative.edited"}


def test_a_change_a_few_hours_before_the_taking_may_be_zones(picture):
    (finding,) = contradictions(picture({Base.DateTime: "2020:05:01 02:00:00"}, TAKEN))
    assert finding.result is Result.INDETERMINATE
    assert "metadata.limit.zones" in [limit.id for limit in finding.limits]


def test_with_stated_zones_a_few_hours_are_a_contradiction(picture):
    details = {**TAKEN, Base.OffsetTimeOriginal: "+00:00", Base.OffsetTime: "+00:00"}
    (finding,) = contradictions(picture({Base.DateTime: "2020:05:01 02:00:00"}, details))
    assert finding.result is Result.FOUND
    assert finding.values["basis"] == "utc"
    assert finding.values["zones_explain_up_to_s"] == 0


def test_a_change_after_the_taking_is_none(picture):
    (finding,) = contradictions(picture({Base.DateTime: "2024:05:01 10:00:00"}, TAKEN))
    assert finding.result is Result.NOT_FOUND


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2020:05:01", (2.0, 0.0, 0.0), Result.NOT_FOUND),  # the camera stands in UTC+8
        ("2020:04:30", (20.0, 0.0, 0.0), Result.NOT_FOUND),  # in UTC+14
        ("2020:04:30", (10.0, 0.0, 0.0), Result.FOUND),  # a whole day apart
        ("2020:05:02", (10.0, 0.0, 0.0), Result.FOUND),
    ],
)
def test_gps_and_camera_contradict_only_beyond_all_zones(picture, day, hours, expected):
    gps = {GPS.GPSDateStamp: day, GPS.GPSTimeStamp: hours}
    (finding,) = contradictions(picture(details=TAKEN, gps=gps))
    assert finding.result is expected


@pytest.mark.parametrize(
    ("xmp_time", "expected"),
    [
        ("2020-05-01T10:00:00+02:00", Result.NOT_FOUND),
        ("2020-05-01T10:00:00", Result.NOT_FOUND),
        ("2020-05-01T08:00:00Z", Result.INDETERMINATE),  # as in a zone two hours east
        ("2020-05-01T08:07:00Z", Result.FOUND),  # no zone is seven minutes off
        ("2021-05-01T10:00:00Z", Result.FOUND),
    ],
)
def test_xmp_and_exif_are_compared_with_regard_to_zones(picture, xmp_time, expected):
    xmp = XMP.format(attributes=f'xmp:CreateDate="{xmp_time}"', body="").encode()
    (finding,) = contradictions(picture(details={Base.DateTimeDigitized: "2020:05:01 10:00:00"}, xmp=xmp))
    assert finding.result is expected


def test_each_contradiction_is_one_finding(picture):
    path = picture({Base.DateTime: "2019:01:01 00:00:00"}, {**TAKEN, Base.DateTimeDigitized: "2018:01:01 00:00:00"})
    assert [finding.values["rule"] for finding in contradictions(path)] == ["exif-change", "exif-digitized"]


@pytest.fixture
def clip(tmp_path):
    """Writes a short MP4 file with a creation time through FFmpeg."""

    def write(*options: str) -> Path:
        path = tmp_path / "clip.mp4"
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", *options, str(path)]
        subprocess.run(command, check=True, timeout=60)
        return path

    return write


def test_quicktime_times_are_utc_by_specification_only(clip):
    finding = findings(clip("-metadata", "creation_time=2020-05-01T10:00:00Z"))["metadata.times"]
    (movie,) = [one for one in finding.values["times"] if one["tag"] == "QuickTime:CreateDate"]
    assert (movie["utc"], movie["zone"]) == ("2020-05-01T10:00:00Z", "by the specification of the format")
    assert "metadata.limit.quicktime" in [limit.id for limit in finding.limits]


def test_a_clip_without_times_has_times_that_are_not_set(clip):
    finding = findings(clip())["metadata.times"]
    assert finding.result is Result.NOT_FOUND
    assert {one["state"] for one in finding.values["times"]} == {"not set"}


def test_movie_and_track_that_differ_by_a_day_are_a_contradiction(clip):
    path = clip("-metadata", "creation_time=2020-05-01T10:00:00Z")
    content = path.read_bytes()
    header = content.index(b"mvhd") + 8
    earlier = int.from_bytes(content[header : header + 4], "big") - 86400
    path.write_bytes(content[:header] + earlier.to_bytes(4, "big") + content[header + 4 :])
    found = contradictions(path)
    assert {finding.values["rule"] for finding in found} == {"movie-track", "movie-media"}
    assert {finding.result for finding in found} == {Result.FOUND}
    assert {finding.values["difference_s"] for finding in found} == {86400.0}


def test_binary_values_are_summarised_as_their_size(clip):
    tags = tags_of(clip())
    assert tags["QuickTime:MediaData"] == {"binary": True, "size": tags["QuickTime:MediaDataSize"]}


def test_the_program_that_wrote_a_clip_is_found(clip):
    software = findings(clip())["metadata.software"]
    assert {row["value"][:4] for row in software.values["software"]} == {"Lavc", "Lavf"}


HOSTILE = {
    "empty": b"",
    "one byte": b"\xff",
    "only the start of a picture": b"\xff\xd8\xff\xe1",
    "a directory that points into nothing": b"\xff\xd8\xff\xe1\x00\x20Exif\x00\x00II*\x00\xff\xff\xff\xff" + bytes(16),
    "a directory that points to itself": b"II*\x00\x08\x00\x00\x00\x01\x00i\x87\x04\x00\x01\x00\x00\x00\x08" + bytes(3),
    "a box larger than the file": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x7f\xff\xff\xffmoov",
    "a mark of the answer": b"\xff\xd8\xff\xfe\x00\x14{ready123456}\npost1\xff\xd9",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_cost_at_most_a_gap(content, tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    found = findings(path)
    assert found["metadata.tags"].result in (Result.INDETERMINATE, Result.NOT_FOUND, Result.FOUND)
    if found["metadata.tags"].gaps:
        assert Result.NOT_FOUND not in {finding.result for finding in found.values()}


def test_damage_makes_absence_indeterminate(picture):
    path = picture({Base.Make: "Maker"})
    path.write_bytes(path.read_bytes()[:60])
    finding = findings(path)["metadata.tags"]
    assert finding.gaps
    assert finding.result is Result.INDETERMINATE


def test_a_file_that_takes_too_long_is_a_gap_and_the_next_one_is_read(picture):
    path = picture({Base.Make: "Maker"})
    (finding,) = examine(MetadataAnalyzer(time_limit_s=0.000_001), path)
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps[0].why is GapReason.TIMED_OUT
    assert findings(path)["metadata.tags"].result is Result.FOUND


def test_an_answer_that_is_too_large_is_a_gap(picture):
    path = picture({Base.ImageDescription: "x" * 60_000})
    (finding,) = examine(MetadataAnalyzer(output_limit_bytes=50_000), path)
    assert finding.gaps[0].why is GapReason.LIMIT


def test_names_of_folders_do_not_change_a_finding(picture, tmp_path):
    path = picture({Base.Make: "Maker"})
    other = tmp_path / "-ver; $(touch x) | ü" / "#b.jpg"
    other.parent.mkdir()
    other.write_bytes(path.read_bytes())
    assert encoded(examine(MetadataAnalyzer(), path)) == encoded(examine(MetadataAnalyzer(), other))
    assert not (tmp_path / "x").exists()
