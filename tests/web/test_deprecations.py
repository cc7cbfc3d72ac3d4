"""Deprecations: what a request used that will go is told to its caller and to the operator."""

import logging
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, cast

import pytest
import strawberry
from strawberry import field

from graph.admittance import Admittance
from graph.context import Context, Doors
from graph.documents import Documents
from graph.schema import build
from ledger.allowance import Allowances, Terms
from service.telemetry import Telemetry

if TYPE_CHECKING:
    from ledger.store.pool import Database

UNCOUNTED = Allowances(cast("Database", None), Terms(0, 0), lambda: 0.0)
"""Nobody counts, so no database is asked."""
OLD = "Until 2027-06-30; use the other."


@strawberry.enum
class Colour(Enum):
    """Of which one goes."""

    RED = strawberry.enum_value("RED", deprecation_reason=OLD)
    BLUE = "BLUE"


@strawberry.input
class Given:
    """A field of which goes."""

    old: str = field(default="", deprecation_reason=OLD)
    colour: Colour = Colour.BLUE
    inner: "list[Given] | None" = None


@strawberry.type
class Root:
    """Fields and an argument of which one each goes."""

    gone: str = field(default="", deprecation_reason=OLD)

    @field
    def kept(
        self,
        given: Given | None = None,
        old: Annotated[str, strawberry.argument(deprecation_reason=OLD)] = "",
    ) -> str:
        """A field that stays."""
        del given, old
        return ""


@pytest.fixture
def telemetry() -> Telemetry:
    """The operator's instruments."""
    return Telemetry()


@pytest.fixture
def schema() -> strawberry.Schema:
    """A schema of which things are deprecated, behind the same admittance as ours."""
    made = strawberry.Schema(Root, extensions=[lambda: Admittance(documents)])
    documents = Documents(made._schema, {}, registered_only=False, introspection=True)
    return made


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("{ kept }", {}, []),
    ("{ a: gone b: gone }", {}, ["Root.gone"]),
    ("{ ...F } fragment F on Root { gone }", {}, ["Root.gone"]),
    ('{ kept(old: "x") }', {}, ["Root.kept(old:)"]),
    ('{ kept(given: { old: "x" }) }', {}, ["Given.old"]),
    ("{ kept(given: { colour: RED }) }", {}, ["Colour.RED"]),
    ("{ kept(given: { colour: BLUE }) }", {}, []),
    ("query($g: Given) { kept(given: $g) }", {"g": {"old": "x"}}, ["Given.old"]),
    ("query($g: Given) { kept(given: $g) }", {"g": None}, []),
    (
        "query($g: Given!) { kept(given: $g) gone }",
        {"g": {"inner": [{"colour": "RED"}, {"inner": {"old": "y"}}]}},
        ["Colour.RED", "Given.old", "Root.gone"],
    ),
]


@pytest.mark.parametrize(("text", "variables", "coordinates"), CASES)
async def test_what_was_used_is_told_by_its_coordinate(
    schema: strawberry.Schema,
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
    text: str,
    variables: dict[str, Any],
    coordinates: list[str],
) -> None:
    """In the answer, each once with its reason; counted and logged for the operator."""
    doors = object.__new__(Doors)
    object.__setattr__(doors, "onlooker", telemetry)
    object.__setattr__(doors, "allowances", UNCOUNTED)
    context = Context(doors, None, "r-1")

    with caplog.at_level(logging.INFO, "jpi.graph"):
        result = await schema.execute(text, variables, context, Root())

    assert not result.errors
    told = (result.extensions or {}).get("deprecations", [])
    assert told == [{"coordinate": each, "reason": OLD} for each in coordinates]
    counted = [
        sample.labels["coordinate"]
        for metric in telemetry.registry.collect()
        for sample in metric.samples
        if sample.name == "jpi_deprecated_uses_total" and sample.value == 1
    ]
    assert sorted(counted) == coordinates
    logged = [each.getMessage() for each in caplog.records if "deprecated" in each.getMessage()]
    assert logged == [f"r-1: deprecated: {each}" for each in coordinates]


def test_whatever_is_deprecated_in_our_schema_says_until_when() -> None:
    """A date, and what to use instead."""
    text = build().as_str()

    reasons = [
        line.split("@deprecated", 1)[1] for line in text.splitlines() if "@deprecated" in line
    ]

    assert all("Until 20" in each and "use" in each for each in reasons)
