"""Agreement: proposals, who has answered, and the three answers."""

from base64 import b64decode
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Base64, Index
from ledger import proposal as rules
from ledger.actor import Role
from ledger.acts import ACTS
from ledger.agreement import Consent, Objection, Withdrawal
from ledger.proposal import ProposalKind, ProposalStatus, Signed
from ledger.read import Found, Narrowed

strawberry.enum(ProposalKind, description="What a proposal is about. Values may be added.")
strawberry.enum(ProposalStatus, description="How a proposal stands. Values may be added.")


@strawberry.type(description="One party's answer to a proposal.")
class Answer:
    """A consent or an objection."""

    party_id: strawberry.Private[str]
    is_consent: bool = field(description="True: consent; false: objection.")
    index: Index = field(description="The entry of the answer.")
    key_id: str | None = field(
        description="The consent key that signed it; null: it rests on the host's word."
    )

    @field(description="Who answered.")
    async def party(self, info: Info) -> Party:
        """The answering party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="Something that binds once those whose consent it needs gave it.")
class Proposal(Node):
    """A proposal as it stands."""

    state: strawberry.Private[rules.Proposal]
    kind: ProposalKind = field(description="What it is about.")
    status: ProposalStatus = field(description="How it stands.")
    index: Index = field(description="The entry that opened it: what a consent binds to.")
    commitment: Base64 = field(
        description="Salted commitment of that entry's body; send it with your consent, so that "
        "you sign what you read."
    )
    needed: int = field(description="Consents that it needs.")
    answers: list[Answer] = field(description="Answers so far, in order.")
    replaces_id: strawberry.ID | None = field(description="The proposal that it superseded.")
    policy_version: int = field(description="The policy that it was opened under.")

    @field(description="Parties whose consent it asks for.")
    async def signatories(self, info: Info) -> list[Party]:
        """All signatories."""
        return [await party_by_id(info, each) for each in self.state.signatories]

    @field(description="Signatories that have not answered yet.")
    async def waiting_for(self, info: Info) -> list[Party]:
        """Empty once it is closed."""
        if not self.state.is_pending:
            return []
        answered = {answer.party_id for answer in self.state.answers}
        left = [each for each in self.state.signatories if each not in answered]
        return [await party_by_id(info, each) for each in left]

    @field(description="Who opened it.")
    async def proposer(self, info: Info) -> Party:
        """The proposing party."""
        return await party_by_id(info, self.state.proposer)

    @field(description="Mutations that you could call on it now, so that a screen needs no rules.")
    def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor, state = info.context.actor, self.state
        if not state.is_pending:
            return []
        may_answer = actor.party_id in state.signatories and not state.answer_of(actor.party_id)
        names = ["consentToProposal", "objectToProposal"] if may_answer else []
        allowed = [name for name in names if actor.roles & {Role.APPROVER}]
        may_withdraw = actor.roles.intersection(ACTS["withdrawProposal"].roles)
        if state.proposer == actor.party_id and may_withdraw:
            allowed.append("withdrawProposal")
        return allowed


def proposal_of(state: rules.Proposal) -> Proposal:
    """A proposal as the API shows it."""
    return Proposal(
        id=global_id("Proposal", state.proposal_id),
        state=state,
        kind=state.kind,
        status=state.status,
        index=Index(state.index),
        commitment=Base64(state.commitment),
        needed=state.needed,
        answers=[
            Answer(
                party_id=each.party_id,
                is_consent=each.is_consent,
                index=Index(each.index),
                key_id=each.key_id or None,
            )
            for each in state.answers
        ],
        replaces_id=global_id("Proposal", state.replaces) if state.replaces else None,
        policy_version=state.policy_version,
    )


async def load_proposal(info: Info, proposal_id: str, as_of: int | None = None) -> Proposal | None:
    """A proposal by the workroom's id, or None."""
    found = await info.context.load("proposal", proposal_id, rules.Proposal, as_of)
    return None if found is None else proposal_of(found.value)


@strawberry.type(description="A write about one proposal.")
class ProposalPayload(Payload):
    """Payload of everything that opens or answers a proposal."""

    @field(description="The proposal right after the write; null when refused, and in a dry run.")
    async def proposal(self, info: Info) -> Proposal | None:
        """As it stood then."""
        if self.written.landed is None:
            return None
        return await load_proposal(info, self.written.object_id, self.written.as_of)


@strawberry.input(description="A signature by a consent key, made on your own machine.")
class SignatureInput:
    """Over `consentStatement`."""

    key_id: str = field(description="A consent key of your party's in force.")
    signature: Base64 = field(description="64 bytes, Ed25519 (RFC 8032).")

    def signed(self) -> Signed:
        """As the workroom has it."""
        return Signed(local_id(self.key_id, "ConsentKey", "keyId"), b64decode(self.signature))


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


@strawberry.input(description="An objection to a proposal.")
class ObjectToProposalInput:
    """Your party says no, and why."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="The proposal.")
    reason: str = field(description="A sentence that says what should be different.")
    commitment: Base64 | None = field(default=None, description="As for a consent.")
    signature: SignatureInput | None = field(default=None, description="As for a consent.")


@strawberry.input(description="A proposal to take back.")
class WithdrawProposalInput:
    """The proposer changes its mind."""

    idempotency_key: str = field(description=KEY)
    proposal_id: strawberry.ID = field(description="A pending proposal of your party's.")


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
class AgreementQuery:
    """Reading."""

    @field(description="A proposal; null when there is none that you may see.")
    async def proposal(self, info: Info, id: strawberry.ID) -> Proposal | None:
        """One proposal."""
        return await load_proposal(info, local_id(id, "Proposal", "id"))

    @field(description="Proposals in the order of the ledger.")
    async def proposals(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        kind: Annotated[
            ProposalKind | None, strawberry.argument(description="Only of this kind.")
        ] = None,
        status: Annotated[
            ProposalStatus | None, strawberry.argument(description="Only in this status.")
        ] = None,
    ) -> Connection[Proposal]:
        """A page of proposals."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "proposal",
            rules.Proposal,
            window(first, after, last, before),
            Narrowed(parent_id=str(kind or ""), status=str(status or "")),
        )
        return connection(page, _built)


def _built(found: Found[rules.Proposal]) -> Proposal:
    return proposal_of(found.value)


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
            return Consent(proposal_id, input.commitment or "", signed)

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
            return Objection(proposal_id, input.reason, input.commitment or "", signed)

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
