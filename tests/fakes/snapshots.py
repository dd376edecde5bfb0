"""Builds example cases as snapshots, with the bytes of their blobs: small, full of awkward names, and large."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, BinaryIO

from forensics.model import (
    Access,
    Acquisition,
    Act,
    ActEnd,
    Artifact,
    CaseInfo,
    ClockCheck,
    Committed,
    CustodyEvent,
    Digests,
    Erasure,
    Exhibit,
    Finding,
    Gap,
    GapReason,
    Interpretation,
    Item,
    KeyHolder,
    LegalBasis,
    Message,
    Name,
    Outcome,
    Output,
    RecordsRoot,
    Recovery,
    Result,
    Sensitivity,
    Snapshot,
    Stage,
    Statement,
    Subject,
    TimeFailure,
    TimeProof,
    Tool,
)

START = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
PROGRAM = Tool("forensics", "0.1.0")
KEY = hashlib.sha256(b"key").hexdigest()
EXIFTOOL = Tool("exiftool", "12.57", digest=hashlib.sha256(b"exiftool").hexdigest())

AWKWARD = {
    "emoji": "IMG_0001 😀🔥.jpg",
    "rare hanzi": "𠮷野家的视频（最终版）.mp4",
    "arabic": "صورة.jpg",
    "thai": "ภาพ.png",
    "combining": "cafe\u0301.jpg",
    "direction": "photo\u202egpj.exe",
    "line feed": "two\nlines\t.txt",
    "script": '<script>alert("1")</script>&amp;<b>x</b>.html',
    "spaces": " two  spaces .txt ",
    "long": "very-long-name-" + "x" * 120 + "_" + "y" * 100 + ".jpeg",
    "long hanzi": "这是一个非常长的文件名用来检查换行是否正确" * 6 + ".png",
    "mark": "[U+1F600].jpg",
    "braces": "{count} {0} %s.jpg",
    "quotes": "Anna’s “holiday” photo….jpg",
    "zero": "zero\u200bwidth\u00a0nbsp\x00.bin",
}
"""What is awkward about a name, and the name."""


def digest(text: str | bytes) -> str:
    """Gives a SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


