"""Bills of payment providers and banks: rows of a CSV file into payments, and whatever is none with its reason."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forensics.chats.amount import AmountError, parse_amount, plain_text
from forensics.chats.bill_row import BillRow, bill_rows
from forensics.chats.message import Locator, Problem
from forensics.chats.payment import CONFIRMED_BY_BILL, IN, OUT, UNKNOWN, Payment
from forensics.errors import CodecError, UsageError

MAX_BYTES = 256 * 2**20
"""Largest bill that is read, in bytes: 100 times the rows of a busy year at 200 bytes each."""

MAX_PREAMBLE_ROWS = 200
"""Rows before the heading; those of WeChat and Alipay bills have 16 to 25."""

_TIMES = (
    "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M:%S",
    "%Y%m%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S", "%Y年%m月%d日 %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
)  # fmt: skip
"""Ways to write a time that have the year first, so that day and month cannot be mixed up."""

_STATED_ROWS = re.compile(r"共\s*([0-9]{1,9})\s*笔")
_REFUNDED = re.compile(r"已退款\s*\(?\s*([¥]?[0-9.,]+)")
_MOST_CUT = 3
"""Bytes of a character that are left at most where a text was cut off within it. *Source:* RFC 3629; GB 18030."""

_CUT = ("unexpected end of data", "incomplete multibyte sequence")
_DIGIT = re.compile(r"\d")
_NEEDED = frozenset({"time", "amount", "direction", "status", "paid_in", "paid_out", "currency"})
_ROUNDED = re.compile(r"[0-9][.,]?[0-9]*[Ee][+]?[0-9]+|[0-9]{15}0{8,}")
"""A long number as spreadsheets save it: 15 digits are left, so that several payments come to have one number.
*Source:* Microsoft, "Excel specifications and limits": number precision of 15 digits."""

_NOTHING = frozenset({"", "/", "-", "--", "无", "null"})


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that states no payment, for example a top-up of the own account or an order that was never paid."""

    reason: str
    shown: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Layout:
    """How the bills of one issuer are read.

    Attributes:
        name: Name of the format, for example `wechat-bill`.
        columns: What a column means to its headings, the first that is there counts: `time`, `amount`, `direction`,
            `kind`, `counterparty`, `account`, `goods`, `status`, `reference`, `memo`, `refunded`, `paid_in`,
            `paid_out`, `currency`. A bill has `time`, and `amount` or both `paid_in` and `paid_out`.
        zone: Zone of its times; empty where it is not known.
        zone_source: `format` where the issuer's country has one zone, `assumed` where a person said so.
        currency: Currency where the row names none.
        decimal: Decimal mark.
        times: Ways to write a time, as for `strptime`.
        words_in: Words of the direction column for money received; `words_out` likewise.
        words_aside: Words of the direction column for movements that are neither.
        done: Beginnings of states in which money moved; empty where every row is a finished one.
        undone: Beginnings of states in which it did not.
        refund_kinds: Parts of the kind or the state that name a refund.
        channels: Parts of the kind, or of the goods, to channels; the first that fits counts.
        holder: Patterns in the rows before the heading that give the account's name.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    zone: str = ""
    zone_source: str = "format"
    currency: str = "CNY"
    decimal: str = "."
    times: tuple[str, ...] = _TIMES
    words_in: frozenset[str] = frozenset({"收入", "收", "贷", "in", "credit"})
    words_out: frozenset[str] = frozenset({"支出", "支", "借", "out", "debit"})
    words_aside: frozenset[str] = frozenset({"不计收支", "中性交易", "其他"}) | _NOTHING
    done: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    refund_kinds: tuple[str, ...] = ("退款", "refund")
    channels: Mapping[str, str] | None = None
    holder: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BillFile:
    """The bytes of a bill, what they are called, and what the user says about them.

    Attributes:
        sha256: Digest of the bytes, in hex.
        zone: Zone that the user names, for example `Asia/Shanghai`; empty leaves it to the layout.
        holder: Account whose bill it is, as the user names it; empty takes the name that the bill shows.
    """

    data: bytes
    name: str
    sha256: str
    zone: str = ""
    holder: str = ""


def open_bill(data: bytes, name: str, *, zone: str = "", holder: str = "") -> BillFile:
    """Names the bytes of a bill by their digest."""
    return BillFile(data, name, hashlib.sha256(data).hexdigest(), zone, holder)


def decode(data: bytes) -> tuple[str, bool]:
    """Decodes text by its byte-order mark, else as UTF-8, else as GB 18030, which contains GBK.

    Returns:
        The text, and whether every byte could be decoded; U+FFFD stands for those that could not.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
        return text, "\ufffd" not in text
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), True
        except UnicodeDecodeError as error:
            if error.start >= len(data) - _MOST_CUT and error.reason in _CUT:
                return data.decode(encoding, "replace"), False
    spoilt = [data.decode(encoding, "replace") for encoding in ("utf-8-sig", "gb18030")]
    return min(spoilt, key=lambda text: text.count("\ufffd")), False


