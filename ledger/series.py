"""Series: what a party's values of one name are in, declared once and held to afterwards.

The one rule: a declaration, once made, holds for the party's later batches of the series; changing
it is said openly by `replaces`, and the ledger shows it. Source: `domain.md` section 5.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from immutables import Map

from ledger.amounts import render_number
from ledger.canonical import require_text
from ledger.errors import Refusal

MAX_UNIT = 120


class DeclarationMalformed(Refusal):
    """The series cannot be declared so: {reason}. -> Correct the declaration."""


class SeriesDiffers(Refusal):
    """Your series {series!r} is declared as {standing}, not {given}. -> Declare the same."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the values of a series are in: unit, smallest and largest possible value.

    `replaces` says that it takes the place of an earlier declaration on purpose.
    """

    unit: str
    minimum: Fraction | None = None
    maximum: Fraction | None = None
    replaces: bool = False

    def __str__(self) -> str:
        bounds = (self.minimum, self.maximum)
        low, high = ("any" if each is None else render_number(each) for each in bounds)
        return f"{self.unit!r} from {low} to {high}"


@dataclass(frozen=True, slots=True)
class SeriesDeclared:
    """What a party's series is declared to be, by the entry at `index`."""

    party: str
    series: str
    declaration: Declaration
    index: int

    @property
    def key(self) -> str:
        """What it is known by among the projections."""
        return series_key(self.party, self.series)


def series_key(party: str, series: str) -> str:
    """What a party's series is known by: a party's id has no slash."""
    return f"{party}/{series}"


Declarations = Map[tuple[str, str], Declaration]
"""(party id, series) -> what holds now."""


def declared_now(given: Declaration | None, standing: Declaration | None) -> Declaration | None:
    """What holds for a batch: its own declaration, else the standing one."""
    return standing if given is None else replace(given, replaces=False)


def check_declaration(series: str, given: Declaration | None, standing: Declaration | None) -> None:
    """Return if a batch may declare this. Raises DeclarationMalformed, SeriesDiffers."""
    if given is None:
        return
    require_text(given.unit, "declared.unit")
    if not 1 <= len(given.unit.strip()) <= MAX_UNIT:
        raise DeclarationMalformed("declared.unit", reason="a unit has 1 to 120 characters")
    if given.minimum is not None and given.maximum is not None and given.minimum > given.maximum:
        raise DeclarationMalformed("declared.minimum", reason="the minimum is above the maximum")
    for name, bound in (("minimum", given.minimum), ("maximum", given.maximum)):
        if bound is not None and "/" in render_number(bound):
            raise DeclarationMalformed(f"declared.{name}", reason="a bound is a finite decimal")
    if standing is not None and not given.replaces and given != standing:
        raise SeriesDiffers("declared", series=series, standing=standing, given=given)


def require_within(declared: Declaration | None, value: Fraction) -> None:
    """Return if a value is possible; raise ValueError with the reason otherwise."""
    if declared is None:
        return
    too_low = declared.minimum is not None and value < declared.minimum
    too_high = declared.maximum is not None and value > declared.maximum
    if too_low or too_high:
        raise ValueError(f"{render_number(value)} is impossible: the series is {declared}")


def evolve(
    declarations: Declarations, party: str, series: str, given: Declaration | None
) -> Declarations:
    """What is declared after a batch."""
    if given is None:
        return declarations
    return declarations.set((party, series), replace(given, replaces=False))
