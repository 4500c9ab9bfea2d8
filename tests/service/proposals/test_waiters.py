from service.proposals.waiters import Waiters


def test_everybody_who_waits_for_an_answer_is_told_and_nobody_else() -> None:
    waiters = Waiters()
    with waiters.awaiting("a") as one, waiters.awaiting("a") as two, waiters.awaiting("b") as other:
        waiters.tell("a")
        assert (one.is_set(), two.is_set(), other.is_set()) == (True, True, False)


def test_an_answer_that_comes_before_the_wait_is_not_missed() -> None:
    waiters = Waiters()
    with waiters.awaiting("a") as answered:
        waiters.tell("a")
        assert answered.wait(0)


def test_answers_nobody_waits_for_are_not_kept_and_silence_nobody() -> None:
    waiters = Waiters()
    with waiters.awaiting("mine") as mine:
        for number in range(2000):
            waiters.tell(f"unread {number}")
        waiters.tell("mine")
        assert mine.is_set()
        assert waiters.wanted == ("mine",)


def test_an_ask_is_wanted_while_anybody_waits_for_it() -> None:
    waiters = Waiters()
    assert waiters.wanted == ()
    with waiters.awaiting("a"):
        with waiters.awaiting("a"):
            pass
        assert waiters.wanted == ("a",)
    assert waiters.wanted == ()
