"""ISO base media, QuickTime and HEIF: trees, values, samples and items, and what malformed files cost."""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from forensics import formats
from forensics.codec import canonical
from forensics.formats import bmff
from forensics.formats.walk import Limits, Walk

LABEL = b'{"Label":"1","ContentProducer":"001191110000MA01234567"}'
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Brush 3"/></rdf:RDF></x:xmpmeta>'
)
CREATED = 3797824089
"""Seconds from 1904 to 2024-05-06T07:08:09Z, by `date -u -d 2024-05-06T07:08:09Z +%s` and 2082844800 between epochs."""


def box(kind: bytes, *content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def full(kind: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *content)


FTYP = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
MVHD = full(b"mvhd", struct.pack(">IIII", CREATED, 0, 600, 1200), bytes(76), struct.pack(">I", 3))


def handler(kind: bytes, name: bytes = b"", first: bytes = bytes(4)) -> bytes:
    return full(b"hdlr", first, kind, bytes(12), name)


def data(kind: int, value: bytes) -> bytes:
    return box(b"data", struct.pack(">II", kind, 0), value)


def meta(*content: bytes) -> bytes:
    return full(b"meta", *content)


def keys(*names: bytes) -> bytes:
    return full(b"keys", struct.pack(">I", len(names)), *(box(b"mdta", name) for name in names))


def stbl(*, sizes: tuple[int, ...], chunks: tuple[int, ...], per_chunk: int = 1) -> bytes:
    return box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 0)),
        full(b"stts", struct.pack(">III", 1, len(sizes), 512)),
        full(b"stsc", struct.pack(">IIII", 1, 1, per_chunk, 1)),
        full(b"stsz", struct.pack(">II", 0, len(sizes)), struct.pack(f">{len(sizes)}I", *sizes)),
        full(b"stco", struct.pack(">I", len(chunks)), struct.pack(f">{len(chunks)}I", *chunks)),
    )


def track(table: bytes, *more: bytes) -> bytes:
    tkhd = full(
        b"tkhd", struct.pack(">IIII", CREATED, CREATED, 1, 0), bytes(64), struct.pack(">II", 64 << 16, 48 << 16)
    )
    mdhd = full(b"mdhd", struct.pack(">IIIIHH", CREATED, 0, 25, 50, 0x55C4, 0))
    return box(b"trak", tkhd, box(b"mdia", mdhd, handler(b"vide", b"Encoder of tests\0"), box(b"minf", table)), *more)


def read(content: bytes, kind: str = "video/mp4", limits: Limits | None = None) -> formats.Structure:
    return formats.read(io.BytesIO(content), kind, limits)


def values(structure: formats.Structure) -> list[tuple[str, str, str]]:
    return [(value.place, value.key, value.text) for value in structure.values]


def codes(structure: formats.Structure) -> list[str]:
    return [problem.code for problem in structure.problems]


