"""Measurements: the value of a period, with everything it follows from.

The one rule: nobody types a result; `measuring` computes it from the parts that it names by their
ledger indices. A restatement never edits: it is a new measurement that takes an agreed one's place.
Source: `domain.md` section 5.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.errors import Refusal
from ledger.figures import Figures
from ledger.formula import Contribution
from ledger.indicator import LowSample, Standing
from ledger.proposal import Opening, ProposalStatus
from ledger.statistic import Change, Margin


class PartsMissing(Refusal):
    """Period {period} lacks the parts of {parties}. -> Ask them to submit their parts."""


class PartsOutdated(Refusal):
    """The parts of {parties} hold what is excluded by now. -> Have them submitted again."""


class InputsMissing(Refusal):
    """Period {period} lacks agreed measurements of {indicators}. -> Agree those first."""


class NothingCorrected(Refusal):
    """The parts are those of the agreed measurement already. -> Submit a correction first."""


class ExplanationMissing(Refusal):
    """A restatement is explained in 1 to 2000 characters. -> Say what was wrong and why."""


class RestatementReason(StrEnum):
    """Why an agreed measurement is restated."""

    LATE_OBSERVATIONS = "LATE_OBSERVATIONS"
    CORRECTED_OBSERVATIONS = "CORRECTED_OBSERVATIONS"
    CORRECTED_DECLARATION = "CORRECTED_DECLARATION"
    EXCLUSION_AGREED = "EXCLUSION_AGREED"
    ATTRIBUTION_CORRECTED = "ATTRIBUTION_CORRECTED"
    INPUT_RESTATED = "INPUT_RESTATED"
    RULING = "RULING"


@dataclass(frozen=True, slots=True)
class PartUsed:
    """A part of a measurement, by its entry."""

    figures: Figures
    index: int


@dataclass(frozen=True, slots=True)
class InputUsed:
    """Another indicator's agreed value in a composite, by its entry.

    `weight` is the one that it had after those without a score were spread over the others.
    """

    indicator_id: str
    weight: Fraction
    value: Fraction
    index: int


@dataclass(frozen=True, slots=True)
class ProposeMeasurement:
    """Command: have the engine compute a period, and propose the result to the co-owners."""

    indicator_id: str
    period: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class ProposeRestatement:
    """Command: compute an agreed period anew, and propose that it takes the agreed one's place."""

    indicator_id: str
    period: str
    reason: RestatementReason
    explanation: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a measurement states beside its value: its statistics, and where it came from.

    `low_sample` is the rule that a low sample was treated by, `drawn_from` the entries of earlier
    measurements that it drew on. `change` compares with the measurement of entry `before`.
    `contributions` add up to the value where the indicator is attributed. `restates` is the entry
    of the measurement that it takes the place of; `touched_settlements` (ids) and
    `touched_measurements` (entries) rest on that one. A void value stands for nothing: nobody
    answered.
    """

    margin: Margin | None = None
    answered: int | None = None
    invited: int | None = None
    is_void: bool = False
    low_sample: LowSample | None = None
    drawn_from: tuple[int, ...] = ()
    change: Change = Change.FIRST
    before: int | None = None
    contributions: tuple[Contribution, ...] = ()
    inputs: tuple[InputUsed, ...] = ()
    exclusions: tuple[int, ...] = ()
    restates: int | None = None
    reason: RestatementReason | None = None
    touched_settlements: tuple[str, ...] = ()
    touched_measurements: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasurementProposed:
    """A computed result, with everything it follows from."""

    opening: Opening
    indicator_id: str
    version: int
    version_index: int
    period: str
    parts: tuple[PartUsed, ...]
    value: Fraction
    displayed: Fraction
    standing: Standing
    sample_size: int | None
    is_low_sample: bool
    rules_version: int
    findings: Findings = Findings()


@dataclass(frozen=True, slots=True)
class MeasurementProposedV1:
    """Version 1: a value of totals alone, by the first rules, without findings."""

    opening: Opening
    indicator_id: str
    version: int
    version_index: int
    period: str
    parts: tuple[PartUsed, ...]
    value: Fraction
    displayed: Fraction
    standing: Standing
    sample_size: int | None
    is_low_sample: bool
    rules_version: int

    def upgraded(self) -> MeasurementProposed:
        """What it means in the newest version."""
        return MeasurementProposed(
            self.opening,
            self.indicator_id,
            self.version,
            self.version_index,
            self.period,
            self.parts,
            self.value,
            self.displayed,
            self.standing,
            self.sample_size,
            self.is_low_sample,
            self.rules_version,
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement as it stands; it binds when its status is AGREED.

    `restated_by` is the entry of the agreed one that took its place since.
    """

    proposal_id: str
    indicator_id: str
    version: int
    period: str
    parts: tuple[PartUsed, ...]
    value: Fraction
    displayed: Fraction
    standing: Standing
    sample_size: int | None
    is_low_sample: bool
    index: int
    status: ProposalStatus
    findings: Findings = Findings()
    restated_by: int | None = None


def proposed(event: MeasurementProposed, index: int) -> Measurement:
    """What an event proposes, as it stands right after its entry."""
    return Measurement(
        proposal_id=event.opening.proposal_id,
        indicator_id=event.indicator_id,
        version=event.version,
        period=event.period,
        parts=event.parts,
        value=event.value,
        displayed=event.displayed,
        standing=event.standing,
        sample_size=event.sample_size,
        is_low_sample=event.is_low_sample,
        index=index,
        status=ProposalStatus.OPEN,
        findings=event.findings,
    )
