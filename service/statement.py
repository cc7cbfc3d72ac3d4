"""The statement of a partner and a period: what was settled and why, what is due, what was paid.

The one rule: it proves itself complete: the extract of its accounts runs from one sequence number
to another without a gap, each posting with the running balance, so that nothing between opening and
closing balance can be missing; `jpi verify --statement` holds it against an export of the ledger.
Source: `ledger-format.md`, "Completeness".
"""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date

import orjson

from graph.context import Doors
from ledger.actor import Actor, NotFound
from ledger.amounts import Money, render_number
from ledger.due import Due
from ledger.ecosystem import Ecosystem
from ledger.history import render_instant
from ledger.journal import Account, AccountState
from ledger.party import PartyRole
from ledger.payment import Payment
from ledger.proposal import ProposalStatus
from ledger.read import Narrowed, Window
from ledger.settlement import Settlement
from ledger.stake import SealedStake
from ledger.store.postings import StoredPosting
from ledger.terms import References
from service.plaintext import cell

FORMAT = "jpi-statement/v1"
MAX_SETTLEMENTS = 100


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement says, but its postings, which are read as a stream.

    `owner` is in whose books it is written, `about` the other side. `on` is the day that lateness
    is counted on.
    """

    doors: Doors
    actor: Actor
    ecosystem: Ecosystem
    partner: str
    owner: str
    about: str
    period: str
    on: date
    size: int
    settlements: tuple[Settlement, ...]
    dues: tuple[Due, ...]
    payments: tuple[Payment, ...]

    def name(self, party_id: str) -> str:
        """A member's name."""
        return self.ecosystem.party(party_id).name

    def pages(self) -> AsyncIterator[list[StoredPosting]]:
        """The postings of the books about the other side, in order, up to the statement's size."""
        return self.doors.bookkeeping.journal(
            self.actor, self.owner, self.size, counterparty=self.about
        )


async def gathered(
    doors: Doors, actor: Actor, partner: str, period: str, on: date, size: int
) -> Statement:
    """The statement of a partner and a period. Raises NotFound when there is nothing to state."""
    ecosystem = (await doors.reader.ecosystem(actor)).value
    party = ecosystem.party(partner, "partner")
    outsourcer = ecosystem.outsourcer.party_id
    role = ecosystem.party(actor.party_id).role
    is_side = actor.party_id in (partner, outsourcer)
    if party.role is not PartyRole.PARTNER or not (is_side or role is PartyRole.OBSERVER):
        raise NotFound("partner", what="statement of a partner", id=partner)
    owner, about = (partner, outsourcer)
    if actor.party_id == outsourcer:
        owner, about = outsourcer, partner
    narrowed = Narrowed(period=period, status=str(ProposalStatus.AGREED))
    window = Window(first=MAX_SETTLEMENTS)
    page = await doors.reader.page(actor, "settlement", Settlement, window, narrowed, size)
    settlements = await _own(doors, actor, [found.value for found in page.items], partner, size)
    if not settlements:
        raise NotFound("period", what="settled period of this partner", id=period)
    own = Narrowed(parent_id=partner, period=period)
    dues = [due async for each in doors.bookkeeping.dues(actor, own, size) for due in each]
    payments = [
        each
        for due in dues
        async for page_of in doors.bookkeeping.payments(actor, due.reference, size)
        for each in page_of
    ]
    return Statement(
        doors,
        actor,
        ecosystem,
        partner,
        owner,
        about,
        period,
        on,
        size,
        tuple(settlements),
        tuple(dues),
        tuple(payments),
    )


async def _own(
    doors: Doors, actor: Actor, settlements: list[Settlement], partner: str, size: int
) -> list[Settlement]:
    """The settlements in which a partner has a stake, a confidential one as its own part says."""
    keys = {each.settlement_id: f"{each.settlement_id}/{partner}" for each in settlements}
    sealed = await doors.reader.many(actor, "stake", list(keys.values()), SealedStake, size)
    found = []
    for each in settlements:
        own = sealed.get(keys[each.settlement_id])
        settled = each if own is None else replace(each, content=own.value.content)
        if any(stake.party_id == partner for stake in settled.content.stakes):
            found.append(settled)
    return found


def sentences(statement: Statement, settled: Settlement) -> list[str]:
    """The steps from the results to this partner's money, without other partners' own."""
    others = statement.ecosystem.party_ids() - {statement.partner}
    return [step.sentence for step in settled.content.trace if step.subject not in others]


def _money(money: Money) -> dict[str, str]:
    return {"amount": money.render(), "currency": money.currency}


def paper_texts(papers: References) -> list[str]:
    """What a side's finance needs, each with its name."""
    stated = (
        ("purchase order", papers.purchase_order),
        ("VAT or credit-note number", papers.tax_number),
        ("account code", papers.account_code),
    )
    return [f"{name} {text}" for name, text in stated if text]


def _settlement(statement: Statement, settled: Settlement) -> dict[str, object]:
    content = settled.content
    stake = content.stake_of(statement.partner)
    others = statement.ecosystem.party_ids() - {statement.partner}
    return {
        "id": settled.settlement_id,
        "index": settled.index,
        "scheme": content.scheme_id,
        "schemeVersion": content.scheme_version,
        "schemeIndex": content.scheme_index,
        "rulesVersion": content.rules_version,
        "totalScore": render_number(content.total_score),
        "pool": _money(content.pool),
        "payout": _money(content.payout),
        "unallocated": _money(content.unallocated),
        **{name: _money(amount) for name, amount in stake.amounts},
        "reference": stake.reference,
        "dueOn": content.due_on.isoformat(),
        "trace": [
            {
                "name": step.name,
                "subject": step.subject,
                "rule": step.rule,
                "inputs": [
                    {"name": each.name, "value": render_number(each.value), "index": each.index}
                    for each in step.inputs
                ],
                "result": render_number(step.result),
                "sentence": step.sentence,
            }
            for step in content.trace
            if step.subject not in others
        ],
    }


