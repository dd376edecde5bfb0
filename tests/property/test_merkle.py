"""Merkle trees against the recursive definitions of RFC 9162, which are written here a second time."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.custody.merkle import audit_path, leaf_hash, root, root_from_path

LEAVES = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, from hashed leaves."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def inclusion_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162, section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*inclusion_path(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*inclusion_path(index - split, leaves[split:]), tree_hash(leaves[:split])]


@given(LEAVES)
def test_the_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root(leaves) == tree_hash(leaves).hex()


@given(LEAVES.filter(bool), st.data())
def test_every_leaf_has_the_path_of_the_recursive_definition(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    assert path == tuple(node.hex() for node in inclusion_path(index, leaves))
    assert root_from_path(leaves[index], index=index, count=len(leaves), path=path) == root(leaves)


@given(LEAVES.filter(lambda leaves: len(leaves) > 1), st.data())
def test_a_path_shows_no_other_leaf_and_no_other_place(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    other = hashlib.sha256(leaves[index]).digest()
    assert root_from_path(other, index=index, count=len(leaves), path=path) != root(leaves)
    if index and leaves[index] != leaves[index - 1]:
        try:
            assert root_from_path(leaves[index], index=index - 1, count=len(leaves), path=path) != root(leaves)
        except ValueError as error:
            assert "audit path" in str(error)  # noqa: PT017 - a path of another length is refused, which is as good


@given(LEAVES.filter(lambda leaves: len(leaves) > 1), st.data())
def test_a_path_of_another_length_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = audit_path(leaves, index)
    for wrong in (path[:-1], (*path, "00" * 32)):
        with pytest.raises(ValueError, match="audit path is too"):
            root_from_path(leaves[index], index=index, count=len(leaves), path=wrong)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20), st.data())
def test_any_other_list_of_leaves_has_another_root(leaves: list[bytes], data: st.DataObject) -> None:
    other = data.draw(st.permutations(leaves) | st.just(leaves[:-1]) | st.just([*leaves, leaves[-1]]))
    assert (root(other) == root(leaves)) == (other == leaves)


@given(st.binary(min_size=16, max_size=16), st.binary())
def test_a_leaf_is_the_hash_of_a_zero_byte_salt_and_record(salt: bytes, record: bytes) -> None:
    assert leaf_hash(salt, record) == hashlib.sha256(b"\x00" + salt + record).digest()
