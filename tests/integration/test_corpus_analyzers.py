"""The analyzers over labelled media: nothing raises, nothing takes long, and known truths are found."""

from __future__ import annotations

import functools
import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from forensics.analyzers.metadata import MetadataAnalyzer
from forensics.analyzers.streams import StreamsAnalyzer
from forensics.engine.plan import takes
from forensics.model import Finding, Result
from tests.fakes.evidence import FileEvidence, by_kind, encoded, examine

FOLDERS = ("01-metadata", "05-swap-animation", "05-swap-video", "05-talking-head", "07-genuine-photos", "11-hostile")
SLOWEST_S = 20.0
STRUCTURES = ("Flash", "History", "DerivedFrom", "Region", "Ingredients", "ManagedFrom")
"""How names begin that ExifTool makes of the members of a structure, which is kept whole here."""

CUT_OUT = {"ThumbnailImage", "PreviewImage", "JpgFromRaw", "OtherImage", "PreviewTIFF"}
"""What ExifTool cuts out of the file by other tags, which give offset and length and are kept."""


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def result_of(analyzer: MetadataAnalyzer | StreamsAnalyzer, path: Path) -> list[Finding]:
    if not takes(analyzer, FileEvidence(path).artifact.media_type):
        return []
    return examine(analyzer, path)


@pytest.mark.parametrize("analyzer", [MetadataAnalyzer(), StreamsAnalyzer()], ids=lambda one: one.name)
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_raises_or_takes_long(corpus, folder, analyzer):
    if not (corpus / folder).is_dir():
        pytest.skip(f"the corpus has no {folder}")
    for path in files(corpus / folder):
        before = path.stat().st_mtime_ns
        began = time.monotonic()
        findings = result_of(analyzer, path)
        assert time.monotonic() - began < SLOWEST_S, path.name
        assert all(len(line) < 3_000_000 for line in encoded(findings)), path.name
        assert path.stat().st_mtime_ns == before


def test_findings_do_not_depend_on_what_was_read_before(corpus):
    analyzer = MetadataAnalyzer()
    some = random.Random(1).sample(files(corpus / "01-metadata"), 60)
    first = {path: encoded(result_of(analyzer, path)) for path in some}
    second = {path: encoded(result_of(analyzer, path)) for path in reversed(some)}
    assert first == second


@functools.cache
def exiftool_rows(folder: Path) -> dict[Path, dict[str, object]]:
    """Lets ExifTool alone read a folder, with what it computes itself."""
    command = ["exiftool", "-config", "", "-j", "-a", "-G1", "-n", "-r", str(folder)]
    rows = json.loads(subprocess.run(command, capture_output=True, check=False, timeout=120).stdout)
    return {Path(row["SourceFile"]): row for row in rows}


def test_positions_are_those_that_exiftool_computes(corpus):
    compared = 0
    for path, expected in sorted(exiftool_rows(corpus / "01-metadata").items()):
        if path.suffix.lower() not in (".jpg", ".heic"):
            continue
        place = by_kind(MetadataAnalyzer(), path).get("metadata.gps")
        complete = [one for one in (place.values["positions"] if place else []) if one["latitude_deg"] is not None]
        if not complete or "Composite:GPSLatitude" not in expected:
            continue
        compared += 1
        assert complete[0]["latitude_deg"] == pytest.approx(expected["Composite:GPSLatitude"], abs=1e-6), path.name
        assert complete[0]["longitude_deg"] == pytest.approx(expected["Composite:GPSLongitude"], abs=1e-6), path.name
    assert compared >= 15


def test_every_tag_in_the_file_is_kept(corpus):
    rows = exiftool_rows(corpus / "01-metadata")
    for path in files(corpus / "01-metadata" / "exif-samples")[:40]:
        if not takes(MetadataAnalyzer(), FileEvidence(path).artifact.media_type):
            continue
        groups = ("System:", "Composite:", "ExifTool:", "SourceFile")
        expected = {key.partition(":")[2] for key in rows[path] if not key.startswith(groups)}
        finding = by_kind(MetadataAnalyzer(), path)["metadata.tags"]
        names = {row["name"] for row in finding.values["tags"]}
        missing = {name for name in expected - CUT_OUT - names if not name.startswith(STRUCTURES)}
        assert missing == set(), path.name


def test_a_camera_whose_gps_was_a_day_ahead_is_seen(corpus):
    path = next(iter((corpus / "01-metadata").rglob("*DSCN0010.jpg")), None)
    if path is None:
        pytest.skip("the corpus has no DSCN0010.jpg")
    finding = by_kind(MetadataAnalyzer(), path)["metadata.contradiction"]
    assert (finding.result, finding.values["rule"]) == (Result.FOUND, "exif-gps")


def test_types_agree_with_names_but_for_those_that_are_wrong(corpus):
    wrong = [path.name for path in files(corpus) if by_kind_type(path) is Result.FOUND]
    assert wrong == ["libzip_1.7.3__bogus.zip"]


def by_kind_type(path: Path) -> Result:
    return next(iter(StreamsAnalyzer().examine(FileEvidence(path), None))).result
