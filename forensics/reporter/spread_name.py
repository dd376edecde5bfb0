"""How works, groups with their members, accounts reached, and sources of forwarded posts are named."""

from __future__ import annotations

from forensics.proof.spread import Group, Spread
from forensics.reporter.evidence import Said
from forensics.reporter.tally_trace import Trace


def work_name(one: Spread, trace: Trace) -> Said:
    """Names a work by the items that have a posted copy of it, else by the beginning of the digest of one.

    What a comparison joined with them and nobody posted, such as the footage of which a clip was made, is left out.
    """
    words = trace.words
    items = dict.fromkeys(trace.item(digest) for digest in one.copies or sorted(one.work.digests))
    known = [item for item in items if item]
    if known:
        return words.say("counts.work_of", items=words.listed(known))
    return words.say(
        "counts.work_digest", digest=words.short_digest((one.copies or tuple(sorted(one.work.digests)))[0])
    )


def members_said(group: Group, trace: Trace) -> Said:
    """Gives the number of accounts of a group, and where it comes from."""
    if group.members is None:
        return trace.words.say("counts.members_none")
    return trace.words.say(f"counts.members_{group.members_basis}", n=group.members)


def accounts_said(one: Spread, trace: Trace) -> Said:
    """Gives the bounds of the accounts that a work reached; the sum is called a bound only where it is one."""
    words = trace.words
    if one.members_lower is None or one.members_upper is None:
        return words.say("counts.not_counted")
    if one.members_unknown:
        return words.say("counts.accounts_open", lower=one.members_lower, unknown=one.members_unknown)
    if one.members_lower == one.members_upper:
        return words.say("counts.accounts_one", lower=one.members_lower)
    return words.say("counts.accounts_bounds", lower=one.members_lower, upper=one.members_upper)
