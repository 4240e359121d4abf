"""Lists the workspace, one line a folder."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import count_of
from tools.files import visible_files


class ListFilesArgs(Args):
    """Arguments of `list_files`."""

    folder: str = Field("", description="Only this folder and below; empty: the whole workspace")


def list_files(ctx: ToolContext, args: ListFilesArgs) -> Observation:
    """List files, one line a folder."""
    paths = visible_files(ctx.workspace, args.folder)
    if not paths and args.folder:
        raise ToolError(f"no files in {args.folder!r}")
    return Observation(text=f"{count_of(len(paths), 'file')}\n{group_by_folder(paths)}".rstrip())


def group_by_folder(paths: Sequence[str]) -> str:
    """`folder/: name name ...`, one line a folder, in the order of the paths; the root is `./`."""
    folders: dict[str, list[str]] = {}
    for path in map(PurePosixPath, paths):
        folders.setdefault(f"{path.parent.as_posix()}/", []).append(path.name)
    return "\n".join(f"{folder}: {' '.join(names)}" for folder, names in folders.items())


LIST_FILES = Tool("list_files", ListFilesArgs, list_files)
