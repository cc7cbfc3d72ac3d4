"""The public incentive cases as declared terms: what each contract says, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.incentives.declared import declared, given, item, line, points, shared, stated
from tests.shared import case

LEVELS = {"baseline": "0", "minimum": "50", "target": "100", "stretch": "120"}
PERIOD_CAP = [{"periodCap": {"side": "BOTH", "limit": {"shareOfPool": "1"}}}]


@dataclass(frozen=True)
class Run:
    """Assumed results, and what must come of them; None where the source says nothing."""

    values: list[dict[str, Any]]
    payout: str | None = None
    parts: list[str] | None = None
    score: Fraction | None = None
    weights: list[Fraction] | None = None


@dataclass(frozen=True)
class Contract:
    """A case: its terms, its runs, and what its indicators state."""

    name: str
    terms: dict[str, Any]
    runs: list[Run]
    levels: Mapping[str, str] = field(default_factory=lambda: LEVELS)
    lower_is_better: bool = False
    low_sample: str = "NO_SCORE_REWEIGHT_IN_PROPORTION"


def at_risk(
    share: str, base: str, currency: str = "USD", retention: str = "NOT_WITHHELD"
) -> dict[str, Any]:
    """A share of one party's stated base."""
    bases = [{"partyId": "p0", "amount": {"amount": base, "currency": currency}}]
    schedule = [{"fromYear": 1, "share": share}]
    stated_base = {"currency": currency, "schedule": schedule, "bases": bases}
    return {"atRisk": {**stated_base, "retention": retention}}


def percent(text: str) -> str:
    """A percentage as a fraction."""
    return str(Fraction(text) / 100)


def missed(level: str = "95") -> dict[str, Any]:
    """All or nothing, for a miss."""
    return {"attainment": {"level": stated(level), "boundary": "INCLUSIVE", "earnedWhen": "MISSED"}}


def dir_credit() -> Contract:
    """Category times service level times share at risk times invoice."""
    known = case("dir-credit")
    told = known["inputs"]
    factors = [{"name": "service level", "value": percent(told["service_level_pct"])}]
    terms = declared(
        [item(0, missed(), weight=percent(told["category_pct"]), factors=factors)],
        kind="CREDIT",
        funding=at_risk(percent(told["at_risk_pct"]), told["invoice"]),
        allocation="AT_MOST_WHOLE",
    )
    due = "-" + known["expected"]["credit"]
    return Contract(
        "dir-credit", terms, [Run([given(0, "94")], due), Run([given(0, "95")], "0.00")]
    )


def dir_cap() -> Contract:
    """Six credits, held at the amount at risk."""
    known = case("dir-cap")
    told = known["inputs"]
    whole = Fraction(told["invoice"]) * Fraction(percent(told["at_risk_pct"]))
    items = [
        item(i, missed(), weight=str(Fraction(credit) / whole))
        for i, credit in enumerate(told["credits"])
    ]
    terms = declared(
        items,
        kind="CREDIT",
        funding=at_risk(percent(told["at_risk_pct"]), told["invoice"]),
        allocation="OVER_ALLOCATED",
        adjustments=PERIOD_CAP,
    )
    values = [given(i, "90") for i in range(len(items))]
    return Contract("dir-cap", terms, [Run(values, "-" + known["expected"]["credited"])])


def dir_rolling_default() -> Contract:
    """One credit in the month of the default, none in any other."""
    known = case("dir-rolling-default")
    told = known["inputs"]
    rule = {
        "expected": stated(told["expected"]),
        "minimum": stated(told["minimum"]),
        "boundary": "INCLUSIVE",
        "misses": 4,
        "window": 12,
        "after": "KEEPS_COUNTING",
    }
    months = told["months"]
    runs = [
        Run(
            [given(0, months[n], earlier=months[:n])],
            score=Fraction(n + 1 == known["expected"]["default_in_month"]),
        )
        for n in range(len(months))
    ]
    runs.append(Run([given(0, "89.9", earlier=months[:1])], score=Fraction(1)))
    terms = declared([item(0, {"default": rule})], kind="CREDIT")
    return Contract("dir-rolling-default", terms, runs)


