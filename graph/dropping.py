"""Dropping: raw rows that a party may no longer keep."""

import strawberry
from strawberry import field

from graph.context import Info
from graph.receipts import KEY, DryRun, Payload, write
from ledger.dropping import DropObservations, ObservationsDropped


@strawberry.input(description="Raw rows of your party that are to be gone.")
class DropObservationsInput:
    """Every revision of each reference."""

    idempotency_key: str = field(description=KEY)
    series: str = field(description="The series that they are of.")
    references: list[str] = field(description="1 to 1000 references; unknown ones are passed over.")


@strawberry.type(description="Answer to `dropObservations`.")
class DropObservationsPayload(Payload):
    """How many rows went."""

    @field(description="Rows that are gone; null when it was refused, and in a dry run.")
    async def row_count(self, info: Info) -> int | None:
        """Read back from its entry."""
        landed = self.written.landed
        if landed is None:
            return None
        facts = await info.context.doors.reader.facts_at(self.written.actor, [landed.index])
        event = facts[landed.index].event if landed.index in facts else None
        if not isinstance(event, ObservationsDropped):
            return None
        return sum(len(each.numbers) for each in event.rows)


@strawberry.type
class DroppingMutation:
    """Writing."""

    @strawberry.mutation(
        description="Drop raw rows: content and salt are deleted for good, the salted leaf hash "
        "stays, so that their batch can still be proved. What was measured from them stays. Needs "
        "the role ADMIN."
    )
    async def drop_observations(
        self, info: Info, input: DropObservationsInput, dry_run: DryRun = False
    ) -> DropObservationsPayload:
        """The entry names places, never content."""

        async def prepare() -> DropObservations:
            rows = await info.context.doors.rows.places(
                info.context.actor, input.series.strip(), input.references
            )
            return DropObservations(input.series.strip(), len(input.references), rows)

        written = await write(info, "dropObservations", input, prepare, dry_run=dry_run)
        return DropObservationsPayload(written=written)
