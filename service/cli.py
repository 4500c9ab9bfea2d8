"""The command line: thin commands over the same functions the service uses. Heavy imports stand inside the commands."""

from typing import Annotated

import typer

app = typer.Typer(help="Titrate: personalised neurostimulation settings. Research use.", no_args_is_help=True)
mlflow_commands = typer.Typer(help="The MLflow projection of the ledger.", no_args_is_help=True)
app.add_typer(mlflow_commands, name="mlflow")

Namespace = Annotated[str, typer.Option(help="Head of the experiments' names.")]


@app.command()
def worker(
    namespace: Namespace = "titrate",
    status: Annotated[bool, typer.Option(help="Only say how far behind MLflow is.")] = False,
) -> None:
    """Keep MLflow in step with the ledger, until interrupted."""
    from service.settings import Settings

    if status:
        from service.tracking.status import lag

        typer.echo(f"entries not shown yet: {lag(Settings(), namespace=namespace)}")
        return
    from service.worker import run_worker

    run_worker(Settings(), namespace=namespace)


@mlflow_commands.command()
def rebuild(namespace: Namespace = "titrate") -> None:
    """Delete the projection and make it again from the ledger; stop the worker first."""
    from service.errors import ServiceError
    from service.settings import Settings
    from service.tracking.client import TrackingUnavailableError
    from service.tracking.relay import LeaseLostError
    from service.worker import rebuild as rebuild_projection

    try:
        courses = rebuild_projection(Settings(), namespace=namespace)
    except LeaseLostError:
        typer.echo("A worker is at work on this projection. Stop it first.", err=True)
        raise typer.Exit(2) from None
    except (TrackingUnavailableError, ServiceError) as error:
        typer.echo(f"The projection could not be made: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"courses shown: {courses}")
