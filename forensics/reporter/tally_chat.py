"""Facts about chats and accounts: what the exports state of messages, members and roles; accounts, never persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from forensics.proof.dossier import ChatSource
from forensics.proof.money_harvest import name_key
from forensics.reporter.evidence import Said
from forensics.reporter.facts import Observation
from forensics.reporter.reading import members, text, whole
from forensics.reporter.tally_fact import Fact, resting
from forensics.reporter.tally_record import platform_id
from forensics.reporter.tally_trace import ROLES, Trace

CHATS_SHOWN = 20
"""Chats of one export that are listed; the finding has more."""

PAIR = 2
"""Accounts of a private chat."""

NAMED = 8
"""Accounts of one role that are listed."""


def chat_facts(trace: Trace) -> Iterator[Fact]:
    """Gives every chat of every export with its numbers, roles, and what is stated of accounts in question."""
    for source in trace.dossier.chats:
        found = _observation(trace, "chat.messages", source)
        if found is None or source.item in trace.hidden:
            yield _unnamed(source, trace)
            continue
        roles = _observation(trace, "chat.members", source)
        told = members(roles.finding.values, "members") if roles else ()
        for chat in members(found.finding.values, "chats")[:CHATS_SHOWN]:
            own = [one for one in told if text(one, "chat") == text(chat, "id")]
            yield _chat(chat, own, source, found, trace)


def _observation(trace: Trace, kind: str, source: ChatSource) -> Observation | None:
    """Gives the newest finding of a kind about an export."""
    found = [one for one in trace.case.findings if one.finding.kind == kind and source.content in one.finding.subject]
    return found[-1] if found else None


def _unnamed(source: ChatSource, trace: Trace) -> Fact:
    words = trace.words
    said = words.say("tally.export", messages=words.count("messages", source.count))
    place = words.join([trace.labelled(source.item), words.say("word.record", ref=source.finding)], "\n")
    return Fact(said, place, *resting(trace, 1))


def _chat(
    chat: Mapping[str, Any], told: list[Mapping[str, Any]], source: ChatSource, found: Observation, trace: Trace
) -> Fact:
    words = trace.words
    name = trace.chat(text(chat, "title"), text(chat, "kind"), chat=text(chat, "id"))
    count, accounts = whole(chat, "count") or 0, whole(chat, "members") or 0
    said = [words.say("tally.chat", chat=name, messages=words.count("messages", count), accounts=accounts)]
    shown = whole(chat, "members_shown")
    is_group = text(chat, "kind") in ("group", "channel") or accounts > PAIR
    elsewhere = _elsewhere(chat, source, trace) if shown is None else None
    gap = words.say("tally.size_unknown") if is_group and shown is None and elsewhere is None else Said("")
    if shown is not None:
        said.append(words.say("tally.chat_shown", n=shown))
    elif elsewhere is not None:
        said.append(words.say("tally.chat_elsewhere", n=elsewhere))
    said += [*_period(chat, trace), *_roles(told, trace), *_in_question(told, trace)]
    place = words.join([trace.labelled(source.item), words.say("word.record", ref=found.ref)], "\n")
    return Fact(words.join(said, words.say("word.sentence_space")), place, *resting(trace, 1, gap))


def _elsewhere(chat: Mapping[str, Any], source: ChatSource, trace: Trace) -> int | None:
    """Gives the members that another export displays of the same group; None where none is known to."""
    number, title = text(chat, "id"), text(chat, "title")
    for group in (group for work in trace.dossier.works for group in work.groups):
        is_named = bool(title) and group.title == title
        is_same = is_named or (bool(platform_id(number)) and group.chat == number)
        if is_same and source.content in group.exports and group.members_basis == "displayed":
            return group.members
    return None


def _period(chat: Mapping[str, Any], trace: Trace) -> Iterator[Said]:
    words = trace.words
    first, last = (_moment(text(chat, name)) for name in ("first_at", "last_at"))
    if first is not None and last is not None:
        yield words.say("tally.period", first=words.utc(first), last=words.utc(last))
    elif text(chat, "first_local"):
        first_shown, last_shown = (text(chat, name).replace("T", " ")[:19] for name in ("first_local", "last_local"))
        yield words.say("tally.period_local", first=first_shown, last=last_shown)


def _moment(shown: str) -> datetime | None:
    try:
        made = datetime.fromisoformat(shown)
    except ValueError:
        return None
    return made if made.tzinfo is not None else None


def _roles(told: list[Mapping[str, Any]], trace: Trace) -> Iterator[Said]:
    words = trace.words
    for role in ROLES:
        names = [trace.signs.account(text(one, "name")) for one in told if text(one, "role") == role]
        if names:
            more = [words.say("counts.links_cut", n=len(names) - NAMED)] if names[NAMED:] else []
            yield words.say(f"tally.role_{role}", accounts=words.listed([*names[:NAMED], *more]))


def _in_question(told: list[Mapping[str, Any]], trace: Trace) -> Iterator[Said]:
    words = trace.words
    for one in told:
        if name_key(text(one, "name")) in trace.signs.named:
            count = words.count("messages", whole(one, "count") or 0)
            yield words.say("tally.in_question", account=trace.signs.account(text(one, "name")), messages=count)