def _due(due: Due, on: date) -> dict[str, object]:
    currency = due.amount.currency
    return {
        "reference": due.reference,
        "payer": due.payer,
        "payee": due.payee,
        "amount": _money(due.amount),
        "reported": _money(Money(currency, due.reported_minor)),
        "received": _money(Money(currency, due.received_minor)),
        "netted": _money(Money(currency, due.netted_minor)),
        "open": _money(due.open),
        "dueOn": due.due_on.isoformat(),
        "status": due.status.value,
        "ageing": due.ageing(on).value,
        "papers": [
            {
                "party": each.party_id,
                "purchaseOrder": each.purchase_order,
                "taxNumber": each.tax_number,
                "accountCode": each.account_code,
            }
            for each in due.papers
        ],
    }


def _payment(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.payment_id,
        "reference": payment.reference,
        "amount": _money(payment.amount),
        "paidOn": payment.paid_on.isoformat(),
        "status": payment.status.value,
        "payerIndex": payment.payer_side.index,
        "payeeIndex": payment.payee_side.index,
    }


def posting_fields(stored: StoredPosting) -> dict[str, object]:
    """A posting as a statement shows it."""
    posting, account = stored.posting, stored.posting.account
    return {
        "account": account.kind.value,
        "currency": account.currency,
        "amount": Money(account.currency, posting.amount_minor).render(),
        "sequence": posting.sequence,
        "balance": Money(account.currency, posting.balance_minor).render(),
        "entry": stored.entry_index,
        "line": stored.line,
        "at": render_instant(stored.at),
        "kind": stored.kind,
        "reference": stored.reference,
        "reverses": stored.reverses,
    }


def closing_fields(closing: dict[Account, AccountState]) -> list[dict[str, object]]:
    """Balances after the last posting, by account."""
    return [
        {
            "account": account.kind.value,
            "currency": account.currency,
            "sequence": state.sequence,
            "balance": Money(account.currency, state.balance_minor).render(),
        }
        for account, state in closing.items()
    ]


async def statement_json(statement: Statement) -> AsyncIterator[bytes]:
    """The statement as one JSON object, its postings as a stream within."""
    head = {
        "format": FORMAT,
        "ecosystem": statement.ecosystem.ecosystem_id,
        "ecosystemName": statement.ecosystem.name,
        "size": statement.size,
        "partner": statement.partner,
        "partnerName": statement.name(statement.partner),
        "booksOf": statement.owner,
        "about": statement.about,
        "period": statement.period,
        "on": statement.on.isoformat(),
        "settlements": [_settlement(statement, each) for each in statement.settlements],
        "dues": [_due(each, statement.on) for each in statement.dues],
        "payments": [_payment(each) for each in statement.payments],
    }
    yield orjson.dumps(head)[:-1] + b',"postings":['
    closing: dict[Account, AccountState] = {}
    separator = b""
    async for page in statement.pages():
        parts = [orjson.dumps(posting_fields(each)) for each in page]
        yield separator + b",\n".join(parts)
        separator = b",\n"
        closing |= _closed(page)
    yield b'],"accounts":' + orjson.dumps(closing_fields(closing)) + b"}\n"


def _closed(page: list[StoredPosting]) -> dict[Account, AccountState]:
    return {
        each.posting.account: AccountState(each.posting.sequence, each.posting.balance_minor)
        for each in page
    }


async def statement_csv(statement: Statement) -> AsyncIterator[bytes]:
    """The statement as CSV: a section a row, so that one file holds all of it."""
    yield _rows(
        [
            ("section", "item", "text", "currency", "amount", "sequence", "balance", "entry"),
            ("partner", statement.partner, cell(statement.name(statement.partner)), *[""] * 5),
            ("period", cell(statement.period), statement.on, *[""] * 4, statement.size),
            *_explained(statement),
        ]
    )
    async for page in statement.pages():
        yield _rows(
            [
                (
                    "posting",
                    each.posting.account.kind.value,
                    f"{each.kind} {each.reference}",
                    each.posting.account.currency,
                    Money(each.posting.account.currency, each.posting.amount_minor).render(),
                    each.posting.sequence,
                    Money(each.posting.account.currency, each.posting.balance_minor).render(),
                    each.entry_index,
                )
                for each in page
            ]
        )


def _explained(statement: Statement) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for settled in statement.settlements:
        key, index = settled.settlement_id, settled.index
        stake = settled.content.stake_of(statement.partner)
        rows += [
            (name, key, stake.reference, amount.currency, amount.render(), "", "", index)
            for name, amount in stake.amounts
        ]
        rows += [
            ("trace", key, cell(each), "", "", "", "", index)
            for each in sentences(statement, settled)
        ]
    for due in statement.dues:
        text = f"{due.status.value}, due on {due.due_on}, open {due.open.render()}"
        currency, amount = due.amount.currency, due.amount.render()
        rows.append(("due", due.reference, text, currency, amount, "", "", due.index))
        for papers in due.papers:
            said = cell("; ".join(paper_texts(papers)))
            name = cell(statement.name(papers.party_id))
            rows.append(("papers", name, said, "", "", "", "", due.index))
    for payment in statement.payments:
        text = f"{payment.status.value}, {payment.paid_on}, {payment.reference}"
        currency, amount = payment.amount.currency, payment.amount.render()
        index = payment.index
        rows.append(("payment", payment.payment_id, text, currency, amount, "", "", index))
    return rows


def _rows(rows: list[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
