"""Rows: a party's own observations as a file that proves which batches they were recorded by.

The one rule: a row's bytes stand in the file as they were hashed, with its salt, so that whoever
holds the file and the ledger's export shows that a batch was made of exactly these rows. A row that
was dropped is there as its leaf hash alone. Source: `ledger-format.md`, "Offline".

::

    {"ecosystem":ID,"format":"jpi-observations/v1","party":ID,"series":NAME or "","size":SIZE}
    {"batch":INDEX,"count":COUNT,"series":NAME}
    {"number":0,"row":"{...}","salt":BASE64}      in the order of numbers
    {"leafHash":BASE64,"number":1}                where the row was dropped
    {"sha256":HEX}                                of all bytes before this line
"""

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256

from ledger.actor import Actor
from ledger.canonical import encode
from ledger.dropping import DroppedRows
from ledger.history import render_base64
from ledger.observation import row_bytes
from ledger.read import Reader
from ledger.store import observations
from ledger.store.observations import StoredBatch, StoredRow

FORMAT = "jpi-observations/v1"
ROWS_PAGE = 2000
BATCHES_PAGE = 500


class Rows(Reader):
    """Reads a party's own rows. Raises NotFound, Trouble or Fault."""

    async def batches(
        self, actor: Actor, series: str, size: int, after: int
    ) -> AsyncIterator[StoredBatch]:
        """The party's batches (of a series, or all) below a ledger size, after an entry's index."""
        while True:
            async with self._reading(actor) as connection:
                page = await observations.batches_after(
                    connection,
                    actor.ecosystem_id,
                    actor.party_id,
                    series,
                    size,
                    after,
                    BATCHES_PAGE,
                )
            for batch in page:
                yield batch
                after = batch.index
            if len(page) < BATCHES_PAGE:
                return

    async def rows(self, actor: Actor, batch: StoredBatch) -> AsyncIterator[list[StoredRow]]:
        """The rows of a batch in pages, in the order of numbers."""
        for start in range(0, batch.count, ROWS_PAGE):
            async with self._reading(actor) as connection:
                yield await observations.rows_between(
                    connection, actor.ecosystem_id, batch.number, start, start + ROWS_PAGE
                )

    async def places(
        self, actor: Actor, series: str, references: Sequence[str]
    ) -> tuple[DroppedRows, ...]:
        """Where references of the party's series stand, every revision of each."""
        known = [each for each in references if "\0" not in each]
        if "\0" in series:
            return ()
        async with self._reading(actor) as connection:
            return await observations.places(
                connection, actor.ecosystem_id, actor.party_id, series, known
            )

    async def file(
        self, actor: Actor, series: str, size: int, after: int = -1
    ) -> AsyncIterator[bytes]:
        """The file of a party's rows, a few thousand lines at a time.

        Each batch stands in it whole: a download that was cut goes on after the last one held.
        """
        digest = sha256()
        header: dict[str, object] = {
            "ecosystem": actor.ecosystem_id,
            "format": FORMAT,
            "party": actor.party_id,
            "series": series,
            "size": size,
        }
        data = encode(header) + b"\n"
        digest.update(data)
        yield data
        async for batch in self.batches(actor, series, size, after):
            fields: dict[str, object] = {
                "batch": batch.index,
                "count": batch.count,
                "series": batch.series,
            }
            head = encode(fields) + b"\n"
            async for page in self.rows(actor, batch):
                data = head + b"".join(_line(batch.series, row) for row in page)
                head = b""
                digest.update(data)
                yield data
        yield encode({"sha256": digest.hexdigest()}) + b"\n"


def _line(series: str, stored: StoredRow) -> bytes:
    if stored.row is None:
        fields: dict[str, object] = {
            "leafHash": render_base64(stored.leaf_hash),
            "number": stored.number,
        }
    else:
        fields = {
            "number": stored.number,
            "row": row_bytes(series, stored.row).decode(),
            "salt": render_base64(stored.salt),
        }
    return encode(fields) + b"\n"
