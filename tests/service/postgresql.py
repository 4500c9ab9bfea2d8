"""A PostgreSQL of the tests' own: a cluster made, started, killed and thrown away."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

OWNER = "titrate"


def programs() -> Path | None:
    """Find the folder of the server programs, the newest where there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def somebody() -> str | None:
    """initdb refuses root: name another user, or None where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """Server processes on a free port of loopback, with the data in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._programs = folder
        self._user = somebody()
        # short: a socket's path has a bound; and outside pytest's folder, which another user may not enter
        self._home = Path(tempfile.mkdtemp(prefix="titrate-pg-"))
        if self._user:
            shutil.chown(self._home, self._user)
        self._port = free_port()
        self._data = self._home / "data"
        self._run("initdb", "-D", str(self._data), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def start(self) -> None:
        options = (
            f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._home} "
            "-c max_connections=120 -c recovery_init_sync_method=syncfs"
        )
        self._run(
            "pg_ctl", "-D", str(self._data), "-w", "-l", str(self._home / "log"), "-o", options, "start"
        )

    @property
    def postmaster(self) -> int:
        """Process id of the server, parent of one process a connection."""
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """Kill every server process at once, as a crash of the machine's database would."""
        postmaster = self.postmaster
        os.kill(postmaster, signal.SIGSTOP)  # so that it starts no other while its children go
        family = [*children(postmaster), postmaster]
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}/exe").exists() for pid in family):
            time.sleep(0.01)
        # where nobody reaps orphans the killed server looks alive to the next one, which then refuses to start
        for lock in (self._data / "postmaster.pid", self._home / f".s.PGSQL.{self._port}.lock"):
            lock.unlink(missing_ok=True)

    def url(self, database: str = "postgres", *, user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self._port}/{database}"

    def database(self, name: str) -> str:
        """Make an empty database and return its address."""
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        import psycopg  # an extra; only those who have a server need it

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def remove(self) -> None:
        try:
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        as_user = {"user": self._user} if self._user else {}
        subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self._home,
            timeout=60,
            **as_user,
        )


def children(parent: int) -> list[int]:
    """Return the ids of the processes a process started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found
