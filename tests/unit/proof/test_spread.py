from __future__ import annotations

import json
from dataclasses import replace

from forensics.chats.message import Chat, Locator, Member
from forensics.proof.spread import View, Work, edges, spread, spread_json
from tests.unit.proof.exports import GROUP, START, at, said

CLIP, COPY, OTHER = "1" * 64, "2" * 64, "3" * 64
WORK = Work("w1", frozenset({CLIP, COPY}), "clip")
SECOND = Chat("g2", "群二", "group", "telegram-json", members_shown=900)


def only(rows, **options):
    (found,) = spread(rows, [WORK], **options)
    return found


def test_accounts_lie_between_the_largest_group_and_the_sum():
    found = only([GROUP, said(1, "", files=[CLIP]), SECOND, said(2, "", chat="g2", files=[COPY])])
    assert (found.members_lower, found.members_upper, found.members_unknown) == (2041, 2941, 0)
    assert found.copies == (CLIP, COPY)
    assert len(found.groups) == 2
    assert found.first_seen == at(1)


def test_a_group_of_unknown_size_leaves_the_sum_no_bound():
    third = Chat("g3", "群三", "group", "telegram-json")
    rows = [GROUP, said(1, "", files=[CLIP]), third, said(2, "", chat="g3", files=[CLIP]), said(3, "", "乙", chat="g3")]
    (made,) = spread_json(spread(rows, [WORK]))["works"]
    assert (made["members_lower"], made["members_upper"], made["members_unknown"]) == (2041, 2043, 1)
    assert made["members_upper_is_bound"] is False
    assert made["groups"][1]["members_basis"] == "wrote"


def test_a_group_counts_once_however_often_a_work_was_posted_there():
    found = only([GROUP, *(said(n, "", files=[CLIP]) for n in range(5))])
    assert (found.members_lower, found.members_upper, len(found.posts)) == (2041, 2041, 5)


def test_two_exports_of_a_group_are_one_group_and_their_posts_count_once():
    rows = [GROUP, said(1, "", files=[CLIP]), said(2, "", files=[CLIP])]
    other = replace(GROUP, id="x", members_shown=1800)
    rows += [
        other,
        said(1, "", "别名", chat="x", file="c", files=[CLIP]),
        said(2, "", chat="x", file="c", files=[CLIP]),
    ]
    found = only(rows)
    assert len(found.groups) == 1
    assert found.groups[0].members == 2041
    assert len(found.posts) == 2
    assert all(len(post.also) == 1 for post in found.posts)


def test_two_groups_of_one_title_without_a_common_post_stay_two():
    rows = [GROUP, said(1, "", files=[CLIP]), replace(GROUP, id="x"), said(9, "", chat="x", file="c", files=[CLIP])]
    assert len(only(rows).groups) == 2


def test_forwards_are_counted_and_drawn_from_their_source():
    rows = [
        GROUP,
        said(1, "", files=[CLIP]),
        said(2, "", files=[CLIP], forwarded_from="频道"),
        said(3, "", files=[OTHER]),
    ]
    found = only(rows)
    assert found.forwards == 1
    assert edges(found) == (("频道", "群一", 1),)


def test_a_work_that_nobody_posted_has_no_numbers():
    found = only([GROUP, said(1, "", files=[OTHER])])
    assert (found.copies, found.groups, found.members_lower, found.members_upper) == ((), (), None, None)
    assert found.first_seen is None


def test_a_time_without_zone_is_no_first_instant():
    found = only([GROUP, said(1, "", files=[CLIP], zone="unknown")])
    assert found.first_seen is None
    assert found.first_shown == "2022-06-12 12:01:00"


def test_views_are_bounded_and_a_place_counts_once():
    places = [Locator("a", "post1", "1"), Locator("b", "post1", "1"), Locator("c", "post2", "1")]
    shown = [View("w1", str(n), n, START, place) for n, place in zip((100, 150, 70), places, strict=True)]
    found = only([GROUP, said(1, "", files=[CLIP])], views=shown)
    assert (found.views_lower, found.views_upper) == (150, 220)


def test_the_contract_is_json_with_every_post_located():
    made = spread_json(spread([GROUP, said(1, "", files=[CLIP])], [WORK]))
    (work,) = json.loads(json.dumps(made))["works"]
    assert {"copies", "groups", "members_lower", "members_upper", "first_seen"} <= work.keys()
    assert work["posts"][0]["locator"]["record"] == "messages[1]"
    assert work["members_unit"] == "accounts"


def test_groups_of_two_exports_without_ids_stay_two():
    first = Chat("chat", "群一", "group", "whatsapp-text", members_shown=10)
    other = Chat("chat", "群二", "group", "whatsapp-text", members_shown=500)
    rows = [first, said(1, "", chat="chat", files=[CLIP]), other, said(9, "", chat="chat", file="c", files=[CLIP])]
    found = only(rows)
    assert [(group.title, group.members) for group in found.groups] == [("群一", 10), ("群二", 500)]
    assert (found.members_lower, found.members_upper) == (500, 510)


def test_a_group_of_two_exports_without_ids_is_one_where_title_and_a_post_agree():
    first = Chat("chat", "群一", "group", "whatsapp-text", members_shown=10)
    rows = [first, said(1, "", chat="chat", files=[CLIP]), first, said(1, "", chat="chat", file="c", files=[CLIP])]
    assert len(only(rows).groups) == 1


def test_a_group_has_one_number_in_every_work():
    first = Chat("g1", "群一", "group", "telegram-json")
    other = Chat("page", "群一", "group", "telegram-html", members_shown=2134)
    rows = [first, said(1, "", files=[CLIP]), said(2, "", files=[OTHER])]
    rows += [other, said(1, "", chat="page", file="c", files=[CLIP])]
    one, two = spread(rows, [WORK, Work("w2", frozenset({OTHER}))])
    assert [(group.members, group.members_basis) for group in (*one.groups, *two.groups)] == [(2134, "displayed")] * 2
    assert two.posts[0].group == two.groups[0].number == 0


def test_accounts_that_wrote_count_where_an_export_names_fewer():
    named = Chat("g1", "群一", "group", "telegram-json", members=(Member("1", "甲"), Member("2", "乙")))
    rows = [named, said(1, "", files=[CLIP]), *(said(n, "嗨", f"客户{n}") for n in range(2, 6))]
    (group,) = only(rows).groups
    assert (group.members, group.members_basis) == (5, "wrote")
    (group,) = only([named, said(1, "", files=[CLIP])]).groups
    assert (group.members, group.members_basis) == (2, "named")


def test_a_private_chat_of_one_account_in_two_exports_is_two_chats_unless_they_share_a_post():
    private = Chat("7", "甲", "private", "telegram-json")
    rows = [private, said(1, "", chat="7", files=[CLIP]), private, said(9, "", chat="7", file="c", files=[CLIP])]
    assert len(only(rows).groups) == 2
    rows[-1] = said(1, "", chat="7", file="c", files=[CLIP])
    assert len(only(rows).groups) == 1
