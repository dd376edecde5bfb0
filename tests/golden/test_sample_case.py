"""The sample case: the verbs find in samples/exports what samples/truth.json knows, to the last fen."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.program import forensics, opened

OWNER = "示例站长"
NAMES_OF_BILLS = {"示例客户辛": "夏天的云", "示例客户壬": "冬天的树"}
SCREENSHOTS = {
    "payment-page.png": "amount=288.00,currency=CNY,at=2022-07-25 21:14:05,payer=示例客户卯,channel=transfer,line=4",
    "chat-page.png": "amount=120.00,currency=CNY,at=2022-07-26 20:31:00,payer=示例客户辰,channel=transfer,line=7",
}
SETTINGS = ("--set", "chats.zone=Asia/Shanghai", "--only", "chats", "--only", "bills", "--only", "prints")


@pytest.fixture(scope="module")
def truth(samples: Path) -> dict[str, Any]:
    return json.loads((samples / "truth.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def case(samples: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of exports, collected and examined; nobody has stated anything yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_HOME", str(home))
        made = opened(tmp_path_factory.mktemp("sample") / "case", "--jurisdiction", "cn", "--lang", "zh")
    for verb in (("collect", made, samples / "exports"), ("analyze", made, *SETTINGS, "--jobs", "1"), ("match", made)):
        ended = forensics(*verb, home=home)
        assert ended.code == 0, ended.errors
    return made


@pytest.fixture(scope="module")
def told(case: Path, home: Path):
    """Runs a verb on the case and gives its JSON object."""

    def run(*words: str | Path, code: int = 0) -> Any:
        ended = forensics(words[0], case, *words[1:], "--json", home=home)
        assert ended.code == code, ended.errors
        return ended.told

    return run


@pytest.fixture(scope="module")
def money(told) -> dict[str, Any]:
    """What the verb says before a person has stated anything."""
    return told("money")


@pytest.fixture(scope="module")
def stated_case(case: Path, home: Path, samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case once a person has stated what no file says, and has read the screenshots."""
    made = shutil.copytree(case, tmp_path_factory.mktemp("stated") / "case")
    wanted = [("state", made, "account", "--set", f"name={OWNER}")]
    for name, other in NAMES_OF_BILLS.items():
        wanted.append(("state", made, "alias", "--set", f"account={name}", "--set", f"alias={other}"))
    wanted.append(("analyze", made, "--only", "screenshots", "--jobs", "1"))
    for name, payment in SCREENSHOTS.items():
        wanted.append(("confirm", made, samples / "exports" / name, "--payment", payment, "--zone", "Asia/Shanghai"))
    for words in wanted:
        ended = forensics(*words, home=home)
        assert ended.code == 0, (words, ended.errors)
    return made


@pytest.fixture(scope="module")
def stated(stated_case: Path, home: Path) -> dict[str, Any]:
    """What the verb says then."""
    return forensics("money", stated_case, "--json", home=home).told


