"""What crawlers say where an argument is asked, and what they hear."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType

from tests.strangers.crawler import Crawler, root_fields, schema, text_of
from tests.strangers.full import Full
from tests.test_story import TRACK
from tests.world import World, scheme_terms

ID = re.compile(r'"id":\s*"([A-Za-z]+:[^"]+)"')
NOWHERE = "00000000-0000-8000-8000-000000000000"
"""An id that nothing ever has."""


def said(made: Full, found: Mapping[str, str]) -> dict[str, Any]:
    """Values of arguments: `found` are ids by kind."""
    terms = scheme_terms(made.world, made["indicator"], {TRACK: "1"})
    plain = {
        "outcome": "BINDS",
        "documentSha256": "ab" * 32,
        "series": "delay-minutes",
        "key": "A" * 43 + "=",
        "keyId": made["key"],
        "on": "2024-06-01",
        "transitionOn": "2024-04-01",
        "start": "2024-04-01",
        "end": "2024-05-01",
        "n": 1,
        "period.key": "2024-04",
        "index": 3,
        "oldSize": 1,
        "newSize": 3,
        "terms": terms,
        "assumed": terms["workedExamples"][0]["values"],
        "nodes.ids": list(found.values())[:10],
        "node.id": found["Indicator"],
    }
    return plain | _ids(found)


def _ids(found: Mapping[str, str]) -> dict[str, Any]:
    """Ids where ids are asked: by the argument's name, or by the field that gives such a thing."""
    by_name = {
        "partyId": "Party",
        "ownerId": "Party",
        "onBehalfOf": "Party",
        "afterPartyId": "Party",
        "indicatorId": "Indicator",
        "versionId": "IndicatorVersion",
        "proposalId": "Proposal",
        "proposalChanges.id": "Proposal",
        "schemeId": "Scheme",
        "pilotId": "Pilot",
        "aboutId": "Proposal",
        "observationUpload.id": "ObservationUpload",
    }
    by_field = {
        f"{name}.id": name[0].upper() + name[1:]
        for name, field in root_fields().items()
        if "id" in field.args and name != "node" and f"{name}.id" not in by_name
    }
    return {key: found[kind] for key, kind in {**by_name, **by_field}.items()}


def nowhere(found: Mapping[str, str]) -> dict[str, str]:
    """Ids of the same kinds that nothing has."""
    return {kind: f"{kind}:{NOWHERE}" for kind in found}


def ids_in(texts: Sequence[str]) -> dict[str, list[str]]:
    """Global ids by kind, in the order in which they were read."""
    found: dict[str, list[str]] = {}
    for each in dict.fromkeys(given for text in texts for given in ID.findall(text)):
        found.setdefault(each.partition(":")[0], []).append(each)
    return found


def node_types() -> Sequence[GraphQLObjectType]:
    """The types that have a global id."""
    node = schema().type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return list(schema().get_possible_types(node))


def first_of(made: Full, texts: Sequence[str]) -> dict[str, str]:
    """An id of each kind, as far as texts show any."""
    found = nowhere({each.name: "" for each in node_types()})
    found |= {kind: ids[0] for kind, ids in ids_in(texts).items()}
    return found | {"Party": made.world.parties[TRACK], "Indicator": made["indicator"]}


async def answers_of(
    world: World, token: str, crawler: Crawler, *, names_ids: bool = False
) -> dict[str, list[str]]:
    """What each root field answers, document by document."""
    found: dict[str, list[str]] = {}
    for name in root_fields():
        for document, variables in crawler.documents(name, names_ids=names_ids):
            found.setdefault(name, []).append(await text_of(world, token, document, variables))
    return found
