"""Every account of a trial in the order the ledger learned of it, with what ended it."""

from service.tracking.accounts import accounts, as_of


def test_a_trial_corrected_taken_back_and_said_anew_has_three_accounts(writer, read):
    trial_id, other = writer.apply(4.0), writer.apply(4.1)
    corrections = [writer.correct(trial_id, 3.8), writer.correct(trial_id, None)]
    record = read()
    said = accounts(record)
    assert [(a.identifier, a.number, a.trial.applied.values["amplitude_ma"]) for a in said] == [
        (trial_id, 1, 4.0),
        (corrections[0], 1, 3.8),
        (other, 2, 4.1),
    ]
    assert [a.replaced_by and a.replaced_by.id for a in said] == [*corrections, None]
    assert [a.until for a in said] == [
        record.sequences[corrections[0]],
        record.sequences[corrections[1]],
        None,
    ]


def test_what_was_known_at_a_sequence_is_the_account_of_then(writer, read):
    trial_id = writer.apply(4.0)
    before = read().sequences[trial_id]
    correction = writer.correct(trial_id, 3.8)
    record = read()
    known = [as_of(accounts(record), trial_id, at) for at in (before, record.sequences[correction])]
    assert [account.identifier for account in known] == [trial_id, correction]
