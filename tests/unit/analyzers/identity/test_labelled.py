"""The comparison with a subject on face swaps and photographs whose truth is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.analyzers.identity import IdentityComparison
from forensics.engine.weigh import shipped, weigh_finding
from forensics.model import Finding, Result
from tests.fakes.evidence import KeepingSink
from tests.fakes.kept_faces import MadeEvidence, content

SWAP = "05-swap-image/swapped/haofanwang-inswapper__result.png"
SOURCES = (
    "05-swap-image/genuine/haofanwang-inswapper__man1.jpeg",
    "05-swap-image/genuine/haofanwang-inswapper__man2.jpeg",
)
PERSON = "07-genuine-photos/people/face_recognition-1.3.0__{}.jpg"
OTHERS = (PERSON.format("biden"), "05-swap-image/genuine/ai-forever-ghost__beckham.jpg")


def compared(folder: Path, questioned: Path, photo: Path) -> Finding:
    shown = content(folder, questioned.read_bytes())
    reference = MadeEvidence(photo.read_bytes(), folder, photo.name)
    (finding,) = IdentityComparison(subject="SUBJECT-0001").examine((shown, reference), KeepingSink())
    return finding


@pytest.mark.parametrize("source", SOURCES)
def test_a_face_swap_is_similar_to_the_photographs_it_was_made_from(corpus, tmp_path, source):
    finding = compared(tmp_path, corpus / SWAP, corpus / source)
    assert finding.result is Result.INDETERMINATE
    assert finding.values["similarity"] > 0.5
    made = weigh_finding(finding, "1/0", shipped())
    assert made is not None
    assert made.favours == "h1"


def test_another_photograph_of_a_person_is_similar(corpus, tmp_path):
    finding = compared(tmp_path, corpus / PERSON.format("obama"), corpus / PERSON.format("obama2"))
    assert finding.values["similarity"] > 0.65


@pytest.mark.parametrize("other", OTHERS)
def test_a_face_swap_is_not_similar_to_others_and_gets_no_support_for_them(corpus, tmp_path, other):
    finding = compared(tmp_path, corpus / SWAP, corpus / other)
    assert finding.result is Result.NOT_FOUND
    made = weigh_finding(finding, "1/0", shipped())
    assert made is not None
    assert made.favours != "h1"
