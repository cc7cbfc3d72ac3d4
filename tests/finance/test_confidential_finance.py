"""Confidential stakes in finance: bank, close and statement tell each partner its own alone."""

import json
from pathlib import Path

from ops.statement import read_statement
from ops.verify import verify
from tests.auditor import audit
from tests.finance.bank import Transfer, camt
from tests.finance.test_journal_files import download
from tests.incentives.test_confidential_schemes import BUYER, PARTNERS, agreed, settled
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BALANCES = """{ periodCloses { nodes { balances { balance { amount } } } }
  reconciliation(on: "2024-07-01") { dues { nodes { payee { name } status } } } }"""


async def test_bank_close_and_statement_of_a_confidential_scheme(
    world: World, tmp_path: Path
) -> None:
    """What one partner is paid stays between it and the outsourcer, all the way to the export."""
    _, scheme = await agreed(world)
    told = await settled(world, scheme)
    stakes = {each["party"]["name"]: each for each in told["stakes"]}
    got = Transfer("6000.00", stakes["P0"]["reference"], BUYER)
    given = {"format": "CAMT_053", "content": camt((got,), currency="EUR")}
    payload = await world.done("P0", "importBankStatement", given, "matchedCount")
    assert payload["matchedCount"] == 1
    close = {"through": "2024-04-30"}
    payload = await world.done(BUYER, "proposePeriodClose", close, PROPOSED)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)

    for party, accounts, payees in (
        (BUYER, 9, {"P0": "MATCHED", "P1": "UNPAID"}),
        ("P0", 5, {"P0": "MATCHED"}),
        ("P1", 4, {"P1": "UNPAID"}),
        ("P2", 0, {}),
    ):
        data = await world.read(party, BALANCES)
        [closed] = data["periodCloses"]["nodes"]
        assert len(closed["balances"]) == accounts, party
        found = data["reconciliation"]["dues"]["nodes"]
        assert {each["payee"]["name"]: each["status"] for each in found} == payees
    path = tmp_path / "statement.json"
    path.write_bytes(await download(world, "P0", "/statement.json?period=2024-04&on=2024-07-01"))
    [settlement] = json.loads(path.read_bytes())["settlements"]
    assert settlement["stake"] == {"amount": "6000.00", "currency": "EUR"}
    await audit(world.settings, world.ecosystem_id)
    for party in ("P0", "P2"):
        ledger = tmp_path / f"{party}.ndjson"
        key = await exported(world, party, ledger)
        statement = read_statement(path) if party == "P0" else None
        verdict = verify(ledger, key, statement=statement)
        assert verdict.findings == []
        assert verdict.replayed == verdict.entries
    headers = {"authorization": f"Bearer {world.token('P1')}"}
    asked = {"period": "2024-04", "on": "2024-07-01", "partner": world.parties["P0"]}
    answer = await world.client.get("/statement.json", params=asked, headers=headers)
    assert answer.status_code == 404
