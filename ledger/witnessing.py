"""Witnessing: cosignatures come in and are counted against the quorum; forks are reported.

The one rule: a cosignature is verified before it is kept, for a wrong one would spoil the note
that carries it. Which keys count at a size is what the entries before that size say; that of a
party that has left counts no more.
Source: `ledger-format.md`, "Witnesses"; C2SP tlog-cosignature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.actor import Actor, NotFound
from ledger.checkpoint import NoteInvalid, open_checkpoint, open_note, parse_verifier
from ledger.commit import system_clock
from ledger.ecosystem import Ecosystem
from ledger.errands import ERRANDS
from ledger.errors import Refusal
from ledger.history import decode_state, open_envelope
from ledger.ids import EcosystemId
from ledger.keyring import Witness
from ledger.memory import HeadMemory, Remembered, behind, beside
from ledger.policy import Policy, founding_policy
from ledger.proposal import ProposalStatus
from ledger.rollback import root_at
from ledger.sequencer import Clock
from ledger.store import entries, projections, witnesses
from ledger.store.entries import EVERYTHING
from ledger.store.pool import Connection, Database
from ledger.store.projections import Scope
from ledger.store.witnesses import Cosignature
from ledger.tree import Frontier


class CosignatureInvalid(Refusal):
    """This cosignature cannot be kept: {reason}. -> Cosign a checkpoint that the log published."""


class CheckpointInvalid(Refusal):
    """This is no checkpoint of your ledger: {reason}. -> Send the whole note as you received it."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many of the policy's witnesses cosigned a checkpoint. `needed` is 0 without a quorum."""

    needed: int
    witnesses: tuple[str, ...]
    cosigned: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether there is a quorum, and it is met."""
        return 0 < self.needed <= len(self.cosigned)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint with what its witnesses said. `note` carries every cosignature line."""

    size: int
    note: str
    cosignatures: tuple[Cosignature, ...]
    quorum: Quorum


class Witnessing:
    """Keeps and counts cosignatures; remembers what members report."""

    def __init__(self, database: Database, memory: HeadMemory, clock: Clock = system_clock) -> None:
        """`memory` is where a reported checkpoint is kept that the database does not continue."""
        self._database = database
        self._memory = memory
        self._clock = clock

    async def ecosystem(self, key: EcosystemId) -> Ecosystem:
        """An ecosystem as the log's own tools see it. Raises NotFound."""
        async with self._database.reading(key) as connection:
            found = await _ecosystem(connection, key)
        if found is None:
            raise NotFound("ecosystem", what="ecosystem", id=key)
        return found

    async def cosign(
        self, actor: Actor, size: int, line: str, *, dry_run: bool = False
    ) -> Cosignature:
        """Keep the cosignature of the actor's own witness, or in a dry run only verify it.

        Raises CosignatureInvalid, NotFound.
        """
        ERRANDS["uploadCosignature"].permit(actor)
        key = actor.ecosystem_id
        async with self._database.reading(key) as connection:
            await _require_member(connection, actor)
            published = await witnesses.checkpoint_at(connection, key, size)
            found = await _keys_at(connection, key, [actor.party_id], None)
        witness = found.get(actor.party_id)
        if published is None:
            raise NotFound("size", what="published checkpoint of size", id=str(size))
        if witness is None:
            raise CosignatureInvalid("line", reason="your party has registered no witness")
        verifier = parse_verifier(witness.verifier_key)
        try:
            opened = open_note(published.note + line, [verifier])
        except NoteInvalid as error:
            raise CosignatureInvalid("line", reason=str(error)) from error
        [mine] = opened.verified
        if mine.key_id != verifier.key_id or line.count("\n") != 1:
            raise CosignatureInvalid("line", reason="it is not one line by your witness's key")
        kept = Cosignature(size, witness.verifier_key, actor.party_id, line, self._clock())
        if not dry_run:
            async with self._database.writing(key) as connection:
                await witnesses.add_cosignature(connection, key, kept)
        return kept

    async def witnessed(self, actor: Actor, size: int, note: str) -> Witnessed:
        """A published checkpoint with its cosignatures, and whether the quorum is met."""
        key = actor.ecosystem_id
        async with self._database.reading(key) as connection:
            found = await witnesses.cosignatures_of(connection, key, size, size)
            policy = await _policy_at(connection, key, size)
            staying = await _staying_at(connection, key, policy.terms.witnesses, size)
            keys = await _keys_at(connection, key, staying, size)
        return _witnessed(size, note, found, policy, keys)

    async def report(self, actor: Actor, note: str, *, dry_run: bool = False) -> str:
        """What a checkpoint that a member holds says about this database: empty when all is well.

        One that the log signed and the database does not continue stops the writes, and is kept
        as evidence; in a dry run it is told alone. Raises CheckpointInvalid, NotFound.
        """
        ERRANDS["reportCheckpoint"].permit(actor)
        key = actor.ecosystem_id
        async with self._database.reading(key) as connection:
            ecosystem = await _require_member(connection, actor)
            head = await entries.read_head(connection, key) or Frontier()
            seen = _opened(ecosystem, note)
            root = await root_at(connection, key, head, min(seen.size, head.size))
        if seen.size <= head.size and root == seen.root:
            return ""
        reason = str(behind(head.size, seen) if seen.size > head.size else beside(seen))
        if not dry_run:
            self._memory.raise_alarm(key, reason, seen)
        return reason


