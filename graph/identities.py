"""Identity providers: by whose tokens a party's people and systems act, registered by the party."""

from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.enums import describe
from graph.nodes import Node, global_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import identity as rules
from ledger.actor import Role
from ledger.identity import (
    Algorithm,
    ProviderTerms,
    RegisterIdentityProvider,
    RemoveIdentityProvider,
)
from ledger.read import Found, Narrowed

describe(
    Algorithm,
    "How tokens are signed: asymmetric alone (RFC 7518, RFC 8037).",
    RS256="RSASSA-PKCS1-v1_5 with SHA-256.",
    PS256="RSASSA-PSS with SHA-256.",
    ES256="ECDSA on P-256 with SHA-256.",
    ES384="ECDSA on P-384 with SHA-384.",
    EDDSA="EdDSA on Ed25519.",
)


@strawberry.type(description="A value of the roles claim, and the role that it means.")
class RoleRule:
    """One line of the mapping."""

    value: str = field(description="As the issuer writes it, such as a group's name.")
    role: Role = field(description="What it means here.")


@strawberry.type(description="A client of the issuer that acts for itself, by client credentials.")
class ServiceAccount:
    """A system of the party."""

    client_id: str = field(description="`sub` and `client_id` of its tokens.")
    roles: list[Role] = field(description="What it may do.")


@strawberry.type(description="An OpenID Connect issuer whose tokens act for a party.")
class IdentityProvider(Node):
    """As the party registered it."""

    party_id: strawberry.Private[str]
    issuer: str = field(description="The tokens' `iss`, exactly.")
    audience: str = field(description="The tokens' `aud`.")
    algorithms: list[Algorithm] = field(description="Signatures that are accepted.")
    jwks: str | None = field(description="The registered JWK Set; null: looked up by discovery.")
    roles_claim: str = field(description='Path of the claim with the roles, as "realm.roles".')
    rules: list[RoleRule] = field(description="What the claim's values mean.")
    service_accounts: list[ServiceAccount] = field(description="Systems, and their roles.")
    index: Index = field(description="The entry that registered it.")
    removed_index: Index | None = field(description="The entry that ended it; null: in force.")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        may = info.context.actor.party_id == self.party_id and self.removed_index is None
        return await offered(info, ["removeIdentityProvider"] if may else [])

    @field(description="Whose it is.")
    async def party(self, info: Info) -> Party:
        """The party that its tokens act for."""
        return await party_by_id(info, self.party_id)


def provider_of(state: rules.IdentityProvider) -> IdentityProvider:
    """A provider as the API shows it."""
    terms = state.terms
    return IdentityProvider(
        id=global_id("IdentityProvider", state.key),
        party_id=state.party_id,
        issuer=terms.issuer,
        audience=terms.audience,
        algorithms=list(terms.algorithms),
        jwks=terms.jwks or None,
        roles_claim=terms.roles_claim,
        rules=[RoleRule(value=each.value, role=each.role) for each in terms.rules],
        service_accounts=[
            ServiceAccount(client_id=each.client_id, roles=list(each.roles))
            for each in terms.service_accounts
        ],
        index=Index(state.index),
        removed_index=None if state.removed_index is None else Index(state.removed_index),
    )


async def load_provider(info: Info, key: str, as_of: int | None = None) -> IdentityProvider | None:
    """A provider by the workroom's id, or None."""
    found = await info.context.load("identity_provider", key, rules.IdentityProvider, as_of)
    return None if found is None else provider_of(found.value)


def _built(found: Found[rules.IdentityProvider]) -> IdentityProvider:
    return provider_of(found.value)


@strawberry.input(description="What a value of the roles claim means.")
class RoleRuleInput:
    """One line of the mapping."""

    value: str = field(description="As the issuer writes it, 1 to 120 characters.")
    role: Role = field(description="What it means here; never FOUNDER.")


@strawberry.input(description="A system of the party that gets tokens by client credentials.")
class ServiceAccountInput:
    """Its tokens have the client id as `sub`."""

    client_id: str = field(description="1 to 120 characters.")
    roles: list[Role] = field(description="What it may do; never FOUNDER.")


