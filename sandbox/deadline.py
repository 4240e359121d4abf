"""One clock for everything that may have to stop: a point in time and a cancel token."""

import math
import threading
import time
from dataclasses import dataclass, field
from typing import Self


class CancelToken:
    """Set once, from any thread or signal handler, to stop a run at its next safe point."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask whoever holds the token to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, but not past a cancel; returns `cancelled`."""
        return self._event.wait(seconds)


@dataclass(frozen=True)
class Deadline:
    """When something has to be over, on this process's monotonic clock."""

    ends_at: float = math.inf
    """Seconds of `time.monotonic()`."""
    token: CancelToken = field(default_factory=CancelToken)

    @classmethod
    def after(cls, seconds: float, token: CancelToken | None = None) -> Self:
        """A deadline that many seconds from this moment."""
        return cls(time.monotonic() + seconds, token or CancelToken())

    def at_most(self, seconds: float) -> "Deadline":
        """The same token, and the earlier of this end and `seconds` from this moment."""
        return Deadline(min(self.ends_at, time.monotonic() + seconds), self.token)

    @property
    def remaining_s(self) -> float:
        """Seconds left, never negative; `inf` when there is no end."""
        return max(0.0, self.ends_at - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is up or a cancel was asked for."""
        return self.token.cancelled or self.remaining_s <= 0
