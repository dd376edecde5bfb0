"""Generators that files name: parameters in the forms that programs document, and what must not be taken for them."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forensics import codec
from forensics.formats import Problem, Structure
from forensics.model import GapReason, Result
from tests.unit.analyzers.labels.generator_files import (
    A1111,
    findings,
    jpeg,
    look,
    one,
    png,
    values,
    with_segment,
)

TEMPLATES = Path(__file__).resolve().parents[4] / "templates" / "findings"
SWARM = {
    "sui_image_params": {
        "prompt": "a photo of a cat",
        "model": "OfficialStableDiffusion/sd_xl_base_1.0",
        "seed": 1,
        "steps": 20,
        "cfgscale": 7.0,
        "aspectratio": "1:1",
        "width": 1024,
        "height": 1024,
        "automaticvae": True,
        "negativeprompt": "",
        "swarm_version": "0.9.3.1",
    },
    "sui_extra_data": {"date": "2024-11-13"},
}
"""The full example of SwarmUI's documentation."""
FOOOCUS = {
    "base_model": "juggernautXL_v8",
    "base_model_hash": "aeb7e9e689",
    "full_prompt": ["cat", "cinematic"],
    "guidance_scale": 4.0,
    "loras": [["sd_xl_offset_example-lora_1.0", 0.1, "4852686128"]],
    "lora_combined_1": "sd_xl_offset_example-lora_1.0 : 0.1",
    "negative_prompt": "dog",
    "performance": "Speed",
    "prompt": "cat",
    "resolution": "(1152, 896)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "123",
    "steps": 30,
    "version": "Fooocus v2.5.0",
}
FOOOCUS_AS_TEXT = (
    "cat\nNegative prompt: dog\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 123, Size: 1152x896, CFG scale: 4, "
    "Sharpness: 2, Model: juggernautXL_v8, Model hash: aeb7e9e689, Performance: Speed, Version: Fooocus v2.5.0"
)
DRAW_THINGS = {"c": "a guitar", "uc": "ocean", "seed": 1177739245, "steps": 10, "sampler": "DDIM", "scale": 10.0}
NOVELAI = {"prompt": "1girl", "uc": "lowres", "steps": 28, "scale": 5.0, "seed": 9, "sampler": "k_euler", "width": 832}
INVOKEAI = {
    "positive_prompt": "a red fox",
    "negative_prompt": "blur",
    "seed": 5,
    "steps": 30,
    "cfg_scale": 7.5,
    "scheduler": "euler",
    "width": 512,
    "height": 768,
    "model": {"key": "k", "hash": "blake3:aa", "name": "sd-1.5", "base": "sd-1"},
    "loras": [{"model": {"key": "l", "name": "detail"}, "weight": 0.5}],
}
JOB = "a7421d2f-b262-44f9-977c-ac23e9c7d3e3"
SIGNATURE = "Signature: " + "QUJD" * 20
PNG_ENTRIES = {
    "automatic1111": (
        {"parameters": A1111},
        {"steps": 20, "sampler": "Euler a", "cfg_scale": 7, "seed": 965400086, "size": "512x512", "model": "dream_8"}
        | {"model_hash": "45dee52b", "loras": ["beret_v2", "other one"], "version": "v1.10.1"}
        | {"negative_prompt": "ugly, fat, obese, (((deformed))), [blurry]"},
    ),
    "fooocus": (
        {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"},
        {"prompt": "cat", "negative_prompt": "dog", "model": "juggernautXL_v8", "model_hash": "aeb7e9e689", "steps": 30}
        | {"seed": "123", "size": "1152x896", "loras": ["sd_xl_offset_example-lora_1.0"], "version": "Fooocus v2.5.0"},
    ),
    "swarmui": (
        {"parameters": json.dumps(SWARM, indent=2)},
        {"prompt": "a photo of a cat", "model": "OfficialStableDiffusion/sd_xl_base_1.0", "seed": 1, "steps": 20}
        | {"cfg_scale": 7.0, "size": "1024x1024", "version": "0.9.3.1"},
    ),
    "stable-diffusion.cpp": (
        {
            "parameters": "A sunflower field\nNegative prompt: Blue sky\nSteps: 30, CFG scale: 5.000000, Guidance: "
            "3.500000, Eta: 0.000000, Seed: 1375127038, Size: 512x512, Model: v1-5-pruned-emaonly.safetensors, "
            "RNG: cuda, Sampler: dpm++2mv2 karras, Version: stable-diffusion.cpp"
        },
        {"prompt": "A sunflower field", "negative_prompt": "Blue sky", "seed": 1375127038, "cfg_scale": 5.0}
        | {"sampler": "dpm++2mv2 karras", "model": "v1-5-pruned-emaonly.safetensors"},
    ),
    "invokeai": (
        {"invokeai_metadata": json.dumps(INVOKEAI), "invokeai_graph": "{}"},
        {"prompt": "a red fox", "negative_prompt": "blur", "model": "sd-1.5", "loras": ["detail"], "size": "512x768"},
    ),
    "novelai": (
        {"Title": "AI generated image", "Software": "NovelAI", "Source": "NovelAI Diffusion V4 37442FCA"}
        | {"Description": "1girl", "Comment": json.dumps(NOVELAI)},
        {"prompt": "1girl", "negative_prompt": "lowres", "steps": 28, "cfg_scale": 5.0, "seed": 9, "signed": False}
        | {"sampler": "k_euler", "model": "NovelAI Diffusion V4 37442FCA"},
    ),
    "easy-diffusion": (
        {"prompt": "a house", "negative_prompt": "fog", "seed": "77", "num_inference_steps": "25", "width": "512"}
        | {"height": "640", "use_stable_diffusion_model": "C:/models/sd-v1-5", "sampler_name": "euler_a"},
        {"prompt": "a house", "negative_prompt": "fog", "seed": 77, "steps": 25, "size": "512x640"}
        | {"model": "C:/models/sd-v1-5", "sampler": "euler_a"},
    ),
    "midjourney": (
        {"Description": f"example --ar 2:1 --stylize 80 --v 6 Job ID: {JOB}", "Author": "somebody"},
        {"prompt": "example", "version": "6", "job_id": JOB, "account": "somebody"},
    ),
    "mflux": ({"mflux": json.dumps({"mflux_version": "0.9", "seed": 2, "steps": 4})}, {"seed": 2, "version": "0.9"}),
    "luma": ({"Source": "Luma AI"}, {"tag": "Luma AI"}),
}


@pytest.mark.parametrize("name", PNG_ENTRIES)
def test_what_a_generator_writes_into_a_png_is_read_under_its_name(name, tmp_path):
    entries, expected = PNG_ENTRIES[name]
    finding = one(png(tmp_path / "x.png", entries))
    assert (finding.kind, finding.result, finding.values["generator"]) == ("label.generator", Result.FOUND, name)
    assert expected.items() <= finding.values["parameters"].items()
    assert finding.values["strength"] == "declared"
    assert finding.limits
    assert finding.alternatives


def test_an_entry_has_its_place_key_and_offset(tmp_path):
    file = png(tmp_path / "x.png", {"parameters": A1111})
    site = one(file).values["site"]
    assert (site["place"], site["key"]) == ("tEXt", "parameters")
    assert file.read_bytes()[site["offset"] :].startswith(A1111[:40].encode())


def test_the_raw_text_is_kept_up_to_a_length(tmp_path):
    long = "x" * 20_000 + "\n" + A1111
    assert one(png(tmp_path / "x.png", {"parameters": A1111})).values["parameters"]["raw"] == A1111
    read = one(png(tmp_path / "y.png", {"parameters": long})).values["parameters"]
    assert (len(read["raw"]), read["raw_length_characters"], read["seed"]) == (8192, len(long), 965400086)


def test_a_prompt_in_chinese_is_read_from_utf_8_and_from_utf_16(tmp_path):
    text = "一只猫，水彩\nNegative prompt: 模糊\nSteps: 8, Sampler: Euler, CFG scale: 2, Seed: 3, Size: 512x512"
    in_png = one(png(tmp_path / "x.png", {"parameters": text})).values["parameters"]
    in_jpeg = one(jpeg(tmp_path / "x.jpg", comment=b"UNICODE\0" + text.encode("utf-16-be"))).values["parameters"]
    assert in_png["prompt"] == in_jpeg["prompt"] == "一只猫，水彩"
    assert in_jpeg["negative_prompt"] == "模糊"


USER_COMMENTS = {
    "automatic1111": A1111,
    "fooocus": FOOOCUS_AS_TEXT,
    "swarmui": json.dumps(SWARM),
    "draw-things": json.dumps(DRAW_THINGS),
    "easy-diffusion": json.dumps({"prompt": "a", "use_stable_diffusion_model": "sd", "seed": 1}),
    "novelai": json.dumps(NOVELAI),
    "mflux": json.dumps({"mflux_version": "0.9", "prompt": "a"}),
    "comfyui": json.dumps({"1": {"class_type": "KSampler", "inputs": {"seed": 4}}}),
}


@pytest.mark.parametrize("name", USER_COMMENTS)
@pytest.mark.parametrize("charset", ["ascii", "utf-16-be", "utf-16-le", "none"])
def test_a_user_comment_in_any_character_code_is_read(name, charset, tmp_path):
    text = USER_COMMENTS[name]
    codes = {"ascii": b"ASCII\0\0\0" + text.encode(), "none": text.encode()}
    comment = codes.get(charset) or b"UNICODE\0" + text.encode(charset)
    assert one(jpeg(tmp_path / "x.jpg", comment=comment)).values["generator"] == name


def test_the_tags_of_a_webp_are_read(tmp_path):
    exif = Image.Exif()
    exif[0x0110] = "prompt:" + json.dumps({"1": {"class_type": "KSampler", "inputs": {"seed": 4}}})
    file = tmp_path / "x.webp"
    Image.new("RGB", (16, 16)).save(file, exif=exif, lossless=True)
    finding = one(file)
    assert (finding.values["generator"], finding.values["parameters"]["seed"]) == ("comfyui", 4)


def test_the_same_entries_as_raw_bytes_without_a_stated_encoding_are_read(tmp_path):
    file = jpeg(tmp_path / "x.jpg")
    for data in (b"UNICODE\0" + A1111.encode("utf-16-le"), b"ASCII\0\0\0" + A1111.encode(), A1111.encode()):
        structure = values(("APP1/Exif/ExifIFD", "UserComment", data), name="jpeg")
        assert one(file, structure=structure).values["parameters"]["seed"] == 965400086


def test_fooocus_is_named_once_where_it_signs_in_two_tags(tmp_path):
    file = jpeg(tmp_path / "x.jpg", tags={0x9286: FOOOCUS_AS_TEXT.encode(), 0x0131: "Fooocus v2.5.0"})
    finding = one(file)
    assert finding.values["generator"] == "fooocus"
    assert len(finding.values["sites"]) == 2
    assert finding.values["parameters"]["seed"] == 123


def test_draw_things_is_read_from_xmp_with_lists_of_languages(tmp_path):
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool>Draw Things</xmp:CreatorTool><exif:UserComment>'
        f'<rdf:Alt><rdf:li xml:lang="x-default">{json.dumps(DRAW_THINGS).replace(chr(34), "&quot;")}</rdf:li></rdf:Alt>'
        "</exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    finding = one(jpeg(tmp_path / "x.jpg", xmp=packet))
    assert finding.values["generator"] == "draw-things"
    expected = {"prompt": "a guitar", "negative_prompt": "ocean", "seed": 1177739245, "cfg_scale": 10.0}
    assert expected.items() <= finding.values["parameters"].items()
    bare = values(("APP1/XMP", "xmp", packet), name="jpeg")
    assert one(jpeg(tmp_path / "y.jpg"), structure=bare).values["generator"] == "draw-things"


def test_the_caption_of_draw_things_is_not_taken_for_automatic1111():
    text = "a guitar\n-ocean\nSteps: 10, Sampler: DDIM, Guidance Scale: 10.0, Seed: 11, Size: 1152x768, Model: sd.ckpt"
    structure = values(("APP1/Exif/IFD0", "ImageDescription", text), name="jpeg")
    assert one(Path(__file__), structure=structure).values["generator"] == "draw-things"


def test_command_lines_and_objects_of_early_invokeai_are_read():
    dream = '"a cat on a mat [dog, fog]" -s 50 -S 2466 -W 512 -H 704 -C 7.5 -A k_lms'
    image = {"prompt": [{"prompt": "a cat", "weight": 1}], "seed": 2466, "steps": 50, "cfg_scale": 7.5}
    found = one(Path(__file__), structure=values(("tEXt", "Dream", dream)))
    expected = {"prompt": "a cat on a mat", "negative_prompt": "dog, fog", "steps": 50, "seed": 2466, "size": "512x704"}
    assert expected.items() <= found.values["parameters"].items()
    both = values(("tEXt", "Dream", dream), ("tEXt", "sd-metadata", json.dumps({"image": image})))
    finding = one(Path(__file__), structure=both)
    assert finding.values["parameters"]["seed"] == 2466
    assert [entry["parameter"] for entry in finding.values["differences"]] == ["prompt"]


def test_early_invokeai_has_model_hash_and_version_beside_the_parameters(tmp_path):
    metadata = {
        "model": "stable diffusion",
        "model_weights": "stable-diffusion-1.5",
        "model_hash": "cc6cb271",
        "app_version": "2.3.5",
        "image": {"prompt": [{"prompt": "a cat [a dog]", "weight": 1}], "seed": 12, "type": "txt2img"},
    }
    entries = {
        "sd-metadata": json.dumps(metadata),
        "Dream": '"a cat [a dog]" -s 50 -S 12 -W 512 -H 512 -C 7.5 -A k_lms',
    }
    finding = one(png(tmp_path / "x.png", entries))
    said = finding.values["parameters"]
    assert (said["prompt"], said["negative_prompt"]) == ("a cat", "a dog")
    assert (said["model"], said["model_hash"], said["version"]) == ("stable-diffusion-1.5", "cc6cb271", "2.3.5")
    assert "differences" not in finding.values


def test_the_hash_of_a_model_that_is_an_object_is_read(tmp_path):
    model = {"key": "k", "hash": "blake3:aa", "name": "Juggernaut", "type": "main"}
    text = json.dumps({"positive_prompt": "a fox", "seed": 1, "model": model})
    said = one(png(tmp_path / "x.png", {"invokeai_metadata": text})).values["parameters"]
    assert (said["model"], said["model_hash"]) == ("Juggernaut", "blake3:aa")


def test_the_hash_of_the_main_model_of_swarmui_is_read(tmp_path):
    models = [{"name": "v.safetensors", "param": "vae", "hash": "0x1"}, {"name": "x", "param": "model", "hash": "0x2"}]
    text = json.dumps({"sui_image_params": {"prompt": "a horse", "model": "x", "seed": 1}, "sui_models": models})
    assert one(png(tmp_path / "x.png", {"parameters": text})).values["parameters"]["model_hash"] == "0x2"


def test_models_that_civitai_lists_are_read(tmp_path):
    resources = [
        {"type": "checkpoint", "modelVersionId": 290640, "modelName": "Pony", "modelVersionName": "V6"},
        {"type": "lora", "weight": 0.8, "modelVersionId": 1, "modelName": "My Lora"},
    ]
    text = (
        "portrait\nNegative prompt: bad\nSteps: 25, Sampler: DPM++ 2M, CFG scale: 4, Seed: 99, Size: 832x1216, "
        f"Civitai resources: {json.dumps(resources)}, Civitai metadata: {{}}"
    )
    said = one(png(tmp_path / "x.png", {"parameters": text})).values["parameters"]
    assert (said["model"], said["loras"]) == ("Pony", ["My Lora"])


def test_the_negative_prompt_of_draw_things_stands_behind_a_minus():
    text = "a castle\n-ugly, blurred\nSteps: 30, Sampler: DPM++ 2M Karras, Guidance Scale: 7.5, Seed: 77, Size: 64x64"
    finding = one(Path(__file__), structure=values(("APP1/Exif/IFD0", "ImageDescription", text)))
    said = finding.values["parameters"]
    assert finding.values["generator"] == "draw-things"
    assert (said["prompt"], said["negative_prompt"]) == ("a castle", "ugly, blurred")


@pytest.mark.parametrize(
    "name", ["Dallmeier SeMSy 4.1", "Dalley / Getty Images", "Dalle, Marie", "Dallas Evening News"]
)
def test_a_name_that_begins_like_that_of_a_service_is_another(name):
    for place, key in (("APP1/Exif/IFD0", "Software"), ("APP1/XMP/properties", "photoshop:Credit")):
        assert one(Path(__file__), structure=values((place, key, name))).result is Result.NOT_FOUND


@pytest.mark.parametrize("name", ["DALL-E", "DALL·E 3", "OpenAI DALL-E 2", "DALLE 3"])
def test_the_name_of_a_service_is_known_in_its_spellings(name):
    finding = one(Path(__file__), structure=values(("APP1/Exif/IFD0", "Software", name)))
    assert (finding.result, finding.values["generator"]) == (Result.FOUND, "dall-e")


def test_a_job_number_alone_is_consistent_with_midjourney():
    finding = one(Path(__file__), structure=values(("tEXt", "Description", f"Proof 7, Job ID: {JOB}")))
    assert (finding.result, finding.values["strength"]) == (Result.INDETERMINATE, "consistent_with")
    assert "other-program" in finding.alternatives[0].id


def test_a_signature_and_an_artist_with_a_number_together_are_consistent_with_grok(tmp_path):
    both = one(jpeg(tmp_path / "x.jpg", tags={0x010E: SIGNATURE, 0x013B: JOB}))
    assert (both.values["generator"], both.result) == ("grok", Result.INDETERMINATE)
    assert one(jpeg(tmp_path / "y.jpg", tags={0x010E: SIGNATURE, 0x013B: "A. Painter"})).result is Result.NOT_FOUND
    assert one(jpeg(tmp_path / "z.jpg", tags={0x010E: "Signature: A. Painter", 0x013B: JOB})).result is Result.NOT_FOUND


TAGS = {
    "firefly": ("APP1/XMP/properties", "xmp:CreatorTool", "Adobe Firefly 3"),
    "google-ai": ("APP1/XMP/properties", "photoshop:Credit", "Made with Google AI"),
    "google-ai-edit": ("APP13/IPTC", "2:110", "Edited with Google AI"),
    "apple-ai-edit": ("APP1/XMP/properties", "photoshop:Credit", "Apple Photos Clean Up"),
    "ideogram": ("APP1/Exif/IFD0", "Make", "Ideogram AI"),
    "dall-e": ("APP1/Exif/IFD0", "Software", "DALL·E 3"),
    "ai-horde": ("APP1/Exif/IFD0", "Software", "ArtBot - Create images with Stable Diffusion, utilizing the AI Horde"),
    "mochi-diffusion": ("APP13/IPTC", "2:120", "Include in Image: a cat; Seed: 3; Generator: Mochi Diffusion 5.2"),
    "suno": ("ID3v2.4", "COMM:", f"made with suno; created=2025-10-08T16:20:02.314Z; id={JOB}"),
    "wangp": ("moov/udta/meta/ilst", "©cmt", json.dumps({"type": "WanGP v8 by DeepBeepMeep", "prompt": "a"})),
    "dreamina": ("APP1/Exif/ExifIFD", "UserComment", '{"data":{"product":"dreamina","exportType":"generation"}}'),
}


@pytest.mark.parametrize("name", TAGS)
def test_an_entry_that_names_a_service_is_found(name):
    finding = one(Path(__file__), structure=values(TAGS[name], name="jpeg"))
    assert (finding.result, finding.values["generator"]) == (Result.FOUND, name)


def test_an_edit_is_called_an_edit():
    finding = one(Path(__file__), structure=values(TAGS["google-ai-edit"], name="jpeg"))
    assert "edited with" in finding.statement.text
    assert finding.values["generator_kind"] == "editor"


INNOCENT = {
    "Photoshop": ("APP1/XMP/properties", "xmp:CreatorTool", "Adobe Photoshop 25.0 (Windows)"),
    "Lightroom": ("APP1/Exif/IFD0", "Software", "Adobe Lightroom 7.1"),
    "a phone": ("APP1/Exif/IFD0", "Make", "Apple"),
    "an editor of clips": ("moov/udta/meta/ilst", "©too", "Lavf58.76.100"),
    "an encoder": ("Segment/Info", "WritingApp", "Lavf60.3.100"),
    "a sentence about settings": ("COM", "comment", "In the text I read Steps: 20, Sampler: Euler and a seed"),
    "a line about settings": ("COM", "comment", "Steps: 20, Sampler: Euler"),
    "settings within a text": ("COM", "comment", A1111 + "\nThat is what the page said."),
    "a recipe": ("tEXt", "parameters", "Steps: 3, first mix"),
    "three steps": ("tEXt", "Comment", "Steps: 1, 2, 3"),
    "a prompt of a shell": ("tEXt", "prompt", "C:\\>"),
    "a question": ("tEXt", "prompt", "Describe the picture"),
    "a workflow of an office": ("tEXt", "workflow", '{"steps": ["scan", "file"], "prompt": "none"}'),
    "a workflow of another editor": ("tEXt", "workflow", '{"nodes": [{"type": "n8n.mail"}], "connections": {}}'),
    "a list of nodes": ("tEXt", "workflow", '{"nodes": [1, 2], "links": []}'),
    "a JSON comment": ("APP1/Exif/ExifIFD", "UserComment", '{"prompt": "say cheese", "seed": 3}'),
    "a credit": ("APP1/XMP/properties", "photoshop:Credit", "Firefly Photos Ltd is not the first word: Getty"),
    "a print job": ("tEXt", "Description", "Proof, Job ID: 4711"),
    "the word suno": ("ID3v2.3", "COMM:", "Live at the Suno festival"),
    "an editor of ByteDance": ("APP1/Exif/ExifIFD", "UserComment", '{"data":{"product":"lv","exportType":"video"}}'),
    "an index of a video platform": ("moov/udta/meta/ilst", "comment", "vid:v0300f440000bu6qpfoeit1ffdjb2drg"),
    "a list without what Fooocus has": ("tEXt", "parameters", '{"steps": 3, "seed": 1}'),
    "a segment that is no dictionary": ("APP15", "data", b"landmarks face_type"),
}


@pytest.mark.parametrize("case", INNOCENT)
def test_what_cameras_editors_and_people_write_is_no_generator(case):
    finding = one(Path(__file__), structure=values(INNOCENT[case], name="jpeg"), name="IMG_0001.jpg")
    assert finding.result is Result.NOT_FOUND, finding.statement.text


def test_a_document_that_quotes_parameters_is_no_generated_file(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(A1111)
    assert one(file).result is Result.NOT_FOUND


def test_a_camera_picture_has_one_finding_that_says_nothing_was_found(tmp_path):
    finding = one(jpeg(tmp_path / "x.jpg", tags={0x010F: "Canon", 0x0131: "Firmware 1.0"}))
    assert (finding.result, finding.gaps) == (Result.NOT_FOUND, ())
    assert "by this method" in finding.statement.text
    assert finding.limits


def test_what_was_not_read_whole_is_left_open():
    problems = (Problem("truncated", 900),)
    finding = one(Path(__file__), structure=Structure("jpeg", 1000, problems=problems))
    assert (finding.result, finding.gaps[0].why) == (Result.INDETERMINATE, GapReason.UNREADABLE)
    limited = one(Path(__file__), structure=Structure("jpeg", 1000, problems=(Problem("limit", 9),)))
    assert limited.gaps[0].why is GapReason.LIMIT
    assert one(Path(__file__), structure=Structure("", 1000)).gaps[0].why is GapReason.NOT_APPLICABLE


def test_a_cut_off_png_keeps_what_stands_before_the_cut(tmp_path):
    file = png(tmp_path / "x.png", {"parameters": A1111})
    file.write_bytes(file.read_bytes()[:-30])
    finding = one(file)
    assert (finding.result, finding.values["generator"]) == (Result.FOUND, "automatic1111")
    assert finding.gaps


def test_a_damaged_graph_still_names_its_program(tmp_path):
    text = json.dumps({"1": {"class_type": "KSampler", "inputs": {}}})[:-4]
    finding = one(png(tmp_path / "x.png", {"prompt": text}))
    assert (finding.values["generator"], "tag" in finding.values["parameters"]) == ("comfyui", True)


NAMES = {
    "ComfyUI_00017_.png": "comfyui",
    "result_voice.mp4": "wav2lip",
    "art_1##bus_chinese.mp4": "sadtalker",
    "s6--d0_concat.mp4": "liveportrait",
    "Gemini_Generated_Image_qm97ngqm97ngqm97.png": "google-ai",
    "DALL·E 2024-11-28 21.24.45 - A minimalistic icon.png": "dall-e",
    "ChatGPT Image 20 mars 2026, 22_20_45.png": "dall-e",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_a_program_gives_is_weak_and_says_so(name):
    finding = one(Path(__file__), structure=values(name="jpeg"), name=name)
    assert (finding.result, finding.values["generator"]) == (Result.INDETERMINATE, NAMES[name])
    assert finding.values["strength"] == "consistent_with"
    assert finding.limits[0].id == "label.generator.limit.name"
    assert "renamed" in finding.alternatives[0].id


@pytest.mark.parametrize(
    "name", ["IMG_0001.jpg", "result.mp4", "00001-1234.png", "a--b.mp4", "my comfyui notes.png", "voice.mp4", "0.png"]
)
def test_an_ordinary_name_says_nothing(name):
    assert one(Path(__file__), structure=values(name="jpeg"), name=name).result is Result.NOT_FOUND


def test_a_person_in_a_label_beside_the_parameters_is_masked():
    label = {"Label": "1", "ContentProducer": "001311010519491231002X10001", "ProduceID": "13812345678"}
    text = json.dumps({"AIGC": label, "data": {"product": "dreamina", "exportType": "generation"}})
    finding = one(Path(__file__), structure=values(("APP1/Exif/ExifIFD", "UserComment", text)))
    record = codec.canonical(codec.encode(finding))
    assert finding.values["generator"] == "dreamina"
    assert b"11010519491231002X" not in record
    assert b"13812345678" not in record


def test_the_statement_names_the_place_of_the_parameters_and_not_that_of_the_name(tmp_path):
    comment = json.dumps({"prompt": "a", "uc": "b", "sampler": "k_euler", "seed": 1})
    finding = one(png(tmp_path / "x.png", {"Software": "NovelAI", "Comment": comment}))
    assert finding.values["site"]["key"] == "Comment"
    assert "(tEXt, Comment)" in finding.statement.text


def test_two_generators_in_one_file_are_two_findings(tmp_path):
    found = findings(png(tmp_path / "x.png", {"parameters": A1111, "invokeai_metadata": json.dumps(INVOKEAI)}))
    assert [finding.values["generator"] for finding in found] == ["automatic1111", "invokeai"]


def test_a_face_that_deepfacelab_cut_out_is_named_without_running_what_is_pickled(tmp_path):
    header = {
        "face_type": "whole_face",
        "landmarks": np.zeros((68, 2), np.float32),
        "source_filename": "00042.png",
        "source_landmarks": np.ones((68, 2), np.float32),
    }
    file = with_segment(jpeg(tmp_path / "x.jpg"), 0xEF, pickle.dumps(header))
    finding = one(file)
    assert (finding.values["generator"], finding.values["generator_kind"]) == ("deepfacelab", "face-swap")
    assert finding.values["parameters"] == {"face_type": "whole_face", "source_filename": "00042.png"}
    assert "cut-out" in finding.statement.text


def test_a_pickle_that_would_run_a_program_runs_none(tmp_path):
    trap = b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR(S'landmarks'\nS'face_type'\nt."
    findings(with_segment(jpeg(tmp_path / "x.jpg"), 0xEF, trap))
    assert not (tmp_path / "ran").exists()


def test_a_face_that_faceswap_cut_out_is_named(tmp_path):
    header = {
        "alignments": {"x": 1, "y": 2, "w": 3, "h": 4, "landmarks_xy": [[1.0, 2.0]], "mask": {}},
        "source": {
            "alignments_version": 2.3,
            "original_filename": "clip_000001_0.png",
            "face_index": 0,
            "source_filename": "clip_000001.png",
            "source_is_video": True,
        },
    }
    file = tmp_path / "x.png"
    Image.new("RGB", (8, 8)).save(file)
    info = str(header)
    finding = one(png(file, {"faceswap": info}))
    assert finding.values["generator"] == "faceswap"
    assert finding.values["parameters"]["source_filename"] == "clip_000001.png"
    assert finding.values["parameters"]["source_is_video"] == "True"


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg writes the clips of this test")
@pytest.mark.parametrize("ending", ["mp4", "mp3", "flac", "mkv", "mka", "wav"])
def test_a_comment_that_ffmpeg_wrote_is_read(ending, tmp_path):
    graph = {"1": {"class_type": "KSampler", "inputs": {"seed": 4}}}
    comment = json.dumps({"prompt": json.dumps(graph), "CreationTime": "2026-01-01"})
    file = tmp_path / f"x.{ending}"
    subprocess.run(
        [*("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2"), "-metadata", f"comment={comment}", str(file)],
        check=True,
        timeout=60,
    )
    finding = one(file)
    assert (finding.values["generator"], finding.values["parameters"]["seed"]) == ("comfyui", 4)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg writes the clips of this test")
def test_keys_of_their_own_in_a_clip_are_read_and_the_mark_of_ffmpeg_alone_says_nothing(tmp_path):
    graph = json.dumps({"3": {"class_type": "WanAnimateToVideo", "inputs": {"width": 480, "height": 832}}})
    sound = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2")
    file, plain = tmp_path / "x.mp4", tmp_path / "clip.mp4"
    keys = ("-movflags", "use_metadata_tags", "-metadata", f"prompt={graph}")
    subprocess.run([*sound, *keys, str(file)], check=True, timeout=60)
    subprocess.run([*sound, str(plain)], check=True, timeout=60)
    assert one(file).values["parameters"]["face_swap_nodes"][0]["tool"] == "Wan Animate"
    assert one(plain).result is Result.NOT_FOUND


def test_the_same_bytes_give_the_same_findings(tmp_path):
    file = png(tmp_path / "x.png", {"parameters": A1111, "Comment": json.dumps(NOVELAI), "Software": "NovelAI"})
    first, second = ([codec.canonical(codec.encode(finding)) for finding in findings(file)] for _ in range(2))
    assert first == second
    assert len(first) == 2


def test_every_sentence_has_its_translations_and_no_word_that_judges(tmp_path):
    files = [png(tmp_path / f"{at}.png", entries) for at, (entries, _) in enumerate(PNG_ENTRIES.values())]
    found = [finding for file in files for finding in findings(file)]
    found += [one(Path(__file__), structure=values(name="jpeg"), name=name) for name in NAMES]
    found += [one(Path(__file__), structure=Structure("", 1)), one(jpeg(tmp_path / "x.jpg"))]
    for language in ("zh", "fr"):
        known = tomllib.loads((TEMPLATES / language / "label-generator.toml").read_text("utf-8"))
        for finding in found:
            for said in (finding.statement, *finding.limits, *finding.alternatives):
                assert known[said.id].format(**said.values)
                assert not {"proves", "proven", "authentic", "fake", "genuine", "deepfake"} & set(
                    said.text.lower().split()
                )


def test_the_look_takes_the_name_from_the_evidence(tmp_path):
    assert look(jpeg(tmp_path / "x.jpg"), name="result_voice.mp4").evidence.artifact.name.display == "result_voice.mp4"
