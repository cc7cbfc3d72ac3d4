"""The directory's door: whom pseudonyms stand for, and where parties want their notices.

The one rule: nothing here is in the ledger, so that it can be erased and everything still
verifies. A party's admin writes of its own people alone; members see each other's names; who has
left sees its own. Source: `ledger-format.md` (the subject is a pseudonym), `api.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from email.errors import HeaderParseError
from email.headerregistry import Address

from ledger.actor import Actor, NotFound, require_pseudonym
from ledger.ecosystem import require_name
from ledger.errands import ERRANDS
from ledger.errors import Refusal
from ledger.history import decode_state
from ledger.ids import EcosystemId
from ledger.party import MembershipTerms, Party
from ledger.read import Reader
from ledger.sight import Sight
from ledger.store import directory, projections
from ledger.store.directory import PersonName
from ledger.store.entries import EVERYTHING
from ledger.store.pool import Database

MAX_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""
FIRST = ("", "")


class AddressMalformed(Refusal):
    """{address!r} is no mail address. -> Give one such as desk@example.com."""


class Directory(Reader):
    """Names and addresses for actors. Raises NotFound, NotPermitted, Trouble or Fault."""

    def __init__(self, database: Database, changed: Callable[[EcosystemId], None]) -> None:
        """`changed` is told where an address changed."""
        super().__init__(database)
        self._changed = changed

    async def put_name(self, actor: Actor, subject: str, name: str, *, dry_run: bool) -> None:
        """Say whom a pseudonym of the actor's party stands for.

        Raises NotPermitted, NotFound, PseudonymMalformed, NameMissing.
        """
        await self._admit(actor, "namePerson")
        person = PersonName(
            actor.party_id, require_pseudonym(subject, "subject"), require_name(name, "name")
        )
        if not dry_run:
            async with self._database.writing(actor.ecosystem_id) as connection:
                await directory.put_name(connection, actor.ecosystem_id, person)

    async def drop_name(self, actor: Actor, subject: str, *, dry_run: bool) -> None:
        """Erase the name of a pseudonym of the actor's party. Raises NotPermitted, NotFound."""
        await self._admit(actor, "forgetPerson")
        if not dry_run:
            async with self._database.writing(actor.ecosystem_id) as connection:
                await directory.drop_name(connection, actor.ecosystem_id, actor.party_id, subject)

    async def names(
        self,
        actor: Actor,
        party: str,
        place: tuple[str, str] | None,
        limit: int,
        *,
        backward: bool = False,
    ) -> list[PersonName]:
        """Up to `limit` names after a place, of a party or (empty) of all, in order of both.

        Backward: those before it, the last first.
        """
        async with self._seeing(actor) as (connection, sight):
            if sight.until is not None and party not in ("", actor.party_id):
                return []
            only = actor.party_id if sight.until is not None else party
            return await directory.names(
                connection, actor.ecosystem_id, only, place, limit, backward=backward
            )

    async def names_of(
        self, actor: Actor, people: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], str]:
        """Names of (party, pseudonym), as far as the actor sees them."""
        async with self._seeing(actor) as (connection, sight):
            seen = [each for each in people if _sees(sight, each[0])]
            return await directory.names_of(connection, actor.ecosystem_id, seen)

    async def stranger(self, actor: Actor, party_id: str) -> Party:
        """A party that joined after the actor's had left: who it is, and not on which terms.

        For what is the actor's own affair, where the newcomer acts too. Raises NotFound.
        """
        async with self._reading(actor) as connection:
            states = await projections.states_at(
                connection, actor.ecosystem_id, "party", [party_id], EVERYTHING
            )
        if party_id not in states:
            raise NotFound("partyId", what="party", id=party_id)
        found = decode_state(states[party_id].data, Party)
        return replace(found, terms=MembershipTerms(), left_on=None, left_index=None)

    async def put_address(self, actor: Actor, address: str, *, dry_run: bool) -> None:
        """Say where the actor's party wants its notices; empty: nowhere, and it is erased.

        Raises NotPermitted, NotFound, AddressMalformed.
        """
        await self._admit(actor, "setNoticeAddress")
        checked = require_address(address) if address else ""
        if dry_run:
            return
        key, party = actor.ecosystem_id, actor.party_id
        async with self._database.writing(key) as connection:
            if checked:
                await directory.put_address(connection, key, party, checked)
            else:
                await directory.drop_address(connection, key, party)
        self._changed(key)

    async def address(self, actor: Actor) -> str | None:
        """Where the actor's own party wants its notices."""
        async with self._reading(actor) as connection:
            found = await directory.addresses(connection, actor.ecosystem_id)
        return found.get(actor.party_id)

    async def addresses(self, ecosystem_id: EcosystemId) -> dict[str, str]:
        """Where parties want their notices, for the service's own mailing."""
        async with self._database.reading(ecosystem_id) as connection:
            return await directory.addresses(connection, ecosystem_id)

    async def _admit(self, actor: Actor, errand: str) -> None:
        ERRANDS[errand].permit(actor)
        async with self._reading(actor):
            pass


def _sees(sight: Sight, party: str) -> bool:
    return sight.until is None or party == sight.viewer


def require_address(address: str) -> str:
    """The address, if mail can be sent there. Raises AddressMalformed."""
    try:
        parsed = Address(addr_spec=address.strip())
    except (HeaderParseError, ValueError, IndexError):
        raise AddressMalformed("address", address=address[:80]) from None
    spec = parsed.addr_spec
    if len(spec) > MAX_ADDRESS or not parsed.domain or not spec.isascii():
        raise AddressMalformed("address", address=address[:80])
    return spec
