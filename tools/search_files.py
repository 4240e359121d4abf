"""Searches the workspace. The pattern runs in the sandbox: a hostile one cannot hang the host."""

from pydantic import Field

from sandbox.workspace import check_path
from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.files import visible_files
from tools.guest import guest_argv
from tools.machine import MachineCommand, run_in_machine

TIMEOUT_S = 5


class SearchFilesArgs(Args):
    """Arguments of `search_files`."""

    text: str = Field(min_length=1, description="What a line must contain")
    regex: bool = Field(False, description="Whether text is a Python regular expression")
    ignore_case: bool = Field(False, description="Whether case does not matter")
    folder: str = Field(".", description="Only in this folder or file")


def search_files(ctx: ToolContext, args: SearchFilesArgs) -> Observation:
    """Find lines in the workspace's files; shows path, line number and line."""
    folder = "." if args.folder in {"", ".", "./"} else check_path(args.folder).as_posix()
    if folder != "." and not visible_files(ctx.workspace, folder):
        raise ToolError(f"no files in {folder!r}; list_files shows what there is")
    kind = "regex" if args.regex else "text"
    case = "ignore" if args.ignore_case else "match"
    command = MachineCommand(
        argv=guest_argv("search", args.text, folder, kind, case), timeout_s=TIMEOUT_S
    )
    outcome = run_in_machine(ctx, command)
    if outcome.timed_out:
        raise ToolError(f"the search took more than {TIMEOUT_S} s; use a simpler pattern")
    said = outcome.result.output.strip("\n")
    return Observation(text=said or outcome.ending, ok=outcome.result.ok)


SEARCH_FILES = Tool("search_files", SearchFilesArgs, search_files)
