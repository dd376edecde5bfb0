"""Obtains what a platform page or a stream offers through yt-dlp, and fetches the same again with the plain client.

The program's files are what is kept; the plain client's exchanges put the server's own answers into the archive, and
both are compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from forensics.collectors.media.direct import Kind, kind_of_response
from forensics.collectors.media.gate import open_gate
from forensics.collectors.media.job import Job, Kept
from forensics.collectors.media.names import safe_name
from forensics.collectors.media.program import NAME, Wish, own_addresses, run_program
from forensics.collectors.media.stream import Streamed, fetch_stream, fetch_track
from forensics.model import Gap, GapReason
from forensics.web.addresses import shown
from forensics.web.exchange import Headers
from forensics.web.stream_track import MOST_SEGMENTS, Segment, Track

LISTS = ("m3u8", "m3u8_native")
SEGMENTS = "http_dash_segments"
FILES = ("http", "https")
"""Protocols of formats. *Source:* yt-dlp, README, section "Filtering Formats"."""

_PASSED_ON = ("user-agent", "referer", "origin", "accept", "accept-language")
_LONGEST = 500
_MADE_UP = "; the plain client obtained it"


def collect_platform(job: Job, wish: Wish) -> tuple[Gap, ...]:
    """Runs the program for the job's address and keeps what it obtained.

    Args:
        job: Takes files, log and the gaps of what the program obtained.
        wish: What is asked for; its gate is opened here.

    Returns:
        What the program itself says that it could not obtain. Where the plain client obtained all of that, it lowers
        nothing.
    """
    job.note("program", name=NAME, state="started")
    with open_gate(job.client.policy, proxy=job.client.proxy, resolver=job.client.resolver) as gate:
        ran = run_program(job.url, replace(wish, gate=gate.url))
    job.log.extend(one.describe() for one in gate.passed)
    job.note("program", name=NAME, state="ended", videos=len(ran.videos))
    job.gaps.extend(Gap(f"connection {one.target}", GapReason.REFUSED, one.refused) for one in gate.refused)
    job.tools.append(ran.tool)
    made_up: list[bool] = []
    for video in ran.videos:
        made_up += _keep_video(job, video, folder=wish.folder)
        if not wish.playlist:
            job.gaps.extend(_list_gaps(video))
    is_made_up = bool(made_up) and all(made_up) and not wish.playlist
    return tuple(as_told(ran.gaps)) if is_made_up else ran.gaps


def as_told(gaps: Sequence[Gap]) -> Iterator[Gap]:
    """Gives gaps that are told and lower nothing, because another obtained what is missing."""
    for gap in gaps:
        is_told = gap.why is GapReason.NOT_APPLICABLE
        yield gap if is_told else replace(gap, why=GapReason.NOT_APPLICABLE, detail=f"{gap.detail}{_MADE_UP}")


def _keep_video(job: Job, video: Mapping[str, Any], *, folder: Path) -> list[bool]:
    """Keeps the files of one video; gives for each that the program did not leave whether it is there all the same."""
    made_up: list[bool] = []
    name = safe_name(_text(video.get("id"))) or "video"
    for download in _dicts(video.get("requested_downloads")):
        parts = _dicts(download.get("requested_formats")) or [download]
        kept: list[Kept] = []
        for part in parts:
            stem = f"{name}.{safe_name(_text(part.get('format_id'))) or 'file'}"
            path = _file(part.get("filepath"), folder)
            if path:
                kept.append(_keep_part(job, part, path, stem=stem))
            else:
                own = _keep_own(job, part, stem=stem)
                made_up.append(bool(own) and all(one.facts["is_whole"] for one in own))
                kept.extend(own)
        job.kept.extend(kept)
        if len(parts) > 1:
            _keep_merged(job, download, parts=kept, name=name, folder=folder)
        _keep_info(job, download, name=name, folder=folder)
    _keep_beside(job, video, name=name, folder=folder)
    return made_up


def _keep_part(job: Job, part: Mapping[str, Any], path: Path, *, stem: str) -> Kept:
    """Gives one format as the program left it."""
    sha256 = _sha256(path)
    facts: dict[str, Any] = {
        "from": "download" if str(part.get("protocol")) in FILES else "stream",
        "via": NAME,
        "url": _text(part.get("url")),
        "list_url": _text(part.get("manifest_url")) or None,
        "format_id": _text(part.get("format_id")),
        "rendition": _text(part.get("format")) or None,
        "protocol": _text(part.get("protocol")),
        "width": _size(part.get("width")),
        "height": _size(part.get("height")),
        "remuxed": False,
        "sha256_of_file": sha256,
        "second_fetch": _fetch_again(job, part, sha256=sha256),
    }
    return Kept(path, f"{stem}{path.suffix}", facts=facts)


def _keep_own(job: Job, part: Mapping[str, Any], *, stem: str) -> list[Kept]:
    """Gives a format as the plain client obtains it, where the program left no file; states it where nobody has one."""
    kept: list[Kept] = []
    if str(part.get("protocol")) in FILES:
        found = job.fetch_once(str(part.get("url")), headers=_headers(part))
        if kind_of_response(found)[0] is Kind.MEDIA and found.path:
            facts = {"from": "download", "remuxed": False, "is_whole": not found.gaps}
            ending = safe_name(_text(part.get("ext"))) or "bin"
            facts["sha256_of_file"] = _sha256(found.path)
            kept.append(Kept(found.path, f"{stem}.{ending}", fetched=found, facts=facts))
    else:
        kept.extend(one for stream in _streams(job, part) if (one := stream.kept(stem)))
    if not kept:
        detail = f"{NAME} left no file of the format {_text(part.get('format'))}"
        job.gaps.append(Gap("media", GapReason.FAILED, detail))
    return kept


def _keep_merged(job: Job, download: Mapping[str, Any], *, parts: Sequence[Kept], name: str, folder: Path) -> None:
    path = _file(download.get("filepath"), folder)
    if path is None:
        detail = f"{NAME} did not join the streams; they are kept apart, as the server has them"
        job.gaps.append(Gap("joined file", GapReason.NOT_APPLICABLE, detail))
        return
    streams = [{"name": part.name, "sha256": part.facts["sha256_of_file"]} for part in parts]
    facts = {"from": "stream", "via": NAME, "url": job.url, "remuxed": True, "streams": streams}
    job.kept.append(Kept(path, f"{name}{path.suffix}", facts=facts))


def _keep_info(job: Job, download: Mapping[str, Any], *, name: str, folder: Path) -> None:
    """Keeps what the program writes about a video, without cookies and without this machine's address."""
    path = _file(download.get("infojson_filename"), folder)
    if path is None:
        return
    text = path.read_text("utf-8", errors="replace")
    job.own.extend(own_addresses(text))
    try:
        found = json.loads(text)
    except ValueError:
        job.gaps.append(Gap("info.json", GapReason.UNPARSABLE, f"{NAME} wrote what is no JSON"))
        return
    clean, count = _without_cookies(found)
    target = path.with_name(f"clean-{path.name}")
    target.write_text(json.dumps(clean, ensure_ascii=False, indent=1), "utf-8")
    comments = found.get("comments") if isinstance(found, dict) else None
    facts = {
        "from": "platform",
        "via": NAME,
        "url": job.url,
        "stripped": count,
        "comments": len(comments) if isinstance(comments, list) else None,
    }
    job.kept.append(Kept(target, f"{name}.info.json", role="media-info", facts=facts))


