"""Schemes: versions of incentive terms, checked, proposed and agreed.

The one rule: a scheme carries worked examples, the engine runs them, and a scheme whose example
fails, whose table has a hole or whose weights or shares do not add up is refused when it is
proposed, not when it is settled. Source: `domain.md` section 6.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ledger import first_terms
from ledger.agreement import named_by, opening, require_version
from ledger.amounts import Money
from ledger.ecosystem import Ecosystem
from ledger.evaluation import Inputs, evaluate
from ledger.fact import Fact
from ledger.foresight import Facts
from ledger.ids import ProposalId, Seed
from ledger.indicator import ExampleFails
from ledger.partner import (
    PartnerTerms,
    SchemePartProposed,
    SealedAt,
    is_confidential,
    nominal,
    personal,
)
from ledger.proposal import Agreements, Opening, ProposalKind, ProposalStatus
from ledger.reading import PartValue, Result
from ledger.shape import SchemeMalformed, need
from ledger.soundness import check_terms
from ledger.terms import ExampleValue, MoneyStage, SchemeExample, SchemeTerms

MAX_EXAMPLES = 20

_STEP = re.compile(r"adjustments\[([0-9]+)\]")


def check(
    terms: SchemeTerms,
    facts: Facts,
    signing_ids: frozenset[str],
    outsourcer_id: str,
) -> None:
    """Return if the terms can be proposed. Raises SchemeMalformed, ExampleFails, NothingToRead."""
    checked = nominal(terms) if is_confidential(terms) else terms
    if checked is not terms:
        _check_common(terms)
    check_terms(checked, facts, signing_ids, outsourcer_id)
    need(bool(terms.worked_examples), "workedExamples", "at least one worked example is required")
    need(len(terms.worked_examples) <= MAX_EXAMPLES, "workedExamples", f"at most {MAX_EXAMPLES}")
    for number, example in enumerate(terms.worked_examples):
        _check_example(checked, facts, example, f"workedExamples[{number}]")


def _check_common(terms: SchemeTerms) -> None:
    """The common part of a confidential scheme states no amount at stake."""
    at_risk = terms.funding.at_risk
    bare = at_risk is not None and not at_risk.schedule and not at_risk.bases
    need(bare, "funding", "PER_PARTNER takes atRisk with neither schedule nor bases: parts do")
    earned = bool(terms.funding.earned_in) or terms.funding.pool is not None
    need(not earned, "funding", "PER_PARTNER takes atRisk alone")
    need(terms.rounding.stage is MoneyStage.EACH_PART, "rounding.stage", "it is EACH_PART")
    need(not terms.payment.references, "payment.references", "parts hold them")
    own = any(step.partner_cap or step.period_cap or step.gain_only for step in terms.adjustments)
    need(not own, "adjustments", "caps of a partner are in its part; there is no pool to cap")


def _check_example(terms: SchemeTerms, facts: Facts, example: SchemeExample, place: str) -> None:
    named = sorted(value.indicator_id for value in example.values)
    each = named == sorted(terms.indicator_ids())
    need(each, f"{place}.values", "it gives one value an item, gate, multiplier and base")
    found = evaluate(terms, Inputs(assumed(facts, example.values)))
    _expect(found.payout, example.expected, f"{place}.expected")
    parts = dict(zip(terms.party_ids(), found.parts, strict=True))
    for number, part in enumerate(example.expected_parts):
        spot = f"{place}.expectedParts[{number}]"
        need(part.party_id in parts, f"{spot}.partyId", "it has no share")
        _expect(parts[part.party_id], part.amount, f"{spot}.amount")


def _expect(computed: Money, expected: Money, place: str) -> None:
    if computed != expected:
        raise ExampleFails(
            place,
            computed=f"{computed.render()} {computed.currency}",
            expected=f"{expected.render()} {expected.currency}",
        )


def assumed(facts: Facts, values: Iterable[ExampleValue]) -> dict[str, tuple[Result, ...]]:
    """The series that a worked example or a preview assumes, by indicator."""
    found = {}
    for given in values:
        known = facts[given.indicator_id]
        results = [
            Result(
                value=value,
                displayed=known.rounding.of(value),
                levels=known.levels,
                lower_is_better=known.lower_is_better,
                is_low_sample=False,
                low_sample=known.low_sample,
                index=None,
                owners=known.owners,
            )
            for value in (*given.earlier, given.value)
        ]
        parts = tuple(PartValue(part.party_id, part.value) for part in given.parts)
        last = replace(results[-1], parts=parts, is_low_sample=given.is_low_sample)
        found[given.indicator_id] = (*results[:-1], last)
    return found


@dataclass(frozen=True, slots=True)
class ProposeScheme:
    """Command: propose a scheme, or the next version of `scheme_id`.

    `expected_version` is the agreed one that the terms build on; None: not checked.
    """

    terms: SchemeTerms
    scheme_id: str = ""
    replaces: str = ""
    parts: tuple[PartnerTerms, ...] = ()
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class SchemeProposed:
    """A version of a scheme is proposed to the outsourcer and all who share.

    `first` are the terms as version 1 of the event stated them, None since version 2. `sealed`
    are the entries of the partners' own parts, where the scheme is confidential.
    """

    opening: Opening
    scheme_id: str
    version: int
    terms: SchemeTerms
    first: first_terms.SchemeTerms | None = None
    sealed: tuple[SealedAt, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemeProposedV2:
    """Version 2, before terms said whether what is at risk is withheld: it was not."""

    opening: Opening
    scheme_id: str
    version: int
    terms: SchemeTerms
    first: first_terms.SchemeTerms | None = None
    sealed: tuple[SealedAt, ...] = ()

    def upgraded(self) -> SchemeProposed:
        """What it means in the newest version."""
        named = (self.opening, self.scheme_id, self.version, self.terms)
        return SchemeProposed(*named, self.first, self.sealed)


@dataclass(frozen=True, slots=True)
class SchemeProposedV1:
    """Version 1, with the first terms."""

    opening: Opening
    scheme_id: str
    version: int
    terms: first_terms.SchemeTerms

    def upgraded(self) -> SchemeProposed:
        """What it means in the newest version."""
        terms = first_terms.upgraded(self.terms)
        return SchemeProposed(self.opening, self.scheme_id, self.version, terms, self.terms)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme version as it stands; it binds when its status is AGREED.

    `first`: see SchemeProposed.
    """

    proposal_id: str
    scheme_id: str
    version: int
    terms: SchemeTerms
    index: int
    status: ProposalStatus
    first: first_terms.SchemeTerms | None = None


