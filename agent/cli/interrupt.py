"""Ctrl-C: the first asks the run to stop at a safe point, the second leaves at once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sandbox.deadline import CancelToken

STDERR = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPING = (
    b"\nstopping after this step; Ctrl-C again stops at once (either way it can be resumed)\n"
)


@contextmanager
def cancel_on_signals(token: CancelToken) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM cancel the token; a second one is a KeyboardInterrupt."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if token.cancelled:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            raise KeyboardInterrupt
        token.cancel()
        os.write(STDERR, STOPPING)  # a handler must not enter a buffered stream

    previous = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
