"""The Book: the folded state of one ecosystem, and how an entry changes it.

The one rule: `evolve` is pure and total: the same entries give the same Book, on any machine, at
any time. The Book keeps what later decisions can need, not history; what the API reads are the
Book's own values, kept by index (`changes`). Source: `design.md` decisions 1 and 5.
"""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from immutables import Map

from ledger.amounts import Money
from ledger.closing import Closings
from ledger.delegation import Delegations
from ledger.due import Due
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault
from ledger.exclusion import Exclusions
from ledger.governance import Governance
from ledger.identity import Identities
from ledger.ids import EcosystemId
from ledger.indicator import IndicatorVersion
from ledger.journal import Account, AccountState, PartStake
from ledger.keyring import Keyring
from ledger.lane import Lane
from ledger.measurement import Measurement
from ledger.part import Part
from ledger.payment import Payment
from ledger.periods import Calendars
from ledger.policy import Policy, founding_policy
from ledger.proposal import Agreements, ProposalKind, ProposalStatus
from ledger.scheme import Scheme
from ledger.series import Declarations
from ledger.settlement import Settlement
from ledger.stake import SealedBook
from ledger.timeline import Timeline

__all__ = ["BEGINNING", "Book", "Indicator", "replace"]

BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator version as it stands; it binds when its status is AGREED."""

    proposal_id: str
    version: IndicatorVersion
    status: ProposalStatus


@dataclass(frozen=True)
class Book:
    """All that decisions need. Keys: see each map's comment. Without slots, for `replace`."""

    ecosystem_id: EcosystemId
    size: int = 0
    last_at: datetime = BEGINNING
    ecosystem: Ecosystem | None = None
    agreements: Agreements = Agreements()
    # proposal id -> what it would make binding
    indicator_versions: Map[str, Indicator] = Map()
    measurements: Map[str, Measurement] = Map()
    schemes: Map[str, Scheme] = Map()
    settlements: Map[str, Settlement] = Map()
    # (indicator id, agreed version) -> proposal id; (scheme id, agreed version) -> proposal id
    agreed_indicators: Map[tuple[str, int], str] = Map()
    agreed_schemes: Map[tuple[str, int], str] = Map()
    # (party id, series) -> index of its newest batch
    batches: Map[tuple[str, str], int] = Map()
    # (indicator id, period) -> party id -> when its first part came
    reported: Map[tuple[str, str], Map[str, datetime]] = Map()
    # (party id, series) -> what its values are declared to be
    declarations: Declarations = Map()
    # (indicator id, period) -> party id -> part
    parts: Map[tuple[str, str], Map[str, Part]] = Map()
    # what binds now -> proposal id; keys: indicator id, (indicator id, period), scheme id,
    # (scheme id, place of the settlement), settlement id
    current_indicators: Map[str, str] = Map()
    results: Map[tuple[str, str], str] = Map()
    # indicator id -> the periods of its agreed results
    timelines: Map[str, Timeline] = Map()
    current_schemes: Map[str, str] = Map()
    settled: Map[tuple[str, str], str] = Map()
    settlement_proposals: Map[str, str] = Map()
    # (scheme id, settled period) -> party id -> what it was given for it, true-ups included
    given: Map[tuple[str, str], Map[str, Money]] = Map()
    # scheme id -> the settled periods of which something was given
    paid_periods: Map[str, Timeline] = Map()
    # settlement id -> the entry that posted it
    posted: Map[str, int] = Map()
    accounts: Map[Account, AccountState] = Map()
    payments: Map[str, Payment] = Map()
    # ISO 11649 reference of a stake -> what is owed on it
    dues: Map[str, Due] = Map()
    # (party id of a partner, whether it lost) -> its dues of which something is unstated
    unstated: Map[tuple[str, bool], Map[str, None]] = Map()
    exclusions: Exclusions = Exclusions()
    # the newest rules that a measurement was computed by: none later goes back behind them
    rules_version: int = 1
    # the newest rules that a settlement was computed by, likewise
    payout_rules: int = 1
    # (reference, minor units, whether the payer stated them) -> payments
    lanes: Map[tuple[str, int, bool], Lane] = Map()
    # (party id, account, statement id) -> digest and entry of an imported statement
    bank_statements: Map[tuple[str, str, str], tuple[str, int]] = Map()
    # mark of a matched line of a bank statement -> payment id
    bank_lines: Map[str, str] = Map()
    closings: Closings = Closings()
    keyring: Keyring = Keyring()
    identities: Identities = Identities()
    sealed: SealedBook = SealedBook()
    # proposal id -> policy; agreed version -> proposal id; what is in force, and agreed last
    policies: Map[str, Policy] = Map()
    policy_versions: Map[int, str] = Map()
    current_policy: str = ""
    latest_policy: str = ""
    delegations: Delegations = Delegations()
    # (scheme id, place) -> (settlement id, party id) -> what was posted as undisputed
    part_posted: Map[tuple[str, str], Map[tuple[str, str], PartStake]] = Map()
    # entries with an annex that was not erased -> whose they are
    annexes: Map[int, str] = Map()
    governance: Governance = Governance()

    def policy(self) -> Policy:
        """The policy in force."""
        return self.policies[self.current_policy] if self.current_policy else self._founding()

    def _founding(self) -> Policy:
        return founding_policy(self.ecosystem.proposal_days if self.ecosystem else None)

    def policy_of(self, version: int) -> Policy:
        """The agreed policy of a version."""
        key = self.policy_versions.get(version)
        return self.policies[key] if key else self._founding()

    def last_agreed_policy(self) -> Policy:
        """The highest agreed version, in force or not yet."""
        return self.policies[self.latest_policy] if self.latest_policy else self._founding()

    def counted_witnesses(self, policy: Policy) -> tuple[str, ...]:
        """Whose witnesses the quorum counts here: whom the policy names and who has not left."""
        around = self.ecosystem
        members = around.member_ids(self.last_at) if around else frozenset()
        return tuple(each for each in policy.terms.witnesses if each in members)

    def signed_kinds(self) -> frozenset[tuple[int, ProposalKind]]:
        """Under which policy version answers to which kinds of proposals must be signed."""
        return frozenset(
            (policy.version, kind)
            for policy in self.policies.values()
            if policy.status is ProposalStatus.AGREED
            for kind in policy.terms.signatures
        )

    def current_indicator(self, indicator_id: str) -> IndicatorVersion | None:
        """The agreed version in force, if there is one."""
        proposal_id = self.current_indicators.get(indicator_id)
        return None if proposal_id is None else self.indicator_versions[proposal_id].version

    def indicator_version(self, indicator_id: str, version: int) -> IndicatorVersion:
        """The agreed version of a number; it must exist, for something agreed names it."""
        proposal_id = self.agreed_indicators.get((indicator_id, version))
        if proposal_id is None:
            raise Fault(f"indicator {indicator_id} has no agreed version {version}")
        return self.indicator_versions[proposal_id].version

    def calendars(self, indicator_id: str) -> Calendars:
        """Those of its agreed versions. Raises Fault where none is."""
        known = self.current_indicators.get(indicator_id)
        if known is None:
            raise Fault(f"indicator {indicator_id} is not agreed")
        newest = self.indicator_versions[known].version
        before = (
            self.indicator_versions[proposal_id].version.terms.calendar
            for number in range(newest.version - 1, 0, -1)
            if (proposal_id := self.agreed_indicators.get((indicator_id, number)))
        )
        return Calendars(tuple(dict.fromkeys((newest.terms.calendar, *before))))

    def measured_periods(self, indicator_id: str) -> list[str]:
        """The periods of which an indicator has an agreed result, oldest first."""
        return [period for _, period in self.timelines.get(indicator_id, ())]

    def agreed_measurement(self, indicator_id: str, period: str) -> Measurement | None:
        """The agreed result of a period, if there is one."""
        proposal_id = self.results.get((indicator_id, period))
        return None if proposal_id is None else self.measurements[proposal_id]

    def current_scheme(self, scheme_id: str) -> Scheme | None:
        """The agreed scheme of an id, if there is one."""
        proposal_id = self.current_schemes.get(scheme_id)
        return None if proposal_id is None else self.schemes[proposal_id]

    def scheme_version(self, scheme_id: str, version: int) -> Scheme:
        """The agreed version of a number; it must exist, for something agreed names it."""
        proposal_id = self.agreed_schemes.get((scheme_id, version))
        if proposal_id is None:
            raise Fault(f"scheme {scheme_id} has no agreed version {version}")
        return self.schemes[proposal_id]

    def settlement(self, settlement_id: str) -> Settlement | None:
        """The settlement of an id, proposed or agreed."""
        proposal_id = self.settlement_proposals.get(settlement_id)
        return None if proposal_id is None else self.settlements[proposal_id]


if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(value: object, **fields: object) -> object:
        """`dataclasses.replace`, and for the Book ten times faster.

        Every entry changes it a few times, and the original sets each of its many fields by name.
        """
        if type(value) is not Book:
            return dataclasses.replace(value, **fields)
        after = object.__new__(Book)
        vars(after).update(vars(value), **fields)
        return after
