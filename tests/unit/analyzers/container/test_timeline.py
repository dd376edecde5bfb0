from __future__ import annotations

import struct

import pytest

from forensics.analyzers.container.moment import parse
from forensics.model import Result
from tests.unit.analyzers.container.conftest import exiftool, ffmpeg

WRITTEN = {
    "2024:05:06 07:08:09": "2024-05-06T07:08:09",
    "2024:05:06 07:08:09+02:00": "2024-05-06T05:08:09Z",
    "2024-05-06T07:08:09.25Z": "2024-05-06T07:08:09.250000Z",
    "2024-05-06T07:08:09-0500": "2024-05-06T12:08:09Z",
    "2024-05-06": "2024-05-06",
    "20240506": "2024-05-06",
    "D:20240506070809+02'00'": "2024-05-06T05:08:09Z",
    "D:20240506070809Z": "2024-05-06T07:08:09Z",
    "Mon May  6 07:08:09 2024": "2024-05-06T07:08:09",
    "Mon, 06 May 2024 07:08:09 +0000": "2024-05-06T07:08:09Z",
}
NO_DATES = [
    "",
    "0000:00:00 00:00:00",
    "    :  :     :  :  ",
    "2024",
    "2024:13:01 00:00:00",
    "2024:02:30",
    "1/100",
    "x" * 9000,
]


def dates(finding, key: str) -> list[dict]:
    return [one for one in finding.values["dates"] if one["key"] == key]


def rules(finding) -> list[str]:
    return [one["rule"] for one in finding.values["contradictions"]]


@pytest.mark.parametrize("text", WRITTEN)
def test_dates_are_read_in_the_forms_of_their_standards(text):
    assert parse(text).at == WRITTEN[text]


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text):
    assert parse(text) is None


def test_dates_of_exif_stand_where_they_lie_with_the_zone_that_is_stated(jpeg, found):
    exiftool(
        jpeg, "-DateTimeOriginal=2024:05:06 07:08:09", "-OffsetTimeOriginal=+02:00", "-ModifyDate=2024:05:07 00:00:00"
    )
    finding = found(jpeg)["timeline"]
    assert finding.result is Result.FOUND
    [taken] = dates(finding, "DateTimeOriginal")
    assert taken["at"] == "2024-05-06T05:08:09Z"
    assert taken["zone_known"] is True
    assert jpeg.read_bytes()[taken["offset"] :].startswith(b"2024:05:06 07:08:09")
    [changed] = dates(finding, "DateTime")
    assert (changed["at"], changed["zone_known"]) == ("2024-05-07T00:00:00", False)
    assert [one["at"] for one in finding.values["dates"]] == sorted(one["at"] for one in finding.values["dates"])


def test_dates_of_a_film_stand_in_utc(film, found):
    finding = found(film)["timeline"]
    assert {one["at"] for one in dates(finding, "creation_time")} == {"2024-05-06T07:08:09Z"}
    assert {"moov/mvhd", "moov/trak[1]/tkhd"} <= {one["place"] for one in finding.values["dates"]}


def test_satellite_and_iptc_dates_are_joined_with_their_time_of_day(jpeg, found):
    exiftool(
        jpeg,
        *("-GPSDateStamp=2024:05:06", "-GPSTimeStamp=07:08:09"),
        *("-IPTC:DateCreated=2024:05:06", "-IPTC:TimeCreated=09:08:09+02:00"),
    )
    finding = found(jpeg)["timeline"]
    assert dates(finding, "GPSDateStamp")[0]["at"] == "2024-05-06T07:08:09Z"
    assert dates(finding, "2:55")[0]["at"] == "2024-05-06T07:08:09Z"


