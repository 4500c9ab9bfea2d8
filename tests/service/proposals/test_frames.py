import socket

import pytest

from service.proposals.frames import receive, send


def test_frames_come_whole_and_in_order() -> None:
    one, other = socket.socketpair()
    with one, other:
        for body in (b"", b"x", bytes(100_000)):
            send(one, body)
            assert receive(other) == body
        one.close()
        assert receive(other) is None


def test_a_frame_cut_short_is_no_frame() -> None:
    one, other = socket.socketpair()
    with other:
        with one:
            one.sendall(b"\x00\x00\x00\x05abc")
        assert receive(other) is None


def test_silence_is_a_timeout() -> None:
    one, other = socket.socketpair()
    with one, other:
        other.settimeout(0.05)
        with pytest.raises(TimeoutError):
            receive(other)
