"""Deletes a file."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext
from tools.files import refuse_protected


class DeleteFileArgs(Args):
    """Arguments of `delete_file`."""

    path: str = Field(description="File, relative to the workspace")


def delete_file(ctx: ToolContext, args: DeleteFileArgs) -> Observation:
    """Delete one file, and the folders it leaves empty."""
    refuse_protected(args.path)
    ctx.workspace.delete(args.path)
    return Observation(text=f"deleted {args.path}")


DELETE_FILE = Tool(
    "delete_file", DeleteFileArgs, delete_file, changes_files=True, phase="after_freeze"
)
