"""Merkle trees over salted records: RFC 9162, section 2.1, with the salt in the leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").hexdigest()
"""Root of a tree without leaves (RFC 9162, section 2.1.1)."""


def leaf_hash(salt: bytes, record: bytes) -> bytes:
    """Computes a leaf: SHA-256(0x00 ‖ salt ‖ record), 32 bytes.

    Args:
        salt: 16 random bytes, so that a leaf alone does not let its record be guessed.
        record: Canonical JSON.
    """
    return hashlib.sha256(b"\x00" + salt + record).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> str:
    """Computes the root over leaves in order, as hex.

    Source: RFC 9162, section 2.1.1; built level by level, where an odd last node moves up unchanged, which gives the
    same tree as the split at the largest power of two.
    """
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        above = [_node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = above + level[len(above) * 2 :]
    return level[0].hex()


def audit_path(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """Gives the sibling hashes, hex, from the leaf up, by which one record can be shown without its neighbours.

    Source: RFC 9162, section 2.1.3.1.

    Raises:
        IndexError: There is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    level, path = list(leaves), []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling].hex())
        above = [_node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = above + level[len(above) * 2 :]
        index //= 2
    return tuple(path)


def root_from_path(leaf: bytes, *, index: int, count: int, path: Sequence[str]) -> str:
    """Recomputes the root from one leaf and its audit path.

    Args:
        leaf: The leaf hash, 32 bytes.
        index: Position of the leaf, from 0.
        count: Number of leaves of the tree.
        path: What `audit_path` gave.

    Raises:
        ValueError: There is no such position, or the path has the wrong length for it.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < count:
        raise ValueError("there is no such leaf")
    siblings, node, last = list(path), leaf, count - 1
    while last > 0:
        if index % 2 == 1 or index < last:
            if not siblings:
                raise ValueError("the audit path is too short")
            sibling = bytes.fromhex(siblings.pop(0))
            node = _node_hash(sibling, node) if index % 2 == 1 else _node_hash(node, sibling)
        index, last = index // 2, last // 2
    if siblings:
        raise ValueError("the audit path is too long")
    return node.hex()
