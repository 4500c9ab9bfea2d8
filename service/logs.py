"""Logs as one JSON object a line, on standard error, with nothing of a patient in them.

Three rules, held in one place: a field is written only where it is on the list; of an exception its type and its places
are written, never its message (a library's message may quote what was sent); of a library's own line its template is
written, never what was filled in. Lines that belong to a request carry its ``request_id``, which the caller has too.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.types import EventDict, WrappedLogger

FIELDS = (
    "at",
    "level",
    "logger",
    "event",
    "request_id",
    "method",
    "route",
    "status",
    "took_ms",
    "error",
    "places",
    "course",
    "courses",
    "runs",
    "lag",
    "leading",
    "retry_in_s",
    "port",
)
"""Every field a line may have; ``course`` is our own random id."""
OURS = ("service", "titrate", "__main__")
PLACES = 6
"""How many frames of a traceback are named, innermost last."""


class _ToStandardError(logging.Handler):
    """Writes to what is standard error now: who runs a server inside a process may exchange it afterwards."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as every handler: a line that cannot be written must not end the work
            self.handleError(record)


def configure() -> None:
    """Send every log of this process, ours and the libraries', through the rules; uncaught exceptions too."""
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _ToStandardError()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars, ExtraAdder()],
            pass_foreign_args=True,
            processors=[_only_what_may_be_said, structlog.processors.JSONRenderer()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for logger in list(root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):  # MLflow and others bring handlers of their own
            logger.handlers[:] = []
            logger.propagate = True
    for name in (*OURS, "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda kind, _error, where: _uncaught(kind, where)
    threading.excepthook = lambda caught: _uncaught(caught.exc_type, caught.exc_traceback)


def places_of(error_traceback: TracebackType | None) -> str:
    """Return where an exception passed: function and line, innermost last."""
    frames = traceback.extract_tb(error_traceback)[-PLACES:]
    return " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)


def _only_what_may_be_said(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    said: dict[str, Any] = {name: event[name] for name in FIELDS if _is_plain(event.get(name))}
    said["at"] = structlog.processors.TimeStamper(fmt="iso", key="at")(None, "", {})["at"]
    said["level"] = record.levelname.lower()
    said["logger"] = record.name
    if not _is_ours(record.name):
        said["event"] = _template(record, filled_in_from=event.get("positional_args"))
    caught = sys.exc_info() if event.get("exc_info") is True else event.get("exc_info")
    if caught and caught[0] is not None:
        said["error"] = caught[0].__qualname__
        said["places"] = places_of(caught[2])
    return {name: said[name] for name in FIELDS if name in said}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _template(record: logging.LogRecord, *, filled_in_from: object) -> str:
    """Return a library's line before anything was filled in; one without arguments may be filled in already."""
    filled_in = not filled_in_from and not record.name.startswith("uvicorn")
    # more than a line is a traceback in words, the message included
    if isinstance(record.msg, str) and not filled_in and "\n" not in record.msg:
        return record.msg
    return f"{record.module}:{record.lineno}"


def _uncaught(kind: type[BaseException], where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    fields = {"error": kind.__qualname__, "places": places_of(where)}
    logging.getLogger("titrate").critical("uncaught", extra=fields)
