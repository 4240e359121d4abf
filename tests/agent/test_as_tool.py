"""The product as a tool of other agents."""

import json
from pathlib import Path

import pytest

from agent.as_tool import REPORTED, as_langchain_tool, build_backend, openai_tool
from agent.backend_agent import BackendAgent
from agent.runs import run_folder
from agent.settings import Settings
from agent.task import AgentTask
from sandbox.memory import MemoryProvider
from tests.agent.kit import Script, reply

SPEC = "# Notes\n\nAnybody can list notes.\n"
GIVE_UP = reply(("finish", {"summary": "cannot", "give_up": True}))


@pytest.fixture
def task(tmp_path: Path) -> AgentTask:
    return AgentTask(spec="(from the caller)", repository=tmp_path / "repo")


@pytest.fixture
def agent(tmp_path: Path) -> BackendAgent:
    settings = Settings(state_dir=tmp_path / "state")
    return BackendAgent(settings, model=Script([GIVE_UP]), provider=MemoryProvider())


def test_openais_form() -> None:
    tool = openai_tool()
    function = tool["function"]
    assert tool["type"] == "function"
    assert isinstance(function, dict)
    assert function["name"] == "build_backend"
    parameters = function["parameters"]
    assert isinstance(parameters, dict)
    assert parameters["required"] == ["spec"]
    assert parameters["properties"].keys() == {"spec", "constraints", "task_id"}  # type: ignore[union-attr] # JSON


def test_a_call_is_a_run_and_its_answer_is_short(
    agent: BackendAgent, task: AgentTask, tmp_path: Path
) -> None:
    asked = {"spec": SPEC, "task_id": "n1", "constraints": ["Answer quickly."]}
    said = json.loads(build_backend(agent, task, json.dumps(asked)))
    assert said.keys() == REPORTED
    assert (said["run_id"], said["status"], said["branch"]) == ("n1", "unmet", None)
    assert [one["text"] for one in said["unmet"]] == ["Anybody can list notes.", "Answer quickly."]
    assert run_folder(tmp_path / "state", "n1").journal.exists()
    again = json.loads(build_backend(agent, task, json.dumps(asked)))
    assert again == said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("{", "arguments: Invalid JSON"),
        ('{"specs": "x"}', "spec: Field required"),
        ('{"spec": "# A", "task_id": "../x"}', "task_id: String should match"),
        ('{"spec": "# A", "repository": "/etc"}', "repository: Extra inputs are not permitted"),
        (json.dumps({"spec": "# A\n\nUse Django.\n"}), "Django"),
    ],
)
def test_what_cannot_be_used_is_refused(
    agent: BackendAgent, task: AgentTask, arguments: str, words: str
) -> None:
    said = json.loads(build_backend(agent, task, arguments))
    assert said["status"] == "refused"
    assert words in said["reason"]


def test_langchains_form(agent: BackendAgent, task: AgentTask) -> None:
    tool = as_langchain_tool(agent, task)
    assert tool.name == "build_backend"
    assert tool.args.keys() == {"spec", "constraints", "task_id"}
    said = json.loads(tool.invoke({"spec": SPEC, "task_id": "n2"}))
    assert (said["run_id"], said["status"]) == ("n2", "unmet")