def lines_of(head: bytes, limit: int = 80) -> list[str]:
    """Decodes the first bytes of a file, which may end within a character, into its first lines."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(head).splitlines()[:limit]
        except UnicodeDecodeError:
            continue
    return decode(head)[0].splitlines()[:limit]


def heading_of(text: str, layout: Layout) -> bool:
    """Whether a line of text is the heading of a layout's table."""
    return _find_columns(next(csv.reader([text]), []), layout) is not None


def read_layout(bill: BillFile, layout: Layout) -> Iterator[Payment | Problem | Skipped]:
    """Reads a bill.

    Yields:
        Payments in the order of the file; `Skipped` for rows that state none, `Problem` for what could not be read.
        Refunds that only the state of a row mentions follow at the end.

    Raises:
        CodecError: The file is no table of text, is too large, or its heading is not the layout's.
        UsageError: There is no such zone.
    """
    zone = _zone(bill.zone or layout.zone)
    if len(bill.data) > MAX_BYTES:
        raise CodecError(f"{bill.name} has {len(bill.data)} bytes; bills of up to {MAX_BYTES} are read")
    if bill.data[:4] == b"PK\x03\x04":
        raise CodecError(f"{bill.name} is an archive or a workbook", hint="Unpack it, or save the sheet as CSV.")
    text, is_whole = decode(bill.data)
    if not is_whole:
        yield Problem("encoding", "bytes that are neither UTF-8 nor GB 18030", Locator(bill.sha256, bill.name, "file"))
    rows = bill_rows(text)
    before, heading = _heading(rows, bill.name, layout)
    columns = _find_columns(heading, layout) or {}
    holder = bill.holder or _holder(before, layout)
    reader = _Reader(bill, layout, columns, zone, holder, width=len(heading))
    count = 0
    refunded: list[tuple[Payment, int]] = []
    refunds: list[Payment] = []
    for line, raw, error in rows:
        cells = [_clean(cell) for cell in raw]
        if not error and reader.is_remark(cells):
            continue
        count += 1
        for made in reader.read(line, cells, broken=error):
            if isinstance(made, Payment):
                if made.is_refund:
                    refunds.append(made)
                elif stated := reader.refunded_minor(cells, made):
                    refunded.append((made, stated))
            yield made
    yield from _stated_refunds(refunded, refunds)
    yield from _count_problem(before, count, bill)


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"there is no time zone {name!r}", hint="Name it as in Asia/Shanghai.") from error


def _clean(cell: str) -> str:
    """Takes off the white space, tabs and marks with which issuers keep spreadsheets from changing long numbers."""
    return cell.strip(" \t\r\n\ufeff\u3000").lstrip("`'").strip()


def _find_columns(cells: Sequence[str], layout: Layout) -> dict[str, int] | None:
    names = [plain_text(_clean(cell)) for cell in cells]
    found: dict[str, int] = {}
    for meaning, headings in layout.columns.items():
        place = next((names.index(plain_text(name)) for name in headings if plain_text(name) in names), None)
        if place is not None:
            found[meaning] = place
    has_amount = "amount" in found or {"paid_in", "paid_out"} <= found.keys()
    return found if "time" in found and has_amount else None


def _heading(rows: Iterator[BillRow], name: str, layout: Layout) -> tuple[list[list[str]], list[str]]:
    """Gives the rows before the heading, and the heading."""
    before: list[list[str]] = []
    for row in rows:
        cells = [_clean(cell) for cell in row.cells]
        if _find_columns(cells, layout) is not None:
            return before, cells
        before.append(cells)
        if len(before) > MAX_PREAMBLE_ROWS:
            break
    raise CodecError(
        f"{name} has no heading of a {layout.name} table",
        hint="Name another format, or describe the columns in a mapping file.",
    )


def _holder(before: Iterable[Sequence[str]], layout: Layout) -> str:
    text = plain_text("\n".join(",".join(cells) for cells in before))
    for pattern in layout.holder:
        if found := re.search(pattern, text):
            return found[1].strip()
    return ""


