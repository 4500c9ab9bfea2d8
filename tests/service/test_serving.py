import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.auth.keys import principal_of
from service.auth.principal import Role
from service.db.engine import Database
from service.errors import DataFolderError, PortInUseError, SchemaError
from service.serving import create_key, listen, prepare_folder
from service.settings import Settings


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError, match=f"port {taken.getsockname()[1]}: cannot be listened on"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataFolderError, match="TITRATE_DATA_FOLDER"):
        prepare_folder(file / "below")


def test_a_key_made_before_the_first_start_opens_the_service(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "new")
    key = create_key(settings, "ward-3", ["clinician", "recorder"], site="north", days=2)
    database = Database(settings.database_url)
    with database.read() as session:
        found = principal_of(session, key, datetime.now(UTC))
    database.close()
    assert (found.name, found.site, found.roles) == ("ward-3", "north", {Role.CLINICIAN, Role.RECORDER})


def test_an_unknown_role_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="role"):
        create_key(Settings(data_folder=tmp_path / "new"), "x", ["surgeon"], site="a", days=1)
    assert not (tmp_path / "new").exists()


def test_an_answer_is_not_held_back_for_an_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "asyncio turns Nagle off only then"
