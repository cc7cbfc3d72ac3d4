"""The permission matrix: what the page says of every mutation, role and party is what happens."""

import asyncio
from pathlib import Path

from graph.permissions import PERMISSIONS, Permission, Standing
from ledger.actor import Role
from ops.permissions import page
from tests.auditor import audit
from tests.parties.steps import SMALL
from tests.strangers.attempts import Attempt, attempts
from tests.strangers.full import AUDITOR, Full, full
from tests.strangers.trying import AT_ONCE, asked, document, mutations, variables
from tests.world import World

PAGE = Path(__file__).parents[2] / "ops" / "permissions.md"
GATE = {"NOT_PERMITTED", "OBSERVERS_SIGN_NOTHING", "MEMBERSHIP_ENDED"}


def test_the_page_is_the_matrix_and_the_matrix_is_the_schema() -> None:
    """A new mutation without a row fails here; `make schema` writes the page anew."""
    assert set(PERMISSIONS) == set(mutations())
    assert PAGE.read_text() == page()


def test_what_a_mutation_says_it_needs_is_what_its_row_says() -> None:
    """The descriptions that integrators read name the roles of the matrix, no more and no fewer."""
    for name, field in mutations().items():
        needs = field.description.rpartition("Needs ")[2].split(";")[0]
        named = {role for role in Role if role in needs.replace(".", " ").replace(",", " ").split()}
        roles = set(PERMISSIONS[name].act.roles)
        assert named == (set() if "no role" in needs else roles), name


async def test_every_cell_of_the_matrix_is_what_happens(world: World, tmp_path: Path) -> None:
    """Each mutation in each role by each party: let to its matter, or refused as the page says."""
    made = await full(world, tmp_path)
    neighbour = World(world.settings, world.client, count=world.count)
    await neighbour.found("Next door", "Its partner")
    world.parties["Next door"] = neighbour.parties["Next door"]
    given = attempts(made)
    assert set(given) == set(mutations())
    before = await world.size()

    for name, permission in PERMISSIONS.items():
        await _row(made, name, permission, given[name])

    assert await world.size() == before
    await audit(world.settings, world.ecosystem_id)


async def _row(made: Full, name: str, permission: Permission, attempt: Attempt) -> None:
    """All cells of one mutation."""
    world, gate = made.world, asyncio.Semaphore(AT_ONCE)
    parties = {
        Standing.RIGHT: attempt.right,
        Standing.OTHER: attempt.other,
        Standing.OBSERVER: AUDITOR,
        Standing.DEPARTED: SMALL,
        Standing.STRANGER: "Next door",
    }

    async def cell(role: Role, standing: Standing) -> None:
        refusal = permission.refusal(role, standing)
        token = world.token(*(() if role is Role.FOUNDER else (parties[standing], role)))
        async with gate:
            problem = await asked(world, name, attempt.given, token, is_dry=not refusal)
        where = (name, role, standing, problem)
        if refusal:
            assert problem["code"] == refusal, where
            assert standing is not Standing.STRANGER or problem["path"] in ("", "ecosystem"), where
        elif standing is Standing.RIGHT:
            assert problem["code"] == attempt.met, where
        else:
            ended = {"MEMBERSHIP_ENDED"} if standing is Standing.DEPARTED else set()
            assert problem["code"] not in GATE - ended, where  # of its time it may, of ours not
            assert problem["path"] != "ecosystem", where

    await asyncio.gather(*(cell(role, standing) for role in Role for standing in Standing))
    answer = await world.ask(document(name), variables(name, attempt.given, is_dry=False))
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", name
    assert not answer.get("data"), name
