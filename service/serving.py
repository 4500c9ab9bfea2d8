"""What the command ``serve`` does: look before starting, and say clearly what stands in the way."""

import socket
from pathlib import Path

import uvicorn

from service.app import create_app
from service.errors import DataFolderError, PortInUseError
from service.ledger.checkpoint import signing_key
from service.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until interrupted.

    Raises:
        DataFolderError: If the data folder cannot be written.
        PortInUseError: If the address is taken.
    """
    prepare_folder(settings.data_folder)
    # made at the first start, so that its public half can be taken elsewhere before it is needed
    signing_key(settings.data_folder)
    with listen(settings.host, settings.port) as listening:
        # no access log: a query may name a pseudonym
        config = uvicorn.Config(create_app(settings), access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Address or name.
        port: Port; 0 takes a free one.

    Returns:
        The socket; the caller closes it.

    Raises:
        PortInUseError: If the address is taken or is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # TCP by name: else asyncio leaves Nagle on, and an answer sent in two pieces waits 40 ms for the acknowledgement
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise PortInUseError(
            f"port {port}", f"cannot be listened on: {error.strerror}", remedy="Choose another with --port."
        ) from error
    return listening


def prepare_folder(folder: Path) -> None:
    """Make the data folder and try to write in it.

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
            remedy="Set TITRATE_DATA_FOLDER to one that can.",
        ) from error
