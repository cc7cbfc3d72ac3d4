"""The upload door: a file becomes one entry that commits to all its rows, or nothing.

The one rule: everything heavy happens before the head lock: rows are staged, judged, hashed and
loaded under a number that no query shows; the entry, prepared against the newest batch of its
series, makes them visible. What is true if we crash here: before the entry nothing is visible,
and the next upload sweeps what lies about; after it, the upload says ENTERED, for both are one
transaction. Source: `design.md`, "The way of one mutation".
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

from ledger.actor import Actor, NotFound, Role
from ledger.acts import ACTS
from ledger.attempt import Attempt, draw_number
from ledger.batch import IdempotencyConflict
from ledger.commit import Ledger, require_key
from ledger.ids import SEED_SIZE, EcosystemId, PartyId, derived_id
from ledger.read import MAX_PAGE, Found, Page, Reader, Window
from ledger.standing import require_standing
from ledger.store import uploads
from ledger.store.pool import Database
from ledger.store.staging import PATIENCE_SECONDS
from ledger.upload import (
    DONE,
    RUNNING,
    TooManyUploads,
    Upload,
    UploadBusy,
    UploadTerms,
    UploadUnknown,
    check_terms,
)

AT_ONCE = 2
"""Attempts in one process at once; each holds a database connection."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a file may be sent. The secret is shown once; the database has its hash."""

    ecosystem_id: EcosystemId
    upload_id: str
    secret: str

    @property
    def secret_hash(self) -> bytes:
        """SHA-256 of the secret."""
        return sha256(self.secret.encode()).digest()


class Uploads:
    """Begins uploads and takes their files. Raises Refusal, Trouble or Fault."""

    def __init__(
        self, database: Database, ledger: Ledger, reader: Reader, at_once: int = AT_ONCE
    ) -> None:
        """Take up to `at_once` files at the same time."""
        self._database = database
        self._ledger = ledger
        self._reader = reader
        self._free = at_once

    async def check(self, actor: Actor, terms: UploadTerms) -> None:
        """Return if the actor may begin such an upload; raise the refusal otherwise."""
        act = ACTS["recordObservations"]
        act.permit(actor)
        ecosystem = (await self._reader.ecosystem(actor)).value
        require_standing(ecosystem.party(actor.party_id), act, self._ledger.clock())
        check_terms(terms)

    async def begin(
        self, actor: Actor, terms: UploadTerms, key: str, fingerprint: bytes
    ) -> tuple[Upload, Address]:
        """A new upload and its address; of a key used before, the same one at a fresh address.

        Raises what `check` raises, and IdempotencyConflict.
        """
        await self.check(actor, terms)
        require_key(key)
        await self._sweep(actor.ecosystem_id)
        new_id = derived_id(secrets.token_bytes(SEED_SIZE))
        address = Address(actor.ecosystem_id, new_id, secrets.token_urlsafe(SEED_SIZE))
        async with self._database.writing(actor.ecosystem_id) as connection:
            upload_id, earlier = await uploads.add_upload(
                connection,
                actor.ecosystem_id,
                upload_id=new_id,
                party=actor.party_id,
                subject=actor.subject,
                key=key,
                fingerprint=fingerprint,
                secret_hash=address.secret_hash,
                terms=terms,
                number=draw_number(),
            )
            if earlier != fingerprint:
                raise IdempotencyConflict("idempotencyKey", key=key)
        upload = await self.find(actor, upload_id)
        return upload, Address(actor.ecosystem_id, upload_id, address.secret)

    async def find(self, actor: Actor, upload_id: str) -> Upload:
        """An upload of the actor's party. Raises NotFound."""
        await self._reader.ecosystem(actor)
        async with self._database.reading(actor.ecosystem_id) as connection:
            found = await uploads.read_upload(
                connection, actor.ecosystem_id, upload_id, actor.party_id
            )
        if found is None:
            raise NotFound("id", what="upload", id=upload_id)
        return found

    async def page(self, actor: Actor, window: Window) -> Page[Upload]:
        """A page of the uploads of the actor's party, in the order in which they were begun."""
        await self._reader.ecosystem(actor)
        backward = window.last is not None
        limit = (window.last if backward else window.first) or MAX_PAGE
        cursor = window.before if backward else window.after
        async with self._database.reading(actor.ecosystem_id) as connection:
            rows = await uploads.page_of_uploads(
                connection,
                actor.ecosystem_id,
                actor.party_id,
                cursor,
                limit + 1,
                backward=backward,
            )
        more, rows = len(rows) > limit, rows[:limit]
        found = tuple(Found(each.upload_id, begun, 0, each) for begun, each in rows)
        if backward:
            return Page(found[::-1], has_next=cursor is not None, has_previous=more)
        return Page(found, has_next=more, has_previous=cursor is not None)

    async def take(self, address: Address, body: AsyncIterator[bytes]) -> Upload:
        """Take a file; the upload as it stands afterwards, entered, unchanged or refused.

        `body` is read no further than needed. Raises UploadUnknown, UploadBusy, UploadLapsed,
        TooManyUploads, UploadCut; whatever is raised, nothing of the file is kept.
        """
        if self._free < 1:
            raise TooManyUploads("as many uploads run here as may")
        self._free -= 1
        try:
            upload, number = await self._claim(address)
            actor = Actor(
                address.ecosystem_id,
                PartyId(upload.party),
                upload.subject,
                frozenset({Role.REPORTER}),
            )
            if upload.state not in DONE:
                attempt = Attempt(self._database, self._ledger, self._reader, actor, upload, number)
                await attempt.run(body)
            return await self.find(actor, upload.upload_id)
        finally:
            self._free += 1

    async def _claim(self, address: Address) -> tuple[Upload, int]:
        """The upload of an address, with a fresh attempt's number. Raises UploadUnknown, Busy."""
        key, number = address.ecosystem_id, draw_number()
        async with self._database.writing(key) as connection:
            locked = await uploads.lock_upload(
                connection, key, address.upload_id, address.secret_hash
            )
            if locked is None or (locked.is_expired and locked.upload.state not in DONE):
                raise UploadUnknown
            if locked.upload.state in DONE:
                return locked.upload, locked.number
            if locked.upload.state in RUNNING and not locked.is_stale:
                raise UploadBusy
            await uploads.drop_rows(connection, key, locked.number, PATIENCE_SECONDS)
            await uploads.start_attempt(connection, key, locked.upload.upload_id, number)
        return locked.upload, number

    async def _sweep(self, ecosystem_id: EcosystemId) -> None:
        """Delete what attempts of dead processes left lying about."""
        async with self._database.writing(ecosystem_id) as connection:
            for number in await uploads.give_up_stale(connection, ecosystem_id):
                await uploads.drop_rows(connection, ecosystem_id, number, PATIENCE_SECONDS)
