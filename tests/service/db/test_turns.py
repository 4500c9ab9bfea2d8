import threading
import time
from pathlib import Path

import pytest

from service.db.turns import Turns
from tests.service.new_ledger import new_ledger

LONG_S = 30.0


def test_the_turn_goes_to_whoever_asked_first() -> None:
    turns, order = Turns(), []
    threads = [threading.Thread(target=_take, args=(turns, order, number)) for number in range(8)]
    with turns.turn(LONG_S):
        for place, thread in enumerate(threads, start=1):
            thread.start()
            _await_line(turns, place)
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_one_at_a_time_and_again_after_an_error() -> None:
    turns, inside, most = Turns(), [], []

    def work() -> None:
        for _ in range(50):
            with turns.turn(LONG_S):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0)
                inside.pop()

    with pytest.raises(ZeroDivisionError), turns.turn(LONG_S):
        assert 1 / 0
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(most), max(most)) == (300, 1)


def test_whoever_gives_up_leaves_the_line_and_holds_nobody_up() -> None:
    turns, order = Turns(), []
    later = threading.Thread(target=_take, args=(turns, order, 1))
    with turns.turn(LONG_S):
        with pytest.raises(TimeoutError), turns.turn(0.01):
            order.append(0)
        later.start()
        _await_line(turns, 1)
    later.join()
    assert order == [1]
    with turns.turn(0.0):
        pass


def test_writes_to_sqlite_begin_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    database = new_ledger(tmp_path, busy_timeout_s=LONG_S)
    order: list[int] = []

    def write(number: int) -> None:
        with database.write():
            order.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    with database.write():
        for place, thread in enumerate(threads, start=1):
            thread.start()
            assert database._turns is not None
            _await_line(database._turns, place)
    for thread in threads:
        thread.join()
    database.close()
    assert order == list(range(6))


def _take(turns: Turns, order: list[int], number: int) -> None:
    with turns.turn(LONG_S):
        order.append(number)


def _await_line(turns: Turns, length: int) -> None:
    end = time.monotonic() + LONG_S
    while len(turns._line) < length:
        assert time.monotonic() < end
        time.sleep(0.001)
