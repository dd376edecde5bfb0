"""Generators: texts that are made to cost much, or to break the reader, and random ones."""

from __future__ import annotations

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics import codec
from forensics.analyzers.labels import generator_infotext
from forensics.model import GapReason, Result
from tests.unit.analyzers.labels.generator_files import findings, one, values

JOB = "a7421d2f-b262-44f9-977c-ac23e9c7d3e3"
HOSTILE = {
    "nothing": "",
    "deep": '{"prompt": ' * 20_000,
    "a long number": '{"base_model": 1' + "0" * 5000 + ', "performance": 1}',
    "infinite": '{"base_model": 1e999, "performance": NaN, "seed": -Infinity}',
    "half a pair": '{"base_model": "\\ud83d", "performance": "\\udc00"}',
    "one long line": "Steps: 1, " + "a" * 200_000,
    "commas": "Steps: 1, " + "," * 200_000,
    "quotes": 'Steps: 1, Seed: 1, Sampler: "' + '\\"' * 100_000,
    "brackets": "Steps: 1, Seed: 1, Sampler: " + "{[" * 100_000,
    "lora marks": "<lora:" * 30_000 + "\nSteps: 1, Sampler: a, CFG scale: 1, Seed: 1",
    "colons": "Steps: 1, " + ":" * 200_000,
    "flags": "x" + " --a" * 60_000 + f" Job ID: {JOB}",
    "nulls": "\0" * 100_000,
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("key", ["parameters", "prompt", "Comment", "Description", "Dream", "faceswap"])
def test_hostile_text_costs_little_and_gives_a_finding(case, key):
    started = time.process_time()
    found = findings(Path(__file__), structure=values(("tEXt", key, HOSTILE[case])))
    assert found
    assert all(codec.canonical(codec.encode(finding)) for finding in found)
    assert time.process_time() - started < 2


def test_thousands_of_values_are_read_and_some_of_them_listed():
    entries = [("tEXt", "parameters", f"Steps: {at}, Sampler: a, CFG scale: 1, Seed: {at}") for at in range(3000)]
    started = time.process_time()
    finding = one(Path(__file__), structure=values(*entries))
    assert time.process_time() - started < 5
    assert (finding.gaps, len(finding.values["sites"])) == ((), 64)


def test_more_text_than_is_read_of_one_file_is_a_gap():
    text = "Steps: 1, " + "a" * 1_000_000
    started = time.process_time()
    finding = one(Path(__file__), structure=values(*[("tEXt", "parameters", text)] * 60))
    assert time.process_time() - started < 10
    assert (finding.result, finding.gaps[0].why) == (Result.INDETERMINATE, GapReason.LIMIT)


@given(st.text(max_size=400), st.sampled_from(["parameters", "prompt", "Comment", "UserComment", "Dream", "xmp"]))
def test_no_text_makes_the_reader_fail(text, key):
    found = findings(Path(__file__), structure=values(("tEXt", key, text.encode("utf-8", "surrogatepass"))))
    assert all(finding.kind == "label.generator" for finding in found)


@given(st.text(alphabet=string.printable, max_size=300))
def test_settings_are_split_whatever_stands_in_them(tail):
    pairs = list(generator_infotext.split("Steps: 20, Seed: 5, " + tail))
    assert pairs[0] == ("Steps", "20")


def test_random_bytes_in_any_place_name_no_generator():
    chance = random.Random(3)
    for place, key in (("APP15", "data"), ("tEXt", "parameters"), ("APP1/Exif/ExifIFD", "UserComment"), ("x", "xmp")):
        structure = values((place, key, chance.randbytes(3000)), name="jpeg")
        assert one(Path(__file__), structure=structure).result is Result.NOT_FOUND
