"""The catalogue: every code that a caller can meet is on a page, and the pages are the code's."""

import re
from pathlib import Path

from graph.codes import CODES
from graph.limits import LIMITS
from graph.prices import WEIGHTS
from graph.problems import CONCRETE, PROBLEM_TYPES, refusals
from graph.schema import build
from ops.catalogue import ERRORS_FILE, LIMITS_FILE, errors_page, limits_page

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(
    r'"code": "([A-Z_]+)"|, "([A-Z_]{4,})", \d{3}|\d{3}, "([A-Z_]{4,})"|"([A-Z]+_[A-Z_]+)" if limit'
)


def test_the_pages_are_written_anew() -> None:
    """`make schema` writes them."""
    assert ERRORS_FILE.read_text() == errors_page()
    assert LIMITS_FILE.read_text() == limits_page()


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    """And no other is."""
    found = {"PERSISTED_QUERY_NOT_FOUND", "LIMIT_EXCEEDED"}  # a constant, and an else
    for folder in ("graph", "service"):
        for path in (ROOT / folder).glob("*.py"):
            for groups in CODE.findall(path.read_text()):
                found.add("".join(groups))

    assert found == {each.code for each in CODES}
    assert len(found) == len(CODES)


def test_a_code_of_a_request_is_no_code_of_a_problem() -> None:
    """A client switches on one word."""
    assert {each.code for each in CODES}.isdisjoint({kind.code for kind in refusals()})


def test_every_problem_with_a_type_of_its_own_is_told() -> None:
    """`__typename` is what a client branches on."""
    schema = build()._schema
    implementations = {
        each.name
        for each in schema.get_possible_types(schema.type_map["Problem"])  # type: ignore[arg-type]  # an interface
    }

    assert implementations == {"RuleProblem", *CONCRETE.values()}
    assert len(PROBLEM_TYPES) == len(implementations)


def test_every_limit_is_on_its_page_and_says_what_to_do() -> None:
    """With the number that is enforced."""
    page = LIMITS_FILE.read_text()

    for limit in LIMITS:
        assert f"| `{limit.name}` | {limit.allowed:,} |" in page
        assert limit.instead.endswith(".")
    for setting in ("JPI_BODY_LIMIT_BYTES", "JPI_RATE_POINTS", "JPI_BURST_POINTS"):
        assert setting in page


def test_every_field_that_weighs_more_exists() -> None:
    """Its name is the schema's."""
    kinds = build()._schema.type_map

    for coordinate in WEIGHTS:
        kind, _, field = coordinate.partition(".")
        assert field in kinds[kind].fields  # type: ignore[attr-defined]  # an object type
