from __future__ import annotations

import pytest

from forensics.model import Result
from tests.unit.analyzers.container.conftest import exiftool, ffmpeg, photograph

NAMES = {
    "IMG-20240101-WA0001.jpg": "whatsapp",
    "WhatsApp Image 2024-01-01 at 10.11.12.jpeg": "whatsapp",
    "photo_2024-01-01_10-11-12.jpg": "telegram",
    "mmexport1699999999999.jpg": "wechat",
    "wx_camera_1699999999999.jpg": "wechat",
    "微信图片_20240101101112.jpg": "wechat",
    "QQ图片20240101101112.jpg": "qq",
    "signal-2024-01-01-101112.jpg": "signal",
    "FB_IMG_1699999999999.jpg": "facebook",
    "12345678_1015312345678_123456789_n.jpg": "facebook",
    "KakaoTalk_20240101_101112.jpg": "kakaotalk",
}


def platforms(finding) -> list[str]:
    return [match["platform"] for match in finding.values["matches"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_alone_is_consistent_and_says_how_little_it_is(jpeg, found, name):
    finding = found(jpeg, name=name)["platform"]
    assert finding.result is Result.INDETERMINATE
    assert finding.values["strength"] == "consistent_with"
    assert platforms(finding) == [NAMES[name]]
    assert "container.platform.limit.name" in [message.id for message in finding.limits]


@pytest.mark.parametrize("name", ["IMG_1234.jpg", "DSC00042.JPG", "20240101_101112.jpg", "PXL_20240101_101112.jpg"])
def test_names_of_cameras_are_of_no_platform(jpeg, found, name):
    assert found(jpeg, name=name)["platform"].result is Result.NOT_FOUND


def test_the_marks_of_facebook_are_found_in_iptc(jpeg, found):
    instructions = "FBMD01000ac60300004a1d00002d4b000067580000"
    exiftool(
        jpeg, f"-IPTC:SpecialInstructions={instructions}", "-IPTC:OriginalTransmissionReference=XLFyPSOqclKFKEJErD_N"
    )
    finding = found(jpeg)["platform"]
    assert platforms(finding) == ["facebook"]
    rules = {rule["rule"]: rule for rule in finding.values["matches"][0]["rules"]}
    assert set(rules) == {"iptc-fbmd", "iptc-reference"}
    assert jpeg.read_bytes()[rules["iptc-fbmd"]["offset"] :].startswith(b"FBMD01000ac6")
    assert "container.platform.limit.name" not in [message.id for message in finding.limits]


def test_a_transmission_reference_alone_is_of_no_platform(jpeg, found):
    exiftool(jpeg, "-IPTC:OriginalTransmissionReference=XLFyPSOqclKFKEJErD_N")
    assert found(jpeg)["platform"].result is Result.NOT_FOUND


def test_a_size_alone_is_of_no_platform_and_supports_a_name(tmp_path, found):
    path = tmp_path / "a.jpg"
    photograph((1600, 1200)).save(path)
    assert found(path)["platform"].result is Result.NOT_FOUND
    [match] = found(path, name="IMG-20240101-WA0001.jpg")["platform"].values["matches"]
    assert [rule["rule"] for rule in match["rules"]] == ["name-wa", "size-1600"]


@pytest.mark.parametrize(
    ("metadata", "platform"),
    [
        ("-metadata:s:v handler_name=ISO Media file produced by Google Inc.", "youtube"),
        ("-metadata:s:v handler_name=Twitter-vork muxer", "x"),
        ("-metadata comment=vid:v0200f8e0000bq2b5sj6j2qr9557fjgg", "bytedance"),
        ("-metadata description=Packed by Bilibili XCoder v2.0.2", "bilibili"),
    ],
)
def test_the_marks_in_films_are_found(film, tmp_path, found, metadata, platform):
    path = tmp_path / "a.mp4"
    ffmpeg("-i", str(film), "-c", "copy", *metadata.split(" ", 1), str(path))
    finding = found(path)["platform"]
    assert finding.result is Result.INDETERMINATE
    assert platforms(finding) == [platform]


def test_a_film_of_ffmpeg_is_of_no_platform(film, found):
    assert found(film)["platform"].result is Result.NOT_FOUND
