"""`make bench-demo`: how long the demo takes, and what proof costs beside the tests alone.

Prints one JSON line, last. All of it is measured in one run on one image:

    demo_s             wall clock of `python -m agent run examples/bookshop/spec.md`
    generation_cpu_s   CPU time of writing the whole backend, components loaded
    verdict_s          wall clock of the verifier on that backend
    bare_tests_s       wall clock of the backend's own tests alone, in one fresh sandbox
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agent.runs import find_run, list_runs, load_events
from agent.state import RunState
from sandbox.base import SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tools.backend import PASSWORD, ROLE, TEST_DATABASE, backend_environment
from tools.blueprint.model import Blueprint
from tools.components import emit_backend

SPEC = Path("examples/bookshop/spec.md")


def run_demo(folder: Path) -> float:
    """Seconds of the run, by the command a user types."""
    options = ["--model", "builtin", "--repo", str(folder / "repo"), "--plain"]
    state = ["-c", f"state_dir={folder / 'state'}"]
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "agent", "run", str(SPEC), *options, *state],
        check=True,
        stdout=sys.stderr,
    )
    return time.monotonic() - started


def read_demo(folder: Path) -> tuple[Blueprint, float]:
    """The demo's frozen Blueprint, and the seconds that its verdict took."""
    (run,) = list_runs(folder / "state")
    state = RunState(load_events(find_run(folder / "state", run.run_id)))
    assert state.frozen is not None, "the demo freezes its Blueprint"
    assert state.last_verdict is not None, "the demo ends with a verdict"
    return state.frozen, state.last_verdict.verdict.seconds


def generate(blueprint: Blueprint) -> tuple[dict[str, str], float]:
    """The backend's files, and the CPU seconds of writing them again."""
    emit_backend(blueprint)
    started = time.process_time()
    files = emit_backend(blueprint)
    return files, time.process_time() - started


def run_tests_alone(files: dict[str, str], blueprint: Blueprint) -> float:
    """Seconds of the backend's own test command in one fresh sandbox, opening included."""
    started = time.monotonic()
    with DockerProvider().open(SandboxSpec(run_id="bench-demo", role="tests")) as machine:
        deadline = Deadline.after(300)
        machine.exec(["start-postgres", TEST_DATABASE, ROLE, PASSWORD], deadline=deadline)
        machine.put({path: text.encode() for path, text in files.items()})
        done = machine.exec(
            ["sh", "-c", blueprint.conventions.commands.test],
            deadline=deadline,
            env=backend_environment(blueprint, "test"),
        )
    assert done.ok, done.output
    return time.monotonic() - started


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp())
    demo_s = run_demo(folder)
    blueprint, verdict_s = read_demo(folder)
    files, generation_cpu_s = generate(blueprint)
    answer = {
        "demo_s": round(demo_s, 1),
        "generation_cpu_s": round(generation_cpu_s, 3),
        "verdict_s": round(verdict_s, 1),
        "bare_tests_s": round(run_tests_alone(files, blueprint), 1),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
