"""How far works were passed on: copies, posts, groups, accounts and views, between bounds that can be defended.

Accounts are not persons, and nobody knows how many are in two groups at once. So the accounts reached by the posts of a
work lie between those of its largest group and the sum over its groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from forensics.chats.message import Chat, Locator, Message, Problem
from forensics.proof.spread_chat import Chats, Place


@dataclass(frozen=True, slots=True)
class Work:
    """A work: files of which somebody or a comparison says that they are copies.

    Attributes:
        digests: SHA-256 of each copy.
        basis: Why they are one work, for example `same bytes` or the comparison's name.
        comparisons: References of the comparisons by which other files of the same footage are works of their own.
        uncompared: Copies of which no comparison says whether they are altered; sorted.
    """

    id: str
    digests: frozenset[str]
    title: str = ""
    basis: str = ""
    comparisons: tuple[str, ...] = ()
    uncompared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """A number of views as it was displayed somewhere.

    Attributes:
        work: Id of the work.
        shown: As displayed, for example `1.2K`.
        count: Its value.
    """

    work: str
    shown: str
    count: int
    at: datetime | None
    locator: Locator


@dataclass(frozen=True, slots=True)
class Post:
    """One message with a copy of the work.

    Attributes:
        forwarded_from: Name that the message shows as its source; None where it shows none.
        also: Where other exports have the same message.
    """

    chat: str
    group: int
    message: str
    at: datetime | None
    local_at: datetime | None
    at_shown: str
    sender: str
    content: str
    forwarded_from: str | None
    locator: Locator
    also: tuple[Locator, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A chat in which the work was posted.

    Attributes:
        members: Accounts; None where the export neither displays nor names any.
        members_basis: `displayed`, `named` (the export lists them) or `wrote` (accounts that wrote, a lower bound).
    """

    number: int
    chat: str
    title: str
    kind: str
    members: int | None
    members_basis: str
    posts: int
    first_seen: datetime | None
    exports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """How far one work was passed on.

    Attributes:
        copies: Digests that were posted, in order of first sight.
        members_lower: Accounts of the largest group; None where no group has a number.
        members_upper: Sum over the groups that have a number; None likewise.
        members_unknown: Groups whose size the exports do not display; while there are any, the sum is no upper bound.
        first_seen: Earliest post with a known instant; None where no post has one.
        first_shown: Time of the earliest post as its export shows it.
        forwards: Posts that name a source.
        views_lower: Largest number of views displayed at one place; None where none is.
        views_upper: Sum over the places; None likewise.
        uncompared: Digests that were posted and of which no comparison says whether they are altered: unaltered
            footage may be among them. Empty where there is but one file, and nothing to compare it with.
    """

    work: Work
    copies: tuple[str, ...]
    posts: tuple[Post, ...]
    groups: tuple[Group, ...]
    members_lower: int | None
    members_upper: int | None
    members_unknown: int
    first_seen: datetime | None
    first_shown: str
    forwards: int
    views_lower: int | None
    views_upper: int | None
    views: tuple[View, ...] = ()
    uncompared: tuple[str, ...] = ()

    @property
    def is_first_uncompared(self) -> bool:
        """Whether the first post is one of a file that no comparison tells from unaltered footage."""
        return bool(self.posts) and self.posts[0].content in self.uncompared


@dataclass(slots=True)
class Postings:
    """What is kept of rows as they pass: chats, and one post for each message and file.

    Attributes:
        chats: Chats, with who wrote in them.
        posts: In the order of the rows.
    """

    chats: Chats = field(default_factory=Chats)
    posts: list[Post] = field(default_factory=list)

    def see(self, row: Chat | Message | Problem) -> None:
        """Takes in a row; a chat comes before its messages."""
        if isinstance(row, Problem):
            return
        self.chats.see(row)
        if isinstance(row, Message) and row.attachments:
            self.posts += [
                _post(row, one) for one in dict.fromkeys(one.sha256 for one in row.attachments if one.sha256)
            ]

    def spread(self, works: Sequence[Work], views: Iterable[View] = ()) -> tuple[Spread, ...]:
        """Counts how far each work was passed on, in the order of the works; each chat has one number in all."""
        of_digest = {digest: work.id for work in works for digest in work.digests}
        posts: dict[str, list[Post]] = {work.id: [] for work in works}
        marks: dict[Place, list[Hashable]] = {}
        for post in self.posts:
            marks.setdefault((post.locator.file, post.chat), []).append(_mark(post))
            if post.content in of_digest:
                posts[of_digest[post.content]].append(post)
        exports, shown = self.chats.joined(marks), list(views)
        return tuple(
            _spread(work, posts[work.id], self.chats, exports, [one for one in shown if one.work == work.id])
            for work in works
        )


