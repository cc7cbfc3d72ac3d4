"""Requests made up from the schema by schemathesis: whatever they say, the service has an answer.

Every query and mutation, with values of our scalars and with texts that nobody would write; some
examples of each, so that a run ends in a minute or two. No answer is a server's error: neither its
status, nor a masked code, nor a word in the log.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from graph.schema import build
from ledger.actor import Role
from tests.auditor import audit
from tests.strangers.crawler import root_fields
from tests.strangers.full import full
from tests.test_story import BUYER
from tests.world import World

EXAMPLES = 4
"""Of each operation, made anew in each run; a larger number for a long night finds more."""
OURS = {"INTERNAL", "FAULT", "TRY_LATER", "WRITES_STOPPED"}
"""Codes that say that it was our fault."""
CURRENT = {
    "Decimal": st.fractions(max_denominator=10**6).map(str)
    | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    "CanonicalJson": st.just("{}"),
    "Sha256": st.sampled_from(["0" * 64, "ab" * 32]),
    "Base64": st.sampled_from(["", "AAAA", "A" * 43 + "=", "A" * 86 + "=="]),
    "DateTime": st.datetimes(timezones=st.timezones()).map(lambda each: each.isoformat()),
    "Date": st.dates().map(str),
}


def declare_scalars() -> None:
    """What our scalars look like, and now and then what they do not."""
    for name, strategy in CURRENT.items():
        schemathesis.graphql.scalar(name, (strategy | st.text(max_size=20)).map(nodes.String))
    index = st.integers(0, 2**53) | st.integers(-(2**63), 2**63)
    schemathesis.graphql.scalar("Index", index.map(nodes.Int))


def tried(url: str, token: str, examples: int) -> int:
    """How many requests were sent; each had an answer that is no server's error."""
    made = schemathesis.graphql.from_file(build().as_str())
    sent = 0
    for found in made.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # our schema is valid

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_one(case: schemathesis.Case[Any]) -> None:
            nonlocal sent
            sent += 1
            response = case.call(base_url=url, headers={"authorization": f"Bearer {token}"})
            assert response.status_code < 500, case.body
            errors = response.json().get("errors", [])
            codes = {each["extensions"]["code"] for each in errors}
            assert not codes & OURS, (codes, case.body)

        try_one()
    return sent


async def test_no_request_that_can_be_made_up_is_our_error(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As a party that may do everything, against an ecosystem that has one of everything."""
    await full(world, tmp_path)
    declare_scalars()
    url = f"http://{world.settings.host}:{world.settings.port}/graphql"
    token = world.token(BUYER, *(role for role in Role if role is not Role.FOUNDER))
    with caplog.at_level(logging.WARNING):
        sent = await asyncio.to_thread(tried, url, token, EXAMPLES)
    assert sent > 2 * len(root_fields())
    assert [each.message for each in caplog.records if each.levelno >= logging.ERROR] == []
    await audit(world.settings, world.ecosystem_id)
