"""A year as finance lives it: settled by month, disputed once, paid by bank, closed, proved."""

from pathlib import Path
from typing import Any

from ops.statement import read_statement
from ops.verify import verify
from tests.auditor import audit
from tests.finance.bank import Transfer, camt
from tests.finance.steps import dues, stake_of
from tests.finance.test_closing import closed
from tests.finance.test_journal_files import balances, download
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.test_story import (
    BUYER,
    OTHERS,
    PARTNERS,
    TRACK,
    TRAIN,
    agreed_indicator,
    agreed_scheme,
)
from tests.trust.steps import exported
from tests.world import PROPOSED, World

MONTHS = [f"2024-{month:02}" for month in range(4, 13)] + ["2025-01", "2025-02", "2025-03"]
DISPUTED = "2024-09"
SHOW = f"""settlement {{ id
  stakes {{ party {{ name }} amount {{ amount }} reference }} }} {PROPOSED}"""


async def reported(world: World, indicator: str, month: str, number: int) -> dict[str, Any]:
    """The month's minutes of each partner, and the measurement that follows from them."""
    place = {"indicatorId": indicator, "period": month}
    for party, minutes in zip(PARTNERS, (30_000, 20_000, 5_000), strict=True):
        value = str(minutes + 500 * number)
        row = {"reference": month, "period": month, "segment": "ScotRail", "value": value}
        await world.done(party, "recordObservations", {"series": "delay-minutes", "rows": [row]})
        await world.done(party, "submitPart", place)
    payload = await world.done(TRAIN, "proposeMeasurement", place, PROPOSED)
    proposal: dict[str, Any] = payload["proposal"]
    return proposal


async def disputed(
    world: World, indicator: str, month: str, proposal: dict[str, Any]
) -> dict[str, Any]:
    """One partner objects, corrects what it reported, and the measurement is proposed again."""
    reason = "A train was counted twice."
    objection = {"proposalId": proposal["id"], "reason": reason}
    await world.done(OTHERS, "objectToProposal", objection)
    row = {"reference": month, "revision": 2, "period": month, "segment": "ScotRail"}
    rows = {"series": "delay-minutes", "rows": [{**row, "value": "4000"}]}
    await world.done(OTHERS, "recordObservations", rows)
    place = {"indicatorId": indicator, "period": month}
    await world.done(OTHERS, "submitPart", place)
    again = {**place, "replaces": proposal["id"]}
    payload = await world.done(TRAIN, "proposeMeasurement", again, PROPOSED)
    found: dict[str, Any] = payload["proposal"]
    return found


async def settled_year(world: World) -> dict[str, dict[str, Any]]:
    """Every month measured, agreed, settled and posted."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    scheme = await agreed_scheme(world, indicator)
    settlements = {}
    for number, month in enumerate(MONTHS):
        proposal = await reported(world, indicator, month, number)
        if month == DISPUTED:
            proposal = await disputed(world, indicator, month, proposal)
        await world.agree(proposal, *PARTNERS)
        given = {"schemeId": scheme, "period": month}
        payload = await world.done(BUYER, "proposeSettlement", given, SHOW)
        await world.agree(payload["proposal"], BUYER, *PARTNERS)
        settlements[month] = payload["settlement"]
    return settlements


def transfers(settlements: dict[str, dict[str, Any]], party: str, sign: str) -> list[Transfer]:
    """The year's transfers to a partner; the last month in part only."""
    lines = []
    for month, settlement in settlements.items():
        stake = stake_of(settlement, party)
        amount = stake["amount"]["amount"] if month != MONTHS[-1] else "100.00"
        name = party if sign else BUYER
        mark = f"{party}/{month}"
        lines.append(Transfer(sign + amount, stake["reference"], name, bank_reference=mark))
    return lines


@needs_hledger
async def test_the_year_is_settled_paid_by_bank_closed_and_proved(
    world: World, tmp_path: Path
) -> None:
    """What the outsourcer's bank shows pays it; each partner's bank shows the same."""
    settlements = await settled_year(world)

    # the outsourcer imports its bank's year: all partners, and a transfer that nobody knows
    paid = [line for party in PARTNERS for line in transfers(settlements, party, "-")]
    unknown = Transfer("-19.99", name="Stationer", text="pencils")
    given = {"format": "CAMT_053", "content": camt([*paid, unknown], "02")}
    payload = await world.done(BUYER, "importBankStatement", given, "matchedCount")
    assert payload["matchedCount"] == 36
    for party in PARTNERS:
        got = camt(transfers(settlements, party, ""), "08", account=f"GB-{party}")
        given = {"format": "CAMT_053", "content": got}
        payload = await world.done(party, "importBankStatement", given, "matchedCount")
        assert payload["matchedCount"] == 12
    data = await world.read(BUYER, "{ bankLines(outcome: UNKNOWN) { nodes { text } } }")
    assert data["bankLines"]["nodes"] == [{"text": "pencils"}]

    # what is still open on a day: the part payments of the last month
    data = await world.read(
        BUYER,
        """{ reconciliation(on: "2025-06-15", period: "2025-03") { totals { ageing count }
          dues { nodes { status } } } reconciliation_year: reconciliation(on: "2025-06-15") {
          totals { ageing count } } }""",
    )
    assert [each["status"] for each in data["reconciliation"]["dues"]["nodes"]] == [
        "PARTLY_PAID"
    ] * 3
    assert data["reconciliation_year"]["totals"] == [
        {"ageing": "DAYS_31_TO_60", "count": 3},
        {"ageing": "SETTLED", "count": 33},
    ]
    assert (await dues(world, TRACK, "2025-06-15"))[TRACK]["status"] == "PARTLY_PAID"

    # the year is closed by all; nothing settles it any more
    await closed(world, "2025-03-31")

    # exported: journals that the tools check, and a statement held against the ledger
    for party in (BUYER, *PARTNERS):
        text = await download(world, party, "/journal.hledger")
        assert strictly_checked(text, tmp_path) == await balances(world, party)
        assert bean_check(await download(world, party, "/journal.beancount"), tmp_path) == ""
    path = tmp_path / "statement.json"
    path.write_bytes(await download(world, TRACK, "/statement.json?period=2025-03&on=2025-06-15"))
    key = await exported(world, TRACK, tmp_path / "ledger.ndjson")
    verdict = verify(tmp_path / "ledger.ndjson", key, statement=read_statement(path))
    assert verdict.findings == []
    # 12 settlements post a receivable and an income, 12 payments cash and the receivable again
    assert "all 48 postings of its 3 accounts" in verdict.notes[-1]
    # the buyer's and two other partners' bank statements stay their own
    assert "3 bodies not in your audience" in str(verdict.not_checked)
    await audit(world.settings, world.ecosystem_id)
