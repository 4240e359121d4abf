"""Ctrl-C: the first asks the run to stop at a safe point, the second leaves at once.

The signals are blocked and a thread waits for them. Children inherit the block, so a terminal's
Ctrl-C, which goes to the whole process group, does not end a git that is at work for us.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.deadline import CancelToken

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cancel_on_signals(
    token: CancelToken, on_first: Callable[[], None], on_second: Callable[[], None]
) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM come here. Threads must be started inside.

    Args:
        token: cancelled by the first signal.
        on_first: called after that, from another thread.
        on_second: called by every later one, from another thread; it does not return.
    """
    over = threading.Event()

    def wait() -> None:
        while True:
            signal.sigwait(SIGNALS)
            if over.is_set():
                return
            if token.cancelled:
                on_second()
            token.cancel()
            on_first()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    waiter = threading.Thread(target=wait, name="signals", daemon=True)
    waiter.start()
    try:
        yield
    finally:
        over.set()
        assert waiter.ident is not None, "it was started"
        signal.pthread_kill(waiter.ident, signal.SIGTERM)
        waiter.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
