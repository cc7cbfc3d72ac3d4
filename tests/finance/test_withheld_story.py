"""What is withheld, told over HTTP: every paper shows it, only what is due is paid."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ledger.fact import Fact
from ledger.journal import AccountKind, Line, SettlementPosted, StakePosted, post
from ops.statement import read_statement
from ops.verify import verify
from service.keys import log_signer
from tests.auditor import audit
from tests.finance.bank import Transfer, camt
from tests.finance.steps import balance
from tests.finance.test_journal_files import balances, download
from tests.finance.test_reconciliation import table
from tests.finance.test_withholding import terms_of
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.forger import Forger, altered
from tests.incentives import declared as say
from tests.incentives.declared import BARE, item, line
from tests.incentives.test_api import indicators, named
from tests.incentives.test_confidential_schemes import PART_0, PART_1
from tests.incentives.test_confidential_schemes import common as confidential
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
HELD_AT_ONE = {"line": line([["0", "0"], ["100", "1"]])}
HELD = AccountKind.AT_RISK_WITHHELD
STAKES = f"""settlement {{ id stakes {{ party {{ name }} reference amount {{ amount }}
  owed {{ amount }} withheld {{ amount }} released {{ amount }} kept {{ amount }} }}
  trace {{ name subjectId result }} }} {PROPOSED}"""


async def settled(world: World, terms: dict[str, Any], *signing: str) -> dict[str, Any]:
    """April measured at 70, settled and posted by these terms; its settlement."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    place = {"indicatorId": ids["i0"], "period": "2024-04"}
    figures = {"partyId": world.parties["P0"], "value": "70"}
    part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": part})
    agreed = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(agreed["proposal"], "P0")
    stated_terms = named(world, ids, {**terms, "validFromPeriod": "2024-04"})
    payload = await world.done(BUYER, "proposeScheme", stated_terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, *signing)
    asked = {"schemeId": payload["scheme"]["id"], "period": "2024-04"}
    payload = await world.done(BUYER, "proposeSettlement", asked, STAKES)
    await world.agree(payload["proposal"], BUYER, *signing)
    found: dict[str, Any] = payload["settlement"]
    return found


def withheld_terms() -> dict[str, Any]:
    """100.00 and 50.00 at risk, withheld, a straight line."""
    example = {"values": [say.given(0, "100")], "expected": {"amount": "150.00", "currency": "EUR"}}
    terms = terms_of("INCENTIVE", "1000.00", "500.00", workedExamples=[example])
    return {**terms, "items": [item(0, HELD_AT_ONE)]}


@needs_hledger
async def test_what_was_withheld_is_in_every_paper_and_only_what_is_due_is_paid(
    world: World, tmp_path: Path
) -> None:
    """Stake, journals that the tools pass, statement in three forms, bank, reversal, verify."""
    told = await settled(world, withheld_terms(), "P0", "P1")

    stakes = {each["party"]["name"]: each for each in told["stakes"]}
    shown = {
        name: [each[key]["amount"] for key in ("amount", "owed", "withheld", "released", "kept")]
        for name, each in stakes.items()
    }
    assert shown == {
        "P0": ["70.00", "70.00", "100.00", "70.00", "30.00"],
        "P1": ["35.00", "35.00", "50.00", "35.00", "15.00"],
    }
    got = Transfer("70.00", stakes["P0"]["reference"], BUYER)
    given_file = {"format": "CAMT_053", "content": camt((got,), currency="EUR")}
    payload = await world.done("P0", "importBankStatement", given_file, "matchedCount")
    assert payload["matchedCount"] == 1
    for party, other, root in (("P0", BUYER, "Assets"), (BUYER, "P0", "Liabilities")):
        assert await balance(world, party, "AT_RISK_WITHHELD", other) == "0.00"
        text = await download(world, party, "/journal.beancount")
        assert f"{root}:AtRiskWithheld".encode() in text
        assert bean_check(text, tmp_path) == ""
        strictly_checked(await download(world, party, "/journal.hledger"), tmp_path)
        assert await balances(world, party)
    rows = [row for row in await table(world, "P0", "/journal.csv") if row["kind"] != "payment"]
    held = [row for row in rows if row["account"] == "AT_RISK_WITHHELD"]
    assert [row["debit"] or f"-{row['credit']}" for row in held] == ["100.00", "-70.00", "-30.00"]
    assert {row["reference"] for row in held} == {stakes["P0"]["reference"]}
    asked = "period=2024-04&on=2024-07-01"
    path = tmp_path / "statement.json"
    path.write_bytes(await download(world, "P0", f"/statement.json?{asked}"))
    [settlement] = json.loads(path.read_bytes())["settlements"]
    names = ("stake", "withheld", "released", "kept", "owed")
    assert [settlement[name]["amount"] for name in names] == [
        "70.00",
        "100.00",
        "70.00",
        "30.00",
        "70.00",
    ]
    csv_text = (await download(world, "P0", f"/statement.csv?{asked}")).decode()
    headers = {"authorization": f"Bearer {world.token('P0')}"}
    page = (await world.client.get(f"/statement.html?{asked}", headers=headers)).text
    reference = stakes["P0"]["reference"]
    assert f"kept,{told['id']}" not in csv_text
    assert f",{reference},EUR,30.00," in csv_text
    assert "<td>Kept of it by the outsourcer</td><td class=n>30.00 EUR</td>" in page
    ledger = tmp_path / "ledger.ndjson"
    key = await exported(world, "P0", ledger)
    assert verify(ledger, key, statement=read_statement(path)).findings == []
    await audit(world.settings, world.ecosystem_id)


