"""The verbal scale, the ladder where no number is justified, and the phrases that no conclusion may have."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum

from forensics.errors import UsageError
from forensics.model import Interpretation, Result

NOT_EVALUATED = "not_evaluated"
"""Stands for a term where the findings were not weighed."""

TERMS: tuple[tuple[float, str], ...] = (
    (2, "neither"),
    (10, "limited"),
    (100, "moderate"),
    (1_000, "moderately_strong"),
    (10_000, "strong"),
    (1_000_000, "very_strong"),
    (math.inf, "extremely_strong"),
)
"""Greatest likelihood ratio of each term; one that lies on a border has the weaker term. *Source:* ENFSI guideline for
evaluative reporting in forensic science (2015), with the ranges of the Association of Forensic Science Providers."""

MOST_OF_ONE_FAMILY = 3.0
"""Greatest log10 likelihood ratio of findings of one family: below *strong*. *Source:* a rule of this project, after
the principle that one doubtful item does not decide alone."""


class Rung(StrEnum):
    """The ladder of statements without a number; its sentences stand in the report's templates."""

    UNSUITABLE = "O0"
    NO_TRACES = "O1"
    AMBIGUOUS_TRACES = "O2"
    UNEXPLAINED_TRACES = "O3"
    DECLARED = "O4"
    DOCUMENTED = "O5"


_RUNGS: Mapping[Result, tuple[Rung, ...]] = {
    Result.NOT_FOUND: (Rung.UNSUITABLE, Rung.NO_TRACES),
    Result.INDETERMINATE: (Rung.UNSUITABLE, Rung.AMBIGUOUS_TRACES),
    Result.FOUND: (Rung.AMBIGUOUS_TRACES, Rung.UNEXPLAINED_TRACES, Rung.DECLARED, Rung.DOCUMENTED),
}

BANNED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\bis an? (deep ?)?fake\b|\bdeepfake|\bfakes?\b|\bforged\b", "findings give … support for H1 over H2"),
        (
            r"\bAI probability|%|\bper ?cent\b|\bprobability that (the|this) (file|video|picture|image)",
            "a likelihood ratio",
        ),
        (r"\b(in)?authentic\b|\bgenuine|\bunedited\b", "no traces found by …"),
        (r"\bprov(e|es|ed|en)\b|\bproof that\b|\bconfirm(s|ed)?\b", "supports"),
        (r"\bthe (suspect|culprit|perpetrator)\b", "the account"),
        (r"\bcertain(ly|ty)?\b|\bundoubtedly\b|\bwithout (any )?doubt\b", "leave it out"),
        (r"\bforensically sound\b|\bcourt-approved\b|\bblockchain", "list the controls"),
    ),
    "zh": (
        (r"鉴定为|经鉴定|确系|系伪造|为真实|为伪造", "技术分析显示"),
        (r"AI概率|百分之|%|％", "似然比"),
        (r"证实|证明|确认为|必然|毫无疑问", "支持"),
        (r"嫌疑人", "该账号"),
        (r"法院认可|区块链", "列明所采取的控制措施"),
    ),
    "fr": (
        (r"\best un (hypertrucage|faux)\b|\bfaux\b(?! (positif|négatif))", "les observations soutiennent …"),
        (r"probabilité IA|%|\bpour ?cent\b", "un rapport de vraisemblance"),
        (r"\bauthentiques?\b", "aucune trace trouvée par …"),
        (r"\bprouv(e|ent|er|é|ée|és|ées)\b|\bconfirm(e|ent|er|é|ée|és|ées)\b", "soutient"),
        (r"\ble suspect\b|\bl['’]auteur des faits\b", "le compte"),
        (r"\bcertaine?s?\b|\bincontestable", "supprimer"),
        (r"\bblockchain|chaîne de blocs", "énumérer les contrôles"),
    ),
}
"""Patterns by language, and what to write instead. *Source:* ENFSI guideline for evaluative reporting (2015), on
statements about propositions; the other side of each is a claim that findings cannot carry."""


def term_of(log10_lr: float, interval: tuple[float, float]) -> str:
    """Looks up the verbal term of a likelihood ratio, whichever proposition it favours.

    Args:
        log10_lr: Logarithm of the likelihood ratio to base 10, after all caps.
        interval: Its ends; where 0 lies within, the term is `neither`.
    """
    if interval[0] <= 0 <= interval[1]:
        return TERMS[0][1]
    return next(name for greatest, name in TERMS if abs(log10_lr) <= math.log10(greatest))


def favoured(log10_lr: float, term: str) -> str | None:
    """Says which proposition the term is for, `h1` or `h2`; None where it is for neither."""
    if term == TERMS[0][1]:
        return None
    return "h1" if log10_lr > 0 else "h2"


def times(log10_lr: float) -> int:
    """Gives how many times more probable the findings are under the favoured proposition, in one or two digits.

    It is rounded down, so that it never says more than the ratio: 12, 340, 5600.
    """
    ratio = 10 ** abs(log10_lr) * (1 + 1e-9)  # 10 ** 2.0 must not become 99
    unit = int(10 ** max(0, math.floor(math.log10(ratio)) - 1))
    return int(ratio // unit) * unit


def check_rung(rung: Rung, result: Result) -> None:
    """Checks that a statement of the ladder does not say more than the finding does.

    Raises:
        UsageError: It does, for example traces where none were found.
    """
    allowed = _RUNGS[result]
    if rung not in allowed:
        raise UsageError(
            f"{rung} cannot be said of a finding that is {result}", hint=f"Possible are {', '.join(allowed)}."
        )


def check_term(interpretation: Interpretation) -> None:
    """Checks that the verbal term is the one that the number has by the scale, and not picked by hand.

    Raises:
        UsageError: It is another, or a number stands without interval, cap or calibration, or beyond its cap.
    """
    lr, interval, cap = interpretation.log10_lr, interpretation.log10_interval, interpretation.log10_cap
    if lr is None:
        allowed = {NOT_EVALUATED, *Rung}
        right = interpretation.term in allowed and interpretation.favours is None and interval is None
    elif interval is None or cap is None or interpretation.calibration is None:
        right = False
    else:
        right = interpretation.term == term_of(lr, interval) and abs(lr) <= cap and interval[0] <= lr <= interval[1]
        right = right and interpretation.favours == favoured(lr, interpretation.term)
    if not right:
        raise UsageError(
            f"the term {interpretation.term!r} is not that of the number", hint="Terms are looked up, never chosen."
        )


def refuse_banned(text: str, language: str = "en") -> None:
    """Refuses a text of a conclusion that claims more than findings can carry.

    Raises:
        UsageError: It has a banned phrase; the hint says what to write instead.
    """
    for pattern, instead in BANNED[language]:
        found = re.search(pattern, text, re.IGNORECASE)
        if found:
            raise UsageError(f"a conclusion may not say {found[0]!r}", hint=f"Instead: {instead}")
