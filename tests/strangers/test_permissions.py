"""The permission matrix: what the page says of every mutation, role and party is what happens."""

import asyncio
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from graph.permissions import PERMISSIONS, Permission, Standing
from graph.schema import build
from ledger.actor import Role
from ops.permissions import page
from tests.auditor import audit
from tests.parties.steps import SMALL
from tests.strangers.attempts import Attempt, attempts
from tests.strangers.full import AUDITOR, Full, full
from tests.world import World

PAGE = Path(__file__).parents[2] / "ops" / "permissions.md"
GATE = {"NOT_PERMITTED", "OBSERVERS_SIGN_NOTHING", "MEMBERSHIP_ENDED"}
AT_ONCE = 8


@cache
def mutations() -> dict[str, Any]:
    """Every mutation of the schema."""
    root = build()._schema.mutation_type
    assert root is not None
    return dict(root.fields)


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
            problem = await _asked(world, name, attempt.given, token, is_dry=not refusal)
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
    answer = await world.ask(_document(name), _variables(name, attempt.given, is_dry=False))
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", name
    assert not answer.get("data"), name


def _document(name: str) -> str:
    kind = name[0].upper() + name[1:]
    if "dryRun" not in mutations()[name].args:
        return f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ problems {{ code path }} }} }}"
    return f"""mutation($i: {kind}Input!, $dry: Boolean!) {{
      {name}(input: $i, dryRun: $dry) {{ problems {{ code path }} }} }}"""


def _variables(name: str, given: Mapping[str, Any], *, is_dry: bool) -> dict[str, Any]:
    """Each attempt has a key of its own; what makes no entry knows neither key nor dry run."""
    fields = mutations()[name].args["input"].type.of_type.fields
    key = {"idempotencyKey": "matrix"} if "idempotencyKey" in fields else {}
    return {"i": {**key, **given}} | ({"dry": is_dry} if "dryRun" in mutations()[name].args else {})


async def _asked(
    world: World, name: str, given: Mapping[str, Any], token: str, *, is_dry: bool
) -> dict[str, str]:
    """The first problem; empty texts where there is none."""
    answer = await world.ask(_document(name), _variables(name, given, is_dry=is_dry), token)
    assert "errors" not in answer, (name, answer)
    problems: list[dict[str, str]] = answer["data"][name]["problems"]
    return {key: value or "" for key, value in (problems or [{"code": "", "path": ""}])[0].items()}
