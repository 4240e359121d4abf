"""Fixtures for every package."""

import pytest

from sandbox.base import SandboxProvider
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.docker import DockerProvider

collect_ignore = ["agent/recordings"]
"""Hidden tests of recorded runs: they talk to a backend that the verifier starts."""
MACHINES = [
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
]
"""Backends that run commands for real."""


@pytest.fixture(scope="session")
def docker_provider() -> DockerProvider:
    """Sandboxes on the machine's Docker engine; builds the image when it is missing.

    An engine that is missing is an error, not a skip: `-m "not docker"` leaves these tests out.
    """
    provider = DockerProvider()
    provider.prepare(print)
    return provider


@pytest.fixture(scope="session")
def bubblewrap_provider() -> BubblewrapProvider:
    """Sandboxes made by bwrap; builds their environment when it is missing.

    A bwrap that does not work here is an error, not a skip: `-m "not bubblewrap"` leaves it out.
    """
    provider = BubblewrapProvider()
    provider.prepare(print)
    return provider


@pytest.fixture(params=MACHINES)
def machines(request: pytest.FixtureRequest) -> SandboxProvider:
    """Every backend that runs commands for real, in turn."""
    return open_provider(request)


def open_provider(request: pytest.FixtureRequest) -> SandboxProvider:
    """The backend that the fixture's parameter names."""
    found: SandboxProvider = request.getfixturevalue(f"{request.param}_provider")
    return found
