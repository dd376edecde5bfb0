from __future__ import annotations

from dataclasses import replace

from forensics.reporter.pdf_strip import LANDSCAPE, PORTRAIT, Strip, pages_of, paginate


def strip(height=100.0, **more):
    return Strip(height, lambda *_: None, **more)


def heights(pages):
    return [[placed.strip.height for placed in page.placed] for page in pages]


def test_strips_fill_pages_in_order():
    count = int(PORTRAIT.height // 100)
    assert heights(paginate([strip() for _ in range(count + 1)])) == [[100.0] * count, [100.0]]


def test_a_heading_moves_to_the_next_page_with_what_follows():
    filler = strip(PORTRAIT.height - 60)
    pages = paginate([filler, strip(30, keep=True), strip(50)])
    assert heights(pages) == [[filler.height], [30, 50]]


def test_a_group_taller_than_a_page_is_parted():
    pages = paginate([strip(300, keep=True) for _ in range(4)])
    assert sum(map(len, heights(pages))) == 4
    assert len(pages) == 2


def test_a_header_is_repeated_on_each_page_but_not_doubled_on_the_first():
    header = strip(20)
    rows = [strip(header=header) for _ in range(8)]
    pages = paginate([replace(header, keep=True), *rows])
    assert [one[0] for one in heights(pages)] == [20, 20]
    assert sum(one.count(20) for one in heights(pages)) == 2


def test_space_above_is_left_out_at_the_top_of_a_page():
    page = paginate([strip(before=50)])[0]
    assert page.placed[0].y == PORTRAIT.bottom + PORTRAIT.height


def test_wide_sections_stand_on_pages_of_their_own():
    pages = paginate([strip(), strip(is_wide=True), strip()])
    assert [page.frame for page in pages] == [PORTRAIT, LANDSCAPE, PORTRAIT]


def test_sections_know_their_first_and_last_page():
    tall = PORTRAIT.height * 0.6
    strips = [strip(tall, anchors=("a",)), strip(tall, anchors=("a", "a1")), strip(10, anchors=("b",))]
    assert pages_of(paginate(strips)) == {"a": (1, 2), "a1": (2, 2), "b": (2, 2)}
