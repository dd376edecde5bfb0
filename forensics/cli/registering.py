"""What `subject` does: registers, lists and deletes, and how each is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics.cli.settings import Times
from forensics.cli.stamping import time_answer
from forensics.codec import to_json
from forensics.custody.case import open_case
from forensics.custody.signing import Home, SigningKey
from forensics.custody.subject import registered_in
from forensics.custody.writer import writing
from forensics.engine.collect import Setup
from forensics.engine.enrol import Wish, delete, enrol
from forensics.engine.portrait import Portrait, Refused, portraits_of
from forensics.engine.stamp import Stamped, checkpoint
from forensics.engine.subject import demand_basis, name_key, registered, subject_named
from forensics.errors import UsageError
from forensics.model import Gap, GapReason, Subject


@dataclass(frozen=True)
class Places:
    """Where a verb works and with what: the case, the key, the user's state, and authorities."""

    case: Path
    key: SigningKey
    home: Home
    wait_s: float
    found: Times


def list_subjects(folder: Path) -> dict[str, Any]:
    """Tells who is registered."""
    case = open_case(folder)
    return _answer(registered_in(case, case.index()), head=str(case.head))


def _answer(subjects: tuple[Subject, ...], *, head: str, **more: Any) -> dict[str, Any]:
    """Gives the JSON object of `subject`, with or without a registration."""
    nothing: dict[str, Any] = {
        "registered": None,
        "is_new": False,
        "refused": [],
        "known": [],
        "gaps": [],
        "time": "",
        "exit_code": 0,
    }
    return {**nothing, "subjects": [_told(one) for one in subjects], "head": head, **more}


def _told(subject: Subject) -> dict[str, Any]:
    boxes = [*subject.faces_px, *[None] * (len(subject.photos) - len(subject.faces_px))]
    contents = [*subject.contents, *[""] * (len(subject.photos) - len(subject.contents))]
    rows = zip(subject.photos, contents, boxes, strict=True)
    return {
        "id": subject.id,
        "name": to_json(subject.name),
        "at": to_json(subject.at),
        "basis": to_json(subject.basis),
        "photos": [{"item": item, "sha256": sha256, "face_box_px": to_json(box)} for item, sha256, box in rows],
    }


def register_subject(
    places: Places, name: str, photos: tuple[str, ...], *, setup: Setup, options: dict[str, Any]
) -> dict[str, Any]:
    """Registers a subject or adds photos to one, and tells who is registered then.

    Raises:
        UsageError: A photo does not suffice, or there is no basis; nothing was changed.
    """
    wish = Wish(name, *(options[one] for one in ("basis", "consent", "scope", "impact")))
    _demand_some_basis(places.case, wish)
    looked_at = portraits_of(list(dict.fromkeys(photos)), face=options["face"])
    refused = [one for one in looked_at if isinstance(one, Refused)]
    suitable = [one for one in looked_at if isinstance(one, Portrait)]
    if refused and not (options["keep"] and suitable):
        raise _refusal(refused, has_others=bool(suitable))
    with writing(places.case, places.key, home=places.home, verb="subject", wait_s=places.wait_s) as writer:
        result = enrol(writer, wish, suitable, setup=setup)
        subjects, head = registered(writer), str(writer.case.head)
    time, gaps = time_answer(result.stamped, places.found) if result.stamped else ("nothing new was registered", [])
    gaps = [*map(to_json, result.gaps), *gaps]
    return _answer(
        subjects,
        head=head,
        registered=result.subject.id,
        is_new=result.is_new,
        refused=[to_json(one) for one in refused],
        known=list(result.known),
        gaps=gaps,
        time=time,
        exit_code=3 if gaps or refused else 0,
    )


def _demand_some_basis(folder: Path, wish: Wish) -> None:
    """Makes sure of a basis before any face is looked at; `enrol` does so again, with the case locked."""
    if wish.basis.strip():
        return
    case = open_case(folder)
    known = registered_in(case, case.index())
    if not any(wish.name == one.id or name_key(wish.name) == name_key(one.name) for one in known):
        demand_basis(wish.basis)


def _refusal(refused: list[Refused], *, has_others: bool) -> UsageError:
    listed = "; ".join(f"{one.path}: {one.why}" for one in refused)
    hint = "Choose other photos: one person, looking into the camera, sharp, a face of at least 48 pixels."
    if has_others:
        hint += " Or leave these out and register the others: --keep."
    return UsageError(f"not fit to be a reference photo: {listed}", hint=hint, kept="Nothing was changed.")


def delete_subject(places: Places, named: str, *, basis: str, receipt: Path | None) -> dict[str, Any]:
    """Erases a subject, and tells and writes the receipt.

    Raises:
        UsageError: There is no such subject, no basis, or the receipt cannot be written; nothing was changed.
    """
    _reserve(receipt, outside=places.case)
    try:
        made, stamped, head = _deleted(places, named, basis=basis)
    except BaseException:
        if receipt is not None:
            receipt.unlink(missing_ok=True)
        raise
    time, gaps = time_answer(stamped, places.found)
    gaps = [*gaps, *_write(receipt, made)]
    return {"receipt": made, "gaps": gaps, "head": head, "time": time, "exit_code": 3 if gaps else 0}


def _deleted(places: Places, named: str, *, basis: str) -> tuple[dict[str, Any], Stamped, str]:
    with writing(places.case, places.key, home=places.home, verb="subject", wait_s=places.wait_s) as writer:
        made = to_json(delete(writer, subject_named(writer, named), basis=basis))
        stamped = checkpoint(writer, places.found.authorities)
        return made, stamped, str(writer.case.head)


def _reserve(path: Path | None, *, outside: Path) -> None:
    """Makes the file of the receipt before anything is erased.

    Raises:
        UsageError: It cannot be made, or would lie in the case, where nothing undeclared may be.
    """
    if path is None:
        return
    if path.resolve().is_relative_to(outside.resolve()):
        raise UsageError("the receipt would lie in the case", hint="Choose a place outside of it.")
    try:
        path.open("xb").close()
    except OSError as error:
        hint = "Choose another place; a file that exists is not written over."
        raise UsageError(f"{path} cannot be made: {error.strerror}", hint=hint, kept="Nothing was changed.") from error


def _write(path: Path | None, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Writes the receipt; what was erased stays erased where that fails."""
    if path is None:
        return []
    try:
        path.write_text(json.dumps(made, ensure_ascii=True, sort_keys=True, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        return [to_json(Gap("receipt", GapReason.FAILED, f"it could not be written: {error.strerror}"))]
    return []
