# ruff: noqa: INP001, T201 - a script that runs itself and talks to the terminal
"""How long an ask takes on one core, beside Gaussian-process peers in the same run, and how much memory it needs.

Histories are those of a synthetic patient who followed the proposals. With six parameters the same trials carry ON and OFF
times as well, drawn at random. Times depend on the machine; ratios to the peers in the same run are what to compare.
Run by ``make bench``; prints Markdown.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal
from optimizer.errors import MissingExtraError
from optimizer.evaluate.lived import live_trial
from optimizer.history import History, applied
from optimizer.problem import Problem
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.parameter import listed
from optimizer.trial import Measure, Report, Review, ReviewSubject, Trial

SCENARIO = "scs-tonic"
SIZES = (5, 15, 30, 95, 195)
"""Trials on record. At each twentieth beyond eighty older trials are pooled anew and all is drawn anew, once."""
PEERS = ("plain_botorch", "optuna_gp")
PEERS_AT = 30
MANY_REPORTS = 1_000
POSTURES = "scs-tonic-all-day"
"""Rated in several postures, which a prediction for all day is the mean of."""
NEVER = 1e-9
"""A gain too small to stop for: what remains to be gained is found, as in use, and the search goes on."""


def course(n_trials: int, patient: int = 1, scenario_name: str = SCENARIO) -> tuple[Problem, History]:
    """Let a synthetic patient follow the proposals; a hold is reviewed and its trial spent on what it says to keep."""
    from optimizer.propose import propose

    scenario = load_scenario(scenario_name)
    problem = replace(scenario.problem, min_gain_nrs=0.0)
    whom, in_force = scenario.patient(patient), scenario.start(patient)
    settings, history = in_force, History()
    for place in range(n_trials):
        lived = live_trial(scenario, whom, place, settings, in_force)
        history = history.add(lived.trial, *lived.reports)
        in_force = settings or in_force
        at = scenario.begins_at(place) + timedelta(hours=20)
        decision = propose(problem, history, Ask(at=at, in_force=applied(problem, in_force.as_dict())))
        settings = in_force
        if isinstance(decision, Proposal):
            settings = decision.settings
        elif isinstance(decision, Hold):
            settings = decision.meanwhile or scenario.start(patient)
            history = history.add(*_seen(decision, place, at))
    return problem, history


def _seen(decision: Hold, place: int, at: datetime) -> Iterator[Review]:
    for number, subject_id in enumerate(decision.subject_ids):
        yield Review(
            id=f"review-{place}-{number}",
            subject=ReviewSubject.ADVERSE_EVENT,
            subject_id=subject_id,
            reason="simulated_review",
            occurred_at=at,
            recorded_at=at,
        )


def first(history: History, n_trials: int) -> History:
    """Return a course as it stood after its first trials, with their reports and reviews."""
    trials = history.trials[:n_trials]
    known = {trial.id for trial in trials}
    reports = tuple(report for report in history.reports if report.trial_id in known)
    subjects = {report.id for report in reports} | known
    reviews = tuple(review for review in history.reviews if review.subject_id in subjects)
    return History(trials=trials, reports=reports, reviews=reviews)


def question(problem: Problem, history: History) -> Ask:
    """Ask from the last trial's settings, a day on; everything on record is known."""
    facts: list[Trial | Report | Review] = [*history.trials, *history.reports, *history.reviews]
    latest = max(fact.recorded_at for fact in facts)
    return Ask(at=latest + timedelta(days=1), in_force=applied(problem, history.trials[-1].applied.values))


def cycled(problem: Problem, history: History) -> tuple[Problem, History]:
    """Return problem and trials with ON and OFF times beside the four parameters."""
    times = (
        listed("on_s", "s", [float(s) for s in range(10, 610, 10)]),
        listed("off_s", "s", [float(s) for s in range(0, 610, 10)]),
    )
    wide = replace(problem, space=replace(problem.space, parameters=problem.space.parameters + times))
    rng = np.random.default_rng(7)
    drawn = {parameter.name: rng.choice(parameter.numbers, size=len(history)) for parameter in times}
    trials = tuple(
        replace(
            trial,
            applied=applied(
                wide, {**trial.applied.values, **{name: float(drawn[name][row]) for name in drawn}}
            ),
        )
        for row, trial in enumerate(history.trials)
    )
    return wide, replace(history, trials=trials)


def much_rated(history: History) -> History:
    """Return a course rated more often, an hour apart, until it holds a thousand reports."""
    pains = [report for report in history.reports if report.measure is Measure.PAIN]
    more: list[Report] = []
    for number in range(max(0, MANY_REPORTS - len(history.reports))):
        turn, place = divmod(number, len(pains))
        at = pains[place].occurred_at + timedelta(hours=turn + 1)
        more.append(replace(pains[place], id=f"more-{number}", occurred_at=at, recorded_at=at))
    return history.add(*more)


