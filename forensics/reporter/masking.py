"""Which pictures are not drawn, and why: by the item they show, by whose face it is, and by what was asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from forensics.model import Artifact, Committed, Interpretation
from forensics.reporter.blocks import Mask, Picture
from forensics.reporter.evidence import Said
from forensics.reporter.facts import CaseFacts, ItemFacts, Observation
from forensics.reporter.reading import text
from forensics.reporter.wording import Words

IDENTITY = "face.identity"
"""Kind of the finding by which a face was compared with a registered person."""


class Reason(StrEnum):
    """Why a picture is not drawn."""

    SEALED = "sealed"
    BIOMETRIC = "biometric"
    THIRD_PERSON = "third_person"


@dataclass(frozen=True, slots=True)
class Masked:
    """A picture that is not drawn: its number in the report, what it is, of which items, in which record, and why."""

    number: int
    what: Said
    items: tuple[str, ...]
    ref: str
    reason: Reason


@dataclass
class Setting:
    """What every page of the part on comparisons is built from.

    Attributes:
        owners: Digest of a content to the items that have it.
        weighed: Reference of a finding to what it was weighed to.
        masked: Pictures that are not drawn, in the order in which they stand; pages add to it.
        printed: What stands in full on a page, as what it is about and its text, to the record beside which it stands.
    """

    case: CaseFacts
    words: Words
    owners: Mapping[str, tuple[ItemFacts, ...]]
    weighed: Mapping[str, tuple[Committed[Interpretation], ...]]
    masked: list[Masked] = field(default_factory=list)
    printed: dict[tuple[str, str], str] = field(default_factory=dict)

    def once(self, about: str, text: Said, *, ref: str) -> Said:
        """Gives a text in full the first time, and afterwards where the same words already stand."""
        first = self.first_with(about, text, ref=ref)
        return text if first == ref else self.words.say("observations.as_with", ref=first)

    def first_with(self, about: str, text: Said, *, ref: str) -> str:
        """Gives the record beside which a text stands in full: this one where none had it before."""
        return self.printed.setdefault((about, text), ref)

    def is_first(self, about: str, *, ref: str) -> bool:
        """Whether something that every page could show is shown here, as no page before had it."""
        return self.printed.setdefault((about, ""), ref) == ref

    def items(self, contents: Iterable[str]) -> tuple[ItemFacts, ...]:
        """Gives the items that have any of these contents, in the order of the contents."""
        found = {facts.item.id: facts for sha256 in contents for facts in self.owners.get(sha256, ())}
        return tuple(found.values())

    def prints(self, sha256: str) -> tuple[Observation, ...]:
        """Gives the fingerprints that were made of a content."""
        return tuple(one for one in of_kind(self.case, "source.fingerprint") if one.finding.subject[0] == sha256)

    def crop(self, content: str, track: str) -> tuple[Artifact, Observation] | None:
        """Gives the picture of a face that the examination of a content kept, and the observation that has it."""
        for seen in of_kind(self.case, "faces.detected"):
            for one in seen.finding.attachments if seen.finding.subject[0] == content else ():
                if one.role == "face" and one.facts.get("track") == track:
                    return one, seen
        return None

    def hides(self, found: Observation) -> bool:
        """Whether texts of an observation must not be said; photos of registered persons hide nothing of the others."""
        contents = [one for one in found.finding.subject if one not in photo_contents(self.case)]
        return any(facts.masked for facts in self.items(contents or found.finding.subject))

    def reason_for(self, contents: Iterable[str]) -> Reason | None:
        """Says why what shows these contents is not drawn; None where it may be."""
        hidden = [facts for facts in self.items(contents) if facts.masked and not facts.unmasked]
        if any(facts.is_sealed for facts in hidden):
            return Reason.SEALED
        return Reason.BIOMETRIC if hidden else None

    def picture(
        self, artifact: Artifact, caption: Said, *, contents: Iterable[str], ref: str, because: Reason | None = None
    ) -> Picture | Mask:
        """Gives a picture of an examination, or the grey frame that stands for it.

        Args:
            artifact: The picture.
            caption: What stands below it.
            contents: What it shows.
            ref: Record that it belongs to.
            because: Why it is not drawn, where that does not follow from the items.
        """
        contents = tuple(contents)
        sealed = Reason.SEALED if artifact.sealed is not None and not self._may_open(contents) else None
        reason = self.reason_for(contents) or sealed or because
        if reason is None:
            return Picture(artifact.digests.sha256, caption, self.words.say("picture.failed"))
        items = tuple(facts.item.id for facts in self.items(contents))
        self.masked.append(Masked(len(self.masked) + 1, caption, items, ref, reason))
        why = self.words.say(f"mask.{reason.value}")
        number_said = self.words.say("mask.number", n=len(self.masked))
        return Mask(number_said, self.words.say("mask.caption", what=caption, why=why))

    def _may_open(self, contents: tuple[str, ...]) -> bool:
        items = self.items(contents)
        return bool(items) and any(facts.unmasked for facts in items)


def setting(case: CaseFacts, words: Words) -> Setting:
    """Prepares the pages of a case."""
    weighed: dict[str, list[Committed[Interpretation]]] = defaultdict(list)
    for one in case.snapshot.interpretations:
        for ref in one.record.findings:
            weighed[ref].append(one)
    return Setting(case, words, _owners(case), {ref: tuple(found) for ref, found in weighed.items()})


def _owners(case: CaseFacts) -> dict[str, tuple[ItemFacts, ...]]:
    owners: dict[str, dict[str, ItemFacts]] = defaultdict(dict)
    for facts in case.items:
        for done in facts.acquisitions:
            for artifact in done.record.artifacts:
                owners[artifact.content_sha256][facts.item.id] = facts
                owners[artifact.digests.sha256][facts.item.id] = facts
    return {sha256: tuple(found.values()) for sha256, found in owners.items()}


def shown_tracks(case: CaseFacts) -> frozenset[tuple[str, str]]:
    """Gives the tracks whose faces are drawn, as content and track: those that resemble a registered person.

    They are the places of a comparison with a registered person that found a resemblance. Other faces are those of
    persons whom nobody registered, and who need not be shown enlarged (PIPL 6; GDPR 5.1 c).
    """
    return frozenset(
        (seen.finding.subject[0], text(place, "track"))
        for seen in of_kind(case, IDENTITY)
        if seen.finding.values.get("strength") == "consistent_with"
        for place in seen.finding.where
    )


def photo_contents(case: CaseFacts) -> frozenset[str]:
    """Gives the contents of the reference photos of registered persons."""
    return frozenset(sha256 for one in case.snapshot.subjects for sha256 in one.record.contents)


def of_kind(case: CaseFacts, kind: str) -> tuple[Observation, ...]:
    """Gives the observations of a kind, in the order of the report."""
    return tuple(one for one in case.findings if one.finding.kind == kind)
