"""Writes generated files into a workspace where people and models edit them too.

`.agent/generated.json` holds what was last generated, whole. So each generation is a three-way
merge: what changed from the last one to this one goes into the file as it stands. Where both
changed the same lines the file stays as it is, and the conflict is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, JsonValue

from sandbox.workspace import Workspace
from tools.files import HARNESS_FOLDER
from tools.merge_text import merge_text

if TYPE_CHECKING:
    from tools.components.base import GeneratedFile

MANIFEST_PATH = f"{HARNESS_FOLDER}/generated.json"


class Manifest(BaseModel):
    """What was generated, untouched by any edit."""

    model_config = ConfigDict(extra="forbid")

    manifest_version: int = 2
    files: dict[str, str] = {}
    """Path -> text that was generated last."""
    tables: list[JsonValue] = []
    """The tables that the generated revisions make, as tools/components/tables.py describes."""
    declined: list[str] = []
    """Generated in an earlier run and then deleted from the repository: not brought back."""


@dataclass(frozen=True)
class Conflict:
    """An edit and a generation that do not go together; the edit stands."""

    path: str
    before: str
    """What was generated last; "" when nothing was."""
    after: str
    """What would be generated now; "" when nothing."""


@dataclass(frozen=True)
class FileVersions:
    """One file as it was generated last, as it stands, and as it is generated now."""

    path: str
    base: str | None
    ours: str | None
    new: str | None


@dataclass(frozen=True)
class Written:
    """What became of generated files; each path in one list."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    """Edited by hand, and joined with what is new."""
    removed: list[str] = field(default_factory=list)
    """Not generated any more, and never edited."""
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Edited or deleted by hand, and nothing new to join."""
    conflicts: list[Conflict] = field(default_factory=list)


def write_generated(
    workspace: Workspace,
    manifest: Manifest,
    files: Iterable[GeneratedFile],
    *,
    whole: bool = True,
) -> Written:
    """Merge the files into the workspace and remember what was generated.

    Args:
        workspace: where they go.
        manifest: what was generated last; becomes what is generated now.
        files: each path once.
        whole: these are all there are, so what was generated before and is missing here goes.

    Raises:
        PathError: as `Workspace.write`.
        ToolError: as `merge_text`.
    """
    new = {file.path: file.content for file in files}
    gone = [path for path in manifest.files if path not in new] if whole else []
    written = Written()
    for path in (*new, *gone):
        text = FileVersions(
            path, manifest.files.get(path), _present(workspace, path), new.get(path)
        )
        _write(workspace, text, written, may_return=path not in manifest.declined)
    manifest.files = {**({} if whole else manifest.files), **new}
    save_manifest(workspace, manifest)
    return written


def read_manifest(workspace: Workspace) -> Manifest:
    """What was generated so far; empty when nothing was."""
    try:
        return Manifest.model_validate_json(workspace.read(MANIFEST_PATH))
    except FileNotFoundError:
        return Manifest()


def save_manifest(workspace: Workspace, manifest: Manifest) -> None:
    """Remember it for the next generation."""
    workspace.write(MANIFEST_PATH, manifest.model_dump_json(indent=1).encode() + b"\n")


def _write(workspace: Workspace, text: FileVersions, written: Written, *, may_return: bool) -> None:
    """Give the file the change from `base` to `new`, if it can have it."""
    path, untouched = text.path, text.ours == text.base
    if text.ours == text.new:
        written.unchanged.extend([path] if text.new is not None else [])
    elif untouched and text.new is None:
        workspace.delete(path)
        written.removed.append(path)
    elif text.new is not None and (untouched or (text.ours is None and may_return)):
        workspace.write(path, text.new.encode())
        (written.created if text.ours is None else written.updated).append(path)
    elif text.new == text.base:
        written.kept.append(path)
    else:
        _join(workspace, text, written)


def _join(workspace: Workspace, text: FileVersions, written: Written) -> None:
    merged = None
    if text.base is not None and text.ours is not None and text.new is not None:
        merged = merge_text(text.base, text.ours, text.new)
    if merged is None:
        written.conflicts.append(Conflict(text.path, text.base or "", text.new or ""))
    elif merged == text.ours:
        written.kept.append(text.path)
    else:
        workspace.write(text.path, merged.encode(errors="surrogateescape"))
        written.merged.append(text.path)


def _present(workspace: Workspace, path: str) -> str | None:
    """The file's text; bytes that are no text are told apart from every generated one."""
    try:
        return workspace.read(path).decode(errors="surrogateescape")
    except FileNotFoundError:
        return None
