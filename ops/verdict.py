"""The verdict on an export: what was checked, what was not and why, and what is wrong."""

from collections import Counter
from dataclasses import dataclass, field

MAX_FINDINGS = 20


@dataclass(slots=True)
class Verdict:
    """For a person by `welcome.verdict_text`, for a machine by `as_json`."""

    entries: int = 0
    checkpoints: int = 0
    last_good_size: int = 0
    certified_size: int = 0
    party: str = ""
    sealed: int = 0
    sealed_replayed: int = 0
    sealed_texts: int = 0
    texts: int = 0
    unwitnessed: int = 0
    erased: int = 0
    declared: int = 0
    measured: int = 0
    signed: int = 0
    unsigned: int = 0
    silent: int = 0
    accounts: int = 0
    rows: int = 0
    replayed: int = 0
    seconds_hashes: float = 0.0
    seconds_replay: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    sealed_kinds: Counter[str] = field(default_factory=Counter)
    sealed_places: list[int] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    findings_untold: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def find(self, text: str) -> None:
        """Note what is wrong, up to MAX_FINDINGS; the rest is counted."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(text)
        else:
            self.findings_untold += 1

    def as_json(self) -> dict[str, object]:
        """For a machine."""
        return {
            "verdict": "good" if self.is_good else "BAD",
            "entries": self.entries,
            "replayed": self.replayed,
            "checkpoints": self.checkpoints,
            "lastGoodSize": self.last_good_size,
            "certifiedSize": self.certified_size,
            "exportedBy": self.party,
            "sealedBodies": self.sealed,
            "sealedKinds": dict(sorted(self.sealed_kinds.items())),
            "sealedTexts": self.sealed_texts,
            "erasedAnnexes": self.erased,
            "consentsSigned": self.signed,
            "consentsUnsigned": self.unsigned,
            "consentsSilent": self.silent,
            "accounts": self.accounts,
            "observations": self.rows,
            "kinds": dict(sorted(self.kinds.items())),
            "checked": self.checked,
            "notes": self.notes,
            "notChecked": self.not_checked,
            "findings": self.findings,
            "findingsUntold": self.findings_untold,
            "seconds": {
                "hashes": round(self.seconds_hashes, 3),
                "replay": round(self.seconds_replay, 3),
            },
        }


def placed_at(index: int, line: int, said: str) -> str:
    """What is wrong with an entry, which is named once, with its line."""
    name = f"entry {index}"
    if said.startswith((f"{name}:", f"{name} ")):
        return f"{name} (line {line}){said.removeprefix(name)}"
    return f"{name} (line {line}): {said}"
