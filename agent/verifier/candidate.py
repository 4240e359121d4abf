"""What is judged, and with what."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.examiner.suite import ExamSuite
from agent.verifier.kept_tests import EarlierTests
from agent.verifier.predecessor import Predecessor
from sandbox.base import Sandbox, SandboxProvider, SandboxSpec
from sandbox.deadline import Deadline
from tools.blueprint.model import Blueprint


@dataclass(frozen=True)
class Candidate:
    """A tree that wants to be verified."""

    files: Mapping[str, bytes]
    """The exact tree to be committed: relative path -> content."""
    blueprint: Blueprint
    """The frozen copy; nothing in `files` can change it."""
    provider: SandboxProvider
    """Opens fresh machines."""
    run_id: str
    """The run that owns the machines."""
    deadline: Deadline
    """When it passes, what has not been shown counts as not shown."""
    predecessor: Predecessor | None = None
    """The version that the work builds on, when there is one with a database."""

    earlier: tuple[EarlierTests, ...] = ()
    """The project's tests in the base branch, and in trees of the run in which some failed."""
    independent: ExamSuite | None = None
    """Tests by a call that saw no code, as far as they count; None: nobody was asked."""
    security_probes: bool = True
    """Whether the running app is probed for security flaws."""

    def open(self, role: str, beside: Sandbox | None = None) -> Sandbox:
        """A fresh machine for that role, on the loopback of another if one is given."""
        spec = SandboxSpec(run_id=self.run_id, role=role, shares_network_with=beside)
        return self.provider.open(spec)
