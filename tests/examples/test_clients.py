"""The examples, run as they are against a service that listens: what they teach works."""

import json
from hashlib import sha256
from pathlib import Path

from ledger.actor import Role
from service.sandbox import add_client
from tests.auditor import audit
from tests.examples.steps import kept, printed, python_client, remark, url_of
from tests.examples.toolchain import (
    EXAMPLES,
    SCHEMA,
    given_to,
    needs_node,
    node_project,
    run,
    started,
    tried,
)
from tests.examples.wire import wire
from tests.finance.steps import posted, report_of, stake_of
from tests.test_story import BUYER, PARTNERS, TRACK, agreed_indicator
from tests.world import PROPOSED, World, bare


@needs_node
async def test_typescript_types_come_from_a_service_that_runs(world: World, tmp_path: Path) -> None:
    """From its address alone; documents are named by their SHA-256."""
    project = node_project("typescript", tmp_path)
    await run("npm", "run", "generate", folder=project, JPI_URL=url_of(world))

    types = (project / "src/gql/graphql.ts").read_text()
    assert "export type ResultsQuery = " in types
    assert "displayed: string | null" in types  # exact numbers are strings
    documents = json.loads((project / "src/gql/persisted-documents.json").read_text())
    digests = {f"sha256:{sha256(text.encode()).hexdigest()}" for text in documents.values()}
    assert set(documents) == digests
    assert len(documents) == 5


