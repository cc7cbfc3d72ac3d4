"""The gallery: an ecosystem in which everything that a screen has to show is there to be seen.

For who builds a user interface. All of it is invented and says so. It is entered through the public
schema with a clock of its own, so that deadlines pass; its periods are those of early 2025, so that
payments are late. Every step has a key, so that entering it twice changes nothing. The test
`tests/ops/test_gallery.py` lists the states and asks for each as a screen would.
"""

from collections.abc import Mapping
from typing import Any

from graph.context import Doors
from ops.demo import PROPOSED, Say
from ops.gallery_terms import complaints, incentive, repairs, satisfaction
from ops.stage import BUYER, CREWS, DESK, EVERYBODY, NIGHT, OWNERS, Gallery, StagedClock

PAYMENT = "payment { id }"
LATEST = "2029-12-31"


async def seed(
    doors: Doors, clock: StagedClock, say: Say, *, months: int = 0, indicators: int = 0
) -> Gallery:
    """The gallery; beside it so many more indicators over so many months. Raises SeedFailed.

    `clock` is the one that the doors were opened with; it is the system's again afterwards.
    """
    made = Gallery(doors, "gallery", clock=clock)
    clock.turn("2025-01-06")
    say("entering the gallery: every state that a screen has to show")
    try:
        # A service that runs beside this has the world's clock, by which every answer is too late.
        async with doors.ledger.database.keeping_time(waits=True):
            indicator = await _history(made)
            await _many(made, say, months, indicators)
    finally:
        clock.at = None
    await _running(made, indicator)
    return made


async def _history(made: Gallery) -> str:
    """Five months of the chain; the id of the indicator that they are about."""
    await made.found(
        "Harbour City's service chain (all of it invented)",
        {BUYER: "OUTSOURCER", **dict.fromkeys(EVERYBODY[1:], "PARTNER")},
    )
    await _rules(made)
    indicator = await made.indicator("complaints", complaints(made.parties, OWNERS))
    await _unbound(made)
    await _measured(made, indicator)
    await _paid(made, indicator)
    await _restated(made, indicator)
    await _watched(made)
    await _left(made)
    await _redacted(made)
    return indicator


async def _rules(made: Gallery) -> None:
    """How long an initiative may wait, and a ladder of two days whose last word is as before."""
    given = {
        "signatures": [],
        "witnesses": [],
        "quorum": 0,
        "rules": [{"kind": "INITIATIVE", "silence": "REJECT", "answerDays": 5}],
        "ladder": _ladder(made, 2),
    }
    await made.propose(BUYER, "rules", "proposePolicy", given, *EVERYBODY)


def _ladder(made: Gallery, days: int) -> dict[str, Any]:
    """One rung of so many business days; then it stays as it was."""
    sponsors = [{"partyId": made.parties[name]} for name in OWNERS]
    rungs = [{"level": "OPERATIONAL", "days": days, "sponsors": sponsors}]
    return {"rungs": rungs, "lastWord": "STATUS_QUO"}


async def _unbound(made: Gallery) -> None:
    """Proposals that came to nothing: rejected, lapsed, withdrawn, superseded."""
    await made.on("2025-01-08")
    terms = complaints(made.parties, OWNERS, name="Complaints by letter")
    rejected = await made.propose(DESK, "rejected", "proposeIndicator", terms, DESK)
    await made.oppose(CREWS, "rejected", rejected, "Nobody writes letters any more.")
    await made.on("2025-01-20")

    key = await _complaints_id(made)
    idea = {
        "name": "One number for every fault",
        "trial": "One street for a month.",
        "partyIds": [made.parties[name] for name in OWNERS],
        "aims": [{"indicatorId": key, "expectedChange": "-5"}],
        "judgedOn": "2025-12-31",
    }
    lapsed = await made.propose(DESK, "lapsed", "proposeInitiative", idea, DESK)
    told = {"proposalId": lapsed["id"]}
    for party in (CREWS, BUYER):
        if party in await _waiting(made, lapsed["id"]):
            await made.do(party, f"told/{party}", "acknowledgeProposal", told, PROPOSED)
    await made.on("2025-01-31")

    terms = complaints(made.parties, OWNERS, name="Complaints by telephone")
    withdrawn = await made.propose(DESK, "withdrawn", "proposeIndicator", terms)
    given = {"proposalId": withdrawn["id"]}
    await made.do(DESK, "withdraw", "withdrawProposal", given, PROPOSED)

    terms = complaints(made.parties, OWNERS, name="Complaints in the street")
    first = await made.propose(DESK, "superseded", "proposeIndicator", terms)
    again = {**terms, "replaces": first["id"], "why": "Heard where they happen."}
    await made.propose(DESK, "superseding", "proposeIndicator", again, DESK)


