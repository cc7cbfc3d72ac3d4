"""The directory: whom pseudonyms stand for, and where your party wants its notices. Erasable."""

from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Info
from graph.errands import TWICE_IS_ONCE, require_errand
from graph.nodes import local_id
from graph.paging import DEFAULT_PAGE, After, Before, Connection, First, Last, span, window
from graph.parties import Party, party_by_id
from graph.problems import Problem, problem_of
from graph.receipts import DryRun
from ledger.errors import Refusal
from ledger.store.directory import PersonName


@strawberry.type(description="Whom a pseudonym stands for; in no entry, and erased on request.")
class Person:
    """Somebody of a party."""

    party_id: strawberry.Private[str]
    subject: str = field(description="The pseudonym, as entries carry it.")
    name: str = field(description="The display name, 1 to 120 characters.")

    @field(description="Whose person it is.")
    async def party(self, info: Info) -> Party:
        """The party."""
        return await party_by_id(info, self.party_id)


def person_of(found: PersonName) -> Person:
    """A name as the API shows it."""
    return Person(party_id=found.party, subject=found.subject, name=found.name)


@strawberry.type(description="What a write to the directory answers: it makes no entry.")
class DirectoryPayload:
    """Problems and nothing changed, or nothing more to say."""

    problems: list[Problem] = field(
        description="Why it was refused; empty when it was done. Then nothing changed."
    )


@strawberry.input(description="Whom a pseudonym of your party stands for.")
class NamePersonInput:
    """Replaces the name before."""

    idempotency_key: str = field(description=TWICE_IS_ONCE)
    subject: str = field(description="The pseudonym, as a token's subject.")
    name: str = field(description="The display name, 1 to 120 characters.")


@strawberry.input(description="A pseudonym of your party whose name is to be erased.")
class ForgetPersonInput:
    """For good; the pseudonym stays in the ledger."""

    idempotency_key: str = field(description=TWICE_IS_ONCE)
    subject: str = field(description="The pseudonym.")


@strawberry.input(description="Where your party wants to be told of what waits for it.")
class SetNoticeAddressInput:
    """Replaces the address before."""

    idempotency_key: str = field(description=TWICE_IS_ONCE)
    address: str | None = field(
        description="A mail address of up to 254 characters; null: none, and the one before is "
        "erased."
    )


def _place(text: str) -> tuple[str, str]:
    party, _, subject = text.partition("\n")
    return party, subject


@strawberry.type
class DirectoryQuery:
    """Reading."""

    @field(description="Names of people, in the order of their parties' ids and pseudonyms.")
    async def people(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        party_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only of this party.")
        ] = None,
    ) -> Connection[Person]:
        """Members see each other's."""
        asked = window(first, after, last, before)
        backward = asked.last is not None
        cursor = asked.before if backward else asked.after
        found = await info.context.doors.directory.names(
            info.context.actor,
            local_id(party_id or "", "Party", "partyId"),
            None if cursor is None else _place(cursor[1]),
            (asked.last or asked.first or DEFAULT_PAGE) + 1,
            backward=backward,
        )
        return span(found, asked, lambda each: (0, each.party, each.subject), person_of)

    @field(description="Where your party wants its notices by mail; null: nowhere.")
    async def notice_address(self, info: Info) -> str | None:
        """Your own party's alone."""
        return await info.context.doors.directory.address(info.context.actor)


@strawberry.type
class DirectoryMutation:
    """Writing beside the ledger."""

    @strawberry.mutation(description="Say whom a pseudonym of your party stands for. Needs ADMIN.")
    async def name_person(
        self, info: Info, input: NamePersonInput, dry_run: DryRun = False
    ) -> DirectoryPayload:
        """In no entry: it can be erased."""
        door, actor = info.context.doors.directory, info.context.actor
        try:
            require_errand(actor, "namePerson", input.idempotency_key)
            await door.put_name(actor, input.subject, input.name, dry_run=dry_run)
        except Refusal as refusal:
            return DirectoryPayload(problems=[problem_of(refusal)])
        return DirectoryPayload(problems=[])

    @strawberry.mutation(description="Erase the name of a pseudonym of your party. Needs ADMIN.")
    async def forget_person(
        self, info: Info, input: ForgetPersonInput, dry_run: DryRun = False
    ) -> DirectoryPayload:
        """Everything still verifies: the name was in no entry."""
        door, actor = info.context.doors.directory, info.context.actor
        try:
            require_errand(actor, "forgetPerson", input.idempotency_key)
            await door.drop_name(actor, input.subject, dry_run=dry_run)
        except Refusal as refusal:
            return DirectoryPayload(problems=[problem_of(refusal)])
        return DirectoryPayload(problems=[])

    @strawberry.mutation(
        description="Say where your party wants to be told by mail of what waits. Needs ADMIN."
    )
    async def set_notice_address(
        self, info: Info, input: SetNoticeAddressInput, dry_run: DryRun = False
    ) -> DirectoryPayload:
        """Each letter is an entry: from it on a deadline runs."""
        door, actor = info.context.doors.directory, info.context.actor
        try:
            require_errand(actor, "setNoticeAddress", input.idempotency_key)
            await door.put_address(actor, input.address or "", dry_run=dry_run)
        except Refusal as refusal:
            return DirectoryPayload(problems=[problem_of(refusal)])
        return DirectoryPayload(problems=[])
