"""The TypeScript client, built once."""

from pathlib import Path

import pytest

from tests.examples.toolchain import SCHEMA, node_project, run


@pytest.fixture(scope="session")
async def typescript(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript client: packages, generated types, compiled under strict."""
    project = node_project("typescript", tmp_path_factory.mktemp("node"))
    await run("npm", "run", "build", folder=project, JPI_SCHEMA=str(SCHEMA))
    return project
