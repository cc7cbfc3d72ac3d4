"""The table of acts: the only list of who may do what, and whose consent it needs.

The one rule: nothing binding has a second way in. An act that needs nobody's consent is one
party's own, and says why. Source: `design.md` decision 2, `domain.md` section 2 (roles).
"""

from collections.abc import Mapping

from ledger.act import Act, Consenters
from ledger.actor import Actor, Role

ACTS: Mapping[str, Act] = {
    act.name: act
    for act in (
        Act(
            "foundEcosystem",
            (Role.FOUNDER,),
            Consenters.NOBODY,
            "one party's own: there is nobody yet whose consent could be asked",
        ),
        Act(
            "proposeIndicator",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "an indicator is joint only when all who own it agreed to every term",
        ),
        Act(
            "recordObservations",
            (Role.REPORTER,),
            Consenters.NOBODY,
            "one party's own: raw facts it vouches for; they bind through a measurement",
            after_leaving=True,
        ),
        Act(
            "dropObservations",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: raw answers of people that it may no longer keep",
        ),
        Act(
            "submitPart",
            (Role.REPORTER,),
            Consenters.NOBODY,
            "one party's own: what it reports; it binds through a measurement",
            after_leaving=True,
        ),
        Act(
            "proposeMeasurement",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "a result that money hangs on is agreed by all who own it",
        ),
        Act(
            "proposeRestatement",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "an agreed result is taken back only by all who agreed to it",
        ),
        Act(
            "proposeExclusion",
            (Role.REPORTER, Role.APPROVER),
            Consenters.CO_OWNERS,
            "what does not count is agreed by all whose result it changes",
        ),
        Act(
            "proposeScheme",
            (Role.APPROVER, Role.FINANCE),
            Consenters.OUTSOURCER_AND_SHARERS,
            "terms bind those who pay and those who are paid",
        ),
        Act(
            "proposeSettlement",
            (Role.APPROVER, Role.FINANCE),
            Consenters.OUTSOURCER_AND_SHARERS,
            "a settlement posts to the books of those who pay and those who are paid",
        ),
        Act(
            "consent",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: its answer to a proposal, by an approver",
            after_leaving=True,
        ),
        Act(
            "object",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: its answer to a proposal, with a reason",
            after_leaving=True,
        ),
        Act(
            "withdrawProposal",
            (Role.REPORTER, Role.APPROVER, Role.FINANCE),
            Consenters.NOBODY,
            "one party's own: the proposer takes back what nobody is bound by yet",
            after_leaving=True,
        ),
        Act(
            "notifyParty",
            (Role.APPROVER, Role.ADMIN),
            Consenters.NOBODY,
            "the service's own, or a party's of itself: that it was told; its time runs from then",
            after_leaving=True,
        ),
        Act(
            "adoptBusinessCalendar",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: when it works; it binds proposals opened later alone",
        ),
        Act(
            "grantDelegation",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: who may answer for it, for a while, for all to see",
        ),
        Act(
            "revokeDelegation",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: it answers for itself again",
        ),
        Act(
            "escalateDispute",
            (Role.SPONSOR,),
            Consenters.NOBODY,
            "a named sponsor's: the next rung decides no more than this one could",
        ),
        Act(
            "signRuling",
            (Role.SPONSOR,),
            Consenters.NAMED_SPONSORS,
            "a ruling binds once all the sponsors that the agreed policy names rule alike",
        ),
        Act(
            "recordExternalRuling",
            (Role.SPONSOR,),
            Consenters.ARBITER,
            "it binds by the signature of the arbiter whom the agreed policy names",
        ),
        Act(
            "reportPayment",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: the payer states what it paid; it clears by the payee",
            after_leaving=True,
        ),
        Act(
            "confirmPayment",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: the payee states what arrived",
            after_leaving=True,
        ),
        Act(
            "importBankStatement",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: what its bank says moved on its own account",
            after_leaving=True,
        ),
        Act(
            "matchBankLine",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: which of its dues a line of its own bank statement is about",
            after_leaving=True,
        ),
        Act(
            "proposePeriodClose",
            (Role.FINANCE, Role.APPROVER),
            Consenters.ALL_SIGNING,
            "a closed period takes from all the right to settle it",
        ),
        Act(
            "reversePayment",
            (Role.FINANCE,),
            Consenters.NOBODY,
            "one party's own: it takes back what it stated itself, in its own books",
            after_leaving=True,
        ),
        Act(
            "proposePolicy",
            (Role.APPROVER,),
            Consenters.ALL_SIGNING,
            "how all are to agree is agreed by all who sign",
        ),
        Act(
            "proposeAdmission",
            (Role.APPROVER,),
            Consenters.ALL_SIGNING,
            "whom one shares with is agreed by all who sign",
        ),
        Act(
            "proposeMembership",
            (Role.APPROVER,),
            Consenters.ALL_SIGNING,
            "what protects one partner is borne by the others",
        ),
        Act(
            "proposeDeparture",
            (Role.APPROVER,),
            Consenters.ALL_SIGNING,
            "leaving elsewhen than at a gate reopens what the others counted on",
        ),
        Act(
            "leaveAtGate",
            (Role.APPROVER,),
            Consenters.NOBODY,
            "one party's own: the gate was agreed with its membership",
        ),
        Act(
            "proposePilot",
            (Role.REPORTER, Role.APPROVER),
            Consenters.NAMED_PARTIES,
            "who takes part agrees, and the outsourcer, whose users the cohort are",
        ),
        Act(
            "recordLesson",
            (Role.REPORTER, Role.APPROVER, Role.SPONSOR),
            Consenters.NOBODY,
            "one party's own: what it learnt binds nobody",
        ),
        Act(
            "proposePromotion",
            (Role.APPROVER,),
            Consenters.CO_OWNERS,
            "from then on incentives may hang on it: all who own it agree",
        ),
        Act(
            "proposeInitiative",
            (Role.REPORTER, Role.APPROVER, Role.SPONSOR),
            Consenters.NAMED_PARTIES,
            "what is tried together is agreed by those who try it",
        ),
        Act(
            "proposeInitiativeStage",
            (Role.REPORTER, Role.APPROVER, Role.SPONSOR),
            Consenters.NAMED_PARTIES,
            "results that are counted follow from stages: none is declared by one alone",
        ),
        Act(
            "nameStewards",
            (Role.APPROVER, Role.ADMIN),
            Consenters.NOBODY,
            "one party's own: who of its people does the work",
        ),
        Act(
            "nameSponsor",
            (Role.APPROVER, Role.ADMIN),
            Consenters.NOBODY,
            "one party's own: who stands for it where the policy leaves that to it",
        ),
        Act(
            "recordSession",
            (Role.REPORTER, Role.APPROVER, Role.SPONSOR),
            Consenters.NOBODY,
            "one party's own: a record; what was decided binds by proposals alone",
        ),
        Act(
            "registerConsentKey",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: what it signs with; the key itself proves possession",
        ),
        Act(
            "revokeConsentKey",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: a lost key must be out of force at once",
            after_leaving=True,
        ),
        Act(
            "registerWitness",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: who watches for it; whom the quorum counts is the policy's",
            observers=True,
        ),
        Act(
            "registerIdentityProvider",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: by whose tokens its people and systems act",
            observers=True,
        ),
        Act(
            "removeIdentityProvider",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: whoever was let in by it is out at once",
            after_leaving=True,
            observers=True,
        ),
        Act(
            "makeRemark",
            (Role.REPORTER, Role.APPROVER, Role.FINANCE, Role.SPONSOR),
            Consenters.NOBODY,
            "one party's own: what it says binds nobody",
        ),
        Act(
            "eraseAnnex",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "one party's own: free text it wrote and no longer may keep",
            after_leaving=True,
        ),
        Act(
            "rotateLogKey",
            (Role.ADMIN,),
            Consenters.NOBODY,
            "the log's own: the old key signs, and the witnesses' quorum confirms",
        ),
    )
}
"""The table of acts: the only list of who may do what, and whose consent it needs."""


def permit(actor: Actor, act: str) -> None:
    """Return if the actor's roles allow the act; raise NotPermitted otherwise."""
    ACTS[act].permit(actor)
