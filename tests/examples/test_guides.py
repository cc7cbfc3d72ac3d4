"""Guides tell the truth: every snippet in them is run, and says what the guide says it says.

`sh` runs in one shell per guide, and a `text` block after it is what it prints ("..." stands for
anything); `graphql` is asked of a running service.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ops import demo, stage
from ops.gallery import seed
from service.app import open_doors
from tests.examples.toolchain import ROOT, run
from tests.subscriptions.follower import following
from tests.world import World

GUIDES = ROOT / "ops" / "guides"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "=== end of a snippet ==="
KNOWN = {"sh", "text", "graphql", "json"}


def snippets(file: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a guide: their language and text."""
    return FENCE.findall(file.read_text())


@pytest.fixture
def commands(world: World, tmp_path: Path) -> dict[str, str]:
    """The surroundings of a reader: `jpi` on the path, and of the service only its `JPI_URL`."""
    assert world.settings.database_url is not None
    programs = tmp_path / "bin"
    programs.mkdir()
    jpi = programs / "jpi"
    jpi.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ops "$@"\n')
    jpi.chmod(0o755)
    return {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.defpath}",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": world.settings.database_url,
        "JPI_HOME": str(world.settings.home),
        "JPI_URL": f"http://{world.settings.host}:{world.settings.port}",
    }


def test_every_guide_is_tried_here() -> None:
    """A language that nothing runs would be a snippet that nobody tried."""
    names = {file.name for file in GUIDES.glob("*.md")}
    assert names == {"integrate.md", "screen.md", "reconcile.md", "verify.md"}
    files = [*GUIDES.glob("*.md"), ROOT / "README.md"]
    assert {kind for file in files for kind, _ in snippets(file)} <= KNOWN


def test_what_a_snippet_writes_is_never_committed() -> None:
    """Readers run them in the clone: a client's secret, and half a ledger, stay out of it."""
    files = [*GUIDES.glob("*.md"), ROOT / "README.md"]
    shell = "".join(text for file in files for kind, text in snippets(file) if kind == "sh")
    written = set(re.findall(r"> ([\w-]+\.\w+)", shell))
    ignored = set((ROOT / ".gitignore").read_text().split())

    assert {"client.txt", "ledger.ndjson"} <= written
    assert written <= {name.removeprefix("/") for name in ignored}


@pytest.mark.parametrize("name", ["integrate", "reconcile", "verify"])
async def test_a_guide_s_commands_do_what_it_says(
    name: str, commands: dict[str, str], tmp_path: Path
) -> None:
    """From the first to the last, as a reader types them."""
    blocks = snippets(GUIDES / f"{name}.md")
    shell = [text for kind, text in blocks if kind == "sh"]
    script = f"\necho '{MARK}'\n".join(["set -euo pipefail", *shell])
    printed = await run("bash", "-c", script, folder=tmp_path, **commands)

    said = printed.split(f"{MARK}\n")[1:]
    assert len(said) == len(shell)
    expected = [
        (after[1] if after[0] == "text" else None)
        for (kind, _), after in zip(blocks, [*blocks[1:], ("", "")], strict=True)
        if kind == "sh"
    ]
    assert any(expected)
    for wanted, given in zip(expected, said, strict=True):
        pattern = ".*".join(map(re.escape, (wanted or "").strip().split("...")))
        assert re.fullmatch(pattern, given.strip(), re.DOTALL), (wanted, given)


async def test_a_screen_s_queries_answer(world: World) -> None:
    """Each against the gallery, as a partner; a subscription's first event too.

    What waits in the inbox leads each to its content, by the guide's own query.
    """
    clock = stage.StagedClock()
    async with open_doors(world.settings, clock, max_drift=stage.STAGED) as doors:
        made = await seed(doors, clock, lambda _: None)
    users = World(world.settings, world.client, made.ecosystem_id, made.parties)
    asked = [text for kind, text in snippets(GUIDES / "screen.md") if kind == "graphql"]
    assert len(asked) == 7
    contents: list[str] = []
    for text in asked:
        if "$contentId" in text:
            assert contents
            for each in contents:
                node = (await users.read(stage.DESK, text, contentId=each))["node"]
                assert node["id"] == each
                assert len(node) > len(("__typename", "id")), node
            continue
        if text.startswith("subscription"):
            async with following(users, users.token(stage.DESK)) as follower:
                await follower.subscribe(text)
                answer = await follower.event()
        else:
            answer = await users.read(stage.DESK, text)
        assert all(answer.values()), text
        contents += [item["proposal"]["contentId"] for item in answer.get("inbox", [])]


async def test_the_readme_s_first_query_answers_as_printed(world: World) -> None:
    """On the demo that `make run` enters; "..." stands for what is left out."""
    async with open_doors(world.settings) as doors:
        chain, _ = await demo.seed(doors, lambda _: None)
    users = World(world.settings, world.client, chain.ecosystem_id, chain.parties)
    blocks = dict(snippets(ROOT / "README.md"))
    data = await users.read(demo.BUYER, blocks["graphql"])
    printed: dict[str, Any] = json.loads(blocks["json"])
    [node] = data["settlements"]["nodes"]

    for name in ("period", "payout"):
        assert printed[name] == node[name]
    assert printed["stakes"] == node["stakes"]
    first = printed["trace"][0]["sentence"]
    pattern = ".*".join(map(re.escape, first.split("...")))
    assert re.fullmatch(pattern, node["trace"][0]["sentence"]), node["trace"][0]
