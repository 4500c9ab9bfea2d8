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
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from optimizer import canonical
from optimizer.ask import Ask
from optimizer.decision import Hold, Proposal
from optimizer.errors import MissingExtraError
from optimizer.evaluate.lived import live_trial
from optimizer.history import History, applied
from optimizer.policies.policy import Policy
from optimizer.problem import Problem
from optimizer.simulate.scenarios import load_scenario
from optimizer.space.parameter import listed
from optimizer.trial import Measure, Report, Review, ReviewSubject, Trial

SCENARIO = "scs-tonic"
SIZES = (5, 15, 30, 95, 195)
"""Trials on record. At each twentieth beyond eighty older trials are pooled anew and all is drawn anew, once."""
OURS = "Titrate"
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


def ask_s(problem: Problem, history: History, *, repeats: int = 5, cold: bool = False) -> list[float]:
    """Time the same ask with several seeds, one to warm up: as the next of a course, whose ask before is not timed."""
    from optimizer.policies.safe_bo import SafeBO

    policy = SafeBO()
    return [_asked_s(problem, history, policy, seed, follows=not cold) for seed in range(repeats + 1)][1:]


def in_turn(problem: Problem, history: History, rounds: int) -> dict[str, list[float]]:
    """Time an ask of ours and of every peer that is installed, one after the other, round by round.

    A machine that others use changes its pace within minutes: what is asked in one round shares it. One round warms up.
    """
    from optimizer.evaluate.peers import load_peer
    from optimizer.policies.safe_bo import SafeBO

    policies: dict[str, Policy] = {OURS: SafeBO()}
    for peer in PEERS:
        with suppress(MissingExtraError):
            policies[peer] = load_peer(peer)
    taken: dict[str, list[float]] = {name: [] for name in policies}
    for seed in range(rounds + 1):
        for name, policy in policies.items():
            taken[name].append(_asked_s(problem, history, policy, seed, follows=name == OURS))
    return {name: seconds[1:] for name, seconds in taken.items()}


def _asked_s(problem: Problem, history: History, policy: Policy, seed: int, *, follows: bool) -> float:
    from optimizer.propose import propose

    asked, before = question(problem, history), first(history, len(history) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if follows:
            propose(problem, before, question(problem, before), seed=seed, policy=policy)
        began = time.perf_counter()
        propose(problem, history, asked, seed=seed, policy=policy)
        return time.perf_counter() - began


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


def rows(
    problem: Problem, history: History, sizes: tuple[int, ...], repeats: int, rounds: int
) -> Iterator[str]:
    """Measure and describe, one Markdown row a case."""
    for n_parameters in (4, 6):
        space, lived = (problem, history) if n_parameters == 4 else cycled(problem, history)
        for size in sizes:
            record = first(lived, size)
            case = (n_parameters, size, len(record.reports))
            beside = in_turn(space, record, rounds) if size == PEERS_AT else {}
            ours = beside.pop(OURS, None) or ask_s(space, record, repeats=repeats)
            yield _row(OURS, *case, ours)
            yield _row("the same, nothing remembered", *case, ask_s(space, record, repeats=2, cold=True))
            yield _in_use("as in use", n_parameters, space, record, repeats)
            for peer, theirs in beside.items():
                yield _row(peer, *case, theirs, times=_times(theirs, ours))
    crowded = much_rated(first(history, max(sizes)))
    yield _in_use("as in use, many reports", 4, problem, crowded, repeats)
    yield _in_use(f"as in use, {POSTURES}", 4, *course(PEERS_AT, scenario_name=POSTURES), repeats)


def _times(theirs: list[float], ours: list[float]) -> str:
    """Describe how many times as long a peer takes, round by round: the median, and the middle half of the rounds."""
    low, middle, high = quantiles([peer / own for peer, own in zip(theirs, ours, strict=True)], n=4)
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


def _in_use(who: str, parameters: int, problem: Problem, history: History, repeats: int) -> str:
    """Measure an ask as the service answers it: whether to stop is looked at too."""
    used = replace(problem, min_gain_nrs=NEVER)
    taken, mib = ask_s(used, history, repeats=repeats), memory_mib(used, history)
    return _row(who, parameters, len(history), len(history.reports), taken, mib=f"{mib:.0f}")


def _row(
    who: str, parameters: int, size: int, reports: int, taken: list[float], *, times: str = "", mib: str = ""
) -> str:
    low, middle, high = (f"{1000 * value:.0f}" for value in (min(taken), median(taken), max(taken)))
    return f"| {who} | {parameters} | {size} | {reports} | {middle} | {low} to {high} | {times} | {mib} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--memory", action="store_true", help="answer one ask from standard input and print its memory"
    )
    parser.add_argument("--trials", type=int, nargs="+", default=SIZES, help="sizes of the histories")
    parser.add_argument("--repeats", type=int, default=5, help="asks a size")
    parser.add_argument("--rounds", type=int, default=20, help=f"of all in turn, at {PEERS_AT} trials")
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
    print(
        "Memory: peak of a fresh process that answers one ask, above that of torch alone. Times Titrate: of rounds in turn,"
    )
    print("the median and the middle half.\n")
    print("| policy | parameters | trials | reports | median ms | ms | times Titrate | MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows(problem, history, sizes, given.repeats, given.rounds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
