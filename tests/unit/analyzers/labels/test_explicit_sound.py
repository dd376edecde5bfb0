"""The rhythm short-long short-short in sound, and what is none."""

from __future__ import annotations

import csv
import subprocess

import numpy as np
import pytest

from forensics.model import GapReason, Result
from tests.unit.analyzers.labels.explicit_files import RATE_HZ, beeps, one, sound


@pytest.mark.parametrize("unit_s", [0.06, 0.12, 0.3])
@pytest.mark.parametrize("tone_hz", [440.0, 1000.0, 2500.0])
def test_the_rhythm_is_heard_and_measured(tmp_path, unit_s, tone_hz):
    found = one(sound(tmp_path, beeps(".- ..", unit_s=unit_s, tone_hz=tone_hz)))
    assert found.result is Result.FOUND
    (row,) = found.values["rhythms"]
    assert row["elements_s"] == pytest.approx([unit_s, 3 * unit_s, unit_s, unit_s], abs=0.03)
    assert row["gaps_s"] == pytest.approx([unit_s, 3 * unit_s, unit_s], abs=0.03)
    assert row["start_s"] == pytest.approx(0.5, abs=0.04)
    assert row["tone_hz"] == pytest.approx(tone_hz, abs=25)
    assert any("Morse" in alternative.text for alternative in found.alternatives)


@pytest.mark.parametrize(
    "pattern", [".. .-", "-- ..", ".-..", ".- .", ".- -..", ".... ", "... --- ...", ".- .. .-", ".- .. -- .-."]
)
def test_other_rhythms_and_longer_morse_texts_are_none(tmp_path, pattern):
    found = one(sound(tmp_path, beeps(pattern)))
    assert (found.result, found.values["rhythms"]) == (Result.NOT_FOUND, [])


def test_the_rhythm_is_heard_twice_with_a_pause_and_after_other_sound(tmp_path):
    noise = np.random.default_rng(1).normal(0, 0.1, RATE_HZ)
    samples = np.concatenate([noise, beeps(".- .."), np.zeros(RATE_HZ), beeps(".- ..")])
    assert len(one(sound(tmp_path, samples)).values["rhythms"]) == 2


def test_the_end_of_a_long_sound_is_listened_to_and_times_are_those_of_the_whole(tmp_path):
    quiet = np.zeros(85 * RATE_HZ)
    found = one(sound(tmp_path, np.concatenate([quiet, beeps(".- ..")])))
    assert found.values["rhythms"][0]["start_s"] == pytest.approx(85.5, abs=0.06)
    assert found.values["parts"][0]["is_whole"] is False


def random_tones() -> np.ndarray:
    """Tones of random lengths and pitches, as in a game."""
    source = np.random.default_rng(2)
    pieces = []
    for _ in range(150):
        count = int(source.uniform(0.05, 0.4) * RATE_HZ)
        tone = 0.4 * np.sin(2 * np.pi * source.choice([440, 550, 660, 880]) * np.arange(count) / RATE_HZ)
        pieces += [tone, np.zeros(int(source.uniform(0.02, 0.3) * RATE_HZ))]
    return np.concatenate(pieces)


OTHER_SOUNDS = {
    "silence": np.zeros(2 * RATE_HZ),
    "noise": np.random.default_rng(3).normal(0, 0.2, 20 * RATE_HZ),
    "one tone": 0.5 * np.sin(2 * np.pi * 440 * np.arange(5 * RATE_HZ) / RATE_HZ),
    "sweep": 0.5 * np.sin(2 * np.pi * np.cumsum(np.linspace(100, 3000, 5 * RATE_HZ)) / RATE_HZ),
    "random tones": random_tones(),
    "one sample": np.zeros(1),
}


@pytest.mark.parametrize("name", OTHER_SOUNDS)
def test_other_sounds_have_no_rhythm(tmp_path, name):
    assert one(sound(tmp_path, OTHER_SOUNDS[name])).values["rhythms"] == []


def test_the_sound_of_a_clip_is_listened_to(tmp_path):
    audio = sound(tmp_path, beeps(".- .."))
    clip = tmp_path / "a.mkv"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=navy:s=160x120:r=5:d=3", "-i", str(audio)]
    subprocess.run([*command, "-c:a", "libvorbis", "-shortest", str(clip)], check=True, timeout=60)
    found = one(clip)
    assert found.result is Result.FOUND
    assert "short-long short-short" in found.statement.text


def test_sound_that_cannot_be_decoded_is_left_open(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    found = one(path)
    assert found.result is Result.INDETERMINATE
    assert found.gaps[0].why in {GapReason.UNREADABLE, GapReason.FAILED}


def test_spoken_notices_are_said_not_to_be_recognised(tmp_path):
    found = one(sound(tmp_path, OTHER_SOUNDS["silence"]))
    assert any("Spoken notices are not recognised" in limit.text for limit in found.limits)


@pytest.mark.slow
def test_no_rhythm_is_heard_in_speech(corpus):
    with (corpus / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        names = [row["path"] for row in csv.DictReader(stream) if row["path"].startswith("08-speech/")]
    assert names
    for name in names:
        assert one(corpus / name).result is Result.NOT_FOUND, name
