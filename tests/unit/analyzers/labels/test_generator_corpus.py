"""Real media: every labelled file is named, and no camera original, edited photograph or recording is."""

from __future__ import annotations

import csv
import json
import subprocess

import pytest

from forensics.model import Result
from tests.unit.analyzers.labels.generator_files import findings, one

SILENT = ("01-metadata/", "04-", "05-", "06-tamper/", "07-genuine-photos/", "08-speech/", "09-chat/")


def rows(corpus):
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        return [row for row in csv.DictReader(stream) if (corpus / row["path"]).is_file()]


def test_files_with_a_graph_are_named_and_their_settings_are_those_that_exiftool_shows(corpus):
    labelled = [row for row in rows(corpus) if "workflow chunks" in row["what"] or "prompt+workflow" in row["what"]]
    assert labelled
    for row in labelled:
        file = corpus / row["path"]
        finding = one(file)
        assert (finding.result, finding.values["generator"]) == (Result.FOUND, "comfyui"), row["path"]
        shown = json.loads(subprocess.check_output(["exiftool", "-j", "-Prompt", "-b", str(file)]))[0]["Prompt"]
        nodes = json.loads(shown) if isinstance(shown, str) else shown
        seeds = {v for node in nodes.values() for k, v in node["inputs"].items() if k in {"seed", "noise_seed"}}
        texts = {
            str(node["inputs"]["text"]).strip() for node in nodes.values() if node["class_type"] == "CLIPTextEncode"
        }
        read = finding.values["parameters"]
        assert set(read["seeds"]) == seeds
        assert {read.get("prompt", ""), read.get("negative_prompt", "")} == texts
        assert sum(read["node_types"].values()) == len(nodes)


def test_a_picture_without_entries_is_not_named(corpus):
    unlabelled = [row for row in rows(corpus) if row["label"] == "no-generator-metadata"]
    assert unlabelled
    assert all(one(corpus / row["path"]).result is Result.NOT_FOUND for row in unlabelled)


@pytest.mark.slow
def test_no_generator_is_seen_in_what_has_none(corpus):
    looked_at = 0
    for row in rows(corpus):
        if row["path"].startswith(SILENT):
            found = findings(corpus / row["path"])
            assert len(found) == 1, row["path"]
            assert "generator" not in found[0].values, (row["path"], found[0].statement.text)
            looked_at += 1
    assert looked_at
