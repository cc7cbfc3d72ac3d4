"""Enums of the core as the API shows them: what each is about, and a sentence for every value.

The one rule: no value without its sentence, and no sentence without its value; a value that is
added to the core stops the start until somebody says what it means.
"""

from enum import Enum
from typing import Any

import strawberry

MAY_GROW = "Values may be added."


def describe(kind: type[Enum], meaning: str, *, name: str | None = None, **values: str) -> None:
    """Show an enum, as `name` where its own would be taken. Raises TypeError, see above."""
    strawberry.enum(kind, name=name, description=f"{meaning} {MAY_GROW}")
    shown: Any = kind
    if (named := set(values)) != (there := set(kind.__members__)):
        raise TypeError(f"{kind.__name__}: values described are not its own: {named ^ there}")
    for value in shown.__strawberry_definition__.values:
        value.description = values[value.name]
