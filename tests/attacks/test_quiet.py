"""What logs and errors never hold: tokens, secrets, names, addresses, what people wrote."""

import json
import logging
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ledger.actor import Role
from service.embedded import Embedded
from tests.strangers.full import SEALED, full
from tests.test_story import BUYER, TRACK
from tests.world import World

HIDDEN = ("Ann Hill", "desk@network.example", SEALED, "Snow on the line.", "GB33BUKB2020")
"""People, their addresses, their words, their bank accounts."""


BROKEN = ("person_name", "annex")
"""Tables that are gone all at once: what fails then is logged with all that there is to say."""


async def test_neither_logs_nor_errors_hold_secrets_or_people(
    world: World, database: Embedded, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With all logged that can be: a whole history, refusals, broken tokens, and faults."""
    with caplog.at_level(logging.DEBUG):
        made = await full(world, tmp_path)
        admin, url = world.token(TRACK, Role.ADMIN), made["upload url"]
        answers = [
            await told(world, token)
            for token in (admin[:-4] + "AAAA", admin.split(".")[0] + ".e30.", f"{admin} {admin}")
        ]
        for subject, name in (("desk@network.example", "Ann Hill"), ("x", "")):
            given = {"subject": subject, "name": name}
            payload = await world.do(TRACK, "namePerson", given, token=admin, beside=True)
            assert payload["problems"]
        for place in (url, f"{url}x"):
            response = await world.client.put(f"/{place}", content=b"nonsense")
            answers += [response.text]
        owner = await asyncpg.connect(database.url("postgres"))
        for table in BROKEN:
            await owner.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
        await owner.close()
        wrote: tuple[tuple[str, dict[str, Any]], ...] = (
            ("namePerson", {"subject": "s-41", "name": "Ann Hill"}),
            ("makeRemark", {"text": SEALED, "audienceIds": [world.parties[BUYER]]}),
        )
        for mutation, said in wrote:
            kind = mutation[0].upper() + mutation[1:]
            document = f"""mutation($i: {kind}Input!) {{
              {mutation}(input: $i) {{ problems {{ code }} }} }}"""
            token = world.token(TRACK, Role.ADMIN, Role.REPORTER)
            answer = await world.ask(document, {"i": {"idempotencyKey": "q", **said}}, token)
            assert answer["errors"][0]["extensions"]["code"] == "FAULT"
            answers.append(json.dumps(answer))
    keys = [path.read_text().strip() for path in world.settings.home.glob("*.key")]
    logged = "\n".join(
        f"{each.getMessage()} {each.exc_text or ''} {each.args!r}"
        for each in caplog.records
        if each.name.startswith(("jpi", "uvicorn"))
    )
    assert "fault" in logged
    assert len(keys) > 1
    for each in (*HIDDEN, url.rpartition("/")[2], admin, admin.split(".")[2], *keys):
        assert each not in logged, each[:40]
        assert each not in "".join(answers), each[:40]


async def told(world: World, token: str) -> str:
    """What a broken token is answered."""
    headers = {"authorization": f"Bearer {token}"}
    asked = {"query": "{ viewer { subject } }"}
    response = await world.client.post("/graphql", json=asked, headers=headers)
    assert response.status_code == 401
    return response.text
