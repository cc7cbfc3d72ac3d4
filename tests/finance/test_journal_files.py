"""Journals as finance's own tools read them: strict checks pass, every balance is ours."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.amounts import Money
from ledger.journal import (
    Account,
    AccountState,
    Line,
    payment_reported_lines,
    post,
    settlement_lines,
)
from ledger.store.postings import StoredPosting
from ops import demo
from service.app import open_doors
from service.plaintext import (
    ROOTS,
    Header,
    components,
    journal_beancount,
    journal_csv,
    journal_hledger,
)
from tests.finance.tools import bean_check, needs_hledger, strictly_checked
from tests.world import World

BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = {
    "b0000000-buyer": 'Buyer; of "services" | plc',
    "p0000001-netz": "Netz Öst & Co.",
    "p0000002-42": "42 degrees",
    "p0000003-rail": "=Rail*",
}
BUYER, *PARTNERS = NAMES
CURRENCIES = {"p0000001-netz": "EUR", "p0000002-42": "JPY", "p0000003-rail": "KWD"}
HEADER = Header(BUYER, "A chain", "e", 10**6, NAMES)


def settled(count: int) -> tuple[list[StoredPosting], dict[Account, AccountState]]:
    """The outsourcer's postings of so many settlements, bonus and malus, each second one paid."""
    states: dict[Account, AccountState] = {}
    rows: list[StoredPosting] = []
    for number in range(count):
        partner = PARTNERS[number % len(PARTNERS)]
        minor = (number * 7919) % 100_000 - 20_000 or 1
        amount = Money(CURRENCIES[partner], minor)
        rows += entered(rows, states, settlement_lines(BUYER, partner, amount), number, partner)
        if number % 2 and minor > 0:
            lines = payment_reported_lines(BUYER, partner, amount)
            rows += entered(rows, states, lines, number, partner)
    return rows, {each: state for each, state in states.items() if each.owner == BUYER}


def entered(
    rows: list[StoredPosting],
    states: dict[Account, AccountState],
    lines: tuple[Line, ...],
    number: int,
    partner: str,
) -> list[StoredPosting]:
    """The postings of one entry in the outsourcer's books, as they are stored."""
    postings, changed = post(lines, states)
    states.update(changed)
    index = rows[-1].entry_index + 1 if rows else 1
    at = BEGAN + timedelta(minutes=index)
    return [
        StoredPosting(index, line, at, "settlement.posted", each, f"RF{number}{partner[:8]}", None)
        for line, each in enumerate(postings)
        if each.account.owner == BUYER
    ]


async def paged(rows: list[StoredPosting], size: int = 4999) -> AsyncIterator[list[StoredPosting]]:
    """Pages that cut transactions in two."""
    for page in pages_of(rows, size):
        yield page


def pages_of(rows: list[StoredPosting], size: int) -> Iterator[list[StoredPosting]]:
    """Pages of a size."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


async def whole(parts: AsyncIterator[bytes]) -> bytes:
    """A stream in one piece."""
    return b"".join([part async for part in parts])


def named(states: dict[Account, AccountState], names: dict[str, str]) -> dict[str, str]:
    """Our balances, by the account's name in a file, as hledger prints them; zero is left out."""
    parts = components(names)
    return {
        f"{ROOTS[account.kind]}:{parts[account.counterparty]}:{account.currency}": (
            f"{Money(account.currency, state.balance_minor).render()} {account.currency}"
            if state.balance_minor
            else "0"
        )
        for account, state in states.items()
    }


@needs_hledger
async def test_fifty_thousand_settlements_pass_hledgers_strict_checks(tmp_path: Path) -> None:
    """Three currencies of 0, 2 and 3 decimals; an assertion at every posting; balances ours."""
    rows, states = settled(50_000)

    text = await whole(journal_hledger(HEADER, paged(rows)))

    assert strictly_checked(text, tmp_path) == named(states, NAMES)


async def test_fifty_thousand_settlements_pass_bean_check(tmp_path: Path) -> None:
    """Accounts are opened with their currency; the last lines assert every balance of ours."""
    rows, states = settled(50_000)

    text = await whole(journal_beancount(HEADER, paged(rows)))

    assert bean_check(text, tmp_path) == ""
    asserted = [line for line in text.decode().splitlines() if line[10:19] == " balance "]
    assert len(asserted) == len(states)


async def test_a_forged_balance_or_a_missing_posting_is_found_by_the_tools(tmp_path: Path) -> None:
    """The checks have teeth."""
    rows, _ = settled(30)
    good = (await whole(journal_beancount(HEADER, paged(rows)))).decode()
    last = good.rstrip().rpartition("\n")[2]
    forged = good.replace(last, last.replace(last.split()[-2], "1.00"))

    assert "Balance failed" in bean_check(forged.encode(), tmp_path)
    cut = [each for each in rows if each.entry_index != rows[4].entry_index]
    gap = await whole(journal_beancount(HEADER, paged(cut, 7)))
    assert "Balance failed" in bean_check(gap, tmp_path)


