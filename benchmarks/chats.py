"""Writes an export of Telegram as JSON with many messages and measures how fast it is read into a table.

Run: `python -m benchmarks.chats [MESSAGES]`
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from forensics.analyzers.chats.tally import Tally
from forensics.chats import table, telegram_json
from forensics.chats.source import Source

START = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


def write(path: Path, count: int) -> None:
    """Writes an export of one group with 2,000 members."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{\n "name": "群",\n "type": "private_supergroup",\n "id": 1,\n "messages": [')
        for number in range(count):
            stream.write((",\n  " if number else "\n  ") + json.dumps(_message(number), ensure_ascii=False, indent=1))
        stream.write("\n ]\n}\n")


def _message(number: int) -> dict[str, object]:
    at = START + timedelta(seconds=number)
    text = f"定制换脸视频，价格私聊 {number}"
    return {
        "id": number + 1,
        "type": "message",
        "date": (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S"),
        "date_unixtime": str(int(at.timestamp())),
        "from": f"用户{number % 2000}",
        "from_id": f"user{number % 2000}",
        "reply_to_message_id": max(1, number - 3),
        "text": text,
        "text_entities": [{"type": "plain", "text": text}],
    }


def measure(path: Path) -> tuple[int, float]:
    """Reads an export into a table; gives the number of messages and seconds."""

    @contextmanager
    def reopen() -> Iterator[BinaryIO]:
        with path.open("rb") as stream:
            yield stream

    began, tally = time.perf_counter(), Tally(50)
    with tempfile.TemporaryFile() as made:
        for row in telegram_json.read(Source(reopen, path.name, "0" * 64)):
            tally.add(row)
            made.write(table.line_of(row, sha256="0" * 64, name=path.name))
    return tally.count, time.perf_counter() - began


def main(count: int) -> None:
    """Writes, reads, and prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        write(path, count)
        size, before = path.stat().st_size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read, seconds = measure(path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"{read} messages, {size >> 20} MiB: {seconds:.1f} s; memory grew by {grown >> 10} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
