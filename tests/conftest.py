"""Fixtures for every package."""

import pytest

from sandbox.bubblewrap import BubblewrapProvider
from sandbox.docker import DockerProvider

collect_ignore = ["agent/recordings"]
"""Hidden tests of recorded runs: they talk to a backend that the verifier starts."""


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