def findings(case: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Values of the newest finding of a kind by the path of the export, from samples/ on."""
    records = [
        json.loads(line)["record"]
        for path in sorted((case / "records").iterdir())
        for line in path.read_text("utf-8").splitlines()
    ]
    places = {one["id"]: one["locator"] for one in records if one["type"] == "item"}
    names = {
        artifact["digests"]["sha256"]: str(places[one["item"]]).partition("/samples/")[2]
        for one in records
        if one["type"] == "acquisition"
        for artifact in one["artifacts"]
    }
    found = (one for one in records if one["type"] == "finding" and one["kind"] == kind)
    return {names[one["subject"][0]]: one["values"] for one in found if one["values"].get("count")}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def paid(one: dict[str, Any], when: str = "at") -> tuple[datetime, int, str, bool]:
    return instant(one[when]), one["amount_minor"], one["currency"], one["is_refund"]


def test_every_export_has_the_messages_members_and_period_of_the_truth(case, truth):
    found = findings(case, "chat.messages")
    assert found.keys() == truth["exports"].keys()
    for name, known in truth["exports"].items():
        assert (found[name]["count"], found[name]["members"]) == (known["count"], known["members"]), name
        assert instant(found[name]["first_at"]) == instant(known["first_at"]), name
        assert instant(found[name]["last_at"]) == instant(known["last_at"]), name


def test_the_irregularities_of_the_group_are_found(case, truth):
    found = findings(case, "chat.integrity")
    for name, known in truth["integrity"].items():
        assert {key: found[name][key] for key in known} == known


def test_totals_are_exact_in_every_class_and_currency(money, truth):
    known = truth["totals"]["as_collected"]
    for certainty in ("stated_in_chat", "confirmed_by_bill"):
        for currency, sums in known[certainty].items():
            found = money["by_certainty"][certainty][currency]
            assert {name: found[name] for name in sums} == sums, (certainty, currency)
    assert money["totals"].keys() == known["stated_in_chat"].keys()
    assert "shown_on_screenshot" not in money["by_certainty"], "nobody has read the screenshots yet"


def test_totals_are_exact_with_what_persons_stated(stated, truth):
    for certainty, units in truth["totals"]["as_stated"].items():
        for currency, sums in units.items():
            found = stated["by_certainty"][certainty][currency]
            assert {name: found[name] for name in sums} == sums, (certainty, currency)


def test_what_the_account_in_question_paid_is_no_income(stated, truth):
    (out,) = [one for one in stated["payments"] if one["direction"] == "out" and not one["is_refund"]]
    assert (out["payer"], out["amount_minor"]) == (OWNER, 5000)
    assert {one["customer"] for one in stated["chains"]} == truth["customers"].keys()


def test_names_that_a_person_stated_tell_two_payments_apart_and_two_others_stay_ambiguous(stated, truth):
    left = {paid(one) for one in stated["payments"] if not one["matched_with"]}
    assert left == {paid(one) for one in truth["unmatched"]}
    reasons = {one["id"]: one["reason"] for one in stated["unmatched"]}
    unclear = {one["payer"] for one in stated["payments"] if reasons.get(one["id"]) == "ambiguous"}
    assert unclear == {"示例客户己", "示例客户庚"}


def test_what_was_read_off_screenshots_stands_apart_and_leads_to_its_picture(stated, samples):
    found = {(one["payer"], one["amount_minor"], one["locator"]["name"]) for one in stated["screenshots"]}
    assert found == {("示例客户卯", 28800, "payment-page.png"), ("示例客户辰", 12000, "chat-page.png")}
    assert {instant(one["at"]) for one in stated["screenshots"]} == {
        datetime(2022, 7, 25, 13, 14, 5, tzinfo=UTC),
        datetime(2022, 7, 26, 12, 31, tzinfo=UTC),
    }


def test_each_payment_is_matched_or_not_as_the_truth_says(money, truth):
    matched = {paid(one) for one in money["payments"] if one["matched_with"]}
    assert matched == {paid(one) for one in truth["matched"] if not one["needs_alias"]}
    left = {paid(one) for one in money["payments"] if not one["matched_with"]}
    aliases = [one for one in truth["matched"] if one["needs_alias"]]
    assert left == {paid(one) for one in [*truth["unmatched"], *aliases]}


def test_a_matched_payment_leads_to_its_own_row(money, truth):
    rows = {one["id"]: one for one in money["bills"]}
    for one in money["payments"]:
        if one["matched_with"]:
            row = rows[one["matched_with"]]
            assert (row["amount_minor"], row["is_refund"]) == (one["amount_minor"], one["is_refund"])
            assert 0 <= (instant(row["at"]) - instant(one["at"])).total_seconds() <= 3605


def test_rows_of_bills_without_a_payment_in_a_chat_stay_alone(money, truth):
    reasons = {one["id"]: one["reason"] for one in money["unmatched"]}
    alone = {
        (instant(one["at"]), one["amount_minor"]) for one in money["bills"] if reasons.get(one["id"]) == "no_message"
    }
    assert alone == {(instant(one["at"]), one["amount_minor"]) for one in truth["bill_rows_alone"]}


def test_two_exports_and_the_line_of_the_one_who_was_paid_count_once(money, truth):
    reasons = [one["reason"] for one in money["duplicates"]]
    assert {reason: reasons.count(reason) for reason in set(reasons)} == truth["counted_once"]
    assert money["possible_duplicates"] == []


def test_lines_that_may_have_been_typed_are_leads_and_a_packet_without_amount_is_in_no_total(money, truth):
    reasons = [one["reason"] for one in money["leads"]]
    assert {reason: reasons.count(reason) for reason in truth["leads"]} == truth["leads"]
    assert len(money["without_amount"]) == truth["without_amount"]


def test_every_customer_has_a_chain_with_its_payments_and_deliveries(told, money, truth):
    messages = {one["id"]: one["message"] for one in money["payments"]}
    chains = {one["customer"]: one for one in money["chains"] if one["customer"] != OWNER}
    assert chains.keys() == truth["customers"].keys()
    for name, known in truth["customers"].items():
        chain = chains[name]
        assert (len(chain["payments"]), chain["amount_minor"]) == (known["payment_count"], known["amount_minor"]), name
        links = {(messages[one["payment"]], one["message"]) for one in chain["links"] if one["kind"] == "delivery"}
        assert links >= set(known["deliveries"].items()), name


def test_every_work_was_posted_in_the_groups_and_within_the_bounds_of_the_truth(told, truth):
    works = told("spread")["works"]
    for known in truth["works"]:
        (found,) = [one for one in works if set(one["copies"]) & set(known["copies"])]
        assert set(found["copies"]) == set(known["copies"])
        assert [one["title"] for one in found["groups"]] == known["groups"]
        assert (found["members_lower"], found["members_upper"]) == (known["members_lower"], known["members_upper"])
        assert found["members_upper_is_bound"]
        assert instant(found["first_seen"]) == instant(known["first_seen"])
        assert (len(found["posts"]), found["forwards"]) == (known["posts"], known["forwards"])


def test_a_word_of_two_characters_is_found_in_every_message_that_has_it(told, truth):
    for word, known in truth["search"].items():
        hits = told("search", word)["hits"]
        names = [one["locator"]["name"] for one in hits]
        assert sum(known.values()) == len(names)
        counts = sorted(names.count(name) for name in set(names))
        assert counts == sorted(known.values())


def test_an_exhibit_supports_its_elements_once_and_status_says_what_is_missing_to_file(stated_case, home):
    items = forensics("status", stated_case, "--json", home=home).told["items"]
    assert len(items) == 18
    exhibits = (("ITEM-0006", "群聊记录"), ("ITEM-0013", "另一成员导出的群聊记录"))
    for item, title in exhibits:
        made = forensics("exhibit", stated_case, item, "--title", title, "--element", "E9", home=home)
        assert made.code == 0, made.errors
    told = forensics("status", stated_case, "--json", home=home).told
    elements = {one["id"]: one for one in told["elements"]}
    assert [elements["E9"]["status"], elements["E9"]["exhibits"]] == ["supported", ["9-1", "9-2"]]
    assert elements["E9"]["independent"] == 1, "two exports of one chat are one source"
    assert {name for name, one in elements.items() if one["status"] == "missing"} == elements.keys() - {"E9"}
    assert "E2" in json.dumps(told["missing_to_file"])
