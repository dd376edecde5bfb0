"""How far each work was passed on: copies, groups, accounts between two bounds, forwards and views; with a figure."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.proof.spread import Group, Post, Spread
from forensics.reporter.blocks import Block, Column, Pairs, Paragraph, Section, Table
from forensics.reporter.evidence import Said
from forensics.reporter.spread_figure import spread_figure
from forensics.reporter.spread_name import accounts_said, members_said, work_name
from forensics.reporter.tally_trace import Trace

WORKS_SHOWN = 40
"""Works that are written out; those with the most posts come first."""

POSTS_SHOWN = 100
"""Posts of one work that are listed."""

GROUPS_SHOWN = 60
"""Groups of one work that are listed."""

COPIES_SHOWN = 20
"""Digests of one work that are listed."""

MATCH = "source.match"
"""Kind of the findings by which copies are joined."""

_SHARES_GROUP = (("group", 34), ("members", 26), ("posts", 10), ("first", 30))
_SHARES_POST = (("time", 26), ("group", 22), ("account", 12), ("from", 14), ("copy", 10), ("place", 26))


def spreads(trace: Trace, index: int) -> Section | None:
    """Builds the section; None where no work was posted."""
    words = trace.words
    posted = sorted((one for one in trace.dossier.works if one.posts), key=lambda one: -len(one.posts))
    if not posted:
        return None
    blocks: list[Block] = [Paragraph(words.say("counts.spread_intro", n=len(posted)))]
    blocks.append(Paragraph(words.say("counts.spread_units"), label=words.label("counts.spread_units_label")))
    if len(posted) > WORKS_SHOWN:
        blocks.append(Paragraph(words.say("counts.works_cut", n=len(posted), shown=WORKS_SHOWN), "note"))
    sections = tuple(_work(one, number, trace) for number, one in enumerate(posted[:WORKS_SHOWN], 1))
    title = words.say("counts.spread_title")
    return Section("counts-spread", words.sub_number("counts", index), title, tuple(blocks), sections)


def _work(one: Spread, number: int, trace: Trace) -> Section:
    words = trace.words
    blocks: list[Block] = [Pairs(tuple(_pairs(one, trace)), "values"), *spread_figure(one, trace)]
    blocks.append(
        Table(_columns(_SHARES_GROUP, trace), tuple(_group_row(g, trace) for g in one.groups[:GROUPS_SHOWN]), "compact")
    )
    blocks.append(
        Table(
            _columns(_SHARES_POST, trace), tuple(_post_row(p, one, trace) for p in one.posts[:POSTS_SHOWN]), "compact"
        )
    )
    if len(one.posts) > POSTS_SHOWN:
        blocks.append(Paragraph(words.say("counts.posts_cut", n=len(one.posts), shown=POSTS_SHOWN), "note"))
    title = words.say("counts.work_title", n=number, work=work_name(one, trace))
    return Section(f"counts-work-{number}", "", title, tuple(blocks))


def _columns(shares: tuple[tuple[str, int], ...], trace: Trace) -> tuple[Column, ...]:
    words = trace.words
    return tuple(
        Column(words.say(f"counts.column_{name}"), share, "number" if name == "posts" else "text")
        for name, share in shares
    )


def _pairs(one: Spread, trace: Trace) -> Iterator[tuple[Said, Said]]:
    words = trace.words
    yield words.say("counts.copies_posted"), _copies(one, trace)
    if one.work.basis:
        yield words.say("counts.work_basis"), words.listed(_basis(part, trace) for part in one.work.basis.split(", "))
    unposted = sorted(one.work.digests.difference(one.copies), key=lambda digest: (trace.item(digest), digest))
    if unposted:
        yield words.say("counts.unposted"), trace.sources(unposted)
    if one.uncompared:
        numbers = [words.number(one.copies.index(copy) + 1) for copy in one.uncompared if copy in one.copies]
        yield words.say("counts.uncompared"), words.say("counts.uncompared_text", copies=words.listed(numbers))
    yield words.say("counts.posted"), words.say("counts.posted_text", posts=len(one.posts), groups=len(one.groups))
    yield words.say("counts.accounts_reached"), accounts_said(one, trace)
    yield words.say("counts.first_seen"), _first(one, trace)
    yield words.say("counts.forwards"), words.number(one.forwards)
    if one.views_lower is not None and one.views_upper is not None:
        yield words.say("counts.views"), words.say("counts.views_text", lower=one.views_lower, upper=one.views_upper)
        shown = words.listed(words.shortened(view.shown, 20) for view in one.views[:10])
        yield words.say("counts.views_shown"), shown
    else:
        yield words.say("counts.views"), words.say("counts.not_counted")


def _basis(part: str, trace: Trace) -> Said:
    """Says why copies are one work; a comparison is named with its record."""
    name, _, ref = part.partition(" ")
    if name == MATCH:
        return trace.words.say("counts.basis_of_match", ref=ref or trace.words.say("word.not_recorded"))
    return trace.word("counts.basis_of", part)


def _copies(one: Spread, trace: Trace) -> Said:
    words = trace.words
    lines = (words.say("counts.copy_line", n=n, digest=copy) for n, copy in enumerate(one.copies[:COPIES_SHOWN], 1))
    shown = words.join(lines, "\n")
    more = len(one.copies) - COPIES_SHOWN
    return words.join([shown, words.say("counts.links_cut", n=more)], "\n") if more > 0 else shown


def _first(one: Spread, trace: Trace) -> Said:
    words = trace.words
    if one.first_seen is not None:
        return words.both(one.first_seen)
    return (
        words.say("counts.first_shown", shown=words.shortened(one.first_shown, 40))
        if one.first_shown
        else words.say("trace.no_time")
    )


def _group_row(group: Group, trace: Trace) -> tuple[Said, ...]:
    words = trace.words
    first = words.both(group.first_seen, lines=True) if group.first_seen else words.say("trace.no_time")
    name = words.join([trace.group(group), trace.sources(group.exports)], "\n")
    return name, members_said(group, trace), words.number(group.posts), first


def _post_row(post: Post, one: Spread, trace: Trace) -> tuple[Said, ...]:
    words = trace.words
    is_hidden = trace.item(post.locator.file) in trace.hidden
    account = words.say("word.hidden") if is_hidden else trace.signs.account(post.sender)
    source = words.say("word.none") if post.forwarded_from is None else trace.source(post.forwarded_from)
    copy = words.say("counts.copy_number", n=one.copies.index(post.content) + 1)
    shown = words.shortened(post.at_shown, 40)
    instant = (
        [words.say("word.time_utc", utc=words.utc(post.at))] if post.at else [words.say("trace.zone_unknown", zone="")]
    )
    time = words.join([shown, *instant], "\n")
    return time, trace.group(one.groups[post.group]), account, source, copy, trace.place(post.locator)
