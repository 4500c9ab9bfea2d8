"""Errors of the service; ``service.http_status`` has THE table of their statuses.

::

    ServiceError
      AuthenticationError            no key, a key nobody issued, or one that expired
      IdentityProviderError          its keys cannot be had, so no token can be checked
      ForbiddenError                 a known caller without the role
      NotFoundError                  an id that is unknown, or another site's: told apart by nobody
      MalformedRequestError          a body that is not strict JSON, or a header that is not what it must be
        RequestTooLargeError
        SchemaError                  well-formed JSON of another shape than documented
        IdempotencyKeyMissingError
      IdempotencyKeyReusedError      one key, two bodies
      IdempotencyKeyRunningError     the first request with the key is still under way
      TooManyRequestsError           a caller beyond its rate
      PreconditionRequiredError      a decision without If-Match
      PreconditionFailedError        a decision on another state than the present one
      ConflictError                  the record already says otherwise
        PseudonymTakenError
        ProposalDecidedError
        ProposalExpiredError
        NothingToDecideError         a Hold or a Stop asks for no decision
        NothingToReviewError         nothing that a review could release
        SettingsClosedError          settings that a severe report closed, or that were not tolerated since
        SettingsPastLimitError       approved settings that are past a limit or the envelope by now
        ProposalWithdrawnError       a proposal that a fact took back
        ProposalNotApprovedError     a proposal that nobody approved: nothing to program
        ProposalAppliedError         a proposal that was applied: nothing is left to program
        StepUnratedError             a plan whose last applied step nobody said was borne
        SiteStoppedError             every course of the site is stopped
        PatientPausedError           the patient is paused
        PreflightDueError            a check of the device is missing, stale or failed
        AdverseEventElsewhereError   an unreviewed severe report in another course of the patient
        ContraindicatedError         a contraindication of the device is present
        StopReleasedError            a stop that was released
        SecondPersonError            what one person began another must confirm
        ProblemReplacedError         a looser problem, made from one that is no longer in force
        CourseEndedError             a course that has ended: a new one is opened
      MixedChangeError               looser and tighter at once
      ReasonRequiredError            a coded reason is due
      DatabaseNotReadyError          a schema of another release
      DatabaseUnreachableError       nothing answers at its address, or refuses us
      DatabaseBusyError              a write that could not begin in time
        ClockOffError                our clock is not the database's

Those of commands and of the worker stand in ``service.command_errors``.

Messages name field, problem, limit and what to do next; never the value, which may be patient data.
"""

from typing import ClassVar, Self


class ServiceError(Exception):
    """Root of the family; built and worded like the optimiser's."""

    code: ClassVar[str] = "service-error"
    retry_after_s: int | None = None
    """When repeating the request makes sense, where it does."""

    def __init__(self, field: str, problem: str, *, limit: str = "", remedy: str = "") -> None:
        """Say what is wrong.

        Args:
            field: What is wrong, as the caller knows it.
            problem: What is wrong with it, without the value itself.
            limit: The bound or the legal choices, where there are any.
            remedy: What the caller can do next.
        """
        self.field = field
        self.problem = problem
        self.limit = limit
        self.remedy = remedy
        bound = f" (limit: {limit})" if limit else ""
        super().__init__(f"{field}: {problem}{bound}.{' ' + remedy if remedy else ''}")


class AuthenticationError(ServiceError):
    """No key, a key nobody issued, or one that expired."""

    code = "not-authenticated"
    site: str = ""
    """Whose key was shown, or whose provider the token names: for the trail alone. Nothing proves that the caller is of it."""
    credential: str = ""

    def at(self, site: str, credential: str) -> Self:
        """Return the error with the door that was tried."""
        self.site, self.credential = site, credential
        return self


class IdentityProviderError(ServiceError):
    """The keys of an identity provider cannot be had, so none of its tokens can be checked."""

    code = "identity-provider"
    retry_after_s = 30


class ForbiddenError(ServiceError):
    """A known caller without the role."""

    code = "forbidden"


class NotFoundError(ServiceError):
    """An id that is unknown or belongs to another site."""

    code = "not-found"


class MalformedRequestError(ServiceError):
    """A body that is not strict JSON, or a header that is not what it must be."""

    code = "malformed-request"


class RequestTooLargeError(MalformedRequestError):
    """A body beyond the bound."""

    code = "request-too-large"


class SchemaError(MalformedRequestError):
    """Well-formed JSON of another shape than documented."""

    code = "invalid-request"


