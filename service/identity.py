"""Identity: a bearer token becomes an Actor, or a refusal that says why.

The one rule: a token names exactly one ecosystem and one party in it (a founder's none), for a
limited time, signed by an issuer that is pinned here; nothing else in a request says who acts.

Sources: RFC 7519 (claims), RFC 8725 (the algorithm is fixed, never read from the token), RFC 6750.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.actor import Actor, Role
from ledger.ids import EcosystemId, PartyId, is_id

DEV_ISSUER = "jpi-development"
AUDIENCE = "jpi"
ALGORITHM = "EdDSA"
MAX_SUBJECT = 120
LEEWAY_SECONDS = 5
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "roles"]


class NotAuthenticated(Exception):  # noqa: N818 -- named for what it tells
    """The token cannot be used: the reason, for the caller."""


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Reads tokens. `issuers` maps an issuer's name to its public key; none: nobody gets in."""

    issuers: dict[str, Ed25519PublicKey]

    def actor(self, authorization: str | None) -> Actor | None:
        """The caller of an Authorization header; None without one. Raises NotAuthenticated."""
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticated('The Authorization header is not "Bearer <token>".')
        return _actor(self._claims(token.strip()))

    def required(self, authorization: str | None) -> Actor:
        """The caller, where nobody may be anonymous. Raises NotAuthenticated."""
        actor = self.actor(authorization)
        if actor is None:
            raise NotAuthenticated("This needs a bearer token in the Authorization header.")
        return actor

    def _claims(self, token: str) -> dict[str, object]:
        for issuer, key in self.issuers.items():
            try:
                claims: dict[str, object] = jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    audience=AUDIENCE,
                    issuer=issuer,
                    leeway=LEEWAY_SECONDS,
                    options={"require": _REQUIRED},
                )
            except jwt.ExpiredSignatureError:
                raise NotAuthenticated("The token has expired: get a new one.") from None
            except jwt.InvalidTokenError:
                continue
            return claims
        raise NotAuthenticated("The token is not one that this service accepts.")


def _actor(claims: dict[str, object]) -> Actor:
    subject, roles = claims["sub"], claims["roles"]
    ecosystem, party = claims.get("ecosystem", ""), claims.get("party", "")
    if not isinstance(roles, list) or not set(roles) <= {str(role) for role in Role}:
        raise NotAuthenticated("The token's roles are not ones that this service knows.")
    held = frozenset(Role(role) for role in roles)
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise NotAuthenticated("The token's subject has 1 to 120 characters.")
    if held == {Role.FOUNDER} and not ecosystem and not party:
        return Actor(EcosystemId(""), PartyId(""), subject, held)
    if Role.FOUNDER in held:
        raise NotAuthenticated("A founder's token names no ecosystem, no party and no other role.")
    for text in (ecosystem, party):
        if not isinstance(text, str) or not is_id(text):
            raise NotAuthenticated("The token names no ecosystem or no party.")
    return Actor(EcosystemId(str(ecosystem)), PartyId(str(party)), subject, held)


def issue(
    key: Ed25519PrivateKey,
    *,
    subject: str,
    roles: Iterable[Role],
    now: datetime,
    lifetime: timedelta,
    ecosystem: str = "",
    party: str = "",
) -> str:
    """A token of the development issuer."""
    claims: dict[str, object] = {
        "iss": DEV_ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + lifetime,
        "roles": sorted(roles),
    }
    if ecosystem or party:
        claims |= {"ecosystem": ecosystem, "party": party}
    return jwt.encode(claims, key, algorithm=ALGORITHM)
