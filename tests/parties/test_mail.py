"""Notices by mail: a real mail server receives them, and each is an entry from which time runs."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ledger.actor import Role
from ledger.ids import EcosystemId
from service.app import open_doors
from service.embedded import Embedded
from service.mailing import Mailing, mail_server
from service.settings import Settings, SettingsInvalid, load
from tests.auditor import audit
from tests.desk import until
from tests.ports import free_port
from tests.test_story import BUYER, PARTNERS, TRACK, TRAIN
from tests.trust.test_confidential import occurrences
from tests.world import PROPOSED, World, bare, indicator_terms, serving

BARE: dict[str, Any] = {"signatures": [], "witnesses": [], "quorum": 0}
RULE = {"kind": "INDICATOR", "silence": "ACCEPT", "answerDays": 5}
INBOX = "{ inbox { isTold until proposal { id } } }"


class Postbox:
    """A mail server that keeps what it is handed, unless it is told to refuse."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses: set[str] = set()
        self.is_down = False
        self.tries = 0

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take a recipient or refuse it."""
        self.tries += 1
        if self.is_down:
            return "451 later, please"
        if address in self.refuses:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 -- aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        """Keep a letter."""
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@pytest.fixture
def postbox(settings: Settings) -> Iterator[tuple[Postbox, Settings]]:
    """A mail server that listens, and settings that name it."""
    box, port = Postbox(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    url = f"smtp://127.0.0.1:{port}"
    yield box, settings.model_copy(update={"smtp_url": url, "mail_from": "ledger@example.com"})
    server.stop()


async def told(world: World, party: str, address: str | None) -> dict[str, Any]:
    """A party says where it wants its notices."""
    query = """mutation($given: SetNoticeAddressInput!) {
      setNoticeAddress(input: $given) { problems { code path } } }"""
    given = {"idempotencyKey": "k", "address": address}
    answer = await world.ask(query, {"given": given}, world.token(party, Role.ADMIN))
    found: dict[str, Any] = answer["data"]["setNoticeAddress"]
    return found


async def proposed(world: World, target: str = "66000", **more: str) -> dict[str, Any]:
    """An indicator's version, proposed by one owner to the other under a rule with deadlines."""
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    levels = terms["levels"] | {"target": target}
    payload = await world.done(
        TRACK, "proposeIndicator", terms | {"levels": levels} | more, PROPOSED
    )
    found: dict[str, Any] = payload["proposal"]
    return found


async def ruled(world: World) -> None:
    """All agree that silence on an indicator counts as consent after five days."""
    await world.found(BUYER, *PARTNERS)
    rules = BARE | {"rules": [RULE]}
    policy = (await world.done(BUYER, "proposePolicy", rules, PROPOSED))["proposal"]
    await world.agree(policy, BUYER, *PARTNERS)


async def test_a_party_is_told_by_mail_and_its_time_runs_from_then(
    postbox: tuple[Postbox, Settings],
) -> None:
    """What waits, by when, what silence means, what has changed; the notice is an entry."""
    box, settings = postbox
    async with serving(settings) as world:
        await ruled(world)
        assert await told(world, TRAIN, "desk@operator.example") == {"problems": []}
        first = await proposed(world)

        async def is_told() -> bool:
            items = (await world.read(TRAIN, INBOX))["inbox"]
            return bool(items) and all(each["isTold"] for each in items)

        await until(is_told, "the notice was entered")
        [letter] = box.letters
        assert letter["To"] == "desk@operator.example"
        assert letter["From"] == "ledger@example.com"
        assert letter["Subject"] == "A service chain: a proposal (indicator) waits for your answer"
        text = letter.get_content()
        assert "Your silence by then counts as consent." in text
        assert first["id"] in text
        query = "{ entries(last: 1) { nodes { kind opening { body } } } }"
        [entry] = (await world.read(BUYER, query))["entries"]["nodes"]
        assert entry["kind"] == "proposal.noticed"
        assert "operator.example" not in entry["opening"]["body"]

        await proposed(world, "64000", replaces=first["id"])
        await until(is_told, "the counter-proposal's notice was entered")
        assert "- terms.levels.target: 66000 -> 64000" in box.letters[-1].get_content()
        assert len(box.letters) == 2
        assert box.letters[0]["Message-ID"] != box.letters[1]["Message-ID"]
        await audit(world.settings, world.ecosystem_id)


async def test_who_gave_no_address_or_took_it_back_gets_no_letter(
    postbox: tuple[Postbox, Settings], database: Embedded
) -> None:
    """The address is gone from every table; what waited before is told when one comes."""
    box, settings = postbox
    async with serving(settings) as world:
        await ruled(world)
        await told(world, TRAIN, "desk@operator.example")
        await told(world, TRAIN, None)
        await proposed(world)
        data = await world.read(TRAIN, "{ noticeAddress }")
        assert data["noticeAddress"] is None
        await told(world, TRACK, "desk@network.example")
        await told(world, TRAIN, "other@operator.example")

        async def has_come() -> bool:
            return {each["To"] for each in box.letters} >= {"other@operator.example"}

        await until(has_come, "a letter came to the new address")
        assert all(each["To"] != "desk@operator.example" for each in box.letters)
        assert await occurrences(database, "desk@operator") == {}
        assert (await world.read(BUYER, "{ noticeAddress }"))["noticeAddress"] is None


