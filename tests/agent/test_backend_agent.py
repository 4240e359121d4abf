"""The product as a function: a task goes in, a verified branch and its artifacts come out."""

import gzip
import hashlib
import json
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from agent.backend_agent import BackendAgent
from agent.errors import RepositoryError, RunError, SettingsError, SpecError
from agent.events import Event
from agent.git import run_git
from agent.models.base import Model
from agent.runs import run_folder
from agent.settings import Settings
from agent.task import AgentResult, AgentTask, Budget
from sandbox.base import SandboxProvider
from sandbox.memory import MemoryProvider
from tests.agent.kit import kinds
from tests.agent.unprobed import UNPROBED

SPEC = """# Notes

## Entities

### note

| field | type | rules |
|-------|------|-------|
| text | string(200) | required |

## Endpoints

| method | path | access | description |
|--------|------|--------|-------------|
| GET | /notes | public | list |
| POST | /notes | public | create |
| GET | /notes/{note_id} | public | get |
"""


def make_task(folder: Path, **changes: object) -> AgentTask:
    values = {"task_id": "notes-1", "spec": SPEC, "model": "builtin", **changes}
    return AgentTask.model_validate({"repository": folder / "repo", **values})


def make_agent(folder: Path, provider: SandboxProvider, model: Model | None = None) -> BackendAgent:
    return BackendAgent(
        Settings(state_dir=folder / "state", verifier=UNPROBED), provider=provider, model=model
    )


@pytest.fixture(scope="module")
def verified(
    docker_provider: SandboxProvider, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, AgentResult, list[Event]]:
    folder = tmp_path_factory.mktemp("verified")
    events: list[Event] = []
    task = make_task(folder, metadata={"ticket": 7})
    result = make_agent(folder, docker_provider).execute_task(task, on_event=events.append)
    return folder, result, events


@pytest.mark.docker
class TestVerified:
    """One run, looked at from all sides."""

    def test_result(self, verified: tuple[Path, AgentResult, list[Event]]) -> None:
        folder, result, events = verified
        assert (result.status, result.retryable, result.unmet) == ("verified", False, ())
        assert (result.branch, result.task_id) == ("agent/notes-notes-1", "notes-1")
        assert result.metadata == {"ticket": 7}
        assert result.verdict is not None
        assert result.verdict.passed
        assert result.test_report is not None
        assert result.test_report.passed > 10
        assert (result.usage.total_tokens, result.cost_usd) == (0, 0.0)
        assert kinds(events)[0] == "run_started"
        assert kinds(events)[-2:] == ["committed", "run_ended"]
        assert run_git(folder / "repo", "rev-parse", "agent/notes-notes-1") == result.commit

    def test_branch_holds_no_trace_of_the_harness(
        self, verified: tuple[Path, AgentResult, list[Event]]
    ) -> None:
        folder, result, _ = verified
        paths = run_git(folder / "repo", "ls-tree", "-r", "--name-only", str(result.commit))
        assert "app/main.py" in paths
        assert not [path for path in paths.split() if path.startswith(".agent")]

    def test_artifacts_are_what_the_manifest_says(
        self, verified: tuple[Path, AgentResult, list[Event]]
    ) -> None:
        _, result, _ = verified
        by_kind = {artifact.kind: artifact for artifact in result.artifacts}
        assert set(by_kind) == {"source", "openapi", "test_report", "report", "journal", "manifest"}
        for artifact in result.artifacts:
            content = artifact.path.read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (
                artifact.size,
                artifact.sha256,
            )
        manifest = json.loads(by_kind["manifest"].path.read_bytes())
        assert {row["kind"] for row in manifest["artifacts"]} == set(by_kind) - {"manifest"}
        assert "/notes/{note_id}" in json.loads(by_kind["openapi"].path.read_bytes())["paths"]
        archive = gzip.decompress(by_kind["source"].path.read_bytes())
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            assert "app/main.py" in files.getnames()

    def test_the_same_task_id_is_the_same_run(
        self, verified: tuple[Path, AgentResult, list[Event]]
    ) -> None:
        folder, result, _ = verified
        events: list[Event] = []
        agent = make_agent(folder, MemoryProvider())
        again = agent.execute_task(make_task(folder), on_event=events.append)
        assert again == result
        assert events == []

    def test_no_machine_is_left(
        self, verified: tuple[Path, AgentResult, list[Event]], docker_provider: SandboxProvider
    ) -> None:
        folder, result, _ = verified
        owner = run_folder(folder / "state", result.run_id).owner
        assert docker_provider.reap(owner) == 0


