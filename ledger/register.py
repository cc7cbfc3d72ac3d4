"""The permanent register of event kinds and versions.

The one rule: what is registered here stays readable for ever. A changed event gets a new version
and the old reader stays. Source: `ledger-format.md`, "Entry".
"""

from collections.abc import Mapping

from ledger.ecosystem import EcosystemFounded
from ledger.identity import IdentityProviderRegistered, IdentityProviderRemoved
from ledger.indicator import IndicatorProposed
from ledger.journal import SettlementPosted
from ledger.keyring import ConsentKeyRegistered, ConsentKeyRevoked, WitnessRegistered
from ledger.measurement import MeasurementProposed, PartSubmitted
from ledger.observation import ObservationsRecorded
from ledger.payment import PaymentConfirmed, PaymentReported, PaymentReversed
from ledger.policy import PolicyProposed, PolicyProposedV1
from ledger.proposal import (
    ProposalAgreed,
    ProposalConsented,
    ProposalConsentedV1,
    ProposalObjected,
    ProposalObjectedV1,
    ProposalSuperseded,
    ProposalWithdrawn,
)
from ledger.remark import AnnexErased, RemarkMade
from ledger.rotation import LogKeyRotated
from ledger.scheme import SchemeProposed
from ledger.settlement import SettlementProposed

REGISTER: Mapping[tuple[str, int], type] = {
    ("ecosystem.founded", 1): EcosystemFounded,
    ("indicator.proposed", 1): IndicatorProposed,
    ("observations.recorded", 1): ObservationsRecorded,
    ("part.submitted", 1): PartSubmitted,
    ("measurement.proposed", 1): MeasurementProposed,
    ("scheme.proposed", 1): SchemeProposed,
    ("settlement.proposed", 1): SettlementProposed,
    ("settlement.posted", 1): SettlementPosted,
    ("payment.reported", 1): PaymentReported,
    ("payment.confirmed", 1): PaymentConfirmed,
    ("payment.reversed", 1): PaymentReversed,
    ("proposal.consented", 1): ProposalConsentedV1,
    ("proposal.consented", 2): ProposalConsented,
    ("proposal.objected", 1): ProposalObjectedV1,
    ("proposal.objected", 2): ProposalObjected,
    ("proposal.agreed", 1): ProposalAgreed,
    ("proposal.withdrawn", 1): ProposalWithdrawn,
    ("proposal.superseded", 1): ProposalSuperseded,
    ("policy.proposed", 1): PolicyProposedV1,
    ("policy.proposed", 2): PolicyProposed,
    ("key.registered", 1): ConsentKeyRegistered,
    ("key.revoked", 1): ConsentKeyRevoked,
    ("witness.registered", 1): WitnessRegistered,
    ("identity.registered", 1): IdentityProviderRegistered,
    ("identity.removed", 1): IdentityProviderRemoved,
    ("remark.made", 1): RemarkMade,
    ("annex.erased", 1): AnnexErased,
    ("logkey.rotated", 1): LogKeyRotated,
}
"""Every kind and version that was ever written. Rows are added, never changed or taken out.

What an old version means in the newest is said by its `upgraded()`."""
SEALABLE = frozenset({"remark.made"})
"""Kinds whose audience may be fewer than all: nothing that others decide follows from them."""

WRITTEN: Mapping[type, tuple[str, int]] = {event: name for name, event in REGISTER.items()}
"""The kind and version under which an event is written today."""


def describe(event: object) -> str:
    """Kind and version of an event, as "measurement.proposed v1"."""
    kind, version = WRITTEN[type(event)]
    return f"{kind} v{version}"
