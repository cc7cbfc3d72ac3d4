"""Where the vectors lie that this project did not write: beside the checkout, never inside it."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
VECTORS = SHARED / "vectors"

needs_shared = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared vectors are not beside this checkout"
)


def vector_files(pattern: str) -> list[Path]:
    """The vector files of a glob in a stable order; none where the folder is absent."""
    return sorted(VECTORS.glob(pattern))