def test_machines_belong_to_one_folder(tmp_path: Path) -> None:
    """Two callers of one engine who name a task alike do not end each other's machines."""
    first, second = (run_folder(tmp_path / state, "nightly").owner for state in ("a", "b"))
    assert first != second
    assert first == run_folder(tmp_path / "b" / ".." / "a", "nightly").owner
    memory = MemoryProvider()
    make_agent(tmp_path, memory).execute_task(make_task(tmp_path))
    owner = run_folder(tmp_path / "state", "notes-1").owner
    assert {box.spec.run_id for box in memory.opened} == {owner}


USER_TEST = """import os
import httpx2 as httpx

def test_notes_are_kept():
    with httpx.Client(base_url=os.environ["BASE_URL"]) as client:
        made = client.post("/notes", json={{"text": "hello"}})
        assert made.status_code == {status}
"""


@pytest.mark.docker
@pytest.mark.parametrize(("status", "end"), [(201, "verified"), (200, "unmet")])
def test_the_users_own_tests_decide_too(
    tmp_path: Path, docker_provider: SandboxProvider, status: int, end: str
) -> None:
    (tmp_path / "acceptance").mkdir()
    (tmp_path / "acceptance" / "test_notes.py").write_text(USER_TEST.format(status=status))
    agent = make_agent(tmp_path, docker_provider)
    result = agent.execute_task(make_task(tmp_path, acceptance=tmp_path / "acceptance"))
    assert result.status == end
    assert result.verdict is not None
    assert [check.name for check in result.verdict.checks if not check.ok] == (
        [] if end == "verified" else ["user_tests", "security"]
    )
    assert result.verdict.user_tests.tests[0].id == "user: test_notes.py::test_notes_are_kept"


REFUSED: dict[str, tuple[dict[str, object], type[Exception], str]] = {
    "a spec that is not there": ({"spec": None, "spec_path": "gone.md"}, SpecError, "no spec"),
    "an empty spec": ({"spec": " \n"}, SpecError, "empty"),
    "an unknown model": ({"model": "nope"}, SettingsError, "unknown model 'nope'"),
    "a model without its key": ({"model": "openai:gpt-x"}, SettingsError, "OPENAI_API_KEY"),
    "a price nobody knows": (
        {"model": "scripted:x.yaml", "budget": Budget(max_cost_usd=1)},
        SettingsError,
        "x.yaml",
    ),
    "a base that is not there": ({"base_branch": "main"}, RepositoryError, "no branch 'main'"),
    "a bad branch name": ({"branch": "a..b"}, RepositoryError, "is not a valid branch name"),
    "acceptance tests that are not there": ({"acceptance": "gone"}, SpecError, "no folder"),
    "a schema that is not there": ({"database_schema": "gone.sql"}, SpecError, "no schema"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_run_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    changes, error, words = REFUSED[name]
    agent = make_agent(tmp_path, MemoryProvider())
    with pytest.raises(error, match=words):
        agent.execute_task(make_task(tmp_path, **changes))
    assert list(tmp_path.iterdir()) == []


def test_resuming_a_run_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run 'x'"):
        make_agent(tmp_path, MemoryProvider()).resume("x")


def test_a_run_that_ran_out_of_steps_goes_on_with_more(tmp_path: Path) -> None:
    agent = make_agent(tmp_path, MemoryProvider())
    first = agent.execute_task(make_task(tmp_path, budget=Budget(max_steps=1)))
    assert (first.status, first.retryable) == ("budget_steps", True)
    assert [requirement.id for requirement in first.unmet] == ["R1", "R2", "R3", "R4"]
    again = agent.resume("notes", budget=Budget(max_steps=20))
    assert again.steps > first.steps
    assert again.status == "unmet"  # a memory sandbox runs nothing, so nothing is proven


def test_a_run_leaves_no_process(tmp_path: Path) -> None:
    def children() -> set[str]:
        threads = Path("/proc/self/task").glob("*/children")
        return {child for thread in threads for child in thread.read_text().split()}

    before = children()
    agent = make_agent(tmp_path, MemoryProvider())
    assert agent.execute_task(make_task(tmp_path, budget=Budget(max_steps=3))).steps == 3
    assert agent.resume("notes-1", budget=Budget(max_steps=20)).status == "unmet"
    assert agent.resume("notes-1").status == "unmet"
    assert children() <= before


def test_a_constraint_becomes_a_requirement(tmp_path: Path) -> None:
    agent = make_agent(tmp_path, MemoryProvider())
    result = agent.execute_task(make_task(tmp_path, constraints=("It must sing.",)))
    assert (result.unmet[-1].id, result.unmet[-1].text) == ("R5", "It must sing.")
