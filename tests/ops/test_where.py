"""Where the service is: commands tell it as the caller knows it, and what they print runs."""

import shlex
from pathlib import Path

import pytest

from ops import gallery, stage, welcome
from ops.stage import BUYER, DESK
from service.app import open_doors
from tests.ops.test_command_line import jpi
from tests.world import World

ID = "00000000-0000-8000-8000-000000000000"
CLIENT = ("sandbox-client", "--role", "VIEWER", "--ecosystem", ID, "--party", ID)


@pytest.mark.parametrize(
    ("words", "environment", "base"),
    [
        ((), {"JPI_PORT": "8123"}, "http://127.0.0.1:8123"),
        ((), {"JPI_URL": "https://kpi.example.com/"}, "https://kpi.example.com"),
        (("--url", "http://here:1"), {"JPI_URL": "http://there:2"}, "http://here:1"),
    ],
    ids=["where it listens", "JPI_URL", "--url"],
)
def test_a_client_asks_where_its_user_asks(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], base: str
) -> None:
    """Another shell than the server's knows JPI_URL and no port."""
    done = jpi(*CLIENT, *words, JPI_HOME=str(tmp_path), **environment)

    assert done.returncode == 0, done.stderr
    assert f"token_endpoint={base}/sandbox/token" in done.stdout.splitlines()


async def test_the_token_commands_of_the_demo_run_as_printed(world: World) -> None:
    """For two parties by name: the one that pays, and one whose inbox is not empty."""
    clock = stage.StagedClock()
    async with open_doors(world.settings, clock, max_drift=stage.STAGED) as doors:
        made = await gallery.seed(doors, clock, lambda _: None)
    lines = welcome.gallery_text(made, "https://kpi.example.com").splitlines()

    assert "  GraphiQL   https://kpi.example.com/graphql" in lines
    for name in (BUYER, DESK):
        words = shlex.split(lines[lines.index(f"  # {name}") + 1])[1:]
        done = jpi(*words, JPI_HOME=str(world.settings.home))
        assert done.returncode == 0, done.stderr
        query = "{ viewer { party { name } } inbox { asks } }"
        data = (await world.ask(query, {}, done.stdout.strip()))["data"]
        assert data["viewer"]["party"]["name"] == name
        assert bool(data["inbox"]) is (name == DESK)
