"""HTTP of patients."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.dependencies.requests import Reading, Writing, reads, writes
from service.patients import usecases
from service.patients.schemas import NewPatient, PatientView

router = APIRouter(tags=["patients"])


@router.post("/patients", summary="Register a patient", status_code=201, response_model=PatientView)
def register(body: NewPatient, write: Annotated[Writing, writes()]) -> Response:
    """Register a patient by pseudonym."""
    return write.once(lambda ledger: usecases.register(ledger, body)).response()


@router.get("/patients", summary="List or find patients")
def listed(
    read: Annotated[Reading, reads()],
    pseudonym: Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = None,
) -> list[PatientView]:
    """List the patients of this site, at most a thousand; or find the one with a pseudonym."""
    return read.do(lambda ledger: usecases.listed(ledger, pseudonym))


@router.get("/patients/{patient_id}", summary="Read a patient")
def find(patient_id: str, read: Annotated[Reading, reads()]) -> PatientView:
    """Return one patient."""
    return read.do(lambda ledger: usecases.find(ledger, patient_id))
