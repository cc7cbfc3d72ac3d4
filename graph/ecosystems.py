"""Ecosystems and parties: founding, and seeing who is in it."""

from hashlib import sha256

import strawberry
from strawberry import field

from graph.actions import BEGUN_WITH_NOTHING, offered
from graph.context import NAME, Info
from graph.enums import describe
from graph.nodes import Node, global_id
from graph.parties import Party, party_by_id, party_of
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index
from ledger import ecosystem as rules
from ledger.actor import Actor, Role
from ledger.ecosystem import FoundEcosystem, NewParty
from ledger.ids import EcosystemId, derived_id
from ledger.party import PartyRole
from ledger.policy import FOUNDING_DAYS

describe(
    Role,
    "What somebody may do for a party.",
    VIEWER="Reads what the party may see.",
    REPORTER="Pushes observations, proposes measurements.",
    APPROVER="Answers for the party: consents and objects.",
    FINANCE="Payments, reconciliation, closing.",
    SPONSOR="Escalates disputes, and rules on them where the policy names it.",
    ADMIN="The party's own identities, keys and calendar.",
    FOUNDER="The operator's: founds ecosystems; no party's.",
)


@strawberry.type(
    description="One outsourcer and its partners: the tenant, with a ledger of its own."
)
class Ecosystem(Node):
    """The caller's ecosystem."""

    name: str = field(description="1 to 120 characters.")
    origin: str = field(description="Origin line of its checkpoints, fixed at founding.")
    log_key: str = field(description="Verifier key that the log signs with (C2SP signed note).")
    former_log_keys: list[str] = field(
        description="Keys that it signed with before, in order; each signed its successor."
    )
    rotation_notes: list[str] = field(
        description="Notes by which each former key handed over to the next (C2SP signed note)."
    )
    parties: list[Party] = field(description="All members, in the order of joining.")
    founded_index: Index = field(description="Its founding entry.")

    @field(
        description="Why nothing can be written, as after a rollback of the database; null when "
        "writes are accepted."
    )
    def writes_stopped_because(self, info: Info) -> str | None:
        """Reads go on."""
        ledger, key = info.context.doors.ledger, info.context.actor.ecosystem_id
        return ledger.stopped_because(key) or None

    @field(
        description="Mutations that you could begin with, without anything that is there already: "
        "what a menu offers. What can be done with a thing stands with it."
    )
    async def allowed_actions(self, info: Info) -> list[str]:
        """By the viewer's roles and its party's standing."""
        return await offered(info, BEGUN_WITH_NOTHING)

    @field(description="How many entries its ledger has now.")
    async def size(self, info: Info) -> Index:
        """The committed size."""
        return Index(await info.context.doors.reader.size(info.context.actor))


@strawberry.type(description="Who the token says you are.")
class Viewer:
    """The caller."""

    party: Party | None = field(description="Your party; null for a founder.")
    roles: list[Role] = field(description="Your roles within it.")
    subject: str = field(description="Your pseudonym, as entries carry it.")

    @field(description=NAME)
    async def subject_name(self, info: Info) -> str | None:
        """Yours."""
        return await info.context.name_of(info.context.actor.party_id, self.subject)


def ecosystem_of(state: rules.Ecosystem) -> Ecosystem:
    """An ecosystem as the API shows it."""
    return Ecosystem(
        id=global_id("Ecosystem", state.ecosystem_id),
        name=state.name,
        origin=state.origin,
        log_key=state.log_key,
        former_log_keys=list(state.former_log_keys),
        rotation_notes=list(state.rotation_notes),
        parties=[party_of(party) for party in state.parties],
        founded_index=Index(state.founded_index),
    )


@strawberry.input(description="A party to found with.")
class NewPartyInput:
    """One of the founding parties."""

    name: str = field(description="The organisation's name, 1 to 120 characters, never a person's.")
    role: PartyRole = field(description="Exactly one OUTSOURCER, at least one PARTNER.")


@strawberry.input(description="An ecosystem to be founded.")
class FoundEcosystemInput:
    """Founding is one party's own act."""

    idempotency_key: str = field(description=KEY)
    name: str = field(description="1 to 120 characters.")
    parties: list[NewPartyInput] = field(description="2 to 200 parties.")
    proposal_days: int = field(
        default=FOUNDING_DAYS,
        description="Calendar days after which a proposal that is still open lapses, until all "
        "agree on a policy that says otherwise: 1 to 1096.",
    )


@strawberry.type(description="The founded ecosystem.")
class FoundEcosystemPayload(Payload):
    """Answer to `foundEcosystem`."""

    @field(description="The ecosystem; null when it was refused, and in a dry run.")
    async def ecosystem(self, info: Info) -> Ecosystem | None:
        """As it stood right after its founding."""
        if self.written.landed is None:
            return None
        reader, key = info.context.doors.reader, self.written.object_id
        found = await reader.one(
            self.written.actor, "ecosystem", key, rules.Ecosystem, self.written.as_of
        )
        return None if found is None else ecosystem_of(found.value)


def founded_id(actor: Actor, key: str) -> EcosystemId:
    """The id that a founder's key leads to: the same request founds the same ecosystem."""
    seed = sha256(f"jpi-ecosystem\n{actor.subject}\n{key}".encode()).digest()
    return EcosystemId(derived_id(seed))


@strawberry.type
class EcosystemQuery:
    """Reading."""

    @field(description="Your ecosystem.")
    async def ecosystem(self, info: Info) -> Ecosystem:
        """The ecosystem that the token names."""
        return ecosystem_of(await info.context.ecosystem())

    @field(description="Who you are here.")
    async def viewer(self, info: Info) -> Viewer:
        """The caller as the service sees it."""
        actor = info.context.actor
        party = await party_by_id(info, actor.party_id) if actor.party_id else None
        return Viewer(party=party, roles=sorted(actor.roles), subject=actor.subject)


@strawberry.type
class EcosystemMutation:
    """Writing."""

    @strawberry.mutation(description="Found an ecosystem. Needs the role FOUNDER.")
    async def found_ecosystem(
        self,
        info: Info,
        input: FoundEcosystemInput,
        dry_run: DryRun = False,
    ) -> FoundEcosystemPayload:
        """Entry 0 of a new ledger."""

        def prepare() -> FoundEcosystem:
            actor = info.context.actor
            parties = tuple(NewParty(party.name, party.role) for party in input.parties)
            key = founded_id(actor, input.idempotency_key)
            return FoundEcosystem(key, input.name, parties, input.proposal_days)

        return FoundEcosystemPayload(
            written=await write(info, "foundEcosystem", input, prepare, dry_run=dry_run)
        )
