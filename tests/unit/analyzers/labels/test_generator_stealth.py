"""Parameters in the lowest bits of a picture, and the signature of NovelAI."""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from forensics.analyzers.labels import generator_novelai, generator_stealth
from forensics.errors import MediaError
from forensics.formats import Structure
from forensics.model import GapReason, Result
from tests.unit.analyzers.labels.generator_files import A1111, look, one, saved, stealth

COMMENT = {"prompt": "1girl", "uc": "lowres", "steps": 28, "scale": 5.0, "seed": 9, "sampler": "k_euler"}
HIDDEN = json.dumps({"Software": "NovelAI", "Source": "NovelAI Diffusion V4", "Comment": json.dumps(COMMENT)})
WAYS = {
    "alpha, packed": (gzip.compress(HIDDEN.encode()), b"stealth_pngcomp", "pixels/alpha"),
    "alpha, plain": (HIDDEN.encode(), b"stealth_pnginfo", "pixels/alpha"),
    "colours, packed": (gzip.compress(HIDDEN.encode()), b"stealth_rgbcomp", "pixels/rgb"),
    "colours, plain": (HIDDEN.encode(), b"stealth_rgbinfo", "pixels/rgb"),
}


@pytest.mark.parametrize("way", WAYS)
def test_parameters_that_the_lowest_bits_spell_are_read(way, tmp_path):
    data, signature, place = WAYS[way]
    file = tmp_path / "x.png"
    file.write_bytes(saved(stealth(data, signature)))
    finding = one(file)
    assert (finding.values["generator"], finding.values["site"]["place"]) == ("novelai", place)
    expected = {"prompt": "1girl", "negative_prompt": "lowres", "seed": 9, "model": "NovelAI Diffusion V4"}
    assert expected.items() <= finding.values["parameters"].items()
    assert finding.values["site"]["offset"] is None


def test_the_alpha_channel_of_a_webp_is_read_as_well(tmp_path):
    file = tmp_path / "x.webp"
    file.write_bytes(
        saved(stealth(gzip.compress(HIDDEN.encode()), b"stealth_pngcomp"), "WEBP", lossless=True, exact=True)
    )
    assert one(file, structure=Structure("riff", 1)).values["generator"] == "novelai"


def test_hidden_settings_of_automatic1111_are_read(tmp_path):
    file = tmp_path / "x.png"
    file.write_bytes(saved(stealth(A1111.encode(), b"stealth_pnginfo", size=(80, 90))))
    finding = one(file)
    assert (finding.values["generator"], finding.values["parameters"]["seed"]) == ("automatic1111", 965400086)


def test_what_stands_in_the_chunk_and_what_the_pixels_spell_are_compared(tmp_path):
    other = json.dumps({**COMMENT, "prompt": "something else"})
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Software", "NovelAI")
    info.add_text("Comment", other)
    file = tmp_path / "x.png"
    file.write_bytes(saved(stealth(gzip.compress(HIDDEN.encode()), b"stealth_pngcomp"), pnginfo=info))
    (difference,) = one(file).values["differences"]
    assert difference["parameter"] == "prompt"
    assert {entry["value"] for entry in difference["values"]} == {"1girl", "something else"}


NOTHING = {
    "an ordinary picture": np.random.default_rng(1).integers(0, 255, (40, 30, 4), np.uint8),
    "one colour": np.full((40, 30, 3), 200, np.uint8),
    "one pixel": np.zeros((1, 1, 4), np.uint8),
    "one line": np.zeros((1, 400, 4), np.uint8),
}


@pytest.mark.parametrize("case", NOTHING)
def test_a_picture_that_spells_nothing_says_nothing(case, tmp_path):
    file = tmp_path / "x.png"
    Image.fromarray(NOTHING[case]).save(file)
    assert one(file).result is Result.NOT_FOUND


SPOILT = {
    "no gzip": (b"\x1f\x8bnonsense", b"stealth_pngcomp"),
    "no JSON": (b"\0\1\2", b"stealth_pnginfo"),
    "a bomb": (gzip.compress(bytes(64 << 20), 9)[:400], b"stealth_pngcomp"),
    "empty": (b"", b"stealth_pnginfo"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_message_names_no_generator(case, tmp_path):
    file = tmp_path / "x.png"
    file.write_bytes(saved(stealth(*SPOILT[case])))
    assert one(file).result is Result.NOT_FOUND


def test_a_length_beyond_the_picture_is_not_read():
    picture = np.array(stealth(b"abc", b"stealth_pnginfo"))
    assert generator_stealth.read(picture, "alpha") == "abc"
    picture[0, 2:, 3] |= 1
    picture[:, 1:4, 3] |= 1
    assert generator_stealth.read(picture, "alpha") is None


def test_a_bomb_is_unpacked_up_to_a_limit():
    packed = gzip.compress(bytes(64 << 20), 9)
    assert len(generator_stealth._unpack(packed)) == 4 << 20


def test_a_picture_that_cannot_be_decoded_leaves_it_open(tmp_path):
    file = tmp_path / "x.png"
    file.write_bytes(saved(Image.new("RGBA", (64, 64)))[:60])
    finding = one(file, structure=Structure("png", 60))
    assert (finding.result, finding.gaps[0].what, finding.gaps[0].why) == (
        Result.INDETERMINATE,
        "pixels",
        GapReason.UNREADABLE,
    )


def test_a_picture_that_is_too_large_is_not_decoded(tmp_path):
    file = tmp_path / "x.png"
    Image.new("1", (7000, 7000)).save(file)
    with pytest.raises(MediaError, match="pixels"):
        generator_stealth.pixels(look(file, structure=Structure("png", 1)))


def signed(picture, key):
    comment = dict(COMMENT)
    signature = key.sign(picture[:, :, :3].tobytes() + json.dumps(comment).encode())
    return json.dumps({**comment, "signed_hash": base64.b64encode(signature).decode()})


def test_a_signature_fits_the_picture_and_the_comment_that_were_signed_and_no_others():
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    picture = np.random.default_rng(5).integers(0, 255, (6, 5, 4), np.uint8)
    comment = signed(picture, key)
    other = picture.copy()
    other[0, 0, 0] ^= 1
    fits = generator_novelai.signature_fits
    assert fits(comment, picture, public_key=public) is True
    assert fits(comment, other, public_key=public) is False
    assert fits(comment.replace("1girl", "2girls"), picture, public_key=public) is False
    assert fits(comment, picture) is False
    assert fits(json.dumps({"Comment": comment}), picture, public_key=public) is True


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"signed_hash": 5}', '{"signed_hash": "***"}', '{"Comment": "x"}'])
def test_where_there_is_no_signature_none_is_judged(text):
    assert generator_novelai.signature_fits(text, np.zeros((2, 2, 3), np.uint8)) is None


def test_a_signed_comment_states_whether_the_signature_fits(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    picture = np.zeros((4, 4, 3), np.uint8)
    info = PngInfo()
    info.add_text("Comment", signed(picture, Ed25519PrivateKey.generate()))
    file = tmp_path / "x.png"
    file.write_bytes(saved(Image.fromarray(picture), pnginfo=info))
    parameters = one(file).values["parameters"]
    assert (parameters["signed"], parameters["signature_fits"]) == (True, False)
