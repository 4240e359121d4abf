"""The published schemas are those of the models."""

from pathlib import Path

import pytest

from agent.schemas import MODELS, main, schema_text

FOLDER = Path(__file__).parents[2] / "docs" / "schema"


@pytest.mark.parametrize("name", MODELS)
def test_the_docs_hold_the_current_schema(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == schema_text(name), "run `make schemas`"


def test_main_writes_them_all(tmp_path: Path) -> None:
    main(tmp_path / "new")
    assert sorted(file.name for file in (tmp_path / "new").iterdir()) == sorted(MODELS)
