"""Scalars: numbers as strings, never floats; instants in UTC; indices beyond 32 bits.

The one rule: a scalar that cannot be read refuses the request with what was found, its place (see
`graph/places.py`) and an example of what is read, and nothing was changed. Source: `api.md`,
"numbers".
"""

import json
import re
from base64 import b64encode
from datetime import UTC, date, datetime
from fractions import Fraction
from hashlib import sha256
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graph.nodes import MAX_INDEX
from ledger.amounts import MAX_DIGITS, NumberMalformed, parse_number, render_number
from ledger.history import decode_base64

Index = NewType("Index", int)
Base64 = NewType("Base64", str)
Json = NewType("Json", str)
Sha256 = NewType("Sha256", str)
Exact = NewType("Exact", str)
"""A Decimal that is written out already, with the decimals of its currency."""


_SHA256 = re.compile("[0-9a-f]{64}")
_EXAMPLE = sha256(b"").hexdigest()
SHOWN = 40
"""How many characters of a text that cannot be read are shown to who sent it."""


def _parse_decimal(value: object) -> Fraction:
    try:
        if isinstance(value, str):
            return parse_number(value)
    except NumberMalformed:
        pass
    raise _unreadable(
        value,
        f'Decimal: write a string of at most {MAX_DIGITS} digits, such as "1234.50", or "55/3"; '
        "a JSON number would lose digits",
    )


def _render_decimal(value: Fraction | str) -> str:
    return value if isinstance(value, str) else render_number(value)


def _parse_index(value: object) -> Index:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_INDEX:
        raise _unreadable(value, "Index: write a whole number from 0 to 2^53 - 1, such as 42")
    return Index(value)


def _parse_instant(value: object) -> datetime:
    try:
        if isinstance(value, str):
            instant = datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _unreadable(
        value, 'DateTime: write RFC 3339 with an offset, such as "2026-03-31T12:00:00Z"'
    )


def _parse_base64(value: object) -> Base64:
    try:
        if isinstance(value, str):
            decode_base64(value)
            return Base64(value)
    except ValueError:
        pass
    raise _unreadable(value, 'Base64: write the canonical form with padding, such as "aGVsbG8="')


def _parse_sha256(value: object) -> Sha256:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return Sha256(value)
    raise _unreadable(
        value,
        "Sha256: write 64 lower-case hexadecimal digits, as sha256sum prints them for a file, such "
        f'as "{_EXAMPLE}"',
    )


def _parse_date(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2026-03-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _unreadable(value, 'Date: write a full date of RFC 3339, such as "2026-03-31"')


def _render_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _unreadable(value: object, form: str) -> GraphQLError:
    """The error of a value that has not the form; whoever reports it adds the place."""
    return GraphQLError(f"{_shown(value)} is no {form}.", extensions={"code": "BAD_REQUEST"})


def _shown(value: object) -> str:
    """A value as its sender wrote it; of a long one the beginning."""
    match value:
        case str():
            return json.dumps(value[:SHOWN] + "..." * (len(value) > SHOWN), ensure_ascii=False)
        case None | bool() | int() | float():
            return json.dumps(value)
        case list() | tuple():
            return "A list"
        case _:
            return "An object"


def base64(data: bytes) -> Base64:
    """Bytes as the API shows them."""
    return Base64(b64encode(data).decode())


DECIMAL = strawberry.scalar(
    name="Decimal",
    description='An exact number as a string: "1234.50", or "55/3" where no finite decimal '
    "exists. At most 30 digits in. Never a JSON number.",
    specified_by_url="https://spec.graphql.org/October2021/#sec-Scalars.Custom-Scalars",
    serialize=_render_decimal,
    parse_value=_parse_decimal,
)
SCALARS: dict[object, ScalarDefinition] = {
    Fraction: DECIMAL,
    Exact: DECIMAL,
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339, in UTC when we answer; any offset is read.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=_render_instant,
        parse_value=_parse_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar, a full date of RFC 3339; it begins at midnight of the "
        "zone of what it stands in.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
        serialize=date.isoformat,
        parse_value=_parse_date,
    ),
    Index: strawberry.scalar(
        name="Index",
        description="A place in the ledger, its size, or another count that may pass 32 bits: "
        "a whole number from 0 to 2^53 - 1.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc6962#section-2.1",
        serialize=int,
        parse_value=_parse_index,
    ),
    Base64: strawberry.scalar(
        name="Base64",
        description="Bytes in canonical base64 with padding; hashes have 32 bytes.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc4648#section-4",
        serialize=str,
        parse_value=_parse_base64,
    ),
    Sha256: strawberry.scalar(
        name="Sha256",
        description="SHA-256 of a document's bytes: 64 lower-case hexadecimal digits, as "
        "`sha256sum` prints them. Hashes of the ledger's own are Base64.",
        specified_by_url="https://doi.org/10.6028/NIST.FIPS.180-4",
        serialize=str,
        parse_value=_parse_sha256,
    ),
    Json: strawberry.scalar(
        name="CanonicalJson",
        description="Canonical JSON (JCS) as a string: its bytes can be hashed as they are.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8785",
        serialize=str,
        parse_value=str,
    ),
}
