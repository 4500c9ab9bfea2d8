"""The folder of an embedded ledger: apart from the server, so that what only starts others need not load it."""

from pathlib import Path

from service.command_errors import DataFolderError


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone, where there is none, and try to write in it.

    Raises:
        DataFolderError: If that fails.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DataFolderError(
            f"folder {folder}",
            f"cannot be written: {error.strerror}",
            remedy="Name one that can: TITRATE_DATA_FOLDER, or --data-dir of `titrate run`.",
        ) from error