@cache
def picture(seed: int, *, size: tuple[int, int] = (640, 480), orientation: int | None = None) -> bytes:
    """Makes a JPEG that differs by seed; white at the top left."""
    from PIL import Image

    image = Image.linear_gradient("L").resize(size)
    bands = (image, image.rotate(180), Image.new("L", size, seed * 37 % 256))
    colours = Image.merge("RGB", bands)
    colours.paste((255, 255, 255), (0, 0, size[0] // 4, size[1] // 4))
    out = io.BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    colours.save(out, "JPEG", quality=70, exif=exif)
    return out.getvalue()


@dataclass
class Case:
    """A case under construction: events get made-up but fixed digests."""

    info: CaseInfo
    events: list[CustodyEvent] = field(default_factory=list)
    records: dict[str, list[Committed[Any]]] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    root: str = ""
    pause: timedelta = timedelta()

    @property
    def now(self) -> datetime:
        """Time of the next event; `pause` is what was waited beside the usual seconds between events."""
        return START + self.pause + timedelta(seconds=17 * len(self.events))

    def event(self, action: str, *records: Any, key: Mapping[str, str] | None = None) -> CustodyEvent:
        """Adds an event that commits records."""
        seq = len(self.events)
        line = digest(f"{self.info.id} {seq} {action} {len(records)}")
        previous = self.events[-1].line_sha256 if self.events else "0" * 64
        root = RecordsRoot(len(records), f"{seq:06d}-{action}.jsonl" if records else None, digest(f"root {seq}"))
        case = digest("case.json") if seq == 0 else None
        made = CustodyEvent(seq, self.now, action, KEY, PROGRAM, root, previous, "00" * 64, line, case=case, key=key)
        self.events.append(made)
        for index, record in enumerate(records):
            self.records.setdefault(type(record).__name__, []).append(Committed(f"{seq}/{index}", record))
        if action == "checkpoint":
            self.root = line
        return made

    def keep(self, data: bytes) -> Digests:
        """Stores bytes."""
        self.blobs[digest(data)] = data
        return Digests(digest(data), digest(b"blake3" + data), len(data))

    def artifact(self, name: str | Name, data: bytes, media_type: str, **facts: Any) -> Artifact:
        """Stores bytes as an original."""
        shown = Name(name) if isinstance(name, str) else name
        return Artifact(self.keep(data), "original", shown, media_type, self.now, facts)

    def snapshot(self) -> Snapshot:
        """Gives the case as of its last event."""
        kinds = {
            "items": Item,
            "acquisitions": Acquisition,
            "findings": Finding,
            "interpretations": Interpretation,
            "acts": Act,
            "act_ends": ActEnd,
            "keys": KeyHolder,
            "time_proofs": TimeProof,
            "time_failures": TimeFailure,
            "exhibits": Exhibit,
            "outputs": Output,
            "erasures": Erasure,
            "recoveries": Recovery,
            "bases": LegalBasis,
            "subjects": Subject,
            "accesses": Access,
            "statements": Statement,
        }
        records = {name: tuple(self.records.get(kind.__name__, ())) for name, kind in kinds.items()}
        return Snapshot(self.info, len(self.events) - 1, self.root, tuple(self.events), **records)

    def open_blob(self, sha256: str) -> BinaryIO:
        """Opens a stored blob."""
        return io.BytesIO(self.blobs[sha256])


def opened(*, jurisdiction: str = "intl", language: str = "en", title: str = "Example", **more: str) -> Case:
    """Opens a case with its first event."""
    info = CaseInfo(
        "3f2a9c01-5b7d-4e8a-9c1d-0123456789ab",
        title,
        "Li Wei",
        START,
        "ab" * 16,
        jurisdiction=jurisdiction,
        language=language,
        **more,
    )
    case = Case(info)
    holder = KeyHolder(KEY, "Li Wei", "age1example")
    case.event("open", holder, key={"id": KEY, "spki": "00"})
    return case


def act(case: Case, verb: str, *arguments: str, clock: tuple[ClockCheck, ...] = ()) -> Act:
    """Makes the record of a run."""
    environment = {
        "program": {"name": "forensics", "version": "0.1.0", "sha256": "5e" * 32},
        "operating_system": "Debian GNU/Linux 12 (bookworm)",
        "kernel": "Linux 6.1.0-18-amd64",
        "machine": "x86_64",
        "cores": 2,
        "hostname": "anna-laptop",
        "python": "3.11.7",
        "libraries": {
            "click": "8.5.1",
            "blake3": "1.0.11",
            "bagit": "1.9.0",
            "pillow": "13.0.0",
            "pyrage": "1.4.0",
            "reportlab": "5.1.0",
        },
        "time_zone": "Europe/Paris",
        "network": {"ip": "192.0.2.7", "dns": ["192.0.2.53"]},
    }
    self_test = {"passed": True, "sha256": "passed", "rfc3161": "passed"}
    return Act(verb, case.now, (verb, *arguments), environment, self_test, clock)


def clock(case: Case, phase: str, *, fails: bool = False) -> tuple[ClockCheck, ...]:
    """Makes clock checks against two servers; the second may fail."""
    good = ClockCheck("ntp1.example.org", phase, case.now, offset_s=-0.0132, round_trip_s=0.0214)
    gap = Gap("clock check", GapReason.TIMED_OUT, "no answer within 5 s")
    bad = ClockCheck("ntp2.example.org", phase, case.now, gap=gap)
    return (good, bad) if fails else (good, replace(good, server="ntp2.example.org", offset_s=0.0047))


def acquisition(case: Case, item: str, *artifacts: Artifact, act: str, gaps: tuple[Gap, ...] = ()) -> Acquisition:
    """Makes the record of an attempt; the outcome follows from what was obtained."""
    lowered = Outcome.PARTIAL if any(gap.is_of_content for gap in gaps) else Outcome.COMPLETE
    outcome = lowered if artifacts else Outcome.FAILED
    ended = case.now + timedelta(seconds=2)
    return Acquisition(item, Tool("local", "1"), act, outcome, case.now, ended, artifacts, gaps)


def finding(subject: str | tuple[str, ...], kind: str, result: Result, text: str, **more: Any) -> Finding:
    """Makes a finding; `stage`, `values`, `limits` and so on come as keywords."""
    values = more.pop("statement_values", {})
    subjects = (subject,) if isinstance(subject, str) else subject
    statement = Message(more.pop("id", f"{kind}.{result.value.lower()}"), text, values)
    stage = more.pop("stage", Stage.METADATA)
    return Finding(subjects, stage, kind, result, statement, Tool(kind.partition(".")[0], "1"), **more)


LIMITS = (
    Message("metadata.limit", "Metadata can be removed or written by any program; platforms often remove it."),
    Message("metadata.limit_time", "Times in metadata are those of the device, which may have been set wrongly."),
)
ALTERNATIVES = (Message("metadata.alternative", "Re-encoding by a platform or messenger removes most metadata."),)


def stamp(case: Case, **checks: str) -> TimeProof:
    """Makes the proof over the last checkpoint."""
    passed = dict.fromkeys(("status", "imprint", "nonce", "signature", "eku", "chain"), "passed")
    seq = max(event.seq for event in case.events if event.action == "checkpoint")
    certificates = (digest("leaf"), digest("authority root"))
    return TimeProof(
        seq,
        "https://tsa.example.org/tsr",
        digest(f"token {seq}"),
        case.now,
        case.now,
        case.now + timedelta(seconds=1),
        accuracy_s=0.5,
        certificates=certificates,
        serial="4711",
        policy="1.2.3.4",
        checks=passed | {"revocation": "not_checked: no list"} | checks,
    )


def small(*, jurisdiction: str = "intl", language: str = "en") -> Case:
    """Two items, one time-stamped examination, nothing unusual."""
    case = opened(jurisdiction=jurisdiction, language=language, reference="2026-17", organisation="Example Office")
    seq = len(case.events)
    case.event("collect", act(case, "collect", "clip.mp4", "photo.jpg", clock=clock(case, "before")))
    facts = {
        "path_as_given": "evidence/photo.jpg",
        "mtime": "2026-11-20T08:15:30.000000Z",
        "mtime_ns": "1795162530000000000",
        "owner": "li",
        "group": "li",
        "mode": "-rw-r--r--",
        "xattrs": [],
        "received_from": "A. Client",
        "received_at": "2026-11-21",
        "device": "phone, model X",
        "access_mode": "witness_supplied",
    }
    photo = case.artifact("photo.jpg", picture(1), "image/jpeg", **facts)
    clip = case.artifact(
        "clip.mp4", b"not really a video", "video/mp4", **facts | {"path_as_given": "evidence/clip.mp4"}
    )
    items = (
        Item("ITEM-0001", Name("/evidence/photo.jpg"), "file"),
        Item("ITEM-0002", Name("/evidence/clip.mp4"), "file"),
    )
    done = (acquisition(case, "ITEM-0001", photo, act=f"{seq}/0"), acquisition(case, "ITEM-0002", clip, act=f"{seq}/0"))
    case.event("collect", *items, *done)
    case.event("collect", ActEnd(f"{seq}/0", case.now, clock(case, "after")))
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    seq = len(case.events)
    case.event("analyze", act(case, "analyze", clock=clock(case, "before")))
    case.event(
        "analyze",
        finding(
            photo.digests.sha256,
            "metadata.tags",
            Result.FOUND,
            "3 tags were read.",
            statement_values={"count": 3},
            values={"count": 3, "tags": {"EXIF:Make": "Example", "EXIF:Model": "X 100", "EXIF:Software": "1.0"}},
            limits=LIMITS,
            alternatives=ALTERNATIVES,
            tools=(EXIFTOOL,),
        ),
        finding(
            photo.digests.sha256,
            "labels.aigc",
            Result.NOT_FOUND,
            "No AI-content label was found at the places searched.",
            limits=LIMITS[:1],
            alternatives=ALTERNATIVES,
            values={"places_searched": 5},
        ),
        finding(
            clip.digests.sha256,
            "streams.container",
            Result.INDETERMINATE,
            "The container could not be read.",
            gaps=(Gap("container", GapReason.UNPARSABLE, "no known signature"),),
        ),
    )
    case.event("analyze", ActEnd(f"{seq}/0", case.now, clock(case, "after")))
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    return case


def rich(*, jurisdiction: str = "cn", language: str = "zh") -> Case:
    """Everything that can be in a case: awkward names, sealed and biometric items, failures, erasures, comparisons."""
    case = opened(
        jurisdiction=jurisdiction,
        language=language,
        title="余某换脸视频案 <b>& Partner</b> 𠮷😀",
        reference="(2026)浙0192民初123号",
        organisation="示例律师事务所",
    )
    collected = _collect_awkward(case)
    _collect_protected(case)
    _troubles(case)
    case.event("checkpoint")
    case.event(
        "time-proof",
        stamp(case),
        TimeFailure(
            len(case.events) - 1,
            "http://tsa.example.cn",
            case.now,
            Gap("time stamp", GapReason.TIMED_OUT, "no answer within 20 s"),
        ),
    )
    _examine(case, collected)
    case.event("checkpoint")
    case.event("time-proof", stamp(case, chain="not_checked: no trust anchor"))
    late = case.artifact("late.txt", b"late", "text/plain")
    case.event("collect", Item("ITEM-0090", Name("/late.txt"), "file"), acquisition(case, "ITEM-0090", late, act="1/0"))
    return case


def _collect_awkward(case: Case) -> dict[str, Artifact]:
    case.event("collect", act(case, "collect", "--from", "list 😀.txt", clock=clock(case, "before", fails=True)))
    items: list[Any] = []
    collected = {}
    for index, (key, name) in enumerate(AWKWARD.items(), 1):
        facts = {
            "path_as_given": f"./证据/{name}",
            "mtime": "2026-10-01T00:00:00.000000Z",
            "owner": "root",
            "group": None,
            "mode": "-rw-------",
            "xattrs": [{"name": "user.xdg.origin.url", "value_hex": "68"}],
            "received_from": "王某（委托人）",
            "received_at": "2026年11月20日",
            "device": "Huawei P60，微信8.0.50",
            "access_mode": "witness_supplied",
            "legal_basis": "本人委托",
        }
        is_picture = key in ("emoji", "long", "long hanzi", "quotes", "combining")
        data = picture(index, orientation=6 if key == "emoji" else None) if is_picture else f"bytes {key}".encode()
        kind = "image/jpeg" if is_picture else "video/mp4" if key == "rare hanzi" else "application/octet-stream"
        collected[key] = case.artifact(name, data, kind, **facts)
        item = Item(
            f"ITEM-{index:04d}", Name(f"/证据/{name}"), "file", note="备注：见聊天记录第3页" if index == 2 else ""
        )
        items += [item, acquisition(case, item.id, collected[key], act="1/0")]
    raw = Name("caf\ufffd.jpg", b"caf\xe9.jpg".hex())
    collected["raw"] = case.artifact(
        raw, b"raw", "image/jpeg", path_as_given={"display": raw.display, "raw_hex": raw.raw_hex}
    )
    items += [Item("ITEM-0050", raw, "file"), acquisition(case, "ITEM-0050", collected["raw"], act="1/0")]
    gaps = (Gap("file", GapReason.MISSING, "there is no file at this path, or it vanished while it was read"),)
    items += [Item("ITEM-0051", Name("/gone/视频.mp4"), "file"), acquisition(case, "ITEM-0051", act="1/0", gaps=gaps)]
    changed = tuple(Gap(f"part {n}", GapReason.CHANGED, "the file changed while it was read") for n in range(5))
    part = case.artifact("growing.log", b"log", "text/plain")
    items += [
        Item("ITEM-0052", Name("/growing.log"), "file"),
        acquisition(case, "ITEM-0052", part, act="1/0", gaps=changed),
    ]
    items.append(Item("ITEM-0053", Name("/not/yet.jpg"), "file"))
    case.event("collect", *items)
    case.event("collect", ActEnd("1/0", case.now, clock(case, "after")))
    return collected


def _collect_protected(case: Case) -> None:
    seq = len(case.events)
    case.event("collect", act(case, "collect", "/secret/victim-name.mp4", "--sensitivity", "intimate"))
    data = b"age-encryption.org/v1 ciphertext"
    sealed = case.artifact("victim-name.mp4", data, "video/mp4", path_as_given="/secret/victim-name.mp4", owner="anna")
    plain = {"plain": {"sha256": digest("plain"), "blake3": digest("plain3"), "size": 123456}}
    sealed = replace(sealed, sealed=plain)
    face = case.artifact("Anna Example.jpg", picture(9), "image/jpeg", path_as_given="/people/Anna Example.jpg")
    case.event(
        "collect",
        Item("ITEM-0060", Name("/secret/victim-name.mp4"), "file", "victim at home", Sensitivity.INTIMATE),
        Item("ITEM-0061", Name("/people/Anna Example.jpg"), "file", "", Sensitivity.BIOMETRIC),
        acquisition(case, "ITEM-0060", sealed, act=f"{seq}/0"),
        acquisition(case, "ITEM-0061", face, act=f"{seq}/0"),
        finding(
            digest("plain"),
            "metadata.tags",
            Result.FOUND,
            "GPS 30.1N by camera Canon of victim-name.mp4 was read.",
            statement_values={"camera": "Canon", "name": "victim-name.mp4", "place": "30.1N"},
            values={"GPSLatitude": "30.1N"},
        ),
    )


def _troubles(case: Case) -> None:
    case.event("recover", Recovery(({"path": "tmp/1a2b", "size": 17}, {"path": "blobs/ab/abcd", "size": 4})))
    case.event("erase", Erasure("ITEM-0070", "PIPL 47; request of 2026-11-20", case.now))
    other = digest(b"second key")
    case.event("key-add", KeyHolder(other, "张三", "age1second"), key={"id": other, "spki": "00"})
    case.event("key-retire", key={"id": other})
    output = Output("report", "reports/report-zh.pdf", digest("old report"), 5)
    case.event("report", output)


def _examine(case: Case, collected: Mapping[str, Artifact]) -> None:
    seq = len(case.events)
    case.event("analyze", act(case, "analyze"))
    first, second = collected["emoji"], collected["quotes"]
    tags = {f"EXIF:Tag{n:02d}": f"value {n} 数值😀" for n in range(60)}
    heat = replace(case.artifact("map.png", picture(77, size=(200, 300)), "image/jpeg"), role="map")
    found = finding(
        first.digests.sha256,
        "metadata.tags",
        Result.FOUND,
        "60 tags were read; Artist is \u202eAnna\u0000.",
        statement_values={"count": 60},
        values={"count": 60, "tags": tags, "nested": [{"a": [1, 2]}, {"b": {}}]},
        where=tuple({"byte_offset": n * 100, "length": 20} for n in range(9)),
        limits=LIMITS,
        alternatives=ALTERNATIVES,
        tools=(EXIFTOOL,),
    )
    same = finding(
        (first.digests.sha256, second.digests.sha256),
        "compare.footage",
        Result.FOUND,
        "Both pictures show the same footage over 71 of 80 sampled places.",
        stage=Stage.COMPARE,
        values={"matched": 71, "sampled": 80},
        attachments=(heat,),
        limits=LIMITS[:1],
    )
    label = finding(
        second.digests.sha256,
        "labels.aigc",
        Result.FOUND,
        "The file declares itself generated by AI (Label 1, producer code 001191330...).",
        values={"Label": "1", "ContentProducer": "001191330"},
        stage=Stage.DETECT,
        limits=LIMITS[:1],
        alternatives=(Message("labels.alternative", "Anyone can write such a label into a file."),),
    )
    none = finding(
        first.digests.sha256,
        "labels.aigc",
        Result.NOT_FOUND,
        "No AI-content label was found.",
        stage=Stage.DETECT,
        limits=LIMITS[:1],
        alternatives=ALTERNATIVES,
    )
    unclear = finding(
        collected["rare hanzi"].digests.sha256,
        "streams.container",
        Result.INDETERMINATE,
        "The container could not be read.",
        gaps=(Gap("tool", GapReason.FAILED, "ffprobe: 无法识别"),),
    )
    stray = finding(
        digest("erased subject"),
        "metadata.tags",
        Result.FOUND,
        "1 tag of secret.jpg was read.",
        statement_values={"name": "secret.jpg"},
    )
    case.event("analyze", found, same, label, none, unclear, stray)
    case.event("analyze", found, ActEnd(f"{seq}/0", case.now))
    case.event("exhibit", Exhibit("E-1", "同一视频的两个副本", ("ITEM-0001", "ITEM-0014"), (), ("E3 深度合成",)))


def large(count: int = 200, *, jurisdiction: str = "cn", language: str = "zh") -> Case:
    """Many pictures, each with three findings."""
    case = opened(jurisdiction=jurisdiction, language=language, title="大量材料 Many items", reference="2026-200")
    case.event("collect", act(case, "collect", "folder", clock=clock(case, "before")))
    subjects = []
    for start in range(0, count, 50):
        records: list[Any] = []
        for index in range(start, min(start + 50, count)):
            data = picture(index % 5, size=(1600, 1200))
            data += index.to_bytes(4, "big")
            artifact = case.artifact(
                f"照片 {index:04d}.jpg",
                data,
                "image/jpeg",
                path_as_given=f"folder/照片 {index:04d}.jpg",
                mtime="2026-10-01T00:00:00.000000Z",
                owner="li",
                group="li",
                mode="-rw-r--r--",
            )
            subjects.append(artifact.digests.sha256)
            item = Item(f"ITEM-{index + 1:04d}", Name(f"/folder/照片 {index:04d}.jpg"), "file")
            records += [item, acquisition(case, item.id, artifact, act="1/0")]
        case.event("collect", *records)
    case.event("collect", ActEnd("1/0", case.now, clock(case, "after")))
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    case.event("analyze", act(case, "analyze"))
    for index, subject in enumerate(subjects):
        tags = {f"EXIF:Tag{n:02d}": f"value {n} of {index}" for n in range(20)}
        case.event(
            "analyze",
            finding(
                subject,
                "metadata.tags",
                Result.FOUND,
                "20 tags were read.",
                values={"count": 20, "tags": tags},
                limits=LIMITS,
                alternatives=ALTERNATIVES,
                tools=(EXIFTOOL,),
            ),
            finding(
                subject,
                "labels.aigc",
                Result.NOT_FOUND,
                "No AI-content label was found.",
                stage=Stage.DETECT,
                limits=LIMITS[:1],
                alternatives=ALTERNATIVES,
            ),
            finding(
                subject,
                "streams.jpeg",
                Result.INDETERMINATE,
                "The quantisation tables are not known.",
                stage=Stage.ANALYSE,
                limits=LIMITS[:1],
            ),
        )
    case.event("checkpoint")
    case.event("time-proof", stamp(case))
    return case
