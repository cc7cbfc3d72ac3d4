"""Agreement: proposals, how each stands, and what one may do about it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.context import Info
from graph.enums import describe
from graph.ladders import Dispute, dispute_of
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import Payload
from graph.replies import (
    Answer,
    SignatoryDeadline,
    answer_of,
    deadlines_of,
)
from graph.scalars import Base64, Index
from ledger import proposal as rules
from ledger.ladder import Ladder
from ledger.policy import Policy
from ledger.proposal import ProposalKind, ProposalStatus
from ledger.read import Found, Narrowed
from ledger.reply import Silence
from ledger.settlement import SettlementProposed
from ledger.sponsor import PartySponsor, level_left

describe(
    ProposalKind,
    "What a proposal is about.",
    INDICATOR="A version of a joint indicator.",
    MEASUREMENT="A period's result, or its restatement.",
    SCHEME="Incentive terms.",
    SETTLEMENT="What a period pays, or takes back.",
    POLICY="How all are to agree.",
    PERIOD_CLOSE="Closing balances; after them only corrections in an open period.",
    ADMISSION="A party that is to come in.",
    MEMBERSHIP="A partner's own protection: its cap, no losses, exit gates.",
    DEPARTURE="A partner that is to leave elsewhen than at a gate.",
    PILOT="A trial with real users, without money.",
    PROMOTION="An indicator that is to go from SHADOW to LIVE.",
    INITIATIVE="Something to try together.",
    INITIATIVE_STAGE="An initiative's next stage.",
    EXCLUSION="A window that is to be left out of a period.",
)
describe(
    ProposalStatus,
    "How a proposal stands: it is OPEN or DISPUTED, and ends in one of the others.",
    OPEN="It waits for answers.",
    DISPUTED="Somebody objected, and the dispute is not over.",
    AGREED="It binds: those whose consent it needs gave it, or it was ruled so.",
    REJECTED="It does not bind: objections, or a ruling, stand against it.",
    LAPSED="Its time passed before it was agreed.",
    WITHDRAWN="Its proposer took it back.",
    SUPERSEDED="Another proposal took its place.",
)


_CONTENT: Mapping[ProposalKind, tuple[str, bool]] = {
    ProposalKind.INDICATOR: ("IndicatorVersion", False),
    ProposalKind.MEASUREMENT: ("Measurement", False),
    ProposalKind.SCHEME: ("Scheme", True),
    ProposalKind.POLICY: ("Policy", False),
    ProposalKind.PERIOD_CLOSE: ("PeriodClose", False),
    ProposalKind.ADMISSION: ("Membership", False),
    ProposalKind.MEMBERSHIP: ("Membership", False),
    ProposalKind.DEPARTURE: ("Membership", False),
    ProposalKind.PILOT: ("Pilot", True),
    ProposalKind.PROMOTION: ("Promotion", False),
    ProposalKind.INITIATIVE: ("Initiative", True),
    ProposalKind.INITIATIVE_STAGE: ("StageMove", False),
    ProposalKind.EXCLUSION: ("Exclusion", False),
}
"""The type of what a kind proposes, and whether its id is its subject's; else the proposal's."""


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
    silence: Silence = field(description="What a signatory's silence at its deadline means.")
    answer_days: int = field(
        description="Business days of its own that a signatory has; 0: silence means nothing."
    )
    four_eyes: bool = field(
        description="Whether, within a party, another person has to consent than who proposed it "
        "or prepared a part of it."
    )
    ends_at: datetime | None = field(
        description="The first instant at which it lapses, if it is still open and no rung of a "
        "ladder runs: then it binds nobody. Null: of before, when it could wait for ever."
    )
    deadlines: list[SignatoryDeadline] = field(description="Of every signatory, in order.")
    dispute: Dispute | None = field(
        description="Where its dispute stands; null: none, or the policy has no ladder."
    )
    undisputed_index: Index | None = field(
        description="The entry by which the undisputed part of its amount bound already."
    )
    is_partial: bool = field(
        description="True: it was agreed, and the undisputed part alone binds."
    )

    @field(
        description="The id of what is proposed, for `node`: an IndicatorVersion, Measurement, "
        "Scheme, Settlement, Policy, PeriodClose, Membership, Pilot, Promotion, Initiative, "
        "StageMove or Exclusion, by its kind; null outside your audience."
    )
    async def content_id(self, info: Info) -> strawberry.ID | None:
        """Where a screen goes from an inbox."""
        if self.state.kind is not ProposalKind.SETTLEMENT:
            kind, is_own = _CONTENT[self.state.kind]
            key = self.state.subject.partition("/")[2] if is_own else self.state.proposal_id
            return global_id(kind, key)
        index = self.state.index
        facts = await info.context.doors.reader.facts_at(info.context.actor, [index])
        event = facts[index].event if index in facts else None
        if not isinstance(event, SettlementProposed):
            return None
        return global_id("Settlement", event.settlement_id)

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

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Names of mutations."""
        actor = info.context.actor
        mine = [*actions(self.state, actor.party_id, actor.subject)]
        mine += [each async for each in dispute_actions(info, self.state)]
        return await offered(info, mine)


def actions(state: rules.Proposal, party_id: str, subject: str) -> Iterator[str]:
    """What a party could do about a proposal as it stands: names of mutations."""
    if not state.is_pending:
        return
    said, is_asked = state.answer_of(party_id), party_id in state.signatories
    is_disputed = state.status is ProposalStatus.DISPUTED
    can_consent = said is None or (is_disputed and not said.is_consent)
    if is_asked and can_consent and not state.asks_another(party_id, subject):
        yield "consentToProposal"
    if is_asked and said is None:
        yield "objectToProposal"
        if state.notice_of(party_id) is None:
            yield "acknowledgeProposal"
    if state.proposer == party_id and state.undisputed_index is None:
        yield "withdrawProposal"
    if state.dispute is not None and state.rung > state.rungs and is_asked:
        yield "recordExternalRuling"


async def dispute_actions(info: Info, state: rules.Proposal) -> AsyncIterator[str]:
    """What somebody could do as a sponsor on the rung where the dispute stands.

    Where the policy leaves the person to the party, the one that the party named, if it named one.
    """
    party_id, subject = info.context.actor.party_id, info.context.actor.subject
    dispute = state.dispute if state.is_pending else None
    if dispute is None or not any(e.is_met_by(party_id, subject) for e in dispute.sponsors):
        return
    policy = await info.context.load("policy_in_force", "policy", Policy, state.index)
    ladder = Ladder() if policy is None else policy.value.terms.ladder
    level = level_left(dispute, ladder, party_id)
    named = await info.context.load("sponsor", f"{party_id}/{level}", PartySponsor)
    if level is not None and named is not None and named.value.subject not in ("", subject):
        return
    yield "signRuling"
    if ladder.has_above(dispute.rung):
        yield "escalateDispute"


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
        answers=[answer_of(each) for each in state.answers],
        silence=state.silence,
        answer_days=state.answer_days,
        four_eyes=state.four_eyes,
        ends_at=state.ends_at,
        deadlines=deadlines_of(state),
        dispute=dispute_of(state.dispute) if state.dispute and state.is_pending else None,
        undisputed_index=None if state.undisputed_index is None else Index(state.undisputed_index),
        is_partial=state.is_partial,
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
