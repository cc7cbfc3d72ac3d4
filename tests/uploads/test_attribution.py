"""Rows that say whose they are: summed up in the database by whom they name, exactly."""

import random
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from ledger.actor import Actor, Role
from ledger.book import Book
from ledger.evolution import evolve
from ledger.ids import EcosystemId, PartyId
from ops.rowcheck import Claims, check_rows
from ops.verdict import Verdict
from tests.auditor import audit
from tests.ops.test_verify import exported
from tests.test_story import BUYER, OTHERS, PARTNERS, TRACK, TRAIN, agreed_indicator
from tests.uploads.steps import csv, push
from tests.uploads.test_rows import download, verdict
from tests.world import PROPOSED, World, bare, indicator_terms

SERIES = "delay-minutes"
HEADER = "reference,at,segment,value,attribution"
PERIOD = "2024-05"
PART = """part { figures { value attribution { kind value shares { share party { name } } } }
  rowCount }"""
Whose = tuple[str, ...]


def drawn(count: int) -> list[tuple[str, Fraction, Whose]]:
    """Delays of May: reference, minutes, whose they are (nobody named: the reporter's)."""
    chance = random.Random(5)
    sides: list[Whose] = [(), (TRACK,), (TRAIN,), (TRACK, TRAIN), (TRAIN, OTHERS), PARTNERS]
    return [
        (f"d{n}", Fraction(chance.randrange(-500, 10_000), 100), chance.choice(sides))
        for n in range(count)
    ]


def line(world: World, reference: str, minutes: Fraction, whose: Whose, day: int = 9) -> str:
    """A row of the file; ids in any order."""
    named = " ".join(bare(world.parties[each]) for each in reversed(whose))
    return f"{reference},2024-05-{day:02}T10:00:00Z,ScotRail,{float(minutes):.2f},{named}"


def expected(rows: list[tuple[str, Fraction, Whose]], reporter: str) -> dict[Whose, Fraction]:
    """The oracle: minutes by whom the rows name, one by one."""
    sums: dict[Whose, Fraction] = defaultdict(Fraction)
    for _, minutes, whose in rows:
        sums[tuple(sorted(whose)) or (reporter,)] += minutes
    return dict(sums)


def lines_of(part: dict[str, Any]) -> dict[Whose, Fraction]:
    """The lines of a part, by the names of its parties; equal shares of each."""
    found = {}
    for each in part["figures"]["attribution"]:
        names = tuple(sorted(share["party"]["name"] for share in each["shares"]))
        assert each["kind"] == ("SOLE" if len(names) == 1 else "JOINT")
        assert {Fraction(share["share"]) for share in each["shares"]} == {Fraction(1, len(names))}
        found[names] = Fraction(each["value"])
    return found


async def claimed(world: World) -> Claims:
    """What the ledger says about rows, replayed from its entries."""
    key = EcosystemId(bare(world.ecosystem_id))
    actor = Actor(key, PartyId(bare(world.parties[TRACK])), "s", frozenset({Role.VIEWER}))
    placed = await world.doors().reader.facts_at(actor, range(await world.size()))
    book, claims = Book(key), Claims()
    for index in sorted(placed):
        claims.note(placed[index], book)
        book = evolve(book, placed[index])
    return claims


async def others_are_empty(world: World, place: dict[str, Any]) -> None:
    """The other owners say that they have no rows."""
    for party in (TRAIN, OTHERS):
        await world.done(party, "submitPart", place | {"isEmpty": True})


async def test_minutes_of_a_file_are_whose_its_rows_say(world: World, tmp_path: Path) -> None:
    """Sole, of two and of three in equal parts; the contributions add up to the value exactly."""
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    rows = drawn(1500)
    file = csv((line(world, *each) for each in rows), HEADER)
    await push(world, file, TRACK, series=SERIES)
    rows[7] = (rows[7][0], Fraction(9), (OTHERS,))
    later = line(world, *rows[7]) + ",2"
    await push(world, csv([later], HEADER + ",revision"), TRACK, series=SERIES)
    place = {"indicatorId": indicator, "period": PERIOD}

    payload = await world.done(TRACK, "submitPart", place, PART)

    oracle = expected(rows, TRACK)
    assert lines_of(payload["part"]) == oracle
    assert Fraction(payload["part"]["figures"]["value"]) == sum(oracle.values())
    assert payload["part"]["rowCount"] == len(rows)
    await others_are_empty(world, place)
    show = f"measurement {{ value contributions {{ value party {{ name }} }} }} {PROPOSED}"
    measured = await world.done(TRAIN, "proposeMeasurement", place, show)
    await world.agree(measured["proposal"], *PARTNERS)
    found = measured["measurement"]
    whose = {each["party"]["name"]: Fraction(each["value"]) for each in found["contributions"]}
    for name in PARTNERS:
        mine = (minutes / len(names) for names, minutes in oracle.items() if name in names)
        assert whose[name] == sum(mine)
    assert sum(whose.values()) == Fraction(found["value"])
    (tmp_path / "key").write_text(await exported(world, tmp_path / "ledger"))
    await download(world, TRACK, tmp_path / "rows")
    assert verdict(tmp_path).findings == []
    await audit(world.settings, world.ecosystem_id)


