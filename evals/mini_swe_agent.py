"""mini-swe-agent on a case: the package in an environment of its own, its commands in our sandbox.

Its prompts and loop are the package's; model, hidden tests, limits and machine are those that
every other agent has. `mini_driver.py` is what runs on the other side of the pipe.
"""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any

from agent.errors import SettingsError
from agent.models.base import Usage
from agent.settings import Settings
from evals.results import Submission
from sandbox.base import Sandbox
from sandbox.deadline import Deadline

PYTHON_VARIABLE = "MINI_SWE_AGENT_PYTHON"
PACKAGES = "mini-swe-agent==2.4.6 litellm==1.105.3"
"""Newer versions of litellm do not start without packages that nothing names."""
DRIVER = Path(__file__).with_name("mini_driver.py")
PROVIDER = "openai:"
SLACK_S = 30
MAX_OUTPUT_CHARS = 100_000


def mini_python() -> str:
    """The interpreter that has the package. Raises SettingsError: none is named."""
    python = os.environ.get(PYTHON_VARIABLE)
    if not python:
        raise SettingsError(
            f"mini-swe-agent has an environment of its own: python -m venv mini && "
            f"mini/bin/pip install {PACKAGES}, then set {PYTHON_VARIABLE}=mini/bin/python"
        )
    return python


@dataclass(frozen=True)
class MiniTask:
    """What it is given."""

    text: str
    model: str
    """`openai:NAME`; other providers are not known here."""
    folder: Path
    """Of the trial; its log is written there."""
    max_steps: int | None
    limit_s: float
    settings: Settings
    """Endpoint and key of the model."""


def run_mini(task: MiniTask, sandbox: Sandbox) -> Submission:
    """Let it work in the sandbox, whose workspace then holds the backend, until it submits.

    What ends it otherwise is its own: the time, or a command that takes the machine with it.

    Raises:
        SettingsError: no interpreter is named, or the model is none of OpenAI's dialect.
        SandboxLostError: the machine was gone before a command began.
    """
    if not task.model.startswith(PROVIDER):
        raise SettingsError(f"mini-swe-agent is run with {PROVIDER}NAME here, not {task.model!r}")
    request = {
        "task": task.text,
        "model": task.model.removeprefix(PROVIDER),
        "base_url": task.settings.base_url,
        "step_limit": task.max_steps or 0,
        "limit_s": int(task.limit_s),
    }
    started = time.monotonic()
    deadline = Deadline.after(task.limit_s)
    last: dict[str, Any] = {}
    with _driver(task) as (to_driver, from_driver):
        _tell(to_driver, request)
        for line in from_driver:
            message = json.loads(line)
            if "end" in message:
                last = message
                break
            _tell(to_driver, _run(sandbox, message, deadline))
            if not sandbox.alive:
                last = {"end": "a command took the machine with it"}
                break
    if not last and deadline.over:
        last = {"end": "TimeExceeded"}
    return _submission(last, time.monotonic() - started)


@contextmanager
def _driver(task: MiniTask) -> Iterator[tuple[IO[str], IO[str]]]:
    key = task.settings.api_key.get_secret_value() if task.settings.api_key else "none"
    with (
        (task.folder / "output.log").open("ab") as log,
        subprocess.Popen(
            [mini_python(), "-P", str(DRIVER)],
            env={**os.environ, "OPENAI_API_KEY": key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        # It looks at the clock between replies only; a model that hangs would hold it for ever.
        watchdog = Timer(task.limit_s + SLACK_S, process.kill)
        watchdog.start()
        try:
            yield process.stdin, process.stdout
        finally:
            watchdog.cancel()
            process.kill()


def _tell(to_driver: IO[str], message: object) -> None:
    with suppress(BrokenPipeError):  # it died: nothing more will come from it either
        to_driver.write(json.dumps(message) + "\n")
        to_driver.flush()


def _run(sandbox: Sandbox, message: dict[str, Any], deadline: Deadline) -> dict[str, object]:
    """One command; it is stopped inside, so that a slow one does not cost the machine."""
    seconds = max(1, int(min(message["timeout_s"], deadline.remaining_s)))
    argv = ["timeout", "-k", "1", str(seconds), "bash", "-c", str(message["command"])]
    limit = Deadline.after(seconds + SLACK_S)
    result = sandbox.exec(argv, deadline=limit, max_output_chars=MAX_OUTPUT_CHARS)
    code = -1 if result.exit_code is None else result.exit_code
    return {"output": result.output, "returncode": code}


def _submission(last: dict[str, Any], seconds: float) -> Submission:
    submitted = last.get("end") == "Submitted"
    return Submission(
        status="done" if submitted else "failed",
        claims=submitted,
        reason=str(last.get("end", "")),
        infrastructure="" if last else "it died; its output.log says why",
        usage=Usage(
            input_tokens=last.get("input_tokens", 0), output_tokens=last.get("output_tokens", 0)
        ),
        steps=last.get("calls", 0),
        seconds=seconds,
    )
