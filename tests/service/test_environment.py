"""A slip of the pen in the environment is said at start, with the nearest name and never with a value."""

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.command_errors import SettingError
from service.environment import read_settings


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("TITRATE_DATABSE", "TITRATE_DATABASE"),
        ("TITRATE_COMPUTE_PROCESS", "TITRATE_COMPUTE_PROCESSES"),
        ("titrate_ask_wait", "TITRATE_ASK_WAIT_S"),
    ],
)
def test_what_is_no_setting_is_named_with_the_nearest_one(
    name: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "postgresql://u:secret-word@db/titrate")
    with pytest.raises(SettingError) as refused:
        read_settings()
    assert name in str(refused.value)
    assert f"Did you mean {nearest}?" in str(refused.value)
    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("TITRATE_PORT", "secret-word", "TITRATE_PORT"),
        ("TITRATE_ASK_WAIT_S", "-1", "TITRATE_ASK_WAIT_S"),
        ("TITRATE_TOKEN_ISSUERS", '[{"label": "secret word"}]', "TITRATE_TOKEN_ISSUERS at 0.label"),
    ],
)
def test_a_value_that_is_none_is_named_by_its_setting_alone(
    name: str, value: str, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError) as refused:
        read_settings()
    assert refused.value.field == field
    assert value not in str(refused.value)


@pytest.mark.parametrize("value", ["[not JSON", "secret-word"])
def test_a_list_that_is_no_json_is_named_too(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITRATE_CORS_ORIGINS", value)
    with pytest.raises(SettingError) as refused:
        read_settings()
    assert "TITRATE_CORS_ORIGINS" in str(refused.value)
    assert value not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "hunter2",
        "",
        "sqlite://",
        "postgres://titrate:hunter2@127.0.0.1/titrate",
        "mysql://titrate:hunter2@127.0.0.1/titrate",
        "postgresql://titrate:a@b/hunter2@127.0.0.1/titrate",
        "postgresql://titrate@127.0.0.1:hunter2/titrate",
        "postgresql://titrate@127.0.0.1/titrate?password=hunter2",
    ],
)
def test_an_address_that_is_none_or_would_show_its_password_is_refused_unsaid(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATABASE", address)
    with pytest.raises(SettingError, match=r"TITRATE_DATABASE.*Write postgresql://") as refused:
        read_settings()
    assert "hunter2" not in str(refused.value)


def test_an_at_sign_in_a_password_is_written_in_percents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITRATE_DATABASE", "postgresql://titrate:a%40b/c:d@127.0.0.1/titrate?sslmode=require")
    assert read_settings().database is not None


def test_what_the_tests_and_others_read_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TITRATE_DATA", "/somewhere")
    monkeypatch.setenv("TITRATEXY", "1")
    monkeypatch.setenv("TITRATE_PORT", "8123")
    assert read_settings().port == 8123


@pytest.mark.parametrize("command", ["serve", "worker", "compute"])
def test_a_command_says_so_in_one_line_and_does_not_start(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TITRATE_DATAFOLDER", "/somewhere")
    done = CliRunner().invoke(app, [command])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line == "titrate: TITRATE_DATAFOLDER: is no setting. Did you mean TITRATE_DATA_FOLDER? [setting]"
