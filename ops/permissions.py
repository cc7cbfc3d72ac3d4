"""The permission matrix as a page: every mutation, role and party, and the code of a refusal.

The one rule: the page is computed from `graph.permissions`; a test compares it, and another one
performs every cell against a live service. `make schema` writes it.
"""

from collections.abc import Iterable

from graph.permissions import PERMISSIONS, Standing
from ledger.actor import Role

HEAD = """# The permission matrix

Who may call which mutation. Without a token everything answers `UNAUTHENTICATED`. A role without
"yes" is refused with `NOT_PERMITTED`, before anything is looked at. Then it counts how the caller's
party stands to what the mutation is about: the right party goes on to the matter itself; the others
go on where it says "yes", and are refused with the code that stands there otherwise. "Another
member" is one that the matter is not about; where it says "yes", each member does such a thing for
itself, or any may begin it. "Who has left" may do it for what is of its time alone. "No member" is
whoever holds a token of another ecosystem's party: it hears the same of what is and what is not.
Written by `make schema` from `graph/permissions.py`, `ledger/acts.py` and `ledger/errands.py`; a
test performs every cell.

"""
NAMES = {
    Standing.OTHER: "another member",
    Standing.OBSERVER: "an observer",
    Standing.DEPARTED: "who has left",
    Standing.STRANGER: "no member",
}


def page() -> str:
    """The matrix as Markdown."""
    columns = ["mutation", *Role, *NAMES.values()]
    lines = [_line(columns), _line("---" for _ in columns)]
    for name, permission in sorted(PERMISSIONS.items()):
        held = permission.act.roles
        cells = [f"`{name}`", *("yes" if role in held else "" for role in Role)]
        if Role.FOUNDER in held:
            cells += ["" for _ in NAMES]
        else:
            codes = (permission.refusal(held[0], standing) for standing in NAMES)
            cells += [f"`{code}`" if code else "yes" for code in codes]
        lines.append(_line(cells))
    return HEAD + "".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


if __name__ == "__main__":
    print(page(), end="")
