from __future__ import annotations

from forensics.proof.dossier_side import Compared, sides

SWAP, REPOST, ORIGINAL, OTHER, FAR = "a" * 64, "b" * 64, "c" * 64, "d" * 64, "e" * 64
GROUP = frozenset({SWAP, REPOST, ORIGINAL, OTHER})


def told(*, faces=(), regions=(), alike=()):
    pairs = {pair: f"{number}/0" for number, pair in enumerate((*faces, *regions))}
    return Compared(pairs, frozenset(faces), frozenset(alike))


def of(group, compared):
    return {one.digests: one.uncompared for one in sides(group, compared)}


def test_without_a_comparison_a_group_is_one_and_all_of_it_is_open():
    assert of(GROUP, told()) == {GROUP: GROUP}


def test_an_original_stands_apart_and_what_was_not_compared_stays_open_with_the_altered_file():
    assert of(GROUP, told(faces=[(SWAP, ORIGINAL)])) == {
        GROUP - {ORIGINAL}: frozenset({REPOST, OTHER}),
        frozenset({ORIGINAL}): frozenset(),
    }


def test_a_file_that_agrees_goes_to_the_side_with_which_it_agrees():
    compared = told(faces=[(SWAP, ORIGINAL)], alike=[(REPOST, SWAP), (ORIGINAL, OTHER)])
    assert of(GROUP, compared) == {
        frozenset({SWAP, REPOST}): frozenset(),
        frozenset({ORIGINAL, OTHER}): frozenset(),
    }


def test_a_file_that_agrees_with_both_sides_stays_open():
    compared = told(faces=[(SWAP, ORIGINAL)], alike=[(SWAP, OTHER), (ORIGINAL, OTHER)])
    assert of(frozenset({SWAP, ORIGINAL, OTHER}), compared) == {
        frozenset({SWAP, OTHER}): frozenset({OTHER}),
        frozenset({ORIGINAL}): frozenset(),
    }


def test_an_altered_region_sets_apart_as_a_face_does():
    assert len(sides(frozenset({SWAP, ORIGINAL}), told(regions=[(SWAP, ORIGINAL)]))) == 2


def test_a_caption_over_an_altered_clip_makes_no_other_work():
    compared = told(faces=[(SWAP, ORIGINAL), (REPOST, ORIGINAL)], regions=[(REPOST, SWAP)])
    assert of(frozenset({SWAP, REPOST, ORIGINAL}), compared) == {
        frozenset({SWAP, REPOST}): frozenset(),
        frozenset({ORIGINAL}): frozenset(),
    }


def test_two_swaps_of_one_original_that_differ_by_their_faces_are_two_works():
    compared = told(faces=[(SWAP, ORIGINAL), (REPOST, ORIGINAL), (SWAP, REPOST)])
    assert {one.digests for one in sides(frozenset({SWAP, REPOST, ORIGINAL}), compared)} == {
        frozenset({SWAP}),
        frozenset({REPOST}),
        frozenset({ORIGINAL}),
    }


def test_an_original_outside_of_the_group_leaves_it_whole_and_what_was_compared_is_named():
    compared = told(faces=[(SWAP, FAR)])
    (side,) = sides(frozenset({SWAP, REPOST}), compared)
    assert (side.uncompared, side.comparisons) == (frozenset({REPOST}), ("0/0",))
    assert sides(frozenset({OTHER}), compared)[0].comparisons == ()


def test_files_that_agree_leave_the_others_open():
    assert of(GROUP, told(alike=[(REPOST, SWAP)])) == {GROUP: frozenset({ORIGINAL, OTHER})}
    both = told(alike=[(REPOST, SWAP), (ORIGINAL, OTHER)])
    assert of(GROUP, both) == {GROUP: GROUP}, "two sets that agree within themselves may differ from each other"


def test_every_file_is_in_one_side():
    compared = told(
        faces=[(SWAP, ORIGINAL), (ORIGINAL, OTHER)], regions=[(OTHER, REPOST)], alike=[(OTHER, SWAP), (REPOST, SWAP)]
    )
    made = [digest for one in sides(GROUP, compared) for digest in one.digests]
    assert sorted(made) == sorted(GROUP)
