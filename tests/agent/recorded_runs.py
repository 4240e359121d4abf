"""Recorded model runs: a spec, the model's replies, and hidden tests that another hand wrote.

    python -m tests.agent.recorded_runs

plays every recording leniently and writes it anew: do that after a change of prompts, tools or
generated code, look at the difference, and commit it with the change.
"""

import sys
import tempfile
from pathlib import Path

from agent.backend_agent import BackendAgent
from agent.models.base import Model
from agent.models.recording import RecordingModel
from agent.models.replay import ReplayModel
from agent.settings import Settings, VerifierSettings
from agent.task import AgentResult, AgentTask
from sandbox.base import SandboxProvider
from sandbox.docker import DockerProvider

FOLDER = Path(__file__).parent / "recordings"
CASES = Path(__file__).parents[2] / "evals" / "suites" / "core"
"""Where the specs and hidden tests of most recordings are; the others have them beside them."""
WITH_EXAMINER = frozenset({"letterpress"})
"""Runs with independent tests and a judge; the older ones were made before there were any."""
NAMES = sorted(path.name for path in FOLDER.iterdir())


def play(name: str, model: Model, provider: SandboxProvider, folder: Path) -> AgentResult:
    """Run the recording's spec with a model; the hidden tests are part of the verdict."""
    spec, acceptance = _given(name)
    task = AgentTask(
        task_id=name,
        spec=spec.read_text(encoding="utf-8"),
        acceptance=acceptance,
        repository=folder / "repo",
    )
    verifier = VerifierSettings(independent_tests=name in WITH_EXAMINER)
    settings = Settings(state_dir=folder / "state", verifier=verifier)
    agent = BackendAgent(settings, model=model, provider=provider)
    return agent.execute_task(task)


def _given(name: str) -> tuple[Path, Path]:
    """The spec and the folder of hidden tests."""
    case = CASES / name
    if case.is_dir():
        return case / "instruction.md", case / "tests"
    return FOLDER / name / "spec.md", FOLDER / name / "acceptance"


def record_anew(name: str) -> AgentResult:
    """Write the recording again, from its own replies."""
    path = FOLDER / name / "recording.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "recording.jsonl"
        model = RecordingModel(ReplayModel(path, strict=False), fresh)
        result = play(name, model, DockerProvider(), Path(folder))
        path.write_bytes(fresh.read_bytes())
    return result


def main() -> None:
    """Record every run anew and say how each ended."""
    for name in NAMES:
        result = record_anew(name)
        sys.stdout.write(f"{name}: {result.status} after {result.steps} steps. {result.reason}\n")


if __name__ == "__main__":
    main()
