"""Bank statements meet what is due: matched, partly paid, overpaid, unknown, reversed, overdue."""

import csv
import io
from typing import Any

import pytest

from ledger.actor import Role
from tests.auditor import audit
from tests.finance.bank import Transfer, bank_csv, camt
from tests.finance.steps import balance, dues, posted, report_of, stake_of
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import World

SHOW = """matchedCount statements { id bankReference lineCount matchedCount
  lines(first: 100) { nodes {
  line outcome effect amount { amount } counterparty payment { id status }
  suggestions { reason due { id reference } } } } }"""


async def imported(world: World, party: str, content: str, **how: Any) -> dict[str, Any]:
    """The payload of an import."""
    kind = "CAMT_053" if content.startswith("<?xml") else "CSV"
    given = {"format": kind, "content": content}
    return await world.done(party, "importBankStatement", given, SHOW, **how)


def effects(payload: dict[str, Any]) -> list[str | None]:
    """What each line of the first statement did."""
    found: list[str | None] = [
        each["effect"] for each in payload["statements"][0]["lines"]["nodes"]
    ]
    return found


async def test_both_banks_statements_clear_what_nobody_typed(world: World) -> None:
    """The payer's bank states the payments, the payee's bank states the same: cleared."""
    settlement = await posted(world)
    stakes = {name: stake_of(settlement, name) for name in (TRACK, TRAIN, OTHERS)}
    paid = [
        Transfer(f"-{stake['amount']['amount']}", stake["reference"], name, bank_reference=name)
        for name, stake in stakes.items()
    ]
    got = Transfer(stakes[TRACK]["amount"]["amount"], stakes[TRACK]["reference"], BUYER)

    out = await imported(world, BUYER, camt(paid, "02"))
    assert (out["matchedCount"], effects(out)) == (3, ["BEGUN"] * 3)
    assert (await dues(world, BUYER))[TRACK]["status"] == "REPORTED"
    into = await imported(world, TRACK, camt((got,), "08", opening="-5.00"))

    assert effects(into) == ["JOINED"]
    due = (await dues(world, TRACK, "2030-01-01"))[TRACK]
    assert (due["status"], due["ageing"]) == ("MATCHED", "SETTLED")
    assert [each["status"] for each in due["payments"]["nodes"]] == ["CLEARED"]
    assert await balance(world, BUYER, "PAYABLE", TRACK) == "0.00"
    assert await balance(world, TRACK, "RECEIVABLE", BUYER) == "0.00"
    await audit(world.settings, world.ecosystem_id)


async def test_the_same_statement_twice_changes_nothing(world: World) -> None:
    """Whoever sends it, under whatever key, in whichever version and file."""
    settlement = await posted(world)
    stake = stake_of(settlement, TRAIN)
    paid = Transfer("-3244.24", stake["reference"], TRAIN, bank_reference="B1")
    await imported(world, BUYER, camt((paid,), "02"))

    again = {"format": "CAMT_053", "content": camt((paid,), "08")}
    refused = await world.refused(BUYER, "importBankStatement", again)
    assert refused["code"] == "STATEMENT_KNOWN"
    other = {"format": "CAMT_053", "content": camt((paid, Transfer("-1.00")), "08")}
    refused = await world.refused(BUYER, "importBankStatement", other)
    assert refused["code"] == "STATEMENT_DIFFERS"
    # another statement that shows the same transfer: its line is known by the bank's reference
    longer = await imported(world, BUYER, camt((paid, Transfer("-1.00")), statement="year"))
    assert longer["matchedCount"] == 0
    assert (await dues(world, BUYER))[TRAIN]["reported"]["amount"] == "3244.24"
    await audit(world.settings, world.ecosystem_id)


async def test_what_was_typed_before_is_only_shown_by_the_statement(world: World) -> None:
    """Nothing is posted twice."""
    settlement = await posted(world)
    stake = stake_of(settlement, TRACK)
    given = report_of(world, settlement, TRACK, "4055.31")
    paid = await world.done(BUYER, "reportPayment", given, "payment { id }")
    await world.done(TRACK, "confirmPayment", {"paymentId": paid["payment"]["id"]})

    out = await imported(world, BUYER, camt((Transfer("-4055.31", stake["reference"]),)))
    into = await imported(world, TRACK, bank_csv((Transfer("4055.31", stake["reference"]),)))

    assert effects(out) == effects(into) == ["SHOWN"]
    assert await balance(world, BUYER, "PAYABLE", TRACK) == "0.00"
    assert await balance(world, TRACK, "CASH_CLEARING", BUYER) == "4055.31"
    show = """query($id: ID!) { payment(id: $id) { payerSide { isOnBankStatement }
      payeeSide { isOnBankStatement } } }"""
    data = await world.read(TRACK, show, id=paid["payment"]["id"])
    assert data["payment"]["payerSide"] == data["payment"]["payeeSide"]
    assert data["payment"]["payerSide"] == {"isOnBankStatement": True}
    await audit(world.settings, world.ecosystem_id)


