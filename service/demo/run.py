"""The whole of Titrate on one machine: start it, treat a synthetic patient, say where to look, stay up."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from optimizer.simulate.scenarios import load_scenario
from service.clock import system_clock
from service.data_folder import prepare_folder
from service.db.engine import Database
from service.demo.clinic import Clinic, Json
from service.demo.key import SITE, demo_key
from service.demo.mlflow_page import page_of
from service.demo.processes import (
    LOOPBACK,
    Interrupted,
    Running,
    answers,
    check_port,
    interruptible,
    parts,
    running,
    wait_for,
)
from service.demo.treatment import PSEUDONYM, Told, Treatment
from service.settings import Settings
from service.tracking.status import lag

UNITS = {"ma": "mA", "us": "µs", "hz": "Hz"}
"""How the units in the names of the demo's parameters are written."""
SEED = 0
"""Which synthetic patient: one who starts beside a configuration that helps much more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What `titrate run` was asked for."""

    folder: Path
    port: int
    mlflow_port: int
    trials: int
    stay: bool
    began_s: float = field(default_factory=time.monotonic)

    @property
    def service(self) -> str:
        """Address of the web application."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def mlflow(self) -> str:
        """Address of the MLflow server."""
        return f"http://{LOOPBACK}:{self.mlflow_port}"


def run(plan: Plan, console: Console) -> None:
    """Run everything until interrupted, or until the trials are done where the plan says so.

    Args:
        plan: What was asked for.
        console: Where to say it.

    Raises:
        PortInUseError: If a port is taken.
        DataFolderError: If the folder cannot be written.
        ServiceError: If a part does not come up or ends by itself.
    """
    prepare_folder(plan.folder)
    check_port(plan.port, "--port")
    check_port(plan.mlflow_port, "--mlflow-port")
    settings = Settings(data_folder=plan.folder)
    key = _prepare(settings)
    with (
        suppress(Interrupted),
        interruptible(),
        running(parts(plan.folder, plan.port, plan.mlflow_port), plan.folder / "logs") as started,
    ):
        with console.status("starting the service, the worker and MLflow"):
            wait_for(lambda: answers(f"{plan.service}/readyz"), started, "the service")
        with Clinic(plan.service, key) as clinic:
            course_id = _treat(plan, clinic, key, console)
        with console.status("waiting until MLflow shows the course"):
            wait_for(lambda: answers(f"{plan.mlflow}/health"), started, "MLflow")
            wait_for(lambda: lag(settings) == 0, started, "the projection")
        _say_where(plan, course_id, key, console)
        if plan.stay:
            _stay(started, console)


def _prepare(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        database.migrate()
        return demo_key(database, settings.data_folder, system_clock())
    finally:
        database.close()


def _treat(plan: Plan, clinic: Clinic, key: str, console: Console) -> str:
    treatment = Treatment(clinic, load_scenario("scs-tonic"), SEED)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("synthetic patient", total=plan.trials)
        told_first = False

        def on_answer(answer: Json) -> None:
            nonlocal told_first
            if answer["kind"] == "proposal" and not told_first:
                told_first = True
                _say_first(plan, treatment.course_id, key, progress.console)

        if treatment.trials() == 0:
            _tell(progress.console, treatment.rate_start())
        while (done := treatment.trials() - 1) < plan.trials:
            progress.update(task, completed=done, description=f"trial {done + 1}")
            told = treatment.next_trial(on_answer)
            if told is None:
                progress.console.print("The answer is a hold with stimulation off: nothing more to try.")
                break
            _tell(progress.console, told)
        progress.update(task, completed=min(treatment.trials() - 1, plan.trials), description="trials done")
    return treatment.course_id


def _tell(console: Console, told: Told) -> None:
    settings = "  ".join(
        value if isinstance(value, str) else f"{value:g} {UNITS[name.rpartition('_')[2]]}"
        for name, value in told.settings.items()
    )
    pain = "-" if told.pain is None else f"{told.pain:.1f}"
    console.print(
        f"{told.number:>3} {told.kind:<8} {settings:<33} pain {pain:>4}  side effect {told.worst_side_effect:g}",
        highlight=False,
    )


def _say_first(plan: Plan, course_id: str, key: str, console: Console) -> None:
    took = time.monotonic() - plan.began_s
    _print_plainly(console, f"First proposal {took:.1f} s after the start. Ask for one yourself:")
    _print_plainly(console, curl(plan.service, course_id, key))


def curl(service: str, course_id: str, key: str) -> str:
    """Return a line for a shell that asks for the next proposal of a course."""
    return (
        f"curl -sS -X POST {service}/v1/courses/{course_id}/asks -H 'Authorization: Bearer {key}' "
        "-H \"Idempotency-Key: $(date +%s%N)\" -H 'Content-Type: application/json' -d '{\"in_clinic\": true}'"
    )


def _say_where(plan: Plan, course_id: str, key: str, console: Console) -> None:
    page = page_of(plan.mlflow, site=SITE, patient=PSEUDONYM, course_id=course_id)
    for name, what in (
        ("API docs", f"{plan.service}/docs"),
        ("patient in MLflow", page or plan.mlflow),
        ("demo key", key),
        ("next proposal", curl(plan.service, course_id, key)),
    ):
        _print_plainly(console, f"{name + ':':<19}{what}")


def _print_plainly(console: Console, line: str) -> None:
    """Print without wrapping: what is meant for the clipboard must stay one line."""
    console.print(line, soft_wrap=True, highlight=False, markup=False)


def _stay(started: tuple[Running, ...], console: Console) -> None:
    console.print("Up until you press Ctrl-C.", highlight=False)
    while True:
        time.sleep(1.0)
        for process in started:
            process.check()