def _count_problem(before: Iterable[Sequence[str]], count: int, bill: BillFile) -> Iterator[Problem]:
    """Compares the number of rows with the number that the bill itself states."""
    found = _STATED_ROWS.search("\n".join(",".join(cells) for cells in before))
    if found and int(found[1]) != count:
        detail = f"the bill states {int(found[1])} rows and has {count}"
        yield Problem("rows", detail, Locator(bill.sha256, bill.name, "preamble"))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the rows of one bill. `width` is the number of cells of its heading."""

    bill: BillFile
    layout: Layout
    columns: Mapping[str, int]
    zone: ZoneInfo | None
    holder: str
    width: int

    def cell(self, cells: Sequence[str], meaning: str) -> str:
        """Gives the cell of a column; empty where there is none."""
        place = self.columns.get(meaning)
        return cells[place] if place is not None and place < len(cells) else ""

    def is_remark(self, cells: Sequence[str]) -> bool:
        """Whether a row is no row of the table: it is almost empty and has no amount."""
        return sum(map(bool, cells)) < len(self.columns) // 3 and not self.cell(cells, "amount")

    def _misshapen(self, cells: Sequence[str]) -> str:
        """Says why the cells of a row cannot be told by the heading; empty where they can."""
        if any(cells[self.width :]):
            return f"the row has {len(cells)} cells and the heading {self.width}"
        needed = max(place for name, place in self.columns.items() if name in _NEEDED)
        if len(cells) <= needed:
            return f"the row ends after {len(cells)} cells, before one that is needed"
        if not _DIGIT.search(self.cell(cells, "time")):
            return f"where a time should stand is {self.cell(cells, 'time')[:40]!r}"
        return ""

    def read(self, line: int, cells: Sequence[str], *, broken: str) -> Iterator[Payment | Problem | Skipped]:
        """Reads one row; `broken` says why it is none, or is empty."""
        where = Locator(self.bill.sha256, self.bill.name, f"line {line}")
        shown = ", ".join(cells)[:200]
        if wrong := broken or self._misshapen(cells):
            yield Problem("row", f"{wrong}; it is in no total{f': {shown}' if shown else ''}", where)
            return
        try:
            amount, currency, direction = self._amount(cells)
        except AmountError as error:
            yield Problem("amount", f"{error}; the row is in no total", where)
            return
        reason = self._no_payment(cells, amount, direction)
        if reason:
            yield Skipped(reason, shown, where)
            return
        if self._is_unknown_state(cells):
            yield Problem("status", f"unknown state {self.cell(cells, 'status')[:40]!r}; the row is in no total", where)
            return
        local, at, zone = self._time(self.cell(cells, "time"))
        if local is None or (at is None and self.zone is not None):
            why = (
                "is no time that can be read" if local is None else "came twice or never in its zone, or is too far off"
            )
            yield Problem("time", f"{self.cell(cells, 'time')[:40]!r} {why}", where)
        yield self._payment(cells, where, money=(amount, currency, direction), times=(local, at, zone))

    def _amount(self, cells: Sequence[str]) -> tuple[int, str, str]:
        """Reads amount, currency and direction; a negative amount contradicts a direction column."""
        currency = self.cell(cells, "currency").upper() or self.layout.currency
        if "amount" not in self.columns:
            return self._two_columns(cells, currency)
        amount, unit = parse_amount(self.cell(cells, "amount"), currency, decimal=self.layout.decimal)
        if "direction" not in self.columns:
            return abs(amount), unit, IN if amount > 0 else OUT
        if amount < 0:
            raise AmountError(f"a negative amount beside a direction: {self.cell(cells, 'amount')[:40]!r}")
        word = self.cell(cells, "direction").casefold()
        return amount, unit, IN if word in self.layout.words_in else OUT if word in self.layout.words_out else UNKNOWN

    def _two_columns(self, cells: Sequence[str], currency: str) -> tuple[int, str, str]:
        got, gave = (self.cell(cells, name) for name in ("paid_in", "paid_out"))
        mark = self.layout.decimal
        sums = [0 if one in _NOTHING else parse_amount(one, currency, decimal=mark)[0] for one in (got, gave)]
        if min(sums) < 0 or (sums[0] and sums[1]):
            raise AmountError(f"both in and out, or negative: {got[:20]!r}, {gave[:20]!r}")
        return max(sums), currency, IN if sums[0] else OUT

    def _is_refund(self, cells: Sequence[str]) -> bool:
        kind, status = (self.cell(cells, name).casefold() for name in ("kind", "status"))
        is_kind = any(part in kind for part in self.layout.refund_kinds)
        return is_kind or any(status.startswith(part) for part in self.layout.refund_kinds)

    def _no_payment(self, cells: Sequence[str], amount: int, direction: str) -> str:
        """Says why a row states no payment; empty where it does."""
        status = self.cell(cells, "status")
        if amount == 0:
            return "the amount is zero"
        if any(status.startswith(part) for part in self.layout.undone):
            return f"state {status[:20]}: no money moved"
        if direction == UNKNOWN and not self._is_refund(cells):
            word = self.cell(cells, "direction")
            return "a movement between own accounts" if word in self.layout.words_aside else f"direction {word[:20]!r}"
        return ""

    def _is_unknown_state(self, cells: Sequence[str]) -> bool:
        status = self.cell(cells, "status")
        known = (*self.layout.done, *self.layout.refund_kinds)
        return bool(self.layout.done) and not any(status.startswith(part) for part in known)

    def _time(self, text: str) -> tuple[datetime | None, datetime | None, str]:
        """Reads a time: as shown, in UTC, and where its zone comes from."""
        local = _parse_time(text, self.layout.times)
        if local is None or self.zone is None:
            return local, None, "unknown"
        try:
            early, late = (local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        except OverflowError:
            return local, None, "unknown"
        if early != late:
            return local, None, "unknown"
        source = "assumed" if self.bill.zone else self.layout.zone_source
        return local, early, f"{source}:{self.zone.key}"

    def _payment(
        self,
        cells: Sequence[str],
        where: Locator,
        *,
        money: tuple[int, str, str],
        times: tuple[datetime | None, datetime | None, str],
    ) -> Payment:
        amount, currency, direction = money
        other, reference = (self.cell(cells, name) for name in ("counterparty", "reference"))
        other = "" if other in _NOTHING else other
        reference = "" if reference in _NOTHING or _ROUNDED.fullmatch(reference) else reference
        is_refund = self._is_refund(cells)
        way = IN if is_refund and direction == UNKNOWN else direction
        payer, payee = (other, self.holder) if way == IN else (self.holder, other)
        parts = (str(times[0] or self.cell(cells, "time"))[:16], str(amount), currency, way, other, str(is_refund))
        row = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
        return Payment(
            id=payment_id(where, self.layout.name),
            at=times[1],
            local_at=times[0],
            at_shown=self.cell(cells, "time"),
            zone=times[2],
            amount_minor=amount,
            currency=currency,
            direction=way,
            payer=payer,
            payee=payee,
            channel=self._channel(cells),
            certainty=CONFIRMED_BY_BILL,
            is_refund=is_refund,
            memo=" / ".join(one for name in ("goods", "memo") if (one := self.cell(cells, name)) not in _NOTHING),
            locator=where,
            dedupe_key=f"{self.layout.name}:{row}",
            status=self.cell(cells, "status"),
            reference=reference,
            rule=self.layout.name,
        )

    def _channel(self, cells: Sequence[str]) -> str:
        text = f"{self.cell(cells, 'kind')} {self.cell(cells, 'goods')}"
        found = (channel for part, channel in (self.layout.channels or {}).items() if part in text)
        return next(found, "bill")

    def refunded_minor(self, cells: Sequence[str], payment: Payment) -> int:
        """Reads what a row of a payment says was paid back, in minor units; 0 where it says nothing readable."""
        status = plain_text(payment.status)
        if status.startswith("已全额退款"):
            return payment.amount_minor
        found = _REFUNDED.match(status)
        text = found[1] if found else self.cell(cells, "refunded")
        try:
            return min(parse_amount(text, payment.currency)[0], payment.amount_minor) if text not in _NOTHING else 0
        except AmountError:
            return 0


def payment_id(where: Locator, rule: str) -> str:
    """Names a payment by its source; the same bytes give the same name."""
    return "p-" + hashlib.sha256(f"{where.file}\n{where.record}\n{rule}".encode()).hexdigest()[:16]


def _parse_time(text: str, patterns: Iterable[str]) -> datetime | None:
    plain = " ".join(plain_text(text[:60]).split())
    for pattern in patterns:
        try:
            return datetime.strptime(plain, pattern)  # noqa: DTZ007  the zone is a separate statement
        except ValueError:
            continue
    return None


def _stated_refunds(stated: Iterable[tuple[Payment, int]], refunds: Iterable[Payment]) -> Iterator[Payment]:
    """Gives the refunds that only the state of the paid row mentions: a refund row of the same sum covers one."""
    left: dict[tuple[str, int], int] = {}
    for refund in refunds:
        key = (refund.currency, refund.amount_minor)
        left[key] = left.get(key, 0) + 1
    for payment, amount in stated:
        key = (payment.currency, amount)
        if amount <= 0:
            continue
        if left.get(key, 0):
            left[key] -= 1
            continue
        yield replace(
            payment,
            id=f"{payment.id}-r",
            amount_minor=amount,
            direction=OUT if payment.direction == IN else IN,
            payer=payment.payee,
            payee=payment.payer,
            is_refund=True,
            at=None,
            local_at=None,
            at_shown="",
            zone="unknown",
            dedupe_key=f"{payment.dedupe_key}:refund",
            rule=f"{payment.rule}-state",
        )
