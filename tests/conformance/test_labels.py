"""Implicit labels in every container that the guides name, read as the standard and other programs read them."""

from __future__ import annotations

import csv
import functools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from forensics import formats
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer, aigc
from forensics.analyzers.labels.look import Look
from forensics.model import Finding, Message, Result, Stage
from tests.fakes import labelled, labelled_picture
from tests.fakes.evidence import FileEvidence, KeepingSink, encoded
from tests.fakes.labelled import CONTAINERS, VALID, VARIANTS, Case

NOT_TOLD_BY_EXIFTOOL = (
    *("avi", "wav"),  # as unknown chunks, in hexadecimal digits
    *("docx", "pptx", "xlsx", "markdown", "text"),  # not without another library, or not at all
)
TOLD_BY_FFPROBE = ("mp4-keys", "mkv", "webm", "flv", "mp3-id3v2.3", "mp3-id3v2.4", "flac", "opus", "ogg-vorbis")


def finding(path: Path, analyzer: LabelsAnalyzer | None = None) -> Finding:
    """Lets only the reader of implicit labels look at a file."""
    analyzer = analyzer or LabelsAnalyzer()
    evidence = FileEvidence(path)
    with evidence.open() as stream:
        structure = formats.read(stream, evidence.artifact.media_type)
    subject = (evidence.artifact.content_sha256,)
    blank = Finding(subject, Stage.METADATA, "", Result.INDETERMINATE, Message("", ""), describe(analyzer))
    (found,) = aigc.findings(Look(evidence, KeepingSink(), analyzer, structure, blank))
    return found


@functools.cache
def made(container: str, variant: str) -> Case:
    return labelled.case(container, variant)


def stated(folder: Path, one: Case) -> Finding:
    path = folder / f"{one.variant}-{CONTAINERS[one.container].name}"
    path.write_bytes(one.data)
    return finding(path)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("container", CONTAINERS)
def test_a_label_is_read_where_it_lies_with_its_fields_and_defects(container, variant, tmp_path):
    one = made(container, variant)
    found = stated(tmp_path, one)
    sites = found.values["sites"]
    assert [site["offset"] for site in sites] == [spot.offset for spot in one.spots]
    assert [site["fields"] for site in sites] == [spot.fields for spot in one.spots]
    assert [set(site["defects"]) for site in sites] == [set(spot.defects) for spot in one.spots]
    assert found.result == one.result
    assert sorted(found.values["disagreements"]) == sorted(one.disagreements)
    assert found.values["site_count"] == len(one.spots)
    assert found.limits
    assert found.alternatives


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_first_keys_of_a_site_are_those_of_the_contract(container, tmp_path):
    for site in stated(tmp_path, made(container, "valid")).values["sites"]:
        assert list(site)[:5] == ["place", "offset", "raw", "fields", "defects"]
        assert not site["place"].startswith("search/")
        assert json.loads(site["raw"]) in (VALID, {"AIGC": VALID})


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_that_ends_early_is_never_without_a_label_for_certain(container, tmp_path):
    one = made(container, "valid")
    whole = CONTAINERS[container].name
    for size in (one.spots[0].offset + 40, one.spots[0].offset - 4):
        path = tmp_path / whole
        path.write_bytes(one.data[:size])
        found = finding(path)
        assert encoded([found]) == encoded([finding(path)])
        if size > one.spots[0].offset:
            assert found.result is not Result.NOT_FOUND, found.statement.text


def told(said: dict[str, object]) -> dict[str, str]:
    """Finds the label among the tags that ExifTool gives."""
    for name, value in said.items():
        text = str(value).removeprefix("(AIGC) ")
        if name.lower() in ("aigc", "usercomment", "userdefinedtext") and text.startswith("{"):
            label = value if isinstance(value, dict) else json.loads(text)
            return {name: str(text) for name, text in label.get("AIGC", label).items()}
    return {}


