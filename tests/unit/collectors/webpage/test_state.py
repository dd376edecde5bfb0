"""What was reached: walls, errors and blank pages are told from content, and content is not taken for a wall."""

from __future__ import annotations

from typing import Any

import pytest

from forensics.collectors.webpage.state import Reached, State, judge
from forensics.model import GapReason

ARTICLE = "An article about quite ordinary things. " * 60


def probe(text: str = ARTICLE, **members: Any) -> dict[str, Any]:
    return {
        "text": text,
        "text_length": len(text),
        "title": "",
        "passwords": 0,
        "covered_share": 0.0,
        "layer_text": "",
        "is_scroll_locked": False,
        "frames": [],
        "pictures": 0,
        **members,
    }


def judged(
    found: dict[str, Any] | None = None,
    *,
    status: int | None = 200,
    media_type: str = "text/html",
    error: str = "",
    final_url: str = "https://example.org/page",
) -> State:
    return judge(Reached("https://example.org/page", final_url, status, media_type, error, found or probe()))


def test_an_ordinary_page_is_content_without_a_gap() -> None:
    assert judged() == State("content")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 451, 500, 503])
def test_an_error_status_is_a_gap_that_names_it(status: int) -> None:
    state = judged(status=status)
    assert state.name == "http-error"
    assert str(status) in state.gaps[0].detail


def test_no_answer_is_a_gap_with_the_browsers_reason() -> None:
    state = judged(status=None, error="net::ERR_CERT_AUTHORITY_INVALID")
    assert (state.name, state.gaps[0].why) == ("no-answer", GapReason.FAILED)
    assert "net::ERR_CERT_AUTHORITY_INVALID" in state.gaps[0].detail


@pytest.mark.parametrize(
    "text",
    [
        "Verify you are human by completing the action below.",
        "Just a moment...",
        "Are you a robot?",
        "我们检测到异常流量，请完成安全验证",
        "向右拖动滑块填充拼图",
        "Confirmez que vous n'êtes pas un robot",
    ],
)
def test_a_request_for_proof_of_a_human_reader_is_a_captcha(text: str) -> None:
    state = judged(probe(text))
    assert (state.name, state.gaps[0].why) == ("captcha", GapReason.REFUSED)


def test_a_browser_check_under_an_error_status_is_a_captcha_with_the_status_among_its_signs() -> None:
    state = judged(probe("Verify you are human"), status=403)
    assert state.name == "captcha"
    assert any("403" in sign for sign in state.signs)


def test_a_captcha_frame_on_a_page_with_little_text_is_a_captcha() -> None:
    frame = "https://www.google.com/recaptcha/api2/bframe?k=1"
    assert judged(probe("Please wait", frames=[frame])).name == "captcha"


def test_a_captcha_frame_beside_an_article_is_content() -> None:
    frame = "https://www.google.com/recaptcha/api2/bframe?k=1"
    assert judged(probe(frames=[frame])).name == "content"


def test_an_article_about_captchas_and_logins_with_a_login_form_is_content() -> None:
    text = "Sites ask you to verify you are human, to log in, or to accept cookies (安全验证). " * 30
    assert judged(probe(text, passwords=1)).name == "content"


def test_a_password_field_on_a_page_with_little_else_is_a_log_in_wall() -> None:
    assert judged(probe("Log in to see this profile", passwords=1)).name == "login-wall"


def test_being_sent_to_a_log_in_page_is_a_log_in_wall() -> None:
    assert judged(final_url="https://example.org/accounts/login?next=/page").name == "login-wall"


def test_a_path_that_only_contains_the_word_is_no_log_in_wall() -> None:
    assert judged(final_url="https://example.org/author/loginova").name == "content"


def test_a_layer_with_a_log_in_over_the_page_is_a_log_in_wall() -> None:
    assert judged(probe(covered_share=0.8, layer_text="扫码登录后查看更多")).name == "login-wall"


@pytest.mark.parametrize(
    "text",
    ["We and our partners use cookies", "Votre vie privée", "请阅读并同意隐私政策后继续浏览", "我们使用 Cookie"],
)
def test_a_request_for_consent_over_most_of_the_view_is_a_consent_wall(text: str) -> None:
    state = judged(probe(covered_share=0.7, layer_text=text))
    assert state.name == "consent-wall"
    assert "70 %" in state.gaps[0].detail


def test_a_consent_banner_that_leaves_the_content_free_is_content() -> None:
    assert judged(probe(covered_share=0.1, layer_text="We use cookies")).name == "content"


def test_a_layer_without_words_is_a_cover_where_the_page_cannot_be_scrolled() -> None:
    assert judged(probe(covered_share=0.9, is_scroll_locked=True)).name == "covered"
    assert judged(probe(covered_share=0.9, layer_has_frame=True)).name == "covered"


def test_a_fixed_application_frame_that_is_the_content_is_content() -> None:
    assert judged(probe(covered_share=0.9, layer_text=ARTICLE)).name == "content"


def test_a_page_without_text_and_pictures_is_blank() -> None:
    assert judged(probe("")).name == "blank"
    assert judged(probe("", pictures=1)).name == "content"


def test_a_page_that_cannot_be_asked_is_not_taken_for_content() -> None:
    reached = Reached("https://example.org/", "https://example.org/", 200, "text/html", "", {})
    state = judge(reached)
    assert (state.name, state.gaps[0].why) == ("not-seen", GapReason.FAILED)


@pytest.mark.parametrize(
    "text", ["页面不存在 该内容已被发布者删除", "404", "This video is no longer available", "Page introuvable"]
)
def test_an_error_page_under_a_status_of_success_is_a_gap(text: str) -> None:
    state = judged(probe(text))
    assert state.name == "soft-error"
    assert state.gaps


def test_an_article_that_mentions_an_error_is_content() -> None:
    assert judged(probe(ARTICLE + "The page was not found, he said.")).name == "content"


@pytest.mark.parametrize("media_type", ["application/json", "image/png", "application/pdf", ""])
def test_what_is_not_a_page_is_said_to_be_none_and_is_no_gap_by_itself(media_type: str) -> None:
    state = judged(media_type=media_type)
    assert (state.name, state.gaps) == ("not-html", ())


def test_a_page_that_cannot_be_scrolled_and_hides_its_rest_says_so() -> None:
    state = judged(probe(clipped_px=2400))
    assert state.name == "content"
    assert "2400 px" in state.gaps[0].detail
