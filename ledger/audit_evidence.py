"""Audit of evidence: batches, indicators, parts and measurements, computed again. Pure."""

from ledger.book import Book
from ledger.dropping import ObservationsDropped, is_orderly
from ledger.indicator import check_figures
from ledger.measurement import MeasurementProposed, PartSubmitted, PartUsed, result
from ledger.observation import ObservationsRecorded
from ledger.rule import require
from ledger.series import check_declaration
from ledger.tree import HASH_SIZE


def check_report(
    book: Book, party: str, event: ObservationsRecorded | ObservationsDropped | PartSubmitted
) -> None:
    """A batch keeps to what its series was declared to be, a part to its indicator.

    Raises RuleBroken and what the rules themselves raise.
    """
    match event:
        case ObservationsRecorded(series=series, declared=declared):
            require(event.count > 0, "it records no row")
            require(len(event.root) == HASH_SIZE, "its root is no hash")
            check_declaration(series, declared, book.declarations.get((party, series)))
        case ObservationsDropped(rows=rows):
            require(is_orderly(rows, book.size), "it drops rows that are not there")
        case PartSubmitted():
            version = book.indicator_version(event.indicator_id, event.version)
            require(event.figures.party_id == party, "it reports for another party")
            check_figures(version.terms, event.figures, "")


def check_measurement(book: Book, event: MeasurementProposed) -> None:
    """A measurement follows from the parts that it names. Raises RuleBroken."""
    version = book.indicator_version(event.indicator_id, event.version)
    parts = book.parts[event.indicator_id, event.period]
    used = tuple(
        PartUsed(parts[owner.party_id].figures, parts[owner.party_id].index)
        for owner in version.terms.owners
    )
    require(event == result(event.opening, version, event.period, used), "it computes otherwise")
