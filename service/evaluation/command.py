"""The options of ``titrate evaluate``. Light: what is needed is imported when the command runs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

WHAT, WHERE, KEPT = "What is compared", "Where it runs", "What is kept"
OURS = "safe_bo,gentle,brisk,random_safe,stay"
EXAMPLES = """
[bold]Examples[/bold]

[cyan]titrate evaluate --patients 5 --trials 10[/cyan]   a first look, under a minute

[cyan]titrate evaluate --patients 200[/cyan]   a claim, with the default policies

[cyan]titrate evaluate --policies safe_bo,plain_botorch,guarded:plain_botorch@20[/cyan]   beside a peer

[cyan]titrate evaluate --policies safe_bo,mine:POLICY[/cyan]   beside your own, from mine.py in this folder

[cyan]titrate evaluate --backend dask --scheduler tcp://10.0.0.5:8786[/cyan]   on a cluster that has Titrate
"""


def evaluate(  # noqa: PLR0913, PLR0917 - one argument an option
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME,...", help="Whom they treat. FILE.toml: one of your own.", rich_help_panel=WHAT
        ),
    ] = "scs-tonic",
    policies: Annotated[
        str,
        typer.Option(
            metavar="NAME,...",
            help="Who is compared. NAME@20: on 20 patients only. guarded:NAME: inside our safety layer. "
            "PACKAGE.MODULE:NAME: one of your own.",
            rich_help_panel=WHAT,
        ),
    ] = OURS,
    patients: Annotated[
        int, typer.Option(metavar="N", min=1, help="Patients; 200 for a claim.", rich_help_panel=WHAT)
    ] = 20,
    first_patient: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, help="Where the cohort begins; 1000: another one.", rich_help_panel=WHAT
        ),
    ] = 0,
    trials: Annotated[
        int, typer.Option(metavar="N", min=2, help="Trials each, the start included.", rich_help_panel=WHAT)
    ] = 30,
    show_names: Annotated[
        bool, typer.Option("--list", help="Show every scenario and policy, and end.", rich_help_panel=WHAT)
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Processes; left out, one a core.", rich_help_panel=WHERE),
    ] = None,
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="loky: this machine; dask: a cluster.", rich_help_panel=WHERE)
    ] = "loky",
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of dask, as tcp://10.0.0.5:8786.", rich_help_panel=WHERE),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Runs and reports.", file_okay=False, rich_help_panel=KEPT),
    ] = Path("evaluation"),
    mlflow: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            envvar="TITRATE_MLFLOW_TRACKING",
            help="Where MLflow shows it; left out, a store in that folder; none: nowhere.",
            rich_help_panel=KEPT,
        ),
    ] = None,
) -> None:
    """Compare policies on synthetic patients, whose truth is known.

    Every policy meets the same patients with the same luck; processes and machines change no result.

    A run is kept the moment it ends: a killed command, given again, goes on where it was.
    """
    from rich.console import Console

    if show_names:
        from service.evaluation.names import names

        Console().print(names())
        return
    sys.path.insert(0, str(Path.cwd()))  # where a policy of the reader's own lies

    from optimizer.evaluate.arena import Comparison
    from optimizer.evaluate.backend import Backend
    from service.evaluation.session import Plan, carry_out

    plan = Plan(
        comparisons=tuple(
            Comparison(
                scenario=name,
                policies=_listed(policies),
                n_trials=trials,
                n_patients=patients,
                first_patient=first_patient,
            )
            for name in _listed(scenario)
        ),
        backend=Backend(name=backend, n_processes=jobs, scheduler=scheduler),
        folder=out,
        options=f"--trials {trials} --patients {patients}"
        + (f" --first-patient {first_patient}" if first_patient else "")
        + f" --policies {policies}",
        mlflow=mlflow,
    )
    carry_out(plan, Console())


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))
