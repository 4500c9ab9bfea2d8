from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings


def test_everything_lies_under_the_data_folder_by_default(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/ledger.sqlite"
    assert settings.mlflow_tracking_uri == f"sqlite:///{tmp_path}/mlflow.sqlite"


def test_the_environment_is_read_and_the_password_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITRATE_DATABASE", "postgresql://u:secret-word@db/titrate")
    monkeypatch.setenv("TITRATE_ASK_WAIT_S", "2.5")
    settings = Settings()
    assert settings.ask_wait_s == 2.5
    assert settings.database_url.endswith("@db/titrate")
    assert "secret-word" not in repr(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]
