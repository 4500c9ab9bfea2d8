"""Wire types of patients."""

from datetime import datetime

from pydantic import ConfigDict

from service.dependencies.wire import Body, Name, View


class NewPatient(Body):
    """A patient, by a pseudonym the site chose; never a name, a number of a record or a birth date."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pseudonym": "SCS-0017"}]})

    pseudonym: Name
    """Once at the site."""


class PatientView(View):
    """A patient as this service knows one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01938b3e-5f0c-7d2a-9c41-7f1f5f0a8a11",
                    "pseudonym": "SCS-0017",
                    "registered_at": "2026-11-21T09:00:00Z",
                }
            ]
        }
    )

    id: str
    pseudonym: str
    """Once at the site."""
    registered_at: datetime
