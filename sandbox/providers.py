"""Which sandbox: names to backends. To add one, write its file and an entry here."""

from collections.abc import Callable

from sandbox.base import SandboxProvider
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.docker import DockerProvider

PROVIDERS: dict[str, Callable[[], SandboxProvider]] = {
    "docker": DockerProvider,
    "bubblewrap": BubblewrapProvider,
}


def make_provider(name: str) -> SandboxProvider:
    """The backend of that name; nothing is started yet. Raises KeyError."""
    return PROVIDERS[name]()
