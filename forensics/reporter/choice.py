"""Which values of each kind of finding stand beside it: some by name, lists as tables with the columns that matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PAGE_KINDS = frozenset(
    (
        *("source.comparison", "source.match", "faces.detected", "faces.persons", "face.identity"),
        "face.eye_layout",
    )
)
"""Kinds of findings that have a page of their own, with their pictures and values."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is shown as a table.

    Attributes:
        path: Dotted path of the list among the values.
        columns: Dotted path within a member, and relative width; a column that is empty in every row is left out.
        most: Rows that are shown; the record has all.
        is_run_in: Whether the members, however many, are written as running text.
    """

    path: str
    columns: tuple[tuple[str, int], ...]
    most: int = 6
    is_run_in: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a kind of finding stands beside it.

    Attributes:
        plain: Dotted paths of single values, in the order in which they are shown.
        lists: Lists that are shown as tables.
        has_places: Whether the tables say where things are, so that the places of the finding are not repeated.
    """

    plain: tuple[str, ...] = ()
    lists: tuple[Listing, ...] = ()
    has_places: bool = False


_SITES = (
    *(("place", 15), ("offset", 9), ("fields.Label", 8), ("fields.ContentProducer", 18)),
    *(("fields.ContentPropagator", 14), ("defects", 16), ("raw", 32)),
)
_READ = (
    *(("text", 24), ("place", 10), ("wording", 16), ("position", 10), ("height_px", 9), ("height_ratio", 13)),
    *(("first_s", 9), ("duration_at_least_s", 10), ("character", 9)),
)
_LABELS: Mapping[str, Choice] = {
    "label.aigc": Choice(("strength",), (Listing("sites", _SITES),), has_places=True),
    "label.c2pa": Choice(
        (
            *("state", "codes", "signer.common_name", "signer.issuer", "signed_at", "time_stamp.by"),
            *("claim_generator", "digital_source_types", "remote_url"),
        ),
        (
            Listing("actions", (("action", 24), ("software_agent", 22), ("digital_source_type", 34), ("when", 20))),
            Listing("ingredients", (("title", 26), ("relationship", 14), ("state", 26), ("codes", 34))),
        ),
    ),
    "label.iptc": Choice(
        ("is_generative_declared", "is_synthetic_declared", "is_capture_declared", "disagrees"),
        (
            Listing("sites", (("place", 26), ("offset", 12), ("code", 32), ("raw", 30))),
            Listing("credits", (("place", 24), ("key", 18), ("raw", 58))),
            Listing("ai_entries", (("place", 24), ("key", 22), ("raw", 54))),
            Listing("data_mining", (("place", 24), ("key", 22), ("raw", 54))),
        ),
    ),
    "label.generator": Choice(
        (
            *("strength", "parameters.prompt", "parameters.negative_prompt", "parameters.model"),
            *("parameters.loras", "parameters.seed", "parameters.steps", "parameters.sampler", "parameters.tag"),
        ),
        (
            Listing("parameters.face_swap_nodes", (("type", 30), ("title", 30), ("tool", 25), ("active", 15))),
            Listing("differences", (("parameter", 20), ("values", 80))),
        ),
    ),
    "label.watermark": Choice(
        ("payload", "writer", "method", "matched_bits", "total_bits", "p_upper", "correlation"),
    ),
    "label.explicit": Choice(
        ("strength",),
        (
            Listing("texts", _READ),
            Listing("resembling", _READ),
            Listing("rhythms", (("start_s", 20), ("elements_s", 35), ("gaps_s", 30), ("tone_hz", 15))),
        ),
        has_places=True,
    ),
    "label.comparison": Choice(
        (
            *("is_same_work", "distance_bits", "method", "turned", "offset_s"),
            *("label", "first.state", "first.detail", "second.state", "second.detail"),
        ),
        (
            Listing("first.sites", (("place", 70), ("offset", 30))),
            Listing("second.sites", (("place", 70), ("offset", 30))),
        ),
    ),
}

_CONTAINERS: Mapping[str, Choice] = {
    "container.structure": Choice(),
    "container.anomaly": Choice(
        (),
        (
            Listing(
                "anomalies",
                (("code", 26), ("part", 18), ("offset", 12), ("size_bytes", 12), ("detail", 32), ("usual", 10)),
                8,
            ),
        ),
        has_places=True,
    ),
    "container.encoder": Choice(
        (), (Listing("traces", (("what", 22), ("value", 28), ("meaning", 36), ("strength", 14)), 8),), has_places=True
    ),
    "container.platform": Choice(
        ("strength",),
        (Listing("matches", (("name", 24), ("rules.rule", 30), ("rules.weight", 26), ("rules.key", 20))),),
    ),
    "container.timeline": Choice(
        (),
        (
            Listing(
                "contradictions",
                (
                    ("rule", 22),
                    ("first.key", 16),
                    ("first.at", 18),
                    ("second.key", 16),
                    ("second.at", 18),
                    ("difference_s", 12),
                ),
            ),
            Listing("dates", (("at", 24), ("zone_known", 14), ("place", 26), ("key", 22), ("raw", 26)), 8),
        ),
        has_places=True,
    ),
}

