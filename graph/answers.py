"""Answers: consent, objection, withdrawal, and the word that one was told."""

import strawberry
from strawberry import field

from graph.agreements import ProposalPayload
from graph.context import Info
from graph.nodes import local_id
from graph.receipts import KEY, DryRun, write
from graph.replies import DisputedPartInput, SignatureInput
from graph.scalars import Base64
from ledger.agreement import Consent, NotifyParty, Objection, Withdrawal
from ledger.reply import Channel


@strawberry.input(description="A consent to a proposal.")
class ConsentToProposalInput:
    """Your party signs."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The proposal.")
    commitment: Base64 | None = field(
        default=None,
        description="The proposal's commitment as you read it; refused when it differs. Not "
        "checked when left out.",
    )
    signature: SignatureInput | None = field(
        default=None, description="Required where the policy of the proposal says so."
    )
    on_behalf_of: strawberry.ID | None = field(
        default=None,
        description="A party that delegated its answer to yours; null: your own answer.",
    )


@strawberry.input(description="An objection to a proposal.")
class ObjectToProposalInput:
    """Your party says no, and why."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The proposal.")
    reason: str = field(description="A sentence that says what should be different.")
    commitment: Base64 | None = field(default=None, description="As for a consent.")
    signature: SignatureInput | None = field(default=None, description="As for a consent.")
    on_behalf_of: strawberry.ID | None = field(default=None, description="As for a consent.")
    disputed: DisputedPartInput | None = field(
        default=None,
        description="Of a settlement: the part of a stake that you object to. The undisputed part "
        "settles on time, once the others have answered. Null: you object to all of it.",
    )


@strawberry.input(description="A proposal to take back.")
class WithdrawProposalInput:
    """The proposer changes its mind."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="A pending proposal of your party's.")


@strawberry.input(description="An acknowledgement that your party was told of a proposal.")
class AcknowledgeProposalInput:
    """From here your party's time runs."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="A pending proposal that asks your party.")


@strawberry.type(description="Answer to `acknowledgeProposal`.")
class AcknowledgeProposalPayload(ProposalPayload):
    """The proposal with your notice."""


@strawberry.type(description="Answer to `consentToProposal`.")
class ConsentToProposalPayload(ProposalPayload):
    """The proposal with your consent."""


@strawberry.type(description="Answer to `objectToProposal`.")
class ObjectToProposalPayload(ProposalPayload):
    """The proposal, disputed."""


@strawberry.type(description="Answer to `withdrawProposal`.")
class WithdrawProposalPayload(ProposalPayload):
    """The proposal, withdrawn."""


@strawberry.type
class AgreementMutation:
    """Writing."""

    @strawberry.mutation(description="Consent to a proposal. Needs the role APPROVER.")
    async def consent_to_proposal(
        self, info: Info, input: ConsentToProposalInput, dry_run: DryRun = False
    ) -> ConsentToProposalPayload:
        """What was proposed binds once all have consented."""

        def prepare() -> Consent:
            proposal_id = local_id(input.proposal_id, "Proposal", "proposalId")
            signed = input.signature.signed() if input.signature else None
            behalf = local_id(input.on_behalf_of or "", "Party", "onBehalfOf")
            return Consent(proposal_id, input.commitment or "", signed, behalf)

        written = await write(info, "consentToProposal", input, prepare, dry_run=dry_run)
        return ConsentToProposalPayload(written=written)

    @strawberry.mutation(description="Object to a proposal. Needs the role APPROVER.")
    async def object_to_proposal(
        self, info: Info, input: ObjectToProposalInput, dry_run: DryRun = False
    ) -> ObjectToProposalPayload:
        """The proposal is disputed until it is withdrawn or replaced."""

        def prepare() -> Objection:
            proposal_id = local_id(input.proposal_id, "Proposal", "proposalId")
            signed = input.signature.signed() if input.signature else None
            behalf = local_id(input.on_behalf_of or "", "Party", "onBehalfOf")
            part = input.disputed.disputed() if input.disputed else None
            return Objection(
                proposal_id, input.reason, input.commitment or "", signed, behalf, part
            )

        written = await write(info, "objectToProposal", input, prepare, dry_run=dry_run)
        return ObjectToProposalPayload(written=written)

    @strawberry.mutation(
        description="Take back a pending proposal. Needs REPORTER, APPROVER or FINANCE."
    )
    async def withdraw_proposal(
        self, info: Info, input: WithdrawProposalInput, dry_run: DryRun = False
    ) -> WithdrawProposalPayload:
        """Only the party that opened it."""

        def prepare() -> Withdrawal:
            return Withdrawal(local_id(input.proposal_id, "Proposal", "proposalId"))

        written = await write(info, "withdrawProposal", input, prepare, dry_run=dry_run)
        return WithdrawProposalPayload(written=written)

    @strawberry.mutation(
        description="Say that your party was told of a proposal: its time to answer runs from "
        "here. Needs APPROVER or ADMIN."
    )
    async def acknowledge_proposal(
        self, info: Info, input: AcknowledgeProposalInput, dry_run: DryRun = False
    ) -> AcknowledgeProposalPayload:
        """No notice, no silence."""

        def prepare() -> NotifyParty:
            proposal_id = local_id(input.proposal_id, "Proposal", "proposalId")
            return NotifyParty(proposal_id, info.context.actor.party_id, Channel.ACKNOWLEDGED)

        written = await write(info, "acknowledgeProposal", input, prepare, dry_run=dry_run)
        return AcknowledgeProposalPayload(written=written)
