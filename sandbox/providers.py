"""Which sandbox: names to backends. To add one, write its file and an entry here."""

from collections.abc import Callable

from sandbox.base import ProviderName, SandboxProvider
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.docker import DockerProvider
from sandbox.local import LocalProvider

PROVIDERS: dict[ProviderName, Callable[[], SandboxProvider]] = {
    "docker": DockerProvider,
    "bubblewrap": BubblewrapProvider,
    "local": LocalProvider,
}


def make_provider(name: ProviderName) -> SandboxProvider:
    """The backend of that name; nothing is started yet."""
    return PROVIDERS[name]()