_PTS = ("pts_s", 30)
_VIDEO_LISTS = (
    Listing("frame_types", (("type", 20), ("count", 20), ("size_median_bytes", 30), ("share_of_bytes", 30)), 4),
    Listing("timing.missing", (("after_frame", 35), _PTS, ("frames", 35)), 4),
    Listing("gop.exceptions", (("packet", 35), _PTS, ("frames", 35)), 4),
    Listing("edits.frame_size_changes", (("frame", 20), _PTS, ("from_px", 25), ("to_px", 25)), 4),
    Listing("duplicates.runs", (("first_frame", 25), _PTS, ("count", 20), ("is_in_motion", 25)), 4),
    Listing("abrupt_changes.places", (("frame", 25), _PTS, ("score", 20), ("is_key_frame", 25)), 4),
    Listing("audio_gaps", (("after_s", 50), ("missing_s", 50)), 4),
)

_COMPRESSION: Mapping[str, Choice] = {
    "compression.jpeg": Choice(
        (
            *("quality", "saves", "first_quality", "first_quality_range", "explained_share", "grid_offset_px"),
            *("subsampling", "reason"),
        )
    ),
    "tamper.double_jpeg": Choice(
        ("score",), (Listing("regions", (("box_px", 40), ("area_share", 30), ("once_share", 30))),), has_places=True
    ),
    "compression.video": Choice(
        (
            *("codec", "frame_count", "length_s", "frame_rate_hz", "timing.is_constant_rate"),
            *("gop.length_median_frames", "gop.is_fixed", "double_encoding.estimated_first_gop_frames"),
            *("double_encoding.score", "double_encoding.reason", "duplicates.exact_count"),
            *("audio_video_start_offset_s", "audio_video_length_difference_s"),
        ),
        _VIDEO_LISTS,
        has_places=True,
    ),
    "compression.audio": Choice(
        (
            *("codec", "sample_rate_hz", "channels", "bit_rate_bps", "decoded_s", "bandwidth_hz"),
            *("level_rms_dbfs", "level_peak_dbfs", "zero_run_count", "clipped_run_count"),
        ),
        (
            Listing("zero_runs", (("start_s", 50), ("length_s", 50)), 4),
            Listing("coded_frames.gaps", (("after_s", 50), ("missing_s", 50)), 4),
        ),
        has_places=True,
    ),
}

_TAGGED = (("tag", 45), ("value", 55))
_TIMES = (("tag", 32), ("written", 24), ("utc", 20), ("zone", 24), ("state", 12))
_HEADERS: Mapping[str, Choice] = {
    "metadata.tags": Choice(("groups", "warnings")),
    "metadata.times": Choice((), (Listing("times", _TIMES, 8),)),
    "metadata.gps": Choice(
        (),
        (
            Listing("positions", (("latitude_deg", 25), ("longitude_deg", 25), ("altitude_m", 25), ("datum", 25))),
            Listing("times", _TIMES, 4),
        ),
    ),
    "metadata.device": Choice((), (Listing("serials", _TAGGED, 4),)),
    "metadata.software": Choice(),
    "metadata.contradiction": Choice(("difference_s", "basis", "tolerance_s", "zones_explain_up_to_s")),
    "text.read": Choice(
        ("status", "strength", "amount_line_count", "lowest_confidence", "unsure_count", "unread_count"),
        (Listing("lines", (("number", 8), ("text", 72), ("confidence", 20)), 20, is_run_in=True),),
        has_places=True,
    ),
    "streams.type": Choice(),
    "streams.container": Choice(("duration_s", "bit_rate_bps", "tags", "complaints")),
    "streams.streams": Choice(
        (),
        (
            Listing(
                "streams",
                (
                    *(("codec_type", 13), ("codec_name", 11), ("profile", 12), ("width_px", 10), ("height_px", 10)),
                    *(("avg_frame_rate_hz", 12), ("frame_count", 10), ("duration_s", 11), ("sample_rate_hz", 12)),
                    ("channels", 9),
                ),
            ),
        ),
    ),
}

_PAGED = dict.fromkeys((*PAGE_KINDS, "source.identity"), Choice())
"""Of kinds with a page, or a part in another's page, that has the values that matter, and the annex all."""

PERSONAL: Mapping[str, frozenset[str]] = {
    "chat.messages": frozenset({"chats"}),
    "chat.integrity": frozenset({"chats"}),
    "chat.members": frozenset({"members"}),
    "bill.rows": frozenset({"holder"}),
}
"""Kind of finding to its values with names of accounts, which are those of third parties for the most part: reports
show them by signs in the part on facts, and the records have them as displayed."""

CHOICES: Mapping[str, Choice] = {**_LABELS, **_CONTAINERS, **_COMPRESSION, **_HEADERS, **_PAGED}
"""Kind of finding to what stands beside it; of other kinds the first values stand there, as recorded."""
