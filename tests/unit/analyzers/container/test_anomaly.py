from __future__ import annotations

import io
import struct
import zipfile

import pytest
from PIL import Image

from forensics.analyzers.container.thumbnail import likeness
from forensics.model import Result
from tests.unit.analyzers.container.conftest import exiftool, ffmpeg, photograph, replaced


def codes(finding) -> list[str]:
    return [one["code"] for one in finding.values["anomalies"] if not one["usual"]]


def with_thumbnail(path, thumbnail: Image.Image):
    """Puts an EXIF thumbnail into a picture with ExifTool."""
    small = path.with_name("small.jpg")
    thumbnail.save(small)
    exiftool(path, "-Make=x", f"-ThumbnailImage<={small}")
    return path


def edited(film, start: int, duration: int | None = None):
    """Writes a start and a duration into the edit list of the first track (ISO/IEC 14496-12, 8.6.6)."""
    content = bytearray(film.read_bytes())
    at = content.index(b"elst") + 12
    old = struct.unpack(">Ii", content[at : at + 8])
    content[at : at + 8] = struct.pack(">Ii", old[0] if duration is None else duration, start)
    path = film.with_name("edited.mp4")
    path.write_bytes(content)
    return path


def test_an_untouched_picture_has_none(jpeg, found):
    finding = found(jpeg)["anomaly"]
    assert finding.result is Result.NOT_FOUND
    assert finding.values["anomalies"] == []


def test_an_untouched_film_has_none(film, found):
    assert found(film)["anomaly"].result is Result.NOT_FOUND


def test_an_archive_behind_a_picture_is_named_with_place_and_type(jpeg, found):
    size = jpeg.stat().st_size
    with jpeg.open("ab") as stream:
        stream.write(b"PK\x05\x06" + b"\0" * 18)
    finding = found(jpeg)["anomaly"]
    assert finding.result is Result.FOUND
    odd = finding.values["anomalies"][0]
    assert (odd["code"], odd["offset"], odd["size_bytes"]) == ("trailing-data", size, 22)
    assert "zip" in odd["detail"]
    assert [message.id for message in finding.alternatives] == ["container.explain.appended"]


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("a.txt", "x" * 100)
    return archive.getvalue()


@pytest.mark.parametrize("ending", ["mp4", "mkv", "flv", "avi", "mp3", "wav", "flac", "ogg"])
def test_an_archive_behind_sound_or_film_is_reported_where_it_starts(film, tmp_path, found, ending):
    path = tmp_path / f"a.{ending}"
    ffmpeg("-i", str(film), *(("-c", "copy") if ending in {"mp4", "mkv"} else ()), str(path))
    assert found(path)["anomaly"].result is Result.NOT_FOUND
    size = path.stat().st_size
    with path.open("ab") as stream:
        stream.write(zipped())
    assert size in [one["offset"] for one in found(path)["anomaly"].values["anomalies"] if not one["usual"]]


def test_an_archive_that_does_not_hold_together_is_no_second_file(film, tmp_path, found):
    path = tmp_path / "a.flac"
    ffmpeg("-i", str(film), str(path))
    with path.open("ab") as stream:
        stream.write(b"PK\x05\x06" + b"\xff" * 18)
    assert "second-file" not in codes(found(path)["anomaly"])


def test_padding_behind_a_picture_is_usual(jpeg, found):
    with jpeg.open("ab") as stream:
        stream.write(b"\0" * 512)
    assert found(jpeg)["anomaly"].result is Result.NOT_FOUND


def test_data_within_padding_are_not_taken_for_padding(jpeg, found):
    with jpeg.open("ab") as stream:
        stream.write(b"\0" * 9000 + b"secret" + b"\0" * 9000)
    assert codes(found(jpeg)["anomaly"]) == ["trailing-data"]


def test_an_edit_list_that_hides_the_start_is_reported(film, found):
    finding = found(edited(film, start=15360))["anomaly"]  # 1.5 s of the 2 s, in the media's 10240 units per second
    assert codes(finding) == ["edit-hides"]
    assert "1.50 s of 2.00 s" in finding.values["anomalies"][0]["detail"]


