"""Merkle trees against the vectors of Certificate Transparency, whose trees are those of RFC 6962 and RFC 9162."""

from __future__ import annotations

import pytest

from forensics.custody.merkle import EMPTY_ROOT, audit_path, leaf_hash, root, root_from_path

# Source: google/certificate-transparency, test vectors of its Merkle tree: inputs, and the roots of the first 1 to 8.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [leaf_hash(b"", bytes.fromhex(text)) for text in INPUTS]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert root(LEAVES[:count]) == ROOTS[count - 1]


def test_the_root_of_no_leaves_is_that_of_no_bytes() -> None:
    assert root([]) == EMPTY_ROOT == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_root_of_one_leaf_is_the_leaf() -> None:
    assert root(LEAVES[:1]) == LEAVES[0].hex()
    assert audit_path(LEAVES[:1], 0) == ()


# Source: the same; the path of leaf 5 (counted from 0) in the tree of 8, and of leaf 2 in the tree of 3.
PATHS = {
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}


@pytest.mark.parametrize(("place", "path"), PATHS.items(), ids=str)
def test_paths_are_those_of_certificate_transparency(place: tuple[int, int], path: tuple[str, ...]) -> None:
    index, count = place
    assert audit_path(LEAVES[:count], index) == path
    assert root_from_path(LEAVES[index], index=index, count=count, path=path) == ROOTS[count - 1]


@pytest.mark.parametrize("index", [-1, 8, 100])
def test_there_is_no_path_to_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        audit_path(LEAVES, index)
    with pytest.raises(ValueError, match="no such leaf"):
        root_from_path(LEAVES[0], index=index, count=8, path=audit_path(LEAVES, 0))


def test_a_salt_changes_the_leaf() -> None:
    assert leaf_hash(bytes(16), b"{}") != leaf_hash(bytes(15) + b"\x01", b"{}")


def test_a_leaf_is_not_a_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(b"", left + right).hex() != root([left, right])
