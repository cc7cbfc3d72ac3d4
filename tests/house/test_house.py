"""The house: what is committed is what is built, and every refusal is in the catalogue."""

import re
from collections import Counter
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from graph.problems import ProblemCode, refusals
from graph.schema import build
from ledger.register import REGISTER
from ledger.store.pool import SCHEMA
from ops.migrate import MIGRATIONS, SCHEMA_FILE, dump_schema
from service.embedded import Embedded

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_graphql_schema_is_the_one_served() -> None:
    """`make schema` writes it anew."""
    assert (ROOT / "graph" / "schema.graphql").read_text() == build().as_str() + "\n"


def test_no_two_files_of_tests_share_a_name() -> None:
    """Python would import one of them for both, and run the other's tests never."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))

    assert [name for name, count in names.items() if count > 1] == []


def test_the_committed_sql_schema_is_what_the_migrations_build(server: Embedded) -> None:
    """`make schema` writes it anew."""
    assert SCHEMA_FILE.read_text() == dump_schema(server)


def test_the_code_expects_the_newest_migration() -> None:
    """A service refuses to be ready on any other."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_every_refusal_has_a_code_a_message_and_a_remedy() -> None:
    """The schema is the catalogue; a code stands for one refusal."""
    kinds = list(refusals())

    assert {kind.code for kind in kinds} == {code.name for code in ProblemCode}
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(" -> " in " ".join((kind.__doc__ or "").split()) for kind in kinds)


def test_every_type_field_and_value_is_described() -> None:
    """A frontend developer has the schema and nothing else."""
    bare = []
    for name, kind in build()._schema.type_map.items():
        if name.startswith("__") or name in ("String", "Boolean", "Int", "ID"):
            continue
        members = {**getattr(kind, "fields", {}), **getattr(kind, "values", {})}
        bare += [name] * (not kind.description)
        bare += [f"{name}.{field}" for field, each in members.items() if not each.description]

    assert bare == []


def test_kinds_of_entries_are_named_as_the_format_says() -> None:
    """Lower case, a noun and what happened to it; versions count from one."""
    for kind, version in REGISTER:
        assert re.fullmatch(r"[a-z]+\.[a-z]+", kind)
        assert version >= 1


def test_no_python_file_is_longer_than_350_lines() -> None:
    """A reader finds in a minute what lives where."""
    folders = ("service", "graph", "ledger", "ops", "tests")
    long = [
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if len(path.read_text().splitlines()) > 350
    ]

    assert long == []
