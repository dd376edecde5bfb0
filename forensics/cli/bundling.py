"""What `bundle` does: builds the packet, and commits what was built."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forensics.custody.signing import Home, SigningKey
from forensics.custody.writer import writing
from forensics.engine.subject import registered
from forensics.model import Output
from forensics.reporter.packet import Options, build


def bundle_case(
    folder: Path, out: Path, *, key: SigningKey, home: Home, wait_s: float, include_sealed: bool
) -> dict[str, Any]:
    """Builds a packet of a case as of its head, and commits its digest to the case."""
    with writing(folder, key, home=home, verb="bundle", wait_s=wait_s) as writer:
        case = writer.case
        options = Options(datetime.now(UTC), include_sealed=include_sealed)
        packet = build(case, out, signer=key, options=options)
        facts = {"packet_head": str(case.head), "withheld_blobs": len(packet.withheld_blobs)}
        event = writer.commit(
            "bundle", [Output("packet", _inside(folder, out), packet.digest, case.head.seq, None, facts)]
        )
        head, subjects = str(writer.case.head), registered(writer)
    return {
        "packet": str(out),
        "sha256": packet.digest,
        "size": packet.size,
        "packet_head": str(case.head),
        "withheld": sorted(packet.withheld_blobs),
        "subjects": [{"id": one.id, "photo_count": len(one.photos)} for one in subjects],
        "verified": "passed",
        "bagit": "passed",
        "event": event.seq,
        "head": head,
        "exit_code": 0,
    }


def _inside(folder: Path, out: Path) -> str | None:
    place = (folder / "packets").resolve()
    return f"packets/{out.name}" if out.absolute().parent.resolve() == place else None
