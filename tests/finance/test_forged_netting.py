"""A set-off that the rules require is neither left out nor falsified: `jpi verify` finds both."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.agreement import Consent
from ledger.amounts import Money
from ledger.fact import CLOCK, Fact, Placed
from ledger.journal import post, set_off_lines
from ledger.netting import DuesNetted
from service.keys import log_signer
from tests.finance.test_netting import BUYER, PARTNERS, measured_and_settled, settled
from tests.forger import Forger, altered
from tests.incentives import declared as say
from tests.incentives.declared import item, line
from tests.incentives.test_api import indicators, named
from tests.incentives.test_confidential_schemes import common, part
from tests.trust.steps import exported
from tests.world import PROPOSED, World, bare


async def told(world: World, path: Path) -> Forger:
    """Earned, lost and set off, earned; as its buyer exports it."""
    await settled(world, "NETTED")
    await exported(world, BUYER, path)
    forger = Forger.of(path, log_signer(world.settings))
    assert forger.verdict(path).findings == []
    return forger


def first_set_off(forger: Forger) -> Placed:
    """The first entry that sets something off, of the first of two partners."""
    return next(each for each in forger.placed if isinstance(each.event, DuesNetted))


async def test_a_set_off_is_not_left_out(world: World, tmp_path: Path) -> None:
    """At the end of an export, or gone over to what came next: one of two, or both."""
    path = tmp_path / "ledger.ndjson"
    true = await told(world, path)
    first = first_set_off(true)
    second = true.placed[first.index + 1]
    assert isinstance(second.event, DuesNetted)

    for cut in (first.index, second.index):
        findings = true.upto(cut).verdict(path).findings
        assert any("posts is left out at the end" in each for each in findings), findings

    gone_on = true.upto(first.index).write([Fact(second.event)], second.party, second.subject)
    assert any("posts is next" in each for each in gone_on.verdict(path).findings)


@pytest.mark.parametrize("what", ["less", "more", "another", "twice", "late", "nobody's"])
async def test_a_set_off_is_not_falsified(world: World, tmp_path: Path, what: str) -> None:
    """Less, more, against another due, once more, later, or by another hand."""
    path = tmp_path / "ledger.ndjson"
    true = await told(world, path)
    first = first_set_off(true)
    event = first.event
    assert isinstance(event, DuesNetted)
    before = true.upto(first.index)
    [each] = event.set_offs
    outsourcer = event.postings[0].account.owner

    def of(minor: int, gain: str = "") -> Fact:
        amount = Money(each.amount.currency, minor)
        made = replace(each, amount=amount, gain_reference=gain or each.gain_reference)
        lines = set_off_lines(outsourcer, event.party_id, amount)
        postings, _ = post(lines, before.book.accounts)
        return altered(Fact(event), set_offs=(made,), postings=postings)

    whole = each.amount.amount_minor
    others = {due.reference for due in before.book.dues.values()}
    other = min(others - {each.loss_reference, each.gain_reference})
    party, subject = first.party, first.subject
    match what:
        case "less":
            before.write([of(whole - 1)], party, subject)
        case "more":
            before.write([of(whole + 1)], party, subject)
        case "another":
            before.write([of(whole, other)], party, subject)
        case "twice":
            before.write([of(whole)], party, subject)
            again, _ = post(
                set_off_lines(outsourcer, event.party_id, each.amount), before.book.accounts
            )
            before.write([altered(Fact(event), postings=again)], party, subject)
        case "late":
            before.write([of(whole)], party, subject, seconds=5)
        case _:
            before.write([of(whole)], CLOCK, "")

    assert before.verdict(path).findings, what


async def test_the_host_cannot_pass_over_a_set_off_by_acting_on(
    world: World, tmp_path: Path
) -> None:
    """What it would make of the last consent, but for what is set off."""
    path = tmp_path / "ledger.ndjson"
    true = await told(world, path)
    first = first_set_off(true)
    proposals = true.book.settlement_proposals
    event = first.event
    assert isinstance(event, DuesNetted)
    key = proposals[event.settlement_id]
    consents = [e.index for e in true.placed if getattr(e.event, "proposal_id", "") == key]
    last = max(
        index
        for index in consents
        if type(true.placed[index].event).__name__ == "ProposalConsented"
    )
    forger = true.upto(last)

    forger.act(true.placed[last].party, Consent(key), omit=(DuesNetted,))

    assert any("posts is left out at the end" in f for f in forger.verdict(path).findings)


def confidential_terms() -> dict[str, Any]:
    """Between minus and plus one of what each has at stake; a loss is netted."""
    example = {"values": [say.given(0, "80")], "expected": {"amount": "120.00", "currency": "EUR"}}
    payment = {"dueDays": 30, "malus": "NETTED"}
    steep = {"line": line([["0", "-1"], ["100", "1"]])}
    parts = [
        {**part(0, "10000.00", "0.1", "9999.00", "200.00")},
        {**part(1, "5000.00", "0.1", "9999.00", "100.00")},
    ]
    made = {"items": [item(0, steep)], "payment": payment, "parts": parts}
    return {**common(), **made, "adjustments": [], "workedExamples": [example]}


async def test_a_partner_finds_its_own_confidential_set_off_left_out(
    world: World, tmp_path: Path
) -> None:
    """Of another's it can know nothing; who may open it finds it."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    stated = named(world, ids, confidential_terms())
    payload = await world.done(BUYER, "proposeScheme", stated, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    for period, value in (("2024-04", "80"), ("2024-05", "0")):
        await measured_and_settled(world, ids["i0"], payload["scheme"]["id"], period, value)
    path = tmp_path / "ledger.ndjson"
    await exported(world, BUYER, path)
    true = Forger.of(path, log_signer(world.settings))
    entered = [(e.event, e) for e in true.placed]
    own = {event.party_id: e for event, e in entered if isinstance(event, DuesNetted)}
    p0, p1 = (bare(world.parties[name]) for name in ("P0", "P1"))
    assert set(own) == {p0, p1}
    for party in ("", p0, p1):
        assert true.verdict(path, party).findings == []

    one, other = sorted(own, key=lambda each: own[each].index)
    first, last = own[one], own[other]
    without_last = true.upto(last.index)
    without_first = true.upto(first.index)
    without_first.write([Fact(last.event, last.audience)], last.party, last.subject)

    assert without_last.verdict(path, other).findings
    assert without_last.verdict(path).findings
    assert without_last.verdict(path, one).findings == []
    assert without_first.verdict(path, one).findings
    assert without_first.verdict(path).findings
