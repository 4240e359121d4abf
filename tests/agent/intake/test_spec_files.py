"""Small specs of every form in `specs/`, each with all that is understood of it.

After a wanted change: `python -m tests.agent.intake.test_spec_files`, then read the difference.
"""

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from agent.intake import read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.store import dump_blueprint

SPECS = sorted((Path(__file__).parent / "specs").glob("*.md"))


def understood(path: Path) -> dict[str, JsonValue]:
    """The Blueprint, what it does not show, and every finding with its line."""
    result = read_spec(path.read_bytes())
    return {
        "blueprint": json.loads(dump_blueprint(result.blueprint)),
        "unmet": [one.id for one in uncovered(result.blueprint)],
        "errors": [f"{one.line}: {one.reason}" for one in result.problems],
        "questions": [f"{one.line}: {one.reason}" for one in result.questions],
    }


def test_there_are_enough_of_them() -> None:
    assert len(SPECS) >= 30


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_is_understood_as_its_file_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert understood(path) == expected


if __name__ == "__main__":
    for spec in SPECS:
        text = json.dumps(understood(spec), indent=1, ensure_ascii=False)
        spec.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
