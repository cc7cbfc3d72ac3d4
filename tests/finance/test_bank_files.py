"""Bank statements as files: beyond a request's limit, gzip, once, and refused with the reason."""

import gzip
from typing import Any

import httpx
import pytest

from ledger.actor import Role
from tests.auditor import audit
from tests.finance.bank import Transfer, bank_csv, camt
from tests.finance.steps import dues, posted, stake_of
from tests.test_story import BUYER, TRACK
from tests.world import World

LINES = 6_000


async def sent(world: World, party: str, content: bytes, **how: Any) -> httpx.Response:
    """A file posted as a party."""
    headers = {"authorization": f"Bearer {how.get('token') or world.token(party)}"}
    headers["idempotency-key"] = how.get("key", "k")
    if how.get("is_coded"):
        headers["content-encoding"] = "gzip"
    kind = how.get("kind", "camt053")
    return await world.client.post(f"/bank-statements.{kind}", content=content, headers=headers)


def many(reference: str) -> bytes:
    """A file of more bytes than a GraphQL request may have."""
    pennies = [
        Transfer("0.01", reference, BUYER, bank_reference=f"B{number}") for number in range(LINES)
    ]
    return camt(pennies).encode()


async def test_a_large_file_is_entered_once(world: World) -> None:
    """Two mebibytes, plain and gzip: all lines clear the due, the same again changes nothing."""
    settlement = await posted(world)
    data = many(stake_of(settlement, TRACK)["reference"])
    assert len(data) > 2 * world.settings.body_limit_bytes

    first = await sent(world, TRACK, data, key="one")
    size = await world.size()
    again = await sent(world, TRACK, gzip.compress(data), key="one", is_coded=True)
    other = await sent(world, TRACK, data, key="two")

    assert first.status_code == 200, first.text
    assert first.json()["lines"] == LINES
    assert again.json() == first.json() | {"isRepeat": True}
    assert other.status_code == 422
    assert other.json()["errors"][0]["extensions"]["code"] == "STATEMENT_KNOWN"
    assert await world.size() == size
    assert (await dues(world, TRACK))[TRACK]["received"]["amount"] == "60.00"
    await audit(world.settings, world.ecosystem_id)


async def test_a_csv_is_a_file_too(world: World) -> None:
    """The columns are those of importBankStatement."""
    settlement = await posted(world)
    line = Transfer("4055.31", stake_of(settlement, TRACK)["reference"], BUYER)

    answer = await sent(world, TRACK, bank_csv([line]).encode(), kind="csv")

    assert answer.json()["entryCount"] == 2
    assert (await dues(world, TRACK))[TRACK]["status"] == "MATCHED"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"kind": "mt940"}, 404, "NOT_FOUND"),
        ({"key": ""}, 400, "BAD_REQUEST"),
        ({"content": b"<Document"}, 422, "STATEMENT_BROKEN"),
        ({"content": b"not gzip", "is_coded": True}, 422, "BODY_BROKEN"),
        ({"token": "x"}, 401, "UNAUTHENTICATED"),
        ({"roles": (Role.VIEWER,)}, 422, "NOT_PERMITTED"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_the_reason(
    world: World, how: dict[str, Any], status: int, code: str
) -> None:
    """And nothing changes."""
    await world.found(BUYER, TRACK)
    before = await world.size()
    content = how.pop("content", camt([Transfer("1.00")]).encode())
    if roles := how.pop("roles", ()):
        how["token"] = world.token(TRACK, *roles)

    answer = await sent(world, TRACK, content, **how)

    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert await world.size() == before
