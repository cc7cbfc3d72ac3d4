"""Bank statements as CSV: one line a transfer, in columns that a bank's export is mapped to.

The one rule: columns are found by their names in the first row, dates are ISO 8601 and amounts
decimals with a point, and what is otherwise is refused with its line. A file is read line by line:
memory holds its transfers and one row, never the file. Source: RFC 4180.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import IO

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
MAX_ROW = 2 * MAX_TEXT * (len(REQUIRED) + len(OPTIONAL))
"""Characters of a row, each of them doubled as a quote is: beyond them no row can be read."""
PIECE = 65536


def read_csv(file: IO[bytes]) -> tuple[BankStatement, ...]:
    """The statements of a CSV file, in order of appearance. Raises StatementBroken with its line.

    A statement ends where account or statement changes; comma or semicolon separates columns.
    Requires a file that can be read again from its beginning.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return _statements(_Lines(text))
    except UnicodeDecodeError:
        raise broken(_first_undecodable(file), "it is not UTF-8") from None
    finally:
        text.detach()


def _first_undecodable(file: IO[bytes]) -> int:
    """The line of the first byte that is no UTF-8."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    file.seek(0)
    while True:
        piece = file.read(PIECE)
        try:
            line += decoder.decode(piece, final=not piece).count("\n")
        except UnicodeDecodeError as error:
            return line + error.object[: error.start].count(b"\n")


class _Lines:
    """The lines of a file, one at a time; what belongs to one row is bounded."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._number = self._held = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_ROW + 1):
            self._number += 1
            self._held += len(line)
            if self._held > MAX_ROW:
                raise broken(self._number, f"a row has more than {MAX_ROW} characters")
            if "\0" in line:
                raise broken(self._number, "it holds the character NUL")
            yield line

    def row_ended(self) -> None:
        """What comes next belongs to another row."""
        self._held = 0


def _statements(given: _Lines) -> tuple[BankStatement, ...]:
    lines: dict[tuple[str, str, str], list[BankLine]] = {}
    for number, row in _rows(given):
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


def _rows(given: _Lines) -> Iterator[tuple[int, dict[str, str]]]:
    lines = iter(given)
    if not (head := next(lines, "")):
        return
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(chain([head], lines), delimiter=delimiter, strict=True)
    columns: list[str] = []
    count = 0
    try:
        for cells in reader:
            given.row_ended()
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
