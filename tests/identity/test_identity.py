"""Whose tokens are let in: a party's own issuer, the operator's, the sandbox, and nobody else's."""

import json
from datetime import timedelta

import jwt

from ledger.actor import Role
from ledger.commit import system_clock
from tests.auditor import audit
from tests.identity.provider import Provider, b64, jwk_of, providing, rsa_key
from tests.identity.steps import BUYER, PARTNER, code_of, is_let_in, registered, terms, who
from tests.world import World


async def test_a_party_registers_its_issuer_and_its_people_act_in_their_roles(
    world: World,
) -> None:
    """By rules in the ledger; the subject is a pseudonym, the same each time, and no address."""
    await world.found(BUYER, PARTNER)
    async with providing() as provider:
        assert await code_of(world, provider.token()) == "UNAUTHENTICATED"
        await registered(world, provider)

        viewer = (await who(world, provider.token()))["data"]["viewer"]
        again = (await who(world, provider.token(groups="kpi-reporter kpi-approver other")))["data"]
        other = (await who(world, provider.token(sub="ben@partner.example")))["data"]["viewer"]
        system = (await who(world, provider.token(sub="erp", client_id="erp", groups=None)))["data"]

    assert viewer == {
        "subject": viewer["subject"],
        "roles": ["APPROVER"],
        "party": {"name": PARTNER},
    }
    assert viewer["subject"].startswith("p-")
    assert "anna" not in viewer["subject"]
    assert again["viewer"]["subject"] == viewer["subject"] != other["subject"]
    assert again["viewer"]["roles"] == ["APPROVER", "REPORTER"]
    assert system["viewer"]["roles"] == ["FINANCE"]
    await audit(world.settings, world.ecosystem_id)


async def test_what_a_token_must_be(world: World) -> None:
    """Each lie about a token is refused alike, and says nothing of what is behind the door."""
    await world.found(BUYER, PARTNER)
    now = system_clock()
    async with providing() as provider:
        await registered(world, provider)
        good = provider.token()
        head, body, signature = good.split(".")
        none_head = b64(b'{"alg":"none","typ":"JWT"}')
        stranger = Provider()
        stranger.port, stranger.keys = provider.port, {"one": rsa_key(), "two": rsa_key()}
        lies = {
            "alg none": f"{none_head}.{body}.",
            "key confusion": provider.confused(),
            "another key": stranger.token(),
            "unknown kid": stranger.token("two"),
            "no kid of ours": stranger.token(aud="kpi"),
            "wrong audience": provider.token(aud="other"),
            "no audience": provider.token(aud=None),
            "expired": provider.token(exp=now - timedelta(seconds=6)),
            "not yet valid": provider.token(nbf=now + timedelta(minutes=1)),
            "from the future": provider.token(iat=now + timedelta(minutes=1)),
            "never expires": provider.token(exp=None),
            "no subject": provider.token(sub=None),
            "empty subject": provider.token(sub=""),
            "endless subject": provider.token(sub="x" * 256),
            "no role": provider.token(groups=["kpi-cook"]),
            "roles of no shape": provider.token(groups={"kpi-approver": True}),
            "a founder's": provider.token(groups=["FOUNDER"]),
            "foreign client": provider.token(sub="erq", client_id="erq", groups=None),
            "huge": provider.token(filler="x" * 9000),
            "changed body": f"{head}.{body[:-2]}AA.{signature}",
            "no token": "abc",
            "half a token": f"{head}.{body}",
        }
        assert await is_let_in(world, good)
        assert await is_let_in(world, provider.token(exp=now - timedelta(seconds=2)))  # skew
        for lie, token in lies.items():
            answer = await who(world, token)
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED", lie
            assert "data" not in answer, lie
        assert await is_let_in(world, provider.token(aud=["other", "kpi"]))
        assert "data" not in await who(world, good, ecosystem="")
        assert "data" not in await who(
            world, good, "Ecosystem:00000000-0000-8000-8000-000000000000"
        )


async def test_a_removed_issuer_lets_nobody_in(world: World) -> None:
    """Nor can another party end it or take its tokens over; what it did stays."""
    await world.found(BUYER, PARTNER)
    admin = world.token(BUYER, Role.ADMIN)
    async with providing() as provider:
        await registered(world, provider)
        named = {"issuer": provider.issuer, "audience": "kpi"}
        for mutation, given, code in (
            ("removeIdentityProvider", named, "NOT_FOUND"),
            ("registerIdentityProvider", terms(provider), "IDENTITY_TAKEN"),
        ):
            problem = await world.refused(BUYER, mutation, given, token=admin)
            assert problem["code"] == code
        assert await is_let_in(world, provider.token())

        mine = world.token(PARTNER, Role.ADMIN)
        shown = "identityProvider { issuer removedIndex party { name } }"
        done = await world.done(PARTNER, "removeIdentityProvider", named, shown, token=mine)

        assert done["identityProvider"]["removedIndex"] == done["receipt"]["index"]
        assert await code_of(world, provider.token()) == "UNAUTHENTICATED"
        problem = await world.refused(PARTNER, "removeIdentityProvider", named, token=mine)
        assert problem["code"] == "NOT_FOUND"
    listed = await world.read(BUYER, "{ identityProviders { nodes { issuer removedIndex } } }")
    assert len(listed["identityProviders"]["nodes"]) == 1
    await audit(world.settings, world.ecosystem_id)


async def test_a_registration_that_cannot_be_used_is_refused_with_its_place(world: World) -> None:
    """A private key, a symmetric one, an address that is none, nothing that gives a role."""
    await world.found(BUYER, PARTNER)
    admin = world.token(PARTNER, Role.ADMIN)
    provider = Provider()
    private = jwt.algorithms.RSAAlgorithm.to_jwk(provider.keys["one"], as_dict=True)
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "x"}
    nameless = {k: v for k, v in jwk_of(provider.keys["one"], "x").items() if k != "kid"}
    founder = [{"value": "boss", "role": "FOUNDER"}]
    for change, path in (
        ({"issuer": "http://login.example.com"}, "issuer"),
        ({"issuer": "https://user:pw@login.example.com"}, "issuer"),
        ({"issuer": "https://login.example.com/?a=b"}, "issuer"),
        ({"audience": ""}, "audience"),
        ({"algorithms": []}, "algorithms"),
        ({"rolesClaim": "a b"}, "rolesClaim"),
        ({"rules": [], "serviceAccounts": []}, "rules"),
        ({"rules": founder}, "rules[0].role"),
        ({"serviceAccounts": [{"clientId": "", "roles": []}]}, "serviceAccounts[0].clientId"),
        ({"jwks": "{"}, "jwks"),
        ({"jwks": '{"keys": []}'}, "jwks"),
        ({"jwks": json.dumps({"keys": [{**private, "kid": "x"}]})}, "jwks.keys[0]"),
        ({"jwks": json.dumps({"keys": [secret]})}, "jwks.keys[0]"),
        ({"jwks": json.dumps({"keys": [nameless]})}, "jwks.keys[0]"),
    ):
        given = terms(provider, **change)
        problem = await world.refused(PARTNER, "registerIdentityProvider", given, token=admin)
        assert (problem["code"], problem["path"]) == ("IDENTITY_MALFORMED", path), change
    reporter = world.token(PARTNER, Role.APPROVER)
    problem = await world.refused(
        PARTNER, "registerIdentityProvider", terms(provider), token=reporter
    )
    assert problem["code"] == "NOT_PERMITTED"
