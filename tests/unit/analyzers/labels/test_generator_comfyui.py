"""Graphs of ComfyUI: texts and their role, models, seeds, and steps that exchange or animate faces."""

from __future__ import annotations

import json
import struct
import time
import zlib
from pathlib import Path

import pytest

from forensics.model import Result
from tests.unit.analyzers.labels.generator_files import findings, one, png, values

PROMPT = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 8, "steps": 20, "cfg": 7.5, "sampler_name": "euler", "scheduler": "normal", "denoise": 0.5}
        | {"model": ["10", 0], "positive": ["20", 0], "negative": ["20", 1], "latent_image": ["5", 0]},
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 960, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["30", 0], "clip": ["10", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["10", 1]}},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {"lora_name": "face.safetensors", "model": ["4", 0], "clip": ["4", 1]},
    },
    "11": {"class_type": "LoadImage", "inputs": {"image": "somebody.png", "upload": "image"}},
    "12": {
        "class_type": "ReActorFaceSwap",
        "inputs": {"input_image": ["8", 0], "source_image": ["11", 0], "swap_model": "inswapper_128.onnx"},
        "_meta": {"title": "Swap"},
    },
    "20": {
        "class_type": "ControlNetApplyAdvanced",
        "inputs": {"positive": ["6", 0], "negative": ["7", 0], "control_net": ["21", 0], "image": ["11", 0]},
    },
    "30": {"class_type": "PrimitiveString", "inputs": {"value": "a man at a window"}},
    "40": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["12", 0]}},
}
WORKFLOW = {
    "last_node_id": 9,
    "nodes": [
        {"id": 1, "type": "CheckpointLoaderSimple", "widgets_values": ["dream.safetensors"], "mode": 0},
        {"id": 2, "type": "CLIPTextEncode", "widgets_values": ["a dog"], "inputs": [{"name": "clip", "link": 1}]},
        {"id": 3, "type": "CLIPTextEncode", "widgets_values": ["text"], "inputs": [{"name": "clip", "link": 2}]},
        {
            "id": 4,
            "type": "KSampler",
            "widgets_values": [77, "randomize", 12, 6, "ddim", "karras", 1],
            "inputs": [{"name": "positive", "link": 3}, {"name": "negative", "link": 4}, {"name": "model", "link": 5}],
        },
        {"id": 5, "type": "LivePortraitProcess", "mode": 4, "title": "off", "widgets_values": []},
    ],
    "links": [
        [1, 1, 1, 2, 0, "CLIP"],
        [2, 1, 1, 3, 0, "CLIP"],
        [3, 2, 0, 4, 1, "C"],
        [4, 3, 0, 4, 2, "C"],
        [5, 1, 0, 4, 0, "M"],
    ],
}


def read(value, *, key="prompt"):
    """Reads a graph that stands in a PNG."""
    return one(Path(__file__), structure=values(("tEXt", key, json.dumps(value)))).values["parameters"]


def test_texts_have_the_role_that_the_sampler_gives_them():
    found = read(PROMPT)
    assert (found["prompt"], found["negative_prompt"]) == ("a man at a window", "blurry")
    assert [(text["role"], text["node"]) for text in found["prompts"]] == [("negative_prompt", "7"), ("prompt", "30")]


def test_models_seeds_and_settings_are_read():
    found = read(PROMPT)
    expected = {"model": "dream.safetensors", "loras": ["face.safetensors"], "input_files": ["somebody.png"], "seed": 8}
    assert expected.items() <= found.items()
    settings = {"steps": 20, "cfg_scale": 7.5, "sampler": "euler", "scheduler": "normal", "size": "640x960"}
    assert settings.items() <= found.items()
    assert found["node_types"]["CLIPTextEncode"] == 2
    assert found["node_count"] == len(PROMPT)


def test_a_step_that_exchanges_faces_and_is_switched_off_is_not_in_the_statement():
    graph = {"1": {"class_type": "ReActorFaceSwap", "inputs": {"enabled": False, "swap_model": "inswapper_128.onnx"}}}
    finding = one(Path(__file__), structure=values(("tEXt", "prompt", json.dumps(graph))))
    (step,) = finding.values["parameters"]["face_swap_nodes"]
    assert step["active"] is False
    assert finding.statement.id == "label.generator.found"


def test_a_step_that_exchanges_faces_is_named_in_the_statement():
    finding = one(Path(__file__), structure=values(("tEXt", "prompt", json.dumps(PROMPT))))
    (step,) = finding.values["parameters"]["face_swap_nodes"]
    assert step == {"id": "12", "type": "ReActorFaceSwap", "title": "Swap", "tool": "ReActor", "active": True}
    assert finding.statement.id == "label.generator.found-face"
    assert "ReActor" in finding.statement.text


def test_a_step_is_known_by_its_model_file_too():
    graph = {"1": {"class_type": "MyLoader", "inputs": {"name": "sub/inswapper_128.onnx"}}}
    assert read(graph)["face_swap_nodes"][0]["tool"] == "face-swap model"


