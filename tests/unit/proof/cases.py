"""Snapshots of cases with exports and bills, as collecting and examining them would give, for tests of the dossier."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from forensics.analyzers.bills import BillsAnalyzer
from forensics.analyzers.chats import ChatsAnalyzer
from forensics.errors import StoreError
from forensics.model import (
    Acquisition,
    Artifact,
    CaseInfo,
    Committed,
    Digests,
    Erasure,
    Finding,
    Item,
    Message,
    Name,
    Outcome,
    Result,
    Snapshot,
    Stage,
    Statement,
    Tool,
)
from tests.fakes.evidence import FileEvidence, KeepingSink

AT = datetime(2026, 1, 1, tzinfo=UTC)
BILL_HEAD = (
    "微信支付账单明细\n微信昵称：[小鹿]\n"
    "交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注\n"
)


def export(*messages, kind="private_supergroup", title="大群", number=9000):
    """A Telegram export."""
    value = {"name": title, "type": kind, "id": number, "messages": list(messages)}
    return json.dumps(value, ensure_ascii=False).encode()


def said(number, text="", *, minute=None, name="客户甲", user=None, **more):
    """A message of such an export; Chinese time is eight hours ahead of it."""
    when = int(datetime(2022, 6, 12, 12, minute if minute is not None else number, 0, tzinfo=UTC).timestamp())
    return {
        "id": number,
        "type": "message",
        "date": datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(when),
        "from": name,
        "from_id": user or f"user{name}",
        "text": text,
        **more,
    }


def bill(*rows):
    """A WeChat bill; a row is (time in China, name, direction, amount in yuan, number)."""
    lines = [
        f'{at},转账,{name},"/",{way},"¥{amount}",/,已存入零钱,"{number}","/","/"'
        for at, name, way, amount, number in rows
    ]
    return (BILL_HEAD + "\n".join(lines) + "\n").encode()


@dataclass
class Kept:
    """A case in memory."""

    folder: object
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(CaseInfo("c", "t", "e", AT, "00"), 0, "", ()))
    blobs: dict[str, bytes] = field(default_factory=dict)

    def opener(self, sha256):
        """Opens a blob."""
        if sha256 not in self.blobs:
            raise StoreError(f"there is no blob {sha256}")
        return io.BytesIO(self.blobs[sha256])

    def collect(self, path, content, *, sealed=None, role="original", media_type="application/octet-stream", item=None):
        """Collects a file; gives its item's id."""
        name = item or f"ITEM-{len(self.snapshot.items) + 1:04d}"
        sha256 = hashlib.sha256(content).hexdigest()
        self.blobs[sha256] = content
        artifact = Artifact(
            Digests(sha256, "0" * 64, len(content)), role, Name(path.rsplit("/", 1)[-1]), media_type, AT, sealed=sealed
        )
        acquisition = Acquisition(name, Tool("local", "1"), "0/0", Outcome.COMPLETE, AT, AT, (artifact,))
        if item is None:
            self._add("items", Item(name, Name(path), "file"))
        self._add("acquisitions", acquisition)
        return name

    def examine(self, content, name, analyzer=None, *, sealed=None):
        """Examines a content with chats and bills, or with one analyzer."""
        path = self.folder / hashlib.sha256(content + name.encode()).hexdigest()[:8]
        path.write_bytes(content)
        for one in [analyzer] if analyzer else [ChatsAnalyzer(), BillsAnalyzer()]:
            sink = KeepingSink()
            for finding in one.examine(FileEvidence(path, name), sink):
                kept = tuple(replace(part, sealed=sealed) for part in finding.attachments)
                self._add("findings", replace(finding, attachments=kept))
            self.blobs |= {hashlib.sha256(data).hexdigest(): data for _, data in sink.kept}

    def put(self, path, content, **options):
        """Collects and examines a file."""
        item = self.collect(path, content, **options)
        self.examine(content, path.rsplit("/", 1)[-1])
        return item

    def match(self, *contents, about="group", number=900):
        """Records that contents are copies, or, as `none`, that they have none."""
        digests = tuple(hashlib.sha256(one).hexdigest() for one in contents)
        values = {"about": about, "contents": list(digests)}
        result = Result.FOUND if about == "group" else Result.NOT_FOUND
        text = Message("m", "m")
        self._add("findings", Finding(digests, Stage.COMPARE, "source.match", result, text, Tool("match", "1"), values))

    def compare(self, questioned, original, verdict="scene_corresponds_face_differs", result=Result.FOUND):
        """Records what a comparison of two contents came to."""
        digests = tuple(hashlib.sha256(one).hexdigest() for one in (questioned, original))
        text, values = Message("m", "m"), {"verdict": verdict}
        self._add(
            "findings", Finding(digests, Stage.COMPARE, "source.comparison", result, text, Tool("source", "1"), values)
        )

    def state(self, kind, *, number=1, is_withdrawn=False, items=(), **values):
        """Records what a person states."""
        one = Statement(f"STATEMENT-{number:04d}", kind, "e", AT, values=values, items=items, is_withdrawn=is_withdrawn)
        self._add("statements", one)

    def erase(self, item):
        """Erases an item as the program does: its records are gone, an erasure is recorded."""
        of = {
            a.content_sha256
            for one in self.snapshot.acquisitions
            if one.record.item == item
            for a in one.record.artifacts
        }
        self.snapshot = replace(
            self.snapshot,
            items=tuple(one for one in self.snapshot.items if one.record.id != item),
            acquisitions=tuple(one for one in self.snapshot.acquisitions if one.record.item != item),
            findings=tuple(one for one in self.snapshot.findings if not of & set(one.record.subject)),
        )
        self._add("erasures", Erasure(item, "request", AT))

    def _add(self, name, record):
        records = getattr(self.snapshot, name)
        self.snapshot = replace(self.snapshot, **{name: (*records, Committed(f"{len(records) + 1}/0", record))})
