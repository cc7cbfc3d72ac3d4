"""Pooled ratios: what a row or an exclusion leaves unsaid never inflates a share."""

from typing import Any

from tests.auditor import audit
from tests.measures.surveys import BUYER, DESK, OWNERS, SITE, opened, survey_terms
from tests.world import World

FEBRUARY = "2024-02"
RATIO: dict[str, Any] = {"kind": "POOLED_RATIO", "series": "csat", "scale": "100"}


async def ratio(world: World, **stated: Any) -> dict[str, Any]:
    """A founded chain with a joint share of counts, agreed: where its parts go."""
    await world.found(BUYER, DESK, SITE)
    terms = survey_terms(world, RATIO | {"margin": "WILSON"}, **stated)
    part = {"partyId": world.parties[DESK], "value": "8", "denominator": "10"}
    terms["workedExamples"] = [{"parts": [part], "expected": "80"}]
    return {"indicatorId": await opened(world, terms), "period": FEBRUARY}


async def test_a_row_without_its_denominator_is_no_part_of_a_ratio(world: World) -> None:
    """Fifty of nobody knows how many: its value would count, and nothing below the line."""
    place = await ratio(world)
    good = {"reference": "a", "at": "2024-02-03T10:00:00Z", "value": "8", "denominator": "10"}
    bad = {"reference": "b", "at": "2024-02-03T10:00:00Z", "value": "2"}
    await world.done(DESK, "recordObservations", {"series": "csat", "rows": [good, bad]})

    refused = await world.refused(DESK, "submitPart", place)

    assert (refused["code"], refused["path"]) == ("FIGURES_MALFORMED", "period")
    assert "1 of its rows state no denominator" in refused["message"]
    mended = bad | {"revision": 2, "denominator": "10"}
    await world.done(DESK, "recordObservations", {"series": "csat", "rows": [mended]})
    await world.done(DESK, "submitPart", place)
    await audit(world.settings, world.ecosystem_id)


async def test_what_is_left_after_an_exclusion_is_a_share_still(world: World) -> None:
    """Twelve of ten, without the excluded ones, has no margin: refused when it comes."""
    place = await ratio(world, attribution="ATTRIBUTED")
    reason = {"UNATTRIBUTED": "", "EXCLUDED": "a strike"}
    for left_out in (
        [("UNATTRIBUTED", "12", None), ("EXCLUDED", "-4", None)],
        [("UNATTRIBUTED", "8", None), ("EXCLUDED", "0", "9")],
        [("UNATTRIBUTED", "7.5", None), ("EXCLUDED", "0.5", "0.5")],
    ):
        lines = [
            {"kind": kind, "value": value, "denominator": base, "reason": reason[kind]}
            for kind, value, base in left_out
        ]
        figures = {"partyId": world.parties[DESK], "value": "8", "denominator": "10"}
        declared = {"figures": figures | {"attribution": lines}, "evidenceSha256": "0" * 64}

        refused = await world.refused(DESK, "submitPart", place | {"declared": declared})

        where = "declared.figures.attribution"
        assert (refused["code"], refused["path"]) == ("FIGURES_MALFORMED", where)
    for party in OWNERS:
        figures = {"partyId": world.parties[party], "value": "8", "denominator": "10"}
        declared = {"figures": figures, "evidenceSha256": "0" * 64}
        await world.done(party, "submitPart", place | {"declared": declared})
    await audit(world.settings, world.ecosystem_id)
