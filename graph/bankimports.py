"""Bank statements coming in: what matches is entered, what does not is confirmed by a person."""

import asyncio
from io import BytesIO

import strawberry
from strawberry import field

from graph.banks import BankStatement, StatementFormat, load_statement
from graph.context import Info
from graph.nodes import local_id, place_of
from graph.payments import Payment, load_payment
from graph.receipts import KEY, DryRun, Payload, write
from ledger.actor import NotFound
from ledger.bankcsv import read_csv
from ledger.bankstatement import BankStatement as Statement
from ledger.bankstatement import ImportStatements, StatementImported
from ledger.camt import pieces, read_camt
from ledger.payment import LinePlace
from ledger.reconciliation import LinesMatched, MatchLine


@strawberry.input(description="A bank statement of your party's account.")
class ImportBankStatementInput:
    """What matches by reference is entered at once; the rest stays unknown until you confirm it."""

    idempotency_key: str = field(description=KEY)
    format: StatementFormat = field(description="What the file is written in.")
    content: str = field(
        description="The file. CAMT_053: XML, versions 001.02 and 001.08. CSV: a first row with "
        "account, statement, booked_on (2026-03-31), amount (1234.50, negative when paid), "
        "currency, and if you have them reference, end_to_end, counterparty, counterparty_account, "
        "text, bank_reference, is_reversal. At most 100,000 lines, within the limit of a request."
    )


@strawberry.input(description="Which due an unknown line is about.")
class MatchBankLineInput:
    """Your word for your own bank's line."""

    idempotency_key: str = field(description=KEY)
    statement_id: strawberry.ID = field(description="A bank statement of your party's.")
    line: int = field(description="The line's number, from 0.")
    due_id: strawberry.ID = field(description="What it pays, or takes back.")


@strawberry.type(description="Answer to `importBankStatement`.")
class ImportBankStatementPayload(Payload):
    """The imported statements, and how many lines matched."""

    @field(description="Statements that were imported; those known before are passed over.")
    async def statements(self, info: Info) -> list[BankStatement]:
        """As they stand."""
        facts = await self._facts(info)
        found = [
            await load_statement(info, str(index))
            for index, event in facts
            if isinstance(event, StatementImported)
        ]
        return [each for each in found if each is not None]

    @field(description="Lines that matched by their reference.")
    async def matched_count(self, info: Info) -> int:
        """Of all statements."""
        facts = await self._facts(info)
        return sum(len(e.lines) for _, e in facts if isinstance(e, LinesMatched))

    async def _facts(self, info: Info) -> list[tuple[int, object]]:
        landed, decision = self.written.landed, self.written.decision
        if decision is not None:
            return [(-1, fact.event) for fact in decision.facts]
        if landed is None:
            return []
        indices = range(landed.index, landed.index + landed.entry_count)
        found = await info.context.doors.reader.facts_at(self.written.actor, indices)
        return [(index, placed.event) for index, placed in sorted(found.items())]


@strawberry.type(description="Answer to `matchBankLine`.")
class MatchBankLinePayload(Payload):
    """The payment that the line is of."""

    @field(description="The payment right after; null when refused, and in a dry run.")
    async def payment(self, info: Info) -> Payment | None:
        """As it stood then."""
        if self.written.landed is None:
            return None
        return await load_payment(info, self.written.object_id, self.written.as_of)


def read_statements(format: StatementFormat, content: bytes) -> tuple[Statement, ...]:
    """What a file says. Raises StatementBroken."""
    if format is StatementFormat.CSV:
        return read_csv(BytesIO(content))
    return read_camt(pieces(content))


@strawberry.type
class BankMutation:
    """Writing."""

    @strawberry.mutation(
        description="Import a bank statement of your party's account. Lines that carry the "
        "reference of a due are entered; a statement imported before changes nothing; a broken "
        "file is refused with its line. Needs the role FINANCE."
    )
    async def import_bank_statement(
        self, info: Info, input: ImportBankStatementInput, dry_run: DryRun = False
    ) -> ImportBankStatementPayload:
        """Posts in your party's books what its bank shows."""

        async def prepare() -> ImportStatements:
            content = input.content.encode()
            return ImportStatements(await asyncio.to_thread(read_statements, input.format, content))

        written = await write(info, "importBankStatement", input, prepare, dry_run=dry_run)
        return ImportBankStatementPayload(written=written)

    @strawberry.mutation(
        description="Say which due an unknown line of your bank statement is about. "
        "Needs the role FINANCE."
    )
    async def match_bank_line(
        self, info: Info, input: MatchBankLineInput, dry_run: DryRun = False
    ) -> MatchBankLinePayload:
        """Posts in your party's books what its bank shows."""

        async def prepare() -> MatchLine:
            key = local_id(input.statement_id, "BankStatement", "statementId")
            index = place_of(key)
            if index is None:
                raise NotFound("statementId", what="bank statement", id=key[:80])
            stored = await info.context.doors.bookkeeping.bank_line(
                info.context.actor, index, input.line
            )
            return MatchLine(
                LinePlace(stored.statement_index, stored.number, stored.mark),
                stored.line.amount,
                stored.line.booked_on,
                local_id(input.due_id, "Due", "dueId"),
            )

        written = await write(info, "matchBankLine", input, prepare, dry_run=dry_run)
        return MatchBankLinePayload(written=written)