async def test_a_refused_address_keeps_nobody_else_from_being_told(
    postbox: tuple[Postbox, Settings],
) -> None:
    """The refused party stays untold: no notice, no silence."""
    box, settings = postbox
    box.refuses = {"wrong@operator.example"}
    async with serving(settings) as world:
        await ruled(world)
        await told(world, TRAIN, "wrong@operator.example")
        await told(world, TRACK, "desk@network.example")
        await proposed(world)

        async def has_come() -> bool:
            return bool(box.letters)

        await until(has_come, "the other party's letter came")
        assert {each["To"] for each in box.letters} == {"desk@network.example"}
        [item] = (await world.read(TRAIN, INBOX))["inbox"]
        assert item["isTold"] is False


async def test_what_fails_for_now_is_tried_again_and_told_once(
    postbox: tuple[Postbox, Settings],
) -> None:
    """Neither a notice nor a letter while the server says later; then one of each."""
    box, settings = postbox
    async with serving(settings.model_copy(update={"smtp_url": None})) as world:
        await ruled(world)
        await told(world, TRAIN, "desk@operator.example")
        await proposed(world)
        key = EcosystemId(bare(world.ecosystem_id))
        mailing = Mailing(mail_server(settings))
        async with open_doors(settings) as doors:
            box.is_down = True
            assert not await mailing.deliver(doors, key)
            assert (await world.read(TRAIN, INBOX))["inbox"][0]["isTold"] is False
            box.is_down = False
            assert await mailing.deliver(doors, key)
            assert await mailing.deliver(doors, key)
        assert len(box.letters) == 1
        assert (await world.read(TRAIN, INBOX))["inbox"][0]["isTold"] is True
        await audit(world.settings, world.ecosystem_id)


async def test_addresses_that_are_none_are_refused(world: World) -> None:
    """And nobody but an admin sets one."""
    await world.found(BUYER, *PARTNERS)
    for address in ("desk", "desk@", "@example.com", "a b@example.com", "a@b.example\nBcc: c@d.e"):
        answer = await told(world, TRAIN, address)
        assert answer["problems"] == [{"code": "ADDRESS_MALFORMED", "path": "address"}], address
    query = """mutation { setNoticeAddress(input: {idempotencyKey: "k", address: "a@b.example"}) {
      problems { code } } }"""
    answer = await world.ask(query, {}, world.token(TRAIN, Role.APPROVER))
    assert answer["data"]["setNoticeAddress"]["problems"] == [{"code": "NOT_PERMITTED"}]


async def test_names_of_people_live_outside_the_ledger(world: World, database: Embedded) -> None:
    """Members see them, who left sees its own; erased they are in no table, and all verifies."""
    await world.found(BUYER, *PARTNERS)
    admin = world.token(TRAIN, Role.ADMIN)
    write = """mutation($s: String!, $n: String!, $dry: Boolean!) {
      namePerson(input: {idempotencyKey: "k", subject: $s, name: $n}, dryRun: $dry) {
        problems { code path } } }"""
    people = "{ people { nodes { subject name party { name } } } }"
    given = {"s": "s-17", "n": "Ann Hill", "dry": True}
    await world.ask(write, given, admin)
    assert (await world.read(BUYER, people))["people"]["nodes"] == []
    size = await world.size()
    await world.ask(write, given | {"dry": False}, admin)
    assert (await world.read(BUYER, people))["people"]["nodes"] == [
        {"subject": "s-17", "name": "Ann Hill", "party": {"name": TRAIN}}
    ]
    assert await world.size() == size
    for changed, code in (({"s": "Ann Hill"}, "PSEUDONYM_MALFORMED"), ({"n": " "}, "NAME_MISSING")):
        answer = await world.ask(write, given | changed | {"dry": False}, admin)
        assert answer["data"]["namePerson"]["problems"][0]["code"] == code
    forget = """mutation { forgetPerson(input: {idempotencyKey: "k", subject: "s-17"}) {
      problems { code } } }"""
    other = world.token(TRACK, Role.ADMIN)
    await world.ask(forget, {}, other)
    assert len((await world.read(BUYER, people))["people"]["nodes"]) == 1
    await world.ask(forget, {}, admin)
    assert (await world.read(BUYER, people))["people"]["nodes"] == []
    assert await occurrences(database, "Ann Hill") == {}
    await audit(world.settings, world.ecosystem_id)


@pytest.mark.parametrize(
    "url", ["http://mail", "smtp://", "smtp://mail:99999", "smtp://mail/path", "smtp://a b"]
)
def test_a_mail_server_that_is_none_stops_the_start(url: str) -> None:
    """With the variable's name, and without the password."""
    with pytest.raises(SettingsInvalid, match="JPI_SMTP_URL"):
        load({"JPI_SMTP_URL": url})