def part(structure: formats.Structure, path: str) -> formats.Part:
    return next(found for where, found in structure.walk() if where == path)


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    """Makes clips in the usual forms with ffmpeg, and a picture with Pillow."""
    folder = tmp_path_factory.mktemp("bmff")
    picture = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=1"]
    sound = ["-f", "lavfi", "-i", "sine=d=1"]
    both = [*picture, *sound, "-c:v", "libx264", "-c:a", "aac"]
    label = ["-metadata", f"AIGC={LABEL.decode()}", "-metadata", "title=Ein Titel"]
    date = ["-metadata", "creation_time=2024-05-06T07:08:09Z", "-metadata", "comment=Bemerkung"]
    for name, arguments in {
        "keys.mp4": [*both, *label, "-movflags", "use_metadata_tags"],
        "items.mp4": [*both, *date, "-movflags", "+faststart"],
        "fragments.mp4": [*both, "-g", "5", "-movflags", "frag_keyframe+empty_moov"],
        "dash.mp4": [*both, "-g", "5", "-movflags", "frag_keyframe+empty_moov+default_base_moof+dash"],
        "plain.mov": [
            *picture,
            *sound,
            "-c:v",
            "mjpeg",
            "-c:a",
            "pcm_s16le",
            "-metadata",
            "title=T",
            "-timecode",
            "01:00:00:00",
        ],
        "sound.m4a": [*sound, "-c:a", "aac", "-metadata", "album=Platte"],
        "phone.3gp": [*both, "-metadata", "title=Titel", "-f", "3gp"],
    }.items():
        command = ["ffmpeg", "-v", "error", "-threads", "1", *arguments, str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "Maker", "Brush 3"
    Image.effect_noise((64, 48), 40).convert("RGB").save(folder / "picture.avif", exif=exif, xmp=XMP)
    return folder


NAMES = ("keys.mp4", "items.mp4", "fragments.mp4", "dash.mp4", "plain.mov", "sound.m4a", "phone.3gp")


def parse(path: Path, kind: str = "video/mp4") -> formats.Structure:
    with path.open("rb") as stream:
        return formats.read(stream, kind)


@pytest.mark.parametrize("name", [*NAMES, "picture.avif"])
def test_a_file_of_a_usual_writer_has_no_problem_and_is_read_to_its_end(media, name):
    structure = parse(media / name)
    assert codes(structure) == []
    assert structure.is_whole
    assert sum(found.size for found in structure.parts) == (media / name).stat().st_size


@pytest.mark.parametrize("name", NAMES)
def test_every_box_that_ffprobe_names_is_a_part_of_the_same_size(media, name):
    said = subprocess.run(
        ["ffprobe", "-v", "trace", str(media / name)], capture_output=True, check=True, timeout=30
    ).stderr.decode("latin-1")
    theirs = re.findall(r"type:'(\w{4})' parent:'.{4}' sz: (\d+) \d+ \d+", said)
    ours = [(found.kind, found.size) for _, found in parse(media / name).walk()]
    assert len(theirs) > 20
    for kind, size in theirs:
        assert (kind, int(size)) in ours


@pytest.mark.parametrize("name", [name for name in NAMES if name != "plain.mov"])
def test_the_first_sample_of_each_track_lies_where_ffprobe_finds_it(media, name):
    said = subprocess.check_output(
        ["ffprobe", "-v", "error", "-show_entries", "packet=stream_index,pos,size", "-of", "json", str(media / name)]
    )
    firsts: dict[int, tuple[int, int]] = {}
    for packet in json.loads(said)["packets"]:
        firsts.setdefault(packet["stream_index"], (int(packet["pos"]), int(packet["size"])))
    ours = [
        (found.facts["first_sample_offset"], found.facts["first_sample_size"])
        for _, found in parse(media / name).walk()
        if "first_sample_offset" in found.facts
    ]
    assert set(firsts.values()) <= set(ours)


@pytest.mark.parametrize("name", [*NAMES, "picture.avif"])
def test_facts_are_values_of_json(media, name):
    for _, found in parse(media / name).walk():
        assert canonical(dict(found.facts))


@pytest.mark.parametrize("name", [*NAMES, "picture.avif"])
def test_all_media_data_of_a_usual_writer_are_referred_to(media, name):
    found = [one for one in parse(media / name).parts if one.kind == "mdat"]
    assert found
    assert [one.facts["unreferenced_bytes"] for one in found] == [0] * len(found)


def test_a_label_under_a_key_is_read_with_its_place_and_offset(media):
    structure = parse(media / "keys.mp4")
    value = next(value for value in structure.values if value.key == "AIGC")
    assert (value.place, value.data, value.encoding) == ("moov/udta/meta/ilst", LABEL, "utf-8")
    assert (media / "keys.mp4").read_bytes()[value.offset : value.offset + value.size] == LABEL
    assert ("moov/udta/meta/ilst", "title", "Ein Titel") in values(structure)


def test_items_times_handlers_and_the_name_of_the_encoder_become_values(media):
    said = json.loads(subprocess.check_output(["exiftool", "-j", "-G1", "-a", "-u", str(media / "items.mp4")]))[0]
    found = values(parse(media / "items.mp4"))
    assert ("moov/mvhd", "creation_time", "2024-05-06T07:08:09Z") in found
    assert ("moov/udta/meta/ilst", "©cmt", "Bemerkung") in found
    assert ("moov/udta/meta/ilst", "©too", said["ItemList:Encoder"]) in found
    assert ("moov/trak[1]/mdia/hdlr", "handler_name", said["Track1:HandlerDescription"]) in found
    assert ("moov/trak[2]/mdia/hdlr", "handler_name", said["Track2:HandlerDescription"]) in found
    assert ("moov/trak[1]/mdia/minf/stbl/stsd/avc1", "compressor_name", said["Track1:CompressorName"]) in found


def test_sizes_channels_and_rates_are_those_that_ffprobe_states(media):
    said = json.loads(
        subprocess.check_output(["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(media / "items.mp4")])
    )["streams"]
    structure = parse(media / "items.mp4")
    picture = part(structure, "moov/trak/mdia/minf/stbl/stsd/avc1").facts
    sound = part(structure, "moov/trak/mdia/minf/stbl/stsd/mp4a").facts
    config = part(structure, "moov/trak/mdia/minf/stbl/stsd/avc1/avcC").facts
    assert (picture["width"], picture["height"]) == (said[0]["width"], said[0]["height"])
    assert config["level"] == said[0]["level"]
    assert config["length_bytes"] == int(said[0]["nal_length_size"])
    tracks = [found.facts for path, found in structure.walk() if path == "moov/trak"]
    assert tracks == [{"track_id": 1, "handler_type": "vide"}, {"track_id": 2, "handler_type": "soun"}]
    assert sound["sample_rate_hz"] == int(said[1]["sample_rate"])
    assert [found.facts["samples"] for path, found in structure.walk() if path.endswith("/stbl")] == [
        int(stream["nb_frames"]) for stream in said
    ]


def test_quicktime_texts_come_with_their_language():
    text = "Ça".encode("mac_roman")
    udta = box(b"udta", box(b"\xa9nam", struct.pack(">HH", len(text), 0), text, b"\0\2\x19\x01de"), bytes(4))
    structure = read(box(b"ftyp", b"qt  ", bytes(4)) + box(b"moov", MVHD, udta), "video/quicktime")
    assert values(structure)[1:] == [("moov/udta", "©nam", "Ça"), ("moov/udta", "©nam", "de")]
    assert part(structure, "moov/udta/©nam").facts == {"languages": ["0", "fha"]}
    assert codes(structure) == []


def test_a_text_of_3gpp_and_a_place_are_read():
    where = full(b"loci", b"\x15\xc7", b"Paris\0", b"\0", struct.pack(">iii", 154196, 3201749, 2293760), b"earth\0\0")
    udta = box(b"udta", full(b"titl", b"\x15\xc7", b"Mein Film\0"), where)
    assert values(read(FTYP + box(b"moov", MVHD, udta)))[1:] == [
        ("moov/udta", "titl", "Mein Film"),
        ("moov/udta", "loci", "48.85481,2.35284,35.0"),
    ]


def test_free_form_items_numbers_and_pairs_are_spelled():
    named = box(b"----", full(b"mean", b"com.apple.iTunes"), full(b"name", b"AIGC"), data(1, LABEL))
    number, pair = box(b"tmpo", data(21, b"\0\x78")), box(b"trkn", data(0, struct.pack(">HHHH", 0, 3, 12, 0)))
    wide, real = box(b"\xa9cmt", data(2, "汉字".encode("utf-16-be"))), box(b"play", data(23, struct.pack(">f", 1.5)))
    ilst = box(b"ilst", named, number, pair, wide, real)
    structure = read(FTYP + box(b"moov", MVHD, box(b"udta", meta(handler(b"mdir"), ilst))))
    place = "moov/udta/meta/ilst"
    assert values(structure)[1:] == [
        (place, "----:com.apple.iTunes:AIGC", LABEL.decode()),
        (place, "tmpo", "120"),
        (place, "trkn", "3/12"),
        (place, "©cmt", "汉字"),
        (place, "play", "1.5"),
    ]


def test_a_meta_without_version_and_an_item_before_its_keys_are_read():
    ilst = box(b"ilst", box(b"\0\0\0\1", data(1, b"iPhone 15")))
    inner = box(b"meta", handler(b"mdta"), ilst, keys(b"com.apple.quicktime.model"))
    structure = read(FTYP + box(b"moov", MVHD, inner))
    assert values(structure)[1:] == [("moov/meta/ilst", "com.apple.quicktime.model", "iPhone 15")]
    assert codes(structure) == []


def test_a_time_that_is_not_set_is_no_value():
    found = part(read(FTYP + box(b"moov", full(b"mvhd", bytes(96)))), "moov/mvhd")
    assert found.facts["creation_seconds"] == 0
    assert values(read(FTYP + box(b"moov", full(b"mvhd", bytes(96))))) == []


def test_a_packet_of_xmp_is_read_from_its_extension_box():
    extension = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)
    structure = read(FTYP + box(b"moov", MVHD) + extension)
    assert ("uuid/XMP", "xmp", XMP.decode()) in values(structure)
    assert ("uuid/XMP/properties", "xmp:CreatorTool", "Brush 3") in values(structure)
    assert structure.parts[2].facts["uuid"] == "be7acfcb-97a9-42e8-9c71-999491e3afac"


def test_extensions_of_many_fragments_are_read_and_unknown_ones_become_values():
    piece = box(b"uuid", bytes.fromhex("6d1d9b0542d544e680e2141daff757b2"), bytes(20))
    own = box(b"uuid", bytes(range(16)), LABEL)
    structure = read(FTYP + box(b"moov", MVHD) + piece * 2000 + own)
    assert values(structure)[1:] == [("uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f", LABEL.decode())]
    assert structure.is_whole


def test_the_boxes_of_a_content_credential_are_parts_with_their_labels():
    described = box(b"jumd", bytes.fromhex("6332706100110010800000aa00389b71"), b"\x03c2pa\0")
    manifest = box(b"jumb", described, box(b"json", b"{}"))
    head = bytes(4) + b"manifest\0" + struct.pack(">Q", 0)
    extension = box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), head, manifest)
    structure = read(FTYP + extension + box(b"moov", MVHD))
    assert part(structure, "uuid/jumb").facts == {"type": "c2pa", "label": "c2pa"}
    assert part(structure, "uuid").facts["purpose"] == "manifest"
    assert part(structure, "uuid").facts["manifest_offset"] == part(structure, "uuid/jumb").offset
    assert codes(structure) == []


