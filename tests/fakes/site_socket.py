"""A WebSocket echo, written by hand after RFC 6455."""

from __future__ import annotations

import base64
import hashlib
import struct
from io import BufferedIOBase

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""*Source:* RFC 6455, section 1.3."""
_CLOSE, _PING, _PONG = 8, 9, 10


def handshake(key: str) -> bytes:
    """Makes the answer that turns a request into a WebSocket."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    fields = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    return "\r\n".join((*fields, f"Sec-WebSocket-Accept: {accept}", "", "")).encode()


def echo(reader: BufferedIOBase, writer: BufferedIOBase) -> None:
    """Sends every message back until the other side closes; greets first."""
    _send(writer, 1, "welcome 欢迎".encode())
    while (message := _read(reader)) is not None:
        kind, payload = message
        _send(writer, _PONG if kind == _PING else kind, payload)
        if kind == _CLOSE:
            return


def _read(reader: BufferedIOBase) -> tuple[int, bytes] | None:
    """Reads one frame (fragments are echoed as they come); None at the end."""
    start = reader.read(2)
    if len(start) < 2:
        return None
    length = start[1] & 127
    if length > 125:
        form = ">H" if length == 126 else ">Q"
        length = struct.unpack(form, reader.read(struct.calcsize(form)))[0]
    mask = reader.read(4) if start[1] & 128 else b"\0\0\0\0"
    payload = reader.read(length)
    return start[0] & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def _send(writer: BufferedIOBase, kind: int, payload: bytes) -> None:
    size = len(payload)
    length = (
        bytes((size,))
        if size < 126
        else struct.pack(">BH", 126, size)
        if size < 1 << 16
        else struct.pack(">BQ", 127, size)
    )
    writer.write(bytes((128 | kind,)) + length + payload)
    writer.flush()
