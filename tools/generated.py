"""Writes generated files without ever overwriting what was changed by hand.

`.agent/generated.json` remembers the sha256 of what was last written to each path. A file that
no longer has it was edited, and is left alone; to get the generated one back, delete the edited.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from sandbox.workspace import Workspace
from tools.files import HARNESS_FOLDER

if TYPE_CHECKING:
    from tools.components.base import GeneratedFile

MANIFEST_PATH = f"{HARNESS_FOLDER}/generated.json"


class Manifest(BaseModel):
    """What was generated, and as what."""

    model_config = ConfigDict(extra="forbid")

    manifest_version: int = 1
    files: dict[str, str] = {}
    """Path -> sha256 (hex) of the content that was written last."""


@dataclass(frozen=True)
class Written:
    """What became of generated files; each path in one list."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited by hand, so not written."""


def write_generated(workspace: Workspace, files: Iterable[GeneratedFile]) -> Written:
    """Write the files and remember what they were.

    Raises:
        PathError: as `Workspace.write`.
    """
    manifest = read_manifest(workspace)
    written = Written()
    for file in files:
        content = file.content.encode()
        fate = _fate(workspace, manifest, file.path, content)
        fate_list: list[str] = getattr(written, fate)
        fate_list.append(file.path)
        if fate == "kept":
            continue
        if fate != "unchanged":
            workspace.write(file.path, content)
        manifest.files[file.path] = _sha256(content)
    text = manifest.model_dump_json(indent=1) + "\n"
    workspace.write(MANIFEST_PATH, text.encode())
    return written


def read_manifest(workspace: Workspace) -> Manifest:
    """What was generated so far; empty when nothing was."""
    try:
        return Manifest.model_validate_json(workspace.read(MANIFEST_PATH))
    except FileNotFoundError:
        return Manifest()


def _fate(workspace: Workspace, manifest: Manifest, path: str, content: bytes) -> str:
    try:
        present = workspace.read(path)
    except FileNotFoundError:
        return "created"
    if present == content:
        return "unchanged"
    return "updated" if manifest.files.get(path) == _sha256(present) else "kept"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