class IdempotencyKeyMissingError(MalformedRequestError):
    """A write without Idempotency-Key."""

    code = "idempotency-key-missing"


class IdempotencyKeyReusedError(ServiceError):
    """One key, two bodies."""

    code = "idempotency-key-reused"


class IdempotencyKeyRunningError(ServiceError):
    """The first request with the key is still under way."""

    code = "idempotency-key-running"
    retry_after_s = 1


class TooManyRequestsError(ServiceError):
    """A caller beyond its rate."""

    code = "too-many-requests"

    def __init__(self, *, retry_after_s: int) -> None:
        """Say when to come back.

        Args:
            retry_after_s: Seconds.
        """
        super().__init__("caller", "sends too many requests", remedy=f"Wait {retry_after_s} s.")
        self.retry_after_s = retry_after_s


class PreconditionRequiredError(ServiceError):
    """A decision without If-Match."""

    code = "precondition-required"


class PreconditionFailedError(ServiceError):
    """A decision on another state than the present one."""

    code = "precondition-failed"


class ConflictError(ServiceError):
    """The record already says otherwise."""

    code = "conflict"


class PseudonymTakenError(ConflictError):
    """A pseudonym that this site has."""

    code = "pseudonym-taken"


class ProposalDecidedError(ConflictError):
    """A proposal that was decided."""

    code = "proposal-decided"


class ProposalExpiredError(ConflictError):
    """A proposal past its time."""

    code = "proposal-expired"


class NothingToDecideError(ConflictError):
    """A Hold or a Stop asks for no decision."""

    code = "nothing-to-decide"


class NothingToReviewError(ConflictError):
    """A review of what is in no doubt: it would release nothing."""

    code = "nothing-to-review"


class SettingsClosedError(ConflictError):
    """Settings that a severe report closed, that were not tolerated since they were approved, or are out of reach by now."""

    code = "settings-closed"


class SettingsPastLimitError(ConflictError):
    """Approved settings that are past a hard limit or the envelope by now."""

    code = "settings-past-limit"


class ProposalWithdrawnError(ConflictError):
    """A proposal that a fact took back."""

    code = "proposal-withdrawn"


class ProposalNotApprovedError(ConflictError):
    """A proposal that nobody approved: there is nothing to program."""

    code = "proposal-not-approved"


class ProposalAppliedError(ConflictError):
    """A proposal that was applied: there is nothing left to program."""

    code = "proposal-applied"


class StepUnratedError(ConflictError):
    """The next step of a plan, while nobody said that the one before was borne."""

    code = "step-unrated"


class SiteStoppedError(ConflictError):
    """Every course of the site is stopped."""

    code = "site-stopped"


class PatientPausedError(ConflictError):
    """The patient is paused."""

    code = "patient-paused"


class PreflightDueError(ConflictError):
    """A check of the device is missing, stale or failed."""

    code = "preflight-due"


class AdverseEventElsewhereError(ConflictError):
    """A severe report in another course of the patient that no clinician has reviewed."""

    code = "adverse-event-elsewhere"


class ContraindicatedError(ConflictError):
    """A contraindication of the device is present."""

    code = "contraindicated"


class StopReleasedError(ConflictError):
    """A stop that was released."""

    code = "stop-released"


class SecondPersonError(ConflictError):
    """What one person began another must confirm."""

    code = "second-person-required"


class ProblemReplacedError(ConflictError):
    """A looser problem, made from one that is no longer in force."""

    code = "problem-replaced"


class CourseEndedError(ConflictError):
    """A course that has ended: there is no way back, but another course."""

    code = "course-ended"


class MixedChangeError(ServiceError):
    """Looser and tighter at once."""

    code = "mixed-change"


class ReasonRequiredError(ServiceError):
    """A coded reason is due."""

    code = "reason-required"


class DatabaseNotReadyError(ServiceError):
    """A schema of another release."""

    code = "database-not-ready"


class DatabaseUnreachableError(ServiceError):
    """Nothing answers at the address of the database, or what answers refuses us."""

    code = "database-unreachable"
    retry_after_s = 5


class DatabaseBusyError(ServiceError):
    """A write that could not begin in time."""

    code = "database-busy"
    retry_after_s = 1


class ClockOffError(DatabaseBusyError):
    """This machine's clock is not the database's: what it would write down would bear a wrong time."""

    code = "clock-off"
    retry_after_s = 5
