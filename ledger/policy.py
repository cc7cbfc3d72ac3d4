"""Policy: what the parties agreed about agreeing. Versioned, and agreed by all who sign.

The one rule: a proposal lives under the policy that was in force when it was opened. Version 1 is
the founding's: all who are asked consent, silence means nothing, no signature is required, and
nobody witnesses. In force is the highest agreed version whose moment has come. Source: `domain.md`
section 3, `ledger-format.md` "Witnesses".
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ledger.agreement import opening
from ledger.errors import Refusal
from ledger.fact import Fact
from ledger.ids import ProposalId, Seed
from ledger.ladder import Ladder, check_ladder
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.reply import Silence
from ledger.theme import ThemeCap, check_caps
from ledger.workdays import MAX_DAYS

FOUNDING_VERSION = 1
SUBJECT = "policy"


class QuorumMalformed(Refusal):
    """{quorum} of {count} witnesses could certify two forks. -> Ask for more than half of them."""


class WitnessUnknown(Refusal):
    """{reason}. -> Name parties of this ecosystem, each once, that have registered a witness."""


class RuleMalformed(Refusal):
    """This rule cannot hold: {reason}. -> Give each kind one rule that can be met, and days."""


class SilenceCannotSign(Refusal):
    """Answers about {kind} must be signed: silence cannot accept. -> Let it reject or escalate."""


class NothingToEscalateTo(Refusal):
    """Silence about {kind} escalates, and there is no ladder. -> State the ladder's rungs."""


@dataclass(frozen=True, slots=True)
class KindRule:
    """How proposals of a kind are agreed.

    `needed`: consents that are enough, at least 2; 0: all who are asked. Silence has its meaning
    `answer_days` of the party's own business days after it was told; 0 where it means nothing.
    `four_eyes`: within a party another person approves than proposed it or prepared a part of it.
    """

    kind: ProposalKind
    needed: int = 0
    silence: Silence = Silence.NOTHING
    answer_days: int = 0
    four_eyes: bool = False


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """`signatures`: kinds of proposals whose answers must be signed by a party's consent key.

    `witnesses`: parties whose witnesses the quorum counts; `quorum`: how many of them make a
    checkpoint certified, more than half; 0 where there are none. `theme_caps`: how many indicators
    may be live on a theme; a theme that is not named has no cap. `rules`: how kinds are agreed; a
    kind without one needs all, and silence means nothing. `applies_from`: not in force before;
    None: from its agreement on.
    """

    signatures: tuple[ProposalKind, ...] = ()
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    theme_caps: tuple[ThemeCap, ...] = ()
    rules: tuple[KindRule, ...] = ()
    ladder: Ladder = Ladder()
    applies_from: datetime | None = None

    def rule(self, kind: ProposalKind) -> KindRule:
        """How proposals of a kind are agreed."""
        return next((each for each in self.rules if each.kind is kind), KindRule(kind))

    def shapes(self, kind: ProposalKind) -> bool:
        """Whether it says more about a kind than that all who are asked consent."""
        return bool(self.ladder.rungs) or self.rule(kind) != KindRule(kind)


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
class PolicyTermsV2:
    """Version 2, before rules, ladders and a stated moment."""

    signatures: tuple[ProposalKind, ...]
    witnesses: tuple[str, ...]
    quorum: int
    theme_caps: tuple[ThemeCap, ...]


@dataclass(frozen=True, slots=True)
class PolicyProposedV2:
    """Version 2, before rules, ladders and a stated moment."""

    opening: Opening
    version: int
    terms: PolicyTermsV2

    def upgraded(self) -> PolicyProposed:
        """What it means in the newest version."""
        old = self.terms
        terms = PolicyTerms(old.signatures, old.witnesses, old.quorum, old.theme_caps)
        return PolicyProposed(self.opening, self.version, terms)


@dataclass(frozen=True, slots=True)
class PolicyApplied:
    """The stated moment `due` of an agreed policy has come: it is in force from here."""

    proposal_id: str
    version: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it stands; it binds when its status is AGREED."""

    proposal_id: str
    version: int
    terms: PolicyTerms
    index: int
    status: ProposalStatus


FOUNDING_POLICY = Policy("", FOUNDING_VERSION, FOUNDING_TERMS, 0, ProposalStatus.AGREED)


def check(terms: PolicyTerms, witnessing: Collection[str], signing: Collection[str]) -> None:
    """Return if the terms can hold.

    `witnessing`: parties that have a witness; `signing`: those that sign. A quorum k of n needs
    2k > n, so that no two forks can both be certified. Raises QuorumMalformed, WitnessUnknown,
    ThemeCapMalformed, RuleMalformed, SilenceCannotSign, NothingToEscalateTo, and like
    `check_ladder`.
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
    check_ladder(terms.ladder, signing)
    for number, rule in enumerate(terms.rules):
        if rule.kind in (other.kind for other in terms.rules[:number]):
            raise RuleMalformed(f"rules[{number}].kind", reason=f"{rule.kind} has two")
        _check_rule(rule, terms, f"rules[{number}]")


def _check_rule(rule: KindRule, terms: PolicyTerms, path: str) -> None:
    if rule.needed == 1 or rule.needed < 0:
        raise RuleMalformed(f"{path}.needed", reason="one party alone agrees with nobody")
    speaks = rule.silence is not Silence.NOTHING
    if speaks != (rule.answer_days > 0) or not 0 <= rule.answer_days <= MAX_DAYS:
        reason = f"silence that means something has 1 to {MAX_DAYS} business days, other none"
        raise RuleMalformed(f"{path}.answerDays", reason=reason)
    if rule.silence is Silence.ACCEPT and rule.kind in terms.signatures:
        raise SilenceCannotSign(f"{path}.silence", kind=rule.kind)
    if rule.silence is Silence.ESCALATE and not terms.ladder.rungs:
        raise NothingToEscalateTo(f"{path}.silence", kind=rule.kind)


def propose(
    command: ProposePolicy,
    latest: Policy,
    agreements: Agreements,
    signing: Collection[str],
    witnessing: Collection[str],
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that propose a policy to all who sign. `latest`: the highest agreed version.

    Raises like `check` and `agreement.opening`.
    """
    check(command.terms, witnessing, signing)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.POLICY,
        subject=SUBJECT,
        signatories=signing,
        replaces=command.replaces,
    )
    return (*superseded, Fact(PolicyProposed(terms, latest.version + 1, command.terms)))
