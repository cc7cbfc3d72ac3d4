"""The extent of a verification: exactly what was checked, and what could not be, and why.

The one rule: a verdict never says more than was done. Of a body outside one's audience the place,
the time, the author, the audience and the commitment are checked, and nothing of what it says.
Source: `ledger-format.md`, "Offline".
"""

from collections.abc import Iterator

from ledger.fact import Sealed
from ops.counting import counted, entries
from ops.verdict import Verdict

MAX_PLACES = 10


def pass_over(verdict: Verdict, sealed: Sealed) -> None:
    """Count an entry whose body is not in the file."""
    verdict.sealed += 1
    verdict.sealed_kinds[sealed.kind] += 1
    verdict.sealed_texts += sealed.has_annex
    if len(verdict.sealed_places) < MAX_PLACES:
        verdict.sealed_places.append(sealed.index)


def checked(verdict: Verdict) -> Iterator[str]:
    """What was checked, for a person; what does not occur is left out."""
    yield f"the hashes of {entries(verdict.entries)}, and the tree that they make"
    opened = verdict.entries - verdict.sealed
    replayed, sealed = verdict.replayed - verdict.sealed_replayed, verdict.sealed_replayed
    checkpoints = counted(verdict.checkpoints, "checkpoint")
    closed = counted(sealed, "sealed entry", "sealed entries")
    signed = counted(verdict.signed, "signature of a consent", "signatures of consents")
    for count, what in (
        (verdict.checkpoints, f"{checkpoints}: the log's signature, and the root of the entries"),
        (opened, f"{counted(opened, 'body', 'bodies')} against what the envelope commits to"),
        (verdict.texts, f"{counted(verdict.texts, 'text')} likewise"),
        (replayed, f"{entries(replayed)} against the rules of the business"),
        (sealed, f"{closed}: place, time, author, audience, commitment"),
        (verdict.signed, f"{signed} by the parties' own keys"),
        (
            verdict.accounts,
            f"{counted(verdict.accounts, 'account')}: every posting in its place, every balance",
        ),
    ):
        if count:
            yield what


def not_checked(verdict: Verdict, party: str, *, is_pinned: bool) -> Iterator[str]:
    """What the sealed bodies keep from being checked."""
    if not verdict.sealed:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.sealed_kinds.items()))
    places = ", ".join(map(str, verdict.sealed_places))
    more = ", ..." if verdict.sealed > len(verdict.sealed_places) else ""
    bodies = counted(verdict.sealed, "body", "bodies")
    which = "entry" if verdict.sealed == 1 else "entries"
    yield f"{bodies} not in your audience ({kinds}; {which} {places}{more})"
    if verdict.sealed_texts:
        texts = counted(verdict.sealed_texts, "text")
        yield f"{texts} of sealed entries: withheld or erased, one cannot tell"
    if not is_pinned:
        yield (
            f"whether you are the party that the file names ({party}): what is withheld is judged "
            "by its audience; give --party"
        )


def unwitnessed(verdict: Verdict) -> Iterator[str]:
    """Checkpoints whose cosignatures nobody could judge."""
    if verdict.unwitnessed:
        checkpoints = counted(verdict.unwitnessed, "checkpoint")
        yield (
            f"the cosignatures of {checkpoints}: which witness keys are in force "
            "is known from the replayed entries alone"
        )
