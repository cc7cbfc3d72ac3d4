"""Disputes: sponsors escalate them and rule, and an arbiter's ruling is laid down."""

from base64 import b64decode
from typing import Annotated

import strawberry
from strawberry import field

from graph.agreements import ProposalPayload
from graph.context import Info
from graph.keys import SigningStatement, statement_of
from graph.nodes import local_id
from graph.receipts import KEY, DryRun, write
from graph.replies import SignatureInput
from graph.scalars import Base64, Sha256
from ledger.actor import NotFound
from ledger.dispute import EscalateDispute, RecordExternalRuling, SignRuling, ruling_statement
from ledger.ladder import RulingOutcome
from ledger.proposal import Proposal


@strawberry.input(description="A dispute to be sent to the next rung before its time.")
class EscalateDisputeInput:
    """By a sponsor named on the rung where it stands."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The disputed proposal.")


@strawberry.input(description="A sponsor's ruling.")
class SignRulingInput:
    """It counts once all the sponsors named on the rung rule alike."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The disputed proposal.")
    outcome: RulingOutcome = field(description="How the dispute is ruled.")
    document_sha256: Sha256 | None = field(default=None, description="Of the ruling's text.")
    signature: SignatureInput | None = field(
        default=None,
        description="By a consent key of your party over `consentStatement`; required where the "
        "policy of the proposal says so.",
    )


@strawberry.input(description="The ruling of the arbiter whom the policy names.")
class RecordExternalRulingInput:
    """Its own key signed it."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The disputed proposal.")
    outcome: RulingOutcome = field(description="How the dispute is ruled.")
    document_sha256: Sha256 = field(description="Of the ruling's text.")
    signature: Base64 = field(
        description="64 bytes, Ed25519, by the arbiter's key over `rulingStatement`."
    )


@strawberry.type(description="Answer to `escalateDispute`.")
class EscalateDisputePayload(ProposalPayload):
    """The proposal, on the next rung."""


@strawberry.type(description="Answer to `signRuling`.")
class SignRulingPayload(ProposalPayload):
    """The proposal with your ruling."""


@strawberry.type(description="Answer to `recordExternalRuling`.")
class RecordExternalRulingPayload(ProposalPayload):
    """The proposal, ruled."""


@strawberry.type
class DisputeQuery:
    """Reading."""

    @field(description="What the arbiter signs, to rule a dispute that is before it.")
    async def ruling_statement(
        self,
        info: Info,
        proposal_id: Annotated[strawberry.ID, strawberry.argument(description="The proposal.")],
        outcome: Annotated[RulingOutcome, strawberry.argument(description="How it is ruled.")],
        document_sha256: Annotated[
            Sha256, strawberry.argument(description="Of the ruling's text.")
        ],
    ) -> SigningStatement:
        """Bound to the proposal's entry and commitment."""
        local = local_id(proposal_id, "Proposal", "proposalId")
        found = await info.context.load("proposal", local, Proposal)
        if found is None:
            raise NotFound("proposalId", what="proposal", id=local)
        ecosystem_id = info.context.actor.ecosystem_id
        return statement_of(ruling_statement(ecosystem_id, found.value, outcome, document_sha256))


@strawberry.type
class DisputeMutation:
    """Writing."""

    @strawberry.mutation(
        description="Send a dispute to the next rung before its time is over. Needs SPONSOR, named "
        "on the rung."
    )
    async def escalate_dispute(
        self, info: Info, input: EscalateDisputeInput, dry_run: DryRun = False
    ) -> EscalateDisputePayload:
        """The clock does the same when the time is over."""

        def prepare() -> EscalateDispute:
            return EscalateDispute(local_id(input.proposal_id, "Proposal", "proposalId"))

        written = await write(info, "escalateDispute", input, prepare, dry_run=dry_run)
        return EscalateDisputePayload(written=written)

    @strawberry.mutation(
        description="Rule a dispute: it counts once all the sponsors named on the rung rule alike. "
        "Needs SPONSOR, named on the rung."
    )
    async def sign_ruling(
        self, info: Info, input: SignRulingInput, dry_run: DryRun = False
    ) -> SignRulingPayload:
        """Your latest ruling on this rung counts."""

        def prepare() -> SignRuling:
            signed = input.signature.signed() if input.signature else None
            proposal_id = local_id(input.proposal_id, "Proposal", "proposalId")
            return SignRuling(proposal_id, input.outcome, input.document_sha256 or "", signed)

        written = await write(info, "signRuling", input, prepare, dry_run=dry_run)
        return SignRulingPayload(written=written)

    @strawberry.mutation(
        description="Lay down the ruling of the arbiter whom the policy names. Needs SPONSOR."
    )
    async def record_external_ruling(
        self, info: Info, input: RecordExternalRulingInput, dry_run: DryRun = False
    ) -> RecordExternalRulingPayload:
        """It binds by the arbiter's signature, whoever lays it down."""

        def prepare() -> RecordExternalRuling:
            return RecordExternalRuling(
                local_id(input.proposal_id, "Proposal", "proposalId"),
                input.outcome,
                input.document_sha256,
                b64decode(input.signature),
            )

        written = await write(info, "recordExternalRuling", input, prepare, dry_run=dry_run)
        return RecordExternalRulingPayload(written=written)
