"""Issuers: keys by discovery, the operator's file, the sandbox, the development issuer."""

import json
from pathlib import Path

import jwt
import pytest

from ledger.actor import Role
from service import keysets
from service.app import CannotStart, build, gatekeeper
from service.keys import make_keys
from service.sandbox import add_client
from service.settings import Settings
from tests.identity.provider import Provider, jwk_of, providing, rsa_key
from tests.identity.steps import BUYER, PARTNER, code_of, is_let_in, registered, who
from tests.world import World, bare, serving


async def test_keys_are_found_by_discovery_kept_through_an_outage_and_rotated(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once, not once a request; known keys outlive the issuer; a new key is looked up."""
    monkeypatch.setattr(keysets, "MIN_PAUSE_SECONDS", 0.0)
    asking = settings.model_copy(update={"issuer_hosts": "127.0.0.1, login.example.com"})
    async with serving(asking) as world, providing() as provider:
        await world.found(BUYER, PARTNER)
        provider.is_up = False
        await registered(world, provider, jwks=None)
        assert await code_of(world, provider.token()) == "TRY_LATER"
        provider.is_up = True
        for _ in range(5):
            assert await is_let_in(world, provider.token())
        assert provider.asked == 1

        provider.is_up = False
        assert await is_let_in(world, provider.token())
        provider.keys["two"] = rsa_key()
        assert await code_of(world, provider.token("two")) == "UNAUTHENTICATED"
        provider.is_up = True
        del provider.keys["one"]
        assert await is_let_in(world, provider.token("two"))
        provider.keys["one"] = rsa_key()
        assert not await is_let_in(world, Provider.token(provider, "one", aud="x"))


async def test_keys_are_looked_up_only_where_the_operator_allows(world: World) -> None:
    """A party cannot make the service ask an address of its choice."""
    await world.found(BUYER, PARTNER)
    async with providing() as provider:
        await registered(world, provider, jwks=None)
        answer = await who(world, provider.token())
        assert "JPI_ISSUER_HOSTS" in answer["errors"][0]["message"]
        assert provider.asked == 0


async def test_an_unknown_kid_does_not_make_the_service_ask_again_and_again(
    settings: Settings,
) -> None:
    """One look-up in half a minute, whoever sends what."""
    asking = settings.model_copy(update={"issuer_hosts": "127.0.0.1"})
    async with serving(asking) as world, providing() as provider:
        await world.found(BUYER, PARTNER)
        await registered(world, provider, jwks=None)
        assert await is_let_in(world, provider.token())
        provider.keys["two"] = rsa_key()
        for _ in range(5):
            assert not await is_let_in(world, provider.token("two"))
        assert provider.asked == 1


ISSUERS = """
[[issuer]]
issuer = "{issuer}"
audience = "kpi"
algorithms = ["RS256"]
jwks_file = "keys.json"
roles_claim = "groups"
may_found = true
[issuer.roles]
kpi-founder = "FOUNDER"
kpi-admin = "ADMIN"
"""


async def test_the_operators_issuer_founds_and_lets_the_first_admins_in(
    settings: Settings, tmp_path: Path
) -> None:
    """In production, without the development issuer."""
    async with providing() as provider:
        (tmp_path / "keys.json").write_text(json.dumps(provider.jwks()))
        (tmp_path / "issuers.toml").write_text(ISSUERS.format(issuer=provider.issuer))
        change = {"issuers_file": tmp_path / "issuers.toml", "dev_issuer": False}
        async with serving(settings.model_copy(update=change)) as world:
            founder = provider.token(groups=["kpi-founder"])
            parties = [{"name": "A", "role": "OUTSOURCER"}, {"name": "B", "role": "PARTNER"}]
            given = {"name": "Chain", "parties": parties}
            show = "ecosystem { id parties { id name } }"
            founded = await world.done("", "foundEcosystem", given, show, token=founder)
            world.ecosystem_id = founded["ecosystem"]["id"]
            party = bare(founded["ecosystem"]["parties"][1]["id"])
            ids = {"ecosystem": bare(world.ecosystem_id), "party": party}

            admin = provider.token(groups=["kpi-admin"], **ids)

            assert (await who(world, admin))["data"]["viewer"]["party"] == {"name": "B"}
            development = world.token("", ecosystem="x")
            assert await code_of(world, development) == "UNAUTHENTICATED"
            sandbox = await world.client.post("/sandbox/token")
            assert sandbox.status_code == 404


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "no TOML"),
        ("a = 1", "nothing else"),
        (ISSUERS.format(issuer="http://example.com"), "issuer"),
        (ISSUERS.format(issuer="https://example.com").replace("ADMIN", "KING"), "KING"),
        (ISSUERS.format(issuer="https://example.com").replace("RS256", "HS256"), "HS256"),
        (ISSUERS.format(issuer="https://example.com").replace("keys.json", "none.json"), "none"),
        (ISSUERS.format(issuer="https://example.com") + "[issuer.color]\nx = 1", "color"),
    ],
)
def test_an_issuers_file_that_cannot_be_used_stops_the_start(
    tmp_path: Path, text: str, reason: str
) -> None:
    """With the place."""
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [jwk_of(rsa_key(), "one")]}))
    path = tmp_path / "issuers.toml"
    path.write_text(text)
    chosen = Settings(JPI_HOME=tmp_path, JPI_ISSUERS_FILE=path)  # type: ignore[call-arg]  # by alias
    make_keys(chosen)

    with pytest.raises(CannotStart, match=reason) as told:
        gatekeeper(chosen)
    assert "JPI_ISSUERS_FILE" in str(told.value)


async def test_an_integrator_gets_a_token_by_client_credentials(world: World) -> None:
    """Discovery, token, use: the steps of a real issuer; a wrong secret gets nothing."""
    await world.found(BUYER, PARTNER)
    client_id, secret = add_client(
        world.settings,
        ecosystem=bare(world.ecosystem_id),
        party=bare(world.parties[PARTNER]),
        roles=[Role.REPORTER],
    )
    where = await world.client.get("/sandbox/.well-known/openid-configuration")
    endpoint = where.json()["token_endpoint"]
    keys = (await world.client.get(where.json()["jwks_uri"])).json()["keys"]
    grant = {"grant_type": "client_credentials"}

    got = await world.client.post(endpoint, data=grant, auth=(client_id, secret))
    post = {**grant, "client_id": client_id, "client_secret": secret}
    posted = await world.client.post(endpoint, data=post)
    wrong = await world.client.post(endpoint, data=grant, auth=(client_id, "wrong"))
    other = await world.client.post(endpoint, data={"grant_type": "password"})

    token = got.json()["access_token"]
    assert jwt.decode(token, jwt.PyJWK(keys[0]).key, ["EdDSA"], audience="jpi")["sub"] == client_id
    viewer = (await who(world, token, ""))["data"]["viewer"]
    assert viewer == {"subject": client_id, "roles": ["REPORTER"], "party": {"name": PARTNER}}
    assert got.json()["expires_in"] == 600
    assert posted.status_code == 200
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    assert secret not in (world.settings.home / "sandbox-clients.json").read_text()


def test_the_development_issuer_is_shouted_about(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """In every process that starts with it."""
    build(settings)
    assert "THE DEVELOPMENT ISSUER IS ON" in caplog.text
