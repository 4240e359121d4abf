"""mini-swe-agent as a measured agent: a stand-in for the package speaks through the real pipe.

With the package itself: docs/evals.md says how.
"""

import sys
from pathlib import Path

import pytest

from agent.errors import SettingsError
from agent.settings import Settings
from evals.mini_swe_agent import PYTHON_VARIABLE, MiniTask, mini_python, run_mini
from sandbox.base import ExecResult, SandboxSpec
from sandbox.memory import MemorySandbox

PACKAGE = {
    "__init__.py": "",
    "agents/__init__.py": "",
    "agents/default.py": """
class DefaultAgent:
    def __init__(self, model, env, **options):
        self.env, self.options, self.n_calls = env, options, 0
        usage = {"prompt_tokens": 7, "completion_tokens": 2}
        self.messages = [{"extra": {"response": {"usage": usage}}}, {"role": "tool"}]
    def run(self, task):
        print("noise on stdout")
        for command in ("write " + task, "fail", "submit"):
            self.n_calls += 1
            said = self.env.execute({"command": command})
        return {"exit_status": said["output"]}
""",
    "config/__init__.py": "from pathlib import Path\nbuiltin_config_dir = Path(__file__).parent\n",
    "config/mini.yaml": """
agent: {system_template: s, instance_template: i}
environment: {env: {PAGER: cat}}
model: {model_kwargs: {drop_params: true}}
""",
    "environments/__init__.py": "",
    "environments/local.py": """
class LocalEnvironment:
    def __init__(self, env):
        self.env = env
    def _check_finished(self, output):
        assert output["returncode"] in (0, 3)
""",
    "models/__init__.py": "",
    "models/litellm_model.py": """
class LitellmModel:
    def __init__(self, **options):
        assert options["model_name"] == "openai/m"
""",
}


def sandbox() -> MemorySandbox:
    def answer(argv: object, files: dict[str, bytes]) -> ExecResult:
        assert isinstance(argv, list)
        assert argv[:6] == ["timeout", "-k", "1", "120", "bash", "-c"]
        if argv[6] == "write the task":
            files["app.py"] = b"print(1)"
        return ExecResult(exit_code=3 if argv[6] == "fail" else 0, output="Submitted")

    return MemorySandbox(SandboxSpec(run_id="mini"), answer)


def install_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in PACKAGE.items():
        path = folder / "minisweagent" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv(PYTHON_VARIABLE, sys.executable)


def task(folder: Path, model: str = "openai:m") -> MiniTask:
    return MiniTask("the task", model, folder, 5, 600, Settings())


def test_its_commands_run_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_stand_in(tmp_path, monkeypatch)
    machine = sandbox()
    said = run_mini(task(tmp_path), machine)
    assert (said.status, said.claims, said.steps) == ("done", True, 3)
    assert (said.usage.input_tokens, said.usage.output_tokens) == (7, 2)
    assert machine.get() == {"app.py": b"print(1)"}
    assert "noise on stdout" in (tmp_path / "output.log").read_text()


def test_a_command_that_kills_the_machine_is_its_own_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_stand_in(tmp_path, monkeypatch)
    killed = ExecResult(exit_code=None, output="", stopped_by="output")
    machine = MemorySandbox(SandboxSpec(run_id="mini"), lambda argv, files: killed)
    said = run_mini(task(tmp_path), machine)
    assert (said.status, said.claims, said.infrastructure) == ("failed", False, "")
    assert said.reason == "a command took the machine with it"


def test_without_the_package_nothing_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, sys.executable)
    said = run_mini(task(tmp_path), sandbox())
    assert (said.claims, said.infrastructure) == (False, "it died; its output.log says why")
    assert "No module named 'minisweagent'" in (tmp_path / "output.log").read_text()


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PYTHON_VARIABLE, raising=False)
    with pytest.raises(SettingsError, match=r"pip install mini-swe-agent==.* then set MINI_SWE"):
        mini_python()
    with pytest.raises(SettingsError, match="openai:NAME here, not 'builtin'"):
        run_mini(task(tmp_path, "builtin"), sandbox())
