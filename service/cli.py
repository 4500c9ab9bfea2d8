"""The ``titrate`` command: thin commands, each importing what it needs when it runs.

So ``titrate --help`` loads neither torch nor mlflow. Clear errors go to standard error and end with exit code 2; a decision
that holds or stops is an answer, exit code 0.
"""

from pathlib import Path
from typing import Annotated

import typer

from service.commands.clear_errors import clear_errors
from service.commands.keys import commands as keys_commands
from service.commands.ledger import commands as ledger_commands
from service.commands.replay import replay
from service.evaluation.command import EXAMPLES, evaluate

app = typer.Typer(
    name="titrate",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Propose, replay and serve neurostimulation settings. Research use: a clinician decides on every proposal.",
)

app.add_typer(
    ledger_commands,
    name="ledger",
    help="The record: check it, sign where it stands, bound who may change it.",
)


@app.callback()
def main() -> None:
    """Give every command its place below one name."""


@app.command()
def propose(
    problem: Annotated[Path | None, typer.Option(help="Problem, canonical JSON.")] = None,
    history: Annotated[Path | None, typer.Option(help="History; left out, nothing was tried yet.")] = None,
    ask: Annotated[Path | None, typer.Option(help="Ask: when, and from which settings.")] = None,
    prior: Annotated[Path | None, typer.Option(help="Prior; left out, none.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every random draw inside.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the decision here, not to standard output.")] = None,
    example: Annotated[
        Path | None, typer.Option(help="Write example documents into this folder and end.", file_okay=False)
    ] = None,
) -> None:
    """Ask for the next settings from files, without a service."""
    with clear_errors():
        if example is not None:
            _write_example(example)
            return
        if problem is None or ask is None:
            raise typer.BadParameter("propose needs --problem and --ask (or --example FOLDER to see some)")
        decision = _decide(problem, history, ask, prior, seed)
        if out is None:
            typer.echo(decision)
        else:
            out.write_bytes(decision + b"\n")


def _decide(problem: Path, history: Path | None, ask: Path, prior: Path | None, seed: int) -> bytes:
    from optimizer import canonical
    from optimizer.ask import Ask
    from optimizer.history import History
    from optimizer.prior import NO_PRIOR, Prior
    from optimizer.problem import Problem

    # read before the heavy import, so that a wrong path is refused at once
    stated = canonical.decode(Problem, problem.read_bytes())
    facts = History() if history is None else canonical.decode(History, history.read_bytes())
    question = canonical.decode(Ask, ask.read_bytes())
    belief = NO_PRIOR if prior is None else canonical.decode(Prior, prior.read_bytes())

    from optimizer.propose import propose as decide

    return canonical.encode(decide(stated, facts, question, prior=belief, seed=seed))


def _write_example(folder: Path) -> None:
    from optimizer.evaluate.example import example_documents

    folder.mkdir(parents=True, exist_ok=True)
    for name, document in example_documents().items():
        (folder / name).write_bytes(document + b"\n")
    files = " ".join(f"--{name} {folder / name}.json" for name in ("problem", "history", "ask"))
    typer.echo(f"titrate propose {files}")


app.command()(replay)
app.command(epilog=EXAMPLES)(clear_errors()(evaluate))


mlflow_commands = typer.Typer(no_args_is_help=True)
app.add_typer(mlflow_commands, name="mlflow", help="The MLflow projection of the ledger.")

Namespace = Annotated[str, typer.Option(help="Head of the experiments' names in MLflow.")]


@app.command()
def run(
    data_dir: Annotated[Path, typer.Option(help="Holds the ledger, the MLflow store and the logs.")] = Path(
        "titrate-data"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the web application.")] = 8000,
    mlflow_port: Annotated[int, typer.Option(min=1, max=65535, help="Of the MLflow server.")] = 5000,
    trials: Annotated[int, typer.Option(min=1, max=200, help="How many to drive the patient through.")] = 12,
    end: Annotated[bool, typer.Option("--exit", help="End when the trials are done.")] = False,
) -> None:
    """Run everything on embedded defaults, with a synthetic spinal cord patient treated over HTTP."""
    from rich.console import Console

    from service.demo.run import Plan
    from service.demo.run import run as run_everything

    plan = Plan(folder=data_dir.resolve(), port=port, mlflow_port=mlflow_port, trials=trials, stay=not end)
    with clear_errors():
        run_everything(plan, Console())


@app.command()
def worker(
    namespace: Namespace = "titrate",
    status: Annotated[bool, typer.Option("--status", help="Only say how far behind MLflow is.")] = False,
) -> None:
    """Keep MLflow in step with the ledger, until interrupted."""
    from service.environment import read_settings

    with clear_errors():
        if status:
            from service.tracking.status import lag

            typer.echo(f"entries not shown yet: {lag(read_settings(), namespace=namespace)}")
            return
        from service.worker import run_worker

        run_worker(read_settings(), namespace=namespace)


@app.command()
def compute(
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many; TITRATE_COMPUTE_PROCESSES or 1.")
    ] = None,
) -> None:
    """Answer asks of web processes that have no compute process of their own, until interrupted."""
    from service.environment import read_settings

    with clear_errors():
        from service.commands.compute import run_compute

        settings = read_settings()
        run_compute(
            settings.model_copy(update={"compute_processes": processes or settings.compute_processes or 1})
        )


@mlflow_commands.callback()
def mlflow_group() -> None:
    """Give the commands of the projection their place below one name."""


@mlflow_commands.command()
def rebuild(namespace: Namespace = "titrate") -> None:
    """Delete the projection and make it again from the ledger; stop the worker first."""
    from service.environment import read_settings
    from service.worker import rebuild as rebuild_projection

    with clear_errors():
        typer.echo(f"courses shown: {rebuild_projection(read_settings(), namespace=namespace)}")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; TITRATE_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="TITRATE_PORT or 8000.")] = None,
) -> None:
    """Serve the HTTP interface, with its compute process, until interrupted."""
    with clear_errors():
        from service.environment import read_settings
        from service.serving import serve as serve_until_interrupted

        stated = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
        serve_until_interrupted(read_settings().model_copy(update=stated))


app.add_typer(keys_commands, name="keys", help="API keys.")


simulate_commands = typer.Typer(no_args_is_help=True)
app.add_typer(simulate_commands, name="simulate", help="Synthetic patients.")


@simulate_commands.callback()
def simulate_group() -> None:
    """Give the commands of synthetic patients their place below one name."""


@simulate_commands.command("validate")
def validate_patients(
    patients: Annotated[int, typer.Option(min=100, help="Patients drawn per preset.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 2030,
) -> None:
    """Hold synthetic patients against the published figures; exit code 1 where one is missed and not waived."""
    from optimizer.simulate.validation.table import as_markdown, validate

    with clear_errors():
        lines = validate(patients, seed)
        typer.echo(as_markdown(lines))
    if not all(line.is_accepted for line in lines):
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
