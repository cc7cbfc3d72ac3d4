"""The permanent register of event kinds and versions.

The one rule: what is registered here stays readable for ever. A changed event gets a new version
and the old reader stays. Source: `ledger-format.md`, "Entry".
"""

from collections.abc import Mapping

from ledger.answer import (
    ProposalAgreed,
    ProposalAgreedV1,
    ProposalConsented,
    ProposalConsentedV1,
    ProposalConsentedV2,
    ProposalLapsed,
    ProposalLapsedV1,
    ProposalNoticed,
    ProposalObjected,
    ProposalObjectedV1,
    ProposalObjectedV2,
    ProposalOpened,
    ProposalRejected,
    ProposalSuperseded,
    ProposalWithdrawn,
    SilenceCounted,
    UndisputedBound,
)
from ledger.bankstatement import StatementImported
from ledger.closing import BooksClosed, CloseProposed
from ledger.delegation import DelegationEnded, DelegationGranted
from ledger.dispute import (
    DisputeEscalated,
    DisputeOpened,
    ExternalRulingRecorded,
    RulingSigned,
)
from ledger.dropping import ObservationsDropped
from ledger.ecosystem import EcosystemFounded, EcosystemFoundedV1
from ledger.exclusion import ExclusionProposed
from ledger.first_settlement import SettlementProposedV1
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.indicator import IndicatorProposed, IndicatorProposedV1, IndicatorProposedV2
from ledger.initiative import InitiativeProposed, StageProposed
from ledger.journal import SettlementPartPosted, SettlementPosted, StakePosted
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.measurement import MeasurementProposed, MeasurementProposedV1
from ledger.membership import LeftAtGate, MembershipProposed
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded, ObservationsRecordedV1
from ledger.part import PartSubmitted, PartSubmittedV1, PartSubmittedV2, PartSubmittedV3
from ledger.partner import SchemePartProposed
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.people import SessionHeld, StewardsNamed
from ledger.pilot import LessonRecorded, PilotProposed, PromotionProposed
from ledger.policy import (
    PolicyApplied,
    PolicyProposed,
    PolicyProposedV1,
    PolicyProposedV2,
    PolicyProposedV3,
)
from ledger.reconciliation import LinesMatched
from ledger.remark import AnnexErased, RemarkMade
from ledger.rotation import LogKeyRotated
from ledger.scheme import SchemeProposed, SchemeProposedV1, SchemeProposedV2
from ledger.second_settlement import (
    SettlementPartPostedV1,
    SettlementProposedV2,
    StakeProposedV1,
)
from ledger.settlement import SettlementProposed
from ledger.sponsor import SponsorNamed
from ledger.stake import StakeProposed
from ledger.workdays import BusinessCalendarAdopted