async def test_rows_in_an_excluded_window_are_nobodys(world: World, tmp_path: Path) -> None:
    """A day left out by consent takes its minutes from those whom its rows name.

    How many rows that is, and what they add up to before and after, the rows' file shows offline.
    """
    await world.found(BUYER, *PARTNERS)
    indicator = await agreed_indicator(world)
    kept, gone = ("k", Fraction(5), (TRAIN,)), ("g", Fraction(7), (TRACK, TRAIN))
    lines = [line(world, *kept), line(world, *gone, day=20)]
    await push(world, csv(lines, HEADER), TRACK, series=SERIES)
    place = {"indicatorId": indicator, "period": PERIOD}
    window = {
        "fromAt": "2024-05-20T00:00:00Z",
        "untilAt": "2024-05-21T00:00:00Z",
        "reason": "FORCE_MAJEURE",
        "explanation": "A storm.",
    }
    payload = await world.done(TRACK, "proposeExclusion", place | window, PROPOSED)
    await world.agree(payload["proposal"], *PARTNERS)

    payload = await world.done(TRACK, "submitPart", place, PART)

    assert lines_of(payload["part"]) == {(TRAIN,): Fraction(5)}
    (tmp_path / "key").write_text(await exported(world, tmp_path / "ledger"))
    await download(world, TRACK, tmp_path / "rows")
    found = verdict(tmp_path)
    assert found.findings == []
    assert "1 exclusion leaves out exactly the rows that it says" in found.notes
    claims = await claimed(world)
    [honest] = claims.exclusions
    changes: list[dict[str, Any]] = [
        {"row_count": 2},
        {"row_count": 0},
        {"figures_before": honest.event.figures_after},
        {"figures_after": honest.event.figures_before},
    ]
    for changed in changes:
        claims.exclusions = [replace(honest, event=replace(honest.event, **changed))]
        forged = Verdict()
        check_rows(tmp_path / "rows", claims, forged, lambda _: None)
        assert "leaves out other rows than it says" in forged.findings[0]


async def test_whose_a_row_is_must_be_readable_by_the_terms(world: World) -> None:
    """Lines beside rows that say it, and a party that owns nothing, are refused."""
    await world.found(BUYER, *PARTNERS)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"})
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], TRACK, TRAIN)
    data = await world.read(BUYER, "{ indicators { nodes { id } } }")
    place = {"indicatorId": data["indicators"]["nodes"][0]["id"], "period": PERIOD}
    await push(world, csv([line(world, "a", Fraction(3), (TRAIN,))], HEADER), TRACK, series=SERIES)
    own = {"partyId": world.parties[TRACK]}
    stated = {"attribution": [{"kind": "SOLE", "value": "3", "shares": [own]}]}

    twice = await world.refused(TRACK, "submitPart", place | stated)
    await push(world, csv([line(world, "b", Fraction(1), (OTHERS,))], HEADER), TRACK, series=SERIES)
    stranger = await world.refused(TRACK, "submitPart", place)

    assert (twice["code"], twice["path"]) == ("FIGURES_MALFORMED", "attribution")
    assert stranger["code"] == "FIGURES_MALFORMED"
    assert "does not co-own" in stranger["message"]


async def test_a_solidary_result_is_everybodys_whatever_its_rows_say(world: World) -> None:
    """The rows keep what they say; the part is one result for all."""
    await world.found(BUYER, *PARTNERS)
    terms = indicator_terms(world, {TRACK: "0.5", TRAIN: "0.5"}) | {"attribution": "SOLIDARY"}
    payload = await world.done(TRACK, "proposeIndicator", terms, PROPOSED)
    await world.agree(payload["proposal"], TRACK, TRAIN)
    data = await world.read(BUYER, "{ indicators { nodes { id } } }")
    place = {"indicatorId": data["indicators"]["nodes"][0]["id"], "period": PERIOD}
    await push(world, csv([line(world, "a", Fraction(3), (OTHERS,))], HEADER), TRACK, series=SERIES)

    payload = await world.done(TRACK, "submitPart", place, PART)

    assert payload["part"]["figures"] == {"value": "3", "attribution": []}
