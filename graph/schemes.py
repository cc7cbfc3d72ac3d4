"""Schemes: incentive terms as data, proposed to those who pay and those who are paid."""

import strawberry
from strawberry import field

from graph.actions import OWN, offered
from graph.agreements import Proposal, ProposalPayload, load_proposal
from graph.context import Info
from graph.indicators import load_indicator
from graph.instants import AsOf, AsOfInstant, ledger_size
from graph.mirror import shown, workroom
from graph.nodes import Node, global_id, local_id
from graph.paging import After, Before, Connection, First, Last, connection, window
from graph.parties import party_by_id
from graph.receipts import EXPECTED_VERSION, KEY, DryRun, write
from graph.scalars import Index
from graph.scheme_inputs import PartnerTermsInput, SchemeTermsInput
from graph.scheme_types import PartnerTerms, SchemeTerms
from ledger import partner
from ledger import scheme as rules
from ledger import terms as forms
from ledger.basis import facts_for
from ledger.foresight import Warned, warnings
from ledger.partner import is_confidential
from ledger.proposal import ProposalStatus
from ledger.read import Found
from ledger.scheme import ProposeScheme
from ledger.sentence import sentences
from ledger.stake import SealedPart


@strawberry.type(description="What terms allow, and may surprise.")
class SchemeWarning:
    """It stops no proposal."""

    path: str = field(description='The term, as "items[0]".')
    message: str = field(description="What will happen, for a person.")


@strawberry.type(description="A version of an incentive scheme with every term.")
class Scheme(Node):
    """It binds when its status is AGREED. Its terms are open to all members."""

    state: strawberry.Private[rules.Scheme]
    name: str = field(description="1 to 120 characters.")
    version: int = field(description="Counts from 1.")
    status: ProposalStatus = field(description="How its proposal stands.")
    terms: SchemeTerms = field(description="Every term.")
    index: Index = field(description="The entry that proposed it.")

    @field(description="The proposal that made it binding, or would.")
    async def proposal(self, info: Info) -> Proposal | None:
        """Its proposal."""
        return await load_proposal(info, self.state.proposal_id)

    @field(description="The partners' own parts that you may see; none of an open scheme.")
    async def parts(self, info: Info) -> list[PartnerTerms]:
        """A partner sees its own, the outsourcer all."""
        found = []
        for party_id in self.state.terms.party_ids():
            key = f"{self.state.proposal_id}/{party_id}"
            part = await info.context.load("scheme_part", key, SealedPart)
            if part is not None:
                found.append(shown(part.value.part, PartnerTerms))
        return found

    @field(description=OWN)
    async def allowed_actions(self, info: Info) -> list[str]:
        """Settle by it once a version is agreed, and propose the next one."""
        outsourcer = (await info.context.ecosystem()).outsourcer.party_id
        is_agreed = self.state.version > 1 or self.state.status is ProposalStatus.AGREED
        is_theirs = is_confidential(self.state.terms)
        if not is_agreed or (is_theirs and info.context.actor.party_id != outsourcer):
            return []
        return await offered(info, ["proposeScheme", "proposeSettlement"])

    @field(description="The terms in sentences, in the order in which they are applied.")
    async def sentences(self, info: Info) -> list[str]:
        """As a lawyer reads them, with the names of parties and indicators."""
        return list(sentences(self.state.terms, await names_of(info, self.state.terms)))


async def names_of(info: Info, terms: forms.SchemeTerms) -> dict[str, str]:
    """Display names of the parties and indicators that terms name, by their ids."""
    names = {}
    for indicator_id in terms.indicator_ids():
        indicator = await load_indicator(info, indicator_id)
        if indicator is not None and indicator.current is not None:
            names[indicator_id] = indicator.current.name
    for party_id in terms.party_ids():
        names[party_id] = (await party_by_id(info, party_id)).name
    return names


def scheme_of(state: rules.Scheme) -> Scheme:
    """A scheme as the API shows it."""
    return Scheme(
        id=global_id("Scheme", state.scheme_id),
        state=state,
        name=state.terms.name,
        version=state.version,
        status=state.status,
        terms=shown(state.terms, SchemeTerms),
        index=Index(state.index),
    )


