"""What the environment says: the only reader of it, checked once at start, frozen afterwards.

Every variable is one field: its allowed values and its meaning stand beside it, and `describe()`
lists them for `jpi settings`. A wrong value, or a name that is nearly a variable's, stops the start
with one line that names the variable, what is wrong and how to mend it; secrets are never echoed.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from graph.limits import COST
from service import variables
from service.variables import PORT_MAX, setting

_NEAR = 0.8  # how alike two names are when one is taken for a slip of the other


class SettingsInvalid(Exception):  # noqa: N818 -- named for what it tells, like Refusal and Fault
    """The environment cannot be used: one line for each variable at fault."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Variable(NamedTuple):
    """One row of `describe()`."""

    variable: str
    default: str
    meaning: str
    is_secret: bool


_DatabaseUrl = Annotated[str, AfterValidator(variables.database_url)]
_Path = Annotated[Path, AfterValidator(variables.folder)]
_URL_EXAMPLE = (
    "postgresql://user:password@host:5432/database (several hosts: host1:5432,host2:5432)"
)
_A_BOOLEAN = "true or false"


class Settings(BaseSettings):
    """All that can be chosen from outside. Paths are absolute."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    database_url: _DatabaseUrl | None = setting(
        "DATABASE_URL",
        "PostgreSQL 15 or newer for the service role; only `jpi run` goes without",
        _URL_EXAMPLE,
        default=None,
        shown="embedded, for `jpi run` only",
        secret=True,
    )
    owner_database_url: _DatabaseUrl | None = setting(
        "JPI_OWNER_DATABASE_URL",
        "the same database for the role that owns the schema: `jpi migrate`, rebuild",
        _URL_EXAMPLE,
        default=None,
        shown="DATABASE_URL",
        secret=True,
    )
    home: _Path = setting(
        "JPI_HOME",
        "folder of the embedded database and of key files",
        "a folder that can be written to",
        default_factory=lambda: Path(".jpi").absolute(),
        shown="./.jpi",
    )
    host: Annotated[str, AfterValidator(variables.host)] = setting(
        "JPI_HOST",
        "address to listen on",
        "an address such as 127.0.0.1 or 0.0.0.0",
        default="127.0.0.1",
    )
    port: int = setting(
        "JPI_PORT",
        "port to listen on",
        "a number from 1 to 65535",
        default=8000,
        ge=1,
        le=PORT_MAX,
    )
    workers: int = setting(
        "JPI_WORKERS", "server processes", "a number from 1 to 64", default=1, ge=1, le=64
    )
    log_name: Annotated[str, AfterValidator(variables.log_name)] = setting(
        "JPI_LOG_NAME",
        "first part of every checkpoint's origin; fixed once an ecosystem is founded",
        "a name such as ledger.example.com/jpi",
        default="localhost/jpi",
    )
    log_key: Annotated[str, AfterValidator(variables.log_key)] | None = setting(
        "JPI_LOG_KEY",
        "key that signs checkpoints, in place of the file",
        "the text PRIVATE+KEY+name+hash+key that `jpi keys` prints, or use JPI_LOG_KEY_FILE",
        default=None,
        shown="from JPI_LOG_KEY_FILE",
        secret=True,
    )
    log_key_file: _Path = setting(
        "JPI_LOG_KEY_FILE",
        "file of the key that signs checkpoints",
        "the path of a file",
        default_factory=lambda known: known["home"] / "log.key",
        shown="JPI_HOME/log.key",
    )
    dev_issuer: bool = setting(
        "JPI_DEV_ISSUER",
        "accept the tokens of the development issuer (`jpi token`); never in production",
        _A_BOOLEAN,
        default=False,
    )
    dev_issuer_key_file: _Path = setting(
        "JPI_DEV_ISSUER_KEY_FILE",
        "file of the development issuer's key",
        "the path of a file",
        default_factory=lambda known: known["home"] / "issuer.key",
        shown="JPI_HOME/issuer.key",
    )
    issuers_file: _Path | None = setting(
        "JPI_ISSUERS_FILE",
        "issuers of tokens that the operator trusts, as TOML; parties register their own besides",
        "the path of a file",
        default=None,
        shown="none",
    )
    issuer_hosts: str = setting(
        "JPI_ISSUER_HOSTS",
        "hosts where keys of issuers that parties registered may be looked up",
        "names parted by commas, such as login.example.com,id.example.org",
        default="",
        shown="none",
    )
    pseudonym_key_file: _Path = setting(
        "JPI_PSEUDONYM_KEY_FILE",
        "file of the key that makes pseudonyms of tokens' subjects; the same on every host",
        "the path of a file",
        default_factory=lambda known: known["home"] / "pseudonym.key",
        shown="JPI_HOME/pseudonym.key",
    )
    pool_size: int = setting(
        "JPI_POOL_SIZE",
        "database connections of each server process",
        "a number from 2 to 200",
        default=10,
        ge=2,
        le=200,
    )
    body_limit_bytes: int = setting(
        "JPI_BODY_LIMIT_BYTES",
        "largest GraphQL request, in bytes",
        "a number of bytes from 1024 to 1073741824",
        default=1_048_576,
        ge=1024,
        le=2**30,
    )
    upload_limit_bytes: int = setting(
        "JPI_UPLOAD_LIMIT_BYTES",
        "largest file of observations or of a bank as it is sent, in bytes",
        "a number of bytes from 1024 to 1099511627776",
        default=4 * 2**30,
        ge=1024,
        le=2**40,
    )
    queue_limit: int = setting(
        "JPI_QUEUE_LIMIT",
        "commands that may wait for one ecosystem before callers are told to try again",
        "a number from 1 to 1000000",
        default=2000,
        ge=1,
        le=1_000_000,
    )
    rate_points: int = setting(
        "JPI_RATE_POINTS",
        "points a second that each party may spend on requests (ops/limits.md); 0: nobody counts",
        "a number from 0 to 1000000",
        default=5_000,
        ge=0,
        le=1_000_000,
    )
    burst_points: int = setting(
        "JPI_BURST_POINTS",
        "points that a party can have saved up",
        "a number from 20000 to 1000000000",
        default=200_000,
        ge=COST.allowed,
        le=1_000_000_000,
    )
    smtp_url: Annotated[str, AfterValidator(variables.checked_smtp_url)] | None = setting(
        "JPI_SMTP_URL",
        "mail server that parties with an address are told by; smtps: TLS from the first byte",
        "smtp://user:password@host:port or smtps://user:password@host:port",
        default=None,
        shown="nobody is told by mail",
        secret=True,
    )
    mail_from: Annotated[str, AfterValidator(variables.mail_address)] = setting(
        "JPI_MAIL_FROM",
        "sender of those letters",
        "a mail address such as ledger@example.com",
        default="jpi@localhost",
    )
    graphiql: bool = setting("JPI_GRAPHIQL", "serve GraphiQL at /graphql", _A_BOOLEAN, default=True)
    introspection: bool = setting(
        "JPI_INTROSPECTION", "answer questions about the schema", _A_BOOLEAN, default=True
    )
    allow_get: bool = setting(
        "JPI_ALLOW_GET", "accept GraphQL queries by GET", _A_BOOLEAN, default=False
    )
    documents: _Path | None = setting(
        "JPI_DOCUMENTS",
        "registered documents: a file as graphql-codegen writes it, or a folder of such files",
        "the path of a file or folder",
        default=None,
        shown="none",
    )
    registered_only: bool = setting(
        "JPI_REGISTERED_ONLY", "run registered documents only", _A_BOOLEAN, default=False
    )
    allowed_origins: str = setting(
        "JPI_ALLOWED_ORIGINS",
        "origins of web pages that may call the API, beside the service's own",
        "origins parted by commas, such as https://kpi.example.com",
        default="",
        shown="none",
    )
    metrics_port: int | None = setting(
        "JPI_METRICS_PORT",
        "port of /metrics, at JPI_METRICS_HOST; each worker takes the first free one from it on",
        "a number from 1 to 65535",
        default=None,
        shown="no metrics",
        ge=1,
        le=PORT_MAX,
    )
    metrics_host: Annotated[str, AfterValidator(variables.host)] = setting(
        "JPI_METRICS_HOST", "who reaches it reads /metrics", "an address", default="127.0.0.1"
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(variables.lower)
    ] = setting(
        "JPI_LOG_LEVEL",
        "least severe message that is logged",
        "debug, info, warning, error or critical",
        default="info",
    )
    shutdown_seconds: int = setting(
        "JPI_SHUTDOWN_SECONDS",
        "time to finish what is queued when asked to stop, in seconds",
        "a number of seconds from 1 to 600",
        default=20,
        ge=1,
        le=600,
    )

    @property
    def owner_url(self) -> str | None:
        """Where migrations and rebuild connect: the owner's address, else the service's."""
        return self.owner_database_url or self.database_url

    @property
    def origins(self) -> list[str]:
        """Origins of other web pages that may call the API."""
        return [each.strip() for each in self.allowed_origins.split(",") if each.strip()]

    @property
    def heads_folder(self) -> Path:
        """Where the largest published checkpoints are remembered, outside the database."""
        return self.home / "heads"

    @property
    def embedded_data(self) -> Path:
        """Folder of the embedded PostgreSQL."""
        return self.home / "postgres"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` passes in: no hidden file, no second look at the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


_FIELDS: Mapping[str, FieldInfo] = {
    str(field.validation_alias): field for field in Settings.model_fields.values()
}


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `environ`, by default the process's. Empty is unset. Raises SettingsInvalid."""
    given = os.environ if environ is None else environ  # noqa: TID251 -- the one reader
    chosen: dict[str, Any] = {name: given[name] for name in _FIELDS if given.get(name, "").strip()}
    problems = [_slip(name) for name in given if name.startswith("JPI_") and name not in _FIELDS]
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        problems += [_problem(dict(fault)) for fault in error.errors()]
    problems = [line for line in problems if line]
    if problems:
        raise SettingsInvalid(tuple(problems)) from None
    return settings


def describe() -> list[Variable]:
    """Every variable with its default and meaning, in the order of `Settings`."""
    rows = []
    for name, field in _FIELDS.items():
        facts = _facts(field)
        default = facts["shown"] or str(field.default).lower()
        rows.append(Variable(name, default, str(field.description), bool(facts["secret"])))
    return rows


def _facts(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _slip(name: str) -> str:
    """A complaint about a name that is nearly a variable's; empty where it is nobody's."""
    near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=_NEAR)
    return f"{name} is no setting. Did you mean {near[0]}? Rename or unset it." if near else ""


def _problem(fault: dict[str, Any]) -> str:
    """One line for one field; empty where it only follows from another field's fault."""
    if fault["type"] == "default_factory_not_called":
        return ""
    name = str(fault["loc"][0])
    facts = _facts(_FIELDS[name])
    given = "" if facts["secret"] else f"={str(fault['input'])[:60]!r}"
    wrong = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{name}{given} {wrong}. Set it to {facts['mend']}, or unset it."
