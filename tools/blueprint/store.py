"""Where a run keeps its Blueprint: a draft in the workspace, then a frozen copy outside it."""

import hashlib

from sandbox.workspace import Workspace
from tools.blueprint.model import Blueprint

DRAFT_PATH = "blueprint.json"
"""The draft, in the workspace; part of the recorded tree, so that resume restores it."""


def dump_blueprint(blueprint: Blueprint) -> bytes:
    """The canonical JSON file: two-space indent, defaults left out, one line feed at the end."""
    return blueprint.model_dump_json(indent=2, exclude_defaults=True).encode() + b"\n"


def hash_blueprint(blueprint: Blueprint) -> str:
    """sha256 (hex) of the canonical JSON file."""
    return hashlib.sha256(dump_blueprint(blueprint)).hexdigest()


class BlueprintStore:
    """The run's Blueprint. After `freeze` nothing in the workspace can change it."""

    def __init__(self, workspace: Workspace, frozen: Blueprint | None = None) -> None:
        self._workspace = workspace
        self._frozen = frozen

    @property
    def frozen(self) -> bool:
        """Whether the Blueprint is fixed."""
        return self._frozen is not None

    def load(self) -> Blueprint:
        """The frozen Blueprint, else the draft.

        Raises:
            FileNotFoundError: there is no draft yet.
            ValidationError: the draft was edited into something that is not a Blueprint.
        """
        if self._frozen is not None:
            return self._frozen
        return Blueprint.model_validate_json(self._workspace.read(DRAFT_PATH))

    def save_draft(self, blueprint: Blueprint) -> None:
        """Replace the draft. Raises RuntimeError once frozen."""
        if self._frozen is not None:
            raise RuntimeError("the Blueprint is frozen")
        self._workspace.write(DRAFT_PATH, dump_blueprint(blueprint))

    def freeze(self) -> Blueprint:
        """Fix the draft and return it. Raises as `load` does."""
        self._frozen = self.load()
        return self._frozen