async def test_a_posting_of_what_is_withheld_is_neither_left_out_nor_altered(
    world: World, tmp_path: Path
) -> None:
    """A host with the log's key that keeps nothing, or withholds less, is found."""
    await settled(world, withheld_terms(), "P0", "P1")
    path = tmp_path / "true.ndjson"
    await exported(world, BUYER, path)
    true = Forger.of(path, log_signer(world.settings))
    last = next(each for each in true.placed if isinstance(each.event, SettlementPosted))
    assert isinstance(last.event, SettlementPosted)
    lines = [Line(each.account, each.amount_minor) for each in last.event.postings]

    def forged(wrong: list[Line]) -> list[str]:
        before = true.before(SettlementPosted)
        postings, _ = post(wrong, before.book.accounts)
        fact = altered(Fact(last.event), postings=postings)
        before.write([fact], last.party, last.subject)
        return before.verdict(tmp_path / "forged.ndjson").findings

    assert forged(lines) == []
    each_stake = 12  # withheld, released, kept: two lines in each side's books
    unkept = [line for n, line in enumerate(lines) if n % each_stake < 8]
    halved = [replace(line, amount_minor=line.amount_minor // 2) for line in lines]
    as_if_not = [line for line in lines if line.account.kind is not HELD]
    for wrong in (unkept, halved, as_if_not, lines[each_stake:]):
        assert any("do not follow from the settlement" in each for each in forged(wrong))
    bare = true.before(SettlementPosted).verdict(tmp_path / "forged.ndjson").findings
    assert any("posts is left out at the end" in each for each in bare)


async def test_what_a_confidential_part_withholds_is_its_partners_own(
    world: World, tmp_path: Path
) -> None:
    """That it is withheld all know; how much, its partner and the outsourcer alone."""
    bare = {"atRisk": {**BARE["atRisk"], "retention": "WITHHELD"}}
    terms = {**confidential(), "funding": bare, "parts": [PART_0, PART_1]}
    told = await settled(world, terms, "P0", "P1")

    amounts = {e["party"]["name"]: e["withheld"]["amount"] for e in told["stakes"]}
    assert amounts == {"P0": "10000.00", "P1": "2222.22"}
    query = """query($id: ID!) { settlement(id: $id) {
      stakes { party { name } withheld { amount } } trace { name } }
      accounts(first: 100) { nodes { kind owner { name } } } }"""
    for party, own in (("P0", ["10000.00"]), ("P1", ["2222.22"]), ("P2", [])):
        data = await world.read(party, query, id=told["id"])
        assert [each["withheld"]["amount"] for each in data["settlement"]["stakes"]] == own
        kinds = {each["kind"] for each in data["accounts"]["nodes"]}
        assert ("AT_RISK_WITHHELD" in kinds) == bool(own)
        assert any(s["name"] == "withheld" for s in data["settlement"]["trace"]) == bool(own)
        path = tmp_path / f"{party}.ndjson"
        assert verify(path, await exported(world, party, path)).findings == []
        secret = "2222.22" if party != "P1" else "10000.00"
        assert secret not in path.read_text()
    path = tmp_path / "buyer.ndjson"
    await exported(world, BUYER, path)
    true = Forger.of(path, log_signer(world.settings))
    assert sum(isinstance(each.event, StakePosted) for each in true.placed) == 2
    await audit(world.settings, world.ecosystem_id)
