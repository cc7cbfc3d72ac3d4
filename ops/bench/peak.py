"""`python -m ops.bench.peak WORDS`: run `jpi WORDS`, then say what memory that process took.

The kernel's own account of a child (`ru_maxrss`) is no use: it begins with the parent's size.
"""

import re
import sys
from pathlib import Path

from ops.__main__ import main

KIB = 1024
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def peak_bytes() -> int:
    """The most memory that this process had at once since it began. Linux only."""
    found = _PEAK.search(Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * KIB


if __name__ == "__main__":
    try:
        main()
    finally:
        print(peak_bytes(), file=sys.stderr)
