"""Bank statements: what a party's bank says moved on its account, line by line.

The one rule: a line is known by its mark, made of the account and the bank's own reference, so
that the same transfer in two files is one line; a statement whose lines do not lead from its
opening to its closing balance is refused. Names and texts of strangers never enter the ledger: the
entry of an import carries a salted root of the lines, and the lines lie beside it, the importing
party's alone. Source: `domain.md` section 8.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from stdnum import iso11649

from ledger import tree
from ledger.amounts import Money
from ledger.canonical import encode
from ledger.errors import Refusal
from ledger.ids import Seed
from ledger.observation import row_leaf, row_salt

MAX_LINES = 100_000
"""Lines in one import."""
MAX_STATEMENTS = 1000
MARK_DIGITS = 40
_REFERENCE = re.compile(r"(?=(RF[0-9]{2}[0-9A-Z]{16}))")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", re.IGNORECASE | re.ASCII)
_SHORT_REFERENCE = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}\Z")


def electronic(account: str) -> str:
    """An account without spaces, an IBAN in capitals, so that it is one whoever wrote it.

    Source: ISO 13616-1, the electronic format of an IBAN.
    """
    account = account.replace(" ", "")
    return account.upper() if _IBAN.fullmatch(account) else account


class StatementBroken(Refusal):
    """The file is broken at line {line}: {reason}. -> Get it from the bank again."""


class StatementUnbalanced(Refusal):
    """{statement} leads from {opening} to {reached}, not to {closing}. -> Get it whole."""


class StatementKnown(Refusal):
    """Every statement of this file was imported before, by entry {index}. -> Nothing is needed."""


class StatementDiffers(Refusal):
    """Entry {index} imported {statement} with other content. -> Ask the bank which one stands."""


@dataclass(frozen=True, slots=True)
class BankLine:
    """One transfer. The amount is positive when money came in, negative when it left.

    `reference` is the ISO 11649 reference that was found in it, or empty. `bank_reference` is the
    bank's own, unique in the account with `part` (which transfer of a batch), or empty.
    """

    amount: Money
    booked_on: date
    reference: str = ""
    end_to_end: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    text: str = ""
    bank_reference: str = ""
    part: int = 0
    is_reversal: bool = False


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement of one account in one currency. Balances are None where the file tells none."""

    account: str
    statement_id: str
    currency: str
    opening: Money | None
    closing: Money | None
    lines: tuple[BankLine, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of what it says, whatever the file's white space and message id, as hex."""
        fields = [self.account, self.statement_id, self.currency]
        fields += [each.render() if each else "" for each in (self.opening, self.closing)]
        hashed = sha256(encode(fields))
        for number in range(len(self.lines)):
            hashed.update(line_bytes(self, number))
        return hashed.hexdigest()

    def check(self) -> None:
        """Return if the lines lead from opening to closing. Raises StatementUnbalanced."""
        if self.opening is None or self.closing is None:
            return
        moved = sum(line.amount.amount_minor for line in self.lines)
        reached = self.opening.amount_minor + moved
        if reached != self.closing.amount_minor:
            raise StatementUnbalanced(
                "content",
                statement=self.statement_id,
                opening=self.opening.render(),
                reached=Money(self.currency, reached).render(),
                closing=self.closing.render(),
            )


@dataclass(frozen=True, slots=True)
class ImportStatements:
    """Command: enter what the bank says of one's own account, and match it with what is due."""

    statements: tuple[BankStatement, ...]


@dataclass(frozen=True, slots=True)
class StatementImported:
    """A party imported a statement; for its eyes alone. `root` is over the salted lines."""

    account: str
    statement_id: str
    currency: str
    digest: str
    line_count: int
    root: bytes


@dataclass(frozen=True, slots=True)
class SealedStatement:
    """A statement with what the ledger commits to."""

    statement: BankStatement
    event: StatementImported
    salt: bytes
    leaf_hashes: tuple[bytes, ...]


def line_bytes(statement: BankStatement, number: int) -> bytes:
    """Canonical bytes of a line, the same for whoever holds it."""
    line = statement.lines[number]
    fields: dict[str, object] = {
        "account": statement.account,
        "amount": line.amount.render(),
        "bankReference": line.bank_reference,
        "bookedOn": line.booked_on.isoformat(),
        "counterparty": line.counterparty,
        "counterpartyAccount": line.counterparty_account,
        "currency": line.amount.currency,
        "endToEnd": line.end_to_end,
        "isReversal": line.is_reversal,
        "part": line.part,
        "reference": line.reference,
        "text": line.text,
    }
    return encode(fields)


def seal_statement(statement: BankStatement, seed: Seed) -> SealedStatement:
    """A statement with its salted root."""
    salt = seed.new_salt()
    leaves = tuple(
        row_leaf(row_salt(salt, number), line_bytes(statement, number))
        for number in range(len(statement.lines))
    )
    event = StatementImported(
        statement.account,
        statement.statement_id,
        statement.currency,
        statement.digest,
        len(statement.lines),
        tree.root(leaves),
    )
    return SealedStatement(statement, event, salt, leaves)


def mark_of(party_id: str, statement: BankStatement, number: int) -> str:
    """What a line is known by: its account and the bank's reference, or its place without one."""
    line = statement.lines[number]
    known = [line.bank_reference, str(line.part)]
    if not line.bank_reference:
        known = [statement.statement_id, f"#{number}"]
    said = [line.amount.render(), line.amount.currency, line.booked_on.isoformat()]
    fields = [party_id, statement.account, *known, *said]
    return sha256(encode(fields)).hexdigest()[:MARK_DIGITS]


def reference_in(*texts: str) -> str:
    """The first valid ISO 11649 reference in texts, blanks aside; empty when there is none."""
    for text in texts:
        joined = "".join(text.split()).upper()
        if _SHORT_REFERENCE.match(joined) and iso11649.is_valid(joined):
            return joined
        for match in _REFERENCE.finditer(joined):
            if iso11649.is_valid(match[1]):
                return match[1]
    return ""


def check_all(statements: Sequence[BankStatement]) -> None:
    """Return if statements can be imported. Raises StatementBroken, StatementUnbalanced."""
    if not statements:
        raise StatementBroken("content", line=1, reason="it holds no statement")
    if len(statements) > MAX_STATEMENTS:
        raise StatementBroken("content", line=1, reason=f"more than {MAX_STATEMENTS} statements")
    if sum(len(each.lines) for each in statements) > MAX_LINES:
        raise StatementBroken("content", line=1, reason=f"more than {MAX_LINES} lines in one file")
    keys = [(each.account, each.statement_id) for each in statements]
    if len(set(keys)) != len(keys):
        raise StatementBroken("content", line=1, reason="a statement stands twice in it")
    for each in statements:
        each.check()
