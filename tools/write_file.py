"""Writes a file whole."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import count_of
from tools.files import write_text
from tools.syntax import syntax_problem


class WriteFileArgs(Args):
    """Arguments of `write_file`."""

    path: str = Field(description="File, relative to the workspace; folders are made")
    content: str = Field(description="The whole new content")


def write_file(ctx: ToolContext, args: WriteFileArgs) -> Observation:
    """Create a file or replace it whole. For a change in a longer file use edit_file.

    A .py file with a syntax error is refused and nothing is written.
    """
    if problem := syntax_problem(args.path, args.content):
        raise ToolError(f"syntax error, nothing was written:\n{problem}")
    replaced = ctx.workspace.resolve(args.path).is_file()
    write_text(ctx.workspace, args.path, args.content)
    lines = count_of(len(args.content.splitlines()), "line")
    return Observation(text=f"{'replaced' if replaced else 'created'} {args.path} ({lines})")


WRITE_FILE = Tool("write_file", WriteFileArgs, write_file, changes_files=True, phase="after_freeze")
