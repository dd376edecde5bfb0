"""How far works were passed on: copies, posts, groups, accounts and views, between bounds that can be defended.

Accounts are not persons, and nobody knows how many are in two groups at once. So the accounts reached by the posts of a
work lie between those of its largest group and the sum over its groups.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from forensics.chats.message import Chat, Locator, Message, Problem

_NAMELESS = frozenset({"", "chat", "page", "mailbox"})
"""Ids that readers give to the one chat of an export that has no ids; they do not say which chat it is."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work: files of which somebody or a comparison says that they are copies.

    Attributes:
        digests: SHA-256 of each copy.
        basis: Why they are one work, for example `same bytes` or the comparison's name.
    """

    id: str
    digests: frozenset[str]
    title: str = ""
    basis: str = ""


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


@dataclass(slots=True)
class _Chats:
    """Chats as their exports describe them, and who wrote in them."""

    chats: dict[tuple[str, str], Chat] = field(default_factory=dict)
    wrote: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    latest: Chat | None = None

    def see(self, row: Chat | Message) -> None:
        """Takes in a row."""
        if isinstance(row, Chat):
            self.latest = row
            for key in [key for key, known in self.chats.items() if key[1] == row.id and _is_again(row, known)]:
                self.chats[key] = row if row.members_shown or row.members else self.chats[key]
            return
        key = (row.locator.file, row.chat)
        if key not in self.chats and self.latest is not None and self.latest.id == row.chat:
            self.chats[key] = self.latest
        if row.sender_id or row.sender:
            self.wrote.setdefault(key, set()).add(row.sender_id or row.sender)


def _is_again(row: Chat, known: Chat) -> bool:
    """Whether a chat is given again by its export, with what was met meanwhile."""
    return row.format == known.format and (_has_id(row.id) or row.title == known.title)


def _has_id(chat: str) -> bool:
    """Whether an id is one of the platform's; within archives the name of the export stands before it."""
    return chat.rpartition(": ")[2] not in _NAMELESS


def spread(
    rows: Iterable[Chat | Message | Problem], works: Sequence[Work], *, views: Iterable[View] = ()
) -> tuple[Spread, ...]:
    """Counts how far each work was passed on, in the order of the works.

    Args:
        rows: Chats and messages of one export or several, a chat before its messages.
        works: Works; a digest belongs to one of them.
        views: Numbers of views that captures show.
    """
    of_digest = {digest: work.id for work in works for digest in work.digests}
    posts: dict[str, list[Post]] = {work.id: [] for work in works}
    chats = _Chats()
    for row in rows:
        if isinstance(row, Chat | Message):
            chats.see(row)
        if isinstance(row, Message):
            for digest in dict.fromkeys(one.sha256 for one in row.attachments if one.sha256):
                if digest in of_digest:
                    posts[of_digest[digest]].append(_post(row, digest))
    shown = list(views)
    return tuple(_spread(work, posts[work.id], chats, [one for one in shown if one.work == work.id]) for work in works)


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


def _spread(work: Work, posts: list[Post], chats: _Chats, views: list[View]) -> Spread:
    posts, places = _joined(posts, chats)
    groups = tuple(_group(number, keys, posts, chats) for number, keys in enumerate(places))
    known = [group.members for group in groups if group.members is not None]
    timed = [post for post in posts if post.at is not None]
    first = min(timed, key=lambda post: (post.at, post.message)) if timed else None
    earliest = first or min(posts, key=lambda post: post.local_at or datetime.max, default=None)  # noqa: DTZ901
    counts = _views(views)
    return Spread(
        work=work,
        copies=tuple(dict.fromkeys(post.content for post in sorted(posts, key=_order))),
        posts=tuple(sorted(posts, key=_order)),
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
    )


def _order(post: Post) -> tuple[bool, datetime, int, str]:
    when = post.at.replace(tzinfo=None) if post.at else post.local_at
    return post.at is None, when or datetime.max, post.group, post.message  # noqa: DTZ901


