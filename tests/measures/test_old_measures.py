"""What was entered before methods, parts and measurements grew keeps the meaning that it had."""

from fractions import Fraction

from ledger.figures import Figures
from ledger.history import decode_state
from ledger.indicator import IndicatorProposedV1, IndicatorVersion, RollingCount, Standing
from ledger.measurement import Findings, MeasurementProposedV1
from ledger.part import PartSubmittedV1
from ledger.register import REGISTER
from ledger.result import Around, result
from ledger.statistic import MarginKind

OPENING = (
    '{"kind":"%s","needed":1,"proposal_id":"p","replaces":"","signatories":["a"],"subject":"%s"}'
)
OLD_INDICATOR = (
    '{"indicator_id":"i","opening":'
    + OPENING % ("INDICATOR", "indicator/i")
    + ',"terms":{"attribution":"ATTRIBUTED","boundary":"INCLUSIVE","calendar":{"kind":"MONTH",'
    '"listed":[],"time_zone":"Europe/London"},"direction":"LOWER_IS_BETTER","levels":{"baseline":'
    '"90000","minimum":"80000","stretch":"50000","target":"66000"},"live_from":"2024-04",'
    '"low_sample":"PAY_NOTHING","method":{"kind":"SUM","scale":"1","segment":"ScotRail","series":'
    '"delay-minutes"},"minimum_sample":2,"name":"Delay minutes","owners":[{"party_id":"a","weight":'
    '"1"}],"perspective":"OPERATIONAL","rounding":{"mode":"HALF_UP","stage":"BEFORE_COMPARING",'
    '"step":"0.1"},"stage":"LIVE","theme":"BUSINESS_CONTINUITY","unit":"minutes","why":"It is.",'
    '"worked_examples":[{"expected":"1.5","parts":[{"denominator":null,"party_id":"a",'
    '"sample_size":null,"value":"1.5"}]}]},"version":1}'
)
OLD_PART = (
    '{"basis":{"batches":[3],"evidence_sha256":"","kind":"OBSERVATIONS","row_count":1},"figures":'
    '{"denominator":null,"party_id":"a","sample_size":1,"value":"70000.5"},"indicator_id":"i",'
    '"period":"2024-04","version":1}'
)
OLD_MEASUREMENT = (
    '{"displayed":"70000.5","indicator_id":"i","is_low_sample":true,"opening":'
    + OPENING % ("MEASUREMENT", "measurement/i/2024-04")
    + ',"parts":[{"figures":{"denominator":null,"party_id":"a","sample_size":1,"value":"70000.5"},'
    '"index":6}],"period":"2024-04","rules_version":1,"sample_size":1,"standing":"AMBER","value":'
    '"70000.5","version":1,"version_index":4}'
)


def test_an_old_version_of_an_indicator_states_what_it_meant() -> None:
    """No margin, no band, and counts that a new version does not reset."""
    event = decode_state(OLD_INDICATOR, IndicatorProposedV1).upgraded()

    assert event.terms.method.margin is MarginKind.NONE
    assert event.terms.rolling_count is RollingCount.CONTINUES
    assert event.terms.levels.upper is None
    assert event.terms.calendar.first_month == 1


def test_an_old_part_is_its_partys_alone() -> None:
    """And nothing was left out of it, nor corrected by it."""
    event = decode_state(OLD_PART, PartSubmittedV1).upgraded()

    assert event.figures == Figures("a", Fraction("70000.5"), None, 1)
    assert (event.basis.exclusions, event.is_correction) == ((), False)


def test_an_old_measurement_replays_by_the_rules_that_computed_it() -> None:
    """The evaluator of rules version 1 stays: the same event, and no findings."""
    proposed = decode_state(OLD_INDICATOR, IndicatorProposedV1).upgraded()
    event = decode_state(OLD_MEASUREMENT, MeasurementProposedV1).upgraded()
    version = IndicatorVersion("i", 1, proposed.terms, 4)

    replayed = result(event.opening, version, event.period, event.parts, Around(), 1)

    assert replayed == event
    assert event.findings == Findings()
    assert event.standing is Standing.AMBER


def test_old_readers_stay_in_the_register() -> None:
    """Rows are added, never taken out."""
    assert REGISTER["indicator.proposed", 1] is IndicatorProposedV1
    assert REGISTER["part.submitted", 1] is PartSubmittedV1
    assert REGISTER["measurement.proposed", 1] is MeasurementProposedV1
