"""Writes the JSON Schemas of every published document: `python -m agent.schemas FOLDER`."""

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from agent.task import AgentResult, AgentTask
from tools.blueprint.model import Blueprint
from tools.schema.model import DatabaseSchema

MODELS: dict[str, type[BaseModel]] = {
    "agent-task.json": AgentTask,
    "agent-result.json": AgentResult,
    "blueprint.json": Blueprint,
    "database-schema.json": DatabaseSchema,
}
"""File name -> the model it describes; the result as it is written, defaults filled in."""


def schema_text(name: str) -> str:
    """The schema file of that name, as it should be."""
    model = MODELS[name]
    schema = model.model_json_schema(mode="serialization" if model is AgentResult else "validation")
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def main(folder: Path) -> None:
    """Write every schema into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        (folder / name).write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
