"""Canonical JSON: one value, one sequence of bytes, against an independent encoder."""

import json
from enum import StrEnum
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    NotCanonical,
    decode,
    decode_object,
    encode,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = TEXT | st.text(st.sampled_from("aé€\ufb33\uffff\U0001f602\U00010000\x80\n"))
SCALARS = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)


def _nested(depth: int) -> object:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(VALUES)
def test_bytes_equal_those_of_an_independent_encoder(value: object) -> None:
    """The whole subset, keys in and beyond ASCII included."""
    assert rfc8785.dumps(value) == encode(value)  # type: ignore[arg-type]


@given(st.dictionaries(KEYS, st.none()))
def test_keys_are_ordered_by_utf16_unit(value: dict[str, None]) -> None:
    """Not by code point: a character beyond U+FFFF sorts by its surrogates."""
    ordered = sorted(value, key=lambda key: key.encode("utf-16-be"))

    assert ordered == list(json.loads(encode(value)))


def test_an_emoji_sorts_before_a_hebrew_presentation_form() -> None:
    """The pair that shows the two orders apart."""
    assert '{"\U0001f602":2,"\ufb33":1}'.encode() == encode({"\ufb33": 1, "\U0001f602": 2})


@given(VALUES)
def test_decoding_is_the_inverse_of_encoding(value: object) -> None:
    """A value survives, and its bytes are those of what was read."""
    data = encode(value)

    assert value == decode(data)
    assert data == encode(decode(data))


@given(VALUES)
def test_a_loosely_written_value_is_refused_or_identical(value: object) -> None:
    """Only the one canonical spelling is read."""
    loose = json.dumps(value, indent=1).encode()
    canonical = encode(value)

    if loose == canonical:
        assert value == decode(loose)
    else:
        with pytest.raises(NotCanonical):
            decode(loose)


@given(st.floats())
def test_no_float_is_encoded(number: float) -> None:
    """Neither finite nor not, neither alone nor inside."""
    for value in (number, [number], {"amount": number}):
        with pytest.raises(NotCanonical, match="float"):
            encode(value)


@given(st.integers(min_value=MAX_INTEGER + 1) | st.integers(max_value=-MAX_INTEGER - 1))
def test_no_integer_from_two_to_the_fifty_three_on_is_encoded(number: int) -> None:
    """Beyond it, readers of JSON disagree."""
    with pytest.raises(NotCanonical, match=r"2\*\*53"):
        encode([number])


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["above", "below"])
def test_an_enormous_integer_is_refused_as_any_other(number: int) -> None:
    """Longer than Python would print; still our error."""
    with pytest.raises(NotCanonical, match=r"2\*\*53"):
        encode(number)


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        {1, 2},
        {1: "key"},
        {None: 1},
        1j,
        "\ud800",
        {"\ud800": 1},
        {"\ud800": 1, "é": 2},
        [1, ["x", {"y": 1.0}]],
    ],
    ids=ascii,
)
def test_a_value_outside_the_subset_is_refused(value: object) -> None:
    """Other types, keys that are no strings, half characters."""
    with pytest.raises(NotCanonical):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b"1.0",
        b"1e3",
        b"-0",
        b"01",
        b"9007199254740992",
        b"123456789012345678901234567890",
        b"NaN",
        b'"\\u0061"',
        b'"\\/"',
        b'"\\ud800"',
        b'"\xff"',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b"\xef\xbb\xbf1",
        b"[1,]",
        b"1 2",
    ],
)
def test_bytes_in_another_form_are_refused(data: bytes) -> None:
    """Broken JSON and JSON that is merely equivalent get the same error."""
    with pytest.raises(NotCanonical):
        decode(data)


def test_nesting_is_limited() -> None:
    """Up to the limit a value survives; beyond, it is refused before any stack overflows."""
    deepest = _nested(MAX_DEPTH)

    assert deepest == decode(encode(deepest))
    for depth in (MAX_DEPTH + 1, 300, 5000):
        with pytest.raises(NotCanonical):
            encode(_nested(depth))
        with pytest.raises(NotCanonical):
            decode(b"[" * depth + b"]" * depth)


def test_a_value_that_contains_itself_is_refused() -> None:
    """A loop is only a very deep value."""
    loop: list[object] = []
    loop.append(loop)

    with pytest.raises(NotCanonical, match="nest"):
        encode(loop)


def test_tuples_mappings_and_enumerations_are_the_plain_values_they_stand_for() -> None:
    """Frozen dataclasses are made of these."""
    colour = StrEnum("colour", ["RED"])

    value = MappingProxyType({"b": (1, colour.RED), "a": True})

    assert encode(value) == b'{"a":true,"b":[1,"red"]}'


def test_an_object_is_read_where_one_is_expected() -> None:
    """A body is an object, never a bare list."""
    assert decode_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(NotCanonical, match="object"):
        decode_object(b"[]")
