"""RFC 8785 inputs and outputs of its author; ours is the subset without floats."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from ledger import canonical
from tests.shared import VECTORS, needs_shared, vector_files

pytestmark = needs_shared

JCS = VECTORS / "cyberphone-jcs/testdata"
WITH_FLOATS = {"structures.json", "values.json"}
"""Inputs that hold a decimal point or an exponent: outside our subset by design."""


def _whole(text: str) -> int:
    return int(Decimal(text))


def _inputs(*, floats: bool) -> list[Path]:
    paths = vector_files("cyberphone-jcs/testdata/input/*.json")
    return [path for path in paths if (path.name in WITH_FLOATS) is floats]


@pytest.mark.parametrize("path", _inputs(floats=False), ids=lambda path: str(path.name))
def test_the_canonical_bytes_are_the_published_ones(path: Path) -> None:
    """Byte for byte the output file and its hexadecimal twin."""
    value = json.loads(path.read_bytes())
    expected = (JCS / "output" / path.name).read_bytes()

    assert expected == canonical.encode(value)
    assert expected == bytes.fromhex((JCS / "outhex" / path.name).with_suffix(".txt").read_text())


@pytest.mark.parametrize("path", _inputs(floats=True), ids=lambda path: str(path.name))
def test_an_input_with_floats_is_refused(path: Path) -> None:
    """Amounts travel as strings; a float has no place in a ledger."""
    with pytest.raises(canonical.NotCanonical, match="float"):
        canonical.encode(json.loads(path.read_bytes()))


def test_a_whole_number_spelled_as_an_integer_gives_the_published_bytes() -> None:
    """`structures.json` differs from our subset by its 56.0 alone."""
    value = json.loads((JCS / "input/structures.json").read_bytes(), parse_float=_whole)

    assert (JCS / "output/structures.json").read_bytes() == canonical.encode(value)


def test_strings_and_literals_beside_floats_give_the_published_bytes() -> None:
    """`values.json` without its list of floats."""
    value = json.loads((JCS / "input/values.json").read_bytes())
    published = (JCS / "output/values.json").read_bytes()

    del value["numbers"]
    expected = re.sub(rb'"numbers":\[[^]]*\],', b"", published)

    assert expected != published
    assert expected == canonical.encode(value)


@pytest.mark.parametrize(
    "path", vector_files("cyberphone-jcs/testdata/output/*.json"), ids=lambda path: str(path.name)
)
def test_published_bytes_read_back_as_themselves_where_they_hold_no_float(path: Path) -> None:
    """Canonical bytes are accepted and give themselves; those with floats are refused."""
    data = path.read_bytes()

    if path.name == "values.json":
        with pytest.raises(canonical.NotCanonical):
            canonical.decode(data)
    else:
        assert data == canonical.encode(canonical.decode(data))


@pytest.mark.parametrize("path", _inputs(floats=False), ids=lambda path: str(path.name))
def test_an_input_that_is_not_canonical_is_not_read(path: Path) -> None:
    """Pretty-printed JSON is refused, though its value be fine."""
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(path.read_bytes())
