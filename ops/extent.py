"""The extent of a verification: exactly what was checked, and what could not be, and why.

The one rule: a verdict never says more than was done. Of a body outside one's audience the place,
the time, the author, the audience and the commitment are checked, and nothing of what it says.
Source: `ledger-format.md`, "Offline".
"""

from collections.abc import Iterator

from ledger.fact import Sealed
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
    yield f"the hashes of {verdict.entries} entries, and the tree that they make"
    opened = verdict.entries - verdict.sealed
    for count, what in (
        (verdict.checkpoints, "checkpoints: the log's signature, and the root of the entries"),
        (opened, "bodies against what their envelopes commit to"),
        (verdict.texts, "texts likewise"),
        (verdict.replayed - verdict.sealed_replayed, "entries against the rules of the business"),
        (verdict.sealed_replayed, "sealed entries: place, time, author, audience, commitment"),
        (verdict.signed, "consents' signatures by the parties' own keys"),
        (verdict.accounts, "accounts: every posting in its place, every balance"),
    ):
        if count:
            yield f"{count} {what}"


def not_checked(verdict: Verdict, party: str, *, is_pinned: bool) -> Iterator[str]:
    """What the sealed bodies keep from being checked."""
    if not verdict.sealed:
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.sealed_kinds.items()))
    places = ", ".join(map(str, verdict.sealed_places))
    more = ", ..." if verdict.sealed > len(verdict.sealed_places) else ""
    yield f"{verdict.sealed} bodies not in your audience ({kinds}; entries {places}{more})"
    if verdict.sealed_texts:
        yield f"{verdict.sealed_texts} texts of sealed entries: withheld or erased, one cannot tell"
    if not is_pinned:
        yield (
            f"whether you are the party that the file names ({party}): what is withheld is judged "
            "by its audience; give --party"
        )


def unwitnessed(verdict: Verdict) -> Iterator[str]:
    """Checkpoints whose cosignatures nobody could judge."""
    if verdict.unwitnessed:
        yield (
            f"the cosignatures of {verdict.unwitnessed} checkpoints: which witness keys are in "
            "force is known from the replayed entries alone"
        )
