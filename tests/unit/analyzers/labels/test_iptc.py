"""Source types of the IPTC: every code, every way of writing one, entries of AI systems, and what is never invented."""

from __future__ import annotations

import re
import string
import subprocess
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from forensics import codec, formats
from forensics.analyzers import describe
from forensics.analyzers.labels import LabelsAnalyzer, iptc
from forensics.analyzers.labels.iptc_source import SOURCES, source_of
from forensics.analyzers.labels.look import Look
from forensics.formats import Problem, Structure, Value
from forensics.model import Finding, GapReason, Message, Result, Stage
from tests.fakes.evidence import FileEvidence, KeepingSink

ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TEMPLATES = Path(__file__).resolve().parents[4] / "templates" / "findings"
FORBIDDEN = re.compile(r"\b(prove[sn]?|authentic|fake|confirm\w*|genuine|deepfake|alert|detection)\b", re.IGNORECASE)

CODES = (
    *(
        "digitalCapture",
        "computationalCapture",
        "negativeFilm",
        "positiveFilm",
        "print",
        "minorHumanEdits",
        "humanEdits",
    ),
    *("compositeWithTrainedAlgorithmicMedia", "algorithmicallyEnhanced", "softwareImage", "digitalArt"),
    *("digitalCreation", "dataDrivenMedia", "trainedAlgorithmicMedia", "algorithmicMedia", "screenCapture"),
    *("virtualRecording", "composite", "compositeCapture", "compositeSynthetic"),
)
"""The concepts of the vocabulary, release of 2024-10-23."""

SYNTHETIC = {
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicMedia",
}


def named(text: str, key: str = "Iptc4xmpExt:DigitalSourceType", offset: int = 7) -> Value:
    data = text.encode()
    return Value("APP1/XMP/properties", key, offset, len(data), data, "utf-8")


def finding(
    *values: Value, problems: tuple[Problem, ...] = (), form: str = "jpeg", path: Path = Path("a.jpg")
) -> Finding:
    return look_at(Structure(form, 100, values=values, problems=problems), path)


def look_at(structure: Structure, path: Path) -> Finding:
    analyzer = LabelsAnalyzer()
    blank = Finding(("0" * 64,), Stage.METADATA, "", Result.INDETERMINATE, Message("", ""), describe(analyzer))
    (found,) = iptc.findings(Look(FileEvidence(path), KeepingSink(), analyzer, structure, blank))
    codec.canonical(codec.encode(found))
    assert found.kind == "label.iptc"
    assert found.limits
    assert found.result is Result.NOT_FOUND or found.alternatives
    for sentence in (found.statement, *found.limits, *found.alternatives):
        assert not FORBIDDEN.search(sentence.text)
    return found


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_vocabulary_is_known_and_worded(code):
    found = finding(named(ADDRESS + code))
    assert found.result is Result.FOUND
    assert found.values["codes"] == [code]
    assert code in found.statement.text
    assert found.values["sites"] == [
        {
            "place": "APP1/XMP/properties",
            "key": "Iptc4xmpExt:DigitalSourceType",
            "offset": 7,
            "raw": ADDRESS + code,
            "code": code,
            "meaning": SOURCES[code.lower()].declares,
            "is_known": True,
            "is_retired": code in ("minorHumanEdits", "softwareImage", "digitalArt"),
        }
    ]
    assert found.values["is_synthetic_declared"] is (code in SYNTHETIC)
    assert found.where == ({"place": "APP1/XMP/properties", "key": "Iptc4xmpExt:DigitalSourceType", "offset": 7},)


def test_the_table_has_the_vocabulary_and_the_two_codes_of_c2pa():
    assert {source.code for source in SOURCES.values()} == {*CODES, "trainedAlgorithmicData", "empty"}


