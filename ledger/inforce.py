"""What proposals are opened and answered under: policy, calendars, delegations. Pure.

In force is the highest agreed policy whose moment has come.

The one rule: a policy that is to hold from a stated moment comes into force by an entry of the
clock, so that what is in force at a place of the ledger follows from the entries before it.
Source: `domain.md` section 3.
"""

from collections.abc import Iterator
from dataclasses import replace

from immutables import Map

from ledger import delegation, life, workdays
from ledger.book import Book
from ledger.fact import Placed
from ledger.measurement import MeasurementProposed
from ledger.policy import Policy, PolicyApplied
from ledger.proposal import Opening, Preparer
from ledger.schedule import Due, DueKind, rescheduled
from ledger.workdays import BusinessCalendarAdopted


def opened(book: Book, placed: Placed, terms: Opening) -> Book:
    """The Book with one more proposal, which lives under the policy in force."""
    policy = book.policy()
    asks_another = policy.terms.rule(terms.kind).four_eyes
    agreements = life.opened(
        book.agreements,
        placed,
        terms,
        policy.version,
        awaits_terms=policy.terms.shapes(terms.kind),
        prepared_by=tuple(_preparers(book, placed.event)) if asks_another else (),
        ends_at=policy.terms.ends_at(placed.at),
    )
    return replace(book, agreements=agreements)


def _preparers(book: Book, event: object) -> Iterator[Preparer]:
    """Who reported the parts that a measurement rests on; a part of before names nobody."""
    if not isinstance(event, MeasurementProposed):
        return
    parts = book.parts.get((event.indicator_id, event.period), Map())
    for used in event.parts:
        part = parts.get(used.figures.party_id)
        if part is not None and part.index == used.index and part.prepared_by:
            yield Preparer(used.figures.party_id, part.prepared_by)


def arranged(book: Book, placed: Placed) -> Book:
    """The Book after an entry about what proposals are opened and answered under."""
    match placed.event:
        case PolicyApplied(proposal_id=proposal_id):
            return in_force(book, proposal_id)
        case BusinessCalendarAdopted():
            calendars = workdays.evolve(book.agreements.calendars, placed)
            return replace(book, agreements=replace(book.agreements, calendars=calendars))
        case _:
            return replace(book, delegations=delegation.evolve(book.delegations, placed))


def with_agreed_policy(book: Book, policy: Policy) -> Book:
    """The Book once a policy is agreed: in force at once, or at its stated moment."""
    key, moment = policy.proposal_id, policy.terms.applies_from
    book = replace(
        book,
        latest_policy=key,
        policy_versions=book.policy_versions.set(policy.version, key),
    )
    if moment is None or moment <= book.last_at:
        return in_force(book, key)
    due = Due(moment, DueKind.POLICY, key)
    return _scheduled(book, rescheduled(book.agreements.schedule, (), (due,)))


def in_force(book: Book, proposal_id: str) -> Book:
    """The Book with a policy in force; lower versions that still waited never come into force."""
    version = book.policies[proposal_id].version
    waiting = tuple(
        due
        for due in book.agreements.schedule
        if due.kind is DueKind.POLICY and book.policies[due.proposal_id].version <= version
    )
    book = replace(book, current_policy=proposal_id)
    return _scheduled(book, rescheduled(book.agreements.schedule, waiting, ()))


def _scheduled(book: Book, schedule: tuple[Due, ...]) -> Book:
    return replace(book, agreements=replace(book.agreements, schedule=schedule))