def spread(
    rows: Iterable[Chat | Message | Problem], works: Sequence[Work], *, views: Iterable[View] = ()
) -> tuple[Spread, ...]:
    """Counts how far each work was passed on, in the order of the works.

    Args:
        rows: Chats and messages of one export or several, a chat before its messages.
        works: Works; a digest belongs to one of them.
        views: Numbers of views that captures show.
    """
    seen = Postings()
    for row in rows:
        seen.see(row)
    return seen.spread(works, views)


def _post(message: Message, digest: str) -> Post:
    return Post(
        chat=message.chat,
        group=0,
        message=message.id or message.locator.record,
        at=message.sent_at,
        local_at=message.local_at,
        at_shown=message.sent_shown,
        sender=message.sender,
        content=digest,
        forwarded_from=message.forwarded_from,
        locator=message.locator,
    )


def _spread(
    work: Work, posts: list[Post], chats: Chats, exports: Mapping[Place, tuple[Place, ...]], views: list[View]
) -> Spread:
    posts, places = _joined(posts, exports)
    groups = tuple(_group(number, keys, posts, chats) for number, keys in enumerate(places))
    known = [group.members for group in groups if group.members is not None]
    timed = [post for post in posts if post.at is not None]
    first = min(timed, key=lambda post: (post.at, post.message)) if timed else None
    earliest = first or min(posts, key=lambda post: post.local_at or datetime.max, default=None)  # noqa: DTZ901
    counts, ordered = _views(views), tuple(sorted(posts, key=_order))
    copies = tuple(dict.fromkeys(post.content for post in ordered))
    is_open = len(copies) > 1 or bool(work.comparisons)
    return Spread(
        work=work,
        copies=copies,
        posts=ordered,
        groups=groups,
        members_lower=max(known) if known else None,
        members_upper=sum(known) if known else None,
        members_unknown=sum(group.members_basis != "displayed" for group in groups),
        first_seen=first.at if first else None,
        first_shown=earliest.at_shown if earliest else "",
        forwards=sum(post.forwarded_from is not None for post in posts),
        views_lower=max(counts) if counts else None,
        views_upper=sum(counts) if counts else None,
        views=tuple(views),
        uncompared=tuple(one for one in copies if one in work.uncompared) if is_open else (),
    )


def _order(post: Post) -> tuple[bool, datetime, int, str]:
    when = post.at.replace(tzinfo=None) if post.at else post.local_at
    return post.at is None, when or datetime.max, post.group, post.message  # noqa: DTZ901


def _joined(
    posts: list[Post], exports: Mapping[Place, tuple[Place, ...]]
) -> tuple[list[Post], list[tuple[Place, ...]]]:
    """Joins the posts that two exports of one chat have both; gives the chats too, in order of first post."""
    numbers: dict[tuple[Place, ...], int] = {}
    made: dict[tuple[object, ...], Post] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for post in posts:
        keys = exports[post.locator.file, post.chat]
        mark = (numbers.setdefault(keys, len(numbers)), *_mark(post))
        counts[post.locator.file, mark] += 1
        place = (*mark, counts[post.locator.file, mark])
        first = made.get(place)
        made[place] = replace(first, also=(*first.also, post.locator)) if first else replace(post, group=mark[0])
    return list(made.values()), list(numbers)


def _mark(post: Post) -> tuple[Hashable, str]:
    when = post.at or post.local_at
    return (when.replace(second=0, microsecond=0, tzinfo=None) if when else post.message), post.content


