"""What the header of an ISO base media file says about its kind, and in which order its outermost boxes stand."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.analyzers.container.look import Look
from forensics.analyzers.container.trace import MEASURED, Trace
from forensics.analyzers.container.tree import order

_SHOWN = 16


def traces(look: Look) -> Iterator[Trace]:
    """Gives brands and order of the boxes: writers of films and of HEIF pictures differ in both."""
    head = next((part for part in look.structure.parts if part.kind == "ftyp"), None)
    if look.structure.format != "bmff":
        return
    if head is not None:
        brands = [str(brand) for brand in head.facts.get("compatible_brands", ())]
        value = f"{head.facts.get('major_brand', '')}: {' '.join(brands[:_SHOWN])}"
        details = {"minor_version": head.facts.get("minor_version")}
        yield Trace("brands", value, "ftyp", head.offset, "kinds of file that it declares to be", MEASURED, details)
    meaning = "order of the outermost boxes; programs and platforms that write anew mostly put moov first"
    yield Trace("order of boxes", order(look.structure.parts), "", 0, meaning, MEASURED)
