"""kill -9 in the middle of an evaluation: going on redoes nothing and leaks no container."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.journal import read_journal
from agent.runs import run_folder
from evals.case import load_suite
from evals.command import SUITES
from evals.plan import AgentSpec, EvalLimits
from evals.results import EvalFolder, machine_owners
from sandbox.base import SandboxProvider
from tests.evals.kit import NOP, ORACLE, make_eval

REPOSITORY = Path(__file__).parents[2]
OURS = AgentSpec(kind="ours", model="builtin")
PATIENCE_S = 120


def start(folder: EvalFolder) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "agent", "eval", "resume", str(folder.path)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < ends, f"{path} did not come"
        time.sleep(0.05)


@pytest.mark.docker
def test_killed_and_gone_on_with(tmp_path: Path, docker_provider: SandboxProvider) -> None:
    suite = tmp_path / "suite"
    shutil.copytree(SUITES / "smoke" / "todo", suite / "todo")
    folder = make_eval(
        tmp_path / "out", load_suite(suite), [ORACLE, OURS, NOP], limits=EvalLimits(jobs=1)
    )
    oracle, ours, nop = folder.trials()
    working = machine_owners(ours.path, ours.path / "try-1")[0]
    run = run_folder(ours.path / "try-1" / "work" / "state", working)

    process = start(folder)
    wait_for(run.path / "workspace" / "app" / "main.py")  # ours is in the middle of its work
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.5)
    events = len(run.journal.read_bytes().splitlines())
    time.sleep(1)
    assert len(run.journal.read_bytes().splitlines()) == events  # its worker died with it
    kept = (oracle.path / "try-1" / "result.json").read_bytes()
    assert ours.result() is None
    assert not nop.tries()

    process = start(folder)
    said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, said  # nop must not pass
    assert "[2/3] todo #1 ours (builtin): passed" in said
    assert "oracle: passed" not in said
    assert (oracle.path / "try-1" / "result.json").read_bytes() == kept
    assert [len(trial.tries()) for trial in folder.trials()] == [1, 1, 1]
    assert [result.passed for result in folder.results()] == [True, True, False]
    kinds = [event.kind for event in read_journal(run.journal)]
    assert (kinds.count("run_started"), kinds.count("run_resumed")) == (1, 1)
    owners = [owner for trial in folder.trials() for owner in trial.run_ids()]
    assert len(owners) == 9
    assert [docker_provider.reap(owner) for owner in owners] == [0] * 9
