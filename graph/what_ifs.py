"""What-if: a scheme run over past periods, old beside new, and the shadow stakes of pilots.

The one rule: everything here is notional; it enters nothing and is never in the books.
"""

from typing import Annotated

import strawberry
from strawberry import field

from graph.calendars import Period, period_of
from graph.context import Info
from graph.mirror import workroom
from graph.money import Money, money_of
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from graph.previews import SchemeEvaluation, evaluation_of
from graph.problems import Problem, problem_of
from graph.scheme_inputs import PartnerTermsInput, SchemeTermsInput
from ledger import terms as forms
from ledger import what_if as rules
from ledger.actor import NotFound
from ledger.basis import calendars_for, facts_for
from ledger.book import Book
from ledger.errors import Refusal
from ledger.partner import PartnerTerms, is_confidential, nominal
from ledger.periods import Calendars
from ledger.scheme import Scheme
from ledger.soundness import check_terms


@strawberry.type(description="What terms give for a past period. Notional: never in the books.")
class NotionalPeriod:
    """An evaluation, or why there is none."""

    period: Period = field(description="The period, by its indicators' calendar.")
    is_notional: bool = field(description="Always true: nothing of it is owed.")
    reason: str = field(description="Why it gives nothing; empty when it gives something.")
    evaluation: SchemeEvaluation | None = field(description="Null where the terms give nothing.")


@strawberry.type(description="A past period by the terms in force and by the proposed ones.")
class ComparedPeriod:
    """Old beside new."""

    period: Period = field(description="The period, by its indicators' calendar.")
    old: NotionalPeriod | None = field(
        description="By the terms in force; null where there are none, or not all was measured."
    )
    new: NotionalPeriod = field(description="By the proposed terms.")


@strawberry.type(description="What the proposed terms would have changed for a party.")
class PartyDifference:
    """Over all periods shown."""

    party_id: strawberry.Private[str]
    difference: Money = field(description="New less old; below zero where it would have got less.")

    @field(description="The party.")
    async def party(self, info: Info) -> Party:
        """Whose difference."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="One partner's own terms of a confidential scheme, old beside new.")
class PartnerWhatIf:
    """Of a partner whose part you may see."""

    party_id: strawberry.Private[str]
    periods: list[ComparedPeriod] = field(description="Past periods, oldest first.")
    difference: Money = field(description="New less old, over all periods.")

    @field(description="The partner.")
    async def party(self, info: Info) -> Party:
        """Whose terms."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="Answer to `whatIfScheme`.")
class WhatIf:
    """Problems, or past periods by old and new terms."""

    problems: list[Problem] = field(description="Why the terms cannot stand; empty if they can.")
    periods: list[ComparedPeriod] = field(
        description="The newest 120 periods of which everything is agreed, oldest first."
    )
    differences: list[PartyDifference] = field(
        description="One a party; none where the two schemes pay in two currencies."
    )
    partners: list[PartnerWhatIf] = field(
        description="Of two confidential schemes: one a partner whose part you may see, in its own "
        "money, where `periods` take 100 for everybody; else empty."
    )


def notional_of(given: rules.Notional, calendars: Calendars) -> NotionalPeriod:
    """A notional period as the API shows it."""
    found = given.found
    return NotionalPeriod(
        period=period_of(calendars, given.period),
        is_notional=True,
        reason=given.reason,
        evaluation=None if found is None else evaluation_of(found, given.party_ids),
    )


def compared_of(each: rules.Compared, calendars: Calendars) -> ComparedPeriod:
    """A compared period as the API shows it."""
    return ComparedPeriod(
        period=period_of(calendars, each.period),
        old=None if each.old is None else notional_of(each.old, calendars),
        new=notional_of(each.new, calendars),
    )


