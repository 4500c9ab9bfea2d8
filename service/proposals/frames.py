"""Frames between the web process and a compute process: four bytes of length, then the bytes."""

import socket
import struct

_LENGTH = struct.Struct(">I")


def send(link: socket.socket, body: bytes) -> None:
    """Write one frame."""
    link.sendall(_LENGTH.pack(len(body)) + body)


def receive(link: socket.socket) -> bytes | None:
    """Read one frame; None where the other end is gone. Raises TimeoutError as the socket is set to."""
    head = _exactly(link, _LENGTH.size)
    return None if head is None else _exactly(link, _LENGTH.unpack(head)[0])


def _exactly(link: socket.socket, size: int) -> bytes | None:
    chunks = bytearray()
    while len(chunks) < size:
        try:
            chunk = link.recv(size - len(chunks))
        except ConnectionError:
            return None
        if not chunk:
            return None
        chunks += chunk
    return bytes(chunks)
