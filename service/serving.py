"""What the command ``serve`` does: look before starting, say clearly what stands in the way, and end in good order."""

import signal
import socket

import uvicorn

from service import logs, metrics
from service.app import create_app
from service.command_errors import PortInUseError
from service.data_folder import prepare_folder
from service.dependencies.context import Services
from service.errors import ServiceError
from service.ledger import outbox
from service.ledger.checkpoint import make_signing_key
from service.settings import Settings
from service.tracking.status import relay_name

ENDS_WITHIN_S = 5
"""Beyond the longest that a request may wait by the settings."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is being answered then is answered, and the process ends with exit code 0.

    Raises:
        DataFolderError: If the data folder cannot be written.
        PortInUseError: If an address is taken.
        DatabaseUnreachableError: If the database does not answer, or refuses us.
    """
    prepare_folder(settings.data_folder)
    # made at the first start, so that its public half can be taken elsewhere before it is needed
    make_signing_key(settings.data_folder)
    logs.configure()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises what ended it once more when it is done; a good end is no failure
        signal.signal(number, lambda *_: None)
    app = create_app(settings)
    # the application does so as well, whoever runs it; there a failure could only be logged
    app.state.services.database.migrate()
    with (
        listen(settings.host, settings.port) as listening,
        metrics.exposed(settings.metrics_host, settings.metrics_port),
    ):
        watch(app.state.services)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,  # a query may name a pseudonym
            server_header=False,
            timeout_graceful_shutdown=int(settings.ask_wait_s + settings.busy_timeout_s) + ENDS_WITHIN_S,
        )
        server = uvicorn.Server(config)
        server.run(sockets=[listening])
    if not server.started:
        raise ServiceError("service", "could not start", remedy="The log says what stood in the way.")


def watch(services: Services) -> None:
    """Let the gauges read what they show from the running parts."""

    def lag() -> float:
        with services.database.read() as session:
            return outbox.lag(session, relay_name("titrate"))

    metrics.watch(metrics.OUTBOX_LAG, lag)
    metrics.watch(metrics.COMPUTE_WARM, lambda: services.compute.is_warm)


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
