"""Has c2pa-python read and check content credentials, without any network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, BinaryIO

from forensics.errors import ToolMissingError

_REMOTE = "Remote: must fetch remote manifests from url "
"""What c2pa-rs says where a manifest lies elsewhere and fetching is off."""
_STATES = {"Trusted": "trusted", "Valid": "untrusted", "Invalid": "invalid"}
"""Validation states of the library, which are those of the C2PA Technical Specification 2.2, 14.3, by our names."""
_ABSENT = ("ManifestNotFound",)
_UNSUPPORTED = ("NotSupported",)
_LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Reading:
    """What the library says of a file.

    Attributes:
        state: `trusted`, `untrusted`, `invalid`, `remote`, `none`; empty where it cannot read the file.
        store: The manifest store as the library gives it; empty where it gives none.
        detailed: The same with claims and signatures.
        error: Why there is no store; empty where there is one, and where the file has none.
        is_supported: Whether the library knows the format.
        remote_url: Where the manifest lies; None where it is embedded.
    """

    state: str
    store: Mapping[str, Any] = field(default_factory=dict)
    detailed: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    is_supported: bool = True
    remote_url: str | None = None


def read(stream: BinaryIO, media_type: str, *, anchors: bytes) -> Reading:
    """Reads and checks the content credentials of a file.

    Args:
        stream: The file; seekable.
        media_type: By the file's content; the library looks at the bytes where it does not know the type.
        anchors: Certificates (PEM) of authorities that are trusted; empty for none.

    Raises:
        ToolMissingError: c2pa-python is not installed or does not run here.
    """
    c2pa = _library()
    stream.seek(0)
    try:
        with c2pa.Context(_settings(anchors)) as context, c2pa.Reader(media_type, stream, context=context) as reader:
            store, detailed = json.loads(reader.json()), json.loads(reader.detailed_json())
            return Reading(_STATES.get(str(reader.get_validation_state()), "invalid"), store, detailed)
    except c2pa.C2paError as error:
        return _refused(str(error))
    except (ValueError, RecursionError) as error:
        return Reading("", error=f"{type(error).__name__}: {error}"[:_LONGEST_ERROR])


def versions() -> dict[str, str]:
    """Names the library and the program within it."""
    c2pa = _library()
    return {"c2pa-python": str(c2pa.__version__), "c2pa-rs": str(c2pa.sdk_version())}


def _library() -> Any:
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError) as error:
        hint = "Install it: pip install c2pa-python"
        raise ToolMissingError(f"c2pa-python cannot be loaded: {error}", hint=hint) from error
    return c2pa


@cache
def _settings(anchors: bytes) -> Any:
    """Makes the settings: nothing is ever fetched, and trust is that of the given list alone."""
    verify = {"verify_trust": True, "verify_after_reading": True, "remote_manifest_fetch": False, "ocsp_fetch": False}
    wanted: dict[str, Any] = {"verify": verify}
    if anchors:
        wanted["trust"] = {"trust_anchors": anchors.decode("utf-8", "replace")}
    return _library().Settings.from_dict(wanted)


def _refused(error: str) -> Reading:
    if error.startswith(_REMOTE):
        return Reading("remote", remote_url=error.removeprefix(_REMOTE).strip())
    if error.startswith(_ABSENT):
        return Reading("none")
    told = error.replace("\n", " ")[:_LONGEST_ERROR]
    return Reading("", error=told, is_supported=not error.startswith(_UNSUPPORTED))
