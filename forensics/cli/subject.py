"""The verb subject."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from forensics.cli.output import SHORT, emit, finish
from forensics.cli.settings import (
    case_argument,
    home,
    json_option,
    setup_for,
    signing_key,
    time_options,
    times,
    write_options,
)
from forensics.errors import UsageError

RECORDED = ("face", "keep")
"""Options that an act's record names; the others name persons and files, and an act's record stays after a deletion."""


@click.command()
@case_argument
@click.argument("name", required=False)
@click.argument("more", nargs=-1, metavar="[FILE]...")
@click.option("--photo", multiple=True, metavar="FILE", help="Picture that shows the person's face; repeatable.")
@click.option("--basis", default="", help="Legal basis of the comparison, or why the subject must be deleted.")
@click.option("--consent", default="", help="Who consented, how and when.")
@click.option("--scope", default="", help="What the comparison is limited to.")
@click.option("--impact", default="", help="Impact assessment, or where it is kept.")
@click.option(
    "--face",
    type=click.IntRange(1),
    default=None,
    metavar="N",
    help="Of several faces in the one photo, N from the left.",
)
@click.option("--keep", is_flag=True, help="Leave out photos that do not suffice and register the others.")
@click.option("--delete", is_flag=True, help="Erase the subject, its photos and all findings that rest on them.")
@click.option(
    "--receipt", type=click.Path(path_type=Path), default=None, metavar="FILE", help="Write the receipt of a deletion."
)
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@write_options
@time_options
@json_option
def subject(
    case: Path,
    name: str | None,
    more: tuple[str, ...],
    *,
    photo: tuple[str, ...],
    delete: bool,
    tsa: tuple[str, ...],
    tsa_anchor: tuple[Path, ...],
    ntp: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Register the person NAME with reference photos, so that faces in CASE may be compared; list or delete subjects.

    Faces are compared only where a legal basis is recorded (--basis). The photos become items of the case. A photo must
    show one face that suffices for a comparison; where it shows several, --face says which one is meant. A name that is
    registered already gets more photos. Without NAME the subjects are listed.
    """
    from forensics.cli.registering import Places, delete_subject, list_subjects, register_subject

    photos = (*photo, *more)
    _check(name, photos, delete=delete, options=options)
    if name is None:
        told = list_subjects(case)
        emit(told, as_json=as_json, lines=lambda: _list_lines(told))
        return
    found = times(tsa, tsa_anchor, ntp=ntp)
    places = Places(case, signing_key(options["key_name"]), home(), options["wait_s"], found)
    if delete:
        if not options["yes"]:
            click.confirm(
                "Erase this subject, its photos and all findings that rest on them for good?", abort=True, err=True
            )
        told = delete_subject(places, name, basis=options["basis"], receipt=options["receipt"])
        emit(told, as_json=as_json, lines=lambda: _receipt_lines(told))
        return
    recorded = {one: options[one] for one in RECORDED} | {"tsa": tsa, "ntp": ntp}
    setup = setup_for(found, options=recorded, progress=lambda _: None)
    told = register_subject(places, name, photos, setup=setup, options=options)
    emit(told, as_json=as_json, lines=lambda: _lines(told))
    finish(told["exit_code"])


def _check(name: str | None, photos: tuple[str, ...], *, delete: bool, options: dict[str, Any]) -> None:
    """Refuses what makes no sense together, before anything is read.

    Raises:
        UsageError: Two things were asked for at a time, or a file stands where the name belongs.
    """
    if name is None:
        if delete or photos or options["basis"]:
            raise UsageError(
                "no NAME was given", hint="Put it after CASE: forensics subject CASE NAME --photo FILE ..."
            )
        return
    if delete:
        if photos:
            raise UsageError("--delete takes no photos", hint="It erases the subject with all of its photos.")
        return
    if options["receipt"]:
        raise UsageError("--receipt goes with --delete", hint="A registration has no receipt.")
    if Path(name).is_file():
        raise UsageError("NAME is a file", hint="Put the name after CASE: forensics subject CASE NAME --photo FILE ...")
    if options["face"] and len(photos) != 1:
        raise UsageError("--face goes with one photo", hint="Register photos that show several persons one by one.")


def _list_lines(told: dict[str, Any]) -> Iterator[str]:
    if not told["subjects"]:
        yield "no subject is registered: no face is compared with anybody's"
    for one in told["subjects"]:
        yield from _subject_lines(one)


def _subject_lines(one: dict[str, Any]) -> Iterator[str]:
    yield f"{one['id']}  {one['name']}"
    yield f"  basis: {one['basis']['basis']}"
    for name in ("consent", "scope", "impact"):
        yield f"  {name}: {one['basis'][name] or 'not stated'}"
    for photo in one["photos"]:
        yield f"  {photo['item']}  {photo['sha256'][:SHORT]}"


def _lines(told: dict[str, Any]) -> Iterator[str]:
    for one in told["subjects"]:
        if one["id"] == told["registered"]:
            yield from _subject_lines(one)
    for path in told["known"]:
        yield f"  registered before: {path}"
    for one in told["refused"]:
        yield f"  left out: {one['path']}: {one['why']}"
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield told["time"]


def _receipt_lines(told: dict[str, Any]) -> Iterator[str]:
    receipt = told["receipt"]
    destroyed = f"{receipt['records']} records, {receipt['blobs']} files"
    yield f"{receipt['subject']} erased by event {receipt['event']}: {destroyed}"
    yield f"  event digest: {receipt['event_sha256']}"
    if receipt["kept_items"]:
        kept = ", ".join(receipt["kept_items"])
        yield f"  stay in the case with such a photo, as evidence or of another subject: {kept}"
    for gap in told["gaps"]:
        yield f"  gap: {gap['why']}: {gap['what']}: {gap['detail']}"
    yield "Copies that left the case (packets, reports, backups) are not reached."
    yield told["time"]
