"""A host that writes what the rules forbid: the audit names the entry, whatever it signs."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from ledger.answer import ProposalAgreed, ProposalConsented
from ledger.audit import check
from ledger.book import Book
from ledger.ecosystem import EcosystemFounded
from ledger.evolution import evolve
from ledger.fact import Placed
from ledger.fold import placed_of
from ledger.ids import EcosystemId, PartyId
from ledger.journal import SettlementPosted
from ledger.measurement import MeasurementProposed
from ledger.part import PartSubmitted
from ledger.payment import PaymentConfirmed, PaymentReported
from ledger.rule import RuleBroken
from ledger.settlement import SettlementProposed
from ledger.store import entries
from ledger.store.pool import open_database
from tests.test_story import (
    BUYER,
    OTHERS,
    PARTNERS,
    agreed_indicator,
    agreed_scheme,
    measured,
    paid,
    settled,
)
from tests.world import World, bare


async def history(world: World) -> list[tuple[Book, Placed]]:
    """Every entry of a full story, with the Book before it."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    await measured(world, indicator)
    await paid(world, await settled(world, await agreed_scheme(world, indicator)))
    key = EcosystemId(bare(world.ecosystem_id))
    database = await open_database(world.settings.database_url or "", 2)
    async with database.reading(key) as connection:
        stored = await entries.entries_from(connection, key, 0, 1000)
    await database.close()
    book, told = Book(key), []
    for entry in stored:
        placed = placed_of(entry)
        told.append((book, placed))
        book = evolve(book, placed)
    return [*told, (book, replace(told[0][1], index=book.size))]


def of(told: list[tuple[Book, Placed]], kind: type) -> tuple[Book, Placed, Any]:
    """The last entry of a kind before the end, with the Book before it."""
    book, placed = next(each for each in reversed(told[:-1]) if isinstance(each[1].event, kind))
    return book, placed, placed.event


async def test_what_the_rules_forbid_is_found_by_the_audit(world: World) -> None:
    """Each forgery is one a host could sign; each is named for what it breaks."""
    told = await history(world)
    for book, placed in told[:-1]:
        check(book, placed)
    stranger = PartyId(bare(world.parties[OTHERS]))

    def broken(book: Book, placed: Placed, why: str) -> None:
        with pytest.raises(RuleBroken, match=why):
            check(book, placed)

    broken(*told[-1], "founded once")
    assert isinstance(told[-1][1].event, EcosystemFounded)

    book, placed, event = of(told, MeasurementProposed)
    better = replace(event, value=event.value - 1, displayed=event.displayed - 1)
    broken(book, replace(placed, event=better), "computes otherwise")
    few = replace(event.opening, signatories=event.opening.signatories[:1], needed=1)
    broken(book, replace(placed, event=replace(event, opening=few)), "does not ask all")

    book, placed, event = of(told, PartSubmitted)
    broken(book, replace(placed, party=PartyId(bare(world.parties[BUYER]))), "another party")
    figures = replace(event.figures, denominator=Fraction(1))
    broken(book, replace(placed, event=replace(event, figures=figures)), "takes no denominator")
    broken(book, replace(placed, party=PartyId("nobody")), "may not do this")

    book, placed, event = of(told, ProposalConsented)
    broken(book, replace(placed, event=replace(event, commitment="AAAA")), "other bytes")
    again = replace(placed, index=book.size + 1)
    broken(evolve(book, placed), again, "answers twice")

    book, placed, event = of(told, ProposalAgreed)
    fewer = replace(event, consents=event.consents[:-1])
    broken(book, replace(placed, event=fewer), "consents that were not given")

    book, placed, event = of(told, SettlementProposed)
    richer = replace(event.content.stakes[0], amount=event.content.pool)
    stakes = (richer, *event.content.stakes[1:])
    content = replace(event.content, stakes=stakes)
    broken(book, replace(placed, event=replace(event, content=content)), "computes otherwise")

    book, placed, event = of(told, SettlementPosted)
    halved = replace(event, postings=event.postings[:2])
    broken(book, replace(placed, event=halved), "do not follow")
    twice = replace(placed, index=book.size + 1)
    broken(evolve(book, placed), twice, "posted twice")

    book, placed, event = of(told, PaymentReported)
    broken(book, replace(placed, party=stranger), "only the payer")
    broken(evolve(book, placed), replace(placed, index=book.size + 1), "more than is owed")

    book, placed, event = of(told, PaymentConfirmed)
    wrong = PartyId(bare(world.parties[BUYER]))
    broken(book, replace(placed, party=wrong), "only the payee")
    broken(evolve(book, placed), replace(placed, index=book.size + 1), "confirmed twice")
