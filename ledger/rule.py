"""Rule: what an entry that did not follow the rules is called, and how one is required. Pure."""

from ledger.book import Book
from ledger.ecosystem import Ecosystem
from ledger.errors import Fault


class RuleBroken(Fault):
    """An entry did not follow the rules; its text says which."""


def require(holds: bool, otherwise: str) -> None:
    """Return if a rule holds. Raises RuleBroken with what is otherwise."""
    if not holds:
        raise RuleBroken(otherwise)


def ecosystem(book: Book) -> Ecosystem:
    """The founded ecosystem. Raises RuleBroken."""
    if book.ecosystem is None:
        raise RuleBroken("it comes before the founding")
    return book.ecosystem
