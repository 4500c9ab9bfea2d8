"""A run's digest says whether anything shown has changed."""

import dataclasses

from service.tracking.project import project


def test_digest_follows_everything_that_is_shown(writer, read):
    writer.write_trial(4.0, pain=6.0)
    run = project(read()).parent
    changes = (
        {"name": "another"},
        {"ended_at": run.started_at},
        {"tags": {}},
        {"points": run.points[1:]},
        {"files": {}},
        {"parameters": {}},
    )
    digests = {dataclasses.replace(run, **change).digest for change in changes}
    assert len(digests | {run.digest}) == len(changes) + 1
    assert dataclasses.replace(run).digest == run.digest
