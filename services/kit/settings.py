"""Settings come from the environment alone, under names that begin with VIVIER_; nothing is read anywhere else."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "VIVIER_"
FOR_TESTS = (PREFIX + "TEST_", PREFIX + "DATA")
SNAPSHOT = "referential.snapshot"
"""Made in the folder by `vivier import referential`, and used when VIVIER_REFERENTIAL names no other."""


def snapshot_of(home: Path) -> Path | None:
    """The folder's own snapshot of the referential, if there is one."""
    own = home / SNAPSHOT
    return own if own.exists() else None


class Settings(BaseSettings):
    """Settings of every service; each adds its own in its `app.py`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Path(".vivier")
    """The folder of this installation's data."""
    secret: SecretStr
    """What services show each other; `vivier up` makes one."""
    referential: Path | None = Field(None, validate_default=True)
    """The snapshot of occupations, skills and places; that of `home` when not set, and without one the small sample."""
    otlp_endpoint: str = ""
    """Where traces and metrics go (OTLP over HTTP); nowhere when empty."""
    namespace: str = Field("", pattern=r"^([a-z][a-z0-9_]{0,30})?$")
    """Several installations on the same engines: begins the names of their topics, groups, schemas and indices."""
    kafka: str = ""
    """The event log's brokers, `host:port,…`; a file in `home` when empty."""
    kafka_replication: int = -1
    """On how many brokers a record is kept; -1 is what the brokers are set to."""
    postgres: SecretStr | None = None
    """The stores' server, `postgresql://user:password@host:port/database`; files in `home` when not set."""
    elasticsearch: SecretStr | None = None
    """The index's server, `https://user:password@host:port`; kept in memory when not set."""
    elasticsearch_replicas: int = 0
    """On how many more nodes each part of the index is kept."""

    @field_validator("referential", mode="before")
    @classmethod
    def _own_where_none_is_named(cls, given: object, info: ValidationInfo) -> object:
        return given or snapshot_of(info.data.get("home", Path()))


def refuse_unknown(environment: Mapping[str, str], kinds: Iterable[type[Settings]]) -> None:
    """A misspelt setting must not be ignored: SystemExit names it."""
    known = {PREFIX + name.upper() for kind in kinds for name in kind.model_fields}
    given = {name for name in environment if name.startswith(PREFIX) and not name.startswith(FOR_TESTS)}
    if unknown := sorted(given - known):
        raise SystemExit(f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")
