"""Header fields as the browser reports them; the shapes of its reports are those of Chromium 156."""

from __future__ import annotations

import pytest

from forensics.collectors.webpage import recorder_headers as headers


def test_a_header_block_keeps_order_spelling_and_repeated_fields():
    text = "HTTP/1.1 200 OK\r\nX-B: 1\r\ncontent-TYPE: text/html\r\nX-B: 2\r\nX-Empty:\r\n\r\n"
    assert headers.of_text(text) == (("X-B", "1"), ("content-TYPE", "text/html"), ("X-B", "2"), ("X-Empty", ""))


def test_a_folded_field_is_one_field():
    assert headers.of_text("HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\n\r\n") == (("X-Folded", "one two"),)


def test_a_mapping_gives_repeated_fields_apart_and_no_pseudo_fields():
    found = headers.of_mapping({":authority": "example.org", "set-cookie": "a=1\nb=2", "accept": "*/*"})
    assert found == (("set-cookie", "a=1"), ("set-cookie", "b=2"), ("accept", "*/*"))


@pytest.mark.parametrize(
    ("fields", "is_decoded"),
    [
        ((), False),
        ((("Content-Encoding", "identity"),), False),
        ((("content-encoding", "br"),), True),
        ((("Transfer-Encoding", "chunked"),), True),
    ],
)
def test_encodings_mean_that_bytes_were_decoded(fields, is_decoded):
    assert headers.is_decoded(fields) is is_decoded


@pytest.mark.parametrize(("text", "length"), [("12", 12), (" 12 ", 12), ("-1", None), ("twelve", None), ("١٢", None)])
def test_a_length_that_makes_no_sense_is_none(text, length):
    assert headers.length_of((("Content-Length", text),)) == length


def test_reason_and_version_come_from_the_status_line():
    report = {"headersText": "HTTP/1.0 404 Nicht da\r\n\r\n"}
    assert headers.reason_of({"statusText": "Not Found"}, report) == "Nicht da"
    assert headers.version_of({"protocol": "http/1.1"}, report) == "HTTP/1.0"


@pytest.mark.parametrize(("protocol", "version"), [("h2", "h2"), ("h3", "h3"), ("http/1.1", "HTTP/1.1"), ("", "")])
def test_the_version_is_that_of_the_negotiated_protocol(protocol, version):
    assert headers.version_of({"protocol": protocol}, None) == version


def test_reports_of_responses_are_given_to_their_redirects_in_order():
    first, second = {"statusCode": 302, "headers": {}}, {"statusCode": 200, "headers": {}}
    assert headers.matched_responses([(True, 302), (True, 200)], [first, second]) == [first, second]


def test_a_response_without_report_takes_none_from_the_next():
    report = {"statusCode": 200, "headers": {}}
    assert headers.matched_responses([(False, 307), (True, 200)], [report]) == [None, report]


def test_a_report_of_a_challenge_that_was_never_shown_is_skipped():
    challenge, answer = {"statusCode": 401, "headers": {}}, {"statusCode": 200, "headers": {}}
    assert headers.matched_responses([(True, 200)], [challenge, answer]) == [answer]


def test_a_report_that_never_came_is_none():
    assert headers.matched_responses([(True, 302), (True, 200)], [{"statusCode": 302, "headers": {}}])[1] is None


def test_an_answer_that_the_browser_withheld_is_known_from_its_report():
    report = {"statusCode": 200, "headers": {}}
    assert headers.matched_responses([(True, None)], [report]) == [report]


def test_reports_of_requests_are_matched_by_host():
    asked, other = {"headers": {"Host": "a.example"}}, {"headers": {":authority": "b.example"}}
    expected = [(True, "http://a.example/1"), (True, "https://b.example/2")]
    assert headers.matched_requests(expected, [asked, other]) == [asked, other]
    assert headers.matched_requests(expected, [other]) == [None, other]
