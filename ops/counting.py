"""Counting for a person: "1 entry rests", "2 entries rest"."""


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun; `many` where it does not end in "s"."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {many or one + 's'}"


def entries(number: int) -> str:
    """So many entries of a ledger."""
    return counted(number, "entry", "entries")


def verb(number: int, plural: str) -> str:
    """What so many do, by what several do."""
    return f"{plural}s" if number == 1 else plural
