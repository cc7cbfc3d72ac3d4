"""Figures: what one party's part holds, and whose its value is."""

from fractions import Fraction

import strawberry
from strawberry import field

from graph.context import Info
from graph.enums import describe
from graph.nodes import local_id
from graph.parties import Party, party_by_id
from ledger import figures as rules
from ledger.distribution import Bin, size, total
from ledger.figures import AttributionKind, FiguresMalformed

describe(
    AttributionKind,
    "Whose a part of a value is.",
    SOLE="One party's.",
    JOINT="Several parties', in equal parts.",
    SHARED="Several parties', by stated shares.",
    UNATTRIBUTED="Nobody's, yet in the value.",
    EXCLUDED="Left out of the value, with a reason.",
)


@strawberry.type(description="A value, and how many answers gave it.")
class AnswerCount:
    """One bar of a histogram."""

    value: Fraction = field(description="The answer, as it was given.")
    count: int = field(description="How many gave it; above 0.")


@strawberry.type(description="A party's share of a line of attribution.")
class PartyShare:
    """Who, and how much of it."""

    party_id: strawberry.Private[str]
    share: Fraction = field(description="Above 0; shares of a line add up to 1.")

    @field(description="The party.")
    async def party(self, info: Info) -> Party:
        """Whose share."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="How much of a part's value is whose.")
class AttributionLine:
    """Lines of a part add up to its value."""

    kind: AttributionKind = field(description="Whose it is.")
    value: Fraction = field(description="How much of the part's value.")
    shares: list[PartyShare] = field(description="Whose; empty when UNATTRIBUTED or EXCLUDED.")
    denominator: Fraction | None = field(description="What an exclusion takes out of a ratio.")
    reason: str | None = field(description="Why it is excluded.")


@strawberry.type(description="What one party's part holds.")
class Figures:
    """A part's numbers."""

    party_id: strawberry.Private[str]
    value: Fraction = field(
        description="In the indicator's unit; of a ratio the numerator, of answers their sum."
    )
    denominator: Fraction | None = field(description="Of a ratio only.")
    sample_size: int | None = field(description="Single facts summed up, if stated.")
    invited: int | None = field(description="How many were asked, if stated.")
    answers: list[AnswerCount] = field(description="How often each value was given, if it is kept.")
    squares: Fraction | None = field(description="Sum of the answers' squares, of a mean only.")
    attribution: list[AttributionLine] = field(
        description="Whose the value is; empty: the reporting party's."
    )

    @field(description="Whose part.")
    async def party(self, info: Info) -> Party:
        """The reporting party."""
        return await party_by_id(info, self.party_id)


def figures_of(figures: rules.Figures) -> Figures:
    """A part's numbers as the API shows them."""
    return Figures(
        party_id=figures.party_id,
        value=figures.value,
        denominator=figures.denominator,
        sample_size=figures.sample_size,
        invited=figures.invited,
        answers=[AnswerCount(value=each.value, count=each.count) for each in figures.answers],
        squares=figures.squares,
        attribution=[_line_of(each) for each in figures.lines],
    )


def _line_of(line: rules.AttributionLine) -> AttributionLine:
    return AttributionLine(
        kind=line.kind,
        value=line.value,
        shares=[PartyShare(party_id=each.party_id, share=each.share) for each in line.shares],
        denominator=line.denominator,
        reason=line.reason or None,
    )


@strawberry.input(description="A value, and how many answers gave it.")
class AnswerCountInput:
    """One bar of a histogram."""

    value: Fraction = field(description="The answer, on the method's scale; a code of no answer.")
    count: int = field(description="How many gave it; above 0.")


@strawberry.input(description="A party's share of a line of attribution.")
class PartyShareInput:
    """Who, and how much of it."""

    party_id: strawberry.ID = field(description="A co-owner.")
    share: Fraction | None = field(
        default=None, description="For SHARED: above 0; shares of a line add up to 1."
    )


@strawberry.input(description="How much of a part's value is whose.")
class AttributionLineInput:
    """Lines of a part add up to its value."""

    kind: AttributionKind = field(description="Whose it is.")
    value: Fraction = field(description="How much of the part's value.")
    shares: list[PartyShareInput] = field(
        default_factory=list,
        description="One party for SOLE, two or more for JOINT and SHARED, none otherwise.",
    )
    denominator: Fraction | None = field(
        default=None, description="What an exclusion takes out of a ratio's denominator."
    )
    reason: str = field(default="", description="Why it is EXCLUDED: 1 to 200 characters.")

    def line(self, path: str) -> rules.AttributionLine:
        """What the workroom reads. Raises FiguresMalformed."""
        equal = Fraction(1, len(self.shares)) if self.shares else Fraction(1)
        is_shared = self.kind is AttributionKind.SHARED
        shares = []
        for number, each in enumerate(self.shares):
            if is_shared != (each.share is not None):
                raise FiguresMalformed(
                    f"{path}.shares[{number}].share", reason="SHARED, and only it, states shares"
                )
            party_id = local_id(each.party_id, "Party", f"{path}.shares[{number}].partyId")
            shares.append(rules.PartyShare(party_id, equal if each.share is None else each.share))
        return rules.AttributionLine(
            self.kind, self.value, tuple(shares), self.denominator, self.reason.strip()
        )


@strawberry.input(description="Numbers of one party's part.")
class FiguresInput:
    """A part, of a worked example or declared: a value, or single answers."""

    party_id: strawberry.ID = field(description="The co-owner whose part it is.")
    value: Fraction | None = field(
        default=None,
        description="In the indicator's unit; of a ratio the numerator. Left out with `answers`.",
    )
    denominator: Fraction | None = field(default=None, description="Of a ratio only; not negative.")
    sample_size: int | None = field(
        default=None, description="Single facts summed up. Left out with `answers`."
    )
    invited: int | None = field(default=None, description="How many were asked.")
    answers: list[AnswerCountInput] = field(
        default_factory=list,
        description="For methods over single answers: each value once, at most 2000 of them.",
    )
    squares: Fraction | None = field(
        default=None, description="Of MEAN and LOST_TIME without `answers`: sum of their squares."
    )
    attribution: list[AttributionLineInput] = field(
        default_factory=list,
        description="For SUM and POOLED_RATIO: lines that add up to the value.",
    )

    def figures(self, path: str) -> rules.Figures:
        """What the workroom reads. Raises FiguresMalformed, WrongKindOfId."""
        answers = tuple(
            sorted((Bin(each.value, each.count) for each in self.answers), key=lambda b: b.value)
        )
        if answers and (self.value is not None or self.sample_size is not None):
            raise FiguresMalformed(path, reason="sum and number of the answers follow from them")
        if not answers and self.value is None:
            raise FiguresMalformed(f"{path}.value", reason="it needs a value or answers")
        return rules.Figures(
            local_id(self.party_id, "Party", f"{path}.partyId"),
            total(answers) if self.value is None else self.value,
            self.denominator,
            size(answers) if answers else self.sample_size,
            self.invited,
            answers,
            self.squares,
            lines_of(self.attribution, f"{path}.attribution"),
        )


def lines_of(given: list[AttributionLineInput], path: str) -> tuple[rules.AttributionLine, ...]:
    """Lines of attribution as the workroom reads them."""
    return tuple(each.line(f"{path}[{number}]") for number, each in enumerate(given))
