"""Identity: a bearer token becomes an Actor, or a refusal that says why.

The one rule: a token acts for exactly one party of one ecosystem (a founder's for none), for a
limited time, signed by an issuer that the operator named or the party itself registered. Nothing
else in a request says who acts; the header `x-jpi-ecosystem` only says in which ecosystem an issuer
that a party registered is to be looked for.

How claims become an actor, in this order:

1. `iss` and `aud` lead to an issuer: the operator's, else one registered in the named ecosystem.
2. The algorithm must be one that the issuer's terms name (RFC 8725 section 3.1), the key the one of
   the token's `kid`; `exp`, `iat` and `nbf` hold within 5 s of skew.
3. The party is the registration's; only the operator's issuers may name ecosystem and party in
   claims of these names.
4. A token whose `sub` is its `client_id` (or `azp`) is a service's own (RFC 9068 section 2.2): its
   roles are the service account's. Anybody else's are what the rules make of the roles claim.
5. The subject in the ledger is a pseudonym of issuer and `sub`; names and addresses stay outside.

Sources: RFC 7519, RFC 8725, RFC 9068, RFC 6750, OpenID Connect Core 1.0 section 2.
"""

import hmac
import time
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import jwt
import orjson

from graph.context import Admission, AuthorityEnded
from ledger.actor import Actor, Role
from ledger.identity import Algorithm
from ledger.ids import EcosystemId, PartyId, is_id
from ledger.providers import Providers
from service.issuers import ECOSYSTEM_CLAIM, PARTY_CLAIM, Issuer, of_party
from service.keysets import KeySets

MAX_TOKEN = 8192
MAX_SUBJECT = 255
"""OpenID Connect Core 1.0 section 2: `sub` has at most 255 ASCII characters."""
LEEWAY_SECONDS = 5
ECOSYSTEM_HEADER = "x-jpi-ecosystem"
_REQUIRED = ["iss", "aud", "sub", "iat", "exp"]
_ALGORITHMS = frozenset(str(each) for each in Algorithm)
_TYPES = ("JWT", "AT+JWT", "APPLICATION/AT+JWT")


class NotAuthenticated(Exception):  # noqa: N818 -- named for what it tells
    """The token cannot be used: the reason, for the caller."""


_UNKNOWN = "The token is not one that this service accepts."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, and the ecosystem in which its issuer is to be looked for; either may be empty."""

    token: str
    ecosystem: str = ""


def credentials(headers: Mapping[str, str]) -> Credentials | None:
    """What a request's headers hold; None without a token. Raises NotAuthenticated."""
    authorization = headers.get("authorization")
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated('The Authorization header is not "Bearer <token>".')
    return Credentials(token, headers.get(ECOSYSTEM_HEADER, ""))


