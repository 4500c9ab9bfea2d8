"""The one configuration of the service, read once from the environment (``TITRATE_...``) and passed on."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    ask_wait_s: float = Field(default=1.0, ge=0.0, le=60.0)
    """How long an ask waits for its answer before it says where to look (202)."""
    compute_timeout_s: float = Field(default=120.0, gt=0.0)
    """After this long a compute process is taken for hung and replaced."""
    compute_processes: int = Field(default=1, ge=1)
    body_limit_bytes: int = Field(default=1_000_000, ge=1_000)
    busy_timeout_s: float = Field(default=20.0, gt=0.0)
    """How long a write waits for the one before it."""

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
