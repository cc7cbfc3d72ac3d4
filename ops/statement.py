"""Check of a partner's statement against an export: that it shows every posting, and none else.

The one rule: a statement is complete when its postings of each account run without a gap, each
balance following from the one before, and when they are those that the ledger's own entries made.
Source: `ledger-format.md`, "Completeness".
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import orjson

from ledger.amounts import Money
from ledger.errors import Refusal
from ledger.journal import Account, AccountKind, Booked
from ops.counting import counted

FORMAT = "jpi-statement/v1"


class StatementUnreadable(ValueError):  # noqa: N818 -- named for what it tells
    """The file is no statement."""


@dataclass(slots=True)
class StatementCheck:
    """A statement that is held against the entries of an export as they are replayed."""

    ecosystem: str
    size: int
    shown: dict[Account, list[tuple[int, int, int, int]]]
    closing: dict[Account, tuple[int, int]]
    owner: str
    about: str
    seen: dict[Account, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    def replayed(self, index: int, booked: Iterable[Booked]) -> None:
        """Hold the postings of an entry against what the statement shows."""
        if index >= self.size:
            return
        for each in booked:
            posting, account = each.posting, each.posting.account
            if (account.owner, account.counterparty) != (self.owner, self.about):
                continue
            number = self.seen.get(account, 0)
            self.seen[account] = number + 1
            rows = self.shown.get(account, [])
            made = (posting.sequence, posting.amount_minor, posting.balance_minor, index)
            if number >= len(rows):
                self.findings.append(
                    f"entry {index} posted number {posting.sequence} of {account.kind} in "
                    f"{account.currency}, which the statement does not show"
                )
            elif rows[number] != made:
                self.findings.append(
                    f"number {posting.sequence} of {account.kind} in {account.currency} is not "
                    f"what entry {index} posted"
                )

    def end(self, entries: int) -> list[str]:
        """What is wrong with the statement, after the last entry of the export."""
        if entries < self.size:
            self.findings.append(
                f"it is of {counted(self.size, 'entry', 'entries')}, the export has {entries}: "
                f"take an export that is not older, or the statement with asOf={entries}"
            )
        for account, rows in self.shown.items():
            extra = len(rows) - self.seen.get(account, 0)
            if extra > 0:
                self.findings.append(
                    f"{extra} postings of {account.kind} in {account.currency} are in no entry"
                )
        return self.findings

    @property
    def count(self) -> int:
        """Postings that it shows."""
        return sum(len(rows) for rows in self.shown.values())


def read_statement(path: Path) -> StatementCheck:
    """A statement's file, its own sums checked. Raises StatementUnreadable, OSError."""
    try:
        fields = orjson.loads(path.read_bytes())
        if fields["format"] != FORMAT:
            raise StatementUnreadable(f"{path} is no {FORMAT}")
        made = StatementCheck(
            fields["ecosystem"], fields["size"], {}, {}, fields["booksOf"], fields["about"]
        )
        for row in fields["postings"]:
            account = _account(made, row)
            minors = (_minor(row, "amount"), _minor(row, "balance"))
            made.shown.setdefault(account, []).append((row["sequence"], *minors, row["entry"]))
        for row in fields["accounts"]:
            made.closing[_account(made, row)] = (row["sequence"], _minor(row, "balance"))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, Refusal) as error:
        raise StatementUnreadable(f"{path} is no {FORMAT}: {error}") from error
    _check_sums(made)
    return made


def _account(made: StatementCheck, row: dict[str, object]) -> Account:
    kind = AccountKind(str(row["account"]))
    return Account(made.owner, made.about, kind, str(row["currency"]))


def _minor(row: dict[str, object], name: str) -> int:
    return Money.parse(cast("str", row[name]), str(row["currency"])).amount_minor


def _check_sums(made: StatementCheck) -> None:
    """Sequences without a gap from 1, and running balances to the closing one."""
    for account, rows in made.shown.items():
        where = f"{account.kind} in {account.currency}"
        balance = 0
        for number, (sequence, amount, after, _) in enumerate(rows, start=1):
            balance += amount
            if sequence != number:
                made.findings.append(f"number {number} of {where} is missing")
                break
            if after != balance:
                made.findings.append(f"the balance at number {number} of {where} does not follow")
                break
        last = rows[-1]
        if made.closing.get(account) != (last[0], last[2]):
            made.findings.append(f"the closing balance of {where} is not its last posting's")
    for account in made.closing.keys() - made.shown.keys():
        made.findings.append(f"{account.kind} in {account.currency} closes without a posting")
