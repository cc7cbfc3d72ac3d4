"""A Book grown entry by entry without a database: results, a scheme, settlements, restatements."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from ledger.amounts import Rounding
from ledger.answer import ProposalAgreed
from ledger.book import BEGINNING, Book
from ledger.ecosystem import EcosystemFounded
from ledger.evolution import evolve, with_measured
from ledger.fact import EVERYBODY, Placed
from ledger.figures import Figures
from ledger.ids import EcosystemId, PartyId
from ledger.indicator import (
    Attribution,
    Boundary,
    Direction,
    IndicatorProposed,
    IndicatorTerms,
    LowSample,
    Owner,
    Perspective,
    RollingCount,
    RoundingStage,
    RoundingTerms,
    Stage,
    Standing,
)
from ledger.measurement import Measurement, PartUsed
from ledger.method import Method, MethodTerms
from ledger.part import Basis, BasisKind, PartSubmitted
from ledger.party import FoundingParty, PartyRole
from ledger.periods import Calendar
from ledger.proposal import Opening, ProposalKind, ProposalStatus
from ledger.scheme import Scheme, SchemeProposed
from ledger.settlement import SettlementContent, SettlementKind, SettlementProposed
from ledger.settling import settled
from ledger.terms import SchemeTerms
from ledger.theme import Theme
from tests.incentives.declared import LEVELS, MONTHLY

NOW = datetime(2027, 6, 1, tzinfo=UTC)
MONTHS = tuple(f"2026-{month:02}" for month in range(1, 13))


class Chronicle:
    """One ecosystem of a buyer and its partners, by the workroom's own evolution."""

    last: Placed

    def __init__(self, *partners: str) -> None:
        self.book = Book(EcosystemId("e"))
        self.partners = partners
        members = tuple(FoundingParty(key, key, PartyRole.PARTNER) for key in partners)
        buyer = FoundingParty("buyer", "buyer", PartyRole.OUTSOURCER)
        self.enter(EcosystemFounded("E", "log/e", "key", (buyer, *members)))

    def enter(self, event: object, at: datetime = BEGINNING, party: str = "buyer") -> None:
        """One more entry; never earlier than the one before."""
        index = self.book.size
        moment = max(at, self.book.last_at)
        placed = Placed(index, moment, PartyId(party), "s", EVERYBODY, f"c{index}", event)
        self.book, self.last = evolve(self.book, placed), placed

    def report(self, key: str, period: str, party: str, at: datetime) -> None:
        """A party's part of a period, at an instant."""
        basis = Basis(BasisKind.DECLARED, "0" * 64)
        part = PartSubmitted(key, 1, period, Figures(party, Fraction(1)), basis)
        self.enter(part, at, party)

    def agree(self, event: IndicatorProposed | SchemeProposed | SettlementProposed) -> None:
        """A proposal that everybody consented to."""
        self.enter(event)
        self.enter(ProposalAgreed(event.opening.proposal_id, ()))

    def opening(self, kind: ProposalKind, subject: str) -> Opening:
        """A new proposal's opening."""
        return Opening(f"proposal-{self.book.size}", kind, subject, ("buyer",), 1)

    def indicator(
        self,
        key: str,
        version: int = 1,
        rolling: RollingCount = RollingCount.CONTINUES,
        calendar: Calendar = MONTHLY,
    ) -> None:
        """An agreed version of an indicator, owned by all partners in equal parts."""
        weight = Fraction(1, len(self.partners))
        terms = IndicatorTerms(
            name=key,
            why="It matters.",
            theme=Theme.CUSTOMER_SATISFACTION,
            perspective=Perspective.EXPERIENCE,
            unit="points",
            direction=Direction.HIGHER_IS_BETTER,
            boundary=Boundary.INCLUSIVE,
            owners=tuple(Owner(party, weight) for party in self.partners),
            attribution=Attribution.SOLIDARY,
            method=MethodTerms(Method.SUM, Fraction(1), "s", ""),
            rounding=RoundingTerms(
                Rounding.HALF_UP, Fraction(1, 10), RoundingStage.BEFORE_COMPARING
            ),
            calendar=calendar,
            levels=LEVELS,
            minimum_sample=0,
            low_sample=LowSample.PAY_NOTHING,
            stage=Stage.LIVE,
            live_from=calendar.listed[0].key if calendar.listed else MONTHS[0],
            worked_examples=(),
            rolling_count=rolling,
        )
        opening = self.opening(ProposalKind.INDICATOR, f"indicator/{key}")
        self.agree(IndicatorProposed(opening, key, version, terms))

    def measured(self, key: str, period: str, *parts: Fraction, version: int = 1) -> None:
        """An agreed result, the sum of the partners' parts; a second one restates the first."""
        value = sum(parts, Fraction(0))
        used = tuple(
            PartUsed(Figures(party, part), 0)
            for party, part in zip(self.partners, parts, strict=False)
        )
        proposal_id = f"result-{len(self.book.measurements)}"
        found = Measurement(
            proposal_id=proposal_id,
            indicator_id=key,
            version=version,
            period=period,
            parts=used,
            value=value,
            displayed=value,
            standing=Standing.GREEN,
            sample_size=None,
            is_low_sample=False,
            index=self.book.size,
            status=ProposalStatus.AGREED,
        )
        self.book = with_measured(self.book, found)

    def scheme(self, terms: SchemeTerms, version: int = 1) -> Scheme:
        """An agreed version of the one scheme."""
        opening = self.opening(ProposalKind.SCHEME, "scheme/s")
        self.agree(SchemeProposed(opening, "s", version, terms))
        found = self.book.current_scheme("s")
        assert found is not None
        return found

    def settle(self, kind: SettlementKind, period: str, at: datetime = NOW) -> SettlementContent:
        """An agreed settlement of the one scheme, computed by the engine."""
        agreed = self.book.current_scheme("s")
        assert agreed is not None
        settlement_id = f"settlement-{self.book.size}"
        content = settled(self.book, agreed, kind, period, at, settlement_id)
        opening = self.opening(ProposalKind.SETTLEMENT, f"settlement/s/{content.place}")
        self.agree(SettlementProposed(opening, settlement_id, content))
        return content

    def given(self) -> dict[str, dict[str, str]]:
        """What each party has for each period, true-ups included."""
        return {
            period: {party: amount.render() for party, amount in amounts.items()}
            for (_, period), amounts in self.book.given.items()
        }


def after(days: int) -> datetime:
    """The end of January 2026 and so many days."""
    return datetime(2026, 2, 1, tzinfo=UTC) + timedelta(days=days)
