"""The one family of errors of the optimiser.

::

    OptimizerError
      DefinitionError
        ParameterDefinitionError   a parameter, configuration or limit that cannot be
        DeviceFileError            a device file that cannot be read as one
        ProblemDefinitionError     a problem that contradicts itself or its device
        MalformedDocumentError     bytes that are not the canonical JSON they claim to be
      SettingsError
        UnknownParameterError      a name no parameter of the space has, or a parameter left out
        OffGridError               a value the device cannot be set to
        HardLimitError             settings past a limit that has no override
        EnvelopeError              settings past what the clinician allowed
      HistoryError
        OutcomeScaleError          a value that is not on its declared scale
        TrialOrderError            facts that refer to nothing, come twice, or end before they start
      ModelError
        FitError                   a surrogate that could not be conditioned on the data
      PolicyError                  a policy that broke the protocol it is run under
      DataError                    recorded data that is absent or not what its description says
      MissingExtraError            an optional dependency that is not installed

Every error carries a stable ``code`` (a test holds that ``docs/errors.md`` explains each), the field it speaks of, the
problem, the limit and what to do next. Messages never contain the offending value: values may be patient data.
An expected end of a decision (``Hold``, ``Stop``) is a value, never an exception.
"""

from typing import ClassVar


class OptimizerError(Exception):
    """Root of the family; ``str()`` gives one sentence for people."""

    code: ClassVar[str] = "optimizer-error"

    def __init__(self, field: str, problem: str, *, limit: str = "", remedy: str = "") -> None:
        """Say what is wrong.

        Args:
            field: The name or path of what is wrong, as the caller knows it.
            problem: What is wrong with it, without the value itself.
            limit: The bound or the legal choices, where there are any.
            remedy: What the caller can do next.
        """
        self.field = field
        self.problem = problem
        self.limit = limit
        self.remedy = remedy
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Return field, problem, limit and remedy as one message."""
        limit = f" (limit: {self.limit})" if self.limit else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.field}: {self.problem}{limit}.{remedy}"


class DefinitionError(OptimizerError):
    """Something was defined that cannot exist."""

    code = "definition-error"


class ParameterDefinitionError(DefinitionError):
    """A parameter, configuration or limit that cannot be."""

    code = "parameter-definition"


class DeviceFileError(DefinitionError):
    """A device file that is absent or cannot be read as one."""

    code = "device-file"


class ProblemDefinitionError(DefinitionError):
    """A problem that contradicts itself or its device."""

    code = "problem-definition"


class MalformedDocumentError(DefinitionError):
    """Bytes that are not the canonical JSON they claim to be."""

    code = "malformed-document"


class SettingsError(OptimizerError):
    """Settings that cannot or must not be programmed."""

    code = "settings-error"


class UnknownParameterError(SettingsError):
    """A name that no parameter of the space has, or a parameter left out."""

    code = "unknown-parameter"


class OffGridError(SettingsError):
    """A value the device cannot be set to."""

    code = "off-grid"


class HardLimitError(SettingsError):
    """Settings past a limit that has no override."""

    code = "hard-limit"


class EnvelopeError(SettingsError):
    """Settings past what the clinician allowed for this course."""

    code = "outside-envelope"


class HistoryError(OptimizerError):
    """Facts that do not make a history."""

    code = "history-error"


class OutcomeScaleError(HistoryError):
    """A value that is not on its declared scale."""

    code = "off-scale"


class TrialOrderError(HistoryError):
    """Facts that refer to nothing, come twice, or end before they start."""

    code = "trial-order"


class ModelError(OptimizerError):
    """A surrogate that could not be built or used."""

    code = "model-error"


class FitError(ModelError):
    """A surrogate that could not be conditioned on the data."""

    code = "fit-failed"


class PolicyError(OptimizerError):
    """A policy that broke the protocol it is run under."""

    code = "policy-broke-protocol"


class DataError(OptimizerError):
    """Recorded data that is absent or not what its description says."""

    code = "recorded-data"


class MissingExtraError(OptimizerError):
    """An optional dependency that is not installed."""

    code = "missing-extra"
