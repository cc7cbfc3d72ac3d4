"""The journal: double entry, one account a party, counterparty, kind and currency.

The one rule: the postings of an entry sum to zero in each party's books, and every posting carries
its account's sequence number and running balance, so that a statement between two numbers is
provably complete. Debit is positive, credit negative, in minor units. What was posted is never
changed: a correction posts the opposite and names the entry that it takes back.

Sources: `domain.md` section 8; `ledger-format.md`, "Completeness".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from ledger.amounts import Money
from ledger.errors import Fault
from ledger.retention import Withholding

K_contra = TypeVar("K_contra", contravariant=True)
V_co = TypeVar("V_co", covariant=True)


class Lookup(Protocol[K_contra, V_co]):
    """What is only looked up in: a map that stands, or one that is being changed."""

    def __getitem__(self, key: K_contra, /) -> V_co:
        """The value of a key. Raises KeyError."""
        ...

    def get(self, key: K_contra, /) -> V_co | None:
        """The value of a key, or None."""
        ...


class AccountKind(StrEnum):
    """What an account holds. The chart of accounts is the same in everybody's books."""

    INCENTIVE_EXPENSE = "INCENTIVE_EXPENSE"
    INCENTIVE_INCOME = "INCENTIVE_INCOME"
    PAYABLE = "PAYABLE"
    RECEIVABLE = "RECEIVABLE"
    CASH_CLEARING = "CASH_CLEARING"
    AT_RISK_WITHHELD = "AT_RISK_WITHHELD"


@dataclass(frozen=True, slots=True)
class Account:
    """An account in `owner`'s books about `counterparty`; never shared between audiences."""

    owner: str
    counterparty: str
    kind: AccountKind
    currency: str

    @property
    def key(self) -> str:
        """Its name as one text."""
        return f"{self.owner}/{self.counterparty}/{self.kind}/{self.currency}"


@dataclass(frozen=True, slots=True)
class AccountState:
    """Postings so far, and what they add up to."""

    sequence: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Line:
    """An amount to be posted to an account."""

    account: Account
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A line at its place in its account: sequence from 1, and the balance after it."""

    account: Account
    amount_minor: int
    sequence: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting with what a journal says of it.

    `reference` is the ISO 11649 reference of the stake that it is about, `reverses` the entry whose
    posting it takes back.
    """

    posting: Posting
    reference: str
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class SettlementPosted:
    """An agreed settlement enters the books of those who pay and those who are paid."""

    settlement_id: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class PartStake:
    """The undisputed part of one partner's stake, and what it withholds, releases and keeps."""

    party_id: str
    amount: Money
    withholding: Withholding | None = None

    def plus(self, other: "PartStake") -> "PartStake":
        """Both of one stake together."""
        amount = Money(self.amount.currency, self.amount.amount_minor + other.amount.amount_minor)
        if self.withholding is None or other.withholding is None:
            return PartStake(self.party_id, amount, self.withholding or other.withholding)
        whole = self.withholding.less(other.withholding.opposite)
        return PartStake(self.party_id, amount, whole)


@dataclass(frozen=True, slots=True)
class SettlementPartPosted:
    """The undisputed part of a settlement enters the books in time, while the rest is disputed.

    A second one ends what stayed withheld for the disputed part, where that part never binds.
    """

    settlement_id: str
    stakes: tuple[PartStake, ...]
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class StakePosted:
    """One partner's stake of an agreed confidential settlement enters its books and its payer's."""

    settlement_id: str
    party_id: str
    postings: tuple[Posting, ...]


def stake_lines(
    outsourcer: str, partner: str, amount: Money, withholding: Withholding | None
) -> tuple[Line, ...]:
    """What a stake posts: what was withheld, what became of it, and what is owed beyond it.

    Laws: the account of what is withheld ends where it began, what is disputed aside; what is owed
    moves payables and receivables alone.
    """
    if withholding is None:
        return settlement_lines(outsourcer, partner, amount)
    return (
        *_held(outsourcer, partner, withholding.withheld),
        *_released(outsourcer, partner, withholding.released),
        *_held(outsourcer, partner, withholding.kept, sign=-1),
        *settlement_lines(outsourcer, partner, withholding.beyond),
    )


