"""A provider that builds the image when the first sandbox is opened, and says so."""

from collections.abc import Callable

from sandbox.base import Sandbox, SandboxProvider, SandboxSpec
from sandbox.image import ensure_image
from sandbox.providers import make_provider


class ImageBuildingProvider:
    """Wraps the docker provider; safe to open from one thread at a time."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        """Give `progress` each line that the build says."""
        self._provider: SandboxProvider = make_provider("docker")
        self._progress = progress
        self._built = False
        self.name = self._provider.name

    def open(self, spec: SandboxSpec) -> Sandbox:
        """See `SandboxProvider.open`."""
        if not self._built:
            ensure_image(self._progress)
            self._built = True
        return self._provider.open(spec)

    def reap(self, run_id: str) -> int:
        """See `SandboxProvider.reap`."""
        return self._provider.reap(run_id)

    def describe(self) -> dict[str, str]:
        """See `SandboxProvider.describe`."""
        return self._provider.describe()
