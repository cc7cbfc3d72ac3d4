"""Settings: each wrong value is named with its variable and how to mend it; secrets stay secret."""

import pytest

from service.settings import Settings, SettingsInvalid, describe, load

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://host/db"),
        ("DATABASE_URL", f"postgresql://user:{SECRET}@host:99999/db"),
        ("JPI_OWNER_DATABASE_URL", "postgresql://"),
        ("JPI_PORT", "80000"),
        ("JPI_PORT", "http"),
        ("JPI_WORKERS", "0"),
        ("JPI_LOG_NAME", "two words"),
        ("JPI_LOG_KEY", f"PRIVATE+KEY+{SECRET}"),
        ("JPI_DEV_ISSUER", "perhaps"),
        ("JPI_POOL_SIZE", "1"),
        ("JPI_BODY_LIMIT_BYTES", "12"),
        ("JPI_QUEUE_LIMIT", "-1"),
        ("JPI_GRAPHIQL", "2"),
        ("JPI_INTROSPECTION", "x"),
        ("JPI_ALLOW_GET", "x"),
        ("JPI_LOG_LEVEL", "loud"),
        ("JPI_SHUTDOWN_SECONDS", "never"),
        ("JPI_HOST", "a b"),
        ("JPI_METRICS_PORT", "0"),
        ("JPI_METRICS_HOST", "a b"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(variable: str, value: str) -> None:
    """And never echoed where it may be a secret."""
    with pytest.raises(SettingsInvalid) as caught:
        load({variable: value})

    [line] = caught.value.problems
    assert line.startswith(variable)
    assert "Set it to" in line
    assert SECRET not in line


def test_a_slip_in_a_name_is_told() -> None:
    """Silently ignored settings are how outages begin."""
    with pytest.raises(SettingsInvalid, match="Did you mean JPI_PORT"):
        load({"JPI_PROT": "8001"})


def test_empty_is_unset_and_every_field_is_described() -> None:
    """`jpi settings` lists them all."""
    assert load({"JPI_PORT": " "}).port == 8000
    rows = describe()
    assert len(rows) == len(Settings.model_fields)
    assert all(row.meaning for row in rows)
    assert SECRET not in repr(load({"DATABASE_URL": f"postgresql://u:{SECRET}@h/d"}))
