"""Cases that begin with a repository: every agent gets it, and changes are what it hands over."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.git import run_git
from evals.agents import run_agent
from evals.case import Case, load_case
from evals.given import commit_given
from evals.plan import AgentSpec
from evals.prompt import describe_single_shot, describe_task
from tests.evals.kit import NOP, ORACLE, RIGHT, deliver, make_case, make_job

GIVEN = {"app.py": b"all tests fail: test_kept\n", "docs/notes.md": b"kept\n"}
REPLY = """- text: |
    ````app.py
    all tests pass
    ````
"""
PROGRAM = """
import pathlib, subprocess
assert pathlib.Path("docs/notes.md").read_text() == "kept\\n"
log = subprocess.run(["git", "log", "--format=%s"], capture_output=True, text=True, check=True)
assert log.stdout == "Begin\\n"
pathlib.Path("app.py").write_text("all tests pass\\n")
"""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    folder = tmp_path / "notes"
    made = make_case(folder)
    for path, content in GIVEN.items():
        target = folder / "environment" / "repository" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    changed = load_case(folder)
    assert changed.digest != made.digest
    return changed


def test_nothing_done_is_the_repository(tmp_path: Path, case: Case) -> None:
    assert deliver(tmp_path / "nop", case, NOP).files == GIVEN


def test_the_solution_stands_alone(tmp_path: Path, case: Case) -> None:
    assert deliver(tmp_path / "oracle", case, ORACLE).files == RIGHT


def test_a_single_shot_sees_every_file_and_hands_over_changes(tmp_path: Path, case: Case) -> None:
    (tmp_path / "reply.yaml").write_text(REPLY)
    agent = AgentSpec(kind="single-shot", model=f"scripted:{tmp_path}/reply.yaml")
    assert deliver(tmp_path / "work", case, agent).files == GIVEN | RIGHT
    text = describe_single_shot(case)
    assert "````app.py\nall tests fail: test_kept\n````" in text
    assert "````docs/notes.md\nkept\n````" in text
    assert text.startswith(describe_task(case))
    assert "Change the project" in describe_task(case)


def test_a_command_works_in_a_clone(tmp_path: Path, case: Case) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    agent = AgentSpec(kind="command", argument=f"{sys.executable} {tmp_path}/program.py")
    files, submission = deliver(tmp_path / "work", case, agent)
    assert submission.status == "done"
    assert files == GIVEN | RIGHT


def test_ours_builds_on_the_commit(tmp_path: Path, case: Case) -> None:
    agent = AgentSpec(kind="ours", model="builtin")
    job = make_job(tmp_path / "work", case, agent)
    files, _ = run_agent(job)
    assert files["docs/notes.md"] == b"kept\n"
    assert "app/main.py" in files
    assert run_git(job.folder / "repository", "log", "--format=%s", "main") == "Begin"
    again, _ = run_agent(job)
    assert again == files


def test_the_same_files_give_the_same_commit(tmp_path: Path, case: Case) -> None:
    heads = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        commit_given(case, tmp_path / name)
        commit_given(case, tmp_path / name)
        heads.append(run_git(tmp_path / name, "rev-parse", "main"))
    assert heads[0] == heads[1]
    status = subprocess.run(
        ["git", "status", "--short"],
        cwd=tmp_path / "one",
        capture_output=True,
        check=True,
    )
    assert status.stdout == b""
