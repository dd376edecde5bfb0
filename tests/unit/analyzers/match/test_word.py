"""The index of words: copies are found among many without comparing each with each."""

from __future__ import annotations

import numpy as np
import pytest

from forensics.analyzers.match.word import NEIGHBOURS, TABLES, Words, candidates
from forensics.media import descriptor


def words(codes: np.ndarray) -> Words:
    return Words(codes, np.zeros(len(codes), np.uint16))


def unrelated(count: int) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (200, 32), np.uint8) for _ in range(count)]


def worn(codes: np.ndarray, seed: int, share: float = 0.06) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return codes ^ np.packbits(chance.random((len(codes), 256)) < share, axis=1)


def test_unrelated_contents_share_no_words():
    assert candidates([words(one) for one in unrelated(50)], most=32, least_votes=1) == []


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_copy_among_many_is_the_only_candidate(is_mirrored):
    contents = unrelated(100)
    copy = worn(contents[40], 1)
    found = candidates(
        [words(one) for one in (*contents, descriptor.mirrored(copy) if is_mirrored else copy)], most=32, least_votes=3
    )
    assert [(one.first, one.second, one.links[0].is_mirrored) for one in found] == [(40, 100, is_mirrored)]


def test_many_copies_of_one_are_joined_although_their_words_are_frequent():
    contents = unrelated(3)
    copies = [worn(contents[0], seed) for seed in range(60)]
    found = candidates([words(one) for one in (*contents, *copies)], most=8, least_votes=1)
    reached, edges = {0}, [(one.first, one.second) for one in found]
    for _ in range(10):
        reached |= {other for pair in edges if reached & set(pair) for other in pair}
    assert reached == {0, *range(3, 63)}


def test_words_that_everyone_has_cost_no_more_than_their_number():
    same = np.zeros((200, 32), np.uint8)
    contents = [words(same) for _ in range(500)]
    found = candidates(contents, most=10**9, least_votes=0)
    assert len(found) <= 2 * 500 * NEIGHBOURS * TABLES


def test_contents_without_corners_are_no_candidates():
    assert candidates([words(np.zeros((0, 32), np.uint8))] * 3, most=32, least_votes=1) == []
    assert candidates([], most=32, least_votes=1) == []