@needs_node
async def test_a_typescript_partner_reports_once_and_signs(world: World, typescript: Path) -> None:
    """By client credentials; the same report again changes nothing, another value is told."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    place = {"indicatorId": indicator, "period": "2024-04"}
    for party in PARTNERS:
        row = {"reference": "a", "period": "2024-04", "segment": "ScotRail", "value": "1.5"}
        batch = {"series": "delay-minutes", "rows": [row]}
        await world.done(party, "recordObservations", batch)
        await world.done(party, "submitPart", place)
    proposed = await world.done(PARTNERS[1], "proposeMeasurement", place, PROPOSED)
    client_id, secret = add_client(
        world.settings,
        ecosystem=bare(world.ecosystem_id),
        party=bare(world.parties[TRACK]),
        roles=[Role.REPORTER, Role.APPROVER],
    )
    env = {"JPI_URL": url_of(world), "JPI_CLIENT_ID": client_id, "JPI_CLIENT_SECRET": secret}
    report = ("node", "dist/report.js", "answers", "2024-04", "a-17", "12.5")

    first = await run(*report, folder=typescript, **env)
    size = await world.size()
    second = await run(*report, folder=typescript, **env)
    code, _, told = await tried(*report[:-1], "13", folder=typescript, **env)

    assert "recorded: entry" in first
    assert f"signed: {proposed['proposal']['id']} is OPEN" in first
    assert "(as before)" in second
    assert (code, told) == (1, "a-17 was reported before with another value.\n")
    assert await world.size() == size
    await audit(world.settings, world.ecosystem_id)


@needs_node
async def test_a_typescript_screen_reads_every_page(world: World, typescript: Path) -> None:
    """A measurement with its standing and what the viewer may do."""
    await posted(world)
    token = world.token(TRACK, Role.VIEWER)
    shown = await run("node", "dist/screen.js", folder=typescript, **given_to(url_of(world), token))

    head, *lines = shown.splitlines()
    assert head == f"{TRACK} as VIEWER"
    assert lines == ["Delay minutes 2024-04: 62092.1 minutes, GREEN, AGREED; nothing to do"]


@needs_node
async def test_a_subscription_goes_on_where_it_was_cut(
    world: World, typescript: Path, tmp_path: Path
) -> None:
    """Through cuts of the network and a new start of the client: each entry once, in order."""
    await world.found(BUYER, TRACK)
    cursor = str(tmp_path / "cursor")
    seen: list[int] = []
    async with wire(world.settings.port) as between:
        env = given_to(f"http://127.0.0.1:{between.port}", world.token(TRACK))
        for _ in range(2):
            program = ("node", "dist/follow.js", cursor)
            async with started(*program, folder=typescript, **env) as follower:
                for _ in range(2):
                    await remark(world, "before the cut")
                    seen += await printed(follower, await world.size() - len(seen))
                    await between.cut()
                    await remark(world, "while nobody listens")
                seen += await printed(follower, await world.size() - len(seen))
                await kept(Path(cursor), seen[-1])
            await remark(world, "while nothing runs")

    assert seen == list(range(10))
    assert between.connections >= 6


async def test_curl_follows_and_goes_on_where_it_was_cut(world: World, tmp_path: Path) -> None:
    """The same over SSE, without any library."""
    await world.found(BUYER, TRACK)
    seen: list[int] = []
    async with wire(world.settings.port) as between:
        env = given_to(f"http://127.0.0.1:{between.port}", world.token(TRACK))
        program = (EXAMPLES / "curl/follow.sh", tmp_path / "cursor")
        async with started(*program, folder=tmp_path, **env) as follower:
            for _ in range(2):
                await remark(world, "before the cut")
                seen += await printed(follower, await world.size() - len(seen))
                await between.cut()
                await remark(world, "while nobody listens")
            seen += await printed(follower, await world.size() - len(seen))

    assert seen == list(range(5))


async def test_plain_curl_writes_once_however_often_it_is_sent(
    world: World, tmp_path: Path
) -> None:
    """A token by client credentials, a question, a rehearsal, a write, and its repetition."""
    await world.found(BUYER, TRACK)
    client_id, secret = add_client(
        world.settings,
        ecosystem=bare(world.ecosystem_id),
        party=bare(world.parties[TRACK]),
        roles=[Role.REPORTER],
    )
    env = {"JPI_URL": url_of(world), "JPI_CLIENT_ID": client_id, "JPI_CLIENT_SECRET": secret}
    printed = await run(EXAMPLES / "curl/first-hour.sh", folder=tmp_path, **env)

    who, rehearsed, first, second = [json.loads(line)["data"] for line in printed.splitlines()]
    assert who["viewer"] == {"party": {"name": TRACK}, "roles": ["REPORTER"]}
    assert rehearsed["recordObservations"]["receipt"] is None
    assert rehearsed["recordObservations"]["preview"] == [{"kind": "observations.recorded v2"}]
    receipts = [each["recordObservations"]["receipt"] for each in (first, second)]
    assert [each.pop("isRepeat") for each in receipts] == [False, True]
    assert receipts[0] == receipts[1]
    assert await world.size() == 2
    await audit(world.settings, world.ecosystem_id)


async def test_a_python_client_reconciles(world: World, tmp_path: Path) -> None:
    """Typed from the schema that the service serves; what arrived is confirmed, once."""
    settlement = await posted(world)
    stake = stake_of(settlement, TRACK)
    report = report_of(world, settlement, TRACK, "4055.31")
    await world.done(BUYER, "reportPayment", report, "payment { id }")
    programs = await python_client(world, tmp_path)
    env = given_to(url_of(world), world.token(TRACK, Role.FINANCE))
    program = (programs / "python", "reconcile.py", "2024-06-30")

    before = await run(*program, folder=tmp_path, **env)
    after = await run(*program, stake["reference"], folder=tmp_path, **env)
    size = await world.size()
    again = await run(*program, stake["reference"], folder=tmp_path, **env)

    line = f"{stake['reference']} 2024-04 {BUYER} -> {TRACK}: 4055.31 GBP, open "
    assert f"{line}4055.31, REPORTED, " in before
    assert f"{stake['reference']}: 4055.31 is CLEARED" in after
    assert f"{line}0.00, MATCHED, SETTLED" in after
    assert again == after.partition("\n")[2]
    assert await world.size() == size
    await audit(world.settings, world.ecosystem_id)


@needs_node
async def test_relay_compiles_a_paginated_fragment(tmp_path: Path) -> None:
    """Its compiler wants Relay's connections, node ids and a refetchable query of them."""
    project = node_project("relay", tmp_path)
    (project / "schema.graphql").write_text(SCHEMA.read_text())
    await run("npx", "--no-install", "relay-compiler", folder=project)

    made = project / "src/__generated__"
    assert {file.name for file in made.iterdir()} == {
        "MeasurementListPageQuery.graphql.ts",
        "MeasurementListQuery.graphql.ts",
        "MeasurementList_results.graphql.ts",
    }
    assert "hasNextPage" in (made / "MeasurementList_results.graphql.ts").read_text()