WRITTEN = {
    "trainedAlgorithmicMedia": "trainedAlgorithmicMedia",
    "TRAINEDALGORITHMICMEDIA": "trainedAlgorithmicMedia",
    "https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia": "trainedAlgorithmicMedia",
    " http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture/ ": "digitalCapture",
    "HTTP://CV.IPTC.ORG/newscodes/DigitalSourceType/compositeCapture": "compositeCapture",
    "cv.iptc.org/newscodes/digitalsourcetype/composite": "composite",
    "digsrctype:humanEdits": "humanEdits",
    "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData": "trainedAlgorithmicData",
    "https://schema.org/TrainedAlgorithmicMediaDigitalSource": "trainedAlgorithmicMedia",
    "MultiFrameComputationalCaptureDigitalSource": "computationalCapture",
    "nil": None,
    "": None,
    "http://cv.iptc.org/newscodes/digitalsourcetype/": None,
    "http://example.org/trainedAlgorithmicMedia": None,
    "not trainedAlgorithmicMedia": None,
    "untrainedAlgorithmicMedia": None,
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_code_is_read_in_every_way_it_is_written(written):
    source = source_of(written)
    assert (source.code if source else None) == WRITTEN[written]


def test_a_value_outside_of_the_vocabulary_is_told_as_it_is():
    found = finding(named("my own words"))
    assert found.result is Result.FOUND
    assert found.values["codes"] == []
    assert found.values["sites"][0]["is_known"] is False
    assert found.values["is_synthetic_declared"] is False
    assert "“my own words”" in found.statement.text


def test_two_places_that_disagree_are_told():
    found = finding(named(ADDRESS + "digitalCapture"), named(ADDRESS + "trainedAlgorithmicMedia", offset=50))
    assert found.values["disagrees"] is True
    assert found.values["codes"] == ["digitalCapture", "trainedAlgorithmicMedia"]
    assert "digitalCapture, trainedAlgorithmicMedia" in found.statement.text


def test_two_places_that_agree_are_one_declaration():
    found = finding(named("digitalCapture"), named(ADDRESS + "digitalCapture", offset=50))
    assert found.values["disagrees"] is False
    assert len(found.values["sites"]) == 2
    assert found.statement.id == "iptc.code.digitalCapture"


@pytest.mark.parametrize(
    ("text", "is_new"),
    [("Made with Google AI", True), (" edited with  Google AI.", False), ("MADE WITH GOOGLE AI", True)],
)
@pytest.mark.parametrize("key", ["photoshop:Credit", "2:110"])
def test_the_credit_line_of_google_is_a_declaration(text, is_new, key):
    found = finding(named(text, key))
    assert found.result is Result.FOUND
    assert found.values["sites"] == []
    assert found.values["credits"][0]["raw"] == text
    assert found.values["is_generative_declared"] is True
    assert (iptc._SMALL in found.alternatives) is True
    assert found.values["disagrees"] is False
    del is_new


def test_a_credit_line_that_fits_the_source_type_is_no_disagreement():
    source = named(ADDRESS + "trainedAlgorithmicMedia")
    assert finding(source, named("Made with Google AI", "photoshop:Credit")).values["disagrees"] is False
    assert finding(source, named("Edited with Google AI", "photoshop:Credit")).values["disagrees"] is True


@pytest.mark.parametrize(
    "text", ["Ai Weiwei", "Created by Ai Weiwei", "Photo: AI / AFP", "Made with love", "Google", "AI"]
)
def test_credit_lines_that_people_write_are_not_guessed_at(text):
    found = finding(named(text, "photoshop:Credit"), named(text, "2:110"))
    assert found.result is Result.NOT_FOUND
    assert found.values["credits"] == []


def test_entries_of_ai_systems_are_told_and_are_no_source_type():
    found = finding(
        named("Imaginer", "Iptc4xmpExt:AISystemUsed"),
        named("4.2", "Iptc4xmpExt:AISystemVersionUsed"),
        named("a cat\non a roof", "Iptc4xmpExt:AIPromptInformation"),
        named("Somebody", "Iptc4xmpExt:AIPromptWriterName"),
    )
    assert found.result is Result.FOUND
    assert [row["raw"] for row in found.values["ai_entries"]] == ["Imaginer", "4.2", "a cat\non a roof", "Somebody"]
    assert found.values["is_synthetic_declared"] is False
    assert "AISystemUsed" in found.statement.text


def test_a_reservation_of_data_mining_says_nothing_of_the_source():
    found = finding(named("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-GENAIMLTRAINING", "plus:DataMining"))
    assert found.result is Result.NOT_FOUND
    assert len(found.values["data_mining"]) == 1


def test_absence_is_worded_as_none_found_and_means_nothing():
    found = finding()
    assert found.result is Result.NOT_FOUND
    assert found.statement.id == "iptc.none"
    assert any("nothing follows" in limit.text for limit in found.limits)


@pytest.mark.parametrize(("code", "why"), [("limit", GapReason.LIMIT), ("truncated", GapReason.UNPARSABLE)])
def test_absence_in_a_file_that_was_not_read_whole_is_open(code, why):
    found = finding(problems=(Problem(code, 5),))
    assert found.result is Result.INDETERMINATE
    assert [gap.why for gap in found.gaps] == [why]


def test_a_format_without_a_reader_is_open():
    assert finding(form="").result is Result.INDETERMINATE


def test_what_was_found_in_a_damaged_file_stands():
    found = finding(named("digitalCapture"), problems=(Problem("truncated", 5),))
    assert found.result is Result.FOUND
    assert found.gaps


def test_long_and_strange_values_stay_short_in_the_statement():
    found = finding(*(named("{x}\u202e\0" + "a" * 10_000, offset=at) for at in range(200)))
    assert len(found.statement.text) < 400
    assert len(found.values["sites"]) == 50
    assert len(found.values["sites"][0]["raw"]) == 512
    assert found.gaps


def messages() -> dict[str, str]:
    """Collects every sentence by its id."""
    samples = [
        *(finding(named(source.code)) for source in SOURCES.values()),
        finding(named("what")),
        finding(named("digitalCapture"), named("print")),
        finding(named("Made with Google AI", "photoshop:Credit")),
        finding(named("a", "Iptc4xmpExt:AISystemUsed")),
        finding(),
        finding(problems=(Problem("limit", 0),)),
    ]
    sentences = [one for found in samples for one in (found.statement, *found.limits, *found.alternatives)]
    return {sentence.id: sentence for sentence in sentences}


@pytest.mark.parametrize("language", ["zh", "fr"])
def test_every_sentence_stands_in_every_language_with_the_same_values(language):
    templates = tomllib.loads((TEMPLATES / language / "label-iptc.toml").read_text())
    sentences = messages()
    assert set(templates) == set(sentences)
    for name, sentence in sentences.items():
        fields = {field for _, field, _, _ in string.Formatter().parse(templates[name]) if field}
        assert fields == set(sentence.values)


@pytest.mark.parametrize("tag", ["XMP-iptcExt:DigitalSourceType", "XMP-iptcExt:DigitalSourceFileType"])
def test_what_exiftool_writes_into_a_picture_is_found(tmp_path, tag):
    path = tmp_path / "a.jpg"
    Image.new("RGB", (16, 16)).save(path)
    made = subprocess.run(
        [
            "exiftool",
            "-q",
            "-overwrite_original",
            f"-{tag}={ADDRESS}trainedAlgorithmicMedia",
            "-IPTC:Credit=Made with Google AI",
            str(path),
        ],
        check=False,
    )
    if made.returncode:
        pytest.skip(f"this ExifTool does not write {tag}")
    with path.open("rb") as stream:
        found = look_at(formats.read(stream, "image/jpeg"), path)
    assert found.values["codes"] == ["trainedAlgorithmicMedia"]
    assert [row["key"] for row in found.values["credits"]] == ["2:110"]
    assert found.values["disagrees"] is False
    site = found.values["sites"][0]
    assert path.read_bytes()[site["offset"] :].startswith(ADDRESS.encode())


def test_no_synthetic_source_is_read_in_any_photograph_of_a_camera(corpus):
    from forensics import media

    folders = ("01-metadata", "07-genuine-photos", "04-faces", "04-scenes")
    files = [path for name in folders for path in sorted(corpus.glob(f"{name}/**/*.jp*g"))][:150]
    assert files
    for path in files:
        with path.open("rb") as stream:
            media_type = media.sniff(stream.read(media.HEAD_SIZE), path.name)
            found = look_at(formats.read(stream, media_type), path)
        assert not found.values["is_synthetic_declared"], path.name
