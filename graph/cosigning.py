"""What is brought beside the ledger: cosignatures of witnesses, checkpoints that members hold."""

import strawberry
from strawberry import field

from graph.checkpoints import Checkpoint, checkpoint_of
from graph.context import Info
from graph.errands import TWICE_IS_ONCE, require_errand
from graph.problems import Problem, problem_of
from graph.receipts import DryRun
from graph.scalars import Index
from ledger.errors import Refusal


@strawberry.input(description="A cosignature by your party's witness.")
class UploadCosignatureInput:
    """What `jpi witness` sends."""

    idempotency_key: str = field(description=TWICE_IS_ONCE)
    size: Index = field(description="Size of the checkpoint that was cosigned.")
    line: str = field(description="The signature line, with its newline.")


@strawberry.type(description="Answer to `uploadCosignature`.")
class UploadCosignaturePayload:
    """Not an entry of the ledger: it is about the ledger, and travels with the checkpoint."""

    problems: list[Problem] = field(description="Why it was refused; empty when it is kept.")
    checkpoint: Checkpoint | None = field(
        description="The checkpoint; null when refused, and in a dry run."
    )


@strawberry.input(description="A checkpoint that you hold.")
class ReportCheckpointInput:
    """From your witness, a mail, an old export."""

    idempotency_key: str = field(description=TWICE_IS_ONCE)
    note: str = field(description="The whole note, as you received it.")


@strawberry.type(description="Answer to `reportCheckpoint`.")
class ReportCheckpointPayload:
    """What it says about this database."""

    problems: list[Problem] = field(description="Why it is no checkpoint of your ledger.")
    is_continued: bool | None = field(
        description="True: the ledger continues it. False: it does not, and writes have stopped, "
        "or would but for the dry run."
    )
    alarm: str | None = field(description="What is wrong; null when all is well.")


@strawberry.type
class CheckpointMutation:
    """Writing."""

    @strawberry.mutation(description="Keep your witness's cosignature. Needs no role.")
    async def upload_cosignature(
        self, info: Info, input: UploadCosignatureInput, dry_run: DryRun = False
    ) -> UploadCosignaturePayload:
        """Verified before it is kept."""
        doors, actor = info.context.doors, info.context.actor
        try:
            require_errand(actor, "uploadCosignature", input.idempotency_key)
            kept = await doors.witnessing.cosign(actor, input.size, input.line, dry_run=dry_run)
        except Refusal as refusal:
            return UploadCosignaturePayload(problems=[problem_of(refusal)], checkpoint=None)
        if dry_run:
            return UploadCosignaturePayload(problems=[], checkpoint=None)
        covering = await doors.publisher.covering(actor.ecosystem_id, kept.size)
        return UploadCosignaturePayload(problems=[], checkpoint=checkpoint_of(actor, covering))

    @strawberry.mutation(
        description="Show the service a checkpoint that you hold. One that the log signed and the "
        "database does not continue stops all writes to the ecosystem. Needs no role."
    )
    async def report_checkpoint(
        self, info: Info, input: ReportCheckpointInput, dry_run: DryRun = False
    ) -> ReportCheckpointPayload:
        """A member may know more than a restored database does."""
        doors, actor = info.context.doors, info.context.actor
        try:
            require_errand(actor, "reportCheckpoint", input.idempotency_key)
            alarm = await doors.witnessing.report(actor, input.note, dry_run=dry_run)
        except Refusal as refusal:
            return ReportCheckpointPayload(
                problems=[problem_of(refusal)], is_continued=None, alarm=None
            )
        return ReportCheckpointPayload(problems=[], is_continued=not alarm, alarm=alarm or None)