def test_what_the_editor_showed_is_read_where_nothing_else_is_there():
    found = read(WORKFLOW, key="workflow")
    expected = {"graph": "workflow", "prompt": "a dog", "negative_prompt": "text", "seed": 77, "steps": 12}
    assert expected.items() <= found.items()
    assert (found["sampler"], found["model"]) == ("ddim", "dream.safetensors")
    assert found["face_swap_nodes"][0]["active"] is False


def test_a_step_that_was_switched_off_is_listed_but_not_stated():
    finding = one(Path(__file__), structure=values(("tEXt", "workflow", json.dumps(WORKFLOW))))
    assert finding.statement.id == "label.generator.found"


@pytest.mark.parametrize("first", ["prompt", "workflow"])
def test_what_was_run_goes_before_what_the_editor_showed(first):
    entries = [("tEXt", "prompt", json.dumps(PROMPT)), ("tEXt", "workflow", json.dumps(WORKFLOW))]
    finding = one(Path(__file__), structure=values(*(entries if first == "prompt" else reversed(entries))))
    assert (finding.values["parameters"]["graph"], finding.values["parameters"]["seed"]) == ("prompt", 8)
    assert "differences" not in finding.values
    assert {step["type"] for step in finding.values["parameters"]["face_swap_nodes"]} == {
        "ReActorFaceSwap",
        "LivePortraitProcess",
    }


def test_a_text_for_both_sides_and_one_that_no_sampler_uses_are_told_apart():
    graph = {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "shared"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "spare"}},
        "3": {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "negative": ["1", 0], "seed": 1}},
        "4": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["5", 0]}},
        "5": {"class_type": "CLIPTextEncode", "inputs": {"text": "wanted"}},
        "6": {"class_type": "KSampler", "inputs": {"positive": ["5", 0], "negative": ["4", 0], "seed": 1}},
    }
    roles = {text["text"]: text["role"] for text in read(graph)["prompts"]}
    assert roles == {"shared": "both", "spare": "unlinked", "wanted": "prompt"}


def test_a_seed_that_comes_from_another_step_is_followed():
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"seed": ["2", 0], "steps": 4}},
        "2": {"class_type": "PrimitiveInt", "inputs": {"value": 31337}},
    }
    assert read(graph)["seeds"] == [31337]


def test_the_names_before_the_graph_in_webp_are_taken_off():
    structure = values(
        ("EXIF/IFD0", "Model", "prompt:" + json.dumps(PROMPT)),
        ("EXIF/IFD0", "Make", "workflow:" + json.dumps(WORKFLOW)),
        name="riff",
    )
    assert one(Path(__file__), structure=structure).values["parameters"]["seed"] == 8


def test_the_chunks_of_an_animated_png_are_read(tmp_path):
    file = png(tmp_path / "x.png", {})
    content = file.read_bytes()
    body = b"comf" + b"prompt\0" + json.dumps(PROMPT).encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    file.write_bytes(content[:-12] + chunk + content[-12:])
    finding = one(file)
    assert (finding.values["site"]["place"], finding.values["parameters"]["seed"]) == ("comf", 8)


def test_groups_of_steps_are_opened():
    shown = {"nodes": [{"id": 1, "type": "uuid"}], "links": [], "last_node_id": 1}
    shown["definitions"] = {
        "subgraphs": [{"id": "g", "nodes": [{"id": 2, "type": "FaceSwapNode"}], "links": [{"id": 1}]}]
    }
    assert read(shown, key="workflow")["face_swap_nodes"][0]["tool"] == "face swap"


def ring(count, name):
    return {
        str(at): {"class_type": "ConditioningCombine", "inputs": {"positive": [str((at + 1) % count), 0], name: "x"}}
        for at in range(count)
    }


HOSTILE = {
    "a circle": ring(3, "negative"),
    "a long circle": ring(6000, "text"),
    "itself": {
        "1": {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "negative": ["1", 1], "seed": ["1", 0]}}
    },
    "wrong types": {
        "1": {"class_type": "KSampler", "inputs": {"seed": {"a": [1]}, "positive": [[], 0], "steps": None}}
    },
    "inputs that are none": {"1": {"class_type": "KSampler", "inputs": [1, 2]}},
    "links to nowhere": {"1": {"class_type": "KSampler", "inputs": {"positive": ["99", 0], "negative": [5, "x"]}}},
    "a title that is none": {"1": {"class_type": "A", "_meta": {"title": 7}}},
    "many files": {str(at): {"class_type": "L", "inputs": {"a": ["f.pt"] * 400}} for at in range(2000)},
    "odd nodes": {
        "nodes": [{"id": None, "type": "A", "mode": "x", "inputs": [1], "widgets_values": 3}],
        "links": [[1]],
    },
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_graph_is_read_in_little_time(case):
    started = time.process_time()
    for key in ("prompt", "workflow"):
        (finding,) = findings(Path(__file__), structure=values(("tEXt", key, json.dumps(HOSTILE[case]))))
        assert finding.result is Result.FOUND
    assert time.process_time() - started < 4
