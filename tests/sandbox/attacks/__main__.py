"""`make attacks`: every attack on every backend; one JSON line each, and the table in the docs.

python -m tests.sandbox.attacks [docker] [bubblewrap]
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from agent.git import run_git
from sandbox.base import ProviderName
from tests.sandbox.attacks.outcomes import Recorder, judge
from tests.sandbox.attacks.page import Trial, read_trials, write_trials
from tests.sandbox.attacks.rows import ROWS

BACKENDS = tuple(name for name in get_args(ProviderName) if name != "local")
USERS = {
    "docker": "docker",
    "bubblewrap": f"bubblewrap as {'root' if os.getuid() == 0 else 'a user'}",
}


def main(wanted: list[str]) -> int:
    """Run, print, write; returns the number of rows that failed."""
    backends = [name for name in BACKENDS if not wanted or name in wanted]
    recorder = Recorder()
    left_out = " and ".join(f"not {name}" for name in BACKENDS if name not in backends)
    pytest.main(["-q", *_functions(), *(["-m", left_out] if left_out else [])], plugins=[recorder])
    trials = read_trials()
    failed = 0
    for backend in backends:
        findings = {row.number: judge(row, backend, recorder.outcomes) for row in ROWS}
        trial = Trial(date=f"{datetime.now(UTC):%Y-%m-%d}", commit=_commit(), findings=findings)
        trials[USERS[backend]] = trial
        counts = trial.count()
        failed += counts["failed"]
        sys.stdout.write(json.dumps({"backend": USERS[backend], **counts}) + "\n")
    write_trials(trials)
    return failed


def _functions() -> list[str]:
    """Each test function of a row, once."""
    named = [name for row in ROWS for name in (*row.tests, *row.controls)]
    return list(dict.fromkeys(f"tests/{name.partition('[')[0]}" for name in named))


def _commit() -> str:
    return run_git(Path.cwd(), "describe", "--always", "--dirty", "--exclude=*")


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