def _held(payer: str, payee: str, money: Money, *, sign: int = 1) -> tuple[Line, ...]:
    """What withholding posts: an expense not paid yet. Keeping it is the opposite (sign -1)."""
    minor, held = sign * money.amount_minor, AccountKind.AT_RISK_WITHHELD
    return (
        *_pair(payer, payee, AccountKind.INCENTIVE_EXPENSE, held, money, minor),
        *_pair(payee, payer, held, AccountKind.INCENTIVE_INCOME, money, minor),
    )


def _released(payer: str, payee: str, money: Money) -> tuple[Line, ...]:
    """What releasing posts: it is owed now. Below zero, what was released is owed back."""
    minor, held = money.amount_minor, AccountKind.AT_RISK_WITHHELD
    payable, receivable = AccountKind.PAYABLE, AccountKind.RECEIVABLE
    if minor < 0:
        payable, receivable = receivable, payable
    return (
        *_pair(payer, payee, held, payable, money, minor),
        *_pair(payee, payer, receivable, held, money, minor),
    )


def settlement_lines(outsourcer: str, partner: str, amount: Money) -> tuple[Line, ...]:
    """What an amount owed posts: a bonus by the outsourcer, a malus (negative) by the partner."""
    payer, payee = (outsourcer, partner) if amount.amount_minor >= 0 else (partner, outsourcer)
    owed = abs(amount.amount_minor)
    return (
        *_pair(payer, payee, AccountKind.INCENTIVE_EXPENSE, AccountKind.PAYABLE, amount, owed),
        *_pair(payee, payer, AccountKind.RECEIVABLE, AccountKind.INCENTIVE_INCOME, amount, owed),
    )


def payment_reported_lines(payer: str, payee: str, amount: Money) -> tuple[Line, ...]:
    """What a reported payment posts in the payer's books."""
    paid = amount.amount_minor
    return _pair(payer, payee, AccountKind.PAYABLE, AccountKind.CASH_CLEARING, amount, paid)


def payment_received_lines(payer: str, payee: str, amount: Money) -> tuple[Line, ...]:
    """What a received payment posts in the payee's books."""
    paid = amount.amount_minor
    return _pair(payee, payer, AccountKind.CASH_CLEARING, AccountKind.RECEIVABLE, amount, paid)


def set_off_lines(outsourcer: str, partner: str, amount: Money) -> tuple[Line, ...]:
    """What setting off posts: each side owes, and is owed, so much less."""
    minor, payable, receivable = amount.amount_minor, AccountKind.PAYABLE, AccountKind.RECEIVABLE
    return (
        *_pair(outsourcer, partner, payable, receivable, amount, minor),
        *_pair(partner, outsourcer, payable, receivable, amount, minor),
    )


def reversal_lines(postings: Iterable[Posting]) -> tuple[Line, ...]:
    """What takes postings back: the same accounts, the opposite amounts.

    Law: posting them leaves every balance as it was before the postings.
    """
    return tuple(Line(each.account, -each.amount_minor) for each in postings)


def _pair(
    owner: str,
    counterparty: str,
    debit: AccountKind,
    credit: AccountKind,
    money: Money,
    amount_minor: int,
) -> tuple[Line, ...]:
    return (
        Line(Account(owner, counterparty, debit, money.currency), amount_minor),
        Line(Account(owner, counterparty, credit, money.currency), -amount_minor),
    )


def post(
    lines: Iterable[Line], states: Lookup[Account, AccountState]
) -> tuple[tuple[Posting, ...], dict[Account, AccountState]]:
    """Postings of the lines in order, and the accounts they change. Lines of zero are left out.

    Raises Fault when the lines do not sum to zero in each owner's books and currency.
    """
    changed: dict[Account, AccountState] = {}
    postings = []
    sums: Counter[tuple[str, str]] = Counter()
    for line in lines:
        if line.amount_minor == 0:
            continue
        account = line.account
        before = changed.get(account) or states.get(account) or AccountState(0, 0)
        after = AccountState(before.sequence + 1, before.balance_minor + line.amount_minor)
        changed[account] = after
        postings.append(Posting(account, line.amount_minor, after.sequence, after.balance_minor))
        sums[account.owner, account.currency] += line.amount_minor
    if any(sums.values()):
        raise Fault(f"postings do not sum to zero: {dict(sums)}")
    return tuple(postings), changed
