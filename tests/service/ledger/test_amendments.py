from datetime import timedelta

from optimizer.trial import Trial
from service.ledger.amendments import Amendment, applied_to, standing_trial
from tests.service.amendment_story import correct
from tests.service.live import Clinic
from tests.strategies.scs import day
from tests.strategies.scs import trial as told


def amendment(number: int, trial: Trial | None) -> Amendment:
    return Amendment(
        id=f"a{number}", trial_id="t1", trial=trial, reason="entered_wrongly", recorded_at=day(10 + number)
    )


def test_corrections_take_effect_in_the_order_of_the_record_and_keep_every_account() -> None:
    first, second, other = (told(number, amplitude_ma=ma)[0] for number, ma in ((1, 5.0), (1, 4.0), (2, 3.0)))
    assert isinstance(first, Trial)
    assert isinstance(second, Trial)
    assert isinstance(other, Trial)
    standing, before = applied_to([first, other], [amendment(1, None), amendment(2, second)])
    assert standing == (other, second)
    assert [(entry.trial, entry.until) for entry in before] == [(first, day(11))]
    standing, before = applied_to([first], [amendment(1, second), amendment(2, None)])
    assert standing == ()
    assert [entry.until - day(0) for entry in before] == [timedelta(days=11), timedelta(days=12)]


def test_what_stands_is_the_latest_account_or_nothing(clinic: Clinic) -> None:
    _, trial_id = clinic.rated_course()
    told_ma = []
    for amplitude_ma in (None, 4.0, 3.9):
        with clinic.server.services.database.read() as session:
            found = standing_trial(session, trial_id)
        told_ma.append(None if found is None else found.applied.values["amplitude_ma"])
        correct(clinic, trial_id, amplitude_ma)
    assert told_ma == [4.5, None, 4.0]