def test_exif_and_xmp_of_a_picture_are_read_where_its_items_lie(media):
    structure = parse(media / "picture.avif", "image/avif")
    found = values(structure)
    assert ("meta/Exif/IFD0", "Make", "Maker") in found
    assert ("meta/Exif/IFD0", "Software", "Brush 3") in found
    assert ("meta/XMP/properties", "xmp:CreatorTool", "Brush 3") in found
    facts = structure.parts[1].facts
    assert (facts["item_count"], facts["primary_item"], facts["hidden_pictures"]) == (3, 1, [])
    packet = next(value for value in structure.values if value.key == "xmp")
    assert (media / "picture.avif").read_bytes()[packet.offset : packet.offset + packet.size] == XMP


def heif(*, hidden: bool, thumbnail: bool = False) -> bytes:
    """Builds a picture of two items, the second one not referred to or a thumbnail of the first."""
    ftyp = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    infes = [
        full(b"infe", struct.pack(">HH4s", n, 0, b"hvc1"), b"\0", version=2, flags=n == 2 and hidden) for n in (1, 2)
    ]
    parts = [handler(b"pict"), full(b"pitm", b"\0\1"), full(b"iinf", b"\0\2", *infes)]
    if thumbnail:
        parts.append(full(b"iref", box(b"thmb", struct.pack(">HHH", 2, 1, 1))))
    size = len(ftyp) + len(meta(*parts)) + 16 + 2 * 14 + 8
    places = b"".join(struct.pack(">HHHII", n, 0, 1, size + 100 * (n - 1), 100) for n in (1, 2))
    return ftyp + meta(*parts, full(b"iloc", b"\x44\0", b"\0\2", places)) + box(b"mdat", b"p" * 200)


