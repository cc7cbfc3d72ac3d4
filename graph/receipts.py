"""Writing: how a mutation becomes a command, and the receipt that it answers with.

The one rule: a mutation waits for its commit only; checkpoint and inclusion proof are made when
they are asked for. The same key with the same input gets the same answer, resolved at the original
index under today's authority. Source: `api.md`, "idempotency", "receipts", "dry run".
"""

from collections.abc import Awaitable, Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from hashlib import sha256
from typing import Annotated, Any, Protocol

import msgspec
import strawberry
from strawberry import field

from graph.checkpoints import Checkpoint, InclusionProof, checkpoint_of, prove
from graph.context import Info
from graph.permissions import act_of
from graph.problems import Problem, problem_of
from graph.scalars import Base64, Index, Json, base64
from ledger import canonical
from ledger.act import Act
from ledger.actor import Actor
from ledger.acts import ACTS
from ledger.batch import Receipt as Landed
from ledger.batch import Request
from ledger.commands import Command, Decision
from ledger.errors import Refusal
from ledger.fact import EVERYBODY
from ledger.history import encode_hook, encode_state
from ledger.ids import EcosystemId
from ledger.part import ExclusionsMoved, ObservationsMoved
from ledger.register import describe
from ledger.standing import require_standing

KEY = (
    "1 to 200 characters, unique for your party and kept for ever: a repeated request gets the "
    "same answer. Make a UUID once a request, and send it again when the outcome is unknown."
)
EXPECTED_VERSION = (
    "The agreed version that your terms build on (0: none); refused with `VersionConflict` when "
    "another was agreed meanwhile. Null: not checked."
)
DryRun = Annotated[
    bool,
    strawberry.argument(
        description="Decide and explain only: nothing is written, no key is used up."
    ),
]
MAX_PREPARATIONS = 3


class Keyed(Protocol):
    """An input that carries its idempotency key."""

    idempotency_key: str


@strawberry.type(description="Where a write landed in the ledger.")
class Receipt:
    """Proof that something was entered; the last two fields are made when asked for."""

    actor: strawberry.Private[Actor]
    index: Index = field(description="Index of the write's first entry.")
    entry_count: int = field(description="Entries of the write; their indices follow each other.")
    is_repeat: bool = field(description="Whether the key was used before: this is that answer.")

    @field(description="Leaf hash of the first entry.")
    async def leaf_hash(self, info: Info) -> Base64:
        """Read back from what is durable."""
        found = await info.context.doors.reader.entries_at(self.actor, [self.index])
        return base64(found[self.index].leaf_hash)

    @field(description="A published checkpoint that covers the write; signed now if need be.")
    async def checkpoint(self, info: Info) -> Checkpoint:
        """The newest checkpoint, which covers the write."""
        size = self.index + self.entry_count
        doors = info.context.doors
        covering = await doors.publisher.covering(self.actor.ecosystem_id, size)
        return checkpoint_of(self.actor, covering)

    @field(description="The inclusion proof of the first entry in that checkpoint.")
    async def inclusion_proof(self, info: Info) -> InclusionProof:
        """O(log n) reads at any size."""
        size = self.index + self.entry_count
        return await prove(info.context.doors, self.actor, self.index, size)


@strawberry.type(description="An entry that a dry run would make.")
class PreviewedEntry:
    """What would be entered; ids in it are not the ones that a real run will draw."""

    kind: str = field(description='Kind and version, as "measurement.proposed v1".')
    body: Json = field(description="What it would say.")


@dataclass(frozen=True, slots=True)
class Written:
    """How a mutation ended: a receipt, a preview, or problems."""

    actor: Actor
    problems: tuple[Problem, ...] = ()
    landed: Landed | None = None
    decision: Decision | None = None

    @property
    def object_id(self) -> str:
        """The object that the write was about; empty when nothing was written."""
        return self.landed.object_id if self.landed else ""

    @property
    def as_of(self) -> int | None:
        """The ledger's size right after the write."""
        return self.landed.index + self.landed.entry_count if self.landed else None


