"""Audit of evidence: indicators, parts and measurements, computed again. Pure."""

from ledger.book import Book
from ledger.measurement import MeasurementProposed, PartUsed, result
from ledger.rule import require


def check_measurement(book: Book, event: MeasurementProposed) -> None:
    """A measurement follows from the parts that it names. Raises RuleBroken."""
    version = book.indicator_version(event.indicator_id, event.version)
    parts = book.parts[event.indicator_id, event.period]
    used = tuple(
        PartUsed(parts[owner.party_id].figures, parts[owner.party_id].index)
        for owner in version.terms.owners
    )
    require(event == result(event.opening, version, event.period, used), "it computes otherwise")