async def test_part_payments_overpayments_and_returns_are_told_apart(world: World) -> None:
    """One statement with all of them, in the bank's order."""
    settlement = await posted(world)
    track, train = stake_of(settlement, TRACK), stake_of(settlement, TRAIN)
    lines = (
        Transfer("1000.00", track["reference"], BUYER, bank_reference="1"),
        Transfer("-1000.00", track["reference"], BUYER, is_reversal=True, bank_reference="2"),
        Transfer("4100.00", track["reference"], BUYER, bank_reference="3"),
        Transfer("55.00", text="holiday refund", name="Hotel", bank_reference="4"),
        Transfer("10.00", train["reference"], BUYER, bank_reference="5"),
    )

    payload = await imported(world, TRACK, camt(lines))

    assert effects(payload) == ["BEGUN", "REVERSED", "BEGUN", None, None]
    due = (await dues(world, BUYER))[TRACK]
    assert (due["status"], due["received"]["amount"]) == ("OVERPAID", "4100.00")
    assert await balance(world, TRACK, "RECEIVABLE", BUYER) == "-44.69"
    await imported(
        world, TRAIN, camt((Transfer("10.00", train["reference"]),), account="GB2", opening="0.00")
    )
    due = (await dues(world, BUYER, "2024-07-01"))[TRAIN]
    assert (due["status"], due["ageing"]) == ("PARTLY_PAID", "DAYS_31_TO_60")
    await audit(world.settings, world.ecosystem_id)


async def test_an_unknown_line_is_suggested_and_a_person_confirms(world: World) -> None:
    """By amount and party; never by itself."""
    settlement = await posted(world)
    stake = stake_of(settlement, OTHERS)
    amount = stake["amount"]["amount"]
    payload = await imported(
        world, OTHERS, camt((Transfer(amount, name="BUYER PLC", text="bonus April"),))
    )
    [line] = payload["statements"][0]["lines"]["nodes"]
    assert (line["outcome"], payload["matchedCount"]) == ("UNKNOWN", 0)
    [suggestion] = line["suggestions"]
    assert suggestion["reason"] == "amount and party"
    assert suggestion["due"]["reference"] == stake["reference"]

    given = {
        "statementId": payload["statements"][0]["id"],
        "line": 0,
        "dueId": suggestion["due"]["id"],
    }
    preview = await world.do(OTHERS, "matchBankLine", given, "preview { kind }", dry_run=True)
    assert preview["preview"] == [{"kind": "lines.matched v1"}]
    stranger = await world.refused(TRACK, "matchBankLine", given)
    assert stranger["code"] == "NOT_FOUND"
    matched = await world.done(OTHERS, "matchBankLine", given, "payment { status }")
    assert matched["payment"]["status"] == "RECEIVED"
    refused = await world.refused(OTHERS, "matchBankLine", given)
    assert refused["code"] == "LINE_MATCHED"
    # the payer reports the same payment afterwards: it is the one that was received
    given = report_of(world, settlement, OTHERS, amount)
    paid = await world.done(BUYER, "reportPayment", given, "payment { status }")
    assert paid["payment"]["status"] == "CLEARED"
    await audit(world.settings, world.ecosystem_id)


async def test_a_line_is_not_forced_upon_what_it_cannot_be_about(world: World) -> None:
    """Its way, its currency and its sides must fit."""
    settlement = await posted(world)
    other = stake_of(settlement, TRACK)["reference"]
    own = stake_of(settlement, OTHERS)["reference"]
    payload = await imported(world, OTHERS, camt((Transfer("-5.00", name="Shop"),)))
    euros = await imported(
        world, OTHERS, camt((Transfer("5.00"),), statement="e", currency="EUR", account="GB9")
    )
    given = {"statementId": payload["statements"][0]["id"], "line": 0}

    for change, code in (
        ({"dueId": other}, "LINE_IS_ABOUT"),
        ({"dueId": own}, "LINE_IS_ABOUT"),
        ({"dueId": "RF00"}, "NOT_FOUND"),
        ({"dueId": own, "line": 7}, "NOT_FOUND"),
        ({"dueId": own, "statementId": euros["statements"][0]["id"]}, "CURRENCY_DIFFERS"),
    ):
        refused = await world.refused(OTHERS, "matchBankLine", {**given, **change})
        assert refused["code"] == code, change