async def _complaints_id(made: Gallery) -> str:
    data = await made.read(DESK, "{ indicators(first: 1) { nodes { id } } }")
    found: str = data["indicators"]["nodes"][0]["id"]
    return found


async def _waiting(made: Gallery, proposal: str) -> list[str]:
    query = "query($id: ID!) { proposal(id: $id) { waitingFor { name } } }"
    data = await made.read(DESK, query, id=proposal)
    return [each["name"] for each in data["proposal"]["waitingFor"]]


async def _measured(made: Gallery, indicator: str) -> None:
    """Green, amber, red: three agreed months; the suppliers' own reports are green throughout."""
    inside = await made.indicator("repairs", repairs(made.parties, OWNERS))
    months = (("2025-01", "30", "25"), ("2025-02", "40", "30"), ("2025-03", "60", "35"))
    await made.on("2025-04-02")
    for period, desk, crews in months:
        await made.report("complaints", period, {DESK: [desk], CREWS: [crews]})
        await made.measure(indicator, period, list(OWNERS))
        await made.report("repairs", period, {DESK: ["3"], CREWS: ["4"]})
        await made.measure(inside, period, list(OWNERS))


async def _paid(made: Gallery, indicator: str) -> None:
    """Three settlements, and dues in every state of payment."""
    terms = incentive(made.parties, indicator, OWNERS)
    scheme = await made.do(BUYER, "scheme", "proposeScheme", terms, f"scheme {{ id }} {PROPOSED}")
    signing = [name for name in EVERYBODY if name in await _waiting(made, scheme["proposal"]["id"])]
    await made.agree("scheme", scheme["proposal"], *signing)
    settled: dict[str, dict[str, Any]] = {}
    show = f"""settlement {{ id stakes {{ reference amount {{ amount }} party {{ name }} }} }}
        {PROPOSED}"""
    for period in ("2025-01", "2025-02", "2025-03"):
        given = {"schemeId": scheme["scheme"]["id"], "period": period}
        payload = await made.do(BUYER, f"settle/{period}", "proposeSettlement", given, show)
        signing = [n for n in EVERYBODY if n in await _waiting(made, payload["proposal"]["id"])]
        await made.agree(f"settle/{period}", payload["proposal"], *signing)
        settled[period] = payload["settlement"]
    await made.on("2025-05-12")
    await _states_of_payment(made, settled)


async def _states_of_payment(made: Gallery, settled: Mapping[str, dict[str, Any]]) -> None:
    """Dues matched, returned, partly paid, reversed, overpaid, unpaid; two lines of a bank."""

    async def paid(period: str, payee: str, amount: str = "", key: str = "") -> str:
        [stake] = [e for e in settled[period]["stakes"] if e["party"]["name"] == payee]
        given = {
            "settlementId": settled[period]["id"],
            "payeeId": made.parties[payee],
            "amount": {"amount": amount or stake["amount"]["amount"], "currency": "EUR"},
            "paidOn": "2025-05-09",
        }
        step = f"pay/{period}/{payee}/{key}"
        payload = await made.do(BUYER, step, "reportPayment", given, PAYMENT)
        found: str = payload["payment"]["id"]
        return found

    async def arrived(payee: str, payment: str) -> None:
        given = {"paymentId": payment}
        await made.do(payee, f"arrived/{payment}", "confirmPayment", given, PAYMENT)

    async def taken_back(party: str, payment: str) -> None:
        given = {"paymentId": payment, "reason": "The bank sent it back."}
        await made.do(party, f"back/{payment}/{party}", "reversePayment", given, PAYMENT)

    await arrived(DESK, await paid("2025-01", DESK))  # MATCHED
    returned = await paid("2025-01", CREWS)  # RETURNED: the payee took its word back
    await arrived(CREWS, returned)
    await taken_back(CREWS, returned)
    await arrived(DESK, await paid("2025-02", DESK, "200.00", "part"))  # PARTLY_PAID
    await paid("2025-02", DESK, "100.00", "said")  # REPORTED
    await taken_back(BUYER, await paid("2025-02", CREWS))  # REVERSED
    [stake] = [e for e in settled["2025-03"]["stakes"] if e["party"]["name"] == DESK]
    over = f"2025-05-09,160.00,EUR,{stake['reference']},Harbour City,,b1"
    await _banked(made, DESK, over)  # RECEIVED, and OVERPAID
    await _banked(made, CREWS, "2025-05-10,12.34,EUR,,Somebody,thank you,b2")  # what for?


