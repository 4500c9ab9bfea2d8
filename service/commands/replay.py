"""``titrate replay``: recordings searched again by every method, or one stored answer computed again."""

from pathlib import Path
from typing import Annotated

import typer

from service.commands.clear_errors import clear_errors

SEEDS_OF_A_CLAIM = 50
"""First sites an animal; fewer are told apart by luck."""


@clear_errors()
def replay(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of recorded maps (rat_m1_threshold_maps) or of a pain diary (myaiguide_pain_diary).",
            file_okay=False,
        ),
    ] = None,
    proposal: Annotated[
        str | None, typer.Option(help="Id of a stored answer, in place of a recording.")
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(min=1, help="First sites an animal, 50 for a claim; places of the benefit a stretch."),
    ] = 3,
    noise: Annotated[float, typer.Option(min=0.0, help="Maps: noise SD as a share of the maximum.")] = 0.0,
    queries: Annotated[int, typer.Option(min=1, max=32, help="Maps: sites tried in a run.")] = 16,
    held: Annotated[int, typer.Option(min=1, max=28, help="Diary: days each setting is held.")] = 7,
    stretches: Annotated[int, typer.Option(min=1, help="Diary: at most this many stretches.")] = 10,
    drift_expected: Annotated[
        bool,
        typer.Option("--drift-expected", help="Diary: ours is told that pain may change slowly by itself."),
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for tables and figure.", file_okay=False)] = Path(),
) -> None:
    """Replay recordings, ours beside random, extensive and plain GP-UCB; or compute one stored answer again."""
    if proposal is not None or data is None:
        _replay_stored(proposal)
        return
    from optimizer.errors import DataError
    from optimizer.evaluate import diary, recorded_maps
    from optimizer.evaluate.diary import DIARY_FILE
    from optimizer.evaluate.recorded_maps import POSITIONS_FILE, SCORES_FILE

    if not any((data / name).is_file() for name in (DIARY_FILE, SCORES_FILE, POSITIONS_FILE)):
        raise DataError(
            "--data",
            "holds neither recorded maps nor a pain diary",
            limit=f"{SCORES_FILE} and {POSITIONS_FILE}, or {DIARY_FILE}",
            remedy=f"The maps come from {recorded_maps.SOURCE}; the diary from {diary.SOURCE}.",
        )
    if (data / DIARY_FILE).is_file():
        _replay_diary(data, seeds, held, stretches, jobs, out, drift_expected=drift_expected)
    else:
        _replay_maps(data, seeds, noise, queries, jobs, out)


def _replay_maps(data: Path, seeds: int, noise: float, queries: int, jobs: int, out: Path) -> None:
    from rich.console import Console

    from optimizer.evaluate.recorded_maps import read_maps

    maps = read_maps(data)

    from optimizer.evaluate.replay import replay_maps
    from optimizer.evaluate.replay_report import published_rows, save
    from optimizer.evaluate.replay_table import difference_table, score_table

    console = Console()
    with console.status(f"{len(maps.animals)} animals, {seeds} first sites each"):
        found = replay_maps(maps, n_seeds=seeds, noise=noise, n_queries=queries, jobs=jobs)
    console.print(score_table(found, published_rows(found, data.parent / "published_replay_tables")))
    console.print(difference_table(found))
    console.print(f"{found.n_asks} decisions in {found.seconds:.0f} s on {jobs} process(es)")
    if seeds < SEEDS_OF_A_CLAIM:
        console.print(
            f"Fewer than {SEEDS_OF_A_CLAIM} first sites an animal: too few for a claim.", style="dim"
        )
    for path in save(found, out):
        console.print(f"written: {path}")


def _replay_diary(
    data: Path, seeds: int, held: int, stretches: int, jobs: int, out: Path, *, drift_expected: bool
) -> None:
    from rich.console import Console

    from optimizer.evaluate.diary import read_stretches

    recorded = read_stretches(data)

    from optimizer.evaluate.diary_replay import replay_diary, spread_evenly
    from optimizer.evaluate.diary_report import save, tables

    chosen = spread_evenly(recorded, stretches)
    console = Console()
    with console.status(f"{len(chosen)} of {len(recorded)} stretches"):
        found = replay_diary(chosen, days_held=held, n_seeds=seeds, jobs=jobs, drift_expected=drift_expected)
    for table in tables(found):
        console.print(table)
    console.print(f"{found.n_asks} decisions in {found.seconds:.0f} s on {jobs} process(es)")
    command = f"titrate replay --data {data.name} --held {held} --stretches {len(chosen)} --seeds {seeds}"
    command += " --drift-expected" if drift_expected else ""
    console.print(f"written: {save(found, out, command)}")


def _replay_stored(proposal_id: str | None) -> None:
    """Say whether a stored answer comes out the same, and what differs in versions; exit code 1 where it does not."""
    from service.errors import SchemaError

    if proposal_id is None:
        raise SchemaError("replay", "needs something to replay", limit="--data FOLDER or --proposal ID")
    from service.db.engine import Database
    from service.environment import read_settings
    from service.proposals.replaying import replay as replay_answer

    database = Database(read_settings().database_url)
    database.check()
    found = replay_answer(database, proposal_id)
    database.close()
    typer.echo(f"answered by: {found.by}")
    for name, (recorded, present) in found.differs.items():
        typer.echo(f"{name}: recorded under {recorded}, here {present}")
    if found.error is not None:
        typer.echo(f"failed now: {found.error}")
    typer.echo("bit for bit the same" if found.identical else "not the same")
    if not found.identical:
        raise typer.Exit(1)