@strawberry.input(description="An issuer whose tokens are to act for your party.")
class RegisterIdentityProviderInput:
    """An earlier registration of the same issuer and audience is replaced."""

    idempotency_key: str = field(description=KEY)
    issuer: str = field(description="https:// address, the tokens' `iss` exactly; 300 characters.")
    audience: str = field(description="The tokens' `aud`, 1 to 200 characters.")
    algorithms: list[Algorithm] = field(description="Signatures that are accepted, at least one.")
    jwks: str | None = field(
        default=None,
        description='Its public keys, {"keys": [...]}, each with a kid, up to 20,000 characters. '
        "Left out: looked up by discovery, where the operator lets that host be asked.",
    )
    roles_claim: str = field(
        default="roles", description='Path of the claim with the roles, as "realm_access.roles".'
    )
    rules: list[RoleRuleInput] = field(
        default_factory=list, description="What its values mean; a value without a rule: nothing."
    )
    service_accounts: list[ServiceAccountInput] = field(
        default_factory=list, description="Systems; with the rules 1 to 50 in all."
    )

    def terms(self) -> ProviderTerms:
        """As the workroom has it."""
        return ProviderTerms(
            self.issuer,
            self.audience,
            tuple(self.algorithms),
            self.jwks or "",
            self.roles_claim,
            tuple(rules.RoleRule(each.value, each.role) for each in self.rules),
            tuple(
                rules.ServiceAccount(each.client_id, tuple(each.roles))
                for each in self.service_accounts
            ),
        )


@strawberry.input(description="An issuer whose tokens are to act for nobody any more.")
class RemoveIdentityProviderInput:
    """Whoever it let in is out within seconds."""

    idempotency_key: str = field(description=KEY)
    issuer: str = field(description="As it was registered.")
    audience: str = field(description="As it was registered.")


@strawberry.type(description="A write about one identity provider.")
class IdentityProviderPayload(Payload):
    """Payload of registration and removal."""

    @field(description="The provider; null when it was refused, and in a dry run.")
    async def identity_provider(self, info: Info) -> IdentityProvider | None:
        """As it stood right after the write."""
        if self.written.landed is None:
            return None
        return await load_provider(info, self.written.object_id, self.written.as_of)


@strawberry.type(description="Answer to `registerIdentityProvider`.")
class RegisterIdentityProviderPayload(IdentityProviderPayload):
    """In force."""


@strawberry.type(description="Answer to `removeIdentityProvider`.")
class RemoveIdentityProviderPayload(IdentityProviderPayload):
    """Out of force."""


@strawberry.type
class IdentityQuery:
    """Reading."""

    @field(description="Identity providers in the order of the ledger, those removed too.")
    async def identity_providers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only this party's.")
        ] = None,
    ) -> Connection[IdentityProvider]:
        """A page of providers."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "identity_provider",
            rules.IdentityProvider,
            window(first, after, last, before),
            Narrowed(parent_id=(party_id or "").rpartition(":")[2]),
        )
        return connection(page, _built)


@strawberry.type
class IdentityMutation:
    """Writing."""

    @strawberry.mutation(description="Register an issuer of your party's tokens. Needs ADMIN.")
    async def register_identity_provider(
        self, info: Info, input: RegisterIdentityProviderInput, dry_run: DryRun = False
    ) -> RegisterIdentityProviderPayload:
        """Your party's own act: nobody can do it for you."""

        def prepare() -> RegisterIdentityProvider:
            return RegisterIdentityProvider(input.terms())

        written = await write(info, "registerIdentityProvider", input, prepare, dry_run=dry_run)
        return RegisterIdentityProviderPayload(written=written)

    @strawberry.mutation(description="End an issuer of your party's tokens. Needs ADMIN.")
    async def remove_identity_provider(
        self, info: Info, input: RemoveIdentityProviderInput, dry_run: DryRun = False
    ) -> RemoveIdentityProviderPayload:
        """In force within seconds."""

        def prepare() -> RemoveIdentityProvider:
            return RemoveIdentityProvider(input.issuer, input.audience)

        written = await write(info, "removeIdentityProvider", input, prepare, dry_run=dry_run)
        return RemoveIdentityProviderPayload(written=written)