REGISTER: Mapping[tuple[str, int], type] = {
    ("ecosystem.founded", 1): EcosystemFoundedV1,
    ("ecosystem.founded", 2): EcosystemFounded,
    ("indicator.proposed", 1): IndicatorProposedV1,
    ("indicator.proposed", 2): IndicatorProposedV2,
    ("indicator.proposed", 3): IndicatorProposed,
    ("observations.recorded", 1): ObservationsRecordedV1,
    ("observations.recorded", 2): ObservationsRecorded,
    ("observations.dropped", 1): ObservationsDropped,
    ("part.submitted", 1): PartSubmittedV1,
    ("part.submitted", 2): PartSubmittedV2,
    ("part.submitted", 3): PartSubmittedV3,
    ("part.submitted", 4): PartSubmitted,
    ("measurement.proposed", 1): MeasurementProposedV1,
    ("measurement.proposed", 2): MeasurementProposed,
    ("exclusion.proposed", 1): ExclusionProposed,
    ("scheme.proposed", 1): SchemeProposedV1,
    ("scheme.proposed", 2): SchemeProposedV2,
    ("scheme.proposed", 3): SchemeProposed,
    ("settlement.proposed", 1): SettlementProposedV1,
    ("settlement.proposed", 2): SettlementProposedV2,
    ("settlement.proposed", 3): SettlementProposed,
    ("settlement.posted", 1): SettlementPosted,
    ("schemepart.proposed", 1): SchemePartProposed,
    ("stake.proposed", 1): StakeProposedV1,
    ("stake.proposed", 2): StakeProposed,
    ("stake.posted", 1): StakePosted,
    ("payment.reported", 1): PaymentReported,
    ("payment.confirmed", 1): PaymentConfirmed,
    ("payment.reversed", 1): PaymentReversed,
    ("close.proposed", 1): CloseProposed,
    ("books.closed", 1): BooksClosed,
    ("statement.imported", 1): StatementImported,
    ("lines.matched", 1): LinesMatched,
    ("proposal.consented", 1): ProposalConsentedV1,
    ("proposal.consented", 2): ProposalConsentedV2,
    ("proposal.consented", 3): ProposalConsented,
    ("proposal.objected", 1): ProposalObjectedV1,
    ("proposal.objected", 2): ProposalObjectedV2,
    ("proposal.objected", 3): ProposalObjected,
    ("proposal.agreed", 1): ProposalAgreedV1,
    ("proposal.agreed", 2): ProposalAgreed,
    ("proposal.rejected", 1): ProposalRejected,
    ("proposal.lapsed", 1): ProposalLapsedV1,
    ("proposal.lapsed", 2): ProposalLapsed,
    ("proposal.opened", 1): ProposalOpened,
    ("proposal.noticed", 1): ProposalNoticed,
    ("silence.counted", 1): SilenceCounted,
    ("undisputed.bound", 1): UndisputedBound,
    ("proposal.withdrawn", 1): ProposalWithdrawn,
    ("proposal.superseded", 1): ProposalSuperseded,
    ("policy.proposed", 1): PolicyProposedV1,
    ("policy.proposed", 2): PolicyProposedV2,
    ("policy.proposed", 3): PolicyProposedV3,
    ("policy.proposed", 4): PolicyProposed,
    ("policy.applied", 1): PolicyApplied,
    ("calendar.adopted", 1): BusinessCalendarAdopted,
    ("delegation.granted", 1): DelegationGranted,
    ("delegation.ended", 1): DelegationEnded,
    ("dispute.opened", 1): DisputeOpened,
    ("dispute.escalated", 1): DisputeEscalated,
    ("ruling.signed", 1): RulingSigned,
    ("ruling.recorded", 1): ExternalRulingRecorded,
    ("settlement.partposted", 1): SettlementPartPostedV1,
    ("settlement.partposted", 2): SettlementPartPosted,
    ("dues.netted", 1): DuesNetted,
    ("key.registered", 1): ConsentKeyRegistered,
    ("key.revoked", 1): ConsentKeyRevoked,
    ("witness.registered", 1): WitnessRegistered,
    ("identity.registered", 1): IdentityProviderRegistered,
    ("identity.removed", 1): IdentityProviderRemoved,
    ("remark.made", 1): RemarkMade,
    ("annex.erased", 1): AnnexErased,
    ("logkey.rotated", 1): LogKeyRotated,
    ("membership.proposed", 1): MembershipProposed,
    ("party.left", 1): LeftAtGate,
    ("pilot.proposed", 1): PilotProposed,
    ("lesson.recorded", 1): LessonRecorded,
    ("promotion.proposed", 1): PromotionProposed,
    ("initiative.proposed", 1): InitiativeProposed,
    ("stage.proposed", 1): StageProposed,
    ("stewards.named", 1): StewardsNamed,
    ("session.held", 1): SessionHeld,
    ("sponsor.named", 1): SponsorNamed,
}
"""Every kind and version that was ever written. Rows are added, never changed or taken out.

What an old version means in the newest is said by its `upgraded()`."""
SEALABLE = frozenset(
    {
        "remark.made",
        "schemepart.proposed",
        "stake.proposed",
        "stake.posted",
        "dues.netted",
        "payment.reported",
        "payment.confirmed",
        "payment.reversed",
        "lines.matched",
        "statement.imported",
        "books.closed",
    }
)
"""Kinds whose audience may be fewer than all: nothing that others decide follows from them."""

WRITTEN: Mapping[type, tuple[str, int]] = {event: name for name, event in REGISTER.items()}
"""The kind and version under which an event is written today."""


def describe(event: object) -> str:
    """Kind and version of an event, as "measurement.proposed v1"."""
    kind, version = WRITTEN[type(event)]
    return f"{kind} v{version}"
