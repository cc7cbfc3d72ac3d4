"""Identity providers: by whose tokens a party's people and systems act, and in which roles.

The one rule: a party names its own providers, and says in the ledger which of their claims mean
which role; nobody can name one for another party, and none can make a founder. Keys stand in the
entry itself (a static JWKS), or are looked up where the issuer publishes them (OpenID Connect
Discovery); then the entry holds no key.

Sources: RFC 7517 (JWK Set), RFC 7518 (algorithms), RFC 9068 section 2.2 (a service's token has its
client id as subject), OpenID Connect Discovery 1.0, `domain.md` section 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import orjson
from immutables import Map

from ledger.actor import Actor, NotFound, Role
from ledger.errors import Refusal
from ledger.fact import Fact, Placed

MAX_ISSUER = 300
MAX_AUDIENCE = 200
MAX_JWKS = 20_000
MAX_RULES = 50
MAX_CLAIM = 120
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""RFC 7518 section 6: the members that hold secrets."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class IdentityMalformed(Refusal):
    """This provider cannot be used: {reason}. -> Correct it and register it again."""


class IdentityTaken(Refusal):
    """Tokens of this issuer for this audience act for {party}. -> Ask for an own audience."""


class Algorithm(StrEnum):
    """Signature algorithms that tokens may have: asymmetric ones alone. RFC 7518, RFC 8037."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    ES384 = "ES384"
    EDDSA = "EdDSA"


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A value of the roles claim, and the role that it means."""

    value: str
    role: Role


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A client of the issuer that acts for itself (client credentials), and its roles."""

    client_id: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class ProviderTerms:
    """How a token is checked and read.

    `jwks`: the issuer's public keys as JSON; empty: looked up by discovery. `roles_claim`: the
    path of the claim that holds the roles, its names joined by dots, such as
    "realm_access.roles".
    """

    issuer: str
    audience: str
    algorithms: tuple[Algorithm, ...]
    jwks: str
    roles_claim: str
    rules: tuple[RoleRule, ...]
    service_accounts: tuple[ServiceAccount, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterIdentityProvider:
    """Command: tokens of this issuer act for the caller's party; an earlier entry is replaced."""

    terms: ProviderTerms


@dataclass(frozen=True, slots=True)
class RemoveIdentityProvider:
    """Command: tokens of this issuer for this audience no longer act for the caller's party."""

    issuer: str
    audience: str


@dataclass(frozen=True, slots=True)
class IdentityProviderRegistered:
    """A party's people and systems act by this issuer's tokens from here."""

    terms: ProviderTerms


@dataclass(frozen=True, slots=True)
class IdentityProviderRemoved:
    """Tokens of this issuer for this audience act for nobody from here."""

    issuer: str
    audience: str


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A provider as it stands. `removed_index` is the entry that ended it."""

    party_id: str
    terms: ProviderTerms
    index: int
    removed_index: int | None = None

    @property
    def key(self) -> str:
        """What it is known by: issuer and audience."""
        return provider_key(self.terms.issuer, self.terms.audience)


@dataclass(frozen=True, slots=True)
class Identities:
    """Every provider by issuer and audience."""

    providers: Map[str, IdentityProvider] = Map()

    def in_force(self, issuer: str, audience: str) -> IdentityProvider | None:
        """The provider of an issuer and audience, unless it was removed."""
        found = self.providers.get(provider_key(issuer, audience))
        return None if found is None or found.removed_index is not None else found


def provider_key(issuer: str, audience: str) -> str:
    """Issuer and audience as one text; neither holds a space."""
    return f"{issuer} {audience}"


def register(
    identities: Identities, command: RegisterIdentityProvider, actor: Actor
) -> tuple[Fact, ...]:
    """The fact of a party's provider. Raises like `check`."""
    check(identities, command.terms, actor.party_id)
    return (Fact(IdentityProviderRegistered(command.terms)),)


def remove(
    identities: Identities, command: RemoveIdentityProvider, actor: Actor
) -> tuple[Fact, ...]:
    """The fact that a party's provider is none any more. Raises NotFound."""
    check_removal(identities, command.issuer, command.audience, actor.party_id)
    return (Fact(IdentityProviderRemoved(command.issuer, command.audience)),)


def check_removal(identities: Identities, issuer: str, audience: str, party_id: str) -> None:
    """Return if the party has such a provider. Raises NotFound."""
    held = identities.in_force(issuer, audience)
    if held is None or held.party_id != party_id:
        raise NotFound("issuer", what="identity provider", id=issuer)


def check(identities: Identities, terms: ProviderTerms, party_id: str) -> None:
    """Return if the terms can be used by the party. Raises IdentityMalformed, IdentityTaken."""
    _check_names(terms)
    if not terms.algorithms or len(set(terms.algorithms)) != len(terms.algorithms):
        raise IdentityMalformed("algorithms", reason="name each algorithm once, at least one")
    if terms.jwks:
        _check_keys(terms.jwks)
    _check_rules(terms)
    held = identities.in_force(terms.issuer, terms.audience)
    if held is not None and held.party_id != party_id:
        raise IdentityTaken("issuer", party=held.party_id)


def _check_names(terms: ProviderTerms) -> None:
    parts = urlsplit(terms.issuer)
    is_safe = parts.scheme == "https" or (
        parts.scheme == "http" and (parts.hostname or "") in _LOOPBACK
    )
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        reason = "an issuer is an https:// address without query, fragment or user"
        raise IdentityMalformed("issuer", reason=reason)
    for path, text, most in (
        ("issuer", terms.issuer, MAX_ISSUER),
        ("audience", terms.audience, MAX_AUDIENCE),
        ("rolesClaim", terms.roles_claim, MAX_CLAIM),
    ):
        if not 1 <= len(text) <= most or any(each.isspace() for each in text):
            raise IdentityMalformed(path, reason=f"1 to {most} characters without white space")


def _check_rules(terms: ProviderTerms) -> None:
    if not 1 <= len(terms.rules) + len(terms.service_accounts) <= MAX_RULES:
        raise IdentityMalformed("rules", reason=f"1 to {MAX_RULES} rules and service accounts")
    for number, rule in enumerate(terms.rules):
        if not 1 <= len(rule.value) <= MAX_CLAIM:
            reason = f"a claim's value has 1 to {MAX_CLAIM} characters"
            raise IdentityMalformed(f"rules[{number}].value", reason=reason)
        _check_roles((rule.role,), f"rules[{number}].role")
    for number, account in enumerate(terms.service_accounts):
        if not 1 <= len(account.client_id) <= MAX_CLAIM:
            reason = f"a client id has 1 to {MAX_CLAIM} characters"
            raise IdentityMalformed(f"serviceAccounts[{number}].clientId", reason=reason)
        _check_roles(account.roles, f"serviceAccounts[{number}].roles")


def _check_roles(roles: Iterable[Role], path: str) -> None:
    if Role.FOUNDER in roles:
        raise IdentityMalformed(path, reason="no party's provider makes founders")


def _check_keys(jwks: str) -> None:
    """A JWK Set of public, asymmetric keys, each with its id. Source: RFC 7517 section 5."""
    if len(jwks) > MAX_JWKS:
        raise IdentityMalformed("jwks", reason=f"at most {MAX_JWKS} characters")
    try:
        keys = orjson.loads(jwks)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise IdentityMalformed("jwks", reason='it is no JWK Set: {"keys": [...]}') from None
    if not isinstance(keys, list) or not keys:
        raise IdentityMalformed("jwks", reason="it holds no keys")
    seen: set[object] = set()
    for number, key in enumerate(keys):
        place = f"jwks.keys[{number}]"
        if not isinstance(key, dict) or key.get("kty") not in ("RSA", "EC", "OKP"):
            raise IdentityMalformed(place, reason="a key is of kty RSA, EC or OKP")
        if _PRIVATE_MEMBERS & key.keys():
            reason = "it holds a PRIVATE key: make a new one, this one was sent over the wire"
            raise IdentityMalformed(place, reason=reason)
        if not isinstance(key.get("kid"), str) or not key["kid"] or key["kid"] in seen:
            raise IdentityMalformed(place, reason="each key has a kid of its own")
        seen.add(key["kid"])


def evolve(identities: Identities, placed: Placed) -> Identities:
    """The identities after an entry about them."""
    match placed.event:
        case IdentityProviderRegistered(terms=terms):
            held = IdentityProvider(placed.party, terms, placed.index)
        case IdentityProviderRemoved(issuer=issuer, audience=audience):
            old = identities.providers[provider_key(issuer, audience)]
            held = IdentityProvider(old.party_id, old.terms, old.index, placed.index)
        case _:
            return identities
    return Identities(identities.providers.set(held.key, held))
