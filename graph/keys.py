"""Keys of parties: consent keys, the statements that they sign, and witnesses.

The one rule: a private key never comes here. The API gives the bytes, the party signs them on its
own machine. Source: `ledger-format.md`, "Consents" and "Witnesses".
"""

from base64 import b64decode
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.enums import describe
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.replies import DisputedPartInput
from graph.scalars import Base64, Index, Sha256, base64
from ledger import keyring as rules
from ledger.actor import NotFound
from ledger.keyring import RegisterConsentKey, RegisterWitness, RevokeConsentKey
from ledger.proposal import Proposal
from ledger.read import Found, Narrowed
from ledger.statement import Stance, consent_statement


class Decision(Enum):
    """Yes, no, or a ruling. Values may be added."""

    CONSENT = "CONSENT"
    OBJECTION = "OBJECTION"
    RULING_BINDS = "RULING_BINDS"
    RULING_REJECTED = "RULING_REJECTED"
    RULING_UNDISPUTED_PART = "RULING_UNDISPUTED_PART"


describe(
    Decision,
    "What a party says to a proposal, or a sponsor rules.",
    CONSENT="Yes.",
    OBJECTION="No, with a reason.",
    RULING_BINDS="A sponsor rules: it binds as it stands.",
    RULING_REJECTED="A sponsor rules: it does not bind.",
    RULING_UNDISPUTED_PART="A sponsor rules: the part that nobody objects to binds alone.",
)


@strawberry.type(description="An Ed25519 key that a party signs its consents with.")
class ConsentKey(Node):
    """What was signed while it was in force stays valid."""

    party_id: strawberry.Private[str]
    key_id: str = field(description="First half of the key's SHA-256, hexadecimal.")
    public_key: Base64 = field(description="32 bytes; RFC 8032.")
    index: Index = field(description="The entry that registered it.")
    revoked_index: Index | None = field(description="The entry that ended it; null: in force.")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        may = info.context.actor.party_id == self.party_id and self.revoked_index is None
        return await offered(info, ["revokeConsentKey"] if may else [])

    @field(description="Whose it is.")
    async def party(self, info: Info) -> Party:
        """The party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="A party's witness: it watches that history is only added to.")
class Witness(Node):
    """By the key that it cosigns checkpoints with."""

    party_id: strawberry.Private[str]
    verifier_key: str = field(description="C2SP signed note, cosignature/v1.")
    index: Index = field(description="The entry that registered it.")

    @field(description="Whose it is.")
    async def party(self, info: Info) -> Party:
        """The party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="Bytes to be signed with Ed25519, as text that a person can read.")
class SigningStatement:
    """Sign exactly these bytes."""

    text: str = field(description="UTF-8, newline at the end of each line.")
    bytes: Base64 = field(description="The same, for a program.")


def statement_of(data: bytes) -> SigningStatement:
    """A statement as the API shows it."""
    return SigningStatement(text=data.decode(), bytes=base64(data))


def consent_key_of(found: Found[rules.ConsentKey]) -> ConsentKey:
    """A consent key as the API shows it."""
    key = found.value
    return ConsentKey(
        id=global_id("ConsentKey", key.key_id),
        party_id=key.party_id,
        key_id=key.key_id,
        public_key=base64(key.public_key),
        index=Index(key.index),
        revoked_index=None if key.revoked_index is None else Index(key.revoked_index),
    )


def witness_of(found: Found[rules.Witness]) -> Witness:
    """A witness as the API shows it."""
    witness = found.value
    return Witness(
        id=global_id("Witness", witness.party_id),
        party_id=witness.party_id,
        verifier_key=witness.verifier_key,
        index=Index(witness.index),
    )


async def load_consent_key(info: Info, key_id: str) -> ConsentKey | None:
    """A consent key by its id, or None."""
    found = await info.context.load("consent_key", key_id, rules.ConsentKey)
    return None if found is None else consent_key_of(found)


async def load_witness(info: Info, party_id: str) -> Witness | None:
    """A party's witness, or None."""
    found = await info.context.load("witness", party_id, rules.Witness)
    return None if found is None else witness_of(found)


