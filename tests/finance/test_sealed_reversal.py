"""A confidential settlement taken back: by consent of those it concerns, each seeing its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.fact import Fact
from ledger.journal import StakePosted
from ledger.settlement import SettlementProposed
from ops.verify import verify
from service.keys import log_signer
from tests.auditor import audit
from tests.finance.steps import balance
from tests.finance.test_journal_files import balances, download
from tests.finance.test_reconciliation import table
from tests.finance.tools import bean_check
from tests.forger import Forger
from tests.incentives.declared import BARE
from tests.incentives.test_api import indicators, named
from tests.incentives.test_confidential_schemes import BUYER, PART_0, PART_1, PARTNERS, common
from tests.trust.steps import exported
from tests.world import PROPOSED, World, bare

STAKES = """stakes { party { name } amount { amount } owed { amount } reference }"""
SHOWN = f"""settlement {{ id kind {STAKES} corrected {{ periodKey settlement {{ id }}
  before {{ amount }} after {{ amount }} }} }} {PROPOSED}"""
SEEN = f"""query($id: ID!) {{ settlement(id: $id) {{ kind status {STAKES}
  correctedBy {{ id kind }} }} }}"""


async def settled(world: World, retention: str) -> tuple[dict[str, str], dict[str, Any]]:
    """A confidential scheme's April settled at 60: its place, and the settlement."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    place = {"indicatorId": ids["i0"], "period": "2024-04"}
    figures = {"partyId": world.parties["P0"], "value": "60"}
    declared_part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": declared_part})
    payload = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(payload["proposal"], "P0")
    funding = {"atRisk": {**BARE["atRisk"], "retention": retention}}
    terms = named(world, ids, common() | {"parts": [PART_0, PART_1], "funding": funding})
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    where = {"schemeId": payload["scheme"]["id"], "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", where, SHOWN)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    return where, payload["settlement"]


@pytest.mark.parametrize("retention", ["WITHHELD", "NOT_WITHHELD"])
async def test_each_partner_gives_back_its_own_and_no_other_sees_it(
    world: World, tmp_path: Path, retention: str
) -> None:
    """Balances as before, linked both ways, settled anew to the same cents, in every export."""
    where, first = await settled(world, retention)
    problem = await world.refused("P0", "proposeSettlement", where | {"kind": "REVERSAL"})
    assert problem["code"] == "OUTSOURCER_PROPOSES"

    back = where | {"kind": "REVERSAL"}
    payload = await world.done(BUYER, "proposeSettlement", back, SHOWN)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")

    reversal = payload["settlement"]
    [corrected] = reversal["corrected"]
    assert corrected["settlement"] == {"id": first["id"]}
    assert corrected["before"] == corrected["after"] == []
    given = {each["reference"]: each["amount"]["amount"] for each in first["stakes"]}
    taken = {each["reference"]: each["amount"]["amount"] for each in reversal["stakes"]}
    assert taken == {reference: f"-{amount}" for reference, amount in given.items()}
    for party, own in (("P0", ["-6000.00"]), ("P1", ["-1000.00"]), ("P2", [])):
        seen = (await world.read(party, SEEN, id=reversal["id"]))["settlement"]
        assert [each["amount"]["amount"] for each in seen["stakes"]] == own
        assert (seen["kind"], seen["status"]) == ("REVERSAL", "AGREED")
        seen = (await world.read(party, SEEN, id=first["id"]))["settlement"]
        assert seen["correctedBy"] == [{"id": reversal["id"], "kind": "REVERSAL"}]
    kinds = ("PAYABLE", "INCENTIVE_EXPENSE", "AT_RISK_WITHHELD")
    for partner in ("P0", "P1"):
        assert {await balance(world, BUYER, kind, partner) for kind in kinds} == {"0.00"}
        assert await balance(world, partner, "RECEIVABLE", BUYER) == "0.00"
        rows = await table(world, partner, "/journal.csv")
        half = len(rows) // 2
        assert [row["reverses"] for row in rows[half:]] == [rows[0]["entry"]] * half

    payload = await world.done(BUYER, "proposeSettlement", where, SHOWN)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    again = {
        each["party"]["name"]: each["amount"]["amount"] for each in payload["settlement"]["stakes"]
    }
    assert again == {"P0": "6000.00", "P1": "1000.00"}
    assert bean_check(await download(world, "P0", "/journal.beancount"), tmp_path) == ""
    assert await balances(world, "P0")
    for party in (BUYER, "P0", "P1", "P2"):
        path = tmp_path / f"{party}.ndjson"
        verdict = verify(path, await exported(world, party, path))
        assert (verdict.findings, verdict.replayed) == ([], verdict.entries), party
    await audit(world.settings, world.ecosystem_id)


async def test_a_sealed_reversal_that_takes_back_less_is_found(
    world: World, tmp_path: Path
) -> None:
    """One stake left out of what is posted, in the eyes of all, or of those it concerns."""
    where, _ = await settled(world, "NOT_WITHHELD")
    back = where | {"kind": "REVERSAL"}
    payload = await world.done(BUYER, "proposeSettlement", back, PROPOSED)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    path = tmp_path / "ledger.ndjson"
    await exported(world, BUYER, path)
    true = Forger.of(path, log_signer(world.settings))
    posts = [each for each in true.placed if isinstance(each.event, StakePosted)][-2:]
    other = posts[1].event
    assert isinstance(other, StakePosted)

    for party in ("", bare(world.parties["P2"]), other.party_id):
        assert true.upto(posts[1].index).verdict(path, party).findings, party

    proposed = [each for each in true.placed if isinstance(each.event, SettlementProposed)][-1]
    event = proposed.event
    assert isinstance(event, SettlementProposed)
    assert len(event.content.sealed) == 2
    less = replace(event, content=replace(event.content, sealed=event.content.sealed[:1]))
    forger = true.upto(proposed.index).write([Fact(less)], proposed.party, proposed.subject)
    assert forger.verdict(path).findings