@strawberry.type(description="What every mutation answers.")
class Payload:
    """Problems and nothing changed, or a receipt; a dry run previews."""

    written: strawberry.Private[Written]

    @field(description="Why it was refused; empty when it was done. Then nothing changed.")
    def problems(self) -> list[Problem]:
        """Expected refusals."""
        return list(self.written.problems)

    @field(description="Where it landed; null when it was refused, and in a dry run.")
    def receipt(self) -> Receipt | None:
        """The receipt of the write."""
        landed = self.written.landed
        if landed is None:
            return None
        return Receipt(
            actor=self.written.actor,
            index=Index(landed.index),
            entry_count=landed.entry_count,
            is_repeat=landed.is_repeat,
        )

    @field(description="What a dry run would enter, as far as you may see; null otherwise.")
    def preview(self) -> list[PreviewedEntry] | None:
        """Entries that were not made."""
        if self.written.decision is None:
            return None
        return [
            PreviewedEntry(kind=describe(fact.event), body=Json(encode_state(fact.event).decode()))
            for fact in self.written.decision.facts
            if fact.audience == EVERYBODY or self.written.actor.party_id in fact.audience
        ]


def fingerprint(mutation: str, given: object) -> bytes:
    """SHA-256 of the mutation's name and the JCS of the coerced input, without what is by default.

    So a request that is sent again has the same one after a release that added optional fields.
    """
    plain = msgspec.to_builtins(_stated(given), enc_hook=encode_hook)
    return sha256(mutation.encode() + b"\0" + canonical.encode(plain)).digest()


def _stated(value: object) -> object:
    """A value, of its inputs only the fields that say something else than their default."""
    if isinstance(value, list | tuple):
        return [_stated(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    stated = {each.name: getattr(value, each.name) for each in fields(value) if each.init}
    return {
        each.name: _stated(stated[each.name])
        for each in fields(value)
        if each.init and not _is_by_default(each, stated[each.name])
    }


def _is_by_default(field: Field[Any], value: object) -> bool:
    if value is None or value is strawberry.UNSET:
        return True
    if field.default_factory is not MISSING:
        return bool(value == field.default_factory())
    return field.default is not MISSING and bool(value == field.default)


Prepare = Callable[[], Command] | Callable[[], Awaitable[Command]]


async def write(
    info: Info, mutation: str, given: Keyed, prepare: Prepare, *, dry_run: bool
) -> Written:
    """Submit the command that `prepare` makes of the input, or preview it.

    What is prepared against observations that moved meanwhile is prepared again, a few times.
    Trouble and Fault go on to the caller as errors of the request.
    """
    caller = info.context.actor
    for attempt in range(1, MAX_PREPARATIONS + 1):
        try:
            command = await _prepared(info, ACTS[act_of(mutation)], prepare)
            actor = _acting(caller, command)
            request = Request(command, caller, given.idempotency_key, fingerprint(mutation, given))
            if dry_run:
                decision = await info.context.doors.ledger.preview(request)
                return Written(actor, decision=decision)
            landed = await info.context.doors.ledger.submit(request)
            return Written(actor, landed=landed)
        except (ObservationsMoved, ExclusionsMoved) as refusal:
            if attempt == MAX_PREPARATIONS:
                return Written(caller, problems=(_problem_in(given, refusal),))
        except Refusal as refusal:
            return Written(caller, problems=(_problem_in(given, refusal),))
    raise AssertionError("the last attempt returns")


def _problem_in(given: Keyed, refusal: Refusal) -> Problem:
    """The problem with its place in the input, where what the core calls terms may stand flat."""
    problem = problem_of(refusal)
    if "terms" not in getattr(type(given), "__dataclass_fields__", {}):
        problem.path = problem.path.removeprefix("terms.")
    return problem


async def _prepared(info: Info, act: Act, prepare: Prepare) -> Command:
    """The command, for whom the act is permitted; nothing is read or computed for anybody else.

    Who has no standing hears that, not what is wrong with its input.
    """
    caller, doors = info.context.actor, info.context.doors
    act.permit(caller)
    try:
        made = prepare()
        return await made if isinstance(made, Awaitable) else made
    except Refusal:
        if caller.party_id:
            party = (await doors.reader.ecosystem(caller)).value.party(caller.party_id)
            require_standing(party, act, doors.ledger.clock())
        raise


def _acting(caller: Actor, command: Command) -> Actor:
    """Who reads the receipt: the caller; a founder in the ecosystem that it founds."""
    founded = getattr(command, "ecosystem_id", "")
    if not founded:
        return caller
    return Actor(EcosystemId(founded), caller.party_id, caller.subject, caller.roles)
