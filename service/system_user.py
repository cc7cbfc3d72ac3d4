"""PostgreSQL refuses to run as root: the unprivileged account that it runs as then.

The one rule: as little is opened as the account needs: passage (never reading) through the folders
above its own, and the wheel's programs for reading.
"""

import os
import pwd
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

Say = Callable[[str], None]

ACCOUNTS = ("postgres", "nobody", "daemon")


class WayBlocked(Exception):  # noqa: N818 -- named for what it tells
    """The account cannot be given what it needs."""


def server_account() -> pwd.struct_passwd | None:
    """Whose programs these will be: None is the caller's own account. Raises WayBlocked."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise WayBlocked(f"root may not run PostgreSQL and none of {', '.join(ACCOUNTS)} exists")


def clear_way(paths: Iterable[Path], say: Say) -> None:
    """Let others pass (not read) through every folder above the paths."""
    for path in paths:
        for folder in path.parents:
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                say(f"letting the database's account pass through {folder} (chmod o+x)")
                folder.chmod(mode | stat.S_IXOTH)


def open_tree(tree: Path, say: Say) -> None:
    """Let others read a tree of programs that a narrow umask closed."""
    if tree.stat().st_mode & stat.S_IROTH:
        return
    say(f"letting the database's account read {tree}")
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        passage = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        path.chmod(mode | stat.S_IROTH | passage)
