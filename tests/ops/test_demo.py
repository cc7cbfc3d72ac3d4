"""The demo: published figures, staged roles, and a lesson: all green, unhappy customer."""

import json

import pytest

from ops import demo, welcome
from ops.demo import FIGURES
from service.app import open_doors
from service.settings import Settings
from tests.auditor import audit
from tests.world import World

SAID: list[str] = []


async def test_seeding_twice_changes_nothing_and_both_ledgers_audit_clean(world: World) -> None:
    """An interrupted seeding goes on where it stopped, because every step has its own key."""
    async with open_doors(world.settings) as doors:
        chains = await demo.seed(doors, SAID.append)
        sizes = [await size(world, chain) for chain in chains]
        again = await demo.seed(doors, SAID.append)

    assert [await size(world, chain) for chain in again] == sizes
    assert [chain.ecosystem_id for chain in again] == [chain.ecosystem_id for chain in chains]
    for chain in chains:
        await audit(world.settings, chain.ecosystem_id)


async def size(world: World, chain: demo.Chain) -> int:
    """How many entries a chain's ledger has."""
    seen = World(world.settings, world.client, chain.ecosystem_id, chain.parties)
    return await seen.size()


async def test_avantis_reports_are_all_green_and_its_customers_are_not(world: World) -> None:
    """Claims on time in every one of 13 periods, beside punctuality and complaints in red."""
    async with open_doors(world.settings) as doors:
        _, avanti = await demo.seed(doors, SAID.append)
    seen = World(world.settings, world.client, avanti.ecosystem_id, avanti.parties)
    data = await seen.read(
        demo.BUYER,
        """{ measurements(first: 100) { nodes { periodKey displayed standing
          indicator { current { name perspective } } } } }""",
    )
    nodes = data["measurements"]["nodes"]

    claims = [each for each in nodes if each["indicator"]["current"]["name"].startswith("Claims")]
    customer = [each for each in nodes if each not in claims]
    assert len(claims) == 13
    assert {each["standing"] for each in claims} == {"GREEN"}
    assert {each["displayed"] for each in customer} == {"43.5", "124.3"}
    assert {each["standing"] for each in customer} == {"RED"}
    assert {each["indicator"]["current"]["perspective"] for each in customer} == {"EXPERIENCE"}


async def test_the_welcome_holds_what_a_newcomer_needs(world: World, settings: Settings) -> None:
    """URLs, a token per role, queries that work as printed, of both chains."""
    async with open_doors(settings) as doors:
        scotrail, avanti = await demo.seed(doors, SAID.append)
    told = welcome.text(settings, (scotrail, avanti))

    assert told.count("curl -s") == 4
    assert '{"authorization": "Bearer ey' in told
    assert all(role.lower() in told for role in welcome.SHOWN)
    seen = World(settings, world.client, scotrail.ecosystem_id, scotrail.parties)
    for query in welcome.QUERIES:
        await seen.read(demo.BUYER, query)
    unhappy = World(settings, world.client, avanti.ecosystem_id, avanti.parties)
    data = await unhappy.read(demo.BUYER, welcome.GREEN_AND_UNHAPPY)
    assert {each["standing"] for each in data["measurements"]["nodes"]} == {"GREEN", "RED"}


def test_the_figures_carry_their_attribution() -> None:
    """And say that roles and terms are staged."""
    figures = json.loads(FIGURES.read_text())

    assert "Office of Rail and Road" in figures["source"]
    assert "Open Government Licence" in figures["source"]
    assert "staged" in figures["staged"]
    minutes = [
        sum(float(period["minutes"][party]) for period in figures["scotrail_2024_25"]["periods"])
        for party in range(3)
    ]
    assert [round(each, 1) for each in minutes] == [456702.6, 348361.7, 51505.0]


async def test_a_demo_of_another_version_says_how_to_go_on(world: World) -> None:
    """The same key with another input: two ways out, both named."""
    async with open_doors(world.settings) as doors:
        chain, _ = await demo.seed(doors, SAID.append)
        rows = [{"reference": "another", "period": "2024-25/P01", "value": "1"}]
        given = {"series": "another", "rows": rows}
        await chain.do(demo.BUYER, "again", "recordObservations", given, "receipt { index }")
        with pytest.raises(demo.SeedFailed, match=r"IDEMPOTENCY_CONFLICT.*--no-seed.*JPI_HOME"):
            await chain.do(
                demo.BUYER,
                "again",
                "recordObservations",
                given | {"series": "b"},
                "receipt { index }",
            )