async def _banked(made: Gallery, party: str, *lines: str) -> None:
    """A party's bank statement."""
    head = "account,statement,booked_on,amount,currency,reference,counterparty,text,bank_reference"
    listed = (head, *(f"NL-{party},2025-05,{line}" for line in lines))
    given = {"format": "CSV", "content": "\r\n".join(listed) + "\r\n"}
    await made.do(party, f"bank/{party}", "importBankStatement", given, "receipt { index }")


async def _restated(made: Gallery, indicator: str) -> None:
    """A month's late complaints: restated by consent, its settlement still as it was."""
    await made.report("complaints", "2025-02", {CREWS: ["9"]}, batch="late-")
    correction = {"indicatorId": indicator, "period": "2025-02", "isCorrection": True}
    await made.do(CREWS, "late", "submitPart", correction, "receipt { index }")
    given = {
        "indicatorId": indicator,
        "period": "2025-02",
        "reason": "LATE_OBSERVATIONS",
        "explanation": "Nine complaints lay in a drawer.",
    }
    await made.propose(CREWS, "restate", "proposeRestatement", given, *OWNERS)
    close = {"through": "2025-01-31"}
    proposal = await made.do(BUYER, "close", "proposePeriodClose", close, PROPOSED)
    signing = [n for n in EVERYBODY if n in await _waiting(made, proposal["proposal"]["id"])]
    await made.agree("close", proposal["proposal"], *signing)


async def _watched(made: Gallery) -> None:
    """A pilot that watches an indicator in SHADOW: enough answers, too few, none at all."""
    terms = satisfaction(made.parties, OWNERS)
    indicator = await made.indicator("satisfaction", terms)
    pilot = {
        "name": "Satisfaction at the harbour",
        "scope": "The harbour's two streets.",
        "cohortSize": 400,
        "partyIds": [made.parties[name] for name in OWNERS],
        "indicatorIds": [indicator],
        "startsOn": "2025-05-13",
        "evaluatedOn": "2027-12-31",
    }
    proposal = await made.do(DESK, "pilot", "proposePilot", pilot, PROPOSED)
    signing = [n for n in EVERYBODY if n in await _waiting(made, proposal["proposal"]["id"])]
    await made.agree("pilot", proposal["proposal"], *signing)
    answers = {
        "2025-02": {DESK: list("5544554"), CREWS: list("432")},
        "2025-03": {DESK: list("5"), CREWS: list("4")},
    }
    for period, given in answers.items():
        await made.report("satisfaction", period, given)
        await made.measure(indicator, period, list(OWNERS))
    await made.parts(indicator, "2025-04", isEmpty=True)
    place = {"indicatorId": indicator, "period": "2025-04"}
    await made.propose(DESK, "nobody-answered", "proposeMeasurement", place, *OWNERS)


async def _left(made: Gallery) -> None:
    """A party that left, by everybody's consent."""
    given = {"partyId": made.parties[NIGHT], "leftOn": "2025-05-31"}
    proposal = await made.do(BUYER, "departure", "proposeDeparture", given, PROPOSED)
    signing = [n for n in EVERYBODY if n in await _waiting(made, proposal["proposal"]["id"])]
    await made.agree("departure", proposal["proposal"], *signing)
    await made.on("2025-06-02")