def asked(
    terms: SchemeTerms, current: Scheme | None, outsourcer_id: str, signing_ids: Collection[str]
) -> frozenset[str]:
    """Whose consent a version needs: the outsourcer's, its sharers', and those of the one in force.

    Nobody loses its share by what others agree. Of the sharers of before those who still sign.
    """
    before = current.terms.sharer_ids() if current else frozenset()
    return frozenset({outsourcer_id, *terms.sharer_ids(), *before.intersection(signing_ids)})


def check_next(terms: SchemeTerms, current: Scheme | None) -> None:
    """Return if terms can follow those in force: in their currency. Raises SchemeMalformed.

    A true-up settles what old versions gave in the amounts of the newest.
    """
    if current is not None:
        kept = current.terms.currency
        same = terms.currency == kept
        need(same, "funding", f"a version keeps the currency {kept}; another is another scheme")


def propose(
    command: ProposeScheme,
    facts: Facts,
    ecosystem: Ecosystem,
    now: datetime,
    current: Scheme | None,
    agreements: Agreements,
    size: int,
    seed: Seed,
) -> tuple[Fact, ...]:
    """Facts that open a scheme's proposal, its sealed parts first.

    `current` is the version in force of what the command names, or what it replaces is about;
    `size` is the ledger's. Raises VersionConflict, and what `check`, `check_parts` and
    `agreement.opening` raise.
    """
    require_version(command.expected_version, current.version if current else 0)
    signing, outsourcer_id = ecosystem.signing_ids(now), ecosystem.outsourcer.party_id
    check(command.terms, facts, signing, outsourcer_id)
    check_next(command.terms, current)
    check_parts(command.terms, command.parts, facts, signing, outsourcer_id)
    replaced = named_by(agreements, command.replaces, ProposalKind.SCHEME)
    scheme_id = current.scheme_id if current else replaced or seed.new_id()
    terms, superseded = opening(
        agreements,
        proposal_id=ProposalId(seed.new_id()),
        kind=ProposalKind.SCHEME,
        subject=f"scheme/{scheme_id}",
        signatories=asked(command.terms, current, outsourcer_id, signing),
        replaces=command.replaces,
    )
    version = current.version + 1 if current else 1
    sealed = tuple(
        Fact(
            SchemePartProposed(terms.proposal_id, scheme_id, version, part),
            ecosystem.confidants(part.party_id, now),
        )
        for part in command.parts
    )
    places = tuple(
        SealedAt(part.party_id, size + number) for number, part in enumerate(command.parts)
    )
    event = SchemeProposed(terms, scheme_id, version, command.terms, sealed=places)
    return (*sealed, *superseded, Fact(event))


def check_parts(
    common: SchemeTerms,
    parts: Sequence[PartnerTerms],
    facts: Facts,
    signing_ids: frozenset[str],
    outsourcer_id: str,
) -> None:
    """Return if the partners' own parts can be proposed. Raises what `check` raises.

    Each is checked as the scheme that it makes with the common part, places within it.
    """
    named = sorted(part.party_id for part in parts)
    wanted = sorted(common.party_ids()) if is_confidential(common) else []
    need(named == wanted, "parts", "PER_PARTNER has one part a sharer, OPEN has none")
    for number, part in enumerate(parts):
        try:
            check(personal(common, part), facts, signing_ids, outsourcer_id)
        except SchemeMalformed as refusal:
            place = _within_part(common, refusal.path)
            raise SchemeMalformed(f"parts[{number}].{place}", **refusal.facts) from refusal
        except ExampleFails as refusal:
            raise ExampleFails(f"parts[{number}].{refusal.path}", **refusal.facts) from refusal


def _within_part(common: SchemeTerms, path: str) -> str:
    """The place in a partner's own part that a place in its personal terms comes from."""
    path = path.replace("funding.atRisk.bases[0].amount", "base").replace("funding.atRisk.", "")
    found = _STEP.match(path)
    if found is None:
        return path
    own = int(found[1]) - len(common.adjustments)
    return f"adjustments[{own}]{path[found.end() :]}"
