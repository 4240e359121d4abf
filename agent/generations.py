"""What the components generated for a repository, kept beside its branches and found again.

Each run that generates code leaves one commit with exactly what the components wrote, before any
edit. The next run on that repository takes it as the base of its three-way merges.
"""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from agent.errors import RepositoryError
from agent.git import run_git
from agent.repository import TargetRepository
from agent.trees import TreeStore
from sandbox.workspace import Workspace
from tools.blueprint.model import Blueprint
from tools.blueprint.store import DRAFT_PATH
from tools.files import HARNESS_FOLDER
from tools.generated import MANIFEST_PATH, Manifest, save_manifest

GENERATED_REFS = "refs/backend-agent-generated"
"""One ref a run; not below `refs/backend-agent/`, where a run may have any name."""
TABLES_PATH = f"{HARNESS_FOLDER}/tables.json"


class TablesFile(BaseModel):
    """The part of a generation that is no file of the backend."""

    model_config = ConfigDict(extra="forbid")

    tables: list[JsonValue]


def generated_files(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    """The last generation as files of a commit; empty when nothing was generated.

    Args:
        tree: the run's files, the harness's own among them.
    """
    if MANIFEST_PATH not in tree:
        return {}
    manifest = Manifest.model_validate_json(tree[MANIFEST_PATH])
    files = {path: text.encode() for path, text in manifest.files.items()}
    tables = TablesFile(tables=manifest.tables).model_dump_json(indent=1).encode() + b"\n"
    return {**files, TABLES_PATH: tables, DRAFT_PATH: tree[DRAFT_PATH]}


def take_up(trees: TreeStore, target: TargetRepository, workspace: Workspace) -> None:
    """Put what was generated before into the workspace, for the next generation to build on.

    Call it on the base commit's files, before anything replaces them.
    """
    for path in [path for path in workspace.files() if path.startswith(f"{HARNESS_FOLDER}/")]:
        workspace.delete(path)  # the harness's own folder is never the repository's
    if trees.base_tree is None:
        return
    present = trees.files(trees.base_tree)
    manifest = _kept(trees, target, present) or _again(present)
    if manifest is not None:
        manifest.declined = [path for path in manifest.files if path not in present]
        save_manifest(workspace, manifest)


def _kept(
    trees: TreeStore, target: TargetRepository, present: Mapping[str, bytes]
) -> Manifest | None:
    """The generation that the base grew from: same Blueprint, then the fewest changed files."""
    kept = [trees.files(tree) for tree in _generated_trees(target)]
    if not kept:
        return None
    return _manifest(min(kept, key=lambda files: _distance(files, present)))


def _generated_trees(target: TargetRepository) -> list[str]:
    try:
        found = run_git(
            target.folder, "for-each-ref", "--sort=refname", "--format=%(tree)", GENERATED_REFS
        )
    except RepositoryError:
        return []
    return found.split()


def _distance(files: Mapping[str, bytes], present: Mapping[str, bytes]) -> tuple[bool, int]:
    another = files.get(DRAFT_PATH) != present.get(DRAFT_PATH)
    return another, sum(present.get(path) != content for path, content in files.items())


def _manifest(files: Mapping[str, bytes]) -> Manifest:
    ours = {TABLES_PATH, DRAFT_PATH}
    return Manifest(
        files={path: text.decode() for path, text in files.items() if path not in ours},
        tables=TablesFile.model_validate_json(files[TABLES_PATH]).tables,
    )


def _again(present: Mapping[str, bytes]) -> Manifest | None:
    """Without such a commit (a fresh clone lacks our refs): the base's Blueprint, generated anew.

    Its revisions are taken as they stand, whoever wrote them.
    """
    from tools.components import emit_backend  # noqa: PLC0415 - loads every template
    from tools.components.base import ComponentError  # noqa: PLC0415
    from tools.components.revisions import is_revision  # noqa: PLC0415
    from tools.generation import describe_tables  # noqa: PLC0415

    if DRAFT_PATH not in present:
        return None
    try:
        blueprint = Blueprint.model_validate_json(present[DRAFT_PATH])
        files = emit_backend(blueprint)
    except (ValidationError, ComponentError):
        return None
    revisions = {
        path: text.decode(errors="replace") for path, text in present.items() if is_revision(path)
    }
    code = {path: text for path, text in files.items() if not is_revision(path)}
    return Manifest(files={**code, **revisions}, tables=describe_tables(blueprint))
