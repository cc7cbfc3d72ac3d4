"""Memory of published heads: a small file an ecosystem, beside the key, outside the database.

The one rule: a file is whole or not there (written aside, synced, renamed), and only a larger
checkpoint takes another's place. All workers of a host share the folder, one at a time (a lock).
"""

import fcntl
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import Fault
from ledger.ids import is_id
from ledger.memory import Remembered

_ALARM = ".alarm.json"


class FileMemory:
    """`HeadMemory` in a folder: `<ecosystem id>.json`, and `<ecosystem id>.alarm.json`."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made when something is first remembered."""
        self._folder = folder
        self._cached: dict[str, tuple[int, Remembered]] = {}

    def recall(self, ecosystem_id: str) -> Remembered | None:
        """What is remembered; read again only when the file was changed. Raises Fault."""
        path = self._path(ecosystem_id)
        try:
            stamp = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._cached.get(ecosystem_id)
        if known is None or known[0] != stamp:
            known = self._cached[ecosystem_id] = (stamp, _read(path))
        return known[1]

    def remember(self, ecosystem_id: str, seen: Remembered) -> None:
        """Keep the larger one, durably; nothing changes while an alarm stands."""
        with self._locked():
            known = self.recall(ecosystem_id)
            if self.alarm(ecosystem_id) or (known is not None and known.size >= seen.size):
                return
            _write(self._path(ecosystem_id), _fields(seen))

    def raise_alarm(self, ecosystem_id: str, reason: str, evidence: Remembered | None) -> None:
        """Keep the first reason, with both checkpoints as evidence."""
        with self._locked():
            path = self._alarm_path(ecosystem_id)
            if path.exists():
                return
            known = self.recall(ecosystem_id)
            held = [_fields(each) for each in (known, evidence) if each is not None]
            if evidence is not None:
                _write(self._path(ecosystem_id), _fields(evidence))
            _write(path, {"reason": reason, "evidence": held})

    def alarm(self, ecosystem_id: str) -> str:
        """The reason of the alarm; empty when there is none."""
        try:
            return str(json.loads(self._alarm_path(ecosystem_id).read_text())["reason"])
        except FileNotFoundError:
            return ""

    def known(self) -> Iterable[str]:
        """Ecosystems that are remembered."""
        if not self._folder.is_dir():
            return []
        names = (path.name.removesuffix(".json") for path in self._folder.glob("*.json"))
        return sorted(name for name in names if is_id(name))

    def alarmed(self) -> Iterable[str]:
        """Ecosystems whose alarm stands."""
        if not self._folder.is_dir():
            return []
        found = self._folder.glob(f"*{_ALARM}")
        return sorted(name for path in found if is_id(name := path.name.removesuffix(_ALARM)))

    def lift(self, ecosystem_id: str) -> str:
        """Take an alarm away, keeping its file as evidence; its reason, empty when there is none.

        Only for who has made sure that the ledger is whole: `jpi resume`.
        """
        with self._locked():
            reason = self.alarm(ecosystem_id)
            path = self._alarm_path(ecosystem_id)
            if reason:
                number = len(list(self._folder.glob(f"{ecosystem_id}.lifted*")))
                path.rename(self._folder / f"{ecosystem_id}.lifted{number}.json")
            return reason

    def _path(self, ecosystem_id: str) -> Path:
        return self._folder / f"{ecosystem_id}.json"

    def _alarm_path(self, ecosystem_id: str) -> Path:
        return self._folder / f"{ecosystem_id}{_ALARM}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _fields(seen: Remembered) -> dict[str, object]:
    return {"size": seen.size, "root": b64encode(seen.root).decode(), "note": seen.note}


def _read(path: Path) -> Remembered:
    try:
        fields = json.loads(path.read_text())
        return Remembered(fields["size"], b64decode(fields["root"]), fields["note"])
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"{path} does not hold a remembered checkpoint: {error}") from error


def _write(path: Path, fields: dict[str, object]) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("w") as file:
        json.dump(fields, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
