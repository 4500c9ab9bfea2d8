"""Break the safety code and the ledger on purpose, one small change at a time, and see a test fail.

``python tools/mutation.py [part of a path ...]``, or ``make mutation``. Works in a scratch copy; the tree is never
touched. The tests named for a file in ``tools/mutation.toml`` are collected once; then every mutant is a fork of that
process, which puts the wrong code where the right one was and lets pytest go on. Of every survivor that file says why it
changes nothing; one without a reason fails the run. The results go to ``docs/acceptance/mutations.json`` and the page beside
it. With ``--survivors`` only those are run again that survived the last time, where the file is still the same.
"""

import ast
import contextlib
import gc
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from acceptance import commit
from hypothesis import HealthCheck, Phase, settings
from mutants import Mutant, mutants_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "acceptance" / "mutations.json"
PLAN = ROOT / "tools" / "mutation.toml"
WARM = ("alembic", "fastapi", "httpx2", "joserfc.jwk", "numpy", "rfc8785", "sqlalchemy.orm", "uvicorn")
"""Imported once, before the forks; nothing of ours is."""
OPTIONS = (
    *("-x", "-q", "-s", "--tb=line", "--no-header", "--hypothesis-profile=mutation"),
    *("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:xdist", "-p", "no:anyio"),
    *("-p", "no:unraisableexception", "-p", "no:threadexception"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
"""Of pytest: no plugin that is slow to start; what the parent imported is not rewritten, the tests themselves are."""
PROFILE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
"""That of ``make test``, without making counterexamples small."""
SCREEN = os.dup(1)
"""Where the forks, whose output goes to a file, show how it goes."""
SLACK_S = 20.0
"""A mutant may take this much longer than three times what all tests take without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A file to break, and the tests that are to notice, the quick ones first."""

    file: str
    tests: list[str]


def main(arguments: Sequence[str]) -> int:
    """Break what is named, or everything; returns 1 where a survivor has no reason."""
    plan = tomllib.loads(PLAN.read_text(encoding="utf-8"))
    targets = [Target(**entry) for entry in plan["target"]]
    again = "--survivors" in arguments
    parts = [argument for argument in arguments if argument != "--survivors"]
    wanted = [target for target in targets if not parts or any(part in target.file for part in parts)]
    for name in WARM:
        importlib.import_module(name)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    code = commit()  # before the results make the tree another
    with scratch() as folder:
        for target in wanted:
            results[target.file] = break_file(target, folder, results.get(target.file) if again else None)
            results[target.file]["commit"] = code
            RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unexplained = 0
    for file in results:
        left = [one for one in results[file]["survivors"] if reason_of(one, plan, file) is None]
        unexplained += len(left)
        for one in left:
            print(f"{file}:{one['line']}\n  - {one['was']}\n  + {one['becomes']}")
    (RESULTS.with_suffix(".md")).write_text(page(results, plan), encoding="utf-8")
    return 1 if unexplained else 0


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Give a copy of what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="titrate-mutation-") as name:
        folder = Path(name)
        for entry in filter(None, listed.split("\0")):
            if (ROOT / entry).is_file():
                (folder / entry).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / entry, folder / entry)
        yield folder


