"""Trying a mutation: what it answers, in a dry run or not."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from graph.schema import build
from tests.world import World

AT_ONCE = 8


@cache
def mutations() -> dict[str, Any]:
    """Every mutation of the schema."""
    root = build()._schema.mutation_type
    assert root is not None
    return dict(root.fields)


def document(name: str) -> str:
    """What asks for a mutation's problems."""
    kind = name[0].upper() + name[1:]
    if "dryRun" not in mutations()[name].args:
        return f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ problems {{ code path }} }} }}"
    return f"""mutation($i: {kind}Input!, $dry: Boolean!) {{
      {name}(input: $i, dryRun: $dry) {{ problems {{ code path }} }} }}"""


def variables(name: str, given: Mapping[str, Any], *, is_dry: bool) -> dict[str, Any]:
    """Each attempt has a key of its own; what makes no entry knows neither key nor dry run."""
    fields = mutations()[name].args["input"].type.of_type.fields
    key = {"idempotencyKey": "matrix"} if "idempotencyKey" in fields else {}
    return {"i": {**key, **given}} | ({"dry": is_dry} if "dryRun" in mutations()[name].args else {})


async def asked(
    world: World, name: str, given: Mapping[str, Any], token: str, *, is_dry: bool
) -> dict[str, str]:
    """The first problem; empty texts where there is none."""
    answer = await world.ask(document(name), variables(name, given, is_dry=is_dry), token)
    assert "errors" not in answer, (name, answer)
    problems: list[dict[str, str]] = answer["data"][name]["problems"]
    return {key: value or "" for key, value in (problems or [{"code": "", "path": ""}])[0].items()}
