from pathlib import Path

import pytest

from service.command_errors import DataFolderError
from service.data_folder import prepare_folder


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DataFolderError, match="TITRATE_DATA_FOLDER"):
        prepare_folder(file / "below")