def reweighted(name: str, mode: str, expected: list[Fraction]) -> Contract:
    """One item without a score; the others take its weight."""
    told = case(name)["inputs"]
    curve = {"line": line([["0", "0"], ["100", "1"]])}
    items = [item(i, curve, weight=percent(w)) for i, w in enumerate(told["weights"])]
    values = [
        given(i, "100", isLowSample=i == told["dropped"]) for i in range(len(told["weights"]))
    ]
    terms = declared(items, reweighting=mode)
    return Contract(name, terms, [Run(values, "10000.00", weights=expected)])


def cms_reweight() -> Contract:
    """In proportion; the displayed weights follow from the exact ones, not the other way."""
    left = [Fraction(w) for w in ("10", "25", "40")]
    return reweighted("cms-reweight", "IN_PROPORTION", [w / sum(left) for w in left])


def equal_reweight() -> Contract:
    """In equal parts."""
    exact = case("equal-reweight")["expected"]["exact"]
    return reweighted("equal-reweight", "EQUALLY", [Fraction(w) / 100 for w in exact])


def improvement_rounding() -> Contract:
    """Rounded to one decimal before it is compared."""
    known = case("improvement-rounding")
    told = known["inputs"]
    reading = {
        "of": "IMPROVEMENT",
        "stage": "ROUNDED",
        "rounding": {"mode": "HALF_UP", "step": "0.1"},
        "periods": 1,
    }
    form = {"level": stated(told["target"]), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
    runs = [
        Run([given(0, after)], score=Fraction(earned))
        for (after, _), earned in zip(told["pairs"], known["expected"]["earned"], strict=True)
    ]
    terms = declared([item(0, {"attainment": form}, reading=reading)])
    levels = {**LEVELS, "baseline": told["pairs"][0][1]}
    return Contract("improvement-rounding", terms, runs, levels)


def gap_to_goal() -> Contract:
    """Of the target: nothing below a half, the whole from all of it."""
    known = case("gap-to-goal")
    reading = {"of": "SHARE_OF_TARGET", "stage": "EXACT", "periods": 1}
    scored = zip(known["inputs"]["share_of_target"], known["expected"]["score"], strict=True)
    runs = [Run([given(0, str(Fraction(x) * 100))], score=Fraction(y)) for x, y in scored]
    curve = {"line": line([["0.5", "0"], ["1", "1"]])}
    return Contract("gap-to-goal", declared([item(0, curve, reading=reading)]), runs)


def curve(name: str) -> Contract:
    """A lookup with straight lines between, scores in percent."""
    known = case(name)
    told = known["inputs"]
    scored = zip(told["x"], known["expected"]["y"], strict=True)
    runs = [Run([given(0, x)], score=Fraction(y) / 100) for x, y in scored]
    form = {"line": line(told["points"], "100")}
    return Contract(name, declared([item(0, form)], adjustments=PERIOD_CAP), runs)


def bands(mode: str) -> Contract:
    """One table, three contracts."""
    known = case("band-modes")
    told = known["inputs"]
    listed = [{"fromShare": percent(at), "rate": percent(rate)} for at, rate in told["bands"]]
    form = {"mode": mode, "baseline": stated(told["baseline"]), "boundary": "INCLUSIVE"}
    terms = declared(
        [item(0, {"bands": {**form, "bands": listed}})],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
    )
    paid = known["expected"][mode.lower()]
    return Contract(f"band-modes {mode}", terms, [Run([given(0, told["actual"])], paid)])


def table(between: str, step: str | None = None) -> dict[str, Any]:
    """The step table of credit points; 30 and more give the last row."""
    rows = points(case("step-table")["inputs"]["table"], "100")
    ends = {"before": "NOTHING", "after": "HELD", "boundary": "INCLUSIVE"}
    return {"rows": rows, "between": between, "step": step, **ends}


def step_table() -> Contract:
    """The month averaged with the one before; the terms rule on what lies between rows."""
    known = case("step-table")
    reading = {"of": "VALUE", "stage": "EXACT", "periods": 2}
    months = zip(known["inputs"]["months"], known["expected"]["percent"], strict=True)
    runs = [
        Run([given(0, now, earlier=[before] if before else [])], score=Fraction(due) / 100)
        for (now, before), due in months
    ]
    form = {"steps": table("ROW_BEFORE")}
    terms = declared(
        [item(0, form, reading=reading)], kind="CREDIT", funding=at_risk("1", "100000")
    )
    return Contract("step-table", terms, runs)


def point_credit() -> Contract:
    """23 points lacking are 23 % of the charges."""
    known = case("point-credit")
    told = known["inputs"]
    form = {"required": stated(told["required"]), "perPoint": "0.01", "most": "1"}
    terms = declared(
        [item(0, {"pointCredit": form})], kind="CREDIT", funding=at_risk("1", "100000")
    )
    score = Fraction(known["expected"]["percent_of_charges"]) / 100
    return Contract(
        "point-credit", terms, [Run([given(0, told["achieved"])], "-23000.00", score=score)]
    )


def small_n_cliff() -> Contract:
    """Two late of 40 meet the target, two of 35 do not; the exact share is compared."""
    known = case("small-n-cliff")
    told = known["inputs"]
    form = {"level": stated(told["target"]), "boundary": "INCLUSIVE", "earnedWhen": "MET"}
    runs = [
        Run([given(0, str(Fraction(100 * (n - told["late"]), n)))], score=Fraction(met))
        for n, met in zip(told["n"], known["expected"]["met"], strict=True)
    ]
    return Contract("small-n-cliff", declared([item(0, {"attainment": form})]), runs)


def both_sides() -> Contract:
    """A bonus for less, a payment for more, at two rates."""
    known = case("both-sides")
    told = known["inputs"]
    form = {
        "benchmark": stated("100"),
        "betterRate": told["rate_bonus"],
        "worseRate": told["rate_pay"],
    }
    terms = declared([item(0, {"perUnit": form})], funding={"earnedIn": "GBP"}, allocation="POINTS")
    better, worse = (str(100 + sign * Fraction(told["minutes"])) for sign in (-1, 1))
    runs = [
        Run([given(0, better)], known["expected"]["bonus"]),
        Run([given(0, worse)], "-" + known["expected"]["pay"]),
        Run([given(0, "100")], "0.00"),
    ]
    return Contract("both-sides", terms, runs, lower_is_better=True)


def residual_cent() -> Contract:
    """Shares of a pool that add up to the cent."""
    known = case("residual-cent")
    told = known["inputs"]
    terms = declared(
        [item(0, {"line": line([["0", "0"], ["100", "1"]])})],
        funding={"pool": {"amount": told["pool"], "currency": "NZD"}},
        split=shared(*(percent(share) for share in told["shares_pct"])),
    )
    expected = known["expected"]
    return Contract(
        "residual-cent", terms, [Run([given(0, "100")], expected["sum"], expected["parts"])]
    )


def gain_threshold() -> Contract:
    """The first tenth of a saving is the client's; of an overrun nobody pays."""
    known = case("gain-threshold")
    base = Fraction(known["inputs"]["base"])
    form = {"target": stated(str(base)), "gain": [{"fromShare": "0.1", "rate": "1"}], "pain": []}
    terms = declared(
        [item(0, {"sharedRanges": form})],
        funding={"earnedIn": "EUR"},
        allocation="POINTS",
        split=shared("0.4", "0.4", "0.2"),
    )
    runs = []
    for saved, parts in zip(known["inputs"]["saving_pct"], known["expected"]["parts"], strict=True):
        spent = str(base * (1 - Fraction(saved) / 100))
        paid = [part if part != "0" else "0.00" for part in parts]
        runs.append(Run([given(0, spent)], parts=paid))
    runs.append(Run([given(0, str(base * 2))], "0.00"))
    return Contract("gain-threshold", terms, runs, lower_is_better=True)


CONTRACTS: tuple[Callable[[], Contract], ...] = (
    dir_credit,
    dir_cap,
    dir_rolling_default,
    cms_reweight,
    equal_reweight,
    improvement_rounding,
    gap_to_goal,
    lambda: curve("two-slope"),
    lambda: curve("payout-table"),
    lambda: bands("RETROSPECTIVE"),
    lambda: bands("GROWTH_ONLY"),
    lambda: bands("MARGINAL"),
    step_table,
    point_credit,
    small_n_cliff,
    both_sides,
    residual_cent,
    gain_threshold,
)
