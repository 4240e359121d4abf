"""Examples are built and proven without a model: one a day; the largest by `make prove-large`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.backend_agent import BackendAgent
from agent.settings import Settings
from agent.task import AgentTask
from sandbox.base import SandboxProvider

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("bookshop", "clinic", "helpdesk", "lending", "todo", "conferences")


@pytest.mark.docker
def test_the_example_of_the_day_is_proven(tmp_path: Path, docker_provider: SandboxProvider) -> None:
    name = NAMES[datetime.now(UTC).toordinal() % len(NAMES)]
    agent = BackendAgent(Settings(state_dir=tmp_path / "state"), provider=docker_provider)
    spec = (EXAMPLES / name / "spec.md").read_text(encoding="utf-8")
    task = AgentTask(spec=spec, model="builtin", repository=tmp_path / "repo")
    result = agent.execute_task(task)
    assert result.status == "verified", (name, result.reason)


def test_every_example_has_its_turn() -> None:
    specs = {path.parent.name for path in EXAMPLES.glob("*/spec.md")}
    assert specs == {*NAMES, "shop"}
