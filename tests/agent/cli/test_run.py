"""`run` and `resume` as typed by a user, against a real engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.task import AgentResult

pytestmark = pytest.mark.docker

SPEC = """# Tiny

| method | path  | roles  | description |
|--------|-------|--------|-------------|
| GET    | /ping | public | pong        |
"""


class Shell:
    """Runs the product in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CONFIG_HOME": str(folder / "config")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OPENAI_")}
        self.env = kept | home | {"PYTHONPATH": str(Path(__file__).parents[3])}
        self.write("spec.md", SPEC)

    def write(self, name: str, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)

    def agent(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "agent", *arguments],
            cwd=self.folder,
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def shell(tmp_path: Path, docker_provider: object) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope.md"], "there is no spec nope.md; check the path"),
        (["state"], "state is a folder; name the spec file in it"),
        (["empty.md"], "empty.md:1: the spec is empty. "),
        (["latin.md"], "latin.md:1: not UTF-8 text; save the spec as UTF-8"),
        (["binary.md"], "binary.md:1: the spec is a binary file. "),
        (["spec.md", "--repo", "spec.md"], "spec.md is a file; --repo names a folder"),
        (["spec.md", "--repo", "."], " has files but is no git repository; run `git init`"),
        (["spec.md", "--repo", "r", "--base", "old"], "so it has no branch 'old'"),
        (["spec.md", "--repo", "r", "--branch", "a..b"], "'a..b' is not a valid branch name"),
        (["spec.md", "-c", "state_dir=spec.md"], "a file is in the way; name another folder"),
        (["spec.md", "--schema", "nope.sql"], "there is no schema nope.sql; check the path"),
        (["spec.md", "--max-steps", "0"], "--max-steps: must be greater than or equal to 1, not 0"),
        (["spec.md", "--task-id", "a b"], "--task-id: must match pattern "),
        (["spec.md", "--model", "gpt-9"], "unknown model 'gpt-9'"),
        (["spec.md", "--model", "openai:gpt-9"], "openai:gpt-9 needs a key: set OPENAI_API_KEY"),
        (["spec.md", "--base-url", "ftp://x"], "base_url: must start with http:// or https://"),
        (
            ["spec.md", "--model", "openai:odd", "--max-cost-usd", "1"],
            "--max-cost-usd cannot be kept: the price of 'openai:odd' is unknown",
        ),
    ],
)
def test_bad_input_is_a_sentence_and_starts_nothing(
    shell: Shell, arguments: list[str], says: str
) -> None:
    (shell.folder / "state").mkdir()
    shell.write("empty.md", " \n")
    shell.write("latin.md", b"caf\xe9")
    shell.write("binary.md", b"PK\x00\x03")
    done = shell.agent("run", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert list((shell.folder / "state").rglob("journal.jsonl")) == []


def test_without_git_it_says_how_to_get_it(shell: Shell) -> None:
    done = shell.agent("run", "spec.md", PATH="/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: git is not installed; install it (`apt-get install git`)\n"


def test_without_an_engine_it_says_what_is_missing(shell: Shell) -> None:
    done = shell.agent("run", "spec.md", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.startswith("error: no Docker engine at unix:///nowhere/docker.sock: install")


def test_a_run_ends_with_its_code_and_can_be_resumed(shell: Shell) -> None:
    shell.write("talk.yaml", "- text: I am done.\n" * 9)
    first = shell.agent(
        *("run", "spec.md", "--repo", "r", "--model", "scripted:talk.yaml"),
        *("--max-steps", "1", "--json"),
    )
    assert first.returncode == 4, first.stderr
    result = AgentResult.model_validate_json(first.stdout.splitlines()[-1])
    assert (result.status, result.steps, result.branch) == ("budget_steps", 1, None)

    second = shell.agent("resume", result.run_id[:5], "--max-steps", "9")
    assert second.returncode == 5, second.stderr
    assert "! step 4: the reply held no tool call; asked again" in second.stdout
    assert "✗ no action: " in second.stdout

    listed = shell.agent("list").stdout.splitlines()
    assert listed[1].split()[0] == result.run_id
    assert "no_action" in listed[1]


def test_check_tells_what_was_understood(shell: Shell) -> None:
    done = shell.agent("check", "spec.md")
    assert done.returncode == 0, done.stderr
    assert "GET /ping" in done.stdout


def test_check_of_a_bad_spec_fails_with_its_lines(shell: Shell) -> None:
    shell.write("empty.md", "")
    done = shell.agent("check", "empty.md")
    assert done.returncode == 2
    assert done.stderr.startswith("error: empty.md:1: the spec is empty. ")


def test_a_folder_inside_another_repository_is_refused(shell: Shell) -> None:
    subprocess.run(["git", "init", "-q", str(shell.folder)], check=True)
    (shell.folder / "inner").mkdir()
    shell.write("inner/file", "")
    done = shell.agent("run", "spec.md", "--repo", "inner", "--model", "builtin")
    assert done.returncode == 2
    assert "is a folder with files inside another repository" in done.stderr
