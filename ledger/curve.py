"""Curves and step tables: how a number becomes a score.

The one rule: every number has one score, or the table is refused when it is proposed: what holds
before, between and after the points is a stated term, and a hole is found before anybody signs.

Sources: `domain.md` section 6; the public cases "two-slope", "payout-table", "gap-to-goal" and
"step-table".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from ledger.amounts import render_number
from ledger.errors import Refusal
from ledger.indicator import Boundary


class ValueInNoRow(Refusal):
    """{value} is in no row of the table. -> Agree terms that say what it scores."""


class Outside(StrEnum):
    """What holds before the first point, or after the last.

    NOTHING: a score of 0. HELD: the score of the nearest point. EXTENDED: a curve's straight line
    goes on. UNDEFINED: no such value can occur; only with a table whose values have a stated step.
    """

    NOTHING = "NOTHING"
    HELD = "HELD"
    EXTENDED = "EXTENDED"
    UNDEFINED = "UNDEFINED"


class Between(StrEnum):
    """What a value between two rows scores: as the row BEFORE it, the row AFTER it, or UNDEFINED.

    Before is the lower row, after the higher one, whatever the direction.
    """

    ROW_BEFORE = "ROW_BEFORE"
    ROW_AFTER = "ROW_AFTER"
    UNDEFINED = "UNDEFINED"


@dataclass(frozen=True, slots=True)
class Point:
    """At this number, this score."""

    at: Fraction
    score: Fraction


@dataclass(frozen=True, slots=True)
class Line:
    """Straight lines between points that run from worse to better, upwards or downwards.

    `boundary` says whether the number at the first point itself earns that point's score.
    """

    points: tuple[Point, ...]
    boundary: Boundary
    before: Outside
    after: Outside


@dataclass(frozen=True, slots=True)
class Steps:
    """A table of rows from lower to higher numbers.

    `step` is what every number that is looked up is a multiple of, where that is known: then a
    table may list exactly those, and leave what lies between UNDEFINED.
    """

    rows: tuple[Point, ...]
    boundary: Boundary
    before: Outside
    between: Between
    after: Outside
    step: Fraction | None


def on_line(line: Line, value: Fraction) -> tuple[Fraction, str]:
    """The score of a number on a curve, and the rule that gave it."""
    points = line.points
    sign = 1 if points[-1].at > points[0].at else -1
    place, first, last = sign * value, points[0], points[-1]
    if place < sign * first.at or (value == first.at and line.boundary is Boundary.EXCLUSIVE):
        return _outside(line.before, points[0], points[1], value, "before the threshold")
    if value == last.at:
        return last.score, "at the last point its score holds"
    if place > sign * last.at:
        return _outside(line.after, points[-1], points[-2], value, "beyond the last point")
    for one, other in pairwise(points):
        if place < sign * other.at:
            return straight(one, other, value), "a straight line between the two points around it"
    raise AssertionError("the points cover every number")


def _outside(
    rule: Outside, near: Point, next_to_it: Point, value: Fraction, where: str
) -> tuple[Fraction, str]:
    match rule:
        case Outside.NOTHING:
            return Fraction(0), f"{where} nothing is earned"
        case Outside.HELD:
            return near.score, f"{where} the nearest point's score holds"
        case Outside.EXTENDED:
            return straight(near, next_to_it, value), f"{where} the straight line goes on"
        case Outside.UNDEFINED:
            raise ValueInNoRow(value=render_number(value))


def straight(one: Point, other: Point, value: Fraction) -> Fraction:
    """The score at a number on the straight line through two points."""
    return one.score + (value - one.at) / (other.at - one.at) * (other.score - one.score)


def in_table(table: Steps, value: Fraction) -> tuple[Fraction, str]:
    """The score of a number in a step table, and the rule. Raises ValueInNoRow.

    At a row's own number the row holds if the boundary is INCLUSIVE; else the one before does.
    """
    rows = table.rows
    exact = next((row for row in rows if row.at == value), None)
    if exact is not None and table.boundary is Boundary.INCLUSIVE:
        return exact.score, "the row of exactly this number"
    if value <= rows[0].at:
        return _outside(table.before, rows[0], rows[0], value, "before the first row")
    if value > rows[-1].at:
        return _outside(table.after, rows[-1], rows[-1], value, "beyond the last row")
    for one, other in pairwise(rows):
        if value <= other.at:
            return _between(table.between, one, other, value)
    raise AssertionError("the rows cover every number")


def _between(rule: Between, one: Point, other: Point, value: Fraction) -> tuple[Fraction, str]:
    match rule:
        case Between.ROW_BEFORE:
            return one.score, f"the row from {render_number(one.at)} on"
        case Between.ROW_AFTER:
            return other.score, f"the row up to {render_number(other.at)}"
        case Between.UNDEFINED:
            raise ValueInNoRow(value=render_number(value))


def hole(table: Steps, periods: int) -> str:
    """Where a table has no score for a number that can occur, in words; empty where it has none.

    `periods` is how many are averaged: a mean of k multiples of the step is a multiple of step/k.
    """
    rows = table.rows
    if table.step is None:
        return _open_hole(table)
    for count in range(1, periods + 1):
        step = table.step / count
        for one, other in pairwise(rows):
            if table.between is Between.UNDEFINED and (between := _within(one.at, other.at, step)):
                return f"{between} is in no row"
        if any((row.at / step).denominator != 1 for row in rows):
            return f"a row is no multiple of {render_number(table.step)}"
    if table.boundary is Boundary.EXCLUSIVE and table.between is Between.UNDEFINED:
        return f"{render_number(rows[-1].at)} itself is in no row"
    return ""


def _open_hole(table: Steps) -> str:
    first, last = render_number(table.rows[0].at), render_number(table.rows[-1].at)
    if table.between is Between.UNDEFINED and len(table.rows) > 1:
        middle = (table.rows[0].at + table.rows[1].at) / 2
        return f"{render_number(middle)}, between two rows, is in no row"
    if table.before is Outside.UNDEFINED:
        return f"what lies before {first} is in no row"
    if table.after is Outside.UNDEFINED:
        return f"what lies beyond {last} is in no row"
    return ""


def _within(low: Fraction, high: Fraction, step: Fraction) -> str:
    """The first multiple of a step strictly between two numbers, in words."""
    quotient = low / step
    found = (quotient.numerator // quotient.denominator + 1) * step
    return render_number(found) if found < high else ""


def best_score(points: Sequence[Point]) -> Fraction:
    """The highest score that a table or a curve without extension gives."""
    return max(Fraction(0), *(point.score for point in points))
