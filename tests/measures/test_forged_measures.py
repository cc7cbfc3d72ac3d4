"""A host that forges what is measured: the audit names what each entry breaks."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ledger.audit import check
from ledger.book import Book
from ledger.evolution import evolve
from ledger.exclusion import ExclusionProposed
from ledger.fact import Placed
from ledger.fold import placed_of
from ledger.formula import Contribution
from ledger.ids import EcosystemId
from ledger.measurement import MeasurementProposed
from ledger.part import PartSubmitted
from ledger.rule import RuleBroken
from ledger.store import entries
from ledger.store.pool import open_database
from tests.measures.surveys import DESK, OWNERS, SITE, answered, chain, measured, proposed
from tests.world import PROPOSED, World, bare

FEBRUARY = "2024-02"


async def told(world: World) -> list[tuple[Book, Placed]]:
    """An exclusion, a measurement and its restatement: every entry, with the Book before it."""
    indicator = await chain(world)
    await answered(world, DESK, "2024-02-05", [5, 4, 3, 5])
    await answered(world, SITE, "2024-02-06", [5, 1])
    window = {
        "indicatorId": indicator,
        "period": FEBRUARY,
        "fromAt": "2024-02-06T01:00:00Z",
        "untilAt": "2024-02-06T02:00:00Z",
        "reason": "PLANNED_WORK",
        "explanation": "An announced hour of work.",
    }
    payload = await world.done(SITE, "proposeExclusion", window, PROPOSED)
    await world.agree(payload["proposal"], *OWNERS)
    await measured(world, indicator, FEBRUARY)
    await answered(world, DESK, "2024-02-09", [1], batch="late")
    part = {"indicatorId": indicator, "period": FEBRUARY, "isCorrection": True}
    await world.done(DESK, "submitPart", part)
    how = {"reason": "LATE_OBSERVATIONS", "explanation": "One answer came by post."}
    await proposed(world, indicator, FEBRUARY, "proposeRestatement", **how)
    key = EcosystemId(bare(world.ecosystem_id))
    database = await open_database(world.settings.database_url or "", 2)
    async with database.reading(key) as connection:
        stored = await entries.entries_from(connection, key, 0, 1000)
    await database.close()
    book, history = Book(key), []
    for entry in stored:
        placed = placed_of(entry)
        history.append((book, placed))
        book = evolve(book, placed)
    return history


def last(history: list[tuple[Book, Placed]], kind: type) -> tuple[Book, Placed, Any]:
    """The last entry of a kind, with the Book before it."""
    book, placed = next(each for each in reversed(history) if isinstance(each[1].event, kind))
    return book, placed, placed.event


async def test_what_is_measured_cannot_be_forged(world: World) -> None:
    """Whose it is, what was left out, what is restated, and by which rules."""
    history = await told(world)
    for book, placed in history:
        check(book, placed)

    def broken(book: Book, placed: Placed, event: object, why: str) -> None:
        with pytest.raises(RuleBroken, match=why):
            check(book, replace(placed, event=event))

    book, placed, event = last(history, MeasurementProposed)
    findings = event.findings
    shifted = tuple(
        Contribution(each.party_id, each.value + sign)
        for each, sign in zip(findings.contributions, (1, -1), strict=True)
    )
    for forged in (
        replace(findings, contributions=shifted),
        replace(findings, margin=None),
        replace(findings, exclusions=()),
        replace(findings, touched_measurements=(1,)),
    ):
        broken(book, placed, replace(event, findings=forged), "computes otherwise")
    unsaid = replace(findings, restates=None, reason=None)
    broken(book, placed, replace(event, findings=unsaid), "without restating it")
    mute = replace(findings, reason=None)
    broken(book, placed, replace(event, findings=mute), "for no reason")
    broken(book, placed, replace(event, rules_version=1), "older rules")

    book, placed, event = last(history, ExclusionProposed)
    broken(book, placed, replace(event, value_after=Fraction(99)), "computes otherwise")
    alone = event.figures_after[:1]
    broken(book, placed, replace(event, figures_after=alone), "computes otherwise")

    book, placed, event = last(history, PartSubmitted)
    whole = replace(event.basis, exclusions=())
    broken(book, placed, replace(event, basis=whole), "other rows than were agreed")
    broken(book, placed, replace(event, period="2024-03", is_correction=True), "never agreed")
