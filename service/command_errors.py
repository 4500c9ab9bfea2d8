"""Errors of commands and of the worker; no request is answered with one.

::

    ServiceError
      SettingError                   a variable of the environment that is no setting, or has no legal value
      PortInUseError                 serve: the address is taken
      DataFolderError                serve: the folder cannot be written
      ProjectionBusyError            a worker is at work on the projection
      TrackingUnavailableError       MLflow does not answer, or refuses
      CheckpointError                ledger verify: no checkpoint, or not signed with the key at hand
"""

from service.errors import ServiceError


class SettingError(ServiceError):
    """A variable of the environment that is no setting, or has no legal value."""

    code = "setting"


class PortInUseError(ServiceError):
    """The address to listen on is taken."""

    code = "port-in-use"


class DataFolderError(ServiceError):
    """The data folder cannot be written."""

    code = "data-folder"


class ProjectionBusyError(ServiceError):
    """Another relay holds the lease of the projection."""

    code = "projection-busy"


class TrackingUnavailableError(ServiceError):
    """MLflow does not answer, or refuses; the ledger still holds what was to be shown."""

    code = "tracking-unavailable"


class CheckpointError(ServiceError):
    """A file that is no checkpoint or no key, or a checkpoint that another key signed."""

    code = "checkpoint"
