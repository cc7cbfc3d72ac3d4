"""The demo's year as finance lives it: thirteen periods, three mishaps, one bank file, one close.

ScotRail's delay minutes of 2024-25, as the demo seeds them. The first five periods are settled and
closed; then one is restated, one disputed and one partner leaves early. What everybody gets is
held against a recomputation of the test's own.
"""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ledger.amounts import Money
from ops import demo
from ops.statement import read_statement
from ops.verify import verify
from service.app import open_doors
from tests.auditor import audit
from tests.finance.bank import Transfer, camt
from tests.finance.test_journal_files import balances, download
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.trust.steps import exported
from tests.world import PROPOSED, World

BUYER = demo.BUYER
TRACK, TRAIN, OTHERS = "Network Rail (staged)", "ScotRail (staged)", "Other operators (staged)"
PARTNERS = (TRACK, TRAIN, OTHERS)
SHARES = {TRACK: Fraction(50), TRAIN: Fraction(40), OTHERS: Fraction(10)}
P = [f"2024-25/P{number:02}" for number in range(14)]
MINUTES = {
    1: ("37245.6", "21346.5", "3517.0"),
    2: ("35320.4", "21634.1", "3174.5"),
    3: ("34704.3", "24957.6", "4109.0"),
    4: ("27918.0", "28113.2", "3073.6"),
    5: ("22939.3", "25062.7", "2041.0"),  # restated: a thousand minutes were missing
    6: ("18298.3", "20398.1", "3099.6"),
    7: ("25859.1", "24139.3", "3634.5"),
    8: ("59299.4", "42650.3", "5499.8"),
    9: ("61558.8", "35189.6", "7994.7"),
    10: ("44618.9", "30387.8", "5084.3"),
    11: ("36031.7", "29322.4", "2966.0"),
    12: ("26968.2", "24131.0", "3969.7"),
    13: ("26940.6", "21029.1", "3341.3"),
}
MISSING = "21939.3"
"""What Network Rail reported of the fifth period at first."""
LEFT_ON, HALF_OF_P12 = "2025-02-16", Fraction(14, 28)
SETTLED = f"""settlement {{ id kind corrected {{ period {{ key start end }} settlement {{ id }} }}
  stakes {{ party {{ name }} amount {{ amount }} reference }} }} {PROPOSED}"""


@dataclass
class Year:
    """The year as it went so far. `stakes` are what each settlement gave whom, in cents."""

    world: World
    indicator: str
    scheme: str
    stakes: list[dict[str, Any]] = field(default_factory=list)

    async def settle(self, number: int, *signing: str, kind: str = "INCENTIVE") -> dict[str, Any]:
        """A period settled, agreed by those named, and posted."""
        found = await self.propose(number, kind)
        await self.world.agree(found["proposal"], *signing)
        return found

    async def propose(self, number: int, kind: str = "INCENTIVE") -> dict[str, Any]:
        """A settlement that waits for its signatures."""
        given = {"schemeId": self.scheme, "period": P[number], "kind": kind}
        payload = await self.world.done(BUYER, "proposeSettlement", given, SETTLED)
        found: dict[str, Any] = payload["settlement"] | {"proposal": payload["proposal"]}
        self.stakes += [each for each in found["stakes"] if cents(each)]
        return found


def cents(stake: dict[str, Any]) -> int:
    """A stake's amount in cents."""
    return int(stake["amount"]["amount"].replace(".", ""))


def earned(number: int) -> dict[str, int]:
    """What the terms give for a period's right figures, in cents, computed by this test alone.

    From 80,000 minutes (a quarter of 10,000.00) over 66,000 (three quarters) to 50,000 (all).
    """
    total = sum((Fraction(each) for each in MINUTES[number]), Fraction(0))
    share = Fraction(0)
    if total <= 80_000:
        share = Fraction(1, 4) + (80_000 - total) / 14_000 / 2
    if total <= 66_000:
        share = Fraction(3, 4) + (66_000 - total) / 16_000 / 4
    pool = min(share, Fraction(1)) * 1_000_000
    presence = {OTHERS: {12: HALF_OF_P12, 13: Fraction(0)}.get(number, Fraction(1))}
    exact = {
        name: pool * part / 100 * presence.get(name, Fraction(1)) for name, part in SHARES.items()
    }
    whole = int(sum(exact.values()) + Fraction(1, 2))
    found = {name: int(each) for name, each in exact.items()}
    by_remainder = sorted(exact, key=lambda name: found[name] - exact[name])
    for name in by_remainder[: whole - sum(found.values())]:
        found[name] += 1
    return found


