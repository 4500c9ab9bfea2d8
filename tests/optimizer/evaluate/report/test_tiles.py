from optimizer.evaluate.report.comparison import compared
from optimizer.evaluate.report.tiles import tiles
from tests.optimizer.evaluate.traces import trace


def test_the_tiles_are_those_of_the_first_policy() -> None:
    runs = [
        trace(n, [level] * 10, [5.0, 5.0] + [0.0] * 8, 4.0, policy=policy, n_breaches=n)
        for n in range(2)
        for policy, level in (("random/1", 3.0), ("safe_bo/1", 2.0))
    ]
    worth, cost, breaches, asked = tiles(compared(runs, command="x"))
    assert (worth.value, worth.says) == ("50 %", "of achievable relief after 10 trials, Titrate")
    assert (cost.value, breaches.value, asked.value) == ("2.00", "1", "0.10 s")


def test_without_anything_achievable_the_worth_is_in_points() -> None:
    worth, *_ = tiles(compared([trace(0, [0.2] * 5, [0.0] * 5, 0.4)], command="x"))
    assert worth.value == "0.20"
    assert worth.says.startswith("points of relief")
