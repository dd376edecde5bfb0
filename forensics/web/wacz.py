"""Makes the WACZ of a capture from its WARC, and lets nothing pass that the reference programs do not accept."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.errors import IntegrityError, StoreError, ToolError
from forensics.model import Tool
from forensics.web.wacz_service import shared
from forensics.web.warc_check import check
from forensics.web.warc_http import escaped

_LISTED = ("indexes/index.cdx.gz", "indexes/index.idx", "pages/pages.jsonl")
_UNLISTED = ("datapackage.json", "datapackage-digest.json")
_HINT = "The WARC itself is kept; make the WACZ from it with `wacz create` to see what is wrong."


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was visited.

    Attributes:
        url: Address under which its document was answered; the index has a record of it.
        at: `WARC-Date` of that record.
        text: Its visible text, for the search of WACZ viewers; empty where there is none.
    """

    url: str
    at: datetime
    title: str = ""
    text: str = ""


def make(warc: Path, target: Path, *, pages: Sequence[Page], title: str = "", records: int | None = None) -> None:
    """Makes a WACZ with the `wacz` program, then has the very files checked: `warcio check` and `wacz validate`.

    Args:
        warc: A finished WARC whose name ends `.warc.gz`.
        target: The new file; must not exist.
        pages: Pages to be listed, in the order of visits.
        title: Title of the whole archive.
        records: How many records the WARC must have; None where that is not known.

    Raises:
        IntegrityError: A digest of the WARC or WACZ does not hold, or something is missing in it.
        ToolError: A program failed; `target` is gone or must not be used.
        StoreError: There is no room for it.
    """
    check(warc, records=records)
    listed = target.with_name(f"{target.stem}.pages.jsonl")
    size = warc.stat().st_size
    try:
        _write_pages(listed, pages)
        job = {"warc": str(warc.absolute()), "target": str(target.absolute()), "folder": str(target.absolute().parent)}
        _ask({**job, "verb": "create", "pages": str(listed.absolute()), "title": title}, size=size)
        _ask({**job, "verb": "validate"}, size=size)
        _inspect(target, warc)
    except OSError as error:
        raise StoreError(f"{target.name} could not be made: {error.strerror or error}", hint=_HINT) from error
    finally:
        with suppress(OSError):
            listed.unlink(missing_ok=True)


def reference_tools() -> tuple[Tool, ...]:
    """Names the programs that make and check archives, with their versions."""
    from importlib.metadata import version

    return tuple(Tool(name, version(name)) for name in ("warcio", "wacz"))


def _write_pages(path: Path, pages: Sequence[Page]) -> None:
    """Writes the list of pages. *Source:* WACZ 1.1.1, section 5.2.2."""
    header: dict[str, Any] = {"format": "json-pages-1.0", "id": "pages", "title": "Pages"}
    lines: list[Mapping[str, Any]] = [header | ({"hasText": True} if any(page.text for page in pages) else {})]
    for number, page in enumerate(pages, 1):
        at = page.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        text = {"text": page.text} if page.text else {}
        lines.append({"id": f"page-{number}", "url": escaped(page.url), "ts": at, "title": page.title, **text})
    with path.open("x", encoding="ascii") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in lines)


def _ask(job: Mapping[str, str], *, size: int) -> None:
    answer = shared().ask(job, size=size)
    if answer["status"]:
        detail = " ".join(str(answer["said"]).split())
        raise ToolError(f"`wacz {job['verb']}` does not accept the archive: {detail}", hint=_HINT)


def _inspect(target: Path, warc: Path) -> None:
    """Compares what is in the file with its list and with the WARC; `wacz validate` does not see what is missing.

    Raises:
        IntegrityError: They differ.
    """
    with zipfile.ZipFile(target) as archive:
        stored = f"archive/{warc.name}"
        if sorted(archive.namelist()) != sorted((stored, *_LISTED, *_UNLISTED)):
            raise IntegrityError(f"{target.name} does not hold the files that a WACZ has to hold", hint=_HINT)
        found = {name: _digest(archive, name) for name in archive.namelist()}
        listed = json.loads(archive.read("datapackage.json"))["resources"]
        if {one["path"]: one["hash"] for one in listed} != {name: found[name] for name in (stored, *_LISTED)}:
            raise IntegrityError(f"{target.name} has digests in its list that do not hold", hint=_HINT)
        if archive.getinfo(stored).compress_type != zipfile.ZIP_STORED:
            raise IntegrityError(
                f"{target.name} has its WARC compressed, so that viewers cannot seek in it", hint=_HINT
            )
    with warc.open("rb") as stream:
        if found[stored] != _sha256(stream):
            raise IntegrityError(f"{target.name} holds another WARC than {warc.name}", hint=_HINT)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as stream:
        return _sha256(stream)


def _sha256(stream: Any) -> str:
    return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