async def begun(world: World) -> Year:
    """The demo: all periods measured and agreed, the first two settled and paid."""
    async with open_doors(world.settings) as doors:
        scotrail, _ = await demo.seed(doors, lambda _: None)
    world.ecosystem_id, world.parties = scotrail.ecosystem_id, scotrail.parties
    data = await world.read(
        BUYER,
        "{ indicators { nodes { id } } schemes { nodes { id } } settlements { nodes { id } } }",
    )
    assert len(data["settlements"]["nodes"]) == 2
    return Year(world, data["indicators"]["nodes"][0]["id"], data["schemes"]["nodes"][0]["id"])


async def close(year: Year, through: str, *signing: str) -> None:
    """The books closed by all who sign."""
    given = {"through": through}
    payload = await year.world.done(BUYER, "proposePeriodClose", given, PROPOSED)
    await year.world.agree(payload["proposal"], *signing)


async def restated(year: Year) -> None:
    """Network Rail finds a thousand minutes more in a period that is settled and closed."""
    world, place = year.world, {"indicatorId": year.indicator, "period": P[5]}
    row = {"reference": P[5], "revision": 2, "period": P[5], "segment": "ScotRail"}
    rows = {"series": "delay-minutes", "rows": [row | {"value": MINUTES[5][0]}]}
    await world.done(TRACK, "recordObservations", rows)
    await world.done(TRACK, "submitPart", place | {"isCorrection": True})
    given = place | {"reason": "CORRECTED_OBSERVATIONS", "explanation": "A log was left out."}
    show = f"measurement {{ displayed touchedSettlements {{ periodKey }} }} {PROPOSED}"
    payload = await world.done(TRACK, "proposeRestatement", given, show)
    assert payload["measurement"]["touchedSettlements"] == [{"periodKey": P[5]}]
    await world.agree(payload["proposal"], *PARTNERS)


async def trued_up(year: Year) -> None:
    """The difference is settled in the next open period, and both settlements name each other."""
    world = year.world
    given = {"schemeId": year.scheme, "period": P[5]}
    closed = await world.refused(BUYER, "proposeSettlement", given | {"kind": "TRUE_UP"})
    assert closed["code"] == "PERIOD_CLOSED"

    found = await year.settle(6, BUYER, *PARTNERS, kind="TRUE_UP")

    [corrected] = found["corrected"]
    assert corrected["period"] == {"key": P[5], "start": "2024-07-21", "end": "2024-08-18"}
    query = """query($id: ID!) { settlement(id: $id) { periodKey
      correctedBy { id kind periodKey } } }"""
    origin = await world.read(OTHERS, query, id=corrected["settlement"]["id"])
    by = {"id": found["id"], "kind": "TRUE_UP", "periodKey": P[6]}
    assert origin["settlement"] == {"periodKey": P[5], "correctedBy": [by]}
    query = """query($id: ID!) { settlement(id: $id) { period { key }
      trace { periodKey period { key start } } } }"""
    shown = (await world.read(OTHERS, query, id=found["id"]))["settlement"]
    assert shown["period"] == {"key": P[6]}
    back = {"periodKey": P[5], "period": {"key": P[5], "start": "2024-07-21"}}
    assert back in shown["trace"]


async def disputed(year: Year) -> None:
    """A part of one stake is disputed, the rest is posted at once; then the buyer is convinced."""
    world, found = year.world, await year.propose(7)
    part = {
        "partyId": world.parties[OTHERS],
        "amount": {"amount": "100.00", "currency": "GBP"},
    }
    given = {"proposalId": found["proposal"]["id"], "reason": "Whose train was it?"}
    payload = await world.done(BUYER, "objectToProposal", given | {"disputed": part}, PROPOSED)
    assert payload["proposal"]["status"] == "DISPUTED"
    await world.agree(found["proposal"], BUYER, *PARTNERS)


async def left_early(year: Year) -> None:
    """The smallest partner leaves in the middle of the twelfth period; all agree."""
    given = {"partyId": year.world.parties[OTHERS], "leftOn": LEFT_ON}
    payload = await year.world.done(OTHERS, "proposeDeparture", given, PROPOSED)
    await year.world.agree(payload["proposal"], BUYER, *PARTNERS)


