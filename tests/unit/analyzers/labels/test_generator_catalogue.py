"""The catalogue of generators: what a row must have, which patterns are refused, and the sentences of each row."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from forensics.analyzers.labels import generator_catalogue
from forensics.analyzers.labels.generator_catalogue import catalogue, parse
from forensics.errors import UsageError
from forensics.model import Result
from tests.unit.analyzers.labels.generator_files import jpeg, one

TOP = Path(__file__).resolve().parents[4]
ROW = """
[alternatives]
copied = "It was copied."
[[generator]]
id = "new-one"
name = "New One"
maker = "Somebody"
kind = "image"
alternatives = ["copied"]
source = "https://example.org/new-one"
match = [{ key = '^new_one$', strength = "declared" }]
"""


def test_the_row_in_the_documentation_fits():
    page = (TOP / "docs" / "adding-a-generator.md").read_text("utf-8")
    (row,) = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    known = (files("forensics") / "data" / "generators.toml").read_text("utf-8")
    assert parse(known + "\n" + row).generators[-1].id == "example-studio"
    for parser in generator_catalogue.PARSERS - {""}:
        assert f"`{parser}`" in page


SPOILT = {
    "no TOML": "[[generator",
    "nothing": "",
    "no source": ROW.replace("https://example.org/new-one", ""),
    "no maker": ROW.replace('maker = "Somebody"\n', ""),
    "an unknown kind": ROW.replace('"image"', '"painting"'),
    "an id with spaces": ROW.replace('"new-one"', '"new one"'),
    "the same id twice": ROW + ROW[ROW.index("[[generator]]") :],
    "an unknown alternative": ROW.replace('["copied"]', '["stolen"]'),
    "an alternative with braces": ROW.replace("It was copied.", "It was {copied}."),
    "an unknown strength": ROW.replace('"declared"', '"certain"'),
    "an unknown parser": ROW.replace("strength =", 'parser = "magic", strength ='),
    "an unknown field": ROW.replace("strength =", 'valeu = "a", strength ='),
    "no condition": ROW.replace("key = '^new_one$', ", ""),
    "no match": ROW.replace("{ key = '^new_one$', strength = \"declared\" }", ""),
    "a number for a name": ROW.replace("'^new_one$'", "7"),
    "no pattern": ROW.replace("^new_one$", "("),
    "a node without a type": ROW + '[[node]]\ntool = "x"\nsource = "y"\n',
}


def test_the_catalogue_that_comes_with_the_program_fits():
    ids = {generator.id for generator in catalogue().generators}
    named = {"automatic1111", "comfyui", "invokeai", "novelai", "fooocus", "swarmui", "draw-things", "midjourney"}
    assert named | {"dall-e", "firefly", "deepfacelab", "faceswap", "wav2lip", "suno"} <= ids


def test_every_row_has_a_source():
    rows = tomllib.loads((files("forensics") / "data" / "generators.toml").read_text("utf-8"))
    for row in (*rows["generator"], *rows["node"]):
        assert len(row["source"]) > 20, row


def test_a_row_is_added_without_code():
    (generator,) = parse(ROW).generators
    assert (generator.id, generator.matches[0].first.key.pattern) == ("new-one", "^new_one$")
    assert generator.matches[0].alternatives == ("copied",)


@pytest.mark.parametrize("case", SPOILT)
def test_a_row_that_does_not_fit_is_refused_with_a_hint(case):
    with pytest.raises(UsageError) as caught:
        parse(SPOILT[case])
    assert caught.value.hint


SLOW = [
    "a*",
    "a+",
    "(ab){3}",
    "(a|b)*",
    "a{2,}",
    "(a{1,9}){1,9}",
    "a{1,200}b{1,200}",
    "(?=a)",
    "(?<!a)b",
    r"(a)\1",
    "a{,9}",
]


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_that_may_take_long_is_refused(pattern):
    with pytest.raises(ValueError, match="pattern"):
        generator_catalogue._pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(?i)^a$", "[*+]", r"a\+b", "a{64}", "a{1,64}b{1,64}", "(ab|cd)?", "a.{0,8}b", "(?:a|b)c"]
)
def test_a_pattern_with_counted_repetitions_is_taken(pattern):
    assert generator_catalogue._pattern(pattern).pattern == pattern


def test_every_alternative_and_every_sentence_of_the_code_is_there_in_each_language():
    code = "".join(file.read_text() for file in (TOP / "forensics/analyzers/labels").glob("generator*.py"))
    ids = set(re.findall(r'"(label\.generator\.[a-z.-]+)"', code))
    ids |= {f"label.generator.alternative.{name}" for name in catalogue().alternatives}
    for language in ("zh", "fr"):
        told = tomllib.loads((TOP / f"templates/findings/{language}/label-generator.toml").read_text("utf-8"))
        assert set(told) == ids


def test_steps_that_exchange_faces_are_known_by_type_and_by_file():
    known = catalogue()
    types = {
        "ReActorFaceSwap": "ReActor",
        "DeepFuzeFaceSwap": "face swap",
        "ApplyInstantID": "InstantID",
        "ApplyPulidFlux": "PuLID",
        "IPAdapterUnifiedLoaderFaceID": "IP-Adapter FaceID",
        "LivePortraitProcess": "LivePortrait",
        "Wav2Lip": "Wav2Lip",
        "LatentSyncNode": "LatentSync",
        "MimicMotionSampler": "MimicMotion",
        "MultiTalkWav2VecEmbeds": "MultiTalk / InfiniteTalk",
        "WanAnimateToVideo": "Wan Animate",
    }
    assert {name: known.face_tool(type_name=name) for name in types} == types
    assert known.face_tool(file_name="models/inswapper_128.onnx")
    for name in ("KSampler", "LoadImage", "FaceRestoreWithModel", "FaceDetailer", "SaveImage", "PreviewImage"):
        assert known.face_tool(type_name=name) is None
    assert known.face_tool(file_name="sd_xl_base_1.0.safetensors") is None


def test_a_spoilt_catalogue_stops_this_kind_of_label_only(tmp_path, monkeypatch):
    monkeypatch.setattr("forensics.analyzers.labels.generator.catalogue", lambda: parse("spoilt"))
    with pytest.raises(UsageError):
        one(jpeg(tmp_path / "x.jpg"))
    monkeypatch.undo()
    assert one(jpeg(tmp_path / "x.jpg")).result is Result.NOT_FOUND
