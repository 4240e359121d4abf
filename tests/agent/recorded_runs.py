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
NAMES = sorted(path.name for path in FOLDER.iterdir())


def play(name: str, model: Model, provider: SandboxProvider, folder: Path) -> AgentResult:
    """Run the recording's spec with a model; the hidden tests are part of the verdict.

    The runs were made when nobody asked an examiner, so nobody asks one here.
    """
    task = AgentTask(
        task_id=name,
        spec=(FOLDER / name / "spec.md").read_text(encoding="utf-8"),
        acceptance=FOLDER / name / "acceptance",
        repository=folder / "repo",
    )
    alone = VerifierSettings(independent_tests=False)
    settings = Settings(state_dir=folder / "state", verifier=alone)
    agent = BackendAgent(settings, model=model, provider=provider)
    return agent.execute_task(task)


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
