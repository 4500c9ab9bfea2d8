import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.types import Message, Receive, Scope, Send

from service.auth.principal import Role
from service.dependencies.lines import Lines
from service.settings import Settings
from tests.service.live import codes, serving


def asked(shown: bytes) -> Scope:
    return {"type": "http", "headers": [(b"host", b"x"), (b"authorization", shown)] if shown else []}


def test_a_few_of_one_caller_are_at_work_and_others_do_not_wait_for_them() -> None:
    at_work: list[bytes] = []

    async def hangs(scope: Scope, _receive: Receive, _send: Send) -> None:
        at_work.append(dict(scope["headers"]).get(b"authorization", b""))
        await asyncio.Event().wait()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    async def story() -> None:
        lines = Lines(hangs, at_once=3)
        callers = [b"Bearer a"] * 50 + [b"Bearer b", b"", b""]
        waiting = [asyncio.create_task(lines(asked(shown), receive, send)) for shown in callers]
        await asyncio.sleep(0.05)
        assert sorted(at_work) == [b"", b"", b"Bearer a", b"Bearer a", b"Bearer a", b"Bearer b"]
        waiting[0].cancel()  # who goes away makes room, in its turn or before it
        waiting[49].cancel()
        await asyncio.sleep(0.05)
        assert at_work.count(b"Bearer a") == 4
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert lines._lines == {}

    asyncio.run(story())


def test_of_one_clinic_s_many_writes_a_few_stand_before_another_s_and_all_are_answered(
    tmp_path: Path,
) -> None:
    with (
        serving(Settings(data_folder=tmp_path, at_once=2, rate_burst=1000), asks=False) as server,
        ThreadPoolExecutor(30) as threads,
    ):
        clinic = server.clinic(Role.ADMINISTRATOR)
        turns = server.services.database._turns
        assert turns is not None
        with server.services.database.write():
            replies = [
                threads.submit(clinic.post, "/patients", {"pseudonym": f"P-{number}"}) for number in range(30)
            ]
            time.sleep(1)
            assert len(turns._line) == 2
        assert codes([reply.result() for reply in replies]) == [(201, "")] * 30
