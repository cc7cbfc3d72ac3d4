"""Instants and states as they are written: one form each."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.history import parse_instant, render_instant


@given(st.datetimes(min_value=datetime(1001, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_an_instant_survives_its_rendering(at: datetime) -> None:
    """In UTC with microseconds, whatever the zone; the form is strftime's."""
    text = render_instant(at)

    assert at.astimezone(UTC) == parse_instant(text)
    assert at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31T12:00:00Z",
        "2026-03-31T12:00:00.000Z",
        "2026-03-31 12:00:00.000000Z",
        "2026-03-31T12:00:00.000000+00:00",
        "2026-03-31T12:00:00.000000",
        "2026-03-31T12:00:00.000000Z\n",
        "2026-02-30T12:00:00.000000Z",
        "٢٠٢٦-03-31T12:00:00.000000Z",
        "",
    ],
)
def test_any_other_form_is_refused(text: str) -> None:
    """One instant, one spelling."""
    with pytest.raises(ValueError, match=r".+"):
        parse_instant(text)
