"""Where the vectors lie that this project did not write: beside the checkout, never inside it."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
VECTORS = SHARED / "vectors"

needs_shared = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared vectors are not beside this checkout"
)


def vector_files(pattern: str) -> list[Path]:
    """The vector files of a glob in a stable order; none where the folder is absent."""
    return sorted(VECTORS.glob(pattern))


def case(name: str) -> dict[str, Any]:
    """A worked public case by id; skips where the shared folder is absent."""
    path = SHARED / "cases" / "cases.json"
    if not path.is_file():
        pytest.skip("the shared cases are not beside this checkout")
    listed = json.loads(path.read_text())
    found: dict[str, Any] = next(each for each in listed if each["id"] == name)
    return found
