"""The life of a proposal: how each entry about it changes how it stands. Pure.

The one rule: what an entry means for a proposal is said here once, for the Book, for decisions
that look one step ahead, and for the audit. Source: `domain.md` section 3.
"""

from dataclasses import replace
from datetime import datetime

from ledger.answer import (
    ProposalAgreed,
    ProposalConsented,
    ProposalLapsed,
    ProposalNoticed,
    ProposalObjected,
    ProposalOpened,
    ProposalRejected,
    ProposalSuperseded,
    ProposalWithdrawn,
    SilenceCounted,
    UndisputedBound,
)
from ledger.dispute import (
    DisputeEscalated,
    DisputeOpened,
    ExternalRulingRecorded,
    RulingSigned,
    advanced,
)
from ledger.fact import Placed
from ledger.proposal import Agreements, Opening, Preparer, Proposal, ProposalStatus
from ledger.reply import Answer, Notice, Silence


def opened(
    agreements: Agreements,
    placed: Placed,
    terms: Opening,
    policy_version: int,
    *,
    awaits_terms: bool,
    prepared_by: tuple[Preparer, ...] = (),
    ends_at: datetime | None = None,
) -> Agreements:
    """Agreements after a `*.proposed` event; `policy_version` is that of the policy in force.

    `awaits_terms`: that policy has a rule or a ladder for it. `prepared_by`: whom its four eyes
    ask about beside the proposer. `ends_at`: when it lapses.
    """
    return agreements.put(
        Proposal(
            proposal_id=terms.proposal_id,
            kind=terms.kind,
            subject=terms.subject,
            proposer=placed.party,
            signatories=terms.signatories,
            needed=terms.needed,
            replaces=terms.replaces,
            index=placed.index,
            commitment=placed.commitment,
            status=ProposalStatus.OPEN,
            policy_version=policy_version,
            proposer_subject=placed.subject,
            touched_at=placed.at,
            awaits_terms=awaits_terms,
            prepared_by=prepared_by,
            ends_at=ends_at,
        )
    )


def evolve(agreements: Agreements, placed: Placed) -> Agreements:
    """Agreements after a notice, an answer, a step of a dispute or an outcome."""
    proposal = agreements.proposals.get(getattr(placed.event, "proposal_id", ""))
    return agreements if proposal is None else agreements.put(after(proposal, placed))


def after(proposal: Proposal, placed: Placed) -> Proposal:
    """The proposal after one more entry about it."""
    at = getattr(placed.event, "due", None) or placed.at
    return replace(_after(proposal, placed), touched_at=at)


def _after(proposal: Proposal, placed: Placed) -> Proposal:
    match placed.event:
        case ProposalOpened() as terms:
            return replace(
                proposal,
                needed=terms.needed,
                silence=terms.silence,
                answer_days=terms.answer_days,
                four_eyes=terms.four_eyes,
                rungs=terms.rungs,
                deadlines=terms.deadlines,
                awaits_terms=False,
            )
        case ProposalNoticed(party_id=party_id, channel=channel, until=until):
            told = Notice(party_id, channel, until, placed.index)
            return replace(proposal, notices=(*proposal.notices, told))
        case ProposalConsented() | ProposalObjected() | SilenceCounted() as event:
            return _answered(proposal, placed, event)
        case (
            DisputeOpened() | DisputeEscalated() | RulingSigned() | ExternalRulingRecorded() as step
        ):
            return advanced(proposal, placed, step)
        case UndisputedBound():
            return replace(proposal, undisputed_index=placed.index)
        case ProposalAgreed(is_partial=is_partial):
            return replace(proposal, status=ProposalStatus.AGREED, is_partial=is_partial)
        case ProposalRejected():
            return replace(proposal, status=ProposalStatus.REJECTED)
        case ProposalLapsed():
            return replace(proposal, status=ProposalStatus.LAPSED)
        case ProposalWithdrawn():
            return replace(proposal, status=ProposalStatus.WITHDRAWN)
        case ProposalSuperseded():
            return replace(proposal, status=ProposalStatus.SUPERSEDED)
        case _:
            return proposal


def _answered(
    proposal: Proposal,
    placed: Placed,
    event: ProposalConsented | ProposalObjected | SilenceCounted,
) -> Proposal:
    match event:
        case SilenceCounted(party_id=party_id, silence=silence):
            is_yes = silence is Silence.ACCEPT
            answer = Answer(party_id, is_yes, placed.index, is_silent=True)
        case _:
            party_id = event.on_behalf_of or placed.party
            answer = Answer(
                party_id,
                isinstance(event, ProposalConsented),
                placed.index,
                event.signed.key_id if event.signed else "",
                by=placed.party if event.on_behalf_of else "",
                disputed=event.disputed if isinstance(event, ProposalObjected) else None,
            )
    others = tuple(each for each in proposal.answers if each.party_id != party_id)
    return replace(proposal, answers=(*others, answer)).settled()
