"""Exports that a host forged with the log's own key: whole in every hash, yet found."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest_asyncio

from ledger import settlement
from ledger.accord import under_policy
from ledger.agreement import Consent
from ledger.answer import ProposalSuperseded
from ledger.booking import matched_line
from ledger.closing import BooksClosed, ProposeClose
from ledger.fact import CLOCK, Fact
from ledger.ids import Seed
from ledger.indicator import IndicatorProposed
from ledger.journal import SettlementPosted
from ledger.part import PartSubmitted
from ledger.payment import (
    LinePlace,
    PaymentConfirmed,
    PaymentReported,
    PaymentReversed,
    ReversePayment,
)
from ledger.reconciliation import LinesMatched, MatchLine
from ledger.remark import MakeRemark
from ledger.scheme import SchemeProposed
from ledger.settlement import SettlementKind
from ledger.settling import settled as computed
from service.keys import log_signer
from tests.forger import Forger, altered
from tests.test_story import (
    BUYER,
    PARTNERS,
    agreed_indicator,
    agreed_scheme,
    measured,
    paid,
    settled,
)
from tests.trust.steps import exported
from tests.world import World


async def told(world: World, tmp_path: Path) -> Forger:
    """A true story to its end, exported by the buyer."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    await paid(world, await settled(world, await agreed_scheme(world, indicator)))
    path = tmp_path / "true.ndjson"
    await exported(world, BUYER, path)
    forger = Forger.of(path, log_signer(world.settings))
    verdict = forger.verdict(tmp_path / "again.ndjson")
    assert verdict.findings == []
    return forger


def consented(forger: Forger, proposal_id: str, *, omit: tuple[type, ...] = ()) -> Forger:
    """All who are asked consent, the host says."""
    proposal = forger.book.agreements.get(proposal_id)
    for party_id in proposal.signatories:
        forger.act(party_id, Consent(proposal_id), omit=omit)
    return forger


def settled_again(forger: Forger) -> Forger:
    """The period of the last settlement settled once more, under another id."""
    book = forger.book
    content = next(iter(book.settlements.values())).content
    scheme = book.current_scheme(content.scheme_id)
    assert scheme is not None
    assert book.ecosystem is not None
    buyer = book.ecosystem.outsourcer.party_id
    again = computed(book, scheme, SettlementKind.INCENTIVE, content.period, book.last_at, "twice")
    seed = Seed(bytes(32))
    signing = book.ecosystem.signing_ids(book.last_at)
    facts = settlement.propose(again, "twice", buyer, signing, book.agreements, "", seed)
    shaped = [each for fact in facts for each in under_policy(book, fact, book.last_at)]
    forger.write(shaped, buyer)
    return consented(forger, facts[-1].event.opening.proposal_id)  # type: ignore[attr-defined]  # a proposal's event


def matched(forger: Forger, place: LinePlace) -> Forger:
    """A line of a bank statement that a partner would have imported, matched with its due."""
    due = next(due for due in forger.book.dues.values() if due.received_minor == 0)
    asked = MatchLine(place, due.amount, date(2024, 6, 3), due.reference)
    line = matched_line(forger.book, due.payee, asked, lambda: f"p-{place.mark}")
    assert line is not None
    return forger.write([Fact(LinesMatched((line,)), due.audience)], due.payee)


REMARK = MakeRemark("", "So it was.")
MONTH = date(2024, 4, 30)


@dataclass
class Case:
    """The true ledger, and where forged ones are written."""

    true: Forger
    path: Path

    @property
    def whole(self) -> Forger:
        """All of the true ledger, to be gone on from."""
        return self.true.upto(len(self.true.lines))

    @property
    def buyer(self) -> str:
        """The outsourcer's id."""
        assert self.true.book.ecosystem is not None
        return self.true.book.ecosystem.outsourcer.party_id

    def found(self, forger: Forger, why: str) -> None:
        """Assert that the forgery is found, and named for what it breaks."""
        findings = forger.verdict(self.path).findings
        assert any(why in finding for finding in findings), (why, findings)


@pytest_asyncio.fixture
async def case(world: World, tmp_path: Path) -> Case:
    """A true story to its end; going on honestly, nothing is found."""
    found = Case(await told(world, tmp_path), tmp_path / "forged.ndjson")
    assert found.whole.act(found.buyer, REMARK).verdict(found.path).findings == []
    return found


async def test_what_follows_from_an_outcome_cannot_be_left_out_nor_done_twice(case: Case) -> None:
    """An agreed settlement that nobody posted, books that stay open, a period settled twice."""
    true, buyer = case.true, case.buyer
    case.found(true.before(SettlementPosted), "posts is left out at the end")
    case.found(true.before(SettlementPosted).act(buyer, REMARK), "posts is next")
    late = true.before(SettlementPosted)
    posting = Fact(true.placed[late.book.size].event)
    case.found(late.write([posting], buyer, seconds=9), "in one breath")
    case.found(true.before(SettlementPosted).write([posting], CLOCK), "in one breath")
    case.found(settled_again(case.whole), "settled already")

    closing = case.whole.act(buyer, ProposeClose(MONTH))
    [key] = closing.book.closings.proposals
    case.found(consented(closing, key, omit=(BooksClosed,)).act(buyer, REMARK), "posts is next")
    # a proposal that is put away, and nothing in its place
    open_one = case.whole.act(buyer, ProposeClose(MONTH))
    [key] = open_one.book.closings.proposals
    gone = Fact(ProposalSuperseded(key, by="nothing"))
    case.found(open_one.write([gone], buyer).act(buyer, REMARK), "right after it is superseded")


async def test_evidence_and_versions_are_of_what_stands(case: Case) -> None:
    """Rows that nobody recorded, more rows than there are, versions that are not the next."""
    true = case.true
    last = true.placed[true.before(PartSubmitted).book.size]
    assert isinstance(last.event, PartSubmitted)
    basis = last.event.basis

    def reported(**fields: object) -> Forger:
        fact = altered(Fact(last.event), **fields)
        return true.upto(last.index).write([fact], last.party, last.subject)

    case.found(reported(basis=replace(basis, batches=(0,))), "never recorded")
    case.found(reported(basis=replace(basis, row_count=9)), "more rows than are")
    case.found(reported(version=2), "not in force")
    for event in [each.event for each in true.placed]:
        if isinstance(event, IndicatorProposed | SchemeProposed):
            opening = replace(event.opening, proposal_id="again", replaces="")
            again = altered(Fact(event), opening=opening)
            case.found(case.whole.write([again], case.buyer), "does not follow")


async def test_payments_are_of_their_own_side_and_of_their_day(case: Case) -> None:
    """On a day to come, by the other side, taken back for no reason, of no bank's statement."""
    true, buyer = case.true, case.buyer
    before = true.before(PaymentReported)
    reported = Fact(true.placed[before.book.size].event)
    day = before.book.last_at.date() + timedelta(days=30)
    case.found(before.write([altered(reported, paid_on=day)], buyer), "a day to come")
    before = true.before(PaymentConfirmed)
    confirmed = Fact(true.placed[before.book.size].event)
    case.found(before.write([confirmed], buyer), "only the payee confirms")
    back = case.whole
    [fact] = back.facts(buyer, ReversePayment(next(iter(back.book.payments)), "It came back."))
    assert isinstance(fact.event, PaymentReversed)
    case.found(back.write([Fact(fact.event, fact.audience)], buyer), "says not why")
    nowhere = LinePlace(1, 0, "m")
    case.found(matched(true.before(PaymentReported), nowhere), "no such statement")
