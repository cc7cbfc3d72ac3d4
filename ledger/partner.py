"""Partner terms: what of a confidential scheme is between one partner and the outsourcer.

The one rule: the common part, which all sign, says what is measured and how it scores; a sealed
part says what one partner has at stake and how it is capped. Together they are an ordinary scheme
of that partner alone, so that one engine settles both. Source: `domain.md` section 6.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.amounts import Money
from ledger.cap import Adjustment
from ledger.retention import Retention
from ledger.split import Share
from ledger.terms import (
    AtRisk,
    AtRiskRate,
    Base,
    Confidentiality,
    Funding,
    References,
    SchemeExample,
    SchemeTerms,
)

NOMINAL = 100
"""Major units that a common part's examples assume each party to have at stake."""


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """One partner's own terms. `base` is None where the common part's indicator measures it.

    `adjustments` follow those of the common part.
    """

    party_id: str
    schedule: tuple[AtRiskRate, ...]
    base: Money | None
    adjustments: tuple[Adjustment, ...]
    references: tuple[References, ...]
    worked_examples: tuple[SchemeExample, ...]


@dataclass(frozen=True, slots=True)
class SealedAt:
    """Where a party's sealed entry stands in the ledger."""

    party_id: str
    index: int


@dataclass(frozen=True, slots=True)
class SchemePartProposed:
    """A partner's own part of a confidential scheme that is proposed right after it."""

    proposal_id: str
    scheme_id: str
    version: int
    part: PartnerTerms


def is_confidential(terms: SchemeTerms) -> bool:
    """Whether each partner's terms and amounts are between it and the outsourcer."""
    return terms.confidentiality is Confidentiality.PER_PARTNER


def personal(common: SchemeTerms, part: PartnerTerms) -> SchemeTerms:
    """The scheme as it is for one partner: the common part with its own."""
    source = common.funding.at_risk
    measured = source.base_indicator_id if source else ""
    bases = () if part.base is None else (Base(part.party_id, part.base),)
    retention = source.retention if source else Retention.NOT_WITHHELD
    at_risk = AtRisk(common.currency, part.schedule, bases, measured, retention)
    payment = replace(common.payment, references=part.references)
    return replace(
        common,
        confidentiality=Confidentiality.OPEN,
        funding=Funding(at_risk=at_risk),
        split=replace(common.split, shares=(Share(part.party_id, Fraction(1)),)),
        adjustments=(*common.adjustments, *part.adjustments),
        payment=payment,
        worked_examples=part.worked_examples,
    )


def nominal(common: SchemeTerms) -> SchemeTerms:
    """The common part as if each party had NOMINAL at stake: what its own examples are run on."""
    each = Money.of(Fraction(NOMINAL), common.currency)
    bases = tuple(Base(key, each) for key in common.party_ids())
    at_risk = AtRisk(common.currency, (AtRiskRate(1, Fraction(1)),), bases, "")
    return replace(common, confidentiality=Confidentiality.OPEN, funding=Funding(at_risk=at_risk))
