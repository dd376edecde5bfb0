from __future__ import annotations

import re
import shutil
from string import Formatter

import pytest

from forensics.errors import ReportError
from forensics.model import GapReason, Outcome, Result, Sensitivity, Stage
from forensics.reporter import text
from forensics.reporter.authenticity import RECORDED, ROWS
from forensics.reporter.evidence import Said

LANGUAGES = ("zh", "en", "fr")

BANNED = {
    "en": r"is a deepfake|AI probability|\bauthentic\b|\bunedited\b|\bproves?\b|\bproven\b|the suspect\b|100 ?%|%|"
    r"screenshot proves|\bcertain(ly|ty)?\b|forensically sound|court-approved|blockchain|\bconfirm(s|ed)?\b|\bfake\b|"
    r"\bforensic opinion",
    "zh": r"鉴定为|经鉴定|证实|确系|确认为|系伪造|为真实|百分之|%|法院认可|区块链|嫌疑人|AI概率|必然|毫无疑问",
    "fr": r"est un hypertrucage|\bauthentiques?\b|\bprouv(e|ent|er)\b|\bcertaine?s?\b|%|\bfaux\b|blockchain|"
    r"\bconfirm(e|é|ée)s?\b|le suspect|incontestable|chaîne de blocs",
}
"""Phrases that conclusions must not have. *Source:* ENFSI guideline for evaluative reporting; design, section 7."""


def all_texts(templates, language):
    sources = [templates.report[language], *(place[language] for place in templates.declarations.values())]
    sources += [paper[language] for paper in templates.papers.values()]
    for texts in sources:
        for key, value in texts.items():
            for one in (value,) if isinstance(value, str) else value:
                yield key, one


def placeholders(value):
    lines = (value,) if isinstance(value, str) else value
    return {name for line in lines for _, name, _, _ in Formatter().parse(line) if name}


def test_all_languages_have_the_same_keys_and_kinds(templates):
    shapes = [
        {key: len(value) if isinstance(value, tuple) else None for key, value in templates.report[language].items()}
        for language in LANGUAGES
    ]
    assert shapes[0] == shapes[1] == shapes[2]


def test_all_languages_use_the_same_placeholders(templates):
    for key, value in templates.report["en"].items():
        if key == "word.section_heading":  # Chinese numbers sections by themselves: （一）
            continue
        assert {frozenset(placeholders(templates.report[one][key])) for one in LANGUAGES} == {
            frozenset(placeholders(value))
        }, key


def test_declarations_are_complete_in_all_languages(templates):
    for place, by_language in templates.declarations.items():
        for key, value in by_language["en"].items():
            for language in LANGUAGES:
                other = by_language[language][key]
                assert isinstance(other, str) == isinstance(value, str), (place, key)
                assert isinstance(value, str) or len(other) == len(value), (place, language, key)
                assert placeholders(other) == placeholders(value), (place, language, key)