def _keep_beside(job: Job, video: Mapping[str, Any], *, name: str, folder: Path) -> None:
    """Keeps preview pictures and subtitles."""
    for one in _dicts(video.get("thumbnails")):
        path = _file(one.get("filepath"), folder)
        if path:
            facts = _beside(job, one, path, kind="poster")
            job.kept.append(Kept(path, f"{name}.preview{path.suffix}", facts=facts))
    subtitles = video.get("requested_subtitles")
    for language, one in (subtitles if isinstance(subtitles, dict) else {}).items():
        path = _file(one.get("filepath"), folder) if isinstance(one, dict) else None
        if path:
            facts = {**_beside(job, one, path, kind="subtitles"), "language": _text(language)}
            file_name = safe_name(f"{name}.{language}{path.suffix}")
            job.kept.append(Kept(path, file_name, role="media-subtitles", facts=facts))


def _beside(job: Job, one: Mapping[str, Any], path: Path, *, kind: str) -> dict[str, Any]:
    sha256 = _sha256(path)
    facts = {"from": kind, "via": NAME, "url": _text(one.get("url")), "sha256_of_file": sha256}
    is_file = str(one.get("protocol") or "https") in FILES
    again = (
        _fetch_file(job, one, sha256=sha256)
        if is_file
        else _said("not-made", None, "it is no single file on the server")
    )
    return facts | {"second_fetch": again}


def _fetch_again(job: Job, part: Mapping[str, Any], *, sha256: str) -> dict[str, Any]:
    """Fetches a format with the plain client, so that the archive has the server's own answers, and compares."""
    protocol = str(part.get("protocol"))
    if protocol in FILES:
        return _fetch_file(job, part, sha256=sha256)
    if protocol in (*LISTS, SEGMENTS) and (streams := _streams(job, part)):
        return _agreement(streams, sha256)
    detail = f"the format came by {_text(protocol)}, in a way that the plain client cannot follow"
    job.gaps.append(Gap("recorded answers of the server", GapReason.FAILED, detail))
    return _said("not-made", None, detail)


