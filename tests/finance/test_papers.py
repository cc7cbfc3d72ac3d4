"""What finance needs on its documents: from the payment terms to every export."""

import json
from pathlib import Path
from typing import Any

from tests.auditor import audit
from tests.finance.test_journal_files import download
from tests.finance.test_reconciliation import table
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN, agreed_indicator, measured
from tests.test_story import settled as story_settled
from tests.world import PROPOSED, World, scheme_terms

DUES = """{ reconciliation(on: "2024-07-01") { dues { nodes { payee { name }
  papers { partyId purchaseOrder taxNumber accountCode } } } } }"""


async def posted_with_papers(world: World) -> None:
    """The story's period, settled by terms that state what Network and the buyer need."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    terms: dict[str, Any] = scheme_terms(
        world, indicator, {TRACK: "0.5", TRAIN: "0.4", OTHERS: "0.1"}
    )
    terms["payment"]["references"] = [
        {
            "partyId": world.parties[TRACK],
            "purchaseOrder": "PO-4711",
            "taxNumber": "GB 123, 45",
            "accountCode": "=8400",
        },
        {"partyId": world.parties[BUYER], "accountCode": "6020"},
    ]
    show = f"scheme {{ id }} {PROPOSED}"
    payload = await world.done(BUYER, "proposeScheme", terms, show)
    await world.agree(payload["proposal"], BUYER, *PARTNERS)
    await story_settled(world, payload["scheme"]["id"])


@needs_hledger
async def test_orders_numbers_and_account_codes_are_in_every_export(
    world: World, tmp_path: Path
) -> None:
    """Each party's own code in its own books; the order and the tax number with the due."""
    await posted_with_papers(world)

    data = await world.read(BUYER, DUES)
    papers = {
        each["payee"]["name"]: each["papers"] for each in data["reconciliation"]["dues"]["nodes"]
    }
    own = {
        "partyId": world.parties[BUYER],
        "purchaseOrder": "",
        "taxNumber": "",
        "accountCode": "6020",
    }
    assert papers[TRAIN] == papers[OTHERS] == [own]
    assert [each["purchaseOrder"] for each in papers[TRACK]] == ["PO-4711", ""]
    [row, *_] = [
        each
        for each in await table(world, BUYER, "/reconciliation.csv?on=2024-07-01")
        if each["payee"] == TRACK
    ]
    assert (row["purchase_order"], row["tax_number"]) == ("PO-4711", "GB 123, 45")
    assert (row["payer_account_code"], row["payee_account_code"]) == ("6020", "'=8400")
    journal = await table(world, TRACK, "/journal.csv")
    assert {each["account_code"] for each in journal} == {"'=8400"}
    assert {each["purchase_order"] for each in journal} == {"PO-4711"}
    assert {each["account_code"] for each in await table(world, BUYER, "/journal.csv")} == {"6020"}
    assert {each["account_code"] for each in await table(world, OTHERS, "/journal.csv")} == {""}

    beancount = await download(world, TRACK, "/journal.beancount")
    assert b'purchase-order: "PO-4711"' in beancount
    assert bean_check(beancount, tmp_path) == ""
    hledger = await download(world, TRACK, "/journal.hledger")
    assert b"purchase-order:PO-4711, tax-number:GB 123 45, account-code:=8400" in hledger
    strictly_checked(hledger, tmp_path)
    said = json.loads(await download(world, TRACK, "/statement.json?period=2024-04&on=2024-07-01"))
    assert {each["purchaseOrder"] for each in said["dues"][0]["papers"]} == {"PO-4711", ""}
    headers = {"authorization": f"Bearer {world.token(TRACK)}"}
    page = await world.client.get("/statement.html?period=2024-04&on=2024-07-01", headers=headers)
    assert "VAT or credit-note number GB 123, 45" in page.text
    await audit(world.settings, world.ecosystem_id)
