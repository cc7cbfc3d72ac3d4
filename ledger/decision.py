"""Decide: what a command makes happen, given the Book. Pure.

The one rule: `decide` looks at nothing but its arguments; `now` and the seed are read once by
`commit` under the head lock. It raises a Refusal, and then nothing happens. Which roles may do
what stands in `acts.ACTS`. Source: `design.md` decision 1.
"""

from dataclasses import replace
from datetime import datetime

from ledger.accord import decide_agreement, under_policy
from ledger.actor import Actor
from ledger.acts import ACTS
from ledger.agreement import Consent, NotifyParty, Objection, Withdrawal, check_replacer
from ledger.answer import ProposalSuperseded
from ledger.banking import decide_bank
from ledger.bankstatement import ImportStatements
from ledger.book import Book
from ledger.canonical import require_text
from ledger.closeout import decide_close
from ledger.closing import ProposeClose
from ledger.commands import ACT_OF, Command, Decision, LogIdentity, authorise
from ledger.delegation import GrantDelegation, RevokeDelegation
from ledger.dispute import EscalateDispute, RecordExternalRuling, SignRuling
from ledger.dropping import DropObservations
from ledger.ecosystem import FoundEcosystem, found
from ledger.errors import Refusal
from ledger.evidence import decide_evidence
from ledger.exclusion import ProposeExclusion
from ledger.fact import CLOCK
from ledger.ids import Seed
from ledger.indicator import ProposeIndicator
from ledger.measurement import ProposeMeasurement, ProposeRestatement
from ledger.observation import EnterUpload, RecordObservations
from ledger.part import SubmitPart
from ledger.paying import decide_paying
from ledger.payment import ConfirmPayment, ReportPayment, ReversePayment
from ledger.payout import decide_payout
from ledger.reconciliation import MatchLine
from ledger.scheme import ProposeScheme
from ledger.settlement import ProposeSettlement
from ledger.standing import refuse_departed, require_standing
from ledger.steering import GovernanceCommand, decide_governance
from ledger.trust import decide_trust, watching
from ledger.workdays import AdoptBusinessCalendar


class EcosystemExists(Refusal):
    """This ecosystem was founded already. -> Use it, or found another under another key."""


def decide(
    book: Book, command: Command, actor: Actor, now: datetime, seed: Seed, log: LogIdentity
) -> Decision:
    """The decision on a command, what is due by `now` being entered. Raises a Refusal.

    Whatever proposes something is opened under the policy in force: nobody opens it otherwise.
    """
    decision = _decide(book, command, actor, now, seed, log)
    for fact in decision.facts:
        if isinstance(fact.event, ProposalSuperseded):
            check_replacer(book.agreements.get(fact.event.proposal_id), actor.party_id)
    opened = (under_policy(book, fact, now) for fact in decision.facts)
    return replace(decision, facts=tuple(fact for facts in opened for fact in facts))


def _decide(
    book: Book, command: Command, actor: Actor, now: datetime, seed: Seed, log: LogIdentity
) -> Decision:
    authorise(command, actor)
    _require_standing(book, command, actor, now)
    if not isinstance(command, RecordObservations | ImportStatements):
        # those have thousands of rows, and look themselves
        require_text(command)
    match command:
        case FoundEcosystem():
            return _found(book, command, seed, log)
        case (
            ProposeIndicator()
            | RecordObservations()
            | EnterUpload()
            | DropObservations()
            | SubmitPart()
            | ProposeMeasurement()
            | ProposeRestatement()
            | ProposeExclusion()
        ):
            return decide_evidence(book, command, actor, now, seed)
        case ProposeScheme() | ProposeSettlement():
            return decide_payout(book, command, actor, now, seed)
        case ReportPayment() | ConfirmPayment() | ReversePayment():
            return decide_paying(book, command, actor, now, seed)
        case ProposeClose():
            return decide_close(book, command, actor, now, seed)
        case ImportStatements() | MatchLine():
            return decide_bank(book, command, actor, seed)
        case (
            Consent()
            | Objection()
            | Withdrawal()
            | NotifyParty()
            | EscalateDispute()
            | SignRuling()
            | RecordExternalRuling()
            | GrantDelegation()
            | RevokeDelegation()
            | AdoptBusinessCalendar()
        ):
            return decide_agreement(book, command, actor, now, seed)
        case _ if isinstance(command, GovernanceCommand):
            return decide_governance(book, command, actor, now, seed)
        case _:
            return decide_trust(book, command, actor, now, seed)


def _require_standing(book: Book, command: Command, actor: Actor, now: datetime) -> None:
    """Return if the actor's party may do such a thing here at all, before anything else is told.

    Raises NotFound, ObserversSignNothing, MembershipEnded.
    """
    if isinstance(command, FoundEcosystem) or actor.party_id == CLOCK:
        return
    party = watching(book, actor).party(actor.party_id)
    require_standing(party, ACTS[ACT_OF[type(command)]], now)
    refuse_departed(book, command, actor, now)


def _found(book: Book, command: FoundEcosystem, seed: Seed, log: LogIdentity) -> Decision:
    if book.ecosystem is not None:
        raise EcosystemExists("idempotencyKey")
    facts, outsourcer = found(command, log.name, log.verifier_key, seed)
    return Decision(facts, command.ecosystem_id, outsourcer)
