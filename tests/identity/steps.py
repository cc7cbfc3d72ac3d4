"""What parties and strangers do at the door."""

import json
from typing import Any

from ledger.actor import Role
from tests.identity.provider import Provider
from tests.world import World

BUYER, PARTNER = "Buyer", "Partner"
ME = "{ viewer { subject roles party { name } } }"


def terms(provider: Provider, **other: Any) -> dict[str, Any]:
    """A registration with the keys in it."""
    usual = {
        "issuer": provider.issuer,
        "audience": "kpi",
        "algorithms": ["RS256"],
        "jwks": json.dumps(provider.jwks()),
        "rolesClaim": "groups",
        "rules": [
            {"value": "kpi-approver", "role": "APPROVER"},
            {"value": "kpi-reporter", "role": "REPORTER"},
        ],
        "serviceAccounts": [{"clientId": "erp", "roles": ["FINANCE"]}],
    }
    return {**usual, **other}


async def registered(world: World, provider: Provider, **other: Any) -> None:
    """The partner's issuer, registered by its admin."""
    given = {k: v for k, v in terms(provider, **other).items() if v is not None}
    admin = world.token(PARTNER, Role.ADMIN)
    await world.done(PARTNER, "registerIdentityProvider", given, token=admin)


async def who(world: World, token: str, ecosystem: str | None = None) -> dict[str, Any]:
    """The answer to "who am I", of a token in an ecosystem."""
    named = world.ecosystem_id if ecosystem is None else ecosystem
    headers = {"authorization": f"Bearer {token}", "x-jpi-ecosystem": named}
    response = await world.client.post("/graphql", json={"query": ME}, headers=headers)
    answer: dict[str, Any] = response.json()
    return answer


async def is_let_in(world: World, token: str) -> bool:
    """Whether a token acts for anybody."""
    return "errors" not in await who(world, token)


async def code_of(world: World, token: str) -> str:
    """Why a token is refused."""
    found: str = (await who(world, token))["errors"][0]["extensions"]["code"]
    return found