async def load_scheme(info: Info, scheme_id: str, as_of: int | None = None) -> Scheme | None:
    """A scheme by the workroom's id, or None."""
    found = await info.context.load("scheme", scheme_id, rules.Scheme, as_of)
    return None if found is None else scheme_of(found.value)


@strawberry.input(description="A scheme to be agreed by the outsourcer and all who share.")
class ProposeSchemeInput(SchemeTermsInput):
    """Every term is stated."""

    idempotency_key: str = field(description=KEY)
    parts: list[PartnerTermsInput] = field(
        default_factory=list,
        description="One a sharer where `confidentiality` is PER_PARTNER, none otherwise.",
    )
    scheme_id: strawberry.ID | None = field(
        default=None, description="The scheme of which this is the next version."
    )
    replaces: strawberry.ID | None = field(
        default=None, description="A pending proposal that this one supersedes."
    )
    expected_version: int | None = field(default=None, description=EXPECTED_VERSION)


@strawberry.type(description="Answer to `proposeScheme`.")
class ProposeSchemePayload(ProposalPayload):
    """The opened proposal and its scheme."""

    warned: strawberry.Private[tuple[Warned, ...]] = ()

    @field(description="What the terms allow and may surprise; it stops no proposal.")
    def warnings(self) -> list[SchemeWarning]:
        """Computed again for a repeated request."""
        return [SchemeWarning(path=each.path, message=each.message) for each in self.warned]

    @field(description="The proposed scheme; null when refused, and in a dry run.")
    async def scheme(self, info: Info) -> Scheme | None:
        """As it stood right after."""
        landed = self.written.landed
        if landed is None:
            return None
        facts = await info.context.doors.reader.facts_at(
            self.written.actor, range(landed.index, landed.index + landed.entry_count)
        )
        for placed in facts.values():
            if isinstance(placed.event, rules.SchemeProposed):
                return await load_scheme(info, placed.event.scheme_id, self.written.as_of)
        return None


@strawberry.type
class SchemeQuery:
    """Reading."""

    @field(description="A scheme's newest version; null when there is none that you may see.")
    async def scheme(
        self,
        info: Info,
        id: strawberry.ID,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Scheme | None:
        """One scheme."""
        size = await ledger_size(info, as_of, as_of_instant)
        return await load_scheme(info, local_id(id, "Scheme", "id"), size)

    @field(description="Schemes in the order of the ledger.")
    async def schemes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of: AsOf = None,
        as_of_instant: AsOfInstant = None,
    ) -> Connection[Scheme]:
        """A page of schemes."""
        page = await info.context.doors.reader.page(
            info.context.actor,
            "scheme",
            rules.Scheme,
            window(first, after, last, before),
            as_of=await ledger_size(info, as_of, as_of_instant),
        )
        return connection(page, _built)


def _built(found: Found[rules.Scheme]) -> Scheme:
    return scheme_of(found.value)


@strawberry.type
class SchemeMutation:
    """Writing."""

    @strawberry.mutation(
        description="Propose a scheme to those who pay and are paid. Needs APPROVER or FINANCE."
    )
    async def propose_scheme(
        self, info: Info, input: ProposeSchemeInput, dry_run: DryRun = False
    ) -> ProposeSchemePayload:
        """Binds once the outsourcer and all who share consented."""

        def prepare() -> ProposeScheme:
            return ProposeScheme(
                workroom(input, forms.SchemeTerms),
                local_id(input.scheme_id or "", "Scheme", "schemeId"),
                local_id(input.replaces or "", "Proposal", "replaces"),
                tuple(
                    workroom(part, partner.PartnerTerms, f"parts[{i}]")
                    for i, part in enumerate(input.parts)
                ),
                input.expected_version,
            )

        written = await write(info, "proposeScheme", input, prepare, dry_run=dry_run)
        if written.problems:
            return ProposeSchemePayload(written=written)
        book = await info.context.doors.ledger.book(info.context.actor.ecosystem_id)
        agreed = prepare().terms
        warned = warnings(agreed, facts_for(book, agreed))
        return ProposeSchemePayload(written=written, warned=warned)
