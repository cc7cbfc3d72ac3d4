"""Audit of sequels: what comes in one breath with an outcome, and what parts and lines rest on.

The one rule: an outcome is worth what follows from it, so what it posts is the very next entry, by
the same hand and at the same instant; an export that leaves it out is broken there, however well it
is signed. It remembers what the Book has no need to: what is owed next, and which batches and
bank statements were entered. Source: `domain.md` section 8; `ledger-format.md`, "Offline".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.answer import ProposalAgreed, ProposalSuperseded, UndisputedBound
from ledger.bankstatement import StatementImported
from ledger.book import Book
from ledger.changes import opening_of
from ledger.closeout import closed_books
from ledger.closing import BooksClosed
from ledger.fact import Fact, Placed, Sealed
from ledger.journal import SettlementPartPosted, SettlementPosted, StakePosted
from ledger.netting import DuesNetted
from ledger.observation import ObservationsRecorded
from ledger.part import BasisKind, PartSubmitted
from ledger.payout import posted
from ledger.proposal import ProposalKind
from ledger.reconciliation import LinesMatched, MatchedLine
from ledger.rule import require
from ledger.undisputed import part_posted

_SEQUELS = (SettlementPosted, SettlementPartPosted, StakePosted, DuesNetted, BooksClosed)
_STAKE = "stake.posted"
_MANY = ("books.closed", "dues.netted")
"""Sealed sequels whose number a reader who may not open them cannot know."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """An entry that comes next. `event` is None where the reader may not open it."""

    event: object | None
    audience: tuple[str, ...]


class Sequel:
    """What is owed after the entries so far, and the batches and statements among them."""

    def __init__(self) -> None:
        """Begin before entry 0."""
        self._owed: list[_Owed] = []
        self._cause: Placed | None = None
        self._in_breath = False
        # the sealed entry of a stake -> who may open it
        self._audiences: dict[int, tuple[str, ...]] = {}
        self._superseded: ProposalSuperseded | None = None
        # the entry of an import -> its party, and how many lines it has, where that may be known
        self._imports: dict[int, tuple[str, int | None]] = {}
        # a party -> the entry of each of its batches -> how many rows it has
        self._batches: dict[str, dict[int, int]] = {}
        self._lines: set[tuple[int, int]] = set()

    @property
    def is_owed(self) -> bool:
        """Whether an outcome stands without what follows from it."""
        return bool(self._owed) or self._superseded is not None

    def check(self, placed: Placed) -> None:
        """Return if the entry is what comes next, where something must. Raises RuleBroken."""
        if self._owed:
            cause, owed = self._cause, self._owed[0]
            said = (placed.event, placed.audience)
            require(said == (owed.event, owed.audience), "what the outcome before it posts is next")
            same = cause is not None and (placed.at, placed.party) == (cause.at, cause.party)
            require(same, "it does not come in one breath with its outcome")
        else:
            require(not isinstance(placed.event, _SEQUELS), "no outcome right before it posts that")
        if self._superseded is not None:
            terms = opening_of(placed.event)
            named = None if terms is None else (terms.replaces, terms.proposal_id)
            required = (self._superseded.proposal_id, self._superseded.by)
            require(
                named == required, "what replaces a proposal comes right after it is superseded"
            )
        match placed.event:
            case LinesMatched() as matched:
                self._check_lines(placed, matched)
            case PartSubmitted(basis=basis) if basis.kind is not BasisKind.LEDGER:
                own = self._batches.get(placed.party, {})
                known = own.keys() >= set(basis.batches)
                require(known, "it rests on rows that its party never recorded")
                most = sum(own[index] for index in basis.batches)
                is_summed_up = basis.kind is BasisKind.OBSERVATIONS
                require(not is_summed_up or basis.row_count <= most, "it counts more rows than are")
            case _:
                pass

    def _check_lines(self, placed: Placed, matched: LinesMatched) -> None:
        seen: set[tuple[int, int]] = set()
        for line in matched.lines:
            place = (line.place.statement_index, line.place.line)
            party, count = self._imports.get(line.place.statement_index, ("", 0))
            require(party == placed.party, "its party imported no such statement")
            inside = line.place.line >= 0 and (count is None or line.place.line < count)
            require(inside, "the statement has no such line")
            require(place not in self._lines | seen, "a line of a statement is matched twice")
            seen.add(place)

    def note(self, book: Book, placed: Placed) -> None:
        """Remember an entry that stands, `book` being the one after it."""
        if self._owed:
            del self._owed[0]
        else:
            self._cause, self._owed = placed, list(self._following(book, placed))
            self._in_breath = bool(self._owed)
        self._superseded = None
        match placed.event:
            case ProposalSuperseded() as superseded:
                self._superseded = superseded
            case ObservationsRecorded(count=count):
                self._batches.setdefault(placed.party, {})[placed.index] = count
            case StatementImported(line_count=count):
                self._imports[placed.index] = (placed.party, count)
            case LinesMatched(lines=lines):
                self._lines.update(map(_place, lines))
            case _:
                pass

    def pass_over(self, sealed: Sealed) -> None:
        """Remember an entry that cannot be opened, if it may come next. Raises RuleBroken."""
        if sealed.kind == "statement.imported":
            self._imports[sealed.index] = (sealed.party, None)
        if sealed.kind == "stake.proposed":
            self._audiences[sealed.index] = sealed.audience
        cause = self._cause
        same = cause is not None and (sealed.at, sealed.party) == (cause.at, cause.party)
        if sealed.kind in _MANY:
            require(self._in_breath and same, "no outcome right before it posts that")
        elif sealed.kind == _STAKE:
            is_next = bool(self._owed) and self._owed[0] == _Owed(None, sealed.audience)
            require(is_next and same, "no outcome right before it posts that")
            del self._owed[0]
        else:
            require(not self.is_owed, "what the outcome before it posts is next")
            self._in_breath = False

    def _following(self, book: Book, placed: Placed) -> Iterator[_Owed]:
        """What an outcome makes the next entries be, as far as the reader may open them."""
        match placed.event:
            case ProposalAgreed(proposal_id=key, is_partial=False):
                kind = book.agreements.get(key).kind
                if kind is ProposalKind.SETTLEMENT:
                    yield from self._postings(book, key)
                elif kind is ProposalKind.PERIOD_CLOSE:
                    yield from map(_owed, closed_books(book, key))
            case ProposalAgreed(proposal_id=key):
                proposal = book.agreements.get(key)
                yield from map(_owed, part_posted(book, proposal, is_final=True))
            case UndisputedBound(proposal_id=key):
                yield from map(_owed, part_posted(book, book.agreements.get(key)))
            case _:
                pass

    def _postings(self, book: Book, proposal_id: str) -> Iterator[_Owed]:
        """Stakes in the order of their parties, then what is set off by them."""
        content, known = book.settlements[proposal_id].content, posted(book, proposal_id)
        if content.sealed:
            stakes = {f.event.party_id: f for f in known if isinstance(f.event, StakePosted)}
            for place in sorted(content.sealed, key=lambda each: each.party_id):
                fact = stakes.get(place.party_id)
                unknown = _Owed(None, self._audiences.get(place.index, ()))
                yield _owed(fact) if fact else unknown
            known = tuple(fact for fact in known if not isinstance(fact.event, StakePosted))
        yield from map(_owed, known)


def _place(line: MatchedLine) -> tuple[int, int]:
    return line.place.statement_index, line.place.line


def _owed(fact: Fact) -> _Owed:
    return _Owed(fact.event, fact.audience)
