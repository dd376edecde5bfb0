"""Profiles of elements of proof: complete in three languages, in the words of courts, and refused where malformed."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from forensics.cli import VERBS
from forensics.errors import UsageError
from forensics.proof.element import LANGUAGES, LEVELS, PROFILES, TEXTS, load_profile, profile_names
from forensics.proof.element_matrix import words

TOP = Path(__file__).resolve().parents[3]
FOLDER = TOP / "templates" / "elements"
BANNED = {
    "en": r"is a deepfake|probability|\bauthentic\b|unedited|\bprove[sdn]?\b|the suspect\b|\bcertain\b|100 ?%|"
    r"forensically sound|court-approved|blockchain",
    "zh": "鉴定为|嫌疑人|百分之百|100%|确系|属实",
    "fr": r"(?<!à )\bprouv|est un hypertrucage|\bauthentique|le suspect\b|100 ?%",
}
"""Phrases that over-claim, as far as they can stand in a profile."""

AUTHENTIC_ALLOWED = "15 USC 6851 (authentic images)"
"""The law's own word."""

VERB = re.compile(r"forensics ([a-z-]+)")


def every_text(path: Path) -> list[tuple[str, str, str]]:
    """Gives place, language and text of every text of a file, read without the program."""
    found: list[tuple[str, str, str]] = []

    def walk(value: object, place: str, language: str) -> None:
        if isinstance(value, dict):
            for key, member in value.items():
                walk(member, f"{place}.{key}", key if key in LANGUAGES else language)
        elif isinstance(value, list):
            for number, member in enumerate(value):
                walk(member, f"{place}[{number}]", language)
        elif isinstance(value, str) and language:
            found.append((place, language, value))

    walk(tomllib.loads(path.read_text(encoding="utf-8")), path.stem, "")
    return found


FILES = sorted(FOLDER.rglob("*.toml"))
SAID = [one for path in FILES for one in every_text(path)]


def test_all_profiles_are_there_and_each_jurisdiction_has_one():
    assert set(profile_names()) == {"cn-face-swap", "us", "eu-fr", "generic"} == set(PROFILES.values())
    for jurisdiction, name in PROFILES.items():
        assert load_profile(jurisdiction).name == load_profile(name).name == name
        assert load_profile(name).jurisdiction == jurisdiction


def test_the_chinese_profile_has_the_seventeen_elements_in_order():
    assert [one.id for one in load_profile("cn").elements] == [f"E{number}" for number in range(1, 18)]


def test_the_chinese_minimum_for_filing():
    parts = load_profile("cn").filing
    assert [set(one.any_of) for one in parts] == [
        {"E2"},
        {"E3"},
        {"E5"},
        {"E6"},
        {"E7"},
        {"E8"},
        {"E9", "E10"},
        {"E1", "E12"},
    ]
    assert [one.any_of[0] for one in parts if one.leads_suffice] == ["E5", "E6"]
    assert [one.any_of[0] for one in parts if one.statement_suffices] == ["E7"]


@pytest.mark.parametrize("name", PROFILES.values())
def test_every_element_has_all_texts_in_three_languages(name):
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    for element in table["element"]:
        for language in ("zh", "en", "fr"):
            assert set(element[language]) == set(TEXTS), element["id"]
            assert all(text.strip() for text in element[language].values()), element["id"]


@pytest.mark.parametrize("name", ["cn-face-swap", "us", "eu-fr"])
def test_every_element_names_a_rule_of_law_that_was_looked_up(name):
    for element in load_profile(name).elements:
        assert element.hooks, element.id
        assert all(hook.checked_on == date(2026, 11, 22) for hook in element.hooks)


@pytest.mark.parametrize("name", PROFILES.values())
def test_what_the_minimum_names_is_marked_in_the_elements(name):
    profile = load_profile(name)
    assert {one for part in profile.filing for one in part.any_of} == {
        one.id for one in profile.elements if one.filing_minimum
    }


def test_no_two_profiles_share_an_element():
    ids = [one.id for name in PROFILES.values() for one in load_profile(name).elements]
    assert len(ids) == len(set(ids))


def test_no_text_claims_too_much():
    for place, language, text in SAID:
        assert not re.search(BANNED[language], text.replace(AUTHENTIC_ALLOWED, ""), re.IGNORECASE), place


def test_chinese_texts_have_the_characters_of_courts_alone():
    for place, language, text in SAID:
        if language == "zh":
            text.encode("gb2312")
            plain = re.sub(r"\{\w+\}|forensics [ -~]*|[A-Z]{2}[ -~]*", "", text)
            assert not re.search(r"[一-鿿][,;:?!()][一-鿿]", plain), f"{place}: half-width punctuation"