def transfers(year: Year, party: str) -> list[Transfer]:
    """What a party's bank shows of the year's stakes: Network's first one is paid in part."""
    part = next(each for each in year.stakes if each["party"]["name"] == TRACK)
    lines = []
    for number, stake in enumerate(year.stakes):
        partner = stake["party"]["name"]
        minor = cents(stake) if stake is not part else 100_000
        if party in (BUYER, partner):
            amount = Money("GBP", -minor if party == BUYER else minor).render()
            other = partner if party == BUYER else BUYER
            mark = f"{party}{number}"
            reference = stake["reference"]
            lines.append(Transfer(amount, reference, other, bank_reference=mark, day="2025-05-20"))
    return lines


async def paid(year: Year) -> None:
    """The banks show every stake, one of them in part, and a transfer that nobody knows."""
    world, unknown = year.world, Transfer("-19.99", name="Stationer", text="pencils")
    for party, more in ((BUYER, [unknown]), (TRACK, []), (TRAIN, [])):
        lines = transfers(year, party)
        content = camt([*lines, *more], "08" if party == BUYER else "02", account=f"GB-{party}")
        given = {"format": "CAMT_053", "content": content}
        payload = await world.done(party, "importBankStatement", given, "matchedCount")
        assert payload["matchedCount"] == len(lines)
        again = await world.refused(party, "importBankStatement", given)
        assert again["code"] == "STATEMENT_KNOWN"
    data = await world.read(BUYER, "{ bankLines(outcome: UNKNOWN) { nodes { text } } }")
    assert data["bankLines"]["nodes"] == [{"text": "pencils"}]
    stands = {name: await statuses(year, name) for name in (TRACK, TRAIN)}
    assert stands[TRACK] == {"PARTLY_PAID": 1, "MATCHED": len(transfers(year, TRACK)) + 1}
    assert stands[TRAIN] == {"MATCHED": len(transfers(year, TRAIN)) + 2}


async def statuses(year: Year, party: str) -> Counter[str]:
    """How a party's dues stand, those of the demo's two paid periods among them."""
    query = """query($p: ID!) { reconciliation(on: "2025-06-15", partyId: $p) {
      dues(first: 100) { nodes { status } } } }"""
    data = await year.world.read(party, query, p=year.world.parties[party])
    return Counter(each["status"] for each in data["reconciliation"]["dues"]["nodes"])


@needs_hledger
async def test_the_demos_year_is_settled_paid_closed_and_exported(
    world: World, tmp_path: Path
) -> None:
    """One restatement, one dispute, one early leaver; the books say what the right figures give."""
    year = await begun(world)
    members = (BUYER, *PARTNERS)
    for number in (3, 4, 5):
        await year.settle(number, *members)
    await close(year, "2024-08-17", *members)

    await restated(year)
    await trued_up(year)
    await year.settle(6, *members)
    await disputed(year)
    for number in (8, 9, 10, 11):
        await year.settle(number, *members)
    await left_early(year)
    staying = (BUYER, TRACK, TRAIN)
    await year.settle(12, *members)
    await year.settle(13, *staying)
    await paid(year)
    await close(year, "2025-03-31", *staying)

    await compared(year)
    await handed_out(year, tmp_path)
    await audit(world.settings, world.ecosystem_id)


async def compared(year: Year) -> None:
    """What each partner got in the year is what its right figures earn."""
    query = """{ accounts(first: 100) { nodes { kind balance { amount } owner { name }
      counterparty { name } } } }"""
    data = await year.world.read(BUYER, query)
    spent = dict.fromkeys(PARTNERS, 0)
    for each in data["accounts"]["nodes"]:
        # what a true-up takes back is the buyer's income
        if each["owner"]["name"] == BUYER and each["kind"].startswith("INCENTIVE"):
            minor = int(each["balance"]["amount"].replace(".", ""))
            spent[each["counterparty"]["name"]] += minor
    assert spent == {name: sum(earned(number)[name] for number in MINUTES) for name in PARTNERS}


async def handed_out(year: Year, folder: Path) -> None:
    """Both tools pass everybody's journal, to the balance; a statement is proved complete."""
    world = year.world
    for party in (BUYER, TRACK, TRAIN):
        text = await download(world, party, "/journal.hledger")
        assert strictly_checked(text, folder) == await balances(world, party)
        assert bean_check(await download(world, party, "/journal.beancount"), folder) == ""
    path = folder / "statement.json"
    path.write_bytes(
        await download(world, TRACK, "/statement.json?period=2024-25/P06&on=2025-06-15")
    )
    key = await exported(world, TRACK, folder / "ledger.ndjson")
    verdict = verify(folder / "ledger.ndjson", key, statement=read_statement(path))
    assert verdict.findings == []