class Gatekeeper:
    """Reads tokens. Without issuers of the operator's nobody can found an ecosystem."""

    def __init__(
        self, issuers: Sequence[Issuer], *, pseudonym_key: bytes, hosts: Sequence[str] = ()
    ) -> None:
        """`hosts`: where keys of issuers that parties registered may be looked up."""
        self._issuers = {(each.terms.issuer, each.terms.audience): each for each in issuers}
        self._pseudonym_key = pseudonym_key
        self._hosts = frozenset(hosts)
        self._key_sets = KeySets(time.monotonic)

    async def admission(self, given: Credentials, providers: Providers) -> Admission:
        """Whom a token lets in, and until when. Raises NotAuthenticated, Trouble."""
        actor, claims = await self._checked(given, providers)
        ends_s = float(claims["exp"]) + LEEWAY_SECONDS

        async def again() -> Actor:
            try:
                return (await self._checked(given, providers))[0]
            except NotAuthenticated as error:
                raise AuthorityEnded(str(error)) from error

        return Admission(actor, lambda: ends_s - time.time(), again)

    async def required(self, headers: Mapping[str, str], providers: Providers) -> Actor:
        """The caller, where nobody may be anonymous. Raises NotAuthenticated, Trouble."""
        given = credentials(headers)
        if given is None:
            raise NotAuthenticated("This needs a bearer token in the Authorization header.")
        return (await self._checked(given, providers))[0]

    async def _checked(
        self, given: Credentials, providers: Providers
    ) -> tuple[Actor, Mapping[str, Any]]:
        """The actor of a token, and its claims."""
        if len(given.token) > MAX_TOKEN:
            raise NotAuthenticated(f"A token has at most {MAX_TOKEN} characters.")
        header, unverified = _unverified(given.token)
        issuer = await self._issuer(unverified, given.ecosystem, providers)
        key = await self._key(issuer, header)
        claims = _verified(given.token, key, issuer)
        return self._read(claims, issuer), claims

    async def _issuer(
        self, claims: Mapping[str, Any], ecosystem: str, providers: Providers
    ) -> Issuer:
        given = claims.get("aud")
        audiences = given if isinstance(given, list) else [given]
        iss = str(claims.get("iss"))
        for audience in audiences[:10]:
            if (found := self._issuers.get((iss, str(audience)))) is not None:
                return found
        named = (ecosystem or str(claims.get(ECOSYSTEM_CLAIM, ""))).rpartition(":")[2]
        if is_id(named):
            for provider in await providers.of(EcosystemId(named)):
                if provider.terms.issuer == iss and provider.terms.audience in audiences:
                    return of_party(named, provider)
        raise NotAuthenticated(_UNKNOWN)

    async def _key(self, issuer: Issuer, header: Mapping[str, Any]) -> jwt.PyJWK:
        """The key of the token's `kid`; where there is one key alone the token may name none."""
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in issuer.terms.algorithms:
            raise NotAuthenticated("The token's algorithm is not one that its issuer uses.")
        if issuer.terms.jwks:
            keys = jwt.PyJWKSet.from_json(issuer.terms.jwks).keys
            found = [each for each in keys if kid in (each.key_id, None)]
            if len(found) == 1:
                return found[0]
            raise NotAuthenticated("The token's key is not one of its issuer's.")
        if not issuer.is_trusted and urlsplit(issuer.terms.issuer).hostname not in self._hosts:
            raise NotAuthenticated(
                "The operator does not let keys be looked up at this issuer: register its keys "
                "(jwks), or ask for its host in JPI_ISSUER_HOSTS."
            )
        key = await self._key_sets.key(issuer.terms.issuer, str(kid))
        if key is None:
            raise NotAuthenticated("The token's key is not one of its issuer's.")
        return key

    def _read(self, claims: Mapping[str, Any], issuer: Issuer) -> Actor:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
            raise NotAuthenticated(f"The token's subject has 1 to {MAX_SUBJECT} characters.")
        roles = _roles(claims, issuer)
        if not issuer.is_pseudonymous:
            subject = self._pseudonym(issuer.terms.issuer, subject)
        if Role.FOUNDER in roles:
            return _founder(claims, issuer, subject, roles)
        ecosystem, party = issuer.ecosystem_id, issuer.party_id
        if not ecosystem:
            ecosystem = str(claims.get(ECOSYSTEM_CLAIM, ""))
            party = str(claims.get(PARTY_CLAIM, ""))
        if not is_id(ecosystem) or not is_id(party):
            raise NotAuthenticated("The token names no ecosystem or no party.")
        return Actor(EcosystemId(ecosystem), PartyId(party), subject, roles)

    def _pseudonym(self, issuer: str, subject: str) -> str:
        """What the ledger knows of a person: the same each time, and nobody can turn it round."""
        text = f"{issuer}\0{subject}".encode()
        digest = hmac.new(self._pseudonym_key, text, sha256).digest()
        return "p-" + b32encode(digest[:15]).decode().lower()

    async def close(self) -> None:
        """Let the connections to issuers go."""
        await self._key_sets.close()


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims as they stand, to find the issuer by; nothing of it is believed yet."""
    try:
        header = jwt.get_unverified_header(token)
        claims = orjson.loads(jwt.utils.base64url_decode(token.split(".")[1]))
    except (jwt.InvalidTokenError, orjson.JSONDecodeError, ValueError, IndexError):
        raise NotAuthenticated(_UNKNOWN) from None
    is_typed = str(header.get("typ", "JWT")).upper() in _TYPES
    if not isinstance(claims, dict) or not is_typed or header.get("alg") not in _ALGORITHMS:
        raise NotAuthenticated(_UNKNOWN)
    return header, claims


def _verified(token: str, key: jwt.PyJWK, issuer: Issuer) -> Mapping[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,  # the key alone: what the token says of itself chooses nothing
            algorithms=[str(each) for each in issuer.terms.algorithms],
            audience=issuer.terms.audience,
            issuer=issuer.terms.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
    except jwt.ExpiredSignatureError:
        raise NotAuthenticated("The token has expired: get a new one.") from None
    except jwt.ImmatureSignatureError:
        raise NotAuthenticated("The token is not valid yet: check the issuer's clock.") from None
    except (jwt.InvalidTokenError, TypeError, ValueError):
        raise NotAuthenticated(_UNKNOWN) from None
    return claims


def _roles(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[Role]:
    """The roles of a token. A claim's value that no rule names means nothing."""
    client = claims.get("client_id", claims.get("azp"))
    if client is not None and claims["sub"] == client:
        for account in issuer.terms.service_accounts:
            if account.client_id == client:
                return frozenset(account.roles)
    held: Any = claims
    for name in issuer.terms.roles_claim.split("."):
        held = held.get(name) if isinstance(held, dict) else None
    values = held.split() if isinstance(held, str) else held
    if not isinstance(values, list):
        values = []
    roles = frozenset(rule.role for rule in issuer.terms.rules if rule.value in values)
    if not roles:
        raise NotAuthenticated("The token gives no role that this service knows.")
    return roles


def _founder(
    claims: Mapping[str, Any], issuer: Issuer, subject: str, roles: frozenset[Role]
) -> Actor:
    is_alone = roles == {Role.FOUNDER} and not {ECOSYSTEM_CLAIM, PARTY_CLAIM} & claims.keys()
    if not issuer.may_found or issuer.ecosystem_id or not is_alone:
        raise NotAuthenticated("A founder's token names no ecosystem, no party and no other role.")
    return Actor(EcosystemId(""), PartyId(""), subject, roles)
