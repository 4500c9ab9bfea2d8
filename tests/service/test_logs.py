"""What a process says of what was sent to it: nothing. A whole server and worker: ``test_served``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.service.fuzz import SECRET

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import logging, threading, warnings, structlog
from service import logs

logs.configure()
structlog.get_logger("titrate.any").warning("ours", lag=3, pseudonym=SECRET, status=[SECRET])
logging.getLogger("service.any").warning("ours", extra={"lag": 3, "pseudonym": SECRET})
for name in ("service.any", "uvicorn.error", "sqlalchemy.pool"):
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger(name).exception("failed")
thread = threading.Thread(target=int, args=(SECRET,))
thread.start()
thread.join()
logging.getLogger("any.library").warning("could not read %s", SECRET)
logging.getLogger("any.library").warning(f"could not read {SECRET}")
logging.getLogger("uvicorn.error").error(f"Traceback (most recent call last):\\n{SECRET}")
warnings.warn(SECRET, UserWarning)
int(SECRET)
"""


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """Give what a process wrote that logged a secret in every way there is, and died of it."""
    command = [sys.executable, "-c", f"SECRET = {SECRET!r}\n{PROGRAM}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert SECRET.lower() not in done.stderr.lower()
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_field_that_is_not_on_the_list_is_not_written(told: list[dict[str, Any]]) -> None:
    for line in told[:2]:
        assert set(line) == {"at", "level", "logger", "event", "lag"}
        assert (line["event"], line["level"], line["lag"]) == ("ours", "warning", 3)


def test_of_an_exception_its_type_and_places_are_written_but_never_its_message(
    told: list[dict[str, Any]],
) -> None:
    failed = [line for line in told if "error" in line]
    assert [line["error"] for line in failed] == ["ValueError"] * 5
    assert [line["event"] for line in failed[-2:]] == ["uncaught"] * 2
    assert failed[0]["places"].startswith("<module>:")


def test_of_a_librarys_line_the_template_is_written_but_not_what_was_filled_in(
    told: list[dict[str, Any]],
) -> None:
    of_libraries = [line["event"] for line in told if line["logger"] in ("any.library", "py.warnings")]
    assert of_libraries[0] == "could not read %s"
    assert of_libraries[1].startswith("<string>:")
    assert len(of_libraries) == 3
    assert [line for line in told if line["logger"] == "uvicorn.error"][-1]["event"].startswith("<string>:")
