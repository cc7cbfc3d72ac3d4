"""Policy: what the parties agreed about agreeing. Versioned, and agreed by all who sign.

The one rule: a proposal lives under the policy that was in force when it was opened. Version 1 is
the founding's: all who are asked consent, silence means nothing, no signature is required, nobody
witnesses, and what was not agreed within its days lapses. In force is the highest agreed version
whose moment has come. Source: `domain.md` section 3, `ledger-format.md` "Witnesses".
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from ledger.agreement import opening, require_version
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
FOUNDING_DAYS = 180
"""Calendar days that a proposal stays open where nobody said otherwise: half a year."""
MAX_PROPOSAL_DAYS = 1096
"""Three years: what nobody agreed to by then is not waited for."""


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


class EndMalformed(Refusal):
    """A proposal cannot end so: {reason}. -> State 1 to 1096 days, twice any answer's at least."""


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
    None: from its agreement on. `proposal_days`: calendar days after which a proposal that is still
    open lapses; None: as the policy before has it, which in a ledger of before may be never.
    """

    signatures: tuple[ProposalKind, ...] = ()
    witnesses: tuple[str, ...] = ()
    quorum: int = 0
    theme_caps: tuple[ThemeCap, ...] = ()
    rules: tuple[KindRule, ...] = ()
    ladder: Ladder = Ladder()
    applies_from: datetime | None = None
    proposal_days: int | None = None

    def ends_at(self, opened_at: datetime) -> datetime | None:
        """The first instant at which what was opened then lapses, unless it is disputed."""
        days = self.proposal_days
        return None if days is None else opened_at + timedelta(days=days)

    def rule(self, kind: ProposalKind) -> KindRule:
        """How proposals of a kind are agreed."""
        return next((each for each in self.rules if each.kind is kind), KindRule(kind))

    def shapes(self, kind: ProposalKind) -> bool:
        """Whether it says more about a kind than that all who are asked consent."""
        return bool(self.ladder.rungs) or self.rule(kind) != KindRule(kind)


@dataclass(frozen=True, slots=True)
class ProposePolicy:
    """Command: terms that are to hold from their agreement on."""

    terms: PolicyTerms
    replaces: str = ""
    expected_version: int | None = None


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
class PolicyTermsV3:
    """Version 3, before proposals had an end."""

    signatures: tuple[ProposalKind, ...]
    witnesses: tuple[str, ...]
    quorum: int
    theme_caps: tuple[ThemeCap, ...]
    rules: tuple[KindRule, ...]
    ladder: Ladder
    applies_from: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyProposedV3:
    """Version 3, before proposals had an end."""

    opening: Opening
    version: int
    terms: PolicyTermsV3

    def upgraded(self) -> PolicyProposed:
        """What it means in the newest version."""
        old = self.terms
        terms = PolicyTerms(
            old.signatures,
            old.witnesses,
            old.quorum,
            old.theme_caps,
            old.rules,
            old.ladder,
            old.applies_from,
        )
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


@cache
def founding_policy(proposal_days: int | None) -> Policy:
    """The founding's policy; None: a founding of before, whose proposals wait for ever."""
    terms = PolicyTerms(proposal_days=proposal_days)
    return Policy("", FOUNDING_VERSION, terms, 0, ProposalStatus.AGREED)


def check_days(days: int, path: str) -> None:
    """Return if a proposal can stay open so many calendar days. Raises EndMalformed."""
    if not 1 <= days <= MAX_PROPOSAL_DAYS:
        raise EndMalformed(path, reason=f"{days} is no number of days that it could stay open")


def check(
    terms: PolicyTerms,
    before: PolicyTerms,
    witnessing: Collection[str],
    signing: Collection[str],
) -> None:
    """Return if the terms can hold, after those agreed `before`.

    `witnessing`: members that have a witness; `signing`: those that sign. A quorum k of n needs
    2k > n, so that no two forks can both be certified. Once proposals end, they always do.
    Raises QuorumMalformed, WitnessUnknown, ThemeCapMalformed, RuleMalformed, SilenceCannotSign,
    NothingToEscalateTo, EndMalformed, and like `check_ladder`.
    """
    check_caps(terms.theme_caps, "terms.themeCaps")
    for number, party_id in enumerate(terms.witnesses):
        place = f"terms.witnesses[{number}]"
        if party_id in terms.witnesses[:number]:
            raise WitnessUnknown(place, reason=f"{party_id} is named twice")
        if party_id not in witnessing:
            raise WitnessUnknown(place, reason=f"{party_id} has no witness here")
    count = len(terms.witnesses)
    certifies = count // 2 < terms.quorum <= count
    if not certifies and not (count == 0 == terms.quorum):
        raise QuorumMalformed("terms.quorum", quorum=terms.quorum, count=count)
    check_ladder(terms.ladder, signing)
    for number, rule in enumerate(terms.rules):
        if rule.kind in (other.kind for other in terms.rules[:number]):
            raise RuleMalformed(f"rules[{number}].kind", reason=f"{rule.kind} has two")
        _check_rule(rule, terms, f"rules[{number}]")
    _check_end(terms, before)


def _check_end(terms: PolicyTerms, before: PolicyTerms) -> None:
    """Every proposal ends, and not before its signatories could answer. Raises EndMalformed.

    A business day is at most every other calendar day, in the calendars that people keep.
    """
    path = "proposalDays"
    if terms.proposal_days is None:
        if before.proposal_days is not None:
            raise EndMalformed(path, reason="it would wait for ever")
        return
    check_days(terms.proposal_days, path)
    longest = max((rule.answer_days for rule in terms.rules), default=0)
    if 2 * longest > terms.proposal_days:
        reason = f"{longest} business days to answer hardly fit into {terms.proposal_days} days"
        raise EndMalformed(path, reason=reason)


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

    An end that it does not state is the one of before. Raises like `check` and
    `agreement.opening`.
    """
    require_version(command.expected_version, latest.version)
    days, before = command.terms.proposal_days, latest.terms
    days = before.proposal_days or FOUNDING_DAYS if days is None else days
    asked = replace(command.terms, proposal_days=days)
    check(asked, before, witnessing, signing)
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.POLICY,
        subject=SUBJECT,
        signatories=signing,
        replaces=command.replaces,
    )
    return (*superseded, Fact(PolicyProposed(terms, latest.version + 1, asked)))
