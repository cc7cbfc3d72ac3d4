"""A real OpenID Connect issuer on a real socket: a test may change its keys, and it may fail."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledger.commit import system_clock
from tests.desk import until
from tests.ports import free_port


def rsa_key() -> RSAPrivateKey:
    """A key of an issuer."""
    return generate_private_key(65537, 2048)


def jwk_of(key: RSAPrivateKey, kid: str) -> dict[str, Any]:
    """Its public half."""
    found: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": kid, "alg": "RS256", "use": "sig"}


def b64(data: bytes) -> str:
    """Base64url without padding, as in tokens."""
    return urlsafe_b64encode(data).decode().rstrip("=")


class Provider:
    """An issuer: its keys by id, how often it was asked, and whether it answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.keys = {"one": rsa_key()}
        self.asked = 0
        self.is_up = True

    @property
    def issuer(self) -> str:
        """Its name and address."""
        return f"http://127.0.0.1:{self.port}"

    def jwks(self) -> dict[str, Any]:
        """Its public keys."""
        return {"keys": [jwk_of(key, kid) for kid, key in self.keys.items()]}

    def token(self, kid: str = "one", **claims: Any) -> str:
        """A token by one of its keys; claims that are None are left out."""
        now = system_clock()
        usual = {
            "iss": self.issuer,
            "aud": "kpi",
            "sub": "anna@partner.example",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "groups": ["kpi-approver"],
        }
        given = {k: v for k, v in {**usual, **claims}.items() if v is not None}
        return jwt.encode(given, self.keys[kid], algorithm="RS256", headers={"kid": kid})

    def confused(self) -> str:
        """A token whose HMAC secret is the public key (RFC 8725 section 2.1)."""
        claims = self.token().split(".")[1]
        head = b64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode())
        secret = json.dumps(self.jwks()["keys"][0]).encode()
        signature = hmac.new(secret, f"{head}.{claims}".encode(), sha256).digest()
        return f"{head}.{claims}.{b64(signature)}"

    def app(self) -> Starlette:
        """What it serves."""

        async def configuration(_: Request) -> Response:
            if not self.is_up:
                return Response(status_code=503)
            return JSONResponse({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"})

        async def keys(_: Request) -> Response:
            self.asked += 1
            return JSONResponse(self.jwks()) if self.is_up else Response(status_code=503)

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", configuration),
                Route("/keys", keys),
            ]
        )


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """An issuer that listens while the block runs."""
    made = Provider()
    running = uvicorn.Server(
        uvicorn.Config(made.app(), host="127.0.0.1", port=made.port, log_level="error")
    )
    task = asyncio.create_task(running.serve())
    await until(lambda: _listens(running), "the issuer listens")
    try:
        yield made
    finally:
        running.should_exit = True
        await task


async def _listens(running: uvicorn.Server) -> bool:
    return running.started