def test_a_picture_that_is_hidden_and_nothing_refers_to_is_named():
    assert part(read(heif(hidden=True), "image/heic"), "meta").facts["hidden_pictures"] == [2]
    assert part(read(heif(hidden=True, thumbnail=True), "image/heic"), "meta").facts["hidden_pictures"] == []
    assert part(read(heif(hidden=True, thumbnail=True), "image/heic"), "meta").facts["thumbnails"] == [2]


def test_items_are_parts_of_the_media_data_at_their_offsets():
    structure = read(heif(hidden=False), "image/heic")
    media_data = part(structure, "mdat")
    assert [(one.kind, one.offset - media_data.offset, one.size) for one in media_data.parts] == [
        ("hvc1", 8, 100),
        ("hvc1", 108, 100),
    ]
    assert media_data.facts["unreferenced_bytes"] == 0


def movie(*, hidden: bytes = b"", samples: int = 4, size: int = 5000) -> bytes:
    """Builds a movie with its media data in front, `hidden` between the second sample and the third."""
    start = len(FTYP) + 8
    chunks = tuple(start + n * size + (len(hidden) if n > 1 else 0) for n in range(samples))
    content = b"s" * (2 * size) + hidden + b"s" * ((samples - 2) * size)
    return FTYP + box(b"mdat", content) + box(b"moov", MVHD, track(stbl(sizes=(size,) * samples, chunks=chunks)))


