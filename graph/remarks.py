"""Remarks: free text and evidence, for all or for some, whose text can be erased one day."""

from typing import Annotated

import strawberry
from strawberry import field

from graph.actions import OWN
from graph.context import Info
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import Party, party_by_id
from graph.receipts import KEY, DryRun, Payload, write
from graph.scalars import Index, Sha256
from graph.texts import annex_text, erasable
from ledger import remark as rules
from ledger.read import Found, Narrowed
from ledger.remark import EraseAnnex, MakeRemark


@strawberry.type(description="A document that is kept elsewhere.")
class Evidence:
    """By its hash."""

    sha256: Sha256 = field(description="Of its bytes.")
    media_type: str = field(description='As "application/pdf".')


@strawberry.type(description="What a party laid down, for all or for some to see.")
class Remark(Node):
    """It binds nobody."""

    state: strawberry.Private[rules.Remark]
    about_id: strawberry.ID | None = field(description="The proposal that it is about.")
    evidence: list[Evidence] = field(description="Documents it points at.")
    index: Index = field(description="Its entry.")

    @field(description="Who made it.")
    async def party(self, info: Info) -> Party:
        """The author."""
        return await party_by_id(info, self.state.party_id)

    @field(description="The text; null once it was erased.")
    async def text(self, info: Info) -> str | None:
        """The annex of its entry."""
        return await annex_text(info, self.state.index, "text")

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Its author may erase the text."""
        return await erasable(info, self.state.index, self.state.party_id)


def remark_of(state: rules.Remark) -> Remark:
    """A remark as the API shows it."""
    return Remark(
        id=global_id("Remark", state.remark_id),
        state=state,
        about_id=global_id("Proposal", state.about) if state.about else None,
        evidence=[
            Evidence(sha256=Sha256(each.sha256.hex()), media_type=each.media_type)
            for each in state.evidence
        ],
        index=Index(state.index),
    )


async def load_remark(info: Info, key: str) -> Remark | None:
    """A remark by the workroom's id, or None outside its audience."""
    found = await info.context.load("remark", key, rules.Remark)
    return None if found is None else remark_of(found.value)


@strawberry.input(description="A document that is kept elsewhere.")
class EvidenceInput:
    """By its hash."""

    sha256: Sha256 = field(description="Of its bytes.")
    media_type: str = field(description='As "application/pdf", up to 120 characters.')


@strawberry.input(description="A remark to lay down.")
class MakeRemarkInput:
    """Its text can be erased later, its evidence hashes cannot."""

    idempotency_key: str = field(description=KEY)
    text: str = field(description="1 to 4000 characters.")
    about_id: strawberry.ID | None = field(
        default=None, description="The proposal that it is about."
    )
    audience_ids: list[strawberry.ID] = field(
        default_factory=list,
        description="Parties that may open it beside yours; empty: all members. That it was made, "
        "when and for whom, all members can see.",
    )
    evidence: list[EvidenceInput] = field(default_factory=list, description="Up to 20 documents.")


@strawberry.input(description="Free text of an entry of your party's, to be erased.")
class EraseAnnexInput:
    """For good: from every table, with an entry that says so."""

    idempotency_key: str = field(description=KEY)
    index: Index = field(description="The entry: a remark, an objection.")


@strawberry.type(description="Answer to `makeRemark`.")
class MakeRemarkPayload(Payload):
    """The remark."""

    @field(description="The remark; null when it was refused, and in a dry run.")
    async def remark(self, info: Info) -> Remark | None:
        """As it stands."""
        return await load_remark(info, self.written.object_id)


@strawberry.type(description="Answer to `eraseAnnex`.")
class EraseAnnexPayload(Payload):
    """Everything still verifies: the envelope keeps the commitment."""


@strawberry.type
class RemarkQuery:
    """Reading."""

    @field(description="Remarks that your party may open, in the order of the ledger.")
    async def remarks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        about_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only about this proposal.")
        ] = None,
    ) -> Connection[Remark]:
        """A page of remarks."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "remark",
            rules.Remark,
            window(first, after, last, before),
            Narrowed(parent_id=local_id(about_id or "", "Proposal", "aboutId")),
        )
        return connection(page, _built)


def _built(found: Found[rules.Remark]) -> Remark:
    return remark_of(found.value)


@strawberry.type
class RemarkMutation:
    """Writing."""

    @strawberry.mutation(
        description="Lay down a remark. Needs REPORTER, APPROVER, FINANCE or SPONSOR."
    )
    async def make_remark(
        self, info: Info, input: MakeRemarkInput, dry_run: DryRun = False
    ) -> MakeRemarkPayload:
        """A comment on a dispute, evidence, a note between two parties."""

        def prepare() -> MakeRemark:
            return MakeRemark(
                about=local_id(input.about_id or "", "Proposal", "aboutId"),
                text=input.text,
                audience=tuple(
                    local_id(each, "Party", f"audienceIds[{number}]")
                    for number, each in enumerate(input.audience_ids)
                ),
                evidence=tuple(
                    rules.Evidence(bytes.fromhex(each.sha256), each.media_type)
                    for each in input.evidence
                ),
            )

        written = await write(info, "makeRemark", input, prepare, dry_run=dry_run)
        return MakeRemarkPayload(written=written)

    @strawberry.mutation(description="Erase free text that your party entered. Needs ADMIN.")
    async def erase_annex(
        self, info: Info, input: EraseAnnexInput, dry_run: DryRun = False
    ) -> EraseAnnexPayload:
        """The erasure is an entry; the text is gone from every table."""

        def prepare() -> EraseAnnex:
            return EraseAnnex(input.index)

        written = await write(info, "eraseAnnex", input, prepare, dry_run=dry_run)
        return EraseAnnexPayload(written=written)
