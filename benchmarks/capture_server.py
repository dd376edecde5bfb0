"""Serves one file on loopback as fast as the kernel sends it: `python -m benchmarks.capture_server FILE`.

Prints its address, and serves until its input ends. Answers GET and HEAD with lengths, validators and ranges.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import PIPE, Popen

NAME = "clip.mp4"
LONGEST_HEAD = 1 << 16


def main() -> None:
    """Serves the file that the command line names."""
    path = Path(sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.getsockname()[1]}/{NAME}\n")
        sys.stdout.flush()
        threading.Thread(target=_accept, args=(server, path), daemon=True).start()
        sys.stdin.read()


def _accept(server: socket.socket, path: Path) -> None:
    while True:
        connection, _ = server.accept()
        threading.Thread(target=_serve, args=(connection, path), daemon=True).start()


def _serve(connection: socket.socket, path: Path) -> None:
    with suppress(ConnectionError), connection, path.open("rb") as file:
        while head := _head(connection):
            size = os.fstat(file.fileno()).st_size
            start, end, status = _range(head, size)
            fields = [
                f"HTTP/1.1 {status}",
                "Content-Type: video/mp4",
                f"Content-Length: {end - start}",
                "Accept-Ranges: bytes",
                f'ETag: "{size}"',
            ]
            fields += [f"Content-Range: bytes {start}-{end - 1}/{size}"] if status.startswith("206") else []
            connection.sendall("\r\n".join([*fields, "", ""]).encode())
            while start < end and not head.startswith("HEAD "):
                start += os.sendfile(connection.fileno(), file.fileno(), start, end - start)


def _head(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data and len(data) < LONGEST_HEAD:
        block = connection.recv(4096)
        if not block:
            return ""
        data += block
    return data.decode("latin-1")


def _range(head: str, size: int) -> tuple[int, int, str]:
    """Gives first byte, end and status of an answer."""
    found = re.search(r"^range: bytes=(\d+)-(\d*)", head, re.IGNORECASE | re.MULTILINE)
    if not found:
        return 0, size, "200 OK"
    return int(found[1]), min(int(found[2] or size - 1) + 1, size), "206 Partial Content"


@contextmanager
def serving(path: Path) -> Iterator[str]:
    """Serves a file from a process of its own, and gives its address."""
    command = [sys.executable, "-m", "benchmarks.capture_server", str(path)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the file server has no pipes")
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


if __name__ == "__main__":
    main()
