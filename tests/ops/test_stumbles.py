"""Where somebody new stumbles: one message, which says what is wrong, where, and how to mend it."""

import asyncio

from ops import demo
from service.app import open_doors
from service.embedded import Embedded
from service.settings import Settings
from tests.ops.test_command_line import jpi
from tests.ports import free_port
from tests.rebuild.steps import going_round

REWRITE = """
UPDATE entry SET index = index,
    envelope = convert_to(replace(convert_from(envelope, 'UTF8'), '"demo"', '"omed"'), 'UTF8')
WHERE index = 59"""


async def test_a_run_on_a_ledger_that_somebody_rewrote_says_so(
    database: Embedded, settings: Settings
) -> None:
    """The entry, the check, the runbook, the way to begin anew; also when the alarm stands."""
    async with open_doors(settings) as doors:
        await demo.seed(doors, lambda _: None)
    async with going_round(database) as superuser:
        assert await superuser.execute(REWRITE) != "UPDATE 0"
    given = {
        "DATABASE_URL": database.service_url,
        "JPI_HOME": str(settings.home),
        "JPI_PORT": str(free_port()),
    }

    for _ in range(2):
        done = await asyncio.to_thread(jpi, "run", **given)

        assert done.returncode == 1
        [said] = [each for each in done.stderr.splitlines() if each.startswith("jpi: ")]
        assert "entry 59: the envelope is not the one that was hashed" in said
        for named in (
            "`jpi rebuild --check`",
            "ops/runbook.md",
            "an empty folder named in JPI_HOME",
        ):
            assert named in said
        assert "GraphQLError" not in done.stderr


def test_an_id_that_is_left_out_is_said_to_be_missing() -> None:
    """It is not a wrong one."""
    done = jpi("token", "--role", "VIEWER")
    assert done.returncode == 1
    assert "--ecosystem is missing: an id is such as" in done.stderr
