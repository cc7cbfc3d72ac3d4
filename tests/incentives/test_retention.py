"""What is at risk is withheld from invoices until it is settled, or it is not: a stated term."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import history, retention
from ledger.amounts import Money, Rounding
from ledger.evaluation import Evaluation, Inputs, evaluate
from ledger.indicator import Levels, LowSample
from ledger.reading import Result
from ledger.register import REGISTER
from ledger.retention import Retention, Withholding
from ledger.sentence import sentences
from ledger.terms import SchemeTerms
from tests.auditor import audit
from tests.frozen.test_frozen import sample
from tests.incentives.declared import declared, engine_terms, item, line, run, shared, told
from tests.incentives.declared import given as say
from tests.incentives.public_cases import at_risk, missed
from tests.incentives.test_api import BUYER, PARTNERS, indicators, named
from tests.world import World

LEVELS = Levels(Fraction(0), Fraction(50), Fraction(100), Fraction(120))
BOTH_WAYS = {"line": line([["0", "0"], ["100", "1"]], before="EXTENDED", after="EXTENDED")}
HELD = {"line": line([["0", "0"], ["100", "1"]])}


def held(withheld: int, stake: int, *, is_credit: bool) -> tuple[int, int, int, int]:
    """What is released, kept, beyond, and owed in all, in cents."""
    found = retention.released(Money("EUR", withheld), Money("EUR", stake), is_credit=is_credit)
    amounts = (found.released, found.kept, found.beyond, found.owed)
    a, b, c, d = (each.amount_minor for each in amounts)
    return a, b, c, d


@pytest.mark.parametrize(
    ("is_credit", "stake", "expected"),
    [
        (False, 100, (100, 0, 0, 100)),  # all earned
        (False, 60, (60, 40, 0, 60)),
        (False, 0, (0, 100, 0, 0)),
        (False, 130, (100, 0, 30, 130)),  # a bonus beyond what was at risk
        (False, -20, (0, 100, -20, -20)),  # a malus beyond it: the partner owes it
        (True, 0, (100, 0, 0, 100)),  # no credit: all comes back
        (True, -30, (70, 30, 0, 70)),
        (True, -100, (0, 100, 0, 0)),
        (True, -140, (0, 100, -40, -40)),  # a credit beyond it: the partner owes the rest
        (True, 10, (100, 0, 10, 110)),
    ],
)
def test_what_becomes_of_a_hundred_cents_withheld(
    is_credit: bool, stake: int, expected: tuple[int, int, int, int]
) -> None:
    """An incentive earns it back, a credit takes from it; what goes beyond is owed."""
    assert held(100, stake, is_credit=is_credit) == expected


def test_while_a_part_is_disputed_what_it_is_about_stays_withheld() -> None:
    """Released is what is so either way, kept too; the rest waits."""

    def certain(stake: int, without: int, *, is_credit: bool) -> Withholding:
        whole, one, other = (Money("EUR", each) for each in (100, stake, without))
        return retention.undisputed(whole, one, other, is_credit=is_credit)

    earned = certain(80, 50, is_credit=False)
    assert (earned.released.amount_minor, earned.kept.amount_minor) == (50, 20)
    credited = certain(-80, -50, is_credit=True)
    assert (credited.released.amount_minor, credited.kept.amount_minor) == (20, 50)
    owed = certain(-80, -50, is_credit=False)
    assert (owed.kept.amount_minor, owed.owed.amount_minor) == (100, -50)


def terms(
    kind: str, bases: list[int], rate: Fraction, rounding: dict[str, str], how: str
) -> SchemeTerms:
    """A share of each party's base at risk, scored both ways beyond 0 and 1."""
    stated = [
        {"partyId": f"p{i}", "amount": {"amount": Money("EUR", b).render(), "currency": "EUR"}}
        for i, b in enumerate(bases)
    ]
    schedule = [{"fromYear": 1, "share": str(rate)}]
    funding = {"currency": "EUR", "schedule": schedule, "bases": stated, "retention": how}
    return engine_terms(
        declared(
            [item(0, BOTH_WAYS)],
            kind=kind,
            funding={"atRisk": funding},
            split=shared(*["0"] * len(bases)),
            rounding=rounding,
        )
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[SchemeTerms, SchemeTerms, Inputs]:
    """The same terms withheld and not, with any result, any days of membership."""
    bases = draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=5))
    rounding = {
        "mode": str(draw(st.sampled_from(list(Rounding)))),
        "step": draw(st.sampled_from(["0.01", "0.05", "1", "100"])),
        "stage": draw(st.sampled_from(["TOTAL", "EACH_PART"])),
    }
    rate = draw(st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
    kind = draw(st.sampled_from(["INCENTIVE", "CREDIT"]))
    value = draw(st.one_of(st.just(Fraction(100)), st.fractions(-50, 250, max_denominator=1000)))
    days = draw(st.lists(st.integers(0, 31), min_size=5, max_size=5))
    presence = {f"p{i}": Fraction(day, 31) for i, day in enumerate(days)}
    series = {"i0": (Result(value, value, LEVELS, False, False, LowSample.PAY_NOTHING, 7),)}
    one, other = (terms(kind, bases, rate, rounding, str(how)) for how in Retention)
    return one, other, Inputs(series, presence)


def cents(found: Evaluation) -> list[int]:
    """The parts."""
    return [part.amount_minor for part in found.parts]


@settings(deadline=None)
@given(case=cases())
def test_what_was_withheld_is_released_or_kept_to_the_cent(
    case: tuple[SchemeTerms, SchemeTerms, Inputs],
) -> None:
    """For any result and rounding; the stakes are those of terms that withhold nothing."""
    one, other, inputs = case

    found, plain = evaluate(one, inputs), evaluate(other, inputs)

    assert (found.parts, found.unallocated) == (plain.parts, plain.unallocated)
    assert plain.withholdings == ()
    assert len(found.withholdings) == len(found.parts)
    is_whole = inputs.series["i0"][-1].value == 100
    for stake, each in zip(cents(found), found.withholdings, strict=True):
        assert each.released.amount_minor + each.kept.amount_minor == each.withheld.amount_minor
        assert min(each.released.amount_minor, each.kept.amount_minor) >= 0, told(found)
        assert each.owed.amount_minor == each.released.amount_minor + each.beyond.amount_minor
        credited = one.kind == "CREDIT"
        assert each.owed.amount_minor == stake + (each.withheld.amount_minor if credited else 0)
        assert each.beyond.amount_minor <= 0 or each.kept.amount_minor == 0
        assert each.beyond.amount_minor >= 0 or each.released.amount_minor == 0
        if is_whole:  # a full score releases all of it, a full credit none
            whole = (each.withheld.amount_minor, 0)[credited]
            assert (each.released.amount_minor, each.beyond.amount_minor) == (whole, 0)
    assert evaluate(one, inputs) == found


def test_the_trace_says_what_was_withheld_released_and_kept() -> None:
    """Each step about the party alone, with the numbers that it used."""
    withheld = at_risk("1/10", "1000.00", "EUR", "WITHHELD")
    found = run(declared([item(0, HELD)], funding=withheld), [say(0, "70")])

    steps = {step.name: step for step in found.trace if step.subject == "p0"}
    assert {name: str(steps[name].result) for name in ("withheld", "released", "kept")} == {
        "withheld": "100",
        "released": "70",
        "kept": "30",
    }
    assert all(steps[name].is_about_party for name in ("withheld", "released", "kept"))
    assert "beyond" not in steps


@pytest.mark.parametrize(
    ("kind", "how", "said"),
    [
        ("INCENTIVE", "WITHHELD", "then what is earned is released, and the payer keeps the rest."),
        ("CREDIT", "WITHHELD", "released but for what is credited, which the payer keeps."),
        ("INCENTIVE", "NOT_WITHHELD", "Nothing of it is withheld from invoices"),
    ],
)
def test_a_lawyer_reads_whether_it_is_withheld(kind: str, how: str, said: str) -> None:
    """One sentence, also where nothing is."""
    form = missed() if kind == "CREDIT" else BOTH_WAYS
    stated = declared([item(0, form)], kind=kind, funding=at_risk("1/10", "9.00", "EUR", how))

    assert any(said in sentence for sentence in sentences(engine_terms(stated), {}))


def test_terms_of_before_withheld_nothing() -> None:
    """An entry of version 2 that put a share at risk says nothing of it: it was not withheld."""
    kept = sample("scheme.proposed", 2)
    body = history.decode_state(kept["body"], dict)
    [base] = at_risk("1/10", "9.00")["atRisk"]["bases"]
    amount = {"party_id": base["partyId"], "amount": base["amount"]}
    stated = {"currency": "USD", "schedule": [{"from_year": 1, "share": "1/10"}]}
    funding = {"pool": None, "earned_in": ""}
    source: dict[str, Any] = {**stated, "bases": [amount], "base_indicator_id": ""}
    body["terms"]["funding"] = funding | {"at_risk": source}

    old: Any = history.decode_state(history.render_state(body), REGISTER["scheme.proposed", 2])
    event = old.upgraded()

    assert event.terms.funding.at_risk.retention is Retention.NOT_WITHHELD
    assert not event.terms.withholds


TERMS = declared([item(0, HELD)], validFromPeriod="2024-04")


@pytest.mark.parametrize(
    ("funding", "unallocated", "place"),
    [
        (at_risk("1/10", "9.00", "EUR", "WITHHELD"), "STAYS_UNALLOCATED", "unallocated"),
        (at_risk("1/10", "9.00", "EUR", "NOT_WITHHELD"), "STAYS_UNALLOCATED", None),
        (at_risk("1/10", "9.00", "EUR", "WITHHELD"), "RETURNS_TO_OUTSOURCER", None),
    ],
)
async def test_what_is_withheld_and_not_earned_has_a_keeper(
    world: World, funding: dict[str, Any], unallocated: str, place: str | None
) -> None:
    """It cannot stay nobody's: somebody did not pay it."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    example = {"values": [say(0, "100")], "expected": {"amount": "0.90", "currency": "EUR"}}
    other = {"funding": funding, "unallocated": unallocated, "workedExamples": [example]}
    stated = named(world, ids, TERMS | other)

    if place is None:
        await world.done(BUYER, "proposeScheme", stated)
    else:
        assert (await world.refused(BUYER, "proposeScheme", stated))["path"] == place
    await audit(world.settings, world.ecosystem_id)


async def test_whether_it_is_withheld_is_said_by_the_caller(world: World) -> None:
    """No default: terms that leave it out are not terms."""
    await world.found(BUYER, *PARTNERS)
    ids = await indicators(world)
    funding = at_risk("1/10", "9.00", "EUR")
    del funding["atRisk"]["retention"]

    query = """query($terms: SchemeTermsInput!) {
      previewScheme(terms: $terms, assumed: []) { sentences } }"""
    stated = named(world, ids, TERMS | {"funding": funding})
    answer = await world.ask(query, {"terms": stated}, world.token(BUYER))

    assert "'retention'" in str(answer["errors"])
