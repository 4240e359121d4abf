"""What the harness asks of a machine's guard: the types; a guard itself imports nothing of ours."""

from typing import TypedDict


class Order(TypedDict):
    """Travels as one marshalled dictionary."""

    argv: list[str]
    """bwrap and its arguments."""
    machine_fds: list[int]
    """Descriptors that are the machine's alone."""
    lock_fd: int
    """Holds the lock on the machine's folder for as long as this process lives."""
    folder: str
    """The machine's own; removed at the end."""
    tmpfs: dict[str, tuple[str, str]]
    """Folder within `folder` -> mount options, and `exec` or `noexec`."""
    cgroups: list[str]
    """Groups made for this machine alone; removed at the end."""
    rlimits: dict[str, int]
    user: int | None
    """Whom root becomes."""
    neighbor: int | None
    """A process of the machine whose network to join."""
    ttl_s: float
