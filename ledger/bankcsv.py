"""Bank statements as CSV: one line a transfer, in columns that a bank's export is mapped to.

The one rule: columns are found by their names in the first row, dates are ISO 8601 and amounts
decimals with a point, and what is otherwise is refused with its line. Source: RFC 4180.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date

from ledger.amounts import Money
from ledger.bankstatement import (
    MAX_LINES,
    BankLine,
    BankStatement,
    StatementBroken,
    electronic,
    reference_in,
)
from ledger.errors import Refusal

REQUIRED = ("account", "statement", "booked_on", "amount", "currency")
OPTIONAL = (
    "reference",
    "end_to_end",
    "counterparty",
    "counterparty_account",
    "text",
    "bank_reference",
    "is_reversal",
)
MAX_TEXT = 4000


def read_csv(data: bytes) -> tuple[BankStatement, ...]:
    """The statements of a CSV file, in order of appearance. Raises StatementBroken with its line.

    A statement ends where account or statement changes; comma or semicolon separates columns.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken(line, "it is not UTF-8") from None
    if "\0" in text:
        raise broken(text.count("\n", 0, text.index("\0")) + 1, "it holds the character NUL")
    lines: dict[tuple[str, str, str], list[BankLine]] = {}
    for number, row in _rows(text):
        account, statement = electronic(row["account"]), row["statement"]
        if not account or not statement:
            raise broken(number, "a line names its account and its statement")
        lines.setdefault((account, statement, row["currency"]), []).append(_line(row, number))
    keys = [(account, statement) for account, statement, _ in lines]
    if len(set(keys)) != len(keys):
        raise broken(1, "a statement has lines in two currencies")
    return tuple(
        BankStatement(account, statement, currency, None, None, tuple(found))
        for (account, statement, currency), found in lines.items()
    )


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    count = 0
    try:
        for cells in reader:
            if not columns:
                columns = _columns([each.strip().lower() for each in cells])
                continue
            if not any(each.strip() for each in cells):
                continue
            count += 1
            if count > MAX_LINES:
                raise broken(reader.line_num, f"more than {MAX_LINES} lines in one file")
            if len(cells) != len(columns):
                reason = f"{len(cells)} columns, the first row has {len(columns)}"
                raise broken(reader.line_num, reason)
            if any(len(each) > MAX_TEXT for each in cells):
                raise broken(reader.line_num, f"a cell has more than {MAX_TEXT} characters")
            row = {name: each.strip() for name, each in zip(columns, cells, strict=True)}
            yield reader.line_num, row
    except csv.Error as error:
        raise broken(reader.line_num, str(error)) from None


def _columns(names: list[str]) -> list[str]:
    for name in REQUIRED:
        if name not in names:
            raise broken(1, f"the first row has no column {name}")
    unknown = [name for name in names if name not in (*REQUIRED, *OPTIONAL)]
    if unknown:
        raise broken(1, f"no column is called {unknown[0][:40]!r}; known are {', '.join(OPTIONAL)}")
    if len(set(names)) != len(names):
        raise broken(1, "a column stands twice")
    return names


def _line(row: dict[str, str], number: int) -> BankLine:
    try:
        amount = Money.parse(row["amount"].removeprefix("+"), row["currency"])
    except Refusal as refusal:
        raise broken(number, refusal.message.rstrip(".")) from None
    try:
        booked_on = date.fromisoformat(row["booked_on"])
    except ValueError:
        raise broken(number, f"{row['booked_on'][:40]!r} is no date such as 2026-03-31") from None
    reversal = row.get("is_reversal", "").lower()
    if reversal not in ("", "true", "false"):
        raise broken(number, "is_reversal is true, false or empty")
    text, end_to_end = row.get("text", ""), row.get("end_to_end", "")
    return BankLine(
        amount=amount,
        booked_on=booked_on,
        reference=reference_in(row.get("reference", ""), end_to_end, text),
        end_to_end=end_to_end,
        counterparty=row.get("counterparty", ""),
        counterparty_account=electronic(row.get("counterparty_account", "")),
        text=text,
        bank_reference=row.get("bank_reference", ""),
        is_reversal=reversal == "true",
    )


def broken(line: int, reason: str) -> StatementBroken:
    """A refusal with its place."""
    return StatementBroken("content", line=line, reason=reason)