def test_french_texts_have_spaces_before_double_punctuation_and_round_apostrophes():
    for place, language, text in SAID:
        if language == "fr":
            plain = re.sub(r"https?:\S+", "", text)
            assert not re.search(r"[^\s\d][;:?!](\s|$)", plain), place
            assert "'" not in plain, place


def test_every_verb_that_a_text_tells_to_type_exists():
    for place, _, text in SAID:
        for verb in VERB.findall(text):
            assert verb in {*VERBS, "money", "spread", "search", "state"}, place


def test_every_part_of_a_dossier_that_a_profile_names_has_words():
    for name in PROFILES.values():
        for element in load_profile(name).elements:
            for language in LANGUAGES:
                assert set(element.supplies.parts) <= set(words()[language]["part"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_findings_that_a_profile_names_is_one_that_reports_know(language):
    known = tomllib.loads((TOP / "templates" / "report" / f"{language}.toml").read_text("utf-8"))["kind"]
    named = {kind for name in PROFILES.values() for one in load_profile(name).elements for kind in one.supplies.kinds}
    assert named <= set(known)


def test_a_rule_that_was_not_read_is_shown_to_be_checked():
    hooks = {hook.level: hook for one in load_profile("cn").elements for hook in one.hooks}
    assert hooks["P"].shown("zh") == hooks["P"].law["zh"]
    assert hooks["M"].shown("zh").endswith("（待核对）")
    assert hooks["M"].shown("en").endswith("(to be checked)")
    assert hooks["M"].shown("fr").endswith("(à vérifier)")
    assert hooks["S"].shown("en").endswith("(from a secondary source)")
    assert set(LEVELS) == {"P", "S", "M"}


def test_a_changed_profile_takes_the_place_of_the_programs_own(tmp_path):
    text = (FOLDER / "generic.toml").read_text("utf-8").replace('title = "money"', 'title = "income"')
    (tmp_path / "generic.toml").write_text(text, "utf-8")
    assert load_profile("intl", tmp_path).element("G7").title["en"] == "income"
    assert load_profile(str(tmp_path / "generic.toml")).element("G7").title["en"] == "income"
    assert load_profile("us", tmp_path).name == "us"
    assert load_profile("intl", tmp_path).sha256 != load_profile("intl").sha256


GOOD = (FOLDER / "generic.toml").read_text("utf-8")
MALFORMED = {
    "not toml": "[[element",
    "not text": b"\xff\xfe\x00",
    "empty": "",
    "no elements": re.sub(r"\[\[filing.*", "", GOOD, flags=re.DOTALL),
    "no date": GOOD.replace("checked_on = 2026-11-22", 'checked_on = "soon"', 1),
    "two of one id": GOOD.replace('id = "G8"', 'id = "G7"'),
    "an id of another form": GOOD.replace('id = "G8"', 'id = "../G8"'),
    "an unknown key": GOOD.replace("filing_minimum = true", "filing_minumum = true", 1),
    "a flag that is none": GOOD.replace("filing_minimum = true", 'filing_minimum = "yes"', 1),
    "a text that is missing": GOOD.replace('attack = "There was consent."\n', "", 1),
    "a text that is empty": GOOD.replace('attack = "There was consent."', 'attack = " "', 1),
    "a language that is missing": GOOD[: GOOD.rindex("[element.zh]")],
    "kinds that are no list": GOOD.replace('kinds = ["bill.rows"]', 'kinds = "bill.rows"'),
    "a level that is unknown": GOOD.replace(
        'id = "G8"\n', 'id = "G8"\n[[element.hook]]\nlevel = "X"\nzh = "a"\nen = "a"\nfr = "a"\n'
    ).replace('kinds = ["page.recapture"]\nparts = ["works"]\n', ""),
    "a minimum that names no element": GOOD.replace('any_of = ["G1"]', 'any_of = ["G99"]'),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_profile_is_refused_with_its_name(case, tmp_path):
    data = MALFORMED[case]
    (tmp_path / "mine.toml").write_bytes(data if isinstance(data, bytes) else data.encode())
    assert data != GOOD
    with pytest.raises(UsageError, match="mine"):
        load_profile(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize("name", ["none", "../cn-face-swap", "", "words/standing", "/etc/passwd"])
def test_a_profile_that_is_not_there_is_refused(name):
    with pytest.raises(UsageError, match="no profile"):
        load_profile(name)


def test_an_element_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="E18"):
        load_profile("cn").element("E18")
