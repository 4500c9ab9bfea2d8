"""Requests nobody would send: made from the OpenAPI document by schemathesis, with real ids and a secret planted among them."""

import copy
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode
from schemathesis.checks import CheckContext, CheckFunction, load_all_checks, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks as openapi

from service.auth.principal import Role
from tests.service.live import ENVELOPE, START, Server

load_all_checks()
SECRET = "Zwiebelfisch-4711"
"""A legal name, so that it also goes where names may."""
ANSWERED_WITHIN_S = 60.0
"""Longer than any wait the service allows itself, however busy the machine: what is tried here is what it answers."""
FITTING = {"device": "scs-tonic", "envelope": ENVELOPE, "start": START, "settings": START}
"""Of the names in a body, those that dice hardly ever throw a valid value for."""
MANY_ROLES = [role for role in Role if role is not Role.PATIENT_APP]


def no_secret_in_a_problem(_ctx: CheckContext, response: Response, _case: schemathesis.Case) -> bool | None:
    """What was sent is not repeated where it was refused."""
    said = response.text + repr(dict(response.headers))
    assert response.status_code < 400 or SECRET not in said, "a problem repeats what was sent"
    return None


CHECKS: list[CheckFunction] = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
    no_secret_in_a_problem,
]


class Attack:
    """One caller with every role but the patient app's, in a site with one of everything."""

    def __init__(self, server: Server) -> None:
        self.clinic = server.clinic(*MANY_ROLES)
        document = server.http.get("/openapi.json").json()
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.config.generation.update(with_security_parameters=False)
        self.schema.config.update(base_url=server.address)
        self.session = requests.Session()
        self.seen: Counter[tuple[str, int]] = Counter()
        course_id, trial_id = self.clinic.rated_course()
        proposal = self.clinic.ask(course_id)
        self.ids = {
            "patient_id": self.clinic.get(f"/courses/{course_id}").json()["patient_id"],
            "course_id": course_id,
            "trial_id": trial_id,
            "subject_id": trial_id,
            "proposal_id": proposal["id"],
            "ask_id": proposal["ask_id"],
            "If-Match": proposal["etag"],
        }

    def close(self) -> None:
        self.session.close()

    def operations(self) -> Iterator[Any]:
        for found in self.schema.get_all_operations():
            yield found.ok()

    def send(self, case: schemathesis.Case) -> None:
        headers = {
            **self.clinic.headers,
            "Idempotency-Key": uuid.uuid4().hex,
            "If-Match": self.ids["If-Match"],
        }
        response = case.call_and_validate(
            session=self.session, headers=headers, checks=CHECKS, timeout=ANSWERED_WITHIN_S
        )
        self.seen[case.operation.label, response.status_code] += 1

    def with_ids(self, case: schemathesis.Case) -> None:
        """Name what there is, so that a request gets past the question whether it is there."""
        for name in set(case.path_parameters or {}) & set(self.ids):
            case.path_parameters[name] = self.ids[name]
        put(case, self.ids | FITTING)


def put(case: schemathesis.Case, known: dict[str, Any]) -> None:
    """Put what fits in place of texts and objects of the body; what is of another kind stays as it came."""
    if isinstance(case.body, dict):
        for name in set(case.body) & set(known):
            if isinstance(case.body[name], str | dict):
                case.body[name] = copy.deepcopy(known[name])


def plant(value: Any, place: int) -> Any:
    """Put the secret in place of one text, or under a name of its own."""
    places: list[tuple[Any, Any]] = []

    def walk(container: Any) -> None:
        named = container.items() if isinstance(container, dict) else enumerate(container)
        for name, inner in list(named):
            if isinstance(inner, dict | list):
                walk(inner)
            elif isinstance(inner, str):
                places.append((container, name))
        if isinstance(container, dict):
            places.append((container, SECRET))

    walk(value)
    if places:
        container, name = places[place % len(places)]
        container[name] = SECRET
    return value


def plant_in(case: schemathesis.Case, place: int) -> None:
    if isinstance(case.body, dict | list):
        case.body = plant(case.body, place)
    elif case.query:
        case.query = plant(dict(case.query), place)
    elif case.path_parameters:
        case.path_parameters = plant(dict(case.path_parameters), place)


def fuzz(attack: Attack, *, examples: int) -> None:
    """Send to every operation so many fitting requests, and so many unfitting ones where it takes any input."""
    for operation in attack.operations():
        takes_input = operation.body or operation.query
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[: 2 if takes_input else 1]:
            _fuzz(attack, operation.as_strategy(mode), examples)


def _fuzz(attack: Attack, strategy: Any, examples: int) -> None:
    @sparing(examples)
    @given(strategy, st.integers(0, 20), st.booleans(), st.booleans())
    def sends(case: schemathesis.Case, place: int, plants: bool, known: bool) -> None:
        if known:
            attack.with_ids(case)
        if plants:
            plant_in(case, place)
        attack.send(case)

    sends()


def walk(attack: Attack, *, scenarios: int, steps: int) -> None:
    """Follow the links between operations: what one answers is what the next is asked about."""

    class Walk(attack.schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            nonlocal walked
            walked += 1

        def before_call(self, case: schemathesis.Case) -> None:
            put(case, FITTING)
            case.headers = {
                **(case.headers or {}),
                **attack.clinic.headers,
                "Idempotency-Key": uuid.uuid4().hex,
            }

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"session": attack.session, "timeout": ANSWERED_WITHIN_S}

        def validate_response(self, response: Response, case: schemathesis.Case, **_: Any) -> None:
            try:
                case.validate_response(response, checks=CHECKS)
            except BaseException as failure:
                failures.append(failure)
                raise
            attack.seen[case.operation.label, response.status_code] += 1

    walked, rounds, failures = 0, 0, list[BaseException]()
    while walked < scenarios:
        rounds += 1
        # the record grows, so one beginning need not lead on twice, which hypothesis takes for a fault of ours;
        # what an answer fails at is kept here and none of it passes
        with suppress(FlakyStrategyDefinition):
            seed(rounds)(Walk)
            Walk.run(settings=sparing(min(20, scenarios - walked), stateful_step_count=steps))
        if failures:
            raise failures[0]


def sparing(examples: int, **more: Any) -> settings:
    return settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **more,
    )
