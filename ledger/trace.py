"""Trace: every number on the way to a payout, with the rule that made it.

The one rule: a number that is in no step has no part in what is paid. Source: `domain.md`
section 8, "explained to the cent".
"""

from dataclasses import dataclass
from fractions import Fraction

from ledger.amounts import render_number

_OF_PARTIES = frozenset(
    (
        "stake",
        "own score",
        "at risk",
        "partner cap",
        "year cap",
        "true-up",
        "own earn-back",
        "penalty",
        "withheld",
        "released",
        "kept",
        "beyond",
    )
)


@dataclass(frozen=True, slots=True)
class TraceInput:
    """A number that a step used; `index` is the ledger entry it comes from, if it does."""

    name: str
    value: Fraction
    index: int | None = None


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step from the results to the money: what, by which rule, from which numbers, giving what.

    `subject` is the indicator or the party that the step is about, empty for the whole. `period` is
    given where a settlement looks back at other periods than its own.
    """

    name: str
    subject: str
    rule: str
    inputs: tuple[TraceInput, ...]
    result: Fraction
    period: str = ""

    @property
    def is_about_party(self) -> bool:
        """Whether `subject` is a party; else it is an indicator, or nothing."""
        return self.name in _OF_PARTIES

    @property
    def sentence(self) -> str:
        """The step in words, with every number."""
        used = ", ".join(f"{each.name} {render_number(each.value)}" for each in self.inputs)
        when = f" of {self.period}" if self.period else ""
        given = f" ({used})" if used else ""
        return f"{self.name}{when}: {self.rule}{given} gives {render_number(self.result)}"
