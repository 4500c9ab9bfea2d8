"""The page of HTTP is true: its lines work as they stand, its tables name every code a client meets."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from optimizer.decision import HoldReason, Purpose, StopReason
from service.auth.principal import Role
from service.settings import Settings
from tests.service.live import serving

PAGE = Path(__file__).resolve().parents[2] / "docs" / "http.md"
ROLES = (Role.CLINICIAN, Role.RECORDER, Role.RESEARCHER, Role.AUDITOR, Role.ADMINISTRATOR)
"""As the key of `make run`."""


def answers(printed: str) -> list[Any]:
    """Return the JSON values that a shell printed one after the other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while printed[at:].strip():
        at += len(printed[at:]) - len(printed[at:].lstrip())
        value, at = decoder.raw_decode(printed, at)
        found.append(value)
    return found


@pytest.mark.skipif(shutil.which("jq") is None or shutil.which("curl") is None, reason="no curl or jq here")
def test_the_lines_of_the_page_work_one_after_the_other(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    with serving(Settings(data_folder=tmp_path / "titrate-data")) as server:
        (tmp_path / "titrate-data" / "demo-key").write_text(server.key(*ROLES, site="demo"), encoding="utf-8")
        script = "set -euo pipefail\n" + "\n".join(blocks).replace("http://127.0.0.1:8000", server.address)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    clear, first, answer, status, second, hold, waiting, reviewed, *after = answers(done.stdout)
    assert (clear, len(first), len(second)) == (True, 2, 1)
    assert (answer["kind"], answer["status"], status) == ("proposal", "proposed", "approved")
    assert (hold["kind"], hold["reason"], hold["release"]) == ("hold", "unreviewed_adverse_event", "review")
    assert {item["kind"] for item in waiting} == {"adverse_event", "hold"}
    assert reviewed == "adverse_event"
    ended, opened, going_on = after
    assert ended == {"reason": "device_replaced", "withdrawn_proposals": []}
    assert (opened["n_trials"], opened["ended"], going_on) == (0, None, [opened["device"]])


def test_the_tables_name_every_code_of_holds_stops_and_purposes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [code for code in (*HoldReason, *StopReason, *Purpose) if f"`{code}`" not in page] == []
