"""The crash matrix is worth something: bugs that lose what a run did are caught by its sample.

Each is planted into a copy of `agent/`, and the sample that CI takes of the matrix must find it.
CI plants one a day; `make planted-bugs` plants all.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.agent.test_crash import EVERY

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Bug:
    """A change of one file."""

    file: str
    """In `agent/`."""
    old: str
    """Occurs once."""
    new: str


BUGS = {
    "the verdict is lost on resume": Bug(
        "state.py", "self.budget = event.budget", "self.budget, self.verdict = event.budget, None"
    ),
    "calls that had not returned are lost on resume": Bug(
        "state.py", "self.budget = event.budget", "self.budget = event.budget; self.pending.clear()"
    ),
    "the frozen Blueprint's call is refused on resume": Bug(
        "state.py", "self.freezing = True", "self.freezing = False"
    ),
    "a torn line stays in the journal": Bug(
        "journal.py", "self._file.truncate(end)", "self._file.seek(end)"
    ),
    "the workspace is not restored": Bug(
        "trees.py", "wanted = self.files(tree)", "return\n        wanted = self.files(tree)"
    ),
    "each commit has a time of its own": Bug(
        "run.py",
        "message, self.started.at)",
        "message, Committed.model_fields['at'].get_default(call_default_factory=True))",
    ),
    "a branch that is there already is an error": Bug(
        "repository.py", "if existing == commit:", "if existing == 'never':"
    ),
}
TODAYS = datetime.now(UTC).toordinal() % len(BUGS)
PLANTED = list(BUGS) if os.environ.get("PLANT_ALL") else [list(BUGS)[TODAYS]]


def plant(bug: Bug, folder: Path) -> None:
    """A copy of the repository's code in that folder, with the bug in it."""
    for name in ("tools", "sandbox", "prompts", "tests"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "agent", folder / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "agent" / bug.file
    text = file.read_text()
    assert text.count(bug.old) == 1, "the code changed: plant the bug anew"
    file.write_text(text.replace(bug.old, bug.new))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught(tmp_path: Path, name: str) -> None:
    plant(BUGS[name], tmp_path)
    command = [sys.executable, "-m", "tests.agent.crash_matrix", "--until-unequal"]
    command += ["--every", str(EVERY)]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    matrix = json.loads(done.stdout)
    assert len(matrix["unequal"]) == 1, f"{matrix['points']} points did not see it"