def ask_s(
    problem: Problem, history: History, *, peer: str | None = None, repeats: int = 5, cold: bool = False
) -> list[float]:
    """Time the same ask with several seeds, one to warm up: as the next of a course, whose ask before is not timed."""
    from optimizer.evaluate.peers import load_peer
    from optimizer.policies.safe_bo import SafeBO
    from optimizer.propose import propose

    policy = SafeBO() if peer is None else load_peer(peer)
    asked, taken = question(problem, history), []
    before = first(history, len(history) - 1)
    for seed in range(repeats + 1):
        if peer is None and not cold:
            propose(problem, before, question(problem, before), seed=seed, policy=policy)
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            propose(problem, history, asked, seed=seed, policy=policy)
        taken.append(time.perf_counter() - began)
    return taken[1:]


def memory_mib(problem: Problem, history: History) -> float:
    """Return the peak memory of a fresh process that answers one ask, above that of one that only imported torch."""
    documents = "\n".join(canonical.encode(value).decode() for value in (problem, history))
    done = subprocess.run(
        [sys.executable, __file__, "--memory"], input=documents, text=True, capture_output=True, check=True
    )
    return float(done.stdout)


def print_memory() -> None:
    """Answer the ask on standard input and print the peak above torch's own, in MiB."""
    import torch

    torch.ones(8, 8, dtype=torch.float64) @ torch.ones(8, 8, dtype=torch.float64)
    own_kib = float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024
    from optimizer.propose import propose

    lines = sys.stdin.read().splitlines()
    problem, history = canonical.decode(Problem, lines[0]), canonical.decode(History, lines[1])
    propose(problem, history, question(problem, history))
    print((_peak_kib() - own_kib) / 1024)


def _peak_kib() -> float:
    # not ru_maxrss: Linux hands it on from the process that started this one
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0])


def rows(problem: Problem, history: History, sizes: tuple[int, ...], repeats: int) -> Iterator[str]:
    """Measure and describe, one Markdown row a case."""
    for n_parameters in (4, 6):
        space, lived = (problem, history) if n_parameters == 4 else cycled(problem, history)
        ours_s = None
        for size in sizes:
            record = first(lived, size)
            taken = ask_s(space, record, repeats=repeats)
            ours_s = median(taken) if size == PEERS_AT else ours_s
            yield _row("Titrate", n_parameters, size, len(record.reports), taken, 1.0, None)
            first_of_all = ask_s(space, record, repeats=2, cold=True)
            yield _row(
                "the same, nothing remembered",
                n_parameters,
                size,
                len(record.reports),
                first_of_all,
                1.0,
                None,
            )
            yield _in_use("as in use", n_parameters, space, record, repeats)
        for peer in PEERS:
            record = first(lived, PEERS_AT)
            try:
                taken = ask_s(space, record, peer=peer, repeats=max(2, repeats // 2))
            except MissingExtraError:
                continue
            ratio = None if ours_s is None else median(taken) / ours_s
            yield _row(peer, n_parameters, PEERS_AT, len(record.reports), taken, ratio, None)
    crowded = much_rated(first(history, max(sizes)))
    yield _in_use("as in use, many reports", 4, problem, crowded, repeats)
    yield _in_use(f"as in use, {POSTURES}", 4, *course(PEERS_AT, scenario_name=POSTURES), repeats)


def _in_use(who: str, parameters: int, problem: Problem, history: History, repeats: int) -> str:
    """Measure an ask as the service answers it: whether to stop is looked at too."""
    used = replace(problem, min_gain_nrs=NEVER)
    taken = ask_s(used, history, repeats=repeats)
    return _row(who, parameters, len(history), len(history.reports), taken, 1.0, memory_mib(used, history))


def _row(
    who: str,
    parameters: int,
    size: int,
    reports: int,
    taken: list[float],
    ratio: float | None,
    mib: float | None,
) -> str:
    low, middle, high = (f"{1000 * value:.0f}" for value in (min(taken), median(taken), max(taken)))
    times = "" if ratio in (None, 1.0) else f"{ratio:.1f}"
    memory = "" if mib is None else f"{mib:.0f}"
    return f"| {who} | {parameters} | {size} | {reports} | {middle} | {low} to {high} | {times} | {memory} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--memory", action="store_true", help="answer one ask from standard input and print its memory"
    )
    parser.add_argument("--trials", type=int, nargs="+", default=SIZES, help="sizes of the histories")
    parser.add_argument("--repeats", type=int, default=5, help="asks a size")
    given = parser.parse_args()
    if given.memory:
        print_memory()
        return
    sizes = tuple(sorted(given.trials))
    problem, history = course(max((*sizes, PEERS_AT)))
    grids = [f"{space.space.raw_size:,}" for space in (problem, cycled(problem, history)[0])]
    load = os.getloadavg()[0]
    print(
        f"# Ask time\n\n`make bench`, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores,"
    )
    print(
        f"one thread, load {load:.1f} at the start of the measurements. {SCENARIO}, {grids[0]} settings with four"
    )
    print(
        f"parameters, {grids[1]} with six. As in use: whether to stop is looked at too, from the eighth rated trial on."
    )
    print("Memory: peak of a fresh process that answers one ask, above that of torch alone.\n")
    print("| policy | parameters | trials | reports | median ms | ms | times Titrate | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows(problem, history, sizes, given.repeats):
        print(row, flush=True)


if __name__ == "__main__":
    main()