async def test_a_bank_statement_is_its_partys_own(world: World) -> None:
    """Others see that something was imported, never what; a viewer may not import."""
    settlement = await posted(world)
    stake = stake_of(settlement, TRACK)
    mine = (Transfer("-4055.31", stake["reference"], TRACK), Transfer("-9.99", name="Secret Shop"))
    payload = await imported(world, BUYER, camt(mine))
    index = payload["receipt"]["index"]

    everywhere = """query($id: ID!, $i: Index!) { node(id: $id) { id }
      entry(index: $i) { opening { body } }
      bankLines { nodes { text } } bankStatements { nodes { id } } }"""
    data = await world.read(TRACK, everywhere, id=payload["statements"][0]["id"], i=index)
    assert (data["node"], data["entry"]["opening"]) == (None, None)
    assert data["bankLines"]["nodes"] == data["bankStatements"]["nodes"] == []
    own = await world.read(BUYER, "{ bankLines(outcome: UNKNOWN) { nodes { counterparty } } }")
    assert own["bankLines"]["nodes"] == [{"counterparty": "Secret Shop"}]
    given = {"format": "CAMT_053", "content": camt(mine, statement="x")}
    token = world.token(BUYER, Role.VIEWER)
    refused = await world.refused(BUYER, "importBankStatement", given, token=token)
    assert refused["code"] == "NOT_PERMITTED"


@pytest.mark.parametrize("content", ["", "<?xml", "account"])
async def test_a_broken_file_changes_nothing(world: World, content: str) -> None:
    """Refused with its line."""
    await world.found(BUYER, TRACK)

    for kind in ("CAMT_053", "CSV"):
        given = {"format": kind, "content": content}
        refused = await world.refused(BUYER, "importBankStatement", given)
        assert (refused["code"], refused["path"]) == ("STATEMENT_BROKEN", "content")
        assert "line 1" in refused["message"]


async def test_thousand_lines_are_entered_in_portions(world: World) -> None:
    """More matched lines than an entry holds; each posts once."""
    settlement = await posted(world)
    reference = stake_of(settlement, TRACK)["reference"]
    lines = [Transfer("0.01", reference, bank_reference=str(n)) for n in range(1001)]
    payload = await imported(world, TRACK, bank_csv(lines))

    assert payload["matchedCount"] == 1001
    assert payload["receipt"]["entryCount"] == 4
    due = (await dues(world, TRACK))[TRACK]
    assert due["received"]["amount"] == "10.01"
    await audit(world.settings, world.ecosystem_id)


async def test_the_report_and_the_lines_are_downloaded_as_csv(world: World) -> None:
    """What a controller opens in a spreadsheet; no cell is a formula."""
    settlement = await posted(world)
    stake = stake_of(settlement, TRACK)
    lines = (Transfer("1000.00", stake["reference"], BUYER), Transfer("7.00", text="=1+1"))
    await imported(world, TRACK, camt(lines))

    report = await table(world, TRACK, "/reconciliation.csv?on=2024-07-01")
    found = await table(world, TRACK, "/bank-lines.csv?outcome=UNKNOWN")

    assert len(report) == 3
    own = f"/reconciliation.csv?on=2024-07-01&party={world.parties[TRACK]}&period=2024-04"
    assert [row["payee"] for row in await table(world, BUYER, own)] == [TRACK]
    track = next(row for row in report if row["payee"] == TRACK)
    assert (track["status"], track["ageing"], track["open"]) == (
        "PARTLY_PAID",
        "DAYS_31_TO_60",
        "3055.31",
    )
    assert [row["text"] for row in found] == ["'=1+1"]
    assert await table(world, BUYER, "/bank-lines.csv") == []
    headers = {"authorization": f"Bearer {world.token(BUYER)}"}
    for path, said in (
        ("/reconciliation.csv", "on is missing"),
        ("/bank-lines.csv?outcome=x", "MATCHED or UNKNOWN"),
        ("/journal.csv?asof=3", "asOf"),  # else it would give another day's figures, unseen
        ("/observations.ndjson?serie=x", "series"),
    ):
        answer = await world.client.get(path, headers=headers)
        assert (answer.status_code, said in answer.text) == (400, True), answer.text


async def table(world: World, party: str, path: str) -> list[dict[str, str]]:
    """The rows of a CSV download."""
    headers = {"authorization": f"Bearer {world.token(party)}"}
    answer = await world.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))