def _group(number: int, keys: tuple[Place, ...], posts: list[Post], chats: Chats) -> Group:
    found = [chats.chats[key] for key in keys if key in chats.chats]
    members, basis = chats.members(keys)
    own = [post for post in posts if post.group == number]
    times = [post.at for post in own if post.at is not None]
    title = next((chat.title for chat in found if chat.title), "")
    kind = next((chat.kind for chat in found if chat.kind), "")
    exports = tuple(dict.fromkeys(key[0] for key in keys))
    return Group(number, keys[0][1], title, kind, members, basis, len(own), min(times) if times else None, exports)


def _views(views: list[View]) -> list[int]:
    """Gives the largest number of each place, since the same place may be captured again later."""
    best: dict[tuple[str, str], int] = {}
    for one in views:
        key = (one.locator.name, one.locator.record)
        best[key] = max(best.get(key, 0), one.count)
    return list(best.values())


def repeated(found: Iterable[Spread]) -> dict[Place, Place]:
    """Gives, for posts that several exports have, each further place (file and record) with the one that is listed."""
    return {
        (one.file, one.record): (post.locator.file, post.locator.record)
        for work in found
        for post in work.posts
        for one in post.also
    }


def edges(found: Spread) -> tuple[tuple[str, str, int], ...]:
    """Gives the arrows of the figure: source as shown, group, number of posts; posts without source are left out."""
    counts: dict[tuple[str, str], int] = {}
    for post in found.posts:
        if post.forwarded_from is not None:
            group = found.groups[post.group]
            key = (post.forwarded_from, group.title or group.chat)
            counts[key] = counts.get(key, 0) + 1
    return tuple((*key, count) for key, count in sorted(counts.items()))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _where(where: Locator) -> Mapping[str, object]:
    return {"file": where.file, "name": where.name, "record": where.record, "offset": where.offset}


def spread_json(found: Iterable[Spread]) -> dict[str, list[dict[str, Any]]]:
    """Writes the contract for scripts: `works`, each with copies, groups, bounds of members, and first sight."""
    return {"works": [_work_json(one) for one in found]}


def _work_json(one: Spread) -> dict[str, Any]:
    return {
        "id": one.work.id,
        "title": one.work.title,
        "basis": one.work.basis,
        "copies": list(one.copies),
        "groups": [_group_json(group) for group in one.groups],
        "posts": [_post_json(post) for post in one.posts],
        "members_unit": "accounts",
        "members_lower": one.members_lower,
        "members_upper": one.members_upper,
        "members_unknown": one.members_unknown,
        "members_upper_is_bound": one.members_upper is not None and one.members_unknown == 0,
        "first_seen": _iso(one.first_seen),
        "first_shown": one.first_shown,
        "forwards": one.forwards,
        "reposts": max(len(one.posts) - 1, 0),
        "views_lower": one.views_lower,
        "views_upper": one.views_upper,
        "comparisons": list(one.work.comparisons),
        "not_compared": list(one.uncompared),
        "not_compared_posts": sum(post.content in one.uncompared for post in one.posts),
        "may_hold_unaltered": bool(one.uncompared),
        "is_first_not_compared": one.is_first_uncompared,
        "edges": [{"from": source, "to": group, "posts": count} for source, group, count in edges(one)],
    }


def _group_json(group: Group) -> dict[str, object]:
    return {
        "chat": group.chat,
        "title": group.title,
        "kind": group.kind,
        "members": group.members,
        "members_basis": group.members_basis,
        "posts": group.posts,
        "first_seen": _iso(group.first_seen),
        "exports": list(group.exports),
    }


def _post_json(post: Post) -> dict[str, object]:
    return {
        "chat": post.chat,
        "message": post.message,
        "at": _iso(post.at),
        "at_shown": post.at_shown,
        "sender": post.sender,
        "content_sha256": post.content,
        "forwarded_from": post.forwarded_from,
        "locator": _where(post.locator),
        "also": [_where(one) for one in post.also],
    }