@needs_hledger
async def test_a_missing_posting_breaks_hledgers_assertions(tmp_path: Path) -> None:
    """Each posting asserts the running balance, so a gap is found where it is."""
    rows, _ = settled(30)
    cut = [each for each in rows if each.entry_index != rows[4].entry_index]

    text = await whole(journal_hledger(HEADER, paged(cut, 7)))

    with pytest.raises(AssertionError, match="balance assertion"):
        strictly_checked(text, tmp_path)


async def test_a_name_never_becomes_a_formula_or_a_second_line() -> None:
    """Spreadsheets run cells that begin with =, + or @."""
    rows, _ = settled(3)

    text = (await whole(journal_csv(HEADER, paged(rows)))).decode()

    assert ",'=Rail*," in text
    assert len(text.splitlines()) == len(rows) + 1


def test_two_parties_never_share_an_account_name() -> None:
    """Also when their names and the beginnings of their ids are alike."""
    names = {"aaaaaaaa-1": "Ärz", "aaaaaaaa-2": "Arz", "cccccccc-3": "***"}

    made = components(names)

    assert len(set(made.values())) == 3
    assert all(part[0].isupper() or part[0].isdigit() for part in made.values())


@needs_hledger
async def test_every_partys_journal_of_the_demo_passes_both_tools(
    world: World, tmp_path: Path
) -> None:
    """Downloaded over HTTP; every balance compared with the API's."""
    async with open_doors(world.settings) as doors:
        scotrail, _ = await demo.seed(doors, lambda _: None)
    seen = World(world.settings, world.client, scotrail.ecosystem_id, scotrail.parties)
    for name in scotrail.parties:
        texts = {
            kind: await download(seen, name, f"/journal.{kind}")
            for kind in ("csv", "beancount", "hledger")
        }

        assert bean_check(texts["beancount"], tmp_path) == ""
        assert strictly_checked(texts["hledger"], tmp_path) == await balances(seen, name)
        data = await seen.read(name, "{ postings(first: 100) { nodes { owner { name } } } }")
        own = [each for each in data["postings"]["nodes"] if each["owner"]["name"] == name]
        assert len(texts["csv"].splitlines()) == 1 + len(own) > 1


async def download(world: World, party: str, path: str) -> bytes:
    """A download as a party."""
    headers = {"authorization": f"Bearer {world.token(party)}"}
    answer = await world.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.content


async def balances(world: World, party: str) -> dict[str, str]:
    """A party's balances by the API, named as the files name accounts."""
    data = await world.read(
        party,
        """query($owner: ID!) { accounts(first: 100, ownerId: $owner) { nodes {
          kind currency balance { amount } counterparty { id name } } } }""",
        owner=world.parties[party],
    )
    parts = components({each.partition(":")[2]: name for name, each in world.parties.items()})
    return {
        f"{ROOTS[each['kind']]}:{parts[each['counterparty']['id'][6:]]}:{each['currency']}": (
            f"{each['balance']['amount']} {each['currency']}"
            if float(each["balance"]["amount"])
            else "0"
        )
        for each in data["accounts"]["nodes"]
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/journal.xls", 404, "NOT_FOUND"),
        ("/journal.csv?asOf=x", 400, "BAD_REQUEST"),
        ("/journal.csv?asOf=9999", 400, "BAD_REQUEST"),
        ("/journal.csv?after=7", 400, "BAD_REQUEST"),
        ("/journal.hledger?after=7.1", 400, "BAD_REQUEST"),
        ("/journal.csv?owner=Entry:1", 400, "WRONG_KIND_OF_ID"),
        ("/journal.csv?owner=nobody", 404, "NOT_FOUND"),
    ],
)
async def test_a_download_that_cannot_be_is_refused_with_the_reason(
    world: World, path: str, status: int, code: str
) -> None:
    """As problems are: a code, and what to do."""
    await world.found("Buyer", "Network")
    headers = {"authorization": f"Bearer {world.token('Buyer')}"}

    answer = await world.client.get(path, headers=headers)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_another_partys_books_and_no_token_are_refused(world: World) -> None:
    """What a party may not know answers "not found"."""
    await world.found("Buyer", "Network")
    headers = {"authorization": f"Bearer {world.token('Buyer')}"}
    other = f"/journal.csv?owner={world.parties['Network']}"

    assert (await world.client.get(other, headers=headers)).status_code == 404
    assert (await world.client.get("/journal.csv")).status_code == 401
