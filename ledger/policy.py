"""Policy: what the parties agreed about agreeing. Versioned, and agreed by all who sign.

The one rule: a proposal lives under the policy that was in force when it was opened. Version 1 is
the founding's: no signature is required, and nobody witnesses. Source: `domain.md` section 3,
`ledger-format.md` "Witnesses".
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.agreement import opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.theme import ThemeCap, check_caps

FOUNDING_VERSION = 1
SUBJECT = "policy"


class QuorumMalformed(Refusal):
    """{quorum} of {count} witnesses could certify two forks. -> Ask for more than half of them."""


class WitnessUnknown(Refusal):
    """{reason}. -> Name parties of this ecosystem, each once, that have registered a witness."""


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """`signatures`: kinds of proposals whose answers must be signed by a party's consent key.

    `witnesses`: parties whose witnesses the quorum counts; `quorum`: how many of them make a
    checkpoint certified, more than half; 0 where there are none. `theme_caps`: how many indicators
    may be live on a theme; a theme that is not named has no cap.
    """

    signatures: tuple[ProposalKind, ...] = ()
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    theme_caps: tuple[ThemeCap, ...] = ()


FOUNDING_TERMS = PolicyTerms()


@dataclass(frozen=True, slots=True)
class ProposePolicy:
    """Command: terms that are to hold from their agreement on."""

    terms: PolicyTerms
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class PolicyProposed:
    """A policy is proposed to all who sign."""

    opening: Opening
    version: int
    terms: PolicyTerms


@dataclass(frozen=True, slots=True)
class PolicyTermsV1:
    """Version 1, before the priorities could be limited."""

    signatures: tuple[ProposalKind, ...]
    witnesses: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class PolicyProposedV1:
    """Version 1, before the priorities could be limited."""

    opening: Opening
    version: int
    terms: PolicyTermsV1

    def upgraded(self) -> PolicyProposed:
        """What it means in the newest version."""
        old = self.terms
        terms = PolicyTerms(old.signatures, old.witnesses, old.quorum)
        return PolicyProposed(self.opening, self.version, terms)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it stands; it binds when its status is AGREED."""

    proposal_id: str
    version: int
    terms: PolicyTerms
    index: int
    status: ProposalStatus


FOUNDING_POLICY = Policy("", FOUNDING_VERSION, FOUNDING_TERMS, 0, ProposalStatus.AGREED)


def check(terms: PolicyTerms, witnessing: Collection[str]) -> None:
    """Return if the terms can hold. `witnessing`: parties that have a witness.

    A quorum k of n needs 2k > n, so that no two forks can both be certified.
    Raises QuorumMalformed, WitnessUnknown, ThemeCapMalformed.
    """
    check_caps(terms.theme_caps, "terms.themeCaps")
    for number, party_id in enumerate(terms.witnesses):
        place = f"terms.witnesses[{number}]"
        if party_id in terms.witnesses[:number]:
            raise WitnessUnknown(place, reason=f"{party_id} is named twice")
        if party_id not in witnessing:
            raise WitnessUnknown(place, reason=f"{party_id} has registered no witness")
    count = len(terms.witnesses)
    certifies = count // 2 < terms.quorum <= count
    if not certifies and not (count == 0 == terms.quorum):
        raise QuorumMalformed("terms.quorum", quorum=terms.quorum, count=count)


def propose(
    command: ProposePolicy,
    current: Policy,
    agreements: Agreements,
    signing: Collection[str],
    witnessing: Collection[str],
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a policy to all who sign. Raises like `check` and `agreement.opening`."""
    check(command.terms, witnessing)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.POLICY,
        subject=SUBJECT,
        signatories=signing,
        replaces=command.replaces,
    )
    return (*superseded, Fact(PolicyProposed(terms, current.version + 1, command.terms)))