def _opened(ecosystem: Ecosystem, note: str) -> Remembered:
    """The checkpoint of a note, by whatever key the log signs or signed with."""
    reason = ""
    for log_key in (ecosystem.log_key, *ecosystem.former_log_keys):
        try:
            opened = open_checkpoint(note, ecosystem.origin, parse_verifier(log_key)).checkpoint
        except NoteInvalid as error:
            reason = str(error)
        else:
            return Remembered(opened.size, opened.root, note)
    raise CheckpointInvalid("note", reason=reason)


def _witnessed(
    size: int,
    note: str,
    found: Sequence[Cosignature],
    policy: Policy,
    keys: Mapping[str, Witness],
) -> Witnessed:
    in_force = {witness.verifier_key for witness in keys.values()}
    cosigned = {each.party for each in found if each.verifier_key in in_force}
    quorum = Quorum(policy.terms.quorum, policy.terms.witnesses, tuple(sorted(cosigned)))
    return Witnessed(size, note + "".join(each.line for each in found), tuple(found), quorum)


async def _policy_at(connection: Connection, key: EcosystemId, size: int) -> Policy:
    """The policy in force when the ledger had `size` entries."""
    scope = Scope("policy", EVERYTHING, size, status=ProposalStatus.AGREED)
    states = await projections.page(connection, key, scope, None, 1, backward=True)
    return decode_state(states[0].data, Policy) if states else founding_policy(None)


async def _staying_at(
    connection: Connection, key: EcosystemId, parties: Sequence[str], size: int
) -> list[str]:
    """Those of the parties that had not left at the newest of `size` entries."""
    if not parties:
        return []
    newest = await entries.entries_at(connection, key, [size - 1], EVERYTHING)
    ecosystem = await _ecosystem(connection, key, size)
    at = open_envelope(newest[size - 1].envelope).at
    members = frozenset() if ecosystem is None else ecosystem.member_ids(at)
    return [each for each in parties if each in members]


async def _keys_at(
    connection: Connection, key: EcosystemId, parties: Sequence[str], size: int | None
) -> dict[str, Witness]:
    """The witnesses of parties when the ledger had `size` entries; now, where it is None."""
    states = await projections.states_at(
        connection, key, "witness", list(parties), EVERYTHING, size
    )
    return {party: decode_state(state.data, Witness) for party, state in states.items()}


async def _require_member(connection: Connection, actor: Actor) -> Ecosystem:
    """The ecosystem that the actor's party is, or was, a member of. Raises NotFound."""
    found = await _ecosystem(connection, actor.ecosystem_id)
    if found is None or actor.party_id not in found.party_ids():
        raise NotFound("ecosystem", what="ecosystem", id=actor.ecosystem_id)
    return found


async def _ecosystem(
    connection: Connection, key: EcosystemId, size: int | None = None
) -> Ecosystem | None:
    """The ecosystem when its ledger had `size` entries; now, where it is None."""
    states = await projections.states_at(connection, key, "ecosystem", [key], EVERYTHING, size)
    state = states.get(key)
    return None if state is None else decode_state(state.data, Ecosystem)
