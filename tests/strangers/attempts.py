"""For each mutation an input that its right party could send now, and who is the wrong one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ops import consent
from tests.finance.bank import Transfer, camt
from tests.strangers.full import TERMS, Full
from tests.test_story import BUYER, OTHERS, TRACK, TRAIN
from tests.world import indicator_terms, scheme_terms


@dataclass(frozen=True)
class Attempt:
    """What is sent, by whom it is right, and another member that would lay its hand on it.

    `met` is the code that the right party hears of the matter itself; empty: it goes through.
    """

    given: Mapping[str, Any]
    right: str = TRACK
    other: str = OTHERS
    met: str = ""


def attempts(made: Full) -> dict[str, Attempt]:
    """By mutation; `test_permissions` fails where one is missing."""
    return _answers(made) | _evidence(made) | _money(made) | _governance(made) | _trust(made)


def _answers(made: Full) -> dict[str, Attempt]:
    parties = made.world.parties
    opened, disputed = {"proposalId": made["open"]}, {"proposalId": made["disputed"]}
    ruling = {"outcome": "REJECTED", "documentSha256": "ab" * 32, "signature": "A" * 86 + "=="}
    delegated = {"delegateId": parties[TRAIN], "startOn": "2999-03-01", "endOn": "2999-04-01"}
    founded = [{"name": "A", "role": "OUTSOURCER"}, {"name": "B", "role": "PARTNER"}]
    calendar = {"timeZone": "Europe/Rome", "workingDays": ["MONDAY"]}
    early = "NOT_BEFORE_THE_ARBITER"
    return {
        "foundEcosystem": Attempt({"name": "Mine", "parties": founded}),
        "consentToProposal": Attempt(opened),
        "objectToProposal": Attempt(opened | {"reason": "Not so."}),
        "withdrawProposal": Attempt(opened),
        "acknowledgeProposal": Attempt(opened, TRAIN),
        "escalateDispute": Attempt(disputed),
        "signRuling": Attempt(disputed | {"outcome": "REJECTED"}),
        "recordExternalRuling": Attempt(disputed | ruling, met=early),
        "grantDelegation": Attempt(delegated, TRACK, BUYER),
        "revokeDelegation": Attempt({"delegationId": made["delegation"]}, TRACK, TRAIN),
        "adoptBusinessCalendar": Attempt(calendar),
    }


def _evidence(made: Full) -> dict[str, Attempt]:
    indicator = {"indicatorId": made["indicator"]}
    april, may = indicator | {"period": "2024-04"}, indicator | {"period": "2024-05"}
    again = {"reason": "LATE_OBSERVATIONS", "explanation": "By post."}
    replacing = made.inputs["exclusion"] | {"replaces": made["exclusion proposal"]}
    row = {"reference": "P99", "period": "2024-06", "value": "1"}
    owners = {TRACK: "0.5", TRAIN: "0.5"}
    return {
        "proposeIndicator": Attempt(indicator_terms(made.world, owners), TRACK, BUYER),
        "recordObservations": Attempt({"series": "delay-minutes", "rows": [row]}),
        "beginObservationUpload": Attempt({"series": "delay-minutes", "format": "CSV"}),
        "dropObservations": Attempt(
            {"series": "delay-minutes", "references": ["P02"]}, TRACK, TRAIN
        ),
        "submitPart": Attempt(may, TRACK, BUYER),
        "proposeMeasurement": Attempt(may, TRACK, BUYER, "PARTS_MISSING"),
        "proposeRestatement": Attempt(april | again, TRACK, BUYER, "NOTHING_CORRECTED"),
        "proposeExclusion": Attempt(replacing, TRACK, BUYER),
    }


def _money(made: Full) -> dict[str, Attempt]:
    parties = made.world.parties
    report = {
        "settlementId": made["settlement"],
        "payeeId": parties[TRACK],
        "amount": {"amount": "1.00", "currency": "GBP"},
        "paidOn": "2024-05-20",
    }
    bank = camt((Transfer("5.00", name="BUYER PLC"),), statement="2024-06")
    line = {"statementId": made["statement"], "line": 0, "dueId": made["due"]}
    settle = {"schemeId": made["scheme"], "period": "2024-04"}
    payment = {"paymentId": made["payment"]}
    close = {"through": "2024-03-30", "replaces": made["close proposal"]}
    scheme = scheme_terms(made.world, made["indicator"], {TRACK: "1"})
    return {
        "proposeScheme": Attempt(scheme, BUYER),
        "proposeSettlement": Attempt(settle, BUYER, TRAIN, "ALREADY_SETTLED"),
        "reportPayment": Attempt(report, BUYER, TRAIN),
        "confirmPayment": Attempt(payment, TRACK, TRAIN),
        "reversePayment": Attempt(payment | {"reason": "Twice."}, BUYER, TRAIN),
        "importBankStatement": Attempt({"format": "CAMT_053", "content": bank}, OTHERS, TRACK),
        "matchBankLine": Attempt(line, OTHERS, TRACK),
        "proposePeriodClose": Attempt(close),
    }


def _governance(made: Full) -> dict[str, Attempt]:
    parties = made.world.parties
    joining = {"name": "Newcomer", "role": "PARTNER", "joinedOn": "2024-04-01"}
    capped = {"partyId": parties[OTHERS], "terms": {"timeZone": "Europe/Rome"}}
    promoted = {"pilotId": made["pilot"], "indicatorId": made["shadow"], "liveFrom": "2999-01"}
    promoted["replaces"] = made["promotion"]
    moved = {"initiativeId": made["initiative"], "stage": "TRIAL", "reason": "Agreed."}
    moved["replaces"] = made["move"]
    steward = {"indicatorId": made["indicator"], "subjects": ["s-42"]}
    return {
        "proposePolicy": Attempt(TERMS | {"replaces": made["disputed"]}),
        "proposeAdmission": Attempt(joining),
        "proposeMembership": Attempt(capped),
        "proposeDeparture": Attempt({"partyId": parties[OTHERS], "leftOn": "2999-01-01"}),
        "leaveAtGate": Attempt({"leftOn": "2999-01-01"}, met="NO_EXIT_GATE"),
        "proposePilot": Attempt(made.inputs["pilot"]),
        "recordLesson": Attempt({"pilotId": made["pilot"], "text": "Twice."}),
        "proposePromotion": Attempt(promoted),
        "proposeInitiative": Attempt(made.inputs["initiative"]),
        "proposeInitiativeStage": Attempt(moved),
        "nameStewards": Attempt(steward),
        "recordSession": Attempt(made.inputs["session"]),
        "nameSponsor": Attempt({"level": "MANAGEMENT", "subject": "s-43"}),
    }


def _trust(made: Full) -> dict[str, Attempt]:
    issuer = made.inputs["issuer"]
    named = {"issuer": issuer["issuer"], "audience": issuer["audience"]}
    public, _ = consent.public_text(Ed25519PrivateKey.generate())
    key = {"publicKey": public, "proof": "A" * 86 + "=="}
    witness = {"verifierKey": "nobody", "proof": "A" * 86 + "=="}
    cosigned = {"size": made.inputs["witnessed"], "line": "no"}
    other_issuer = issuer | {"audience": "another"}
    return {
        "registerConsentKey": Attempt(key, met="KEY_NOT_PROVED"),
        "revokeConsentKey": Attempt({"keyId": made["key"]}),
        "registerWitness": Attempt(witness, met="WITNESS_MALFORMED"),
        "registerIdentityProvider": Attempt(other_issuer),
        "removeIdentityProvider": Attempt(named),
        "makeRemark": Attempt({"text": "So."}),
        "eraseAnnex": Attempt({"index": made.inputs["annex"]}),
        "namePerson": Attempt({"subject": "s-44", "name": "Ben Moor"}),
        "forgetPerson": Attempt({"subject": "s-41"}),
        "setNoticeAddress": Attempt({"address": "other@network.example"}),
        "uploadCosignature": Attempt(cosigned, met="COSIGNATURE_INVALID"),
        "reportCheckpoint": Attempt({"note": "no"}, met="CHECKPOINT_INVALID"),
    }