def test_an_edit_list_that_ends_early_is_reported(film, found):
    assert codes(found(edited(film, start=0, duration=500))["anomaly"]) == ["edit-hides"]


def test_an_edit_list_that_delays_is_reported(film, found):
    assert "edit-shifts" in codes(found(edited(film, start=-1))["anomaly"])


def test_the_delay_of_an_encoder_is_not_reported(film, found):
    assert codes(found(edited(film, start=2048))["anomaly"]) == []


def test_a_film_that_stops_in_its_data_is_reported(film, tmp_path, found):
    path = tmp_path / "fast.mp4"
    ffmpeg("-i", str(film), "-c", "copy", "-movflags", "faststart", str(path))
    path.write_bytes(path.read_bytes()[:-2000])
    finding = found(path)["anomaly"]
    assert finding.result is Result.FOUND
    assert {"past-end", "truncated"} & set(codes(finding))


def test_a_thumbnail_of_the_picture_is_like_it(jpeg, found):
    with_thumbnail(jpeg, photograph().resize((160, 120)))
    finding = found(jpeg)["anomaly"]
    assert finding.values["thumbnail_correlation"] > 0.95
    assert finding.result is Result.NOT_FOUND


def test_a_thumbnail_of_another_picture_is_reported(jpeg, found):
    with_thumbnail(jpeg, Image.effect_mandelbrot((160, 120), (-2, -1, 1, 1), 60).convert("RGB"))
    finding = found(jpeg)["anomaly"]
    assert codes(finding) == ["thumbnail-differs"]
    assert finding.values["thumbnail_correlation"] < 0.75


def test_a_turned_thumbnail_is_like_its_picture(jpeg):
    with_thumbnail(jpeg, photograph().resize((160, 120)).transpose(Image.Transpose.ROTATE_90))
    with jpeg.open("rb") as stream:
        assert likeness(stream).correlation > 0.95


def test_a_thumbnail_with_black_bars_is_like_its_picture(tmp_path):
    path = tmp_path / "wide.jpg"
    photograph((480, 240)).save(path)
    small = Image.new("RGB", (160, 120))
    small.paste(photograph((480, 240)).resize((160, 80)), (0, 20))
    with_thumbnail(path, small)
    with path.open("rb") as stream:
        assert likeness(stream).correlation > 0.9


def test_a_flat_thumbnail_says_nothing(jpeg):
    with_thumbnail(jpeg, Image.new("RGB", (160, 120), "grey"))
    with jpeg.open("rb") as stream:
        assert likeness(stream).correlation is None


def test_thumbnails_are_not_compared_where_the_setting_says_so(jpeg, found):
    with_thumbnail(jpeg, photograph().resize((160, 120)))
    assert found(jpeg, thumbnails=False)["anomaly"].values["thumbnail_correlation"] is None


@pytest.mark.parametrize("stated", [(320, 240), (240, 320)])
def test_the_size_in_exif_may_be_turned(jpeg, found, stated):
    exiftool(jpeg, f"-ExifImageWidth={stated[0]}", f"-ExifImageHeight={stated[1]}")
    assert found(jpeg)["anomaly"].result is Result.NOT_FOUND


def test_another_size_in_exif_is_reported(jpeg, found):
    exiftool(jpeg, "-ExifImageWidth=4000", "-ExifImageHeight=3000")
    finding = found(jpeg)["anomaly"]
    assert codes(finding) == ["exif-size-differs"]
    assert "4000 x 3000" in finding.values["anomalies"][0]["detail"]


def test_a_wrong_checksum_is_reported(tmp_path, found):
    path = tmp_path / "a.png"
    photograph((16, 16)).save(path)
    finding = found(replaced(path, b"IEND\xae\x42\x60\x82", b"IEND\0\0\0\0"))["anomaly"]
    assert "bad-checksum" in codes(finding)


def test_camera_originals_have_no_anomaly_but_resized_and_cropped_ones(corpus, found):
    folder = corpus / "07-genuine-photos"
    if not folder.is_dir():
        pytest.skip("there are no genuine photographs")
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in {".jpg", ".heic"}]
    assert [path.name for path in files if found(path)["anomaly"].result is Result.FOUND] == []
