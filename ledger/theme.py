"""Themes: what joint indicators serve, and how many may be live on each.

The one rule: priorities are limited on purpose; the cap of a theme is the policy's, so it is agreed
by all who sign. Source: `domain.md` sections 1 and 4.
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import Refusal

MAX_CAP = 100


class ThemeCapMalformed(Refusal):
    """This cap cannot stand: {reason}. -> Name each theme once, with a cap from 0 to 100."""


class Theme(StrEnum):
    """The few themes that joint indicators serve."""

    CUSTOMER_SATISFACTION = "CUSTOMER_SATISFACTION"
    BUSINESS_CONTINUITY = "BUSINESS_CONTINUITY"
    SPEED_AGILITY = "SPEED_AGILITY"
    INNOVATION = "INNOVATION"


@dataclass(frozen=True, slots=True)
class ThemeCap:
    """How many indicators may be live on a theme."""

    theme: Theme
    cap: int


def check_caps(caps: tuple[ThemeCap, ...], path: str) -> None:
    """Return if the caps can hold. Raises ThemeCapMalformed."""
    for number, each in enumerate(caps):
        place = f"{path}[{number}]"
        if any(each.theme is before.theme for before in caps[:number]):
            raise ThemeCapMalformed(f"{place}.theme", reason=f"{each.theme} is named twice")
        if not 0 <= each.cap <= MAX_CAP:
            raise ThemeCapMalformed(f"{place}.cap", reason=f"{each.cap} is no such number")
