"""Canonical JSON (JCS, RFC 8785): one sequence of bytes for one value.

The one rule: nothing is ever re-serialised; what was encoded here once is stored and hashed
verbatim. Ours is a strict subset: no floats at all (amounts and decimals travel as strings), and
integers below 2**53 in magnitude (RFC 8785 section 3.2.2.3, RFC 7493 section 2.2).

`encode` is orjson with sorted keys where that is already canonical, and our own ordering by UTF-16
code unit elsewhere: orjson orders by code point, which differs for characters from U+E000 on.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import orjson

from ledger.errors import Fault, Refusal

MAX_INTEGER = 2**53 - 1  # RFC 7493 section 2.2: the integers every JSON reader keeps exactly
MAX_DEPTH = 64  # ours: deeper than any body; below the limits of orjson (254) and of Python's stack

_LEAVES = frozenset({str, int, bool, type(None)})
_PLAIN = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER  # refuses integers of 2**53 and beyond
_FROM_E000 = re.compile(rb"[\xee-\xff]")  # first bytes in UTF-8 of characters from U+E000 on

type_error = "a canonical body holds objects, arrays, strings, integers, booleans and null"


class NotCanonical(Fault):
    """A value or bytes outside our subset of canonical JSON."""


class TextMalformed(Refusal):
    """A text contains the character NUL, which cannot be kept. -> Send it without."""


def require_text(value: object, path: str = "") -> None:
    """Return if no text in a value, its tuples and dataclasses contains NUL.

    Raises TextMalformed with its place. PostgreSQL holds NUL in no text, JSON's escape included.
    """
    if not _holds_nul(value):
        return
    match value:
        case str():
            raise TextMalformed(path)
        case tuple():
            for number, item in enumerate(value):
                require_text(item, f"{path}[{number}]")
        case _:
            for name in getattr(type(value), "__match_args__", ()):
                place = "" if name == "terms" else _camel(name)  # a command's terms are its input
                require_text(getattr(value, name), ".".join(filter(None, (path, place))))


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, tuple):
        return any(_holds_nul(item) for item in value)
    names = getattr(type(value), "__match_args__", ())
    return any(_holds_nul(getattr(value, name)) for name in names)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def encode(value: object) -> bytes:
    """Canonical bytes of a value of objects, arrays, strings, integers, booleans and null.

    Raises NotCanonical on floats, integers of 2**53 and beyond, lone surrogates, other types,
    and more than MAX_DEPTH objects and arrays inside each other.
    """
    if _is_plain(value, MAX_DEPTH):
        with suppress(orjson.JSONEncodeError):  # what is wrong is said below
            data = orjson.dumps(value, option=_PLAIN)
            if data.isascii() or _FROM_E000.search(data) is None:
                return data
    ordered = _ordered(value, MAX_DEPTH)
    try:
        return orjson.dumps(ordered)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise NotCanonical(str(error)) from error


def decode(data: bytes) -> object:
    """The value of canonical bytes; law: encode(decode(data)) == data. Raises NotCanonical."""
    try:
        value: object = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotCanonical(str(error)) from error
    if encode(value) != data:
        raise NotCanonical("the bytes are JSON but not in canonical form")
    return value


def decode_object(data: bytes) -> dict[str, object]:
    """Like `decode`, for bytes that must hold an object."""
    value = decode(data)
    if not isinstance(value, dict):
        raise NotCanonical("expected a JSON object")
    return cast("dict[str, object]", value)


def _is_plain(value: object, depth: int) -> bool:
    """Whether a value is made of JSON's own types alone, no floats, and nests no deeper."""
    kind = type(value)
    if kind in _LEAVES:
        return True
    if depth == 0:
        return False
    if kind is dict:
        items = cast("dict[object, object]", value)
        for key, item in items.items():
            if type(key) is not str:
                return False
            if type(item) not in _LEAVES and not _is_plain(item, depth - 1):
                return False
        return True
    if kind is not list and kind is not tuple:
        return False
    for item in cast("list[object]", value):
        if type(item) not in _LEAVES and not _is_plain(item, depth - 1):
            return False
    return True


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _ordered(value: object, depth: int) -> object:
    match value:
        case None | bool() | str():
            return value
        case int():
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise NotCanonical("an integer is beyond 2**53: carry it as a string")
            return value
        case list() | tuple() | dict() | Mapping() if depth == 0:
            raise NotCanonical(f"objects and arrays nest deeper than {MAX_DEPTH}")
        case list() | tuple():
            return [_ordered(item, depth - 1) for item in value]
        case dict() | Mapping():
            return _ordered_object(value, depth - 1)
        case _:
            raise NotCanonical(f"{type(value).__name__}: {type_error}")


def _ordered_object(value: Mapping[object, object], depth: int) -> dict[str, object]:
    keys = list(value)
    if not all(isinstance(key, str) for key in keys):
        raise NotCanonical("keys are strings")
    names = cast("list[str]", keys)
    names.sort(key=None if all(name.isascii() for name in names) else _utf16)
    return {name: _ordered(value[name], depth) for name in names}
