"""What `exhibit` does: selects, changes, takes back and lists exhibits, and how each is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from forensics.cli.elements import LANGUAGE, standing_json, told_text
from forensics.custody.case import Case, open_case
from forensics.custody.index import Index
from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.exhibit import Exhibited, Wish, exhibit, exhibited
from forensics.model import Exhibit
from forensics.proof.element import Profile, load_profile
from forensics.proof.element_exhibit import current
from forensics.proof.element_matrix import Standing, matrix, strays


def profile_of(case: Case, named: str) -> Profile:
    """Reads the profile that was named, or that of the case's jurisdiction.

    Raises:
        UsageError: There is no such profile, or it is malformed.
    """
    return load_profile(named or case.info.jurisdiction)


def list_exhibits(folder: Path, named: str) -> dict[str, Any]:
    """Tells which exhibits there are and where their elements stand."""
    case = open_case(folder)
    return _answer(case, case.index(), profile_of(case, named), done=None)


def make_exhibit(folder: Path, wish: Wish, *, named: str, key: SigningKey, home: Home, wait_s: float) -> dict[str, Any]:
    """Records an exhibit, or that it is taken back, and tells the same.

    Raises:
        UsageError: It names what is not there, or lacks what an exhibit needs; nothing was changed.
    """
    profile = profile_of(open_case(folder), named)
    with writing(folder, key, home=home, verb="exhibit", wait_s=wait_s) as writer:
        done = exhibit(writer, wish, profile=profile)
        return _answer(writer.case, writer.index, profile, done=done)


def _answer(case: Case, index: Index, profile: Profile, *, done: Exhibited | None) -> dict[str, Any]:
    """Gives the JSON object of `exhibit`."""
    snapshot = exhibited(case, index)
    named = set(done.exhibit.elements) | set(done.before.elements if done.before else ()) if done else None
    standings = matrix(snapshot, profile, found={})
    told = [
        one
        for one in standings
        if (named is None and (one.exhibits or one.set_aside)) or one.element.id in (named or ())
    ]
    return {
        "profile": {"name": profile.name, "sha256": profile.sha256, "checked_on": profile.checked_on.isoformat()},
        "language": case.info.language,
        "exhibit": _told(done.exhibit) if done else None,
        "before": _told(done.before) if done and done.before else None,
        "is_changed": bool(done and done.is_changed),
        "warnings": list(_warnings(done, standings)) + [_stray(name, profile) for name in strays(snapshot, profile)],
        "exhibits": [_told(one.record) for one in current(snapshot.exhibits)],
        "elements": [standing_json(one) for one in told],
        "head": str(case.head),
        "exit_code": 0,
    }


def _told(one: Exhibit) -> dict[str, Any]:
    return {name: _plain(getattr(one, name)) for name in ("label", "title", "items", "findings", "elements")}


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def _warnings(done: Exhibited | None, standings: tuple[Standing, ...]) -> Iterator[str]:
    if done is None:
        return
    if done.is_changed and done.before is not None:
        old = done.before
        named = ", ".join((*old.items, *old.findings))
        yield f"the label {old.label} was used before, for “{old.title}” ({named}); the new record counts"
    for one in standings:
        for aside in one.set_aside:
            if aside.label == done.exhibit.label:
                yield f"{aside.label} does not count for {one.element.id}: {aside.text['en']}"


def _stray(name: str, profile: Profile) -> str:
    return f"exhibits or statements name {name}, which the profile {profile.name} does not have"


def exhibit_lines(told: dict[str, Any]) -> Iterator[str]:
    """Words `exhibit` for people."""
    made = told["exhibit"]
    if made is None:
        for one in told["exhibits"]:
            yield _line(one)
        if not told["exhibits"]:
            yield "nothing is exhibited yet: forensics exhibit CASE ITEM --element E2 --title TEXT"
    elif not told["is_changed"]:
        yield f"exhibit {made['label']} is so already; nothing was recorded"
    elif made["items"] or made["findings"]:
        yield "exhibit " + _line(made)
    else:
        yield f"exhibit {made['label']} is taken back; its earlier records stay in the case"
    for warning in told["warnings"]:
        yield f"note: {warning}"
    for one in told["elements"]:
        yield f"{one['id']:4} {told_text(one['title'], told[LANGUAGE])}: {told_text(one['said'], told[LANGUAGE])}"


def _line(one: dict[str, Any]) -> str:
    named = ", ".join((*one["items"], *one["findings"]))
    return f"{one['label']}  {one['title']}  [{', '.join(one['elements'])}]  {named}"