def _streams(job: Job, part: Mapping[str, Any]) -> list[Streamed]:
    """Fetches the lists and segments of a format; nothing where it is no stream of a known kind."""
    protocol, headers = str(part.get("protocol")), _headers(part)
    if protocol not in (*LISTS, SEGMENTS):
        return []
    address = part.get("manifest_url")
    if isinstance(address, str):
        job.fetch_once(address, headers=headers)
    if protocol == SEGMENTS:
        track = _track(part)
        return [fetch_track(job, track, headers=headers)] if track else []
    found = job.fetch_once(str(part.get("url")), headers=headers)
    return fetch_stream(job, found, kind_of_response(found)[0], headers=headers)


def _fetch_file(job: Job, part: Mapping[str, Any], *, sha256: str) -> dict[str, Any]:
    url = str(part.get("url"))
    found = job.fetch_once(url, headers=_headers(part))
    if found.status != 200 or found.gaps or found.path is None:  # noqa: PLR2004 -- OK
        why = found.gaps[0].detail if found.gaps else f"the server answers {found.status}"
        reason = GapReason.REFUSED if found.status in (401, 403, 429) else GapReason.FAILED
        job.gaps.append(Gap(f"recorded answer for {shown(url)}", reason, f"{why}; the file is from {NAME} alone"))
        return {
            "outcome": "refused" if reason is GapReason.REFUSED else "failed",
            "status": found.status,
            "detail": why,
        }
    ours = _sha256(found.path)
    return _said("same" if ours == sha256 else "differs", found.status, f"SHA-256 of the plain client's bytes: {ours}")


def _agreement(streams: Sequence[Streamed], sha256: str) -> dict[str, Any]:
    if any(stream.missing or stream.path is None for stream in streams):
        return _said("failed", None, "not every segment could be fetched")
    if any(sha256 in stream.digests for stream in streams):
        return _said("same", 200, "SHA-256 of the segments that the plain client fetched, joined in order")
    if any(stream.track.encryption and not stream.plain for stream in streams):
        return _said("not-compared", None, f"the segments are encrypted on the server; {NAME} took that off")
    found = ", ".join(digest for stream in streams for digest in stream.digests)
    return _said("differs", 200, f"SHA-256 of the segments that the plain client fetched, joined in order: {found}")


def _track(part: Mapping[str, Any]) -> Track | None:
    """Gives the segments that the program fetched; None where it does not name them."""
    base = str(part.get("fragment_base_url") or part.get("manifest_url") or "")
    named = (one.get("url") or one.get("path") for one in _dicts(part.get("fragments")))
    segments = tuple(Segment(urljoin(base, str(address))) for address in named if address)
    if not segments:
        return None
    return Track(_text(part.get("manifest_url")), segments[:MOST_SEGMENTS], _text(part.get("format")))


def _headers(part: Mapping[str, Any]) -> Headers:
    """Gives the request fields that a format is asked for with; never cookies."""
    found = part.get("http_headers")
    pairs = found.items() if isinstance(found, dict) else ()
    return tuple((str(name), str(value)) for name, value in pairs if str(name).lower() in _PASSED_ON)


def _list_gaps(video: Mapping[str, Any]) -> Iterator[Gap]:
    counts = [count for name in ("n_entries", "playlist_count") if isinstance(count := video.get(name), int)]
    if max(counts, default=0) > 1:
        detail = f"the address is of a list of {max(counts)}; the first was asked for"
        yield Gap("further videos", GapReason.LIMIT, detail)


def _without_cookies(value: Any) -> tuple[Any, int]:
    """Takes the values of cookies out of nested JSON; says how many."""
    if isinstance(value, list):
        found = [_without_cookies(one) for one in value]
        return [one for one, _ in found], sum(count for _, count in found)
    if not isinstance(value, dict):
        return value, 0
    clean, total = {}, 0
    for name, member in value.items():
        if name.lower() in ("cookies", "cookie") and member:
            clean[name], total = "[stripped]", total + 1
        else:
            clean[name], count = _without_cookies(member)
            total += count
    return clean, total


def _file(path: Any, folder: Path) -> Path | None:
    """Gives a file that lies in the folder; None for anything else."""
    if not isinstance(path, str):
        return None
    found = Path(path)
    is_inside = found.parent.resolve() == folder.resolve()
    return found if is_inside and found.is_file() and not found.is_symlink() else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)[:_LONGEST]


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 < value < 1 << 20 else None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _said(outcome: str, status: int | None, detail: str) -> dict[str, Any]:
    return {"outcome": outcome, "status": status, "detail": detail}
