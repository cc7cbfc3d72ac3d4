"""Assembles the schema, and sets what a request may cost and what an error may say."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Annotated

import strawberry
from graphql import GraphQLError
from strawberry import field
from strawberry.schema.config import StrawberryConfig

from graph import indicator_enums, scheme_enums  # noqa: F401 -- they say what enums mean
from graph.admittance import Admittance
from graph.agreements import AgreementQuery, load_proposal
from graph.answers import AgreementMutation
from graph.bankimports import BankMutation
from graph.banks import BankQuery, load_statement
from graph.checkpoints import CheckpointQuery
from graph.closings import CloseMutation, CloseQuery, load_close
from graph.context import AuthorityEnded, Info
from graph.cosigning import CheckpointMutation
from graph.delegations import (
    CalendarMutation,
    CalendarQuery,
    DelegationMutation,
    DelegationQuery,
    load_delegation,
)
from graph.describing import describe_arguments
from graph.directory import DirectoryMutation, DirectoryQuery
from graph.disputes import DisputeMutation, DisputeQuery
from graph.documents import Documents
from graph.dropping import DroppingMutation
from graph.dues import DueQuery, load_due
from graph.ecosystems import EcosystemMutation, EcosystemQuery, ecosystem_of
from graph.entries import EntryQuery, load_entry
from graph.exclusions import ExclusionMutation, ExclusionQuery, load_exclusion
from graph.identities import IdentityMutation, IdentityQuery, load_provider
from graph.inbox import InboxQuery
from graph.indicators import IndicatorMutation, IndicatorQuery, load_indicator, load_version
from graph.initiatives import InitiativeMutation, InitiativeQuery, load_initiative, load_move
from graph.journal import JournalQuery, account_of
from graph.keys import KeyMutation, KeyQuery, load_consent_key, load_witness
from graph.limits import NODES, exceeded
from graph.measurements import MeasurementMutation, MeasurementQuery, load_measurement
from graph.memberships import MembershipMutation, MembershipQuery, load_membership, load_party
from graph.nodes import Node, place_of
from graph.observations import ObservationMutation, ObservationQuery
from graph.parts import PartMutation, PartQuery, part_of
from graph.payments import PaymentMutation, PaymentQuery, load_payment
from graph.people import PeopleMutation, PeopleQuery, load_session, load_stewards
from graph.piloting import PilotMutation
from graph.pilots import PilotQuery, load_lesson, load_pilot, load_promotion
from graph.places import variable_place
from graph.policies import PolicyMutation, PolicyQuery, load_policy
from graph.previews import PreviewQuery
from graph.problems import PROBLEM_TYPES
from graph.remarks import RemarkMutation, RemarkQuery, load_remark
from graph.reruns import RerunQuery
from graph.scalars import SCALARS
from graph.schemes import SchemeMutation, SchemeQuery, load_scheme
from graph.scorecards import ScorecardQuery
from graph.settlements import SettlementMutation, SettlementQuery, load_settlement
from graph.sponsors import SponsorMutation, SponsorQuery, load_sponsor
from graph.subscriptions import Subscription
from graph.trust import TrustQuery
from graph.uploads import UploadMutation, UploadQuery, load_upload
from graph.what_ifs import WhatIfQuery
from ledger.changes import AccountBalance
from ledger.errors import Fault, Refusal, Trouble
from ledger.feed import TooSlow
from ledger.part import Part
from ledger.sequencer import WritesStopped

log = logging.getLogger("jpi.graph")

_SUGGESTION = re.compile(r"\s*Did you mean [^?]*\?")


async def find_node(info: Info, given: str) -> Node | None:
    """What a global id names, or None when there is nothing that the caller may see."""
    kind, _, key = given.partition(":")
    match kind:
        case "Ecosystem":
            ecosystem = await info.context.ecosystem()
            return ecosystem_of(ecosystem) if key == ecosystem.ecosystem_id else None
        case "Part":
            part = await info.context.load("part", key, Part)
            return None if part is None else part_of(part.value)
        case "Account":
            account = await info.context.load("account", key, AccountBalance)
            return None if account is None else account_of(account)
        case "Entry":
            index = place_of(key)
            return None if index is None else await load_entry(info, index)
        case _:
            loader = _LOADERS.get(kind)
            return None if loader is None else await loader(info, key)


Loader = Callable[[Info, str], Awaitable[Node | None]]
_LOADERS: Mapping[str, Loader] = {
    "Proposal": load_proposal,
    "Indicator": load_indicator,
    "IndicatorVersion": load_version,
    "Measurement": load_measurement,
    "Exclusion": load_exclusion,
    "Scheme": load_scheme,
    "Settlement": load_settlement,
    "Payment": load_payment,
    "Due": load_due,
    "PeriodClose": load_close,
    "BankStatement": load_statement,
    "Policy": load_policy,
    "ConsentKey": load_consent_key,
    "Witness": load_witness,
    "IdentityProvider": load_provider,
    "Remark": load_remark,
    "Party": load_party,
    "Membership": load_membership,
    "Pilot": load_pilot,
    "Lesson": load_lesson,
    "Promotion": load_promotion,
    "Initiative": load_initiative,
    "StageMove": load_move,
    "Stewards": load_stewards,
    "Session": load_session,
    "PartySponsor": load_sponsor,
    "Delegation": load_delegation,
    "ObservationUpload": load_upload,
}


@strawberry.type
class NodeQuery:
    """Reading by global id."""

    @field(description="Anything by its id; null when there is nothing that you may see.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """One node."""
        return await find_node(info, id)

    @field(description="Up to 100 things by their ids, in their order; null where there is none.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100.")],
    ) -> list[Node | None]:
        """Several nodes."""
        if len(ids) > NODES.allowed:
            raise exceeded(NODES, len(ids))
        return [await find_node(info, each) for each in ids]


@strawberry.type(description="Reading. Everything is what your party may see.")
class Query(
    EcosystemQuery,
    AgreementQuery,
    DisputeQuery,
    DelegationQuery,
    CalendarQuery,
    IndicatorQuery,
    ObservationQuery,
    ExclusionQuery,
    PartQuery,
    UploadQuery,
    MeasurementQuery,
    RerunQuery,
    ScorecardQuery,
    SchemeQuery,
    PreviewQuery,
    WhatIfQuery,
    SettlementQuery,
    JournalQuery,
    PaymentQuery,
    DueQuery,
    BankQuery,
    CloseQuery,
    TrustQuery,
    PolicyQuery,
    KeyQuery,
    IdentityQuery,
    RemarkQuery,
    MembershipQuery,
    PilotQuery,
    InitiativeQuery,
    PeopleQuery,
    SponsorQuery,
    InboxQuery,
    DirectoryQuery,
    EntryQuery,
    CheckpointQuery,
    NodeQuery,
):
    """The root of queries."""


@strawberry.type(
    description="Writing. Each answers with problems, and then nothing changed, or with a receipt."
)
class Mutation(
    EcosystemMutation,
    AgreementMutation,
    DisputeMutation,
    DelegationMutation,
    CalendarMutation,
    IndicatorMutation,
    ObservationMutation,
    ExclusionMutation,
    PartMutation,
    UploadMutation,
    DroppingMutation,
    MeasurementMutation,
    SchemeMutation,
    SettlementMutation,
    PaymentMutation,
    BankMutation,
    CloseMutation,
    PolicyMutation,
    KeyMutation,
    IdentityMutation,
    RemarkMutation,
    MembershipMutation,
    PilotMutation,
    InitiativeMutation,
    PeopleMutation,
    SponsorMutation,
    DirectoryMutation,
    CheckpointMutation,
):
    """The root of mutations."""


def plain_error(error: GraphQLError, request_id: str, *, suggests: bool = True) -> GraphQLError:
    """An error with a code; the unexpected one masked, with the request's id.

    `suggests`: whether it may say what else the schema has.
    """
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case None | GraphQLError():
            extensions = {
                "code": "BAD_REQUEST",
                **variable_place(error),
                **(error.extensions or {}),
            }
            message = error.message if suggests else _SUGGESTION.sub("", error.message)
        case Refusal():
            extensions = {"code": cause.code, "remedy": cause.remedy, "path": cause.path}
            message = cause.message
        case AuthorityEnded():
            extensions = {"code": "UNAUTHENTICATED"}
            message = str(cause)
        case TooSlow():
            extensions = {"code": "TOO_SLOW"}
            message = f"You read too slowly: {cause}."
        case WritesStopped():
            extensions = {"code": "WRITES_STOPPED"}
            message = f"Nothing can be written to this ecosystem: {cause}"
        case Trouble():
            log.warning("%s: %s", request_id, cause)
            extensions = {"code": "TRY_LATER", "retryAfterSeconds": 1}
            message = "The service cannot answer just now. Send the same request again."
        case Fault():
            log.error("%s: fault: %s", request_id, cause)
            extensions = {"code": "FAULT", "requestId": request_id}
            message = "A broken invariant stopped this; the operators are alarmed."
        case _:
            log.error("%s: unexpected", request_id, exc_info=cause)
            extensions = {"code": "INTERNAL", "requestId": request_id}
            message = "Something went wrong on our side; tell us the request id."
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


class Schema(strawberry.Schema):
    """The schema and its documents; errors are logged by `plain_error`, once."""

    documents: Documents

    @property
    def suggests(self) -> bool:
        """Whether errors may say what else the schema has: not where it is closed."""
        return not self.config.disable_field_suggestions

    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Nothing: the default prints tracebacks for expected errors."""


def build(
    *,
    introspection: bool = True,
    registered: Mapping[str, str] = MappingProxyType({}),
    registered_only: bool = False,
) -> Schema:
    """The schema with its limits, and the `registered` documents by id. Raises DocumentsInvalid."""
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=PROBLEM_TYPES,
        extensions=[lambda: Admittance(schema.documents)],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not introspection),
    )
    describe_arguments(schema._schema)  # noqa: SLF001 -- strawberry hands its engine's schema out nowhere else
    schema.documents = Documents(
        schema._schema,  # noqa: SLF001 -- see above
        registered,
        registered_only=registered_only,
        introspection=introspection,
    )
    return schema
