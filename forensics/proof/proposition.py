"""Pairs of propositions between which findings are weighed: two statements about the same thing, one of them true."""

from __future__ import annotations

from typing import Any

from forensics.model import Message

Propositions = tuple[Message, Message]
"""H1 and H2."""


def sentence(name: str, text: str, **values: Any) -> Message:
    """Makes a sentence with its values filled in; `name` is its id in the templates."""
    return Message(name, text.format(**values), values)


FACE_SYNTHESISED: Propositions = (
    sentence("proposition.face-synthesised.h1", "The face in these frames was replaced by a synthesis process."),
    sentence(
        "proposition.face-synthesised.h2",
        "These frames are a camera recording of that person, possibly edited, filtered or encoded again.",
    ),
)

FACE_DIFFERS: Propositions = (
    sentence("proposition.face-differs.h1", "The face was replaced in one of the two recordings."),
    sentence(
        "proposition.face-differs.h2",
        "Both recordings show the same face, possibly edited, filtered or encoded again.",
    ),
)

SAME_PERSON: Propositions = (
    sentence("proposition.same-person.h1", "The face and the reference photographs are of the same person."),
    sentence("proposition.same-person.h2", "The face and the reference photographs are of two different persons."),
)

SWAPPED_FROM_PERSON: Propositions = (
    sentence(
        "proposition.swapped-from.h1", "The face was made by a face-swap process from photographs of this person."
    ),
    sentence("proposition.swapped-from.h2", "The face has nothing to do with this person."),
)

REGION_REPLACED: Propositions = (
    sentence("proposition.region-replaced.h1", "The marked region was put in after the picture was taken."),
    sentence(
        "proposition.region-replaced.h2",
        "The marked region was taken with the rest of the picture, possibly edited or encoded again as a whole.",
    ),
)


def from_or_shows(subject: str, track: str) -> Propositions:
    """Makes the propositions of a comparison of a face with the photographs of a person.

    Args:
        subject: Id of the person.
        track: Name of the face.
    """
    return (
        sentence(
            "proposition.from-or-shows.h1",
            "The face {track} shows the person who is registered as {subject}, or was made from pictures of that "
            "person.",
            track=track,
            subject=subject,
        ),
        sentence(
            "proposition.from-or-shows.h2",
            "The face {track} shows, or was made from pictures of, a person who is not related to the one who is "
            "registered as {subject}.",
            track=track,
            subject=subject,
        ),
    )
