"""Every agent hands over files, and says whether it thinks that they work."""

import sys
from pathlib import Path

import pytest

from agent.errors import SettingsError
from evals.agents import run_agent
from evals.plan import AgentSpec
from evals.prompt import describe_task, read_files
from tests.evals.kit import NOP, ORACLE, RIGHT, SPEC, deliver, make_case, make_job

REPLY = """- text: |
    Here it is.

    ````app.py
    all tests pass
    ````
    ````app/../../evil.py
    x
    ````
    ````/etc/passwd
    x
    ````
"""


def test_the_solution_and_nothing(tmp_path: Path) -> None:
    case = make_case(tmp_path / "notes")
    oracle, nop = (deliver(tmp_path / spec.kind, case, spec) for spec in (ORACLE, NOP))
    assert (oracle.files, oracle.submission.claims) == (RIGHT, True)
    assert (nop.files, nop.submission.claims) == ({}, False)


def test_ours_hands_over_what_it_could_not_prove_and_says_so(tmp_path: Path) -> None:
    case = make_case(tmp_path / "notes")
    agent = AgentSpec(kind="ours", model="builtin")
    job = make_job(tmp_path / "work", case, agent)
    files, submission = run_agent(job)
    assert "app/main.py" in files
    assert not [path for path in files if path.startswith(".agent")]
    assert (submission.status, submission.claims, submission.infrastructure) == ("unmet", False, "")
    assert submission.verdicts >= 1
    assert submission.steps > 1
    assert submission.cost_usd == 0.0
    again = run_agent(job)
    assert again == (files, submission)  # the same run, not another one


def test_a_model_that_cannot_be_reached_is_infrastructure(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("[]")
    for kind in ("ours", "single-shot"):
        agent = AgentSpec.model_validate({"kind": kind, "model": f"scripted:{tmp_path}/empty.yaml"})
        found = deliver(tmp_path / kind, make_case(tmp_path / f"notes-{kind}"), agent)
        assert "no reply 1" in found.submission.infrastructure
        assert not found.submission.claims


def test_single_shot_is_one_call(tmp_path: Path) -> None:
    (tmp_path / "reply.yaml").write_text(REPLY)
    agent = AgentSpec(kind="single-shot", model=f"scripted:{tmp_path}/reply.yaml")
    found = deliver(tmp_path / "work", make_case(tmp_path / "notes"), agent)
    assert found.files == RIGHT
    assert (found.submission.steps, found.submission.claims) == (1, True)
    assert found.submission.usage.output_tokens > 0
    assert "Here it is." in (tmp_path / "work" / "reply.md").read_text()


def test_single_shot_needs_a_model_that_there_is(tmp_path: Path) -> None:
    agent = AgentSpec(kind="single-shot", model="nope")
    with pytest.raises(SettingsError, match="unknown model 'nope'"):
        deliver(tmp_path / "work", make_case(tmp_path / "notes"), agent)


def test_the_last_of_two_files_with_one_name_counts() -> None:
    reply = "````python a.py\none\n````\n\n````a.py\n```\ntwo\n```\n````\n"
    assert read_files(reply) == {"a.py": b"```\ntwo\n```\n"}


def test_the_task_is_the_spec_and_how_it_is_driven(tmp_path: Path) -> None:
    text = describe_task(make_case(tmp_path / "notes"))
    assert text.startswith(SPEC.rstrip())
    assert "`alembic upgrade head`" in text
    assert "`FIRST_ADMIN_EMAIL`" in text
    assert "test_notes" not in text


PROGRAM = """
import pathlib, sys, time
text = pathlib.Path(sys.argv[1]).read_text()
assert text.startswith("# Notes")
pathlib.Path("app.py").write_text("all tests pass\\n")
print("working")
time.sleep(float(sys.argv[2]))
sys.exit(int(sys.argv[3]))
"""


@pytest.mark.parametrize(
    ("seconds", "code", "status", "claims"),
    [(0, 0, "done", True), (0, 3, "failed", False), (60, 0, "timeout", False)],
)
def test_any_command(tmp_path: Path, seconds: int, code: int, status: str, claims: bool) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = f"{sys.executable} {tmp_path}/program.py {{instruction}} {seconds} {code}"
    agent = AgentSpec(kind="command", argument=command)
    case = make_case(tmp_path / "notes")
    found = run_agent(make_job(tmp_path / "work", case, agent, max_minutes=0.02))
    assert found.files == RIGHT
    assert (found.submission.status, found.submission.claims) == (status, claims)
    assert found.submission.cost_usd is None
    assert found.submission.infrastructure == ""


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    agent = AgentSpec(kind="command", argument="no-such-program {instruction}")
    found = deliver(tmp_path / "work", make_case(tmp_path / "notes"), agent)
    assert found.submission.infrastructure == "'no-such-program' cannot be run"
