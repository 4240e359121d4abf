"""Ctrl-C: the first asks the run to stop at a safe point, the second leaves at once.

Only one thread takes the signals, all others block them. Children inherit the block, so that a
terminal's Ctrl-C, which goes to the whole process group, does not end a git that is at work for us.
An older thread may be handed a signal all the same; hence the pipe, which any thread writes to.
"""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sandbox.deadline import CancelToken

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cancel_on_signals(
    token: CancelToken, on_first: Callable[[], None], on_second: Callable[[], None]
) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM come here. Only the main thread may call it.

    Args:
        token: cancelled by the first signal.
        on_first: called after that, from another thread.
        on_second: called by every later one, from another thread; it does not return.
    """
    arrivals, pipe = socket.socketpair()
    pipe.setblocking(False)

    def wait() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        while arrivals.recv(1):
            if token.cancelled:
                on_second()
            token.cancel()
            on_first()

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    handlers = {number: signal.signal(number, _taken_by_the_pipe) for number in SIGNALS}
    wakeup = signal.set_wakeup_fd(pipe.fileno())
    waiter = threading.Thread(target=wait, name="signals", daemon=True)
    waiter.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        pipe.close()
        waiter.join()
        arrivals.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _taken_by_the_pipe(_number: int, _frame: FrameType | None) -> None:
    """Python writes a signal to the wakeup pipe only where it has a handler."""