def break_file(target: Target, folder: Path, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run every mutant of one file, or those that survived before.

    Args:
        target: The file and its tests.
        folder: The scratch copy.
        before: What this gave the last time; None runs every mutant.

    Returns:
        What JSON keeps of it, the commit aside.
    """
    started = time.monotonic()
    path = folder / target.file
    right = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(right.encode()).hexdigest()
    if before is not None and before["source"] != digest:
        raise SystemExit(f"{target.file} has changed since: run all of its mutants")
    mutants = [m for m in mutants_of(right) if before is None or _entry(m) in before["survivors"]]
    inside = [mutant for mutant in mutants if only_inside_functions(right, mutant.source)]
    breaker = Breaker(path, right, inside, folder / "endings")
    status = _wait(_fork_pytest(folder, target.tests, breaker), 24 * 3600.0)
    if status != pytest.ExitCode.OK:
        raise SystemExit(f"{(folder / 'output').read_text()}\nThe tests of {target.file} fail already.")
    usual_s, *words = json.loads((folder / "endings").read_text(encoding="utf-8"))
    endings = dict(zip(inside, words, strict=True))
    for mutant in mutants:
        if mutant not in endings:  # what runs when the module is imported: everything is imported anew
            _write(path, mutant.source)
            endings[mutant] = ending_of(_fork_pytest(folder, target.tests), usual_s)
            say(path, mutant, endings[mutant])
    _write(path, right)
    counts = Counter(endings.values())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "failed": counts["failed"] + (before["failed"] if before else 0),
        "minutes": round((time.monotonic() - started) / 60 + (before["minutes"] if before else 0), 1),
        "source": digest,
        "survivors": [_entry(mutant) for mutant in mutants if endings[mutant] == "passed"],
        "tests": target.tests,
        "timeout": counts["timeout"] + (before["timeout"] if before else 0),
    }


def _entry(mutant: Mutant) -> dict[str, Any]:
    return {"line": mutant.line, "was": mutant.was, "becomes": mutant.becomes}


class Breaker:
    """A pytest plugin: when all is collected, every mutant gets a fork of this process to run the tests in."""

    def __init__(self, path: Path, right: str, mutants: list[Mutant], endings: Path) -> None:
        """Take the file, its source and the mutants that differ inside functions, and where to write how they ended."""
        self._path, self._right, self._mutants, self._endings = path, right, mutants, endings

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests by example first: they are the quick ones."""
        items.sort(key=lambda item: bool(getattr(getattr(item, "obj", None), "is_hypothesis_test", False)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Fork; in a fork return nothing, so that pytest goes on as always."""
        gc.unfreeze()  # the tests freeze what was imported, and what is frozen is not found
        functions = functions_of(self._path)
        gc.freeze()
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            os.setsid()
            put_in_place(functions, self._path, self._right)  # which must change nothing
            return None
        if ending_of(child, 600.0) != "passed":
            raise pytest.UsageError("the tests fail without a mutant")
        usual_s = time.monotonic() - started
        words = []
        for mutant in self._mutants:
            _write(self._path, mutant.source)  # for processes that tests start
            child = os.fork()
            if child == 0:
                os.setsid()
                put_in_place(functions, self._path, mutant.source)
                return None
            words.append(ending_of(child, usual_s))
            say(self._path, mutant, words[-1])
        _write(self._path, self._right)
        self._endings.write_text(json.dumps([usual_s, *words]), encoding="utf-8")
        return True


def only_inside_functions(right: str, wrong: str) -> bool:
    """Return whether two sources differ in the bodies of functions alone."""

    def outside(source: str) -> str:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.body = []
        return ast.dump(tree)

    return outside(right) == outside(wrong)


def functions_of(path: Path) -> dict[str, list[FunctionType]]:
    """Return every function a file defined, by qualified name, wherever it is kept; a lambda has no name to go by."""
    found: dict[str, list[FunctionType]] = {}
    for entry in gc.get_objects():
        named = type(entry) is FunctionType and entry.__name__ != "<lambda>"
        if named and entry.__code__.co_filename == str(path):
            found.setdefault(entry.__code__.co_qualname, []).append(entry)
    return found


def put_in_place(functions: dict[str, list[FunctionType]], path: Path, source: str) -> None:
    """Give functions the code another source of their file has for them."""
    waiting = [compile(source, str(path), "exec", dont_inherit=True)]
    while waiting:
        for part in waiting.pop().co_consts:
            if isinstance(part, CodeType):
                waiting.append(part)
                for function in functions.get(part.co_qualname, ()):
                    function.__code__ = part


def _write(path: Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        cached.unlink()  # a mutant may have the size and the second of the one before


def ending_of(child: int, usual_s: float) -> str:
    """Return how a process of tests ended: ``passed``, ``failed`` or ``timeout``."""
    status = _wait(child, 3 * usual_s + SLACK_S)
    if status is None:
        os.kill(child, signal.SIGINT)  # what the tests started is theirs to stop
        if _wait(child, 15.0) is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return "timeout"
    # one that cannot even be imported: a test named by its id is not found then
    broken = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR)
    if status not in (pytest.ExitCode.OK, *broken):
        raise SystemExit(f"pytest could not run: {status}")
    return "failed" if status else "passed"


def _fork_pytest(folder: Path, tests: list[str], *plugins: object) -> int:
    """Start pytest in a fork of this process, which has imported what is slow to import; output in ``output``."""
    child = os.fork()
    if child:
        return child
    status = int(pytest.ExitCode.INTERNAL_ERROR)
    try:
        os.setsid()
        output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        os.environ["PYTHONPATH"] = str(folder)
        sys.path[:] = [str(folder), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT)]
        # the first counterexample is enough: to make it small takes minutes
        settings.register_profile("mutation", PROFILE)
        status = int(pytest.main([*OPTIONS, *tests], plugins=list(plugins)))
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here: nothing of the parent's is unwound
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _wait(child: int, limit_s: float) -> int | None:
    """Return the exit status of a child, or None where it has none in time."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


def say(path: Path, mutant: Mutant, ending: str) -> None:
    """Show how a mutant ended."""
    word = "SURVIVED" if ending == "passed" else ending
    line = f"{word:8} {path.name}:{mutant.line}  {mutant.was}  =>  {mutant.becomes}\n"
    os.write(SCREEN, line.encode())


def reason_of(survivor: dict[str, Any], plan: dict[str, Any], file: str) -> str | None:
    """Return why a survivor changes nothing, or None where nobody said so."""
    for entry in plan.get("survivor", []):
        if entry["file"] == file and [survivor["was"], survivor["becomes"]] in entry["changes"]:
            return str(entry["reason"])
    return None


def page(results: dict[str, Any], plan: dict[str, Any]) -> str:
    """Return the page: a table of all files, then every survivor with its reason."""
    rows, lists = [], []
    for file, found in sorted(results.items()):
        survivors = found["survivors"]
        n = found["failed"] + found["timeout"] + len(survivors)
        rows.append(
            f"| `{file}` | {n} | {n - len(survivors)} | {len(survivors)} | {found['minutes']} | {found['commit']} |"
        )
        if survivors:
            lists.append(f"\n## {file}\n")
        reasons: dict[str, list[str]] = {}
        for one in survivors:
            change = f"line {one['line']}: `{one['was']}` became `{one['becomes']}`"
            reasons.setdefault(reason_of(one, plan, file) or "No reason known.", []).append(change)
        for reason, changes in reasons.items():
            lists.append(f"- {reason.strip()}\n" + "\n".join(f"  - {change}" for change in changes))
    introduction = plan["introduction"].strip()
    head = "| file | mutants | killed | survived | minutes | commit |\n|---|---|---|---|---|---|"
    return "\n".join([f"# Mutations\n\n{introduction}\n\n{head}", *rows, *lists]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
