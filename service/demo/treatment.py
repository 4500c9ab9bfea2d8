"""A synthetic spinal cord patient treated through the HTTP interface, one trial after another."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from optimizer.simulate.ramp import rungs_ma
from optimizer.simulate.scenario import Scenario
from optimizer.space.settings import Settings
from service.demo.clinic import Clinic, Json

PSEUDONYM = "demo-scs-1"
ASKED_AT_HOURS = (0.0, 4.0, 8.0)
"""When the patient rates on a trial's day, hours after the ramp."""
SIGNED_BY = "Demo Clinician"
IMPEDANCE_OHM = 520.0
"""What the synthetic patient's leads measure."""
SUBJECT = {
    "unreviewed_adverse_event": "adverse_event",
    "contradictory_reports": "hold",
}
"""Reason of a hold -> what a review of it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One trial as it is told on the terminal."""

    number: int
    kind: str
    """What the answer was: proposal, hold or stop; start for the first settings."""
    settings: dict[str, float | str]
    pain: float | None
    """Mean of the day; None where nothing was reported."""
    worst_side_effect: float


class Treatment:
    """One course of one synthetic patient, at whatever point it stands."""

    def __init__(self, clinic: Clinic, scenario: Scenario, seed: int) -> None:
        """Find the patient's course, or open it.

        Args:
            clinic: The clinic's system.
            scenario: Whom and how.
            seed: Which patient of the scenario.
        """
        self._clinic = clinic
        self._scenario = scenario
        self._seed = seed
        self._patient = scenario.patient(seed)
        self.course_id = self._open()
        self._check_device()

    def trials(self) -> int:
        """Return how many trials are on record, the start included."""
        return int(self._clinic.get(f"/courses/{self.course_id}")["n_trials"])

    def rate_start(self) -> Told:
        """Apply the clinician's start and let the patient rate it: a first proposal needs one rating."""
        return self._apply(self._scenario.start(self._seed), kind="start", proposal_id=None)

    def next_trial(self, on_answer: Callable[[Json], None]) -> Told | None:
        """Ask, decide, apply, report.

        A proposal is approved as it is. A hold is released where a review or consent to a newer optimiser releases it; until
        then, and after a stop, the patient keeps what the answer says and rates it.

        Args:
            on_answer: Told each answer as it arrives.

        Returns:
            The trial; None where the answer leaves nothing to be switched on.
        """
        answer = self._clinic.ask(self.course_id)
        on_answer(answer)
        if answer["kind"] == "hold" and self._release(answer):
            answer = self._clinic.ask(self.course_id)
            on_answer(answer)
        if answer["settings"] is None:
            return None
        settings = self._scenario.problem.space.settings(answer["settings"])
        if answer["kind"] != "proposal":
            return self._apply(settings, kind=answer["kind"], proposal_id=None)
        if answer["status"] == "proposed":
            path = f"/proposals/{answer['id']}/decisions"
            self._clinic.write(path, {"action": "approve", "signed_by": SIGNED_BY}, if_match=answer["etag"])
        return self._apply(settings, kind="proposal", proposal_id=answer["id"])

    def _open(self) -> str:
        """Register the patient and open the course, or find them: asking again with the same key does."""
        patient = self._clinic.write("/patients", {"pseudonym": PSEUDONYM}, once=f"demo-{PSEUDONYM}")
        scenario = self._scenario
        body: Json = {
            "patient_id": patient["id"],
            "device": scenario.device,
            "envelope": {name: list(bounds) for name, bounds in scenario.envelope.items()},
            "start": scenario.start(self._seed).as_dict(),
            "side_effects": [
                {"name": effect.name, "nature": effect.nature} for effect in scenario.problem.side_effects
            ],
            "postures": [scenario.posture_use],
            "start_borne_in_use": scenario.problem.start_borne_in_use is True,
            "drift_expected": scenario.problem.drift_expected is True,
        }
        # another start or envelope is another course
        name = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
        course_id = str(self._clinic.write("/courses", body, once=f"demo-{name}")["id"])
        while self._clinic.get(f"/courses/{course_id}")["ended"] is not None:
            # somebody ended it: the next one of the same patient
            course_id = str(self._clinic.write("/courses", body, once=f"demo-{name}-{course_id}")["id"])
        return course_id

    def _check_device(self) -> None:
        """Record the checks that the device file asks for and that are missing or stale."""
        path = f"/courses/{self.course_id}/preflights"
        due = [
            check for check in self._clinic.get(path)["checks"] if check["standing"] in ("missing", "stale")
        ]
        if due:
            self._clinic.write(path, {"checks": [_found(check) for check in due]})

    def _release(self, answer: Json) -> bool:
        """Do what releases a hold; returns whether there was anything to do."""
        if answer["reason"] == "optimizer_changed":
            self._clinic.write(f"/courses/{self.course_id}/migrations", {"signed_by": SIGNED_BY})
            return True
        return self._review(answer)

    def _review(self, answer: Json) -> bool:
        """Review what holds, one after the other; returns whether there was anything a review can release."""
        held: Json | None = {"reason": answer["reason"], **answer["decision"]}
        reviewed = False
        while held is not None and held["reason"] in SUBJECT:
            subject, identifier = SUBJECT[held["reason"]], held["subject_ids"][0]
            body = {"subject": subject, "subject_id": identifier, "reason": "tolerable_on_review"}
            # one of two contradictory reports is enough: what goes on holding, the answer says
            held = self._clinic.write(f"/courses/{self.course_id}/reviews", body)["still_held"]
            reviewed = True
        return reviewed

    def _apply(self, settings: Settings, *, kind: str, proposal_id: str | None) -> Told:
        number = self.trials() + 1
        day = self._scenario.started_at + timedelta(days=number - 1)
        body: Json = {
            "settings": settings.as_dict(),
            "occurred_at": datetime.now(UTC).isoformat(),
            "ramp": self._ramp(settings, day),
        }
        if proposal_id is not None:
            body["proposal_id"] = proposal_id
        trial = self._clinic.write(f"/courses/{self.course_id}/trials", body)
        reports = self._reports(settings, day, trial["id"])
        if reports:
            self._clinic.write(f"/courses/{self.course_id}/reports", {"reports": reports})
        pain = [report["value"] for report in reports if report["measure"] == "pain"]
        grades = [report["value"] for report in reports if report["measure"] == "side_effect"]
        return Told(
            number=number,
            kind=kind,
            settings=settings.as_dict(),
            pain=sum(pain) / len(pain) if pain else None,
            worst_side_effect=max(grades, default=0.0),
        )

    def _ramp(self, settings: Settings, day: datetime) -> list[Json]:
        amplitude = self._scenario.problem.space.parameter("amplitude_ma")
        rungs = rungs_ma(amplitude.numbers, float(settings["amplitude_ma"]))
        felt = self._patient.ramp_to(settings, rungs, self._scenario.context(), day)
        return [{"amplitude_ma": rung.amplitude_ma, "outcome": rung.outcome} for rung in felt]

    def _reports(self, settings: Settings, day: datetime, trial_id: str) -> list[Json]:
        """Let a synthetic day pass: the patient lives by its own clock, the ledger by ours."""
        reports: list[Json] = []
        for hours in ASKED_AT_HOURS:
            said_at = datetime.now(UTC).isoformat()
            said = self._patient.respond(settings, self._scenario.context(), day + timedelta(hours=hours))
            reports += [
                {
                    "trial_id": trial_id,
                    "measure": answer.measure,
                    "kind": answer.kind,
                    "value": answer.value,
                    "occurred_at": said_at,
                    "posture": answer.posture,
                }
                for answer in said
            ]
        return reports


def _found(check: Json) -> Json:
    """Return what a check of the synthetic patient finds: nothing wrong."""
    measured = {"impedance_ohm": IMPEDANCE_OHM} if check["check"] == "impedance" else {}
    outcome = "absent" if check["contraindication"] else "passed"
    return {"check": check["check"], "outcome": outcome} | measured
