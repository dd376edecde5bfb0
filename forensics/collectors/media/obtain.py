"""Decides for one address what there is to obtain and by whom: the plain client alone, or yt-dlp as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forensics.collectors.media.direct import Kind, keep_media, kind_of_response, why_nothing
from forensics.collectors.media.job import Job
from forensics.collectors.media.names import name_of_response
from forensics.collectors.media.platform import as_told, collect_platform
from forensics.collectors.media.program import Wish
from forensics.collectors.media.stream import Streamed, fetch_stream
from forensics.errors import StoreError

STATES = {Kind.ERROR: "http-error", Kind.NOTHING: "no-answer"}
"""States of docs/capture-record.md by kind of response; every other is `content`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted beside the address itself.

    Attributes:
        any_url: Whether pages are handed to yt-dlp.
        comments: Whether comments of platform pages are wanted.
        playlist: Whether all videos of a list are wanted, rather than one.
    """

    any_url: bool = False
    comments: bool = False
    playlist: bool = False


def obtain(job: Job, wanted: Wanted) -> None:
    """Fetches the job's address and does with the answer what its kind demands.

    Raises:
        StoreError: Something could not be written.
    """
    fetched = job.fetch(job.url)
    kind, media_type = kind_of_response(fetched)
    job.page_state = STATES.get(kind, "content")
    is_for_program = wanted.any_url and kind in (Kind.PAGE, Kind.OTHER, Kind.ERROR)
    if kind is Kind.MEDIA:
        keep_media(job, fetched, media_type)
    elif kind in (Kind.HLS, Kind.DASH):
        _obtain_by_program(job, wanted, streams=fetch_stream(job, fetched, kind))
    elif is_for_program:
        _obtain_by_program(job, wanted, streams=())
    is_error_overcome = is_for_program and any(kept.role == "media" for kept in job.kept)
    if kind not in (Kind.MEDIA, Kind.HLS, Kind.DASH) and not is_error_overcome:
        job.gaps.extend(why_nothing(fetched, kind, media_type))
        job.signs.append(f"{kind}-instead-of-media")
    job.gaps.extend(fetched.gaps)


def _obtain_by_program(job: Job, wanted: Wanted, *, streams: Sequence[Streamed]) -> None:
    """Runs yt-dlp, and keeps the joined segments of the plain client where yt-dlp has not the same bytes.

    Where the plain client has every segment in a playable form, what yt-dlp could not do is told and lowers nothing.
    """
    gaps = collect_platform(job, _wish(job, wanted))
    stem = name_of_response(job.main.final_url, "").rpartition(".")[0] or "stream"
    known = {kept.facts.get("sha256_of_file") for kept in job.kept}
    for number, stream in enumerate(streams, 1):
        kept = stream.kept(f"{stem}.track-{number}")
        if kept and not known.intersection(stream.digests):
            job.kept.append(kept)
    job.offered = max(job.offered, sum(kept.role == "media" for kept in job.kept))
    is_whole = bool(streams) and all(stream.is_whole for stream in streams)
    job.gaps.extend(as_told(gaps) if is_whole else gaps)


def _wish(job: Job, wanted: Wanted) -> Wish:
    folder = job.folder / "program"
    try:
        folder.mkdir()
    except OSError as error:
        raise StoreError(f"the workspace cannot be used: {error.strerror}") from error
    settings = job.client.settings
    return Wish(
        folder,
        gate="",
        trust=job.client.trust,
        limit_bytes=settings.limit_bytes,
        limit_s=max(job.left_s, 1.0),
        comments=wanted.comments,
        playlist=wanted.playlist,
    )