def test_the_history_of_xmp_is_on_the_line(jpeg, found):
    exiftool(jpeg, "-XMP-xmpMM:HistoryWhen=2024:05:06 07:08:09Z", "-XMP-xmpMM:HistoryAction=saved")
    every = found(jpeg)["timeline"].values["dates"]
    assert [one["at"] for one in every if one["key"].endswith("stEvt:when")] == ["2024-05-06T07:08:09Z"]


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("IMG_20240506_070809.jpg", "2024-05-06T07:08:09"),
        ("IMG-20240506-WA0001.jpg", "2024-05-06"),
        ("photo_2024-05-06_07-08-09.jpg", "2024-05-06T07:08:09"),
        ("mmexport1714979289000.jpg", "2024-05-06T07:08:09Z"),
    ],
)
def test_the_date_in_a_name_is_the_names_date(jpeg, found, name, at):
    [one] = found(jpeg, name=name)["timeline"].values["dates"]
    assert (one["at"], one["place"], one["offset"]) == (at, "file name", None)


@pytest.mark.parametrize("name", ["IMG_1234.jpg", "12345678.jpg", "99999999999999999999.jpg", "DSC20249999.jpg"])
def test_numbers_in_names_are_no_dates(jpeg, found, name):
    assert found(jpeg, name=name)["timeline"].result is Result.NOT_FOUND


def test_taken_after_changed_is_a_contradiction(jpeg, found):
    exiftool(jpeg, "-DateTimeOriginal=2024:05:06 07:08:09", "-ModifyDate=2023:01:01 00:00:00")
    finding = found(jpeg)["timeline"]
    assert rules(finding) == ["created-after-modified"]
    assert finding.values["contradictions"][0]["difference_s"] == 42448089
    assert finding.alternatives


def test_what_zones_explain_is_none(jpeg, found):
    exiftool(
        jpeg,
        *("-DateTimeOriginal=2024:05:06 17:08:09", "-ModifyDate=2024:05:06 12:08:09", "-OffsetTime=+00:00"),
    )
    assert rules(found(jpeg)["timeline"]) == []


def with_header_time(film, seconds: int):
    """Writes a time of creation into the movie header (ISO/IEC 14496-12, 8.2.2)."""
    content = bytearray(film.read_bytes())
    at = content.index(b"mvhd") + 8
    content[at : at + 8] = struct.pack(">II", seconds, seconds)
    path = film.with_name("dated.mp4")
    path.write_bytes(content)
    return path


def test_a_header_older_than_its_format_and_program_is_a_contradiction(film, found):
    in_1990 = 86 * 31556952  # seconds since 1904
    finding = found(with_header_time(film, in_1990))["timeline"]
    assert {"before-format", "before-program"} <= set(rules(finding))


def test_the_zero_of_a_clock_is_not_set_and_contradicts_nothing(film, found):
    unix_zero = 2082844800  # seconds from 1904 to 1970
    finding = found(with_header_time(film, unix_zero))["timeline"]
    assert finding.values["unset_count"] == 2
    assert rules(finding) == []
    assert finding.values["dates"][0]["state"] == "not set"


def test_a_film_made_before_its_device_recorded_is_a_contradiction(film, tmp_path, found):
    path = tmp_path / "a.mov"
    ffmpeg(
        *("-i", str(film), "-c", "copy", "-movflags", "use_metadata_tags", "-map_metadata", "-1"),
        *("-metadata", "com.apple.quicktime.creationdate=2025-05-06T07:08:09+0800"),
        *("-metadata", "creation_time=2024-05-06T07:08:09Z", str(path)),
    )
    assert "made-before-taken" in rules(found(path)["timeline"])


def test_a_picture_without_dates_has_none(jpeg, found):
    assert found(jpeg)["timeline"].result is Result.NOT_FOUND


def test_no_camera_photograph_of_one_program_contradicts_itself(corpus, found):
    folder = corpus / "07-genuine-photos/phone-original"
    if not folder.is_dir():
        pytest.skip("there are no photographs of phones")
    assert [path.name for path in sorted(folder.iterdir()) if rules(found(path)["timeline"])] == []
