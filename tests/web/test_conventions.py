"""Conventions: what a frontend developer may rely on everywhere in the schema."""

from collections.abc import Iterator
from enum import StrEnum

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
)

from graph.enums import describe
from graph.schema import build

SCHEMA = build()._schema
BUILT_IN = {"String", "Boolean", "Int", "ID", "Float"}
KINDS = {
    name: kind
    for name, kind in SCHEMA.type_map.items()
    if not name.startswith("__") and name not in BUILT_IN
}
AS_OF = {"indicator", "indicators", "measurement", "measurements", "settlement", "settlements"}
AS_OF |= {"accounts", "policy", "scheme"}
WRITES_NO_ENTRY = {"DirectoryPayload", "ReportCheckpointPayload", "UploadCosignaturePayload"}
"""What a mutation answers that keeps something beside the ledger, so that there is no receipt."""


def objects() -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    """Every type with fields."""
    for kind in KINDS.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield kind


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """Every field by its coordinate."""
    for kind in objects():
        for name, field in kind.fields.items():
            yield f"{kind.name}.{name}", field


def mutations() -> dict[str, GraphQLField]:
    """Every mutation."""
    assert SCHEMA.mutation_type is not None
    return dict(SCHEMA.mutation_type.fields)


def queries() -> dict[str, GraphQLField]:
    """Every query."""
    assert SCHEMA.query_type is not None
    return dict(SCHEMA.query_type.fields)


def test_everything_is_described() -> None:
    """Types, fields, arguments, input fields and enum values: the schema is the manual."""
    bare = []
    for name, kind in KINDS.items():
        bare += [name] * (not kind.description)
        members: dict[str, object] = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        for member, each in members.items():
            bare += [f"{name}.{member}"] * (not getattr(each, "description", None))
            for argument, given in getattr(each, "args", {}).items():
                bare += [f"{name}.{member}({argument}:)"] * (not given.description)

    assert bare == []


@pytest.mark.parametrize("name", mutations())
def test_a_mutation_takes_one_keyed_input_and_can_be_tried(name: str) -> None:
    """`input` with a required key, `dryRun`; verb and noun give the names of both its types."""
    field = mutations()[name]
    given = field.args["input"].type
    upper = name[0].upper() + name[1:]

    assert str(given) == f"{upper}Input!"
    assert set(field.args) == {"input", "dryRun"}
    assert str(field.args["dryRun"].type) == "Boolean!"
    assert field.args["dryRun"].default_value is False
    named = get_named_type(given)
    assert isinstance(named, GraphQLInputObjectType)
    assert str(named.fields["idempotencyKey"].type) == "String!"
    shared = {"proposeRestatement": "ProposeMeasurementPayload!"}
    names = {f"{upper}Payload!", "DirectoryPayload!", shared.get(name)}
    assert str(field.type) in names


@pytest.mark.parametrize("name", mutations())
def test_a_mutation_answers_with_problems_and_a_receipt(name: str) -> None:
    """A list that is never null, and where it landed."""
    payload = get_named_type(mutations()[name].type)
    assert isinstance(payload, GraphQLObjectType)

    assert str(payload.fields["problems"].type) == "[Problem!]!"
    if payload.name not in WRITES_NO_ENTRY:
        assert str(payload.fields["receipt"].type) == "Receipt"
        assert str(payload.fields["preview"].type) == "[PreviewedEntry!]"


def test_a_receipt_proves_where_it_landed() -> None:
    """Index, leaf hash, checkpoint and inclusion proof."""
    receipt = KINDS["Receipt"]
    assert isinstance(receipt, GraphQLObjectType)

    assert {"index", "leafHash", "checkpoint", "inclusionProof"} <= set(receipt.fields)
    assert all(isinstance(each.type, GraphQLNonNull) for each in receipt.fields.values())


def test_every_connection_is_relays() -> None:
    """Edges with cursors, page info, and a page asked from either end."""
    connections = [each for each in objects() if each.name.endswith("Connection")]
    assert len(connections) > 20
    for kind in connections:
        edge = kind.name.removesuffix("Connection") + "Edge"
        assert str(kind.fields["edges"].type) == f"[{edge}!]!"
        assert str(kind.fields["pageInfo"].type) == "PageInfo!"
        assert str(KINDS[edge].fields["cursor"].type) == "String!"  # type: ignore[attr-defined]  # an object
    pages = [
        (coordinate, field)
        for coordinate, field in fields()
        if get_named_type(field.type).name.endswith("Connection")
    ]
    for coordinate, field in pages:
        asked = {name: str(given.type).strip("!") for name, given in field.args.items()}
        assert (asked["first"], asked["after"]) == ("Int", "String"), coordinate
        assert (asked["last"], asked["before"]) == ("Int", "String"), coordinate
        assert isinstance(field.type, GraphQLNonNull), coordinate