def test_bytes_that_no_sample_refers_to_are_counted_and_reported_where_they_are_many():
    structure = read(movie(hidden=b"h" * 70_000))
    media_data = part(structure, "mdat")
    start = len(FTYP) + 8 + 10_000
    assert media_data.facts["unreferenced_bytes"] == 70_000
    assert media_data.facts["unreferenced"] == [[start, 70_000]]
    assert [(one.code, one.offset, one.size) for one in structure.problems] == [("hidden-data", start, 70_000)]


@pytest.mark.parametrize("hidden", [b"", b"h" * 1000, bytes(70_000)])
def test_a_little_that_no_sample_refers_to_and_zeros_are_facts_and_no_problem(hidden):
    structure = read(movie(hidden=hidden))
    assert part(structure, "mdat").facts["unreferenced_bytes"] == len(hidden)
    assert codes(structure) == []


def test_a_cut_movie_with_its_header_in_front_says_how_much_is_missing():
    head = FTYP + box(b"moov", MVHD, track(stbl(sizes=(500, 500), chunks=(2000, 2500))))
    cut = head + struct.pack(">I4s", 3000, b"mdat") + bytes(100)
    problems = {one.code: one.size for one in read(cut).problems}
    assert problems == {"past-end": 3000 - 108, "truncated": 3000 - len(cut)}
    assert not read(cut).is_whole


def test_a_recording_without_movie_header_misses_it():
    structure = read(FTYP + box(b"mdat", b"x" * 100))
    assert codes(structure) == ["truncated"]
    assert not structure.is_whole  # a recording that was cut off before its end has lost what it said about itself


def test_padding_with_content_is_reported_and_given_and_zeros_are_not():
    note = b"IsoMedia File Produced with GPAC"
    structure = read(FTYP + box(b"free", note, bytes(10)) + box(b"free", bytes(50)) + box(b"moov", MVHD))
    assert [(one.code, one.part, one.size) for one in structure.problems] == [("hidden-data", "free", 42)]
    assert ("free", "free", note.decode()) in values(structure)


def test_boxes_with_sizes_of_64_bits_and_to_the_end_are_read():
    long = struct.pack(">I4sQ", 1, b"free", 20) + bytes(4)
    structure = read(FTYP + long + box(b"moov", MVHD) + struct.pack(">I4s", 0, b"mdat") + b"x" * 77)
    assert [(one.kind, one.size, one.declared_size) for one in structure.parts[1:]] == [
        ("free", 20, 20),
        ("moov", 116, 116),
        ("mdat", 85, None),
    ]
    assert codes(structure) == []


