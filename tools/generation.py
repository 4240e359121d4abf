"""One generation: the components' files, on top of what they wrote before."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter

from sandbox.workspace import Workspace
from tools.blueprint.model import Blueprint
from tools.components import components_after
from tools.components.plan import make_plan
from tools.components.revisions import History, is_revision
from tools.components.tables import Table, tables_of
from tools.generated import Manifest, Written, read_manifest, write_generated

TABLES = TypeAdapter(tuple[Table, ...])


def generate(workspace: Workspace, blueprint: Blueprint, names: Collection[str]) -> Written:
    """Write what the named components make of the Blueprint.

    Raises:
        ComponentError: the Blueprint asks for something that no component can write.
        ToolError: as `write_generated`.
    """
    manifest = read_manifest(workspace)
    everything = components_after(_history(workspace, manifest))
    chosen = [component for component in everything if component.name in names]
    files = [file for component in chosen for file in component.emit(blueprint)]
    if "database" in names:
        manifest.tables = describe_tables(blueprint)
    return write_generated(workspace, manifest, files, whole=len(chosen) == len(everything))


def describe_tables(blueprint: Blueprint) -> list[Any]:
    """The tables that a backend of this Blueprint has, as JSON."""
    dumped: list[Any] = TABLES.dump_python(tables_of(make_plan(blueprint)), mode="json")
    return dumped


def _history(workspace: Workspace, manifest: Manifest) -> History:
    present = {path: workspace.read(path) for path in workspace.files() if is_revision(path)}
    return History(
        tables=TABLES.validate_python(manifest.tables),
        revisions=_revisions(manifest.files),
        present={path: text.decode(errors="replace") for path, text in present.items()},
    )


def _revisions(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if is_revision(path)}
