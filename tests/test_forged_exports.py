"""Exports that a host forged with the log's own key: whole in every hash, yet found."""

from datetime import date, timedelta
from pathlib import Path

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
from tests.world import World, bare


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
    facts = settlement.propose(again, "twice", buyer, book.agreements, "", seed)
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


async def test_a_forged_export_is_found_by_what_does_not_follow(
    world: World, tmp_path: Path
) -> None:
    """Each forgery is sealed, hashed and signed as a host could; each is named."""
    true = await told(world, tmp_path)
    ids = {name: bare(key) for name, key in world.parties.items()}
    buyer = ids[BUYER]
    remark = MakeRemark("", "So it was.")

    def found(forger: Forger, why: str) -> None:
        findings = forger.verdict(tmp_path / "forged.ndjson").findings
        assert any(why in finding for finding in findings), (why, findings)

    whole = true.upto(len(true.lines)).act(buyer, remark)
    assert whole.verdict(tmp_path / "forged.ndjson").findings == []

    # an agreed settlement that nobody posted: at the end, and with the world going on
    found(true.before(SettlementPosted), "posts is left out at the end")
    found(true.before(SettlementPosted).act(buyer, remark), "posts is next")
    late = true.before(SettlementPosted)
    posting = Fact(true.placed[late.book.size].event)
    found(late.write([posting], buyer, seconds=9), "in one breath")
    found(late.upto(late.book.size - 1).write([posting], CLOCK), "in one breath")

    # a period that is settled twice, all having consented
    found(settled_again(true.upto(len(true.lines))), "settled already")

    # books that were closed by all, and stay open
    month = date(2024, 4, 30)
    closing = true.upto(len(true.lines)).act(buyer, ProposeClose(month))
    [key] = closing.book.closings.proposals
    found(consented(closing, key, omit=(BooksClosed,)).act(buyer, remark), "posts is next")

    # a proposal that is put away, and nothing in its place
    open_one = true.upto(len(true.lines)).act(buyer, ProposeClose(month))
    [key] = open_one.book.closings.proposals
    gone = ProposalSuperseded(key, by="nothing")
    found(open_one.write([Fact(gone)], buyer).act(buyer, remark), "right after it is superseded")

    # versions that do not follow, under an old number or an owner's head
    for kind in (IndicatorProposed, SchemeProposed):
        again = true.upto(len(true.lines))
        event = next(each.event for each in true.placed if isinstance(each.event, kind))
        opening = event.opening.__class__(  # type: ignore[attr-defined]  # a proposal's event
            "again", event.opening.kind, event.opening.subject,  # type: ignore[attr-defined]
            event.opening.signatories, event.opening.needed,  # type: ignore[attr-defined]
        )  # fmt: skip
        found(again.write([altered(Fact(event), opening=opening)], buyer), "does not follow")

    # payments: on a day to come, by the other side, taken back for no reason
    before = true.before(PaymentReported)
    facts = [Fact(true.placed[before.book.size].event)]
    day = before.book.last_at.date() + timedelta(days=30)
    found(before.write([altered(facts[0], paid_on=day)], buyer), "a day to come")
    before = true.before(PaymentConfirmed)
    event = true.placed[before.book.size].event
    found(before.write([Fact(event)], buyer), "only the payee confirms")
    back = true.upto(len(true.lines))
    payment = next(iter(back.book.payments))
    [fact] = back.facts(buyer, ReversePayment(payment, "It came back."))
    assert isinstance(fact.event, PaymentReversed)
    found(back.write([Fact(fact.event, fact.audience)], buyer), "says not why")

    # a bank's line of a statement that nobody imported
    found(matched(true.before(PaymentReported), LinePlace(1, 0, "m")), "no such statement")