PROBLEMS = {
    "second movie": (FTYP + box(b"moov", MVHD) + box(b"moov", MVHD), {"duplicate-part"}),
    "second header": (FTYP + box(b"moov", MVHD, MVHD), {"duplicate-part"}),
    "second file": (FTYP + box(b"moov", MVHD) + FTYP + box(b"moov", MVHD), {"duplicate-part", "second-file"}),
    "no header": (FTYP + box(b"moov"), {"missing-part"}),
    "late type": (box(b"moov", MVHD) + FTYP, {"out-of-order"}),
    "unknown name": (FTYP + box(b"moov", MVHD, box(b"q\x01\x02z", b"")), {"unknown-part"}),
    "text behind": (FTYP + box(b"moov", MVHD) + b"hello, this is behind", {"trailing-data"}),
    "zip behind": (FTYP + box(b"moov", MVHD) + b"PK\x03\x04" + b"z" * 60, {"trailing-data", "second-file"}),
    "past parent": (FTYP + box(b"moov", MVHD, struct.pack(">I4s", 999, b"udta")), {"past-end"}),
    "short header": (FTYP + box(b"moov", full(b"mvhd", b"\0")), {"unreadable"}),
    "size of 4": (FTYP + box(b"moov", MVHD, struct.pack(">I4s", 4, b"udta") + b"abcdefgh"), {"hidden-data"}),
    "long table": (
        FTYP + box(b"moov", MVHD, track(box(b"stbl", full(b"stts", struct.pack(">I", 9))))),
        {"missing-part", "past-end"},
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_does_not_fit_is_named(name):
    content, expected = PROBLEMS[name]
    assert set(codes(read(content))) == expected


def test_old_quicktime_without_file_type_has_no_problem():
    content = box(b"wide") + box(b"mdat", b"x" * 20) + box(b"moov", MVHD, box(b"udta", bytes(4)))
    assert codes(read(content, "video/quicktime")) == []


def test_names_of_vendors_are_fine_in_user_data_and_their_bytes_become_values():
    structure = read(FTYP + box(b"moov", MVHD, box(b"udta", box(b"Zq9x", b"made by a maker"))))
    assert ("moov/udta", "Zq9x", "made by a maker") in values(structure)
    assert codes(structure) == []


def test_integers_that_json_cannot_hold_stand_as_text():
    moov = box(b"moov", full(b"mvhd", struct.pack(">QQIQ", 1 << 63, 0, 600, 1 << 62), bytes(80), version=1))
    structure = read(FTYP + moov + struct.pack(">I4sQ", 1, b"mdat", (1 << 64) - 1) + b"x")
    assert part(structure, "moov/mvhd").facts["creation_seconds"] == str(1 << 63)
    assert part(structure, "mdat").declared_size == 2**53 - 1


def nested(kind: bytes, depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = box(kind, inner)
    return inner


def many_items(count: int) -> bytes:
    infes = b"".join(
        full(b"infe", struct.pack(">HH4s", n, 0, b"mime"), b"\0application/rdf+xml\0\0", version=2)
        for n in range(count)
    )
    places = b"".join(struct.pack(">HHHII", n, 0, 1, 100, 5000) for n in range(count))
    parts = (
        full(b"iinf", struct.pack(">I", count), infes, version=1),
        full(b"iloc", b"\x44\0", struct.pack(">H", count), places),
    )
    return box(b"ftyp", b"heic", bytes(4)) + meta(handler(b"pict"), *parts)


RUN = full(b"trun", struct.pack(">Ii", 1, 8), flags=1)
HOSTILE = {
    "empty": b"",
    "one byte": b"\0",
    "only a size": b"\xff\xff\xff\xff",
    "many boxes": FTYP + box(b"free") * 60_000,
    "many tracks": FTYP + box(b"moov", MVHD, box(b"trak") * 110_000),
    "deep": FTYP + box(b"moov", nested(b"udta", 3000)),
    "deep movies": FTYP + nested(b"moov", 3000),
    "extents without bytes": box(b"ftyp", b"heic", bytes(4))
    + meta(handler(b"pict"), full(b"iloc", b"\0\0\xff\xff", struct.pack(">HHH", 1, 0, 65535) * 65535)),
    "items that overlap": many_items(20_000),
    "many runs": FTYP + box(b"moof", box(b"traf", full(b"tfhd", struct.pack(">II", 1, 5), flags=16), RUN * 50_000)),
    "table of 2^32": FTYP + box(b"moov", track(box(b"stbl", full(b"stsz", struct.pack(">II", 0, 0xFFFFFFFF))))),
    "samples of one size": FTYP
    + box(
        b"moov",
        track(
            box(
                b"stbl",
                full(b"stsz", struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF)),
                full(b"stsc", struct.pack(">IIII", 1, 1, 0xFFFFFFFF, 1)),
                full(b"co64", struct.pack(">IQ", 1, 0xFFFFFFFFFFFFFFFF)),
            )
        ),
    ),
    "descriptors in a circle": FTYP + box(b"moov", track(box(b"stbl", full(b"esds", b"\x03\x80" * 300)))),
}


def test_a_list_of_places_that_is_too_short_gives_no_items_from_nowhere():
    short = full(b"iloc", b"\x44\0", struct.pack(">HHHH", 9, 1, 0, 40_000), bytes(16))
    structure = read(
        box(b"ftyp", b"heic", bytes(4)) + meta(handler(b"pict"), short) + box(b"mdat", b"x" * 99), "image/heic"
    )
    assert codes(structure) == ["past-end"]
    assert part(structure, "mdat").parts == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little_and_raise_nothing(name):
    started = time.process_time()
    structure = read(HOSTILE[name])
    assert time.process_time() - started < 5
    assert structure.problems


def test_the_limit_on_parts_keeps_what_was_read_before():
    structure = read(FTYP + box(b"moov", MVHD, box(b"udta") * 50), limits=Limits(parts=10))
    assert "limit" in codes(structure)
    assert [one.kind for one in structure.parts] == ["ftyp", "moov"]
    assert len(structure.parts[1].parts) > 5


def test_what_was_read_stands_where_the_limit_on_reading_is_met_at_the_end():
    structure = read(movie(hidden=b"h" * 70_000), limits=Limits(read_bytes=20_000))
    assert [one.kind for one in structure.parts] == ["ftyp", "mdat", "moov"]
    assert "limit" in codes(structure)


def test_the_same_bytes_give_the_same_structure(media):
    assert parse(media / "items.mp4") == parse(media / "items.mp4")


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing(content):
    list(bmff.read(Walk(io.BytesIO(content), Limits())))
    list(bmff.read(Walk(io.BytesIO(FTYP + box(b"moov", MVHD, content)), Limits())))


@given(st.data())
def test_a_changed_or_cut_file_raises_nothing(media, data):
    content = bytearray(
        (media / data.draw(st.sampled_from(["items.mp4", "dash.mp4", "plain.mov", "picture.avif"]))).read_bytes()
    )
    heads = [i for i in range(len(content) - 4) if content[i : i + 4].isalpha()][:400]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.sampled_from(heads)) + data.draw(st.integers(-8, 20))
        content[max(0, min(at, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    list(bmff.read(Walk(io.BytesIO(bytes(content[:cut])), Limits())))


def test_phone_pictures_of_the_corpus_are_read_whole_and_without_unknown_parts(corpus):
    files = [*corpus.glob("07-genuine-photos/**/*.HEIC"), *corpus.glob("01-metadata/heif/*arrow.heic")]
    assert files
    for path in files:
        structure = parse(path, "image/heic")
        said = json.loads(subprocess.check_output(["exiftool", "-j", "-s", str(path)]))[0]
        assert codes(structure) == []
        assert ("meta/Exif/IFD0", "Make", said["Make"]) in values(structure)
        assert part(structure, "mdat").facts["unreferenced_bytes"] == 0
