"""What is said of an export of chats: how much it holds, who wrote, and what is irregular."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from forensics.analyzers import message
from forensics.analyzers.chats.irregularity import CHECKS, Irregularities, irregularities
from forensics.analyzers.chats.tally import FILE_STATES, Account, ChatTally, Tally, shown
from forensics.model import Finding, Gap, GapReason, Message, Result

MESSAGES, INTEGRITY, MEMBERS = "chat.messages", "chat.integrity", "chat.members"

_EXPORT = message(
    "chats.limit.export",
    "This is what the exported file says. Who made it, and whether it was changed before it was collected, is not "
    "examined; text files of this kind can be written with any editor.",
)
_CLOCK = message(
    "chats.limit.clock",
    "Times are those of the platform or of the telephone; who set the clock is not known from the file.",
)
_ZONE = message(
    "chats.limit.zone",
    "The export does not say in which time zone its times are. They stand as written, without conversion to UTC, as "
    "long as the examiner does not name the zone.",
)
_HEADS = message(
    "chats.limit.heads",
    "In exports as text, a line of a message that looks like the first line of a message cannot be told from one.",
)
_ACCOUNTS = message(
    "chats.limit.accounts",
    "Accounts are counted, not persons: one person can have several accounts, and several persons one. Names can be "
    "chosen and changed at will.",
)
_SENDERS = message(
    "chats.limit.senders",
    "Members who neither wrote nor are named in the export are not counted; a group can have many more.",
)
_NAMES = message(
    "chats.limit.names", "The export has names without account numbers: accounts of one name count as one."
)
_ROLES = message(
    "chats.limit.roles",
    "Roles are those that the export shows; who founded a group is listed as its owner, although "
    "that may have passed on.",
)
_KINDS = message(
    "chats.limit.kinds",
    "Kinds of messages repeat the records of the export; nothing was concluded from the words of a text.",
)
_ALONE = message(
    "chats.limit.alone",
    "The export was read by itself: whether files that it names are missing or changed was not examined.",
)
_NUMBERS = message(
    "chats.limit.numbers",
    "Gaps in the numbering were looked for only in chats whose messages the platform numbers one by one.",
)
_REMOVED = message(
    "chats.limit.removed",
    "What was deleted before the export and left no trace in it cannot be seen, least of all at its start and end.",
)
_DELETED = message(
    "chats.alternative.deleted", "Members and administrators delete messages, and groups delete them after a set time."
)
_RANGE = message(
    "chats.alternative.range",
    "The exporter chose a period, or left out some kinds of messages or files, as the programs offer.",
)
_DEVICE = message(
    "chats.alternative.device",
    "Telephones that were offline, changed their zone or put back their clock give messages out of order.",
)
_EDITS = message("chats.alternative.edits", "People correct and withdraw messages for many reasons.")
_COPY = message(
    "chats.alternative.copy",
    "The file is a part, a copy or a translation of an export, or another program wrote one in the same form.",
)
_UNKNOWN = message(
    "chats.limit.unknown",
    "Formats are told by their first bytes, and only known ones are; a chat in another form is not noticed.",
)
_SAME = message("chats.alternative.same", "Several people share an account, or one uses several.")


@dataclass(frozen=True, slots=True)
class Wording:
    """How much findings list.

    Attributes:
        most: Chats, accounts and places.
        is_open: Whether names and texts may stand in findings; they may not where the export is sealed.
    """

    most: int
    is_open: bool

    def text(self, value: str | None) -> str | None:
        """Gives a name that may stand in a finding."""
        return value[:200] if value and self.is_open else None


def unrecognised(blank: Finding) -> Finding:
    """States that a file is no export that is known."""
    return replace(
        blank,
        result=Result.NOT_FOUND,
        statement=message(
            "chats.messages.none", "No export of chats or mail of a known form was found by this method."
        ),
        values={"count": 0},
        limits=(_UNKNOWN,),
    )


def unread(blank: Finding, gaps: tuple[Gap, ...]) -> Finding:
    """States that nothing could be read."""
    statement = message("chats.messages.unread", "No message could be read from the file.")
    return replace(
        blank, statement=statement, values={"count": None}, gaps=gaps, limits=(_UNKNOWN,), alternatives=(_COPY,)
    )


def gaps_of(tally: Tally, wording: Wording) -> tuple[Gap, ...]:
    """Says what could not be read."""
    listed = [
        Gap(
            one.what,
            GapReason.UNPARSABLE,
            f"{one.locator.record}: {one.detail}" if wording.is_open else one.locator.record,
        )
        for one in tally.problems
    ]
    more = tally.problem_count - len(listed)
    overflow = sum(one.overflow for one in tally.chats.values())
    if more:
        listed.append(
            Gap("further places", GapReason.LIMIT, f"{more} more could not be read; the table lists them all")
        )
    if overflow:
        listed.append(Gap("accounts", GapReason.LIMIT, f"{overflow} messages are of accounts beyond those kept apart"))
    return tuple(listed)


def messages(blank: Finding, tally: Tally, *, wording: Wording, formats: tuple[str, ...]) -> Finding:
    """States how many messages of how many accounts there are, and from when to when."""
    gaps, span, local = gaps_of(tally, wording), tally.span(is_local=False), tally.span(is_local=True)
    if not tally.count:
        statement = message(
            "chats.messages.empty", "The export has the form {format} and no message.", format="+".join(formats)
        )
        result = Result.INDETERMINATE if gaps else Result.NOT_FOUND
        return replace(blank, result=result, statement=statement, values={"count": 0}, gaps=gaps, limits=(_EXPORT,))
    values = {
        "count": tally.count,
        "members": tally.account_count,
        "first_at": shown(span.first),
        "last_at": shown(span.last),
        "first_local": shown(local.first),
        "last_local": shown(local.last),
        "format": "+".join(formats),
        "chat_count": len(tally.chats),
        "kinds": dict(sorted(tally.total("kinds").items())),
        "zones": dict(sorted(tally.total("zones").items())),
        "files": {FILE_STATES[name]: number for name, number in sorted(tally.total("files").items())},
        "encodings": sorted({one.chat.encoding for one in tally.chats.values()}),
        "problem_count": tally.problem_count,
        "chats": [_chat(one, wording) for one in [*tally.chats.values()][: wording.most]],
    }
    return replace(
        blank,
        result=Result.FOUND,
        statement=_said(values),
        values=values,
        gaps=gaps,
        limits=(_EXPORT, *_limits(tally), _SENDERS, _ACCOUNTS),
        alternatives=(_RANGE, _COPY),
    )


def _said(values: dict[str, Any]) -> Message:
    common = {
        "format": values["format"],
        "count": values["count"],
        "members": values["members"],
        "chats": values["chat_count"],
    }
    if values["first_at"]:
        return message(
            "chats.messages.found",
            "The export ({format}) holds {count} messages of {members} accounts; number of chats: {chats}. Times with "
            "a known zone: from {first} to {last} UTC.",
            first=_minute(values["first_at"]),
            last=_minute(values["last_at"]),
            **common,
        )
    if values["first_local"]:
        return message(
            "chats.messages.local",
            "The export ({format}) holds {count} messages of {members} accounts; number of chats: {chats}. Times as "
            "written, zone not known: from {first} to {last}.",
            first=_minute(values["first_local"]),
            last=_minute(values["last_local"]),
            **common,
        )
    return message(
        "chats.messages.undated",
        "The export ({format}) holds {count} messages of {members} accounts; number of chats: {chats}. None of their "
        "times could be read.",
        **common,
    )


def _minute(text: str) -> str:
    return text[:16].replace("T", " ")


def _chat(one: ChatTally, wording: Wording) -> dict[str, Any]:
    return {
        "id": wording.text(one.chat.id),
        "title": wording.text(one.chat.title),
        "kind": one.chat.kind,
        "format": one.chat.format,
        "count": one.count,
        "members": len(one.accounts),
        "members_shown": one.chat.members_shown,
        "first_at": shown(one.span.first),
        "last_at": shown(one.span.last),
        "first_local": shown(one.local.first),
        "last_local": shown(one.local.last),
    }


def _limits(tally: Tally) -> tuple[Message, ...]:
    """Gives the limits that hold for these times and kinds of text."""
    zones = tally.total("zones")
    assumed = sorted(name.partition(":")[2] for name in zones if name.startswith("assumed:"))
    found = [_CLOCK]
    if zones["unknown"]:
        found.append(_ZONE)
    found += [
        message(
            "chats.limit.assumed",
            "Local times were read as times of the zone that the examiner named: {zone}.",
            zone=one,
        )
        for one in assumed
    ]
    if any(one.chat.format.endswith("-text") for one in tally.chats.values()):
        found.append(_HEADS)
    if tally.problem_count:
        found.append(
            message(
                "chats.limit.unread",
                "Number of places that could not be read whole: {problems}. All numbers are therefore the least.",
                problems=tally.problem_count,
            )
        )
    return (*found, _KINDS)


def integrity(blank: Finding, tally: Tally, *, wording: Wording) -> Finding:
    """States what is irregular."""
    found = [(one, irregularities(one)) for one in tally.chats.values()]
    total: Counter[str] = Counter()
    for _, one in found:
        total.update(dict(one.counts))
    made = [name for name in CHECKS if any(name in one.counts for _, one in found)]
    gaps, is_met = gaps_of(tally, wording), any(total.values())
    if not made:
        gaps = (*gaps, Gap("irregularities", GapReason.NOT_APPLICABLE, "none of the checks applies to such an export"))
    result = Result.FOUND if is_met else Result.INDETERMINATE if gaps or not tally.count else Result.NOT_FOUND
    listed = [each for each in found if each[1].total][: wording.most]
    return replace(
        blank,
        kind=INTEGRITY,
        result=result,
        statement=_irregular(total, made, tally.count) if is_met else _regular(made, tally.count),
        values={
            "count": tally.count,
            "checks_made": made,
            "checks_not_applicable": [name for name in CHECKS if name not in made],
            **{f"{name}_count": total[name] if name in made else None for name in CHECKS},
            "missing_id_count": _sum(one.missing_id_count for _, one in found),
            "reply_before_start_count": sum(one.before_start_count for _, one in found),
            "largest_step_back_s": round(max((one.largest_step_back_s for _, one in found), default=0.0), 3),
            "problem_count": tally.problem_count,
            "chats": [_irregular_chat(*each, wording) for each in listed],
        },
        gaps=gaps,
        limits=_integrity_limits(tally, made),
        alternatives=(_DELETED, _RANGE, _DEVICE, _EDITS, _COPY) if result is not Result.NOT_FOUND else (),
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [one for one in numbers if one is not None]
    return sum(known) if known else None


def _irregular_chat(tally: ChatTally, one: Irregularities, wording: Wording) -> dict[str, Any]:
    examples = {
        name: [{key: value for key, value in place.items() if key != "detail" or wording.is_open} for place in places]
        for name, places in sorted(one.examples.items())
        if one.counts.get(name)
    }
    return {
        "id": wording.text(tally.chat.id),
        "title": wording.text(tally.chat.title),
        **one.values(),
        "places": examples,
    }


def _irregular(total: Counter[str], made: list[str], count: int) -> Message:
    return message(
        "chats.integrity.found",
        "In {count} messages: gaps in the numbering {gap}, numbers that occur twice {duplicate}, steps back in time "
        "{backward}, answers to messages that are not in the export {orphan}, marked as edited {edited}, marked as "
        "deleted or withdrawn {deleted}, files not found {file_missing}, files of another size {file_resized}, times "
        "that no zone brings together {times_disagree}.",
        count=count,
        **{name: total[name] if name in made else "–" for name in CHECKS},
    )


def _regular(made: list[str], count: int) -> Message:
    if not made:
        return message(
            "chats.integrity.open", "To this export of {count} messages, none of the checks applies.", count=count
        )
    return message(
        "chats.integrity.none",
        "In {count} messages, none of the irregularities that were looked for was found by this method.",
        count=count,
    )


def _integrity_limits(tally: Tally, made: list[str]) -> tuple[Message, ...]:
    found = [_EXPORT, _REMOVED]
    if any(not one.chat.is_numbered for one in tally.chats.values()):
        found.append(_NUMBERS)
    if "file_missing" not in made and tally.total("files"):
        found.append(_ALONE)
    return tuple(found)


def members(blank: Finding, tally: Tally, *, wording: Wording) -> Finding:
    """States which accounts wrote, and which others the export names."""
    everyone = [(chat, account) for chat in tally.chats.values() for account in chat.accounts.values()]
    silent = sum(not account.count for _, account in everyone)
    listed = sorted(everyone, key=lambda one: (-one[1].count, one[1].id or "", one[1].names))[: wording.most]
    gaps = gaps_of(tally, wording)
    values = {
        "account_count": tally.account_count,
        "silent_count": silent,
        "renamed_count": sum(len(account.names) > 1 for _, account in everyone),
        "shared_name_count": _shared_names(tally),
        "members": [_member(chat, account, wording) for chat, account in listed],
        "listed_count": len(listed),
    }
    if not everyone:
        statement = message("chats.members.none", "No account is named in the export.")
        result = Result.INDETERMINATE if gaps else Result.NOT_FOUND
    else:
        statement = message(
            "chats.members.found",
            "The export names {accounts} accounts; {silent} of them wrote nothing in it.",
            accounts=values["account_count"],
            silent=silent,
        )
        result = Result.FOUND
    has_ids = all(account.id for _, account in everyone)
    limits = (_EXPORT, _ACCOUNTS, _SENDERS, _ROLES, *(() if has_ids else (_NAMES,)))
    alternatives = (_SAME, _RANGE) if result is not Result.NOT_FOUND else ()
    return replace(
        blank,
        kind=MEMBERS,
        result=result,
        statement=statement,
        values=values,
        gaps=gaps,
        limits=limits,
        alternatives=alternatives,
    )


def _shared_names(tally: Tally) -> int:
    """Counts names that several accounts with different ids bear in one chat."""
    found = 0
    for chat in tally.chats.values():
        bearers: Counter[str] = Counter()
        for account in chat.accounts.values():
            bearers.update(set(account.names) if account.id else ())
        found += sum(number > 1 for number in bearers.values())
    return found


def _member(chat: ChatTally, account: Account, wording: Wording) -> dict[str, Any]:
    member = account.member
    return {
        "chat": wording.text(chat.chat.id),
        "id": wording.text(account.id),
        "name": wording.text(account.names[-1] if account.names else ""),
        "earlier_names": [wording.text(one) for one in account.names[:-1]],
        "count": account.count,
        "first_at": shown(account.span.first),
        "last_at": shown(account.span.last),
        "first_local": shown(account.local.first),
        "last_local": shown(account.local.last),
        "role": member.role if member else "",
        "joined_at": shown(member.joined_at) if member else None,
        "left_at": shown(member.left_at) if member else None,
    }
