"""A partner's statement: explained to the cent, proved complete, readable on paper."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.statement import StatementUnreadable, read_statement
from ops.verify import verify
from tests.finance.bank import Transfer, camt
from tests.finance.steps import posted, report_of, stake_of
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.trust.steps import exported
from tests.world import World


async def told(world: World, party: str, kind: str = "json", **asked: str) -> bytes:
    """A statement of the story's period as a party gets it."""
    headers = {"authorization": f"Bearer {world.token(party)}"}
    given = {"period": "2024-04", "on": "2024-07-01", **asked}
    answer = await world.client.get(f"/statement.{kind}", params=given, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


async def paid_in_part(world: World) -> dict[str, Any]:
    """A settled period of which the first partner got a part and gave it back."""
    settlement = await posted(world)
    reference = stake_of(settlement, TRACK)["reference"]
    lines = (
        Transfer("1000.00", reference, BUYER, bank_reference="1"),
        Transfer("-1000.00", reference, BUYER, bank_reference="2", is_reversal=True),
        Transfer("3000.00", reference, BUYER, bank_reference="3"),
    )
    given = {"format": "CAMT_053", "content": camt(lines)}
    await world.done(TRACK, "importBankStatement", given)
    await world.done(BUYER, "reportPayment", report_of(world, settlement, TRACK, "3000.00"))
    return settlement


async def test_a_statement_explains_every_cent_and_proves_itself_complete(
    world: World, tmp_path: Path
) -> None:
    """Held against the ledger's export by whoever has both files."""
    settlement = await paid_in_part(world)
    path = tmp_path / "statement.json"
    path.write_bytes(await told(world, TRACK))
    key = await exported(world, TRACK, tmp_path / "ledger.ndjson")

    said = json.loads(path.read_bytes())
    [settled] = said["settlements"]
    assert settled["stake"] == {"amount": "4055.31", "currency": "GBP"}
    assert any("straight line" in step["sentence"] for step in settled["trace"])
    assert all(step["subject"] != world.parties[TRAIN][6:] for step in settled["trace"])
    assert [each["open"]["amount"] for each in said["dues"]] == ["1055.31"]
    assert {each["status"] for each in said["payments"]} == {"REVERSED", "CLEARED"}
    assert settled["reference"] == stake_of(settlement, TRACK)["reference"]
    check = read_statement(path)
    verdict = verify(tmp_path / "ledger.ndjson", key, statement=check)
    assert verdict.findings == []
    assert "all 8 postings of its 3 accounts" in verdict.notes[-1]


FORGERIES: tuple[tuple[Callable[[dict[str, Any]], object], str], ...] = (
    (lambda said: said["postings"].pop(2), "is missing|does not follow|does not show"),
    (lambda said: said["postings"].pop(), "closing balance|does not show"),
    (lambda said: said["postings"].append(said["postings"][-1]), "missing|in no entry"),
    (lambda said: said["postings"][0].update(amount="1.00"), "does not follow"),
    (lambda said: said["accounts"][0].update(balance="0.01"), "closing balance"),
    (lambda said: said["postings"][3].update(entry=1), "is not what entry"),
    (lambda said: said.update(size=10**6), "the export has"),
    (lambda said: said.update(ecosystem="x"), "of ecosystem x"),
)


async def test_a_forged_statement_is_found(world: World, tmp_path: Path) -> None:
    """A posting left out, changed, doubled or moved."""
    await paid_in_part(world)
    key = await exported(world, TRACK, tmp_path / "ledger.ndjson")
    good = await told(world, TRACK)
    path = tmp_path / "statement.json"

    for forge, finding in FORGERIES:
        said = json.loads(good)
        forge(said)
        path.write_text(json.dumps(said))
        verdict = verify(tmp_path / "ledger.ndjson", key, statement=read_statement(path))
        assert re.search(finding, "\n".join(verdict.findings)), finding


async def test_a_statement_whose_sums_are_mended_is_still_found(
    world: World, tmp_path: Path
) -> None:
    """Whoever leaves the last postings out and closes the accounts earlier."""
    await paid_in_part(world)
    key = await exported(world, TRACK, tmp_path / "ledger.ndjson")
    said = json.loads(await told(world, TRACK))
    said["postings"] = said["postings"][:2]
    said["accounts"] = [
        {name: row[name] for name in ("account", "currency", "sequence", "balance")}
        for row in said["postings"]
    ]
    path = tmp_path / "statement.json"
    path.write_text(json.dumps(said))

    verdict = verify(tmp_path / "ledger.ndjson", key, statement=read_statement(path))

    assert len(verdict.findings) == 6
    assert all("does not show" in each for each in verdict.findings)


async def test_both_sides_get_their_own_books_and_strangers_nothing(world: World) -> None:
    """What a party may not know answers "not found"."""
    await paid_in_part(world)

    said = json.loads(await told(world, BUYER, partner=world.parties[TRACK]))
    assert said["booksOf"] == world.parties[BUYER][6:]
    assert {each["account"] for each in said["postings"]} == {
        "INCENTIVE_EXPENSE",
        "PAYABLE",
        "CASH_CLEARING",
    }
    headers = {"authorization": f"Bearer {world.token(OTHERS)}"}
    for params, status in (
        ({"period": "2024-04", "on": "2024-07-01", "partner": world.parties[TRACK]}, 404),
        ({"period": "2024-05", "on": "2024-07-01"}, 404),
        ({"period": "2024-04"}, 400),
        ({"on": "2024-07-01"}, 400),
    ):
        answer = await world.client.get("/statement.json", params=params, headers=headers)
        assert answer.status_code == status
    buyers = {"authorization": f"Bearer {world.token(BUYER)}"}
    asked = {"period": "2024-04", "on": "2024-07-01"}
    answer = await world.client.get("/statement.json", params=asked, headers=buyers)
    assert (answer.status_code, "partner is missing" in answer.text) == (400, True)
    answer = await world.client.get("/statement.pdf", headers=headers)
    assert answer.status_code == 404
    assert (await world.client.get("/statement.json")).status_code == 401


async def test_the_statement_is_a_table_and_a_page_too(world: World) -> None:
    """The page escapes names, loads nothing and runs nothing."""
    await paid_in_part(world)

    rows = list(csv.DictReader(io.StringIO((await told(world, TRACK, "csv")).decode())))
    assert [row["balance"] for row in rows if row["section"] == "posting"][-1] == "1055.31"
    assert {row["section"] for row in rows} == {
        "partner",
        "period",
        "stake",
        "owed",
        "trace",
        "due",
        "payment",
        "posting",
    }
    page = (await told(world, TRACK, "html")).decode()
    assert "@page { size: A4" in page
    assert page.count("<tr>") >= 8
    assert "1 to 30 days late" not in page
    assert "31 to 60 days late" in page
    assert not re.search(r"<script|https?://|src=|href=", page)


def test_what_is_no_statement_is_told_so(tmp_path: Path) -> None:
    """One message, no traceback."""
    for text in ("", "[]", "{}", '{"format": "jpi-statement/v2"}'):
        (tmp_path / "s.json").write_text(text)

        with pytest.raises(StatementUnreadable, match="is no jpi-statement/v1"):
            read_statement(tmp_path / "s.json")