@strawberry.type
class KeyQuery:
    """Reading."""

    @field(description="Consent keys in the order of the ledger, revoked ones too.")
    async def consent_keys(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this party.")
        ] = None,
    ) -> Connection[ConsentKey]:
        """A page of consent keys."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "consent_key",
            rules.ConsentKey,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(party_id or "", "Party", "partyId")),
        )
        return connection(page, consent_key_of)

    @field(description="The witnesses of all parties, in the order of the ledger.")
    async def witnesses(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Witness]:
        """A page of witnesses."""
        page = await info.context.doors.reader.page(
            info.context.actor, "witness", rules.Witness, window(first, after, last, before)
        )
        return connection(page, witness_of)

    @field(description="What a new key of your party signs, to prove that you hold it.")
    async def key_statement(
        self,
        info: Info,
        key: Annotated[
            str,
            strawberry.argument(
                description="A consent key's 32 bytes in base64, or a witness's verifier key."
            ),
        ],
    ) -> SigningStatement:
        """The proof of possession is the Ed25519 signature of these bytes."""
        await info.context.ecosystem()  # members alone
        actor = info.context.actor
        return statement_of(rules.key_statement(actor.ecosystem_id, actor.party_id, key))

    @field(description="What your party signs for its answer to a proposal.")
    async def consent_statement(
        self,
        info: Info,
        proposal_id: Annotated[strawberry.ID, strawberry.argument(description="The proposal.")],
        key_id: Annotated[str, strawberry.argument(description="The consent key that will sign.")],
        decision: Annotated[
            Decision, strawberry.argument(description="Which answer.")
        ] = Decision.CONSENT,
        on_behalf_of: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The party that delegated its answer to yours."),
        ] = None,
        disputed: Annotated[
            DisputedPartInput | None,
            strawberry.argument(description="The part of an amount that is objected to."),
        ] = None,
        document_sha256: Annotated[
            Sha256 | None, strawberry.argument(description="Of a ruling: of its text.")
        ] = None,
    ) -> SigningStatement:
        """Bound to the proposal's entry and commitment: all sign the same bytes."""
        actor = info.context.actor
        local = local_id(proposal_id, "Proposal", "proposalId")
        found = await info.context.load("proposal", local, Proposal)
        if found is None:
            raise NotFound("proposalId", what="proposal", id=local)
        is_ruling = decision.value.startswith("RULING_")
        stance = Stance(
            decision.value,
            disputed.disputed() if disputed else None,
            local_id(on_behalf_of or "", "Party", "onBehalfOf"),
            (document_sha256 or "") if is_ruling else None,
        )
        return statement_of(
            consent_statement(actor.ecosystem_id, found.value, actor.party_id, key_id, stance)
        )


@strawberry.input(description="A new consent key.")
class RegisterConsentKeyInput:
    """Made on the party's own machine."""

    idempotency_key: str = field(description=KEY)
    public_key: Base64 = field(description="32 bytes; RFC 8032.")
    proof: Base64 = field(description="64 bytes: this key's signature of `keyStatement`.")
    replaces_key_id: str | None = field(
        default=None, description="A key of your party's that is out of force from here."
    )


@strawberry.input(description="A consent key to end.")
class RevokeConsentKeyInput:
    """What was signed before stays valid."""

    idempotency_key: str = field(description=KEY)
    key_id: str = field(description="A consent key of your party's in force.")


@strawberry.input(description="Your party's witness.")
class RegisterWitnessInput:
    """A new key takes the place of the old."""

    idempotency_key: str = field(description=KEY)
    verifier_key: str = field(description="As `jpi witness` prints it.")
    proof: Base64 = field(description="64 bytes: this key's Ed25519 signature of `keyStatement`.")


@strawberry.type(description="Answer to `registerConsentKey`.")
class RegisterConsentKeyPayload(Payload):
    """The key in force."""

    @field(description="The key; null when it was refused, and in a dry run.")
    async def consent_key(self, info: Info) -> ConsentKey | None:
        """As it stands."""
        return await load_consent_key(info, self.written.object_id)


@strawberry.type(description="Answer to `revokeConsentKey`.")
class RevokeConsentKeyPayload(Payload):
    """The key out of force."""

    @field(description="The key; null when it was refused, and in a dry run.")
    async def consent_key(self, info: Info) -> ConsentKey | None:
        """As it stands."""
        return await load_consent_key(info, self.written.object_id)


@strawberry.type(description="Answer to `registerWitness`.")
class RegisterWitnessPayload(Payload):
    """The witness."""

    @field(description="The witness; null when it was refused, and in a dry run.")
    async def witness(self, info: Info) -> Witness | None:
        """As it stands."""
        return await load_witness(info, self.written.object_id)


@strawberry.type
class KeyMutation:
    """Writing."""

    @strawberry.mutation(description="Register a consent key of your party's. Needs ADMIN.")
    async def register_consent_key(
        self, info: Info, input: RegisterConsentKeyInput, dry_run: DryRun = False
    ) -> RegisterConsentKeyPayload:
        """With a proof that your party holds it."""

        def prepare() -> RegisterConsentKey:
            public_key, proof = b64decode(input.public_key), b64decode(input.proof)
            return RegisterConsentKey(public_key, proof, input.replaces_key_id or "")

        written = await write(info, "registerConsentKey", input, prepare, dry_run=dry_run)
        return RegisterConsentKeyPayload(written=written)

    @strawberry.mutation(description="End a consent key of your party's. Needs ADMIN.")
    async def revoke_consent_key(
        self, info: Info, input: RevokeConsentKeyInput, dry_run: DryRun = False
    ) -> RevokeConsentKeyPayload:
        """Nothing signed with it from here on counts."""

        def prepare() -> RevokeConsentKey:
            return RevokeConsentKey(local_id(input.key_id, "ConsentKey", "keyId"))

        written = await write(info, "revokeConsentKey", input, prepare, dry_run=dry_run)
        return RevokeConsentKeyPayload(written=written)

    @strawberry.mutation(description="Register your party's witness. Needs ADMIN.")
    async def register_witness(
        self, info: Info, input: RegisterWitnessInput, dry_run: DryRun = False
    ) -> RegisterWitnessPayload:
        """Observers may, too: an auditor watches well."""

        def prepare() -> RegisterWitness:
            return RegisterWitness(input.verifier_key.strip(), b64decode(input.proof))

        written = await write(info, "registerWitness", input, prepare, dry_run=dry_run)
        return RegisterWitnessPayload(written=written)