async def _redacted(made: Gallery) -> None:
    """What is not to be read: an erased remark, one between two, dropped rows, a forgotten name."""
    remark = {"text": "Mrs Example of Quay Street called three times."}
    receipt = "receipt { index }"
    made_remark = await made.do(DESK, "remark", "makeRemark", remark, receipt)
    index = made_remark["receipt"]["index"]
    await made.do(DESK, "erase", "eraseAnnex", {"index": index}, receipt)
    sealed = {"text": "Between the two of us.", "audienceIds": [made.parties[CREWS]]}
    await made.do(DESK, "sealed", "makeRemark", sealed, receipt)
    dropped = {"series": "satisfaction", "references": ["2025-03/0"]}
    await made.do(DESK, "drop", "dropObservations", dropped, receipt)
    person = {"subject": "gallery", "name": "Sam Staged"}
    await made.do(CREWS, "name", "namePerson", person, "problems { code }")


async def _running(made: Gallery, indicator: str) -> None:
    """What waits now: open, disputed, with a deadline that runs, and a delegation."""
    rules = [{"kind": "MEASUREMENT", "silence": "ACCEPT", "answerDays": 250}]
    policy = {
        "signatures": [],
        "witnesses": [],
        "quorum": 0,
        "rules": rules,
        "ladder": _ladder(made, 250),
        "proposalDays": 1000,
    }
    stay = (BUYER, DESK, CREWS)
    await made.propose(BUYER, "long-ladder", "proposePolicy", policy, *stay)
    for period, desk, crews in (("2025-04", "35", "20"), ("2025-05", "45", "40")):
        await made.report("complaints", period, {DESK: [desk], CREWS: [crews]})
        await made.parts(indicator, period)
    place = {"indicatorId": indicator, "period": "2025-04"}
    waiting = await made.propose(DESK, "open", "proposeMeasurement", place, DESK)
    told = {"proposalId": waiting["id"]}
    await made.do(CREWS, "told/open", "acknowledgeProposal", told, PROPOSED)
    place = {"indicatorId": indicator, "period": "2025-05"}
    disputed = await made.propose(DESK, "disputed", "proposeMeasurement", place, DESK)
    await made.oppose(CREWS, "disputed", disputed, "Five of ours are counted twice.")
    grant = {"delegateId": made.parties[DESK], "startOn": "2025-01-01", "endOn": LATEST}
    await made.do(CREWS, "delegate", "grantDelegation", grant, "receipt { index }")
    storm = {"reference": "storm", "at": "2025-06-14T10:00:00Z", "value": "3"}
    given = {"series": "complaints", "rows": [storm]}
    await made.do(DESK, "storm", "recordObservations", given, "batch { count }")
    window = {
        "indicatorId": indicator,
        "period": "2025-06",
        "fromAt": "2025-06-14T00:00:00Z",
        "untilAt": "2025-06-15T00:00:00Z",
        "reason": "FORCE_MAJEURE",
        "explanation": "The storm of the fourteenth.",
    }
    await made.do(DESK, "exclusion", "proposeExclusion", window, PROPOSED)


async def _many(made: Gallery, say: Say, months: int, indicators: int) -> None:
    """Enough for pages and charts: agreed months of many indicators."""
    for number in range(indicators):
        say(f"indicator {number + 1} of {indicators}, {months} months")
        name = f"Complaints of district {number + 1}"
        method = {"kind": "SUM", "margin": "NONE", "series": f"district-{number + 1}"}
        terms = complaints(made.parties, OWNERS, name=name, method=method, stage="SHADOW")
        del terms["liveFrom"]
        indicator = await made.indicator(f"district/{number}", terms)
        for month in range(months):
            period = f"{2025 - (months - 1 - month) // 12 - 1}-{12 - (months - 1 - month) % 12:02}"
            value = str(20 + (number * 7 + month * 11) % 30)
            series = f"district-{number + 1}"
            await made.report(series, period, {DESK: [value], CREWS: ["10"]})
            await made.measure(indicator, period, list(OWNERS))
