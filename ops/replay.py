"""Replay of an export's business: every rule that an entry claims to have followed, repeated.

The one rule: a body outside one's audience is passed over where nothing that others decide
follows from it; where something does, the replay ends there, and the verdict says so.
Source: `ledger-format.md`, "Offline".
"""

from time import perf_counter

from immutables import Map

from ledger.answer import ProposalConsented, SilenceCounted
from ledger.audit import check, check_sealed
from ledger.audit_sequel import Sequel
from ledger.book import Book
from ledger.daybook import bookings
from ledger.errors import Fault
from ledger.evolution import evolve, pass_over
from ledger.fact import EVERYBODY, Placed, Sealed
from ledger.ids import EcosystemId
from ledger.lapse import next_due
from ledger.measurement import MeasurementProposed
from ledger.part import BasisKind
from ledger.party import is_granted
from ledger.policy import Policy
from ledger.remark import AnnexErased
from ledger.reply import Silence
from ledger.schedule import DueKind
from ops.counting import counted, entries, verb
from ops.extent import pass_over as pass_over_in
from ops.rowcheck import Claims
from ops.statement import StatementCheck
from ops.verdict import Verdict


class Replay:
    """The Book of the entries so far, as long as all of them follow."""

    def __init__(
        self,
        verdict: Verdict,
        ecosystem_id: str,
        party: str,
        statement: StatementCheck | None = None,
        claims: Claims | None = None,
    ) -> None:
        """`party` is the one that exported: what it may open must be open.

        `statement` is a partner's statement that is held against the postings; in `claims` is
        gathered what the entries say of rows, where rows are at hand to hold them against.
        """
        self._verdict = verdict
        self.statement = statement
        self._party = party
        self._ecosystem_id = ecosystem_id
        self.book: Book | None = Book(EcosystemId(ecosystem_id))
        self._sequel = Sequel()
        self.missing: set[int] = set()
        self._is_limited = False
        self.claims = claims

    def opened(self, placed: Placed, *, has_text: bool) -> None:
        """Check and fold an opened entry. Raises Fault when it breaks a rule."""
        self._verdict.texts += has_text
        if placed.has_annex and not has_text:
            self.missing.add(placed.index)
        if isinstance(placed.event, AnnexErased):
            self._verdict.erased += placed.event.index in self.missing
            self.missing.discard(placed.event.index)
        if self.book is None:
            return
        started = perf_counter()
        check(self.book, placed)
        self._sequel.check(placed)
        self._count(self.book, placed)
        if self.claims is not None:
            self.claims.note(placed, self.book)
        self.book = evolve(self.book, placed)
        self._sequel.note(self.book, placed)
        if self.statement is not None:
            self.statement.replayed(placed.index, bookings(self.book, placed))
        self._verdict.seconds_replay += perf_counter() - started
        self._verdict.replayed += 1

    def sealed(self, sealed: Sealed) -> None:
        """Pass an entry over whose body is not in the file. Raises Fault when it should be."""
        pass_over_in(self._verdict, sealed)
        if self._is_ungranted(sealed):
            self.broken()  # what others decide may follow from it
            return
        if sealed.audience == EVERYBODY or self._party in sealed.audience:
            raise Fault("its body is withheld, though the exporting party may open it")
        if self.book is not None:
            check_sealed(self.book, sealed)
            self._sequel.pass_over(sealed)
            self.book = pass_over(self.book, sealed)
            self._verdict.replayed += 1
            self._verdict.sealed_replayed += 1

    def _is_ungranted(self, sealed: Sealed) -> bool:
        """Whether the exporting party is an observer who is not shown this kind of entry."""
        around = None if self.book is None else self.book.ecosystem
        if around is None:
            return self.book is None and self._is_limited
        party = next((p for p in around.parties if p.party_id == self._party), None)
        grants = None if party is None else party.terms.grants
        word, _, _ = sealed.kind.partition(".")
        self._is_limited = grants is not None
        return not is_granted(grants, word)

    def broken(self) -> None:
        """A rule was broken: what follows cannot be judged."""
        self.book = None

    def policy(self) -> Policy | None:
        """The policy in force, as far as it is known."""
        return None if self.book is None else self.book.policy()

    def end(self) -> None:
        """Say what the replay could not judge."""
        verdict = self._verdict
        if self.missing:
            listed = ", ".join(map(str, sorted(self.missing)[:10]))
            which = "entry" if len(self.missing) == 1 else "entries"
            verdict.find(f"text of {which} {listed} is missing and no entry erased it")
        if verdict.unsigned:
            verdict.not_checked.append(
                f"{counted(verdict.unsigned, 'consent')} {verb(verdict.unsigned, 'rest')} on the "
                "host's word, unsigned"
            )
        if verdict.silent:
            verdict.not_checked.append(
                f"{counted(verdict.silent, 'silence')} {verb(verdict.silent, 'count')} as consents"
                ": that their parties were told rests on the host's word"
            )
        if verdict.declared:
            verdict.not_checked.append(
                f"{verdict.declared:,} of {counted(verdict.measured, 'measurement')} "
                f"{verb(verdict.declared, 'rest')} on declared aggregates"
            )
        self._end_statement()
        if self.book is None:
            verdict.not_checked.append(
                f"the business rules of {entries(verdict.entries - verdict.replayed)}"
            )
        else:
            verdict.accounts = len(self.book.accounts)
            self._end_of_agreeing(self.book)

    def _end_of_agreeing(self, book: Book) -> None:
        """What follows from the last entry is entered with it: an outcome left out is a finding."""
        due = next_due(book, book.last_at)
        if due is not None and due.kind is DueKind.OUTCOME:
            self._verdict.find(f"the outcome of proposal {due.proposal_id} is left out at the end")
        if self._sequel.is_owed:
            self._verdict.find("what the last outcome posts is left out at the end")

    def _end_statement(self) -> None:
        """Say whether the statement shows all postings of its accounts."""
        statement, verdict = self.statement, self._verdict
        if statement is None:
            return
        if statement.ecosystem != self._ecosystem_id:
            verdict.find(f"the statement is of ecosystem {statement.ecosystem}")
        elif self.book is None:
            verdict.not_checked.append("the statement, for the ledger's rules are broken")
        else:
            wrong = statement.end(verdict.entries)
            for each in wrong:
                verdict.find(f"the statement: {each}")
            if not wrong:
                verdict.notes.append(
                    f"the statement shows all {statement.count} postings of its "
                    f"{len(statement.shown)} accounts, and none else"
                )

    def _count(self, book: Book, placed: Placed) -> None:
        match placed.event:
            case ProposalConsented(signed=signed):
                self._verdict.signed += signed is not None
                self._verdict.unsigned += signed is None
            case SilenceCounted(silence=Silence.ACCEPT):
                self._verdict.silent += 1
            case MeasurementProposed(indicator_id=key, period=period):
                self._verdict.measured += 1
                parts = book.parts.get((key, period), Map()).values()
                declared = any(part.basis.kind is BasisKind.DECLARED for part in parts)
                self._verdict.declared += declared
            case _:
                pass
