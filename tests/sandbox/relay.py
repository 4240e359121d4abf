"""Passing on what is said between a client and an engine."""

import selectors
import socket
from contextlib import suppress


def relay(client: socket.socket, engine: socket.socket) -> None:
    """Both ways, an end of the input passed on as such, until the engine has said all."""
    with client, engine, selectors.DefaultSelector() as ready, suppress(OSError):
        ready.register(client, selectors.EVENT_READ, engine)
        ready.register(engine, selectors.EVENT_READ, client)
        while True:
            for key, _ in ready.select():
                source, target = (client, engine) if key.fileobj is client else (engine, client)
                data = source.recv(2**16)
                target.sendall(data)
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    ready.unregister(source)
                    if source is engine:
                        return
