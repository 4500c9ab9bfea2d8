"""The one configuration of the service, read once from the environment (``TITRATE_...``) and passed on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Algorithm = Literal[
    "ES256", "ES384", "ES512", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"
]
"""Asymmetric all: with a shared secret whoever checks a token could also write one."""


class TokenIssuer(BaseModel):
    """An identity provider whose tokens open this service, and how it words them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
    """Short name of the provider; stands before the subject in the record: ``label:subject``."""
    issuer: Annotated[str, Field(min_length=1, max_length=255)]
    """The exact ``iss``."""
    audience: Annotated[str, Field(min_length=1, max_length=255)]
    """The exact ``aud`` that names this service."""
    key_set_url: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/])")]
    """Address of the JWK set; https, or this machine."""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("ES256", "ES384", "PS256", "RS256")
    roles_claim: str = "roles"
    """Where roles stand: a list or words; dots lead inwards, for example ``realm_access.roles``."""
    role_names: Mapping[str, str] = Field(default_factory=dict)
    """The provider's names of roles -> ours; a name that is not here must be one of ours to count."""
    site: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,30}$")] | None = None
    """The one site this provider speaks for; None reads ``site_claim``."""
    site_claim: str = "titrate_site"
    patient_claim: str = "titrate_patient_id"
    """Where a patient app's token names its patient, by our id."""
    leeway_s: Annotated[int, Field(ge=0, le=300)] = 60
    """How far clocks may differ."""
    longest_life_s: Annotated[int, Field(gt=0)] = 43_200
    """A token that lives longer is refused."""
    key_set_fresh_s: Annotated[float, Field(gt=0)] = 300.0
    """How long a key set is used before it is fetched again."""
    key_set_stale_s: Annotated[float, Field(gt=0)] = 3_600.0
    """How long the last set goes on working while the provider is down."""
    key_set_pause_s: Annotated[float, Field(ge=0)] = 30.0
    """Least time between two fetches, whatever callers send."""

    @model_validator(mode="after")
    def _stale_after_fresh(self) -> Self:
        if self.key_set_stale_s < self.key_set_fresh_s:
            raise ValueError("key_set_stale_s is less than key_set_fresh_s")
        return self


class Settings(BaseSettings):
    """Where the record lies, where the service listens, and how long it waits."""

    model_config = SettingsConfigDict(env_prefix="TITRATE_", frozen=True, extra="forbid")

    data_folder: Path = Path("titrate-data")
    """Holds the embedded database and the embedded MLflow store."""
    database: SecretStr | None = None
    """SQLAlchemy address of the ledger; None means an SQLite file under the data folder."""
    mlflow_tracking: str | None = None
    """MLflow tracking address; None means a store under the data folder. Only the worker reads it."""
    relay_lease_s: float = Field(default=15.0, gt=0.0)
    """How long the projection stands still after a worker was killed, before the next takes over."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where Prometheus may read, without a key; None opens no such port. Each process needs its own."""
    ask_wait_s: float = Field(default=1.0, ge=0.0, le=60.0)
    """How long an ask waits for its answer before it says where to look (202)."""
    compute_timeout_s: float = Field(default=120.0, gt=0.0)
    """After this long a compute process is taken for hung and replaced."""
    draft_after_s: float = Field(default=2.0, ge=0.0)
    """How long after a course's last report its next answer is computed as a draft."""
    compute_processes: int = Field(default=1, ge=0)
    """Compute processes of each web process; 0 leaves computing to `titrate compute`, on this machine or another."""
    compute_lost_s: float = Field(default=15.0, gt=0.0)
    """How long a compute service may be silent before another takes over its work."""
    body_limit_bytes: int = Field(default=1_000_000, ge=1_000)
    busy_timeout_s: float = Field(default=20.0, gt=0.0)
    """How long a write waits for the one before it."""
    repeat_wait_s: float = Field(default=2.0, ge=0.0)
    """How long a request waits for an earlier one with the same idempotency key."""
    rate_per_s: float = Field(default=100.0, gt=0.0)
    """Requests a second that one caller may send in the long run, to each process."""
    rate_burst: int = Field(default=500, ge=1)
    """Requests a rested caller may send at once."""
    at_once: int = Field(default=8, ge=1)
    """Requests of one caller that a process works on at once; the others of that caller wait for these."""
    cors_origins: tuple[Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$")], ...] = ()
    """Origins whose pages may call from a browser, each by name; JSON in the environment."""
    token_issuers: tuple[TokenIssuer, ...] = ()
    """Identity providers whose bearer tokens open this service; JSON in the environment."""

    @property
    def database_url(self) -> str:
        """SQLAlchemy address of the ledger; may hold a password, never log it."""
        if self.database is not None:
            return self.database.get_secret_value()
        return f"sqlite:///{self.data_folder / 'ledger.sqlite'}"

    @property
    def mlflow_tracking_uri(self) -> str:
        """MLflow tracking address."""
        return self.mlflow_tracking or f"sqlite:///{self.data_folder / 'mlflow.sqlite'}"
