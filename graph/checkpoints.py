"""Checkpoints and proofs: what the log signed about the whole ledger, and who else put their name.

The one rule: a proof or a checkpoint is made when it is asked for; a mutation waits for its commit
only. Sources: `ledger-format.md`, "Checkpoint" and "Witnesses"; `api.md`, "receipts".
"""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field

from graph.context import Doors, Info
from graph.parties import Party, party_by_id
from graph.scalars import Base64, Index, base64
from ledger.actor import Actor
from ledger.store.entries import StoredCheckpoint
from ledger.witnessing import Quorum as Counted


@strawberry.type(description="A witness's signature (cosignature/v1) on a published checkpoint.")
class Cosignature:
    """What a witness put its name to."""

    party_id: strawberry.Private[str]
    verifier_key: str = field(description="The key that cosigned (C2SP signed note).")
    line: str = field(description="The signature line, verbatim: part of the cosigned note.")
    received_at: datetime = field(description="When it was uploaded.")

    @field(description="Whose witness it is.")
    async def party(self, info: Info) -> Party:
        """The witnessing party."""
        return await party_by_id(info, self.party_id)


@strawberry.type(description="Whether enough of the policy's witnesses cosigned a checkpoint.")
class Quorum:
    """k of n, with 2k > n, so that no two forks can both be certified."""

    counted: strawberry.Private[Counted]
    needed: int = field(description="k; 0 where the policy asks for no quorum.")
    is_met: bool = field(description="False where there is no quorum, and until k cosigned.")

    @field(description="The n witnesses whom the policy counts.")
    async def witnesses(self, info: Info) -> list[Party]:
        """Parties of the policy."""
        return [await party_by_id(info, each) for each in self.counted.witnesses]

    @field(description="Those of them that cosigned this checkpoint.")
    async def cosigned_by(self, info: Info) -> list[Party]:
        """Parties whose witness key in force cosigned."""
        return [await party_by_id(info, each) for each in self.counted.cosigned]


@strawberry.type(description="A published checkpoint: a C2SP signed note, verbatim.")
class Checkpoint:
    """What the log signed about the whole ledger at a size."""

    actor: strawberry.Private[Actor]
    size: Index = field(description="Entries that it covers.")
    note: str = field(description="Origin, size, root and the log's signature, to be verified.")

    @field(description="The note with every cosignature line.")
    async def cosigned_note(self, info: Info) -> str:
        """As witnesses and verifiers read it."""
        witnessing = info.context.doors.witnessing
        return (await witnessing.witnessed(self.actor, self.size, self.note)).note

    @field(description="Cosignatures so far, in the order of their coming.")
    async def cosignatures(self, info: Info) -> list[Cosignature]:
        """All of them, whether the policy counts their keys or not."""
        witnessing = info.context.doors.witnessing
        witnessed = await witnessing.witnessed(self.actor, self.size, self.note)
        return [
            Cosignature(
                party_id=each.party,
                verifier_key=each.verifier_key,
                line=each.line,
                received_at=each.received_at,
            )
            for each in witnessed.cosignatures
        ]

    @field(description="Whether the witnesses' quorum is met.")
    async def quorum(self, info: Info) -> Quorum:
        """By the policy in force at this size."""
        witnessing = info.context.doors.witnessing
        counted = (await witnessing.witnessed(self.actor, self.size, self.note)).quorum
        return Quorum(counted=counted, needed=counted.needed, is_met=counted.is_met)


@strawberry.type(description="An RFC 6962 inclusion proof of an entry in a checkpoint's tree.")
class InclusionProof:
    """Sibling hashes from the leaf to the root."""

    index: Index = field(description="The entry's index.")
    tree_size: Index = field(description="The size of the tree that it is proved in.")
    leaf_hash: Base64 = field(description="SHA-256(0x00 || envelope).")
    hashes: list[Base64] = field(description="Siblings, from the leaf upwards.")
    checkpoint: Checkpoint = field(description="The checkpoint whose root the proof leads to.")


@strawberry.type(description="An RFC 6962 consistency proof between two sizes of the ledger.")
class ConsistencyProof:
    """What lets a witness check that history was only added to."""

    old_size: Index = field(description="Entries of the older tree, at least 1.")
    new_size: Index = field(description="Entries of the newer tree.")
    hashes: list[Base64] = field(description="Empty where the sizes are equal.")


def checkpoint_of(actor: Actor, stored: StoredCheckpoint) -> Checkpoint:
    """A checkpoint as the API shows it."""
    return Checkpoint(actor=actor, size=Index(stored.size), note=stored.note)


async def prove(doors: Doors, actor: Actor, index: int, size: int) -> InclusionProof:
    """Proof of an entry in a published checkpoint of at least `size` entries."""
    covering = await doors.publisher.covering(actor.ecosystem_id, size)
    proof = await doors.reader.prove(actor, index, covering)
    return InclusionProof(
        index=Index(proof.index),
        tree_size=Index(proof.tree_size),
        leaf_hash=base64(proof.leaf_hash),
        hashes=[base64(each) for each in proof.hashes],
        checkpoint=checkpoint_of(actor, covering),
    )


@strawberry.type
class CheckpointQuery:
    """Reading."""

    @field(
        description="A published checkpoint that covers at least `size` entries; newest if null."
    )
    async def checkpoint(
        self,
        info: Info,
        size: Annotated[
            Index | None, strawberry.argument(description="At most the ledger's size.")
        ] = None,
    ) -> Checkpoint:
        """Signed now if none covers them yet."""
        doors, actor = info.context.doors, info.context.actor
        current = await doors.reader.size(actor)
        wanted = min(size if size is not None else current, current)
        return checkpoint_of(actor, await doors.publisher.covering(actor.ecosystem_id, wanted))

    @field(description="Proof that the ledger of `newSize` entries continues that of `oldSize`.")
    async def consistency_proof(
        self,
        info: Info,
        old_size: Annotated[Index, strawberry.argument(description="1 or more.")],
        new_size: Annotated[Index, strawberry.argument(description="At most the ledger's size.")],
    ) -> ConsistencyProof:
        """For a witness that keeps the last checkpoint it saw."""
        reader, actor = info.context.doors.reader, info.context.actor
        hashes = await reader.prove_growth(actor, old_size, new_size)
        return ConsistencyProof(
            old_size=old_size, new_size=new_size, hashes=[base64(each) for each in hashes]
        )
