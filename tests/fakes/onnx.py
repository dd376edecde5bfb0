"""Models in ONNX, made byte by byte: what they answer is known.

*Source:* onnx.proto3 of the ONNX project (field numbers), Protocol Buffers encoding.
"""

from __future__ import annotations

FLOAT = 1


def _varint(number: int) -> bytes:
    data = b""
    while number > 0x7F:
        data += bytes([number & 0x7F | 0x80])
        number >>= 7
    return data + bytes([number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dimensions = b"".join(_bytes(1, _number(1, one)) for one in shape)
    tensor = _number(1, FLOAT) + _bytes(2, dimensions)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def _node(operator: str, given: str, made: str) -> bytes:
    return _bytes(1, given) + _bytes(2, made) + _bytes(4, operator)


def mean_model(side_px: int = 32, *, operator: str = "GlobalAveragePool") -> bytes:
    """Gives a model whose answer is the mean of each colour of its input (1, 3, side, side).

    Args:
        side_px: Side of its input.
        operator: Another operator of one input and one output.
    """
    node = _node(operator, "x", "y")
    graph = (
        _bytes(1, node)
        + _bytes(2, "mean")
        + _bytes(11, _value("x", (1, 3, side_px, side_px)))
        + _bytes(12, _value("y", (1, 3, 1, 1)))
    )
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))
