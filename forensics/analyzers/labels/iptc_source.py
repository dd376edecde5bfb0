"""The vocabulary of source types: which codes there are, what each declares, and how a written value is read.

*Source:* IPTC NewsCodes, *Digital Source Type*, <http://cv.iptc.org/newscodes/digitalsourcetype/>, release of
2024-10-23 (20 concepts, three of them retired; CC BY 4.0); C2PA Technical Specification 2.2, *Digital source type*, for
the two codes of its own; schema.org, *IPTCDigitalSourceEnumeration*, for its names of the same concepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One code of the vocabulary.

    Attributes:
        code: As the vocabulary spells it.
        declares: What a file with this code declares, as the rest of a sentence.
        is_synthetic: Whether it says that at least a part was made by an algorithm and not captured, drawn or written.
        is_generative: Whether it says so of a model that was trained on other content (generative AI).
        is_capture: Whether it says that the content was captured or digitised from the real world.
        is_retired: Whether the vocabulary has withdrawn it.
    """

    code: str
    declares: str
    is_synthetic: bool = False
    is_generative: bool = False
    is_capture: bool = False
    is_retired: bool = False


_ALL = (
    Source("digitalCapture", "captured from real life with a digital camera or recorder", is_capture=True),
    Source(
        "computationalCapture",
        "merged by the camera from several frames captured from real life, without generative AI",
        is_capture=True,
    ),
    Source("negativeFilm", "digitised from a negative on film", is_capture=True),
    Source("positiveFilm", "digitised from a positive on film, such as a slide", is_capture=True),
    Source("print", "digitised from a print or another opaque original", is_capture=True),
    Source("minorHumanEdits", "an original with minor edits by a person", is_retired=True),
    Source("humanEdits", "changed, corrected or enhanced by people with tools that are not generative"),
    Source(
        "compositeWithTrainedAlgorithmicMedia",
        "edited with generative AI, for example by filling in or extending the picture",
        is_synthetic=True,
        is_generative=True,
    ),
    Source(
        "algorithmicallyEnhanced",
        "altered or corrected by an algorithm, such as sharpening, without changing the main content",
    ),
    Source("softwareImage", "created by computer software", is_retired=True),
    Source("digitalArt", "created by a person with digital tools", is_retired=True),
    Source("digitalCreation", "created by a person with tools that are not generative"),
    Source("dataDrivenMedia", "a representation of data, made by a person's programming or creative choices"),
    Source("trainedAlgorithmicMedia", "created with generative AI", is_synthetic=True, is_generative=True),
    Source(
        "algorithmicMedia",
        "created by an algorithm alone, such as a mathematical formula, without a model trained on other content",
        is_synthetic=True,
    ),
    Source("screenCapture", "a capture of what the screen of a computer or mobile device showed"),
    Source(
        "virtualRecording", "a live recording of a virtual event, made of generative AI or captured elements or both"
    ),
    Source("composite", "a composite of several elements, any of which may or may not come from generative AI"),
    Source("compositeCapture", "a composite of several elements that were all captured from real life"),
    Source(
        "compositeSynthetic",
        "a composite of several elements, at least one of which comes from generative AI",
        is_synthetic=True,
        is_generative=True,
    ),
    Source(
        "trainedAlgorithmicData",
        "data created with generative AI, in a form that is no picture, sound or video",
        is_synthetic=True,
        is_generative=True,
    ),
    Source("empty", "begun as an empty document or canvas"),
)

SOURCES: Mapping[str, Source] = {source.code.lower(): source for source in _ALL}
"""Each source under its code in lower case.

`composite` and `virtualRecording` leave open whether anything is synthetic, and `softwareImage` says nothing of it:
they count as no declaration that it is. `algorithmicallyEnhanced` excludes by its definition that the main content was
changed.
"""

_WRITTEN = (
    re.compile(r"(?:https?://)?(?:www\.)?cv\.iptc\.org/newscodes/digitalsourcetype/([a-z]+)/?", re.IGNORECASE),
    re.compile(r"(?:https?://)?(?:www\.)?c2pa\.org/digitalsourcetype/([a-z]+)/?", re.IGNORECASE),
    re.compile(r"(?:https?://)?(?:www\.)?schema\.org/([a-z]+)DigitalSource/?", re.IGNORECASE),
    re.compile(r"digsrctype:([a-z]+)", re.IGNORECASE),
    re.compile(r"([a-z]+)DigitalSource", re.IGNORECASE),
    re.compile(r"([a-z]+)", re.IGNORECASE),
)
"""Ways in which a code is written: as an address, as a short name of NewsML-G2, as schema.org has it, by itself."""

_OTHER_NAMES = {"multiframecomputationalcapture": "computationalcapture"}
"""Names of schema.org that differ from the code by more than their ending."""


def source_of(text: str) -> Source | None:
    """Reads a written value; None where it is none of the vocabulary."""
    written = text.strip().strip("<>\"'")
    for pattern in _WRITTEN:
        match = pattern.fullmatch(written)
        if match:
            code = match[1].lower()
            found = SOURCES.get(_OTHER_NAMES.get(code, code))
            if found:
                return found
    return None