def _joined(posts: list[Post], chats: _Chats) -> tuple[list[Post], list[list[tuple[str, str]]]]:
    """Joins the chats, and then the posts, that two exports have both.

    Two exports show one chat where they name it by one id, or by one title and have a post of one minute and file.
    """
    seen: dict[tuple[str, str], set[tuple[object, str]]] = {}
    for post in posts:
        seen.setdefault((post.locator.file, post.chat), set()).add(_mark(post))
    places: list[list[tuple[str, str]]] = []
    marks: list[tuple[str, str, set[tuple[object, str]]]] = []
    for key, own in seen.items():
        chat = chats.chats.get(key)
        mine = (key[1], chat.title if chat else "", own)
        number = next((at for at, mark in enumerate(marks) if _is_one_chat(mark, mine)), None)
        if number is None:
            places.append([key])
            marks.append((*mine[:2], set(own)))
        else:
            places[number].append(key)
            marks[number][2].update(own)
    number_of = {key: number for number, keys in enumerate(places) for key in keys}
    made: dict[tuple[object, ...], Post] = {}
    counts: Counter[tuple[object, ...]] = Counter()
    for post in posts:
        number = number_of[post.locator.file, post.chat]
        mark = (number, *_mark(post))
        counts[post.locator.file, mark] += 1
        place = (*mark, counts[post.locator.file, mark])
        first = made.get(place)
        made[place] = replace(first, also=(*first.also, post.locator)) if first else replace(post, group=number)
    return list(made.values()), places


def _mark(post: Post) -> tuple[object, str]:
    when = post.at or post.local_at
    return (when.replace(second=0, microsecond=0, tzinfo=None) if when else post.message), post.content


def _is_one_chat(
    first: tuple[str, str, set[tuple[object, str]]], second: tuple[str, str, set[tuple[object, str]]]
) -> bool:
    if _has_id(first[0]) and first[0] == second[0]:
        return True
    return bool(first[1]) and first[1] == second[1] and bool(first[2] & second[2])


def _group(number: int, keys: list[tuple[str, str]], posts: list[Post], chats: _Chats) -> Group:
    found = [(key, chats.chats[key]) for key in keys if key in chats.chats]
    members, basis = _members(keys, [chat for _, chat in found], chats)
    own = [post for post in posts if post.group == number]
    times = [post.at for post in own if post.at is not None]
    title = next((chat.title for _, chat in found if chat.title), "")
    kind = next((chat.kind for _, chat in found if chat.kind), "")
    exports = tuple(key[0] for key in keys)
    return Group(number, keys[0][1], title, kind, members, basis, len(own), min(times) if times else None, exports)


def _members(keys: list[tuple[str, str]], found: list[Chat], chats: _Chats) -> tuple[int | None, str]:
    """Gives the accounts of a chat as displayed, or as named, or as many as wrote: the first that there is."""
    shown = [chat.members_shown for chat in found if chat.members_shown is not None]
    if shown:
        return max(shown), "displayed"
    named = [len(chat.members) for chat in found if chat.members]
    if named:
        return max(named), "named"
    wrote = [len(chats.wrote[key]) for key in keys if chats.wrote.get(key)]
    return (max(wrote), "wrote") if wrote else (None, "")


def _views(views: list[View]) -> list[int]:
    """Gives the largest number of each place, since the same place may be captured again later."""
    best: dict[tuple[str, str], int] = {}
    for one in views:
        key = (one.locator.name, one.locator.record)
        best[key] = max(best.get(key, 0), one.count)
    return list(best.values())


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


def spread_json(found: Iterable[Spread]) -> dict[str, object]:
    """Writes the contract for scripts: `works`, each with copies, groups, bounds of members, and first sight."""
    return {"works": [_work_json(one) for one in found]}


def _work_json(one: Spread) -> dict[str, object]:
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
