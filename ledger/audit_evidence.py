"""Audit of evidence: batches, indicators, parts, exclusions and measurements. Pure."""

from immutables import Map

from ledger import drafting
from ledger.book import Book
from ledger.dropping import ObservationsDropped, is_orderly
from ledger.evidence import check_inputs
from ledger.exclusion import ExclusionProposed, check_window, indices, values
from ledger.fact import Placed
from ledger.indicator import IndicatorProposed, IndicatorVersion
from ledger.measurement import MeasurementProposed
from ledger.measuring import used_parts
from ledger.method import RULES_VERSION
from ledger.observation import ObservationsRecorded
from ledger.part import BasisKind, PartSubmitted, from_ledger
from ledger.priority import require_room
from ledger.result import result
from ledger.rule import RuleBroken, ecosystem, require
from ledger.series import check_declaration
from ledger.surroundings import around, derived
from ledger.tree import HASH_SIZE


def check_indicator(book: Book, placed: Placed, event: IndicatorProposed) -> None:
    """A version's terms can stand. Raises RuleBroken or a Refusal."""
    current = book.current_indicator(event.indicator_id)
    follows = event.version == (current.version + 1 if current else 1)
    require(follows, "its version does not follow")
    drafting.check(event.terms, ecosystem(book).signing_ids(placed.at))
    check_inputs(book, event.terms, event.indicator_id)
    require_room(book, event.terms, event.indicator_id, book.policy())


def check_report(
    book: Book, placed: Placed, event: ObservationsRecorded | ObservationsDropped | PartSubmitted
) -> None:
    """A batch keeps to what its series was declared to be, a part to its indicator.

    Raises RuleBroken and what the rules themselves raise.
    """
    match event:
        case ObservationsRecorded(series=series, declared=declared):
            require(event.count > 0, "it records no row")
            require(len(event.root) == HASH_SIZE, "its root is no hash")
            check_declaration(series, declared, book.declarations.get((placed.party, series)))
        case ObservationsDropped(rows=rows):
            require(is_orderly(rows, book.size), "it drops rows that are not there")
        case PartSubmitted():
            _check_part(book, placed, event)


def _in_force(book: Book, indicator_id: str, number: int) -> IndicatorVersion:
    """The version that an entry names; it must be the one in force. Raises RuleBroken."""
    current = book.current_indicator(indicator_id)
    if current is None or current.version != number:
        raise RuleBroken("its version is not in force")
    return current


def _check_part(book: Book, placed: Placed, event: PartSubmitted) -> None:
    """A part speaks for its own party, in figures that its version can use. Raises RuleBroken."""
    version = _in_force(book, event.indicator_id, event.version)
    require(event.figures.party_id == placed.party, "it reports for another party")
    is_of_before = ecosystem(book).proposal_days is None and not event.prepared_by
    prepared_so = is_of_before or event.prepared_by == placed.subject
    require(prepared_so, "it names another who prepared it")
    drafting.check_figures(version.terms, event.figures, "")
    is_measured = (event.indicator_id, event.period) in book.results
    require(not event.is_correction or is_measured, "it corrects what was never agreed")
    follows = derived(book, version, event.period, placed.party)
    is_derived = event.basis.kind is BasisKind.LEDGER
    require(is_derived == (follows is not None), "it rests on something else than its indicator")
    if follows is not None:
        expected = from_ledger(placed.party, version.terms.method.kind, follows)
        require((event.figures, event.basis) == expected, "it does not follow from the entries")
    if event.basis.kind is BasisKind.OBSERVATIONS:
        excluded = indices(book.exclusions.agreed(event.indicator_id, event.period))
        require(event.basis.exclusions == excluded, "it leaves out other rows than were agreed")


def check_exclusion(book: Book, event: ExclusionProposed) -> None:
    """The values before and after follow from the figures. Raises RuleBroken."""
    version = _in_force(book, event.indicator_id, event.version)
    check_window(version, event.period, event.window)
    computed = values(version, event.figures_before, event.figures_after)
    require(computed == (event.value_before, event.value_after), "it computes otherwise")
    owners = [owner.party_id for owner in version.terms.owners]
    for figures in (event.figures_before, event.figures_after):
        require([each.party_id for each in figures] == owners, "it lacks an owner's figures")
        for each in figures:
            drafting.check_figures(version.terms, each, "")


def check_measurement(book: Book, event: MeasurementProposed) -> None:
    """A measurement follows from the parts that it names. Raises RuleBroken."""
    version = _in_force(book, event.indicator_id, event.version)
    nearby = around(book, version, event.period, event.findings.reason)
    parts = book.parts.get((event.indicator_id, event.period), Map())
    used = used_parts(version, event.period, parts, nearby)
    is_restatement = event.findings.restates is not None
    is_measured = nearby.restated is not None
    require(is_restatement == is_measured, "an agreed period is measured without restating it")
    require(is_restatement == (event.findings.reason is not None), "it restates for no reason")
    require(event.rules_version >= book.rules_version, "it goes back to older rules")
    require(event.rules_version <= RULES_VERSION, "it names rules that are not known")
    expected = result(event.opening, version, event.period, used, nearby, event.rules_version)
    require(event == expected, "it computes otherwise")