def test_numbers_are_never_floats_and_scalars_say_what_they_are() -> None:
    """Money and measurements are exact; each scalar of ours points to its specification."""
    used = {get_named_type(field.type).name for _, field in fields()}
    scalars = [each for each in KINDS.values() if isinstance(each, GraphQLScalarType)]

    assert "Float" not in used
    assert {each.name for each in scalars} >= {"Decimal", "DateTime", "Index", "Base64", "Date"}
    assert [each.name for each in scalars if not each.specified_by_url] == []


NO_PERIODS = {"Reading.periods": "how many are averaged"}
"""Fields of the name that count."""


def test_a_period_is_an_object_with_its_bounds() -> None:
    """Key, first day, the day after the last; a bare key stands beside it, or where it is alone."""
    shown = dict(fields())
    named = {key: each for key, each in shown.items() if key.endswith((".period", ".periods"))}
    whole = {key for key in shown if key.endswith(".period")}
    assert len(whole) > 8
    for coordinate, field in named.items():
        kind = get_named_type(field.type).name
        is_listed = f"{kind}.period" in whole  # a list of things that are of a period
        assert kind == "Period" or is_listed or coordinate in NO_PERIODS, coordinate
    alone = [key for key in shown if key.endswith(".periodKey") and key[:-3] not in whole]
    assert alone == ["RerunPeriod.periodKey"]  # its `agreed` has the period
    bounds = KINDS["Period"]
    assert isinstance(bounds, GraphQLObjectType)
    assert {key: str(bounds.fields[key].type) for key in ("key", "start", "end")} == {
        "key": "String!",
        "start": "Date!",
        "end": "Date!",
    }


def _holds_null(kind: object) -> bool:
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    return isinstance(kind, GraphQLList) and not isinstance(kind.of_type, GraphQLNonNull)


def test_null_is_only_where_it_means_something() -> None:
    """No list holds nulls but `nodes`, for ids of nothing; what is asked by id may be null."""
    assert [name for name, field in fields() if _holds_null(field.type)] == ["Query.nodes"]
    by_id = [name for name, field in queries().items() if set(field.args) >= {"id"}]
    assert len(by_id) > 5
    for name in by_id:
        assert not isinstance(queries()[name].type, GraphQLNonNull), name


@pytest.mark.parametrize("name", sorted(AS_OF))
def test_what_was_held_true_then_can_be_asked(name: str) -> None:
    """By the ledger's size, or by an instant."""
    arguments = queries()[name].args

    assert str(arguments["asOf"].type) == "Index"


class Pair(StrEnum):
    """Nobody has said yet what its values mean."""

    ONE = "ONE"
    TWO = "TWO"


def test_no_value_goes_undescribed_and_no_sentence_without_a_value() -> None:
    """Whoever adds a value to the core is asked, at the start, what it means."""
    with pytest.raises(TypeError, match="TWO"):
        describe(Pair, "What it is.", ONE="The first.")
    with pytest.raises(TypeError, match="THREE"):
        describe(Pair, "What it is.", ONE="The first.", TWO="The second.", THREE="None.")


def test_enums_say_that_values_may_be_added() -> None:
    """A client needs a default branch."""
    enums = [each for each in KINDS.values() if isinstance(each, GraphQLEnumType)]

    closed = [each.name for each in enums if "alues may be added" not in (each.description or "")]
    assert closed == []
    assert all(value == value.upper() for each in enums for value in each.values)


def test_actions_are_names_of_mutations() -> None:
    """A screen can switch on them; each object that one acts on has them."""
    carriers = {
        coordinate.partition(".")[0]
        for coordinate, field in fields()
        if coordinate.endswith(".allowedActions") and str(field.type) == "[String!]!"
    }

    assert carriers >= {"Proposal", "Party", "Pilot", "Initiative", "Payment", "Delegation"}
    assert carriers >= {"ConsentKey", "IdentityProvider"}
