import socket

import pytest

from service.command_errors import PortInUseError
from service.serving import listen


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError, match=f"port {taken.getsockname()[1]}: cannot be listened on"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_an_answer_is_not_held_back_for_an_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "asyncio turns Nagle off only then"
