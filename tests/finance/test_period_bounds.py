"""Periods with their days: by the calendar that measured them, together, as far as one sees."""

from typing import Any

import pytest

from ledger.read import Reader
from tests.incentives.declared import declared, given, item, line, shared
from tests.incentives.test_api import indicators, named
from tests.parties.steps import admitted
from tests.world import PROPOSED, World, indicator_terms

BUYER, PARTNERS = "Buyer", ("P0", "P1", "P2", "P3", "P4")
WEEKS = [
    {"key": "spring", "start": "2024-04-01", "end": "2024-05-06"},
    {"key": "early", "start": "2024-05-06", "end": "2024-06-03"},
    {"key": "late", "start": "2024-06-03", "end": "2024-07-08"},
]
"""Five weeks, four, five: periods whose keys tell nothing of their days."""
WITH_DAYS = "periodKey period { key start end }"
DUES = f"""query($first: Int!) {{ reconciliation(on: "2024-09-01") {{
  dues(first: $first) {{ nodes {{ {WITH_DAYS} }} }} }} }}"""
SHOWN = f"""query($id: ID!, $p: String!) {{
  parts(indicatorId: $id, period: $p) {{ nodes {{ {WITH_DAYS} }} }}
  measurements(period: $p) {{ nodes {{ {WITH_DAYS} }} }}
  settlements(period: $p) {{ nodes {{ {WITH_DAYS} }} }} }}"""


def listed(*periods: dict[str, str]) -> dict[str, Any]:
    """A calendar that lists these."""
    return {"kind": "LIST", "timeZone": "Europe/London", "periods": list(periods)}


def shown_of(period: dict[str, str]) -> dict[str, Any]:
    """What is shown of a period."""
    return {"periodKey": period["key"], "period": period}


async def chain(world: World) -> tuple[str, str]:
    """An indicator by a list, and a scheme by which P0 and P1 share; a cashier sees the journal."""
    await world.found(BUYER, *PARTNERS)
    for name, grants in (("Cashier", ["JOURNAL"]), ("Auditor", ["INCENTIVES"])):
        await admitted(world, name, {"grants": grants}, BUYER, *PARTNERS, role="OBSERVER")
    ids = await indicators(world, calendar=listed(*WEEKS), liveFrom="spring")
    example = {"values": [given(0, "100")], "expected": {"amount": "10000.00", "currency": "EUR"}}
    scoring = {"line": line([["0", "0"], ["100", "1"]])}
    how = {"validFromPeriod": "spring", "split": shared("0.5", "0.5")}
    terms = named(world, ids, declared([item(0, scoring)], workedExamples=[example], **how))
    payload = await world.done(BUYER, "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    await world.agree(payload["proposal"], BUYER, "P0", "P1")
    return ids["i0"], payload["scheme"]["id"]


async def settled(world: World, indicator: str, scheme: str, period: str) -> None:
    """A period measured at 60 and settled, by all whom it concerns."""
    place = {"indicatorId": indicator, "period": period}
    figures = {"partyId": world.parties["P0"], "value": "60"}
    part = {"figures": figures, "evidenceSha256": "0" * 64}
    await world.done("P0", "submitPart", place | {"declared": part})
    measured = await world.done("P0", "proposeMeasurement", place, PROPOSED)
    await world.agree(measured["proposal"], "P0")
    asked = {"schemeId": scheme, "period": period}
    payload = await world.done(BUYER, "proposeSettlement", asked, PROPOSED)
    await world.agree(payload["proposal"], BUYER, "P0", "P1")


async def test_a_period_keeps_its_days_when_the_calendar_drops_it(world: World) -> None:
    """Whatever the next version lists: what was measured and settled lies where it lay."""
    indicator, scheme = await chain(world)
    await settled(world, indicator, scheme, "spring")
    terms = indicator_terms(world, {"P0": "1"}) | {
        "name": "i0",
        "direction": "HIGHER_IS_BETTER",
        "levels": {"baseline": "0", "minimum": "50", "target": "100", "stretch": "120"},
        "calendar": listed(*WEEKS[1:]),
        "liveFrom": "early",
        "indicatorId": indicator,
    }
    payload = await world.done("P0", "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], "P0")
    query = (
        """query($id: ID!) { indicator(id: $id) { current { period(key: "spring") { key } } } }"""
    )
    dropped = await world.read("P0", query, id=indicator)

    found = await world.read("P0", SHOWN, id=indicator, p="spring")
    dues = await world.read("P0", DUES, first=10)

    assert dropped["indicator"]["current"]["period"] is None
    assert {key: page["nodes"] for key, page in found.items()} == {
        "parts": [shown_of(WEEKS[0])],
        "measurements": [shown_of(WEEKS[0])],
        "settlements": [shown_of(WEEKS[0])],
    }
    assert dues["reconciliation"]["dues"]["nodes"] == [shown_of(WEEKS[0])] * 2


async def test_who_sees_no_calendar_is_told_the_key(world: World) -> None:
    """An observer of the journal alone has no indicator to ask; nor one of incentives alone."""
    indicator, scheme = await chain(world)
    await settled(world, indicator, scheme, "spring")

    dues = await world.read("Cashier", DUES, first=10)
    settlements = await world.read("Auditor", f"{{ settlements {{ nodes {{ {WITH_DAYS} }} }} }}")

    bare = {"periodKey": "spring", "period": None}
    assert dues["reconciliation"]["dues"]["nodes"] == [bare, bare]
    assert settlements["settlements"]["nodes"] == [bare]


async def test_a_page_of_dues_reads_its_periods_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many reads for six dues of three periods as for one."""
    indicator, scheme = await chain(world)
    for each in WEEKS:
        await settled(world, indicator, scheme, each["key"])
    reads: list[str] = []
    many = Reader.many

    async def counted(self: Reader, *how: Any) -> Any:
        reads.append(how[1])
        return await many(self, *how)

    monkeypatch.setattr(Reader, "many", counted)
    alone = await world.read(BUYER, DUES, first=1)
    of_one, reads[:] = list(reads), []

    page = await world.read(BUYER, DUES, first=100)

    assert len(alone["reconciliation"]["dues"]["nodes"]) == 1
    shown = page["reconciliation"]["dues"]["nodes"]
    assert sorted(each["period"]["start"] for each in shown) == sorted(
        [each["start"] for each in WEEKS] * 2
    )
    assert reads == of_one
    assert len(reads) > 0