@strawberry.type
class WhatIfQuery:
    """Computing over the past."""

    @field(description="Run proposed terms over past periods, beside those of a scheme in force.")
    async def what_if_scheme(
        self,
        info: Info,
        terms: Annotated[
            SchemeTermsInput,
            strawberry.argument(description="The terms as they would be proposed."),
        ],
        scheme_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="An agreed scheme to compare with."),
        ] = None,
        parts: Annotated[
            list[PartnerTermsInput] | None,
            strawberry.argument(description="Of a confidential one: partners' own new parts."),
        ] = None,
    ) -> WhatIf:
        """Before anybody signs."""
        try:
            return await _what_if(info, terms, scheme_id, parts or [])
        except Refusal as refusal:
            return WhatIf(problems=[problem_of(refusal)], periods=[], differences=[], partners=[])

    @field(
        description="What an agreed scheme would pay for its measured periods, whether its "
        "indicators are live or in a pilot's shadow."
    )
    async def shadow_stakes(
        self,
        info: Info,
        scheme_id: Annotated[strawberry.ID, strawberry.argument(description="An agreed scheme.")],
    ) -> list[NotionalPeriod]:
        """Notional stakes, oldest period first; the newest 120."""
        book = await _book(info)
        agreed = book.current_scheme(local_id(scheme_id, "Scheme", "schemeId"))
        if agreed is None:
            return []
        terms = nominal(agreed.terms) if is_confidential(agreed.terms) else agreed.terms
        calendars = calendars_for(book, terms)
        periods = rules.measured_periods(book, terms, calendars)
        given = rules.notional(book, terms, periods, calendars)
        return [notional_of(each, calendars) for each in given]


async def _book(info: Info) -> Book:
    """The Book of the caller's ecosystem. Raises NotFound."""
    ecosystem = await info.context.ecosystem()
    return await info.context.doors.ledger.book(ecosystem.ecosystem_id)


async def _what_if(
    info: Info,
    given: SchemeTermsInput,
    scheme_id: strawberry.ID | None,
    parts: list[PartnerTermsInput],
) -> WhatIf:
    """The comparison. Raises a Refusal."""
    ecosystem = await info.context.ecosystem()
    common = workroom(given, forms.SchemeTerms)
    book = await _book(info)
    new = nominal(common) if is_confidential(common) else common
    facts = facts_for(book, new)
    check_terms(new, facts, ecosystem.signing_ids(book.last_at), ecosystem.outsourcer.party_id)
    old, partners = None, []
    if scheme_id:
        key = local_id(scheme_id, "Scheme", "schemeId")
        agreed = book.current_scheme(key)
        if agreed is None:
            raise NotFound("schemeId", what="agreed scheme", id=key)
        old = agreed.terms
        if is_confidential(common) and is_confidential(old):
            partners = _partners(info, book, agreed, common, parts)
    compared, calendars = rules.what_if(book, old, new), calendars_for(book, new)
    party_ids = dict.fromkeys((*new.party_ids(), *(old.party_ids() if old else ())))
    return WhatIf(
        problems=[],
        periods=[compared_of(each, calendars) for each in compared],
        differences=[
            PartyDifference(
                party_id=key, difference=money_of(rules.difference(compared, key, new.currency))
            )
            for key in party_ids
            if old is None or old.currency == new.currency
        ],
        partners=partners,
    )


def _partners(
    info: Info,
    book: Book,
    agreed: Scheme,
    common: forms.SchemeTerms,
    given: list[PartnerTermsInput],
) -> list[PartnerWhatIf]:
    """Each partner's own comparison that the viewer may see. Raises a Refusal."""
    places = ((each, f"parts[{number}]") for number, each in enumerate(given))
    parts = [workroom(each, PartnerTerms, place) for each, place in places]
    viewer, calendars = info.context.actor.party_id, calendars_for(book, common)
    by_partner = {each.party_id: each for each in parts}
    return [
        PartnerWhatIf(
            party_id=key,
            periods=[compared_of(each, calendars) for each in compared],
            difference=money_of(rules.difference(compared, key, common.currency)),
        )
        for key, compared in rules.personal_what_if(book, agreed, common, by_partner, viewer)
        if agreed.terms.currency == common.currency
    ]
