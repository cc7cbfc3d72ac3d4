"""The sandbox issuer: tokens for development, by command and by OAuth 2.0 client credentials.

The one rule: it exists only where JPI_DEV_ISSUER asks for it, and says so loudly; an integrator
meets the same steps as with a real issuer: discovery, a token from client id and secret, expiry.

Sources: RFC 6749 section 4.4 (client credentials) and 5.2 (errors), RFC 8414, RFC 7517.
"""

import hmac
import json
import secrets
from base64 import b64decode
from binascii import Error as Base64Invalid
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, unquote_plus

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ledger.actor import Role
from ledger.commit import system_clock
from ledger.identity import Algorithm, ProviderTerms, RoleRule
from service.issuers import Issuer
from service.settings import Settings

DEV_ISSUER = "jpi-development"
AUDIENCE = "jpi"
KID = "development"
TOKEN_LIFETIME = timedelta(minutes=10)
_EVERY_ROLE = tuple(RoleRule(str(role), role) for role in Role)


def public_jwk(key: Ed25519PublicKey) -> dict[str, object]:
    """A key as RFC 8037 writes it."""
    found: dict[str, object] = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(key))
    return {**found, "kid": KID, "alg": "EdDSA", "use": "sig"}


def development_issuers(settings: Settings, key: Ed25519PublicKey) -> tuple[Issuer, ...]:
    """What `jpi token` issues, and what the sandbox's token endpoint issues."""
    jwks = json.dumps({"keys": [public_jwk(key)]})
    return tuple(
        Issuer(
            ProviderTerms(name, AUDIENCE, (Algorithm.EDDSA,), jwks, "roles", _EVERY_ROLE),
            may_found=True,
            is_pseudonymous=True,
            is_trusted=True,
        )
        for name in (DEV_ISSUER, sandbox_url(settings))
    )


def base_url(settings: Settings, url: str = "") -> str:
    """The service's address: the one that a caller knows it by, else where it listens."""
    return url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def sandbox_url(settings: Settings, url: str = "") -> str:
    """The sandbox's address; without `url` the one that its tokens name as their issuer."""
    return f"{base_url(settings, url)}/sandbox"


def issue(
    key: Ed25519PrivateKey,
    *,
    subject: str,
    roles: Iterable[Role],
    now: datetime,
    lifetime: timedelta,
    ecosystem: str = "",
    party: str = "",
    issuer: str = DEV_ISSUER,
    client_id: str = "",
) -> str:
    """A token of the development issuer."""
    claims: dict[str, object] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + lifetime,
        "roles": sorted(roles),
    }
    if ecosystem or party:
        claims |= {"ecosystem": ecosystem, "party": party}
    if client_id:
        claims |= {"client_id": client_id, "jti": secrets.token_hex(16)}
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": KID})


def clients_file(settings: Settings) -> Path:
    """Where the sandbox's clients stand, secrets as hashes."""
    return settings.home / "sandbox-clients.json"


def add_client(
    settings: Settings, *, ecosystem: str, party: str, roles: Iterable[Role]
) -> tuple[str, str]:
    """A new client of a party: its id and its secret, which is shown this once."""
    path = clients_file(settings)
    known = json.loads(path.read_text()) if path.exists() else {}
    client_id, secret = f"sandbox-{secrets.token_hex(6)}", secrets.token_urlsafe(24)
    known[client_id] = {
        "secret_sha256": sha256(secret.encode()).hexdigest(),
        "ecosystem": ecosystem,
        "party": party,
        "roles": sorted(roles),
    }
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(known, indent=1))
    aside.replace(path)
    return client_id, secret


def routes(settings: Settings, key: Ed25519PrivateKey) -> list[Route]:
    """Discovery, keys and tokens of the sandbox."""
    base = sandbox_url(settings)

    async def configuration(_: Request) -> Response:
        return JSONResponse(
            {
                "issuer": base,
                "jwks_uri": f"{base}/jwks",
                "token_endpoint": f"{base}/token",
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
            }
        )

    async def keys(_: Request) -> Response:
        return JSONResponse({"keys": [public_jwk(key.public_key())]})

    async def token(request: Request) -> Response:
        return await _token(request, settings, key)

    return [
        Route("/sandbox/.well-known/openid-configuration", configuration),
        Route("/sandbox/jwks", keys),
        Route("/sandbox/token", token, methods=["POST"]),
    ]


async def _token(request: Request, settings: Settings, key: Ed25519PrivateKey) -> Response:
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if form.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type", "grant_type is client_credentials.", 400)
    client_id, secret = _credentials(request, form)
    path = clients_file(settings)
    known = json.loads(path.read_text()) if path.exists() else {}
    client = known.get(client_id)
    digest = sha256(secret.encode()).hexdigest()
    if client is None or not hmac.compare_digest(client["secret_sha256"], digest):
        text = "No such client and secret: `jpi sandbox-client` makes one."
        return _refused("invalid_client", text, 401)
    made = issue(
        key,
        subject=client_id,
        roles=[Role(each) for each in client["roles"]],
        now=system_clock(),
        lifetime=TOKEN_LIFETIME,
        ecosystem=client["ecosystem"],
        party=client["party"],
        issuer=sandbox_url(settings),
        client_id=client_id,
    )
    seconds = int(TOKEN_LIFETIME.total_seconds())
    body = {"access_token": made, "token_type": "Bearer", "expires_in": seconds}
    return JSONResponse(body, headers={"cache-control": "no-store"})


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Client id and secret, from the header (RFC 6749 section 2.3.1) or the form."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = b64decode(given, validate=True).decode().partition(":")
        except (Base64Invalid, UnicodeDecodeError):
            return "", ""
        return unquote_plus(client_id), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _refused(error: str, text: str, status: int) -> Response:
    headers = {"www-authenticate": "Basic"} if status == 401 else None  # noqa: PLR2004 -- HTTP's own
    return JSONResponse({"error": error, "error_description": text}, status, headers)
