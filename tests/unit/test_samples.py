"""The samples are what samples/README.md says: values are read with exiftool and ffprobe."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest


def tags(path: Path) -> dict[str, object]:
    command = ["exiftool", "-json", "-G1", "-n", "-charset", "filename=utf8", str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)[0]


def media_files(folder: Path) -> set[str]:
    """Names of the samples within a folder, as README.md has them."""
    found = (path for path in folder.rglob("*") if path.suffix not in {".md", ".py", ".pyc", ".sh"} and path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}


def test_every_sample_is_described_and_every_description_has_its_sample(samples):
    described = set(re.findall(r"^\| `([^`]+)` \|", (samples / "README.md").read_text("utf-8"), flags=re.MULTILINE))
    assert described == media_files(samples)


def test_samples_stay_small(samples):
    assert sum((samples / name).stat().st_size for name in media_files(samples)) < 2_000_000


def test_the_consistent_photo_has_one_time(samples):
    read = tags(samples / "courtyard.jpg")
    times = {read[name] for name in ("ExifIFD:DateTimeOriginal", "ExifIFD:CreateDate", "IFD0:ModifyDate")}
    assert times == {"2025:03:14 09:26:53"}
    assert read["ExifIFD:OffsetTimeOriginal"] == "+08:00"
    assert (read["GPS:GPSDateStamp"], read["GPS:GPSTimeStamp"]) == ("2025:03:14", "01:26:53")
    assert (read["Composite:GPSLatitude"], read["Composite:GPSLongitude"]) == (-45, 115)


def test_the_contradictory_photo_was_changed_before_it_was_taken(samples):
    read = tags(samples / "courtyard-contradiction.jpg")
    assert read["IFD0:ModifyDate"] == "2024:11:02 20:15:00"
    assert read["ExifIFD:DateTimeOriginal"] == "2025:03:14 09:26:53"
    assert read["GPS:GPSDateStamp"] == "2025:03:19"
    assert read["IFD0:Software"] == "Nonesuch Editor 1.0"


def test_both_photos_have_the_same_pixels(samples):
    from PIL import Image

    with Image.open(samples / "courtyard.jpg") as one, Image.open(samples / "courtyard-contradiction.jpg") as other:
        assert one.tobytes() == other.tobytes()


def test_the_drawing_declares_itself_generated(samples):
    read = tags(samples / "declared-generated.png")
    assert json.loads(str(read["PNG:AIGC"]))["Label"] == "1"
    assert "Steps: 20" in str(read["PNG:Parameters"])


def test_the_misnamed_picture_is_a_png(samples):
    assert tags(samples / "misnamed.jpg")["File:MIMEType"] == "image/png"


def test_the_clip_has_75_frames_and_a_tone(samples):
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json"]
    read = json.loads(subprocess.run([*command, str(samples / "clip.mp4")], check=True, capture_output=True).stdout)
    video, audio = read["streams"]
    assert (video["codec_name"], video["nb_read_frames"], video["width"], video["height"]) == ("h264", "75", 320, 240)
    assert audio["codec_name"] == "aac"
    assert read["format"]["tags"]["creation_time"] == "2025-03-14T01:30:00.000000Z"
    assert read["format"]["tags"]["title"] == "Test clip"


def test_the_chat_has_eight_entries_of_three_people(samples):
    text = (samples / "chat-export.txt").read_text("utf-8")
    assert len(re.findall(r"^\d\d/\d\d/\d{4}, \d\d:\d\d - ", text, flags=re.MULTILINE)) == 8
    assert set(re.findall(r" - ([^:\n]+): ", text)) == {"Alex Sample", "Robin Muster", "样小明"}


@pytest.mark.slow
def test_the_samples_can_be_made_anew(samples, tmp_path):
    subprocess.run([sys.executable, str(samples / "make.py"), "--out", str(tmp_path)], check=True, capture_output=True)
    assert media_files(tmp_path) == media_files(samples)
    for name in media_files(samples):
        if name.endswith((".txt", ".csv", ".html")) and name != "exports/phone-notes.csv":
            assert (tmp_path / name).read_bytes() == (samples / name).read_bytes(), name


def test_media_of_the_group_are_copies_of_the_samples(samples):
    copies = {
        "exports/group/video_files/questioned.mp4": "speech-questioned.mp4",
        "exports/group/video_files/repost.mp4": "speech-repost.mp4",
        "exports/group/video_files/labelled.mp4": "labelled-clip.mp4",
        "exports/group/photos/photo_1@03-06-2022_20-58-40.jpg": "reference-2.jpg",
        "exports/group-second-member/video_files/labelled.mp4": "labelled-clip.mp4",
    }
    assert [name for name, of in copies.items() if (samples / name).read_bytes() != (samples / of).read_bytes()] == []


def test_the_group_has_the_members_of_the_truth(samples):
    messages = json.loads((samples / "exports/group/result.json").read_text("utf-8"))["messages"]
    known = json.loads((samples / "truth.json").read_text("utf-8"))["exports"]["exports/group/result.json"]
    accounts = {one.get("from_id") or one["actor_id"] for one in messages}
    assert (len(messages), len(accounts)) == (known["count"], known["members"]) == (63, 17)


def test_the_bill_adds_up_as_it_says(samples):
    text = (samples / "exports/wechat-bill.csv").read_text("utf-8-sig")
    shown = re.findall(r",收入,¥(\d+)\.(\d\d),", text)
    total = sum(int(yuan) * 100 + int(fen) for yuan, fen in shown)
    assert f"收入：{len(shown)}笔 {total // 100}.{total % 100:02d}元" in text
