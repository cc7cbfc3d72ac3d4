"""Envelopes are read by their shape, and only the canonical bytes of one are."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import NotCanonical, decode_object, encode
from ledger.history import Undecodable, open_envelope

WHOLE: dict[str, Any] = {
    "actor": {"party": "p", "subject": "s"},
    "at": "2024-05-01T10:30:35.123456Z",
    "audience": ["*"],
    "body": "b",
    "ecosystem": "e",
    "index": 7,
    "kind": "k",
    "v": 1,
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUE = st.one_of(TEXT, st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.none())


@given(
    st.dictionaries(st.sampled_from([*WHOLE, "annex", "other"]), VALUE, max_size=3),
    st.booleans(),
    st.booleans(),
)
def test_what_is_opened_is_canonical(
    changed: dict[str, Any], is_sorted: bool, is_spaced: bool
) -> None:
    """Whatever is changed in it, and however it is written."""
    separators = (", ", ": ") if is_spaced else (",", ":")
    text = json.dumps(
        WHOLE | changed, sort_keys=is_sorted, separators=separators, ensure_ascii=False
    )
    data = text.encode()
    try:
        opened = open_envelope(data)
    except Undecodable:
        return
    fields = decode_object(data)
    assert (opened.index, opened.kind, opened.version) == (
        fields["index"],
        fields["kind"],
        fields["v"],
    )
    assert encode(fields) == data


@pytest.mark.parametrize(
    "annex", [{}, {"annex": "commitment"}, {"annex": ""}, {"later": "a field of another version"}]
)
def test_a_whole_envelope_is_opened(annex: dict[str, str]) -> None:
    """With an annex or without; what it does not know is left to whoever does."""
    opened = open_envelope(encode(WHOLE | annex))

    assert (opened.index, opened.party, opened.audience) == (7, "p", ("*",))
    assert opened.annex == annex.get("annex", "")


def test_a_key_that_stands_twice_is_refused() -> None:
    """Readers differ in which of the two they believe."""
    data = orjson.dumps(WHOLE, option=orjson.OPT_SORT_KEYS)
    twice = data.replace(b'"index":7', b'"index":6,"index":7')

    with pytest.raises(Undecodable):
        open_envelope(twice)
    with pytest.raises(NotCanonical):
        decode_object(twice)
