"""Difference: what has changed between two contents, readable by a person. Pure.

The one rule: two contents without a difference are equal, and each difference names the one place
where they differ. Lists of things that name a party or an indicator are compared thing by thing,
whatever their order; other lists place by place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

NAMED_BY = ("party_id", "indicator_id", "theme")
"""By which field the things of a list are told apart, the first that all of them have."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place and what stood and stands there; None: nothing did, or does."""

    path: str
    before: str | None
    after: str | None


def differences(
    before: Mapping[str, object], after: Mapping[str, object], names: Mapping[str, str]
) -> tuple[Difference, ...]:
    """What differs, by place. `names`: what to call ids by; both contents are JSON objects.

    Law: differences(a, b) is empty exactly when a == b, orders of named things aside.
    """
    old, new = dict(_places(before, "", names)), dict(_places(after, "", names))
    paths = [*old, *(path for path in new if path not in old)]
    return tuple(
        Difference(path, old.get(path), new.get(path))
        for path in sorted(paths)
        if old.get(path) != new.get(path)
    )


def _places(value: object, path: str, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Every leaf by its path; an empty list or object is a leaf itself."""
    match value:
        case dict() if value:
            for key in value:
                yield from _places(value[key], f"{path}.{key}" if path else key, names)
        case list() if value:
            for label, each in _labelled(value, names):
                yield from _places(each, f"{path}[{label}]", names)
        case None:
            return
        case _:
            yield path, _shown(value, names)


def _labelled(values: list[object], names: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    for field in NAMED_BY:
        keys = [str(each.get(field, "")) for each in values if isinstance(each, dict)]
        if len(set(keys)) == len(values) and all(keys):
            for key, each in zip(keys, values, strict=True):
                yield names.get(key, key), each
            return
    for number, each in enumerate(values):
        yield str(number), each


def _shown(value: object, names: Mapping[str, str]) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case {} | []:
            return "nothing"
        case str():
            return names.get(value, value)
        case _:
            return str(value)
