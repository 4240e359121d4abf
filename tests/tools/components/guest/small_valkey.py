"""A server that speaks as much of Valkey's protocol (RESP3) as a cache needs; `PORT` is its port.

python small_valkey.py PORT
"""

import asyncio
import sys
import time
from collections.abc import Callable

KEPT: dict[bytes, tuple[bytes, float]] = {}
"""Key -> (value, when it ends)."""


def find(key: bytes) -> bytes | None:
    """The value, unless its time is over."""
    value, ends_at = KEPT.get(key, (b"", 0.0))
    return value if time.monotonic() < ends_at else None


def bulk(value: bytes | None) -> bytes:
    """A string as it is sent, or nothing."""
    return b"_\r\n" if value is None else b"$%d\r\n%s\r\n" % (len(value), value)


def mget(*keys: bytes) -> bytes:
    """MGET key ..."""
    return b"*%d\r\n" % len(keys) + b"".join(bulk(find(key)) for key in keys)


def put(key: bytes, value: bytes, *options: bytes) -> bytes:
    """SET key value [EX seconds] [NX]."""
    words = [option.upper() for option in options]
    if b"NX" in words and find(key) is not None:
        return bulk(None)
    for_s = float(words[words.index(b"EX") + 1]) if b"EX" in words else 1e9
    KEPT[key] = value, time.monotonic() + for_s
    return b"+OK\r\n"


def delete(key: bytes) -> bytes:
    """DEL key."""
    return b":%d\r\n" % (KEPT.pop(key, None) is not None)


def hello(*_: bytes) -> bytes:
    """HELLO 3 ...: the version of the protocol."""
    return b"%1\r\n" + bulk(b"proto") + b":3\r\n"


COMMANDS: dict[bytes, Callable[..., bytes]] = {
    **{b"HELLO": hello, b"MGET": mget, b"SET": put, b"DEL": delete}
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client; whatever else it asks is refused as unknown."""
    while line := await reader.readline():
        words = []
        for _ in range(int(line[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        command = COMMANDS.get(words[0].upper())
        writer.write(command(*words[1:]) if command else b"-ERR unknown command\r\n")
        await writer.drain()
    writer.close()


async def main(port: int) -> None:
    """Listen until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
