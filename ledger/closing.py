"""Closing the books: an agreed day through which periods are settled for good.

The one rule: once the books are closed through a day, nothing settles a period that ended by then;
what is restated later is trued up in an open period. The closing balances are an entry of their
own, so that the next opening is somebody's word no more. Paying what is due goes on: a payment is
booked when it is stated, never in a closed period. Source: `domain.md` section 8.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from immutables import Map

from ledger.agreement import opening
from ledger.errors import Refusal
from ledger.fact import Fact, Placed
from ledger.ids import ProposalId, Seed
from ledger.journal import Account, AccountState
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus

SUBJECT = "closing"


class PeriodClosed(Refusal):
    """Period {period} is closed: the books are, through {through}. -> True it up in an open one."""


class CloseTooEarly(Refusal):
    """{through} is not over yet. -> Close the books through a day that has passed."""


class CloseGoesBack(Refusal):
    """The books are closed through {closed} already. -> Close them through a later day."""


class SettlementPending(Refusal):
    """The settlement of {period} is not decided yet. -> Have it agreed or withdrawn, then close."""


@dataclass(frozen=True, slots=True)
class ProposeClose:
    """Command: propose to close the books through a day, itself included."""

    through: date
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class CloseProposed:
    """Closing the books through a day is proposed to all who sign."""

    opening: Opening
    through: date


@dataclass(frozen=True, slots=True)
class ClosingBalance:
    """Where an account stands when the books are closed."""

    account: Account
    sequence: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class BooksClosed:
    """The books are closed through a day, with these balances; one entry an audience."""

    proposal_id: str
    through: date
    balances: tuple[ClosingBalance, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """A close as it stands. `closed_index` is the first entry of its balances, if agreed."""

    proposal_id: str
    through: date
    index: int
    status: ProposalStatus
    closed_index: int | None = None


@dataclass(frozen=True, slots=True)
class Closings:
    """Every proposed close by proposal id, and the day through which the books are closed."""

    proposals: Map[str, Closing] = Map()
    through: date | None = None

    def require_open(self, period: str, last_day: date) -> None:
        """Return if a period that ends with `last_day` can be settled. Raises PeriodClosed."""
        if self.through is not None and last_day <= self.through:
            raise PeriodClosed("period", period=period, through=self.through.isoformat())


def check(closings: Closings, through: date, now: datetime) -> None:
    """Return if the books can be closed through a day. Raises CloseTooEarly, CloseGoesBack."""
    if through >= now.date():
        raise CloseTooEarly("through", through=through.isoformat())
    if closings.through is not None and through <= closings.through:
        raise CloseGoesBack("through", closed=closings.through.isoformat())


def propose(
    command: ProposeClose,
    closings: Closings,
    agreements: Agreements,
    signing: Collection[str],
    now: datetime,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a close to all who sign. Raises like `check` and `agreement.opening`."""
    check(closings, command.through, now)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.PERIOD_CLOSE,
        subject=SUBJECT,
        signatories=signing,
        replaces=command.replaces,
    )
    return (*superseded, Fact(CloseProposed(terms, command.through)))


def proposed(closings: Closings, placed: Placed, event: CloseProposed) -> Closings:
    """Closings after a close was proposed."""
    key = event.opening.proposal_id
    closing = Closing(key, event.through, placed.index, ProposalStatus.OPEN)
    return replace(closings, proposals=closings.proposals.set(key, closing))


def decided(closings: Closings, proposal_id: str, status: ProposalStatus) -> Closings:
    """Closings after a close was answered."""
    closing = replace(closings.proposals[proposal_id], status=status)
    return replace(closings, proposals=closings.proposals.set(proposal_id, closing))


def closed(closings: Closings, placed: Placed, event: BooksClosed) -> Closings:
    """Closings once the books are closed; the entries of other audiences add nothing."""
    closing = closings.proposals[event.proposal_id]
    if closing.closed_index is not None:
        return closings
    closing = replace(closing, closed_index=placed.index)
    return Closings(closings.proposals.set(event.proposal_id, closing), event.through)


def balances_of(
    accounts: Map[Account, AccountState], partners: Collection[str]
) -> tuple[ClosingBalance, ...]:
    """Where all accounts that are about these partners stand, in the order of their names."""
    return tuple(
        ClosingBalance(account, state.sequence, state.balance_minor)
        for account, state in sorted(accounts.items(), key=lambda each: each[0].key)
        if account.owner in partners or account.counterparty in partners
    )
