"""What a user can put right ends in one line and exit code 2; what is our own mistake does not hide."""

import errno

import pytest
import typer
from sqlalchemy.exc import OperationalError

from optimizer.errors import MissingExtraError
from service.command_errors import PortInUseError
from service.commands.clear_errors import USAGE_ERROR, clear_errors
from service.errors import DatabaseUnreachableError


def ended(error: BaseException) -> None:
    with clear_errors():
        raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PortInUseError("port", "is in use", remedy="Choose another."), f"[{PortInUseError.code}]"),
        (MissingExtraError("ax", "is not installed"), f"[{MissingExtraError.code}]"),
        (PermissionError(errno.EACCES, "Permission denied", "plan.json"), "plan.json: Permission denied."),
        (OSError(errno.ENOSPC, "No space left"), "file: No space left."),
        (
            OperationalError("INSERT", {"name": "x"}, Exception("disk is full\nDETAIL: (Zwiebelfisch)")),
            f"disk is full. Check its disk, its server and the rights of the role. [{DatabaseUnreachableError.code}]",
        ),
    ],
)
def test_what_can_be_put_right_is_one_line_and_exit_code_2(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as end:
        ended(error)
    assert end.value.exit_code == USAGE_ERROR == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("titrate: ")
    assert line.endswith(said)


@pytest.mark.parametrize("error", [ValueError("ours"), KeyboardInterrupt(), typer.Exit(1)])
def test_what_no_user_can_put_right_is_not_hidden(error: BaseException) -> None:
    with pytest.raises(type(error)) as end:
        ended(error)
    assert end.value is error


def test_where_all_is_well_it_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with clear_errors():
        typer.echo("done")
    assert capsys.readouterr() == ("done\n", "")
