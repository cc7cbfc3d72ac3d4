"""Commands: everything that can be asked of the ledger, which act each is, and what was decided.

The one rule: a command that is not in `Command` cannot be entered, and one without a row in
`ACT_OF` cannot be authorised. Source: `design.md` decisions 1 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.actor import Actor
from ledger.acts import permit
from ledger.agreement import Consent, NotifyParty, Objection, Withdrawal
from ledger.bankstatement import ImportStatements, SealedStatement
from ledger.closing import ProposeClose
from ledger.delegation import GrantDelegation, RevokeDelegation
from ledger.dispute import EscalateDispute, RecordExternalRuling, SignRuling
from ledger.dropping import DropObservations, DroppedRows
from ledger.ecosystem import FoundEcosystem
from ledger.exclusion import ProposeExclusion
from ledger.fact import Fact
from ledger.identity import RegisterIdentityProvider, RemoveIdentityProvider
from ledger.ids import PartyId
from ledger.indicator import ProposeIndicator
from ledger.initiative import ProposeInitiative, ProposeStage
from ledger.keyring import RegisterConsentKey, RegisterWitness, RevokeConsentKey
from ledger.measurement import ProposeMeasurement, ProposeRestatement
from ledger.membership import (
    LeaveAtGate,
    ProposeAdmission,
    ProposeDeparture,
    ProposeMembership,
)
from ledger.observation import Batch, EnterUpload, Loaded, RecordObservations
from ledger.part import SubmitPart
from ledger.payment import ConfirmPayment, ReportPayment, ReversePayment
from ledger.people import NameStewards, RecordSession
from ledger.pilot import ProposePilot, ProposePromotion, RecordLesson
from ledger.policy import ProposePolicy
from ledger.reconciliation import MatchLine
from ledger.remark import EraseAnnex, MakeRemark
from ledger.rotation import RotateLogKey
from ledger.scheme import ProposeScheme
from ledger.settlement import ProposeSettlement
from ledger.sponsor import NameSponsor
from ledger.workdays import AdoptBusinessCalendar

Command = (
    FoundEcosystem
    | ProposeIndicator
    | RecordObservations
    | EnterUpload
    | DropObservations
    | SubmitPart
    | ProposeMeasurement
    | ProposeRestatement
    | ProposeExclusion
    | ProposeScheme
    | ProposeSettlement
    | Consent
    | Objection
    | Withdrawal
    | NotifyParty
    | AdoptBusinessCalendar
    | GrantDelegation
    | RevokeDelegation
    | EscalateDispute
    | SignRuling
    | RecordExternalRuling
    | ReportPayment
    | ConfirmPayment
    | ReversePayment
    | ProposeClose
    | ImportStatements
    | MatchLine
    | ProposePolicy
    | RegisterConsentKey
    | RevokeConsentKey
    | RegisterWitness
    | RegisterIdentityProvider
    | RemoveIdentityProvider
    | MakeRemark
    | EraseAnnex
    | RotateLogKey
    | ProposeAdmission
    | ProposeMembership
    | ProposeDeparture
    | LeaveAtGate
    | ProposePilot
    | RecordLesson
    | ProposePromotion
    | ProposeInitiative
    | ProposeStage
    | NameStewards
    | NameSponsor
    | RecordSession
)


ACT_OF: Mapping[type, str] = {
    FoundEcosystem: "foundEcosystem",
    ProposeIndicator: "proposeIndicator",
    RecordObservations: "recordObservations",
    EnterUpload: "recordObservations",
    DropObservations: "dropObservations",
    SubmitPart: "submitPart",
    ProposeMeasurement: "proposeMeasurement",
    ProposeRestatement: "proposeRestatement",
    ProposeExclusion: "proposeExclusion",
    ProposeScheme: "proposeScheme",
    ProposeSettlement: "proposeSettlement",
    Consent: "consent",
    Objection: "object",
    Withdrawal: "withdrawProposal",
    NotifyParty: "notifyParty",
    AdoptBusinessCalendar: "adoptBusinessCalendar",
    GrantDelegation: "grantDelegation",
    RevokeDelegation: "revokeDelegation",
    EscalateDispute: "escalateDispute",
    SignRuling: "signRuling",
    RecordExternalRuling: "recordExternalRuling",
    ReportPayment: "reportPayment",
    ConfirmPayment: "confirmPayment",
    ReversePayment: "reversePayment",
    ProposeClose: "proposePeriodClose",
    ImportStatements: "importBankStatement",
    MatchLine: "matchBankLine",
    ProposePolicy: "proposePolicy",
    RegisterConsentKey: "registerConsentKey",
    RevokeConsentKey: "revokeConsentKey",
    RegisterWitness: "registerWitness",
    RegisterIdentityProvider: "registerIdentityProvider",
    RemoveIdentityProvider: "removeIdentityProvider",
    MakeRemark: "makeRemark",
    EraseAnnex: "eraseAnnex",
    RotateLogKey: "rotateLogKey",
    ProposeAdmission: "proposeAdmission",
    ProposeMembership: "proposeMembership",
    ProposeDeparture: "proposeDeparture",
    LeaveAtGate: "leaveAtGate",
    ProposePilot: "proposePilot",
    RecordLesson: "recordLesson",
    ProposePromotion: "proposePromotion",
    ProposeInitiative: "proposeInitiative",
    ProposeStage: "proposeInitiativeStage",
    NameStewards: "nameStewards",
    NameSponsor: "nameSponsor",
    RecordSession: "recordSession",
}
"""Which row of `acts.ACTS` a command needs."""


def authorise(command: Command, actor: Actor) -> None:
    """Return if the actor's roles allow the command; raise NotPermitted otherwise.

    Asked before a used key is looked up too: a repeated request is authorised anew.
    """
    permit(actor, ACT_OF[type(command)])


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens: the facts, the id of the object that the caller asked about, rows beside.

    `party` is who acts in the entries: the caller's party, or the outsourcer that was just founded.
    `erased` is the entry whose annex goes, `dropped` the raw rows that go; `statements` are bank
    statements by the number of their fact.
    """

    facts: tuple[Fact, ...]
    object_id: str
    party: PartyId
    batch: Batch | Loaded | None = None
    erased: int | None = None
    statements: tuple[tuple[int, SealedStatement], ...] = ()
    dropped: tuple[DroppedRows, ...] = ()


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """The log's name and verifier key, which an ecosystem takes over at its founding."""

    name: str
    verifier_key: str