def test_every_word_of_the_model_has_a_name(templates):
    texts = templates.report["en"]
    wanted = [f"result.{one}" for one in Result] + [f"stage.{one}" for one in Stage]
    wanted += [f"gap.{one}" for one in GapReason] + [f"outcome.{one}" for one in Outcome]
    wanted += [f"sensitivity.{one}" for one in Sensitivity]
    points = [(name, facts) for rows in ROWS.values() for name, facts in rows]
    wanted += [f"point.{name}" for name, _ in points]
    wanted += [f"fact.{fact}_{answer}" for _, facts in points for fact in facts for answer in ("yes", "no")]
    assert [key for key in wanted if key not in texts] == []
    assert {fact for _, facts in points for fact in facts} <= set(RECORDED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_has_a_banned_phrase(templates, language):
    pattern = re.compile(BANNED[language], re.IGNORECASE)
    found = [
        (key, match.group())
        for key, one in all_texts(templates, language)
        if (match := pattern.search(one)) and not is_term(key)
    ]
    assert found == []


def is_term(key):
    """Whether a text is the name of a term: the French for *fact in issue* has a word that no conclusion may have."""
    return key.startswith("glossary.") and key.endswith("_term")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_title_does_not_claim_to_be_an_expert_opinion(templates, language):
    texts = templates.report[language]
    titles = [value for key, value in texts.items() if key.endswith("title") or key.startswith("cover.type")]
    assert not [title for title in titles if re.search("鉴定|expert|expertise|opinion", title, re.IGNORECASE)]
    assert templates.report["zh"]["cover.title"] == "电子数据取证与技术分析报告"


def test_french_has_a_no_break_space_before_high_punctuation(templates):
    # Imprimerie nationale: ; : ! ? and » are preceded, « is followed, by a space that does not break.
    wrong = re.compile(r"(?<![ \u00a0/]) ?(?<!\u00a0)[;?!»](?!/)|[^\s\u00a0\d]:(?=\s|$)| [;:?!»]|«(?!\u00a0)")
    exempt = {"verification.step_time"}  # quotes what a program prints: "Verification: OK"
    found = [
        (key, match.group())
        for key, one in all_texts(templates, "fr")
        if key not in exempt and (match := wrong.search(one))
    ]
    assert found == []


def test_chinese_uses_full_width_punctuation(templates):
    wrong = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;:!?()][\u4e00-\u9fff]")
    cited = re.compile(r"\d\(\d+\)")  # FRE 902(14)
    texts = [(key, cited.sub("", one)) for key, one in all_texts(templates, "zh")]
    found = [(key, match.group()) for key, one in texts if (match := wrong.search(one))]
    assert found == []


def test_spaces_are_made_unbreakable_in_french_only():
    assert text.spaced("« Oui » : non ; quoi ?", "fr") == "«\u00a0Oui\u00a0»\u00a0: non\u00a0; quoi\u00a0?"
    assert text.spaced("“Yes” : no", "en") == "“Yes” : no"


@pytest.fixture
def own(tmp_path):
    """Gives a folder with a copy of the templates, to be spoilt."""
    folder = tmp_path / "templates"
    shutil.copytree(text.template_root(), folder)
    return folder


SPOILT = {
    "a glyph that no font has": ("report/en.toml", 'yes = "yes"', 'yes = "yes 😀"', "U\\+1F600"),
    "an invisible character": ("report/zh.toml", 'no = "否"', 'no = "否\u200b"', "U\\+200B"),
    "a placeholder with a format": ("report/fr.toml", "{n} octet", "{n:,} octet", "placeholder of another form"),
    "a placeholder that reaches into objects": (
        "report/en.toml",
        "{n} byte",
        "{n.real} byte",
        "placeholder of another form",
    ),
    "an open brace": ("report/en.toml", 'yes = "yes"', 'yes = "{yes"', "placeholder of another form"),
    "malformed TOML": ("report/en.toml", "[word]", "[word", "malformed"),
    "a declaration without a language": ("declarations/us.toml", "[fr]", "[de]", "no table \\[fr\\]"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_template_is_refused_with_its_place(own, case):
    name, before, after, message = SPOILT[case]
    content = (own / name).read_text()
    assert before in content
    (own / name).write_text(content.replace(before, after, 1))
    with pytest.raises(ReportError, match=message) as caught:
        text.load(own)
    assert caught.value.hint


def test_a_missing_template_is_refused(own):
    (own / "html" / "page.html").unlink()
    with pytest.raises(ReportError, match=r"page\.html"):
        text.load(own)


def test_the_digest_names_the_set_of_templates(own, templates):
    assert text.load(own).digest == templates.digest
    (own / "html" / "report.css").write_text("p { color: black }")
    assert text.load(own).digest != templates.digest


def test_a_spoilt_sentence_of_findings_is_left_out_and_the_report_goes_on(own):
    shutil.rmtree(own / "findings", ignore_errors=True)
    (own / "findings" / "zh").mkdir(parents=True)
    (own / "findings" / "zh" / "own.toml").write_text('"a.b" = "有 {count} 项"\n"c.d" = "{x!r}"\n"e.f" = "😀"\n')
    assert text.load(own).findings["zh"] == {"a.b": "有 {count} 项"}
    assert isinstance(text.load(own).findings["zh"]["a.b"], Said)
