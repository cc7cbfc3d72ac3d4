"""Exact numbers: decimals, rounding, money, and splits that add up.

The one rule: no float, ever. A number enters as a string, is computed as `Decimal` or `Fraction`,
and is rounded only where the terms say so, in the mode, step and stage they say.

Sources: ISO 4217 (minor units); `domain.md` section 6 (residual cents by largest remainder, ties
to the earlier party).
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ledger.errors import Fault, Refusal

MAX_DIGITS = 30
"""Digits a number may have in all; enough for any sum of money in any currency's minor units."""

MAX_MINOR = 10**15
"""Minor units in one amount: thousands of such amounts still fit a bigint balance."""

_ISO_4217 = {
    # Table A.1 but metals, units of account and test codes, by the decimals of the minor unit.
    2: """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD
BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP
ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
""",
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNITS = {code: digits for digits, codes in _ISO_4217.items() for code in codes.split()}

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")
_FRACTION = re.compile(r"-?(0|[1-9][0-9]*)/[1-9][0-9]*\Z")


class NumberMalformed(Refusal):
    """{text!r} is not a plain decimal number. -> Write digits with an optional point: "1234.50"."""


class CurrencyUnknown(Refusal):
    """{currency!r} is not a currency code that we know. -> Use an ISO 4217 code such as EUR."""


class TooManyDecimals(Refusal):
    """{amount} has more decimals than {currency} has ({digits}). -> Round it to {digits}."""


class AmountTooLarge(Refusal):
    """{amount} {currency} is more than a book can hold. -> Use less than 10^15 minor units."""


class Rounding(StrEnum):
    """How a rest is rounded. HALF_UP is away from zero at a tie, as contracts mean it."""

    HALF_UP = "HALF_UP"
    HALF_EVEN = "HALF_EVEN"
    HALF_DOWN = "HALF_DOWN"
    UP = "UP"
    DOWN = "DOWN"
    CEILING = "CEILING"
    FLOOR = "FLOOR"


def parse_number(text: str, path: str = "") -> Fraction:
    """The exact value of "1234.50" or "55/3". Raises NumberMalformed, also past MAX_DIGITS."""
    if len(text) <= 2 * MAX_DIGITS and sum(c.isdigit() for c in text) <= MAX_DIGITS:
        if _DECIMAL.match(text):
            return Fraction(Decimal(text))
        if _FRACTION.match(text):
            return Fraction(text)
    raise NumberMalformed(path, text=text[: 2 * MAX_DIGITS])


def render_number(value: Fraction) -> str:
    """Shortest exact decimal of a value, or "55/3" where no finite decimal exists.

    Law: parse_number(render_number(x)) == x while x stays within MAX_DIGITS.
    """
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        rest //= 2
        twos += 1
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return render_fixed(value, max(twos, fives))


def render_fixed(value: Fraction, digits: int) -> str:
    """A decimal with exactly `digits` places. Requires that the value has no more of them."""
    scaled = value * 10**digits
    if scaled.denominator != 1:
        raise Fault(f"{value} has more than {digits} decimals")
    return _point(scaled.numerator, digits)


def _point(units: int, digits: int) -> str:
    """A decimal of so many units of its last place."""
    sign = "-" if units < 0 else ""
    whole = str(abs(units)).rjust(digits + 1, "0")
    return sign + (f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole)


def round_to(value: Fraction, step: Fraction, mode: Rounding) -> Fraction:
    """The multiple of `step` next to the value, by `mode`. Requires step > 0."""
    quotient = value / step
    lower = quotient.numerator // quotient.denominator
    rest = quotient - lower
    if rest == 0:
        return value
    negative = value < 0
    half = Fraction(1, 2)
    match mode:
        case Rounding.CEILING:
            up = True
        case Rounding.FLOOR:
            up = False
        case Rounding.UP:
            up = not negative
        case Rounding.DOWN:
            up = negative
        case Rounding.HALF_EVEN:
            up = rest > half or (rest == half and lower % 2 == 1)
        case Rounding.HALF_UP:
            up = rest > half or (rest == half and not negative)
        case Rounding.HALF_DOWN:
            up = rest > half or (rest == half and negative)
    return step * (lower + up)


def minor_digits(currency: str, path: str = "") -> int:
    """Decimals of a currency's minor unit. Raises CurrencyUnknown. Source: ISO 4217."""
    if currency not in MINOR_UNITS:
        raise CurrencyUnknown(path, currency=currency)
    return MINOR_UNITS[currency]


class Money:
    """An exact amount: integer minor units of one ISO 4217 currency. Immutable."""

    __slots__ = ("amount_minor", "currency")

    currency: str
    amount_minor: int

    def __init__(self, currency: str, amount_minor: int) -> None:
        """An amount of `amount_minor` minor units, such as cents."""
        object.__setattr__(self, "currency", currency)
        object.__setattr__(self, "amount_minor", amount_minor)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"money is immutable: {name} stays")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return (self.currency, self.amount_minor) == (other.currency, other.amount_minor)

    def __hash__(self) -> int:
        return hash((self.currency, self.amount_minor))

    def __repr__(self) -> str:
        return f"Money({self.currency!r}, {self.amount_minor})"

    @classmethod
    def parse(cls, amount: str, currency: str, path: str = "") -> "Money":
        """Read "12.50" EUR. Raises NumberMalformed and what `of` raises."""
        return cls.of(parse_number(amount, path), currency, path)

    @classmethod
    def of(cls, amount: Fraction, currency: str, path: str = "") -> "Money":
        """Major units as money. Raises CurrencyUnknown, TooManyDecimals, AmountTooLarge."""
        digits = minor_digits(currency, path)
        scaled = amount * 10**digits
        if scaled.denominator != 1:
            raise TooManyDecimals(
                path, amount=render_number(amount), currency=currency, digits=digits
            )
        if abs(scaled.numerator) >= MAX_MINOR:
            raise AmountTooLarge(path, amount=render_number(amount), currency=currency)
        return cls(currency, scaled.numerator)

    @property
    def value(self) -> Fraction:
        """The amount in major units."""
        return Fraction(self.amount_minor, 10 ** minor_digits(self.currency))

    def render(self) -> str:
        """The amount with all its decimals, "12.50". Law: parse(render(m)) == m."""
        return _point(self.amount_minor, minor_digits(self.currency))


def allocate(total: int, shares: Sequence[Fraction]) -> list[int]:
    """Split `total` minor units by `shares`, exactly.

    Requires every share >= 0 and their sum > 0. What whole units leave over goes one by one to
    the largest remainders, ties to the earlier share. A negative total splits as its positive
    mirror image. Law: the parts sum to `total`. Source: domain.md section 6, "split".
    """
    whole = sum(shares, Fraction(0))
    if whole <= 0 or any(share < 0 for share in shares):
        raise Fault("shares to allocate by are non-negative and not all zero")
    if total < 0:
        return [-part for part in allocate(-total, shares)]
    exact = [total * share / whole for share in shares]
    parts = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts
