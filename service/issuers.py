"""Issuers: whose tokens this service checks, by rules that the operator or a party states.

The operator names issuers in a file (JPI_ISSUERS_FILE, TOML); a party registers its own in the
ledger (`ledger.identity`); the development issuer exists only where it is asked for.

::

    [[issuer]]
    issuer = "https://login.example.com/tenant"   # the tokens' iss, exactly
    audience = "jpi"                              # their aud
    algorithms = ["RS256"]                        # of RS256 PS256 ES256 ES384 EdDSA
    jwks_file = "keys.json"                       # beside this file; without it: discovery
    roles_claim = "roles"
    may_found = false                             # whether FOUNDER may be among the roles
    [issuer.roles]                                # claim's value -> role
    kpi-approver = "APPROVER"
    [issuer.service_accounts]                     # client id -> roles
    erp = ["FINANCE"]

Such tokens name their `ecosystem` and `party` in claims of these names.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.actor import Role
from ledger.errors import Refusal
from ledger.identity import (
    Algorithm,
    Identities,
    IdentityProvider,
    ProviderTerms,
    RoleRule,
    ServiceAccount,
    check,
)

ECOSYSTEM_CLAIM = "ecosystem"
PARTY_CLAIM = "party"


class IssuersInvalid(Exception):  # noqa: N818 -- named for what it tells
    """The issuers file cannot be used: where, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer whose tokens are checked by `terms`.

    `ecosystem_id` and `party_id`: whom its tokens act for; empty where the token itself says it,
    which only an issuer of the operator's may. `may_found`: whether its tokens may be founders'.
    `is_pseudonymous`: its subjects are pseudonyms already.
    """

    terms: ProviderTerms
    ecosystem_id: str = ""
    party_id: str = ""
    may_found: bool = False
    is_pseudonymous: bool = False
    is_trusted: bool = False


def of_party(ecosystem_id: str, provider: IdentityProvider) -> Issuer:
    """The issuer that a party registered: its tokens act for that party alone."""
    return Issuer(provider.terms, ecosystem_id, provider.party_id)


def read_issuers(path: Path | None) -> tuple[Issuer, ...]:
    """The operator's issuers; none without a file. Raises IssuersInvalid."""
    if path is None:
        return ()
    try:
        given = tomllib.loads(path.read_text())
    except OSError as error:
        raise IssuersInvalid(f"{path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise IssuersInvalid(f"{path} is no TOML: {error}") from error
    rows = given.get("issuer")
    if not isinstance(rows, list) or set(given) != {"issuer"}:
        raise IssuersInvalid(f"{path} holds [[issuer]] tables and nothing else.")
    issuers = tuple(_issuer(row, f"{path}, issuer {i + 1}", path) for i, row in enumerate(rows))
    known = [(each.terms.issuer, each.terms.audience) for each in issuers]
    if len(set(known)) != len(known):
        raise IssuersInvalid(f"{path} names an issuer twice for one audience.")
    return issuers


_FIELDS = {
    "issuer",
    "audience",
    "algorithms",
    "jwks_file",
    "roles_claim",
    "may_found",
    "roles",
    "service_accounts",
}


def _issuer(row: dict[str, Any], place: str, path: Path) -> Issuer:
    unknown = sorted(set(row) - _FIELDS)
    if unknown:
        raise IssuersInvalid(f"{place}: {', '.join(unknown)} means nothing here.")
    may_found = row.get("may_found", False) is True
    try:
        jwks = (path.parent / row["jwks_file"]).read_text() if "jwks_file" in row else ""
        rules = tuple(RoleRule(value, Role(name)) for value, name in row.get("roles", {}).items())
        accounts = tuple(
            ServiceAccount(client, tuple(Role(name) for name in names))
            for client, names in row.get("service_accounts", {}).items()
        )
        terms = ProviderTerms(
            str(row["issuer"]),
            str(row["audience"]),
            tuple(Algorithm(name) for name in row["algorithms"]),
            jwks,
            str(row.get("roles_claim", "roles")),
            rules,
            accounts,
        )
        check(Identities(), _without_founders(terms) if may_found else terms, "")
    except KeyError as error:
        raise IssuersInvalid(f"{place}: {error} is missing.") from error
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise IssuersInvalid(f"{place}: {error}") from error
    except Refusal as refusal:
        raise IssuersInvalid(f"{place}, {refusal.path}: {refusal.message}") from refusal
    return Issuer(terms, may_found=may_found, is_trusted=True)


def _without_founders(terms: ProviderTerms) -> ProviderTerms:
    """The same terms for the check that a party's must pass: founders apart."""
    kept = tuple(rule for rule in terms.rules if rule.role is not Role.FOUNDER)
    return ProviderTerms(
        terms.issuer,
        terms.audience,
        terms.algorithms,
        terms.jwks,
        terms.roles_claim,
        kept or (RoleRule("-", Role.VIEWER),),
        terms.service_accounts,
    )