def test_exiftool_reads_the_same_labels(tmp_path):
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    names = [name for name in CONTAINERS if name not in NOT_TOLD_BY_EXIFTOOL]
    paths = {tmp_path / f"{name}-{CONTAINERS[name].name}": name for name in names}
    for path, name in paths.items():
        path.write_bytes(made(name, "valid").data)
    command = ["exiftool", "-j", "-b", *map(str, paths)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)
    assert len(said) == len(paths)
    for one in said:
        (site,) = finding(Path(one["SourceFile"])).values["sites"]
        assert told(one) == site["fields"], one["SourceFile"]


@pytest.mark.parametrize("container", TOLD_BY_FFPROBE)
def test_ffprobe_reads_the_same_label(container, tmp_path):
    path = tmp_path / CONTAINERS[container].name
    path.write_bytes(made(container, "valid").data)
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    tags = {**said["format"].get("tags", {}), **said["streams"][0].get("tags", {})}
    (site,) = finding(path).values["sites"]
    assert json.loads(tags["AIGC"]) == site["fields"]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "flac", "mp3", "opus", "mov"])
def test_a_label_that_ffmpeg_wrote_is_read(ending, tmp_path):
    path = tmp_path / f"a.{ending}"
    source = "sine=d=0.2:r=48000" if ending in ("flac", "mp3", "opus") else "color=c=green:s=32x32:r=5:d=0.4"
    options = ["-movflags", "use_metadata_tags"] if ending in ("mp4", "mov") else []
    text = json.dumps(VALID)
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-metadata", f"AIGC={text}", *options, str(path)]
    subprocess.run(command, check=True, timeout=60)
    found = finding(path)
    (site,) = found.values["sites"]
    assert site["raw"] == text
    assert path.read_bytes()[site["offset"] :].startswith(text.encode())


@pytest.mark.parametrize("variant", ["valid", "disagreeing"])
def test_a_label_in_chunks_with_wrong_checksums_is_read(variant, tmp_path):
    texts = list(VARIANTS[variant].texts)
    data, stored = labelled_picture.png_text(texts, is_sound=False)
    path = tmp_path / "a.png"
    path.write_bytes(data)
    sites = finding(path).values["sites"]
    assert [site["raw"] for site in sites] == texts
    assert sites[0]["offset"] == data.index(stored[0])


def test_a_private_chunk_of_png_with_the_name_is_read(tmp_path):
    text = json.dumps(VALID)
    path = tmp_path / "a.png"
    path.write_bytes(labelled_picture.png(labelled_picture.chunk(b"AIGC", text.encode())))
    (site,) = finding(path).values["sites"]
    assert site["fields"] == VALID
    assert path.read_bytes()[site["offset"] :].startswith(text.encode())


def test_a_packet_behind_the_end_of_a_picture_is_seen_and_not_taken_for_a_label_in_its_place(tmp_path):
    xmp, _ = labelled_picture.packet([json.dumps(VALID)])
    for name, kind in {"a.png": "PNG", "a.jpg": "JPEG", "a.gif": "GIF"}.items():
        path = tmp_path / name
        path.write_bytes(labelled_picture.plain(kind) + xmp)
        found = finding(path)
        assert found.values["site_count"] == 1, name
        assert found.values["sites"][0]["fields"] == VALID


def test_video_that_ffmpeg_saved_again_has_lost_its_label_and_nothing_is_said_against_it(tmp_path):
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    first.write_bytes(made("mp4-keys", "valid").data)
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(first), "-c", "copy", str(second)], check=True, timeout=60)
    assert finding(first).result is Result.FOUND
    found = finding(second)
    assert found.result is Result.NOT_FOUND
    assert "common" in " ".join(limit.text for limit in found.limits)


def test_no_file_of_the_corpus_that_holds_no_label_is_said_to_have_one(corpus):
    rows = csv.DictReader((corpus / "manifest.csv").read_text("utf-8").splitlines())
    paths = [corpus / row["path"] for row in rows]
    small = [path for path in paths if path.is_file() and path.stat().st_size < 200_000][::6]
    assert small
    assert [path.name for path in small if finding(path).result is Result.FOUND] == []
