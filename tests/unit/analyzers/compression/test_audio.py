"""What is stated about sound that was made with known levels, zeros, bandwidth and channels."""

from __future__ import annotations

import math
import random
import struct
import subprocess
import wave
from pathlib import Path

import pytest

from forensics.analyzers.compression import CompressionAnalyzer, audio_decode
from forensics.analyzers.compression.audio_measure import measure
from forensics.analyzers.compression.audio_spectrum import Spectrum, values
from forensics.analyzers.compression.probe import Bounds, streams
from forensics.model import GapReason, Result
from tests.fakes.evidence import by_kind, encoded, examine

RATE_HZ = 8000


def written(path: Path, *channels: list[float], rate_hz: int = RATE_HZ) -> Path:
    """Writes 16-bit sound, each channel from -1 to 1."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(len(channels))
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        rows = zip(*channels, strict=True)
        sound.writeframes(b"".join(struct.pack("<h", round(value * 32767)) for row in rows for value in row))
    return path


def tone(seconds: float, *, level: float = 0.5, frequency_hz: float = 1000, rate_hz: int = RATE_HZ) -> list[float]:
    count = round(seconds * rate_hz)
    return [level * math.sin(2 * math.pi * frequency_hz * index / rate_hz) for index in range(count)]


def hiss(seconds: float, *, level: float = 0.1, rate_hz: int = RATE_HZ) -> list[float]:
    chance = random.Random(3)
    return [chance.gauss(0, level) for _ in range(round(seconds * rate_hz))]


def ffmpeg(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, str(path)], check=True, timeout=60)
    return path


def stated(path: Path, **settings):
    return by_kind(CompressionAnalyzer(**settings), path)["compression.audio"]


def test_the_level_of_a_tone_is_its_mean_square(tmp_path):
    finding = stated(written(tmp_path / "a.wav", tone(1.0)))
    assert finding.values["level_rms_dbfs"] == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.1)
    assert finding.values["level_peak_dbfs"] == pytest.approx(20 * math.log10(0.5), abs=0.1)
    assert finding.values["decoded_sample_rate_hz"] == RATE_HZ
    assert finding.values["decoded_s"] == 1.0


def test_a_run_of_exact_zeros_is_told_with_its_place(tmp_path):
    sound = hiss(0.5) + [0.0] * 4000 + hiss(0.5)
    found = stated(written(tmp_path / "a.wav", sound)).values
    assert (found["zero_run_count"], found["zero_run_longest_s"]) == (1, 0.5)
    assert found["zero_runs"] == [{"start_s": 0.5, "length_s": 0.5}]
    assert found["zero_run_share"] == pytest.approx(1 / 3, abs=0.001)


def test_a_run_of_zeros_over_the_border_of_blocks_is_one(tmp_path):
    sound = hiss(9.9) + [0.0] * 1600 + hiss(0.5)
    found = stated(written(tmp_path / "a.wav", sound)).values
    assert found["zero_runs"] == [{"start_s": 9.9, "length_s": 0.2}]


def test_silence_has_nothing_but_zeros(tmp_path):
    finding = stated(written(tmp_path / "a.wav", [0.0] * RATE_HZ))
    assert finding.statement.id == "compression.audio.found.silent"
    assert (finding.values["zero_sample_share"], finding.values["level_peak_dbfs"]) == (1, None)
    assert finding.values["bandwidth_hz"] is None


def test_sound_that_is_cut_off_at_full_scale_is_clipped(tmp_path):
    sound = [max(-1.0, min(1.0, value)) for value in tone(1.0, level=2.0, frequency_hz=100)]
    found = stated(written(tmp_path / "a.wav", sound)).values
    assert found["full_scale_sample_share"] == pytest.approx(2 / 3, abs=0.02)  # |sin| exceeds a half so often
    assert found["clipped_run_count"] == 200  # two half-waves in each of 100 periods


def test_a_constant_offset_is_measured(tmp_path):
    found = stated(written(tmp_path / "a.wav", [0.25 + value for value in hiss(0.5, level=0.01)])).values
    assert found["dc_offset"] == [pytest.approx(0.25, abs=0.002)]


def test_one_voice_in_two_channels_is_told(tmp_path):
    sound = hiss(0.6)
    other = [value + 0.01 for value in sound]
    assert stated(written(tmp_path / "a.wav", sound, sound)).values["are_channels_equal"] is True
    differing = stated(written(tmp_path / "b.wav", sound, other)).values
    assert differing["are_channels_equal"] is False
    assert differing["channel_difference_db"] == pytest.approx(20 * math.log10(0.01 / 0.1 / math.sqrt(2)), abs=0.5)


def test_hiss_has_content_up_to_half_the_rate(tmp_path):
    finding = stated(written(tmp_path / "a.wav", hiss(1.0)))
    assert finding.values["bandwidth_hz"] == RATE_HZ // 2
    assert finding.statement.id == "compression.audio.found"


@pytest.mark.parametrize("frequency_hz", [3000, 5000])
def test_sound_that_passed_a_low_rate_ends_steeply_there(tmp_path, frequency_hz):
    low = written(tmp_path / "low.wav", hiss(2.0, rate_hz=2 * frequency_hz), rate_hz=2 * frequency_hz)
    steep = "aresample=44100:filter_size=64"
    finding = stated(ffmpeg(tmp_path / "high.wav", "-i", str(low), "-af", steep))
    assert finding.values["bandwidth_hz"] == pytest.approx(frequency_hz, rel=0.12)
    assert finding.values["is_band_edge_steep"] is True
    assert finding.statement.id == "compression.audio.found.low"


def test_a_single_tone_is_no_limited_band(tmp_path):
    finding = stated(written(tmp_path / "a.wav", tone(1.0, rate_hz=44100), rate_hz=44100))
    assert finding.values["is_band_edge_steep"] is False
    assert finding.statement.id == "compression.audio.found"


def test_sound_that_is_too_short_has_no_bandwidth(tmp_path):
    finding = stated(written(tmp_path / "a.wav", hiss(0.1)))
    assert finding.result is Result.FOUND
    assert finding.statement.id == "compression.audio.found.short"


def test_coded_frames_of_constant_rate_have_one_size(tmp_path):
    source = written(tmp_path / "a.wav", hiss(1.0, rate_hz=32000), rate_hz=32000)
    constant = ffmpeg(tmp_path / "a.mp3", "-i", str(source), "-c:a", "libmp3lame", "-b:a", "64k", "-write_xing", "0")
    coded = stated(constant).values["coded_frames"]
    assert (coded["is_one_size"], coded["size_median_bytes"]) == (True, 288)
    assert coded["usual_length_s"] == pytest.approx(1152 / 32000)


def test_each_stream_of_sound_has_its_finding(tmp_path):
    one, two = written(tmp_path / "1.wav", hiss(0.6)), written(tmp_path / "2.wav", tone(0.6))
    inputs = ("-i", str(one), "-i", str(two), "-map", "0", "-map", "1")
    found = examine(CompressionAnalyzer(), ffmpeg(tmp_path / "a.mka", *inputs, "-c:a", "flac"))
    sounds = [finding for finding in found if finding.kind == "compression.audio"]
    assert [sound.values["stream_index"] for sound in sounds] == [0, 1]


def test_no_more_is_decoded_than_the_setting_says(tmp_path):
    finding = stated(written(tmp_path / "a.wav", hiss(3.0)), sound_s=1.0)
    assert finding.values["decoded_s"] == pytest.approx(1.0, abs=0.01)
    assert finding.gaps[0].why is GapReason.LIMIT


def test_samples_that_are_no_number_are_taken_for_zero(tmp_path):
    content = struct.pack("<" + "f" * 8000, *([0.5, math.nan, math.inf, -0.5] * 2000))
    (tmp_path / "raw").write_bytes(content)
    arguments = ("-f", "f32le", "-ar", "8000", "-ac", "1", "-i", str(tmp_path / "raw"), "-c:a", "pcm_f32le")
    finding = stated(ffmpeg(tmp_path / "a.wav", *arguments))
    assert finding.values["level_peak_dbfs"] == pytest.approx(-6, abs=0.1)
    assert finding.values["zero_sample_share"] == 0.5


def test_too_little_time_leaves_the_sound_open(tmp_path):
    finding = stated(written(tmp_path / "a.wav", hiss(0.5)), clip_time_limit_s=0.0)
    assert finding.result is Result.INDETERMINATE
    assert finding.gaps[0].why is GapReason.TIMED_OUT


HEADER = b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + b"WAVE"
BROKEN = {
    "header": HEADER,
    "no-rate": HEADER + b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 0, 0, 2, 16) + b"data\0\0\0\0",
    "random": HEADER + random.Random(4).randbytes(5000),
    "mp3": b"ID3\x04\0\0\0\0\0\0" + b"\xff\xfb\x90\0" * 3,
}


@pytest.mark.parametrize("name", BROKEN)
def test_sound_that_cannot_be_read_is_left_open(tmp_path, name):
    (tmp_path / "a.wav").write_bytes(BROKEN[name])
    for finding in examine(CompressionAnalyzer(), tmp_path / "a.wav"):
        assert finding.result is Result.INDETERMINATE
        assert finding.gaps


def test_the_same_sound_gives_the_same_findings(tmp_path):
    path = written(tmp_path / "a.wav", hiss(1.0))
    assert len({tuple(encoded(examine(CompressionAnalyzer(), path))) for _ in range(2)}) == 1


def test_blocks_of_any_size_give_the_same_measurements(tmp_path):
    path = written(tmp_path / "a.wav", hiss(2.0), tone(2.0))
    bounds = Bounds(60.0, 1 << 30)
    (stream,) = streams(path, bounds)
    with audio_decode.opened(path, stream, bounds, most_s=10) as sound:
        whole = measure(sound).values
    spectrum = Spectrum.start()
    with audio_decode.opened(path, stream, bounds, most_s=10) as sound:
        for block in sound.blocks(777):
            spectrum.add(block)
        bandwidth = values(spectrum, sound.rate_hz)["bandwidth_hz"]
    assert bandwidth == whole["bandwidth_hz"]


def test_speech_of_the_corpus_has_content_below_half_its_rate(corpus):
    for path in sorted(corpus.glob("08-speech/*/*.wav"))[:4]:
        found = stated(path).values
        assert 4000 < found["bandwidth_hz"] <= found["decoded_sample_rate_hz"] / 2
        assert -100 < found["level_floor_dbfs"] < -20
