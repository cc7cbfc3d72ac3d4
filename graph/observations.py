"""Observations: raw facts in, and what they add up to."""

from datetime import datetime
from fractions import Fraction
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Base64, Index, base64
from ledger.observation import Observation, ObservationsRecorded, RecordObservations
from ledger.series import Declaration


@strawberry.input(description="One raw fact that your party vouches for.")
class ObservationInput:
    """It names its period by key, or an instant from which the period follows."""

    reference: str = field(
        description="Your own reference, 1 to 120 characters; with the revision it is unique in "
        "the series. Content is never a key: two equal answers are two answers."
    )
    value: Fraction = field(description="A finite decimal, in the series' unit.")
    revision: int = field(default=1, description="Counts from 1; a higher one takes its place.")
    period: str | None = field(default=None, description="The period's key; or give `at`.")
    at: datetime | None = field(default=None, description="When it happened; or give `period`.")
    segment: str = field(default="", description="What it is about, at most 120 characters.")
    denominator: Fraction | None = field(default=None, description="What a ratio divides by.")
    sample_size: int | None = field(default=None, description="Single facts that it sums up.")
    attribution: list[strawberry.ID] = field(
        default_factory=list,
        description="Whose doing it is, where an indicator is ATTRIBUTED: of several parties in "
        "equal parts; of none that is named the reporting party's.",
    )

    def observation(self) -> Observation:
        """What the workroom reads."""
        return Observation(
            self.reference,
            self.revision,
            self.period or "",
            self.at,
            self.segment,
            self.value,
            self.denominator,
            self.sample_size,
            tuple(sorted(local_id(each, "Party", "attribution") for each in self.attribution)),
        )


@strawberry.input(description="What a series' values are in; holds for your later batches too.")
class DeclarationInput:
    """A later batch that declares otherwise is refused unless it says `replaces`."""

    unit: str = field(description='As "points" or "minutes", 1 to 120 characters.')
    minimum: Fraction | None = field(default=None, description="The smallest possible value.")
    maximum: Fraction | None = field(default=None, description="The largest possible value.")
    replaces: bool = field(
        default=False, description="Takes the place of your earlier declaration on purpose."
    )

    def declaration(self) -> Declaration:
        """What the workroom reads."""
        return Declaration(self.unit, self.minimum, self.maximum, self.replaces)


@strawberry.input(description="A batch of observations of one series: all or nothing.")
class RecordObservationsInput:
    """Up to 1000 rows."""

    idempotency_key: str = field(description=KEY)
    series: str = field(description="The series that indicators read, 1 to 120 characters.")
    rows: list[ObservationInput] = field(description="1 to 1000 rows.")
    declared: DeclarationInput | None = field(
        default=None, description="What the values are in; values outside it are refused."
    )


@strawberry.type(description="A batch of observations: one entry commits to exactly these rows.")
class ObservationBatch:
    """What the ledger says about a batch."""

    series: str = field(description="Its series.")
    count: int = field(description="Its rows.")
    root: Base64 = field(description="Merkle root of the rows' salted leaf hashes.")
    index: Index = field(description="Its entry.")


@strawberry.type(description="Answer to `recordObservations`.")
class RecordObservationsPayload(Payload):
    """The recorded batch."""

    @field(description="The batch; null when it was refused, and in a dry run.")
    async def batch(self, info: Info) -> ObservationBatch | None:
        """Read back from its entry."""
        landed = self.written.landed
        if landed is None:
            return None
        reader = info.context.doors.reader
        facts = await reader.facts_at(self.written.actor, [landed.index])
        event = facts[landed.index].event if landed.index in facts else None
        if not isinstance(event, ObservationsRecorded):
            return None
        return ObservationBatch(
            series=event.series,
            count=event.count,
            root=base64(event.root),
            index=Index(landed.index),
        )


@strawberry.type(description="What one party's observations of a series add up to.")
class ObservationTotal:
    """Each reference counts by its newest revision."""

    party_id: strawberry.Private[str]
    value: Fraction = field(description="Sum of values.")
    denominator: Fraction | None = field(description="Sum of denominators, if any was given.")
    sample_size: int | None = field(description="Sum of sample sizes, if any was given.")
    row_count: int = field(description="References counted.")

    @field(description="Who recorded them.")
    async def party(self, info: Info) -> Party:
        """The recording party."""
        return await party_by_id(info, self.party_id)


@strawberry.type
class ObservationQuery:
    """Reading."""

    @field(description="What each party's observations of a series add up to.")
    async def observation_totals(
        self,
        info: Info,
        series: Annotated[str, strawberry.argument(description="The series that indicators read.")],
        segment: Annotated[
            str, strawberry.argument(description="Of this segment alone; empty: of all.")
        ] = "",
        periods: Annotated[
            list[str] | None,
            strawberry.argument(description="Of these periods alone, by key; null: of all."),
        ] = None,
    ) -> list[ObservationTotal]:
        """Over the named periods, or all."""
        found = await info.context.doors.reader.totals(
            info.context.actor, series, segment, periods or []
        )
        return [
            ObservationTotal(
                party_id=each.party,
                value=each.value,
                denominator=each.denominator,
                sample_size=each.sample_size,
                row_count=each.row_count,
            )
            for each in found
        ]


@strawberry.type
class ObservationMutation:
    """Writing."""

    @strawberry.mutation(description="Record a batch of observations. Needs the role REPORTER.")
    async def record_observations(
        self, info: Info, input: RecordObservationsInput, dry_run: DryRun = False
    ) -> RecordObservationsPayload:
        """One entry with count and root."""

        def prepare() -> RecordObservations:
            rows = tuple(row.observation() for row in input.rows)
            declared = input.declared.declaration() if input.declared else None
            return RecordObservations(input.series, rows, declared)

        written = await write(info, "recordObservations", input, prepare, dry_run=dry_run)
        return RecordObservationsPayload(written=written)
