"""Settling a year: many partners on many items, and how it grows with the partners."""

from fractions import Fraction
from time import perf_counter

from ledger.amounts import Money, Rounding
from ledger.cap import Adjustment, Limit, PartnerCap, PeriodCap, Side, YearCap
from ledger.curve import Line, Outside, Point
from ledger.evaluation import Inputs, evaluate
from ledger.indicator import Boundary, Levels, LowSample
from ledger.reading import Reading, ReadingStage, Reads, Result
from ledger.scoring import Scoring
from ledger.split import FallsFree, ProRata, Share, Split, SplitKind
from ledger.terms import (
    Allocation,
    Basis,
    Denominator,
    Funding,
    Item,
    Malus,
    MoneyRounding,
    MoneyStage,
    PaymentTerms,
    Residual,
    Reweighting,
    SchemeKind,
    SchemeTerms,
    Unallocated,
)
from ops.bench.figure import at_most
from ops.bench.frame import Run, bench

ITEMS, PERIODS = 20, 12
CURRENCY, POOL = "EUR", 100_000_000
LEVELS = Levels(Fraction(0), Fraction(50), Fraction(100), Fraction(120))


def terms_of(partners: int) -> SchemeTerms:
    """A pool of a million a month by curves on twenty items, three caps, unequal shares."""
    points = tuple(Point(Fraction(at), Fraction(at, 100)) for at in (0, 40, 60, 100))
    line = Line(points, Boundary.INCLUSIVE, Outside.NOTHING, Outside.HELD)
    whole = partners * (partners + 1) // 2
    limit = Limit(None, Fraction(9, 10))
    return SchemeTerms(
        name="Invented terms for a bench",
        kind=SchemeKind.INCENTIVE,
        funding=Funding(pool=Money(CURRENCY, POOL)),
        items=tuple(
            Item(
                indicator_id=f"i{number}",
                weight=Fraction(1, ITEMS),
                factors=(),
                reading=Reading(Reads.VALUE, ReadingStage.EXACT, None, 1),
                scoring=Scoring(line=line),
                basis=Basis.JOINT,
                denominator=Denominator.INSIDE,
                score_rounding=None,
            )
            for number in range(ITEMS)
        ),
        allocation=Allocation.WHOLE,
        reweighting=Reweighting.IN_PROPORTION,
        of_total=None,
        adjustments=(
            Adjustment(partner_cap=PartnerCap("", Side.BOTH, limit)),
            Adjustment(period_cap=PeriodCap(Side.BOTH, limit)),
            Adjustment(year_cap=YearCap("", Side.BOTH, limit)),
        ),
        split=Split(
            SplitKind.FIXED,
            tuple(Share(f"p{n}", Fraction(n + 1, whole)) for n in range(partners)),
            "",
            ProRata.BY_CALENDAR_DAY,
            FallsFree.TO_THE_OTHERS,
        ),
        rounding=MoneyRounding(Rounding.HALF_UP, Fraction(1, 100), MoneyStage.TOTAL),
        residual=Residual.LARGEST_REMAINDER,
        unallocated=Unallocated.RETURNS_TO_OUTSOURCER,
        valid_from_period="2026-01",
        year_starts_in=1,
        payment=PaymentTerms(30, Malus.INVOICED, ()),
        earn_backs=(),
        reporting_penalty=None,
        worked_examples=(),
    )


def settle_year(partners: int) -> float:
    """Seconds for twelve periods; the parts and the rest are checked to make the pool."""
    terms, used = terms_of(partners), dict[str, Fraction]()
    started = perf_counter()
    for period in range(PERIODS):
        values = [Fraction(1000 + 37 * (period + item) % 900, 13) for item in range(ITEMS)]
        series = {
            f"i{item}": (Result(value, value, LEVELS, False, False, LowSample.PAY_NOTHING, item),)
            for item, value in enumerate(values)
        }
        found = evaluate(terms, Inputs(series, {"p0": Fraction(1, 2)}, used))
        for key, part in zip(terms.party_ids(), found.parts, strict=True):
            used[key] = used.get(key, Fraction(0)) + part.value
        assert found.payout.amount_minor + found.unallocated.amount_minor == POOL
    return perf_counter() - started


@bench("settling", size=1_000, smoke_size=20)
async def settling(run: Run) -> None:
    """A year of partners x 20 items x 12 periods, beside ten times as long as a tenth of them."""
    partners = run.size
    tenth = max(1, partners // 10)
    small = min(settle_year(tenth) for _ in range(3))
    whole = settle_year(partners)
    scale = partners / tenth
    run.figure(
        f"{partners} partners x {ITEMS} items x {PERIODS} periods",
        whole,
        "s",
        beside=small * scale,
        than=f"{scale:g} times the time of {tenth} partners",
        aim=at_most(2),
    )
