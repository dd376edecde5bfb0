"""Mail: single messages and mailboxes."""

from __future__ import annotations

import hashlib
import mailbox
from datetime import UTC, datetime
from email.message import EmailMessage

from tests.unit.chats.exports import read


def mail(number: int = 1, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "小王 <wang@example.org>"
    made["To"] = "boss@example.org, Ann <ann@example.org>"
    made["Date"] = headers.get("date", "Mon, 15 Jan 2024 18:30:00 +0800")
    made["Subject"] = "定制"
    made["Message-ID"] = f"<m{number}@example.org>"
    if number > 1:
        made["In-Reply-To"] = f"<m{number - 1}@example.org>"
    made.set_content("八十八\n")
    return made


def test_a_mail_has_sender_recipients_time_and_text():
    found = read(mail().as_bytes(), "a.eml")
    one = found.messages[0]
    assert (found.format, found.chats[0].format, found.chats[0].kind) == ("mail", "eml", "mailbox")
    assert (one.sender, one.sender_id, one.recipients) == (
        "小王",
        "wang@example.org",
        ("boss@example.org", "ann@example.org"),
    )
    assert (one.sent_at, one.zone) == (datetime(2024, 1, 15, 10, 30, tzinfo=UTC), "export")
    assert one.text == "定制\n\n八十八\n"
    assert not found.problems


def test_files_of_a_mail_are_linked_by_digest():
    made = mail()
    made.add_attachment(b"\xff\xd8picture", maintype="image", subtype="jpeg", filename="脸.jpg")
    (file,) = read(made.as_bytes(), "a.eml").messages[0].attachments
    assert (file.name, file.size, file.missing) == ("脸.jpg", 9, "")
    assert file.sha256 == hashlib.sha256(b"\xff\xd8picture").hexdigest()


def test_a_mailbox_as_python_writes_it_is_read_whole(tmp_path):
    box = mailbox.mbox(tmp_path / "a.mbox")
    for number in range(1, 6):
        made = mail(number)
        made.set_content("From here on\nX\n\nFrom there\n")
        box.add(made)
    box.close()
    found = read((tmp_path / "a.mbox").read_bytes(), "a.mbox")
    assert [one.id for one in found.messages] == [f"<m{number}@example.org>" for number in range(1, 6)]
    assert found.messages[4].reply_to == "<m4@example.org>"
    assert all("From there" in one.text for one in found.messages)
    assert found.messages[1].locator.offset > 0


def test_minus_zero_is_utc_and_no_zone_is_unknown():
    assert read(mail(date="Mon, 15 Jan 2024 10:30:00 -0000").as_bytes(), "a.eml").messages[0].sent_at == datetime(
        2024, 1, 15, 10, 30, tzinfo=UTC
    )
    raw = mail().as_bytes().replace(b" +0800", b"")
    assert (read(raw, "a.eml").messages[0].sent_at, read(raw, "a.eml").messages[0].zone) == (None, "unknown")


def test_a_page_is_shown_as_text_without_its_scripts():
    made = EmailMessage()
    made["From"], made["To"] = "a@example.org", "b@example.org"
    made.set_content("<p>one</p><script>alert(1)</script><p>two &amp; three</p>", subtype="html")
    one = read(made.as_bytes(), "a.eml").messages[0]
    assert one.text == "one\ntwo & three"


def test_wrong_charsets_and_dates_are_reported():
    raw = b"From: a@example.org\r\nTo: b@example.org\r\nDate: yesterday\r\n"
    raw += b"Content-Type: text/plain; charset=x-none\r\n\r\n\xff\r\n"
    found = read(raw, "a.eml")
    assert {one.what for one in found.problems} == {"date", "mail"}


def test_deeply_nested_mails_cost_little():
    raw = b"From: a@example.org\r\nTo: b@example.org\r\n"
    for number in range(3000):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    found = read(raw, "a.eml")
    assert found.problems


def test_the_mails_of_the_python_test_suite_are_read(corpus):
    count = 0
    for path in sorted((corpus / "09-mail").glob("*msg_0[1-9].txt")):
        found = read(path.read_bytes(), path.name)
        count += len(found.messages)
    assert count == 9
