"""Mirror: between the workroom's terms and the API's types that have the same fields.

The one rule: a type of the API that mirrors one of the workroom has its fields under its names, so
that nothing is copied by hand; ids are global outside and bare inside, money is parsed with its
place. A field without its like fails when the module is tested, not silently.
"""

import dataclasses
import types
import typing
from typing import TypeVar, cast

import strawberry

from graph.money import MoneyInput, money_of
from graph.nodes import global_id, local_id
from ledger.amounts import Money

T = TypeVar("T")

_KINDS = {
    "indicator_id": "Indicator",
    "contribution_id": "Indicator",
    "base_indicator_id": "Indicator",
    "party_id": "Party",
    "party_ids": "Party",
}
"""What an id is of, by the name of its field."""


def workroom(given: object, kind: type[T], path: str = "") -> T:
    """The workroom's value of an input. Raises what `local_id` and `MoneyInput.money` raise."""
    hints = typing.get_type_hints(kind)
    values = {}
    for each in dataclasses.fields(cast("type[typing.Any]", kind)):
        place = f"{path}.{_camel(each.name)}" if path else _camel(each.name)
        value = getattr(given, each.name)
        values[each.name] = _inside(value, hints[each.name], each.name, place)
    return kind(**values)


def _inside(value: object, hint: object, name: str, place: str) -> object:
    if value is strawberry.UNSET:
        value = None
    if name in _KINDS and not isinstance(value, list):
        return local_id(strawberry.ID(str(value or "")), _KINDS[name], place)
    if value is None:
        return "" if hint is str else None
    wanted = _wanted(hint)
    if isinstance(value, list):
        [of, *_] = typing.get_args(hint)
        return tuple(_inside(each, of, name, f"{place}[{i}]") for i, each in enumerate(value))
    if isinstance(value, MoneyInput):
        return value.money(place)
    if dataclasses.is_dataclass(wanted):
        return workroom(value, cast("type[object]", wanted), place)
    return value.strip() if isinstance(value, str) and wanted is str else value


def _wanted(hint: object) -> object:
    """The one type of a hint, without None."""
    if isinstance(hint, types.UnionType):
        return next(each for each in typing.get_args(hint) if each is not type(None))
    return hint


def shown(value: object, kind: type[T]) -> T:
    """The API's value of one of the workroom, of a type that mirrors it."""
    hints = typing.get_type_hints(kind)
    values = {
        each.name: _outside(getattr(value, each.name), hints[each.name], each.name)
        for each in dataclasses.fields(cast("type[typing.Any]", kind))
    }
    return kind(**values)


def _outside(value: object, hint: object, name: str) -> object:
    if isinstance(value, tuple):
        [of, *_] = typing.get_args(hint)
        return [_outside(each, of, name) for each in value]
    if name in _KINDS:
        return global_id(_KINDS[name], str(value)) if value else None
    if isinstance(value, Money):
        return money_of(value)
    if dataclasses.is_dataclass(value):
        return shown(value, cast("type[object]", _wanted(hint)))
    return None if value == "" and isinstance(hint, types.UnionType) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)
