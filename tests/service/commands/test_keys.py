"""``titrate keys`` as an administrator meets it, on a real ledger file."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from service.auth.keys import prefix_of
from service.cli import app
from tests.service.new_ledger import new_ledger


@pytest.fixture(scope="module", autouse=True)
def _installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Point the commands at the data folder of an installation."""
    folder = tmp_path_factory.mktemp("keys")
    new_ledger(folder).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TITRATE_DATA_FOLDER", str(folder))
        yield


def titrate(*words: str) -> Result:
    return CliRunner().invoke(app, ["keys", *words])


def created(*more: str) -> str:
    done = titrate("create", "--principal", "ward-3", "--role", "recorder", *more)
    assert done.exit_code == 0, done.stderr
    return done.stdout.strip()


def test_a_key_is_printed_this_once_and_the_list_opens_nothing() -> None:
    key = created("--role", "auditor", "--site", "north")
    shown = titrate("list").stdout
    (line,) = [row for row in shown.splitlines() if prefix_of(key) in row]
    for said in ("ward-3", "north", "recorder", "auditor", "never"):
        assert said in line
    assert key not in shown
    assert key.removeprefix(f"titrate_{prefix_of(key)}").strip("_") not in shown


def test_a_rotated_key_follows_the_old_and_without_overlap_replaces_it_at_once() -> None:
    old = created()
    new = titrate("rotate", prefix_of(old), "--overlap-hours", "0").stdout.strip()
    rows = titrate("list").stdout.splitlines()
    (follower,) = [row for row in rows if row.count(prefix_of(new))]
    assert prefix_of(old) in follower
    assert "works" in follower
    (ended,) = [row for row in rows if prefix_of(old) in row and row != follower]
    assert "works" not in ended


def test_a_revoked_key_is_named_by_its_public_part() -> None:
    prefix = prefix_of(created())
    assert titrate("revoke", prefix).stdout == f"revoked: {prefix}\n"
    assert "not-found" in titrate("revoke", "000000000000").stderr
    (line,) = [row for row in titrate("list").stdout.splitlines() if prefix in row]
    assert "revoked" in line


@pytest.mark.parametrize(
    "words",
    [
        ("revoke", "000000000000"),
        ("rotate", "000000000000"),
        ("create", "--principal", "x", "--role", "surgeon"),
        ("create", "--principal", "x", "--role", "patient_app"),
        ("create", "--principal", "x"),
        ("create", "--principal", "x", "--role", "auditor", "--days", "0"),
        ("rotate", "000000000000", "--overlap-hours", "-1"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(words: tuple[str, ...]) -> None:
    refused = titrate(*words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr


def on_a_terminal(*words: str, columns: int) -> str:
    """Return what a command shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "service.cli", "keys", *words]
    env = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    done = subprocess.Popen(command, stdout=theirs, env=env)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # how a terminal says that nobody writes to it any more
            break
        shown += part
        if not part:
            break
    os.close(ours)
    assert done.wait(60) == 0
    return shown.decode()


def test_the_prefix_that_revoke_asks_for_is_whole_on_a_narrow_terminal() -> None:
    prefix = prefix_of(created())
    assert prefix in on_a_terminal("list", columns=80)


def test_through_a_pipe_each_key_is_a_line_of_columns_parted_by_tabs() -> None:
    prefix = prefix_of(created("--site", "north"))
    header, *lines = (line.split("\t") for line in titrate("list").stdout.splitlines())
    (line,) = [line for line in lines if line[0] == prefix]
    found = dict(zip(header, line, strict=True))
    assert found | {"expires": ""} == {
        "prefix": prefix,
        "principal": "ward-3",
        "site": "north",
        "roles": "recorder",
        "patient": "",
        "state": "works",
        "expires": "",
        "last used": "never",
        "follows": "",
    }
