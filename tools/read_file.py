"""Shows a file, or a part of it, with line numbers."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import count_of, cut_line, number_lines
from tools.files import read_text
from tools.sanitize import reveal_text

MAX_CHARS = 11_000
"""Just under what an observation may have."""
MAX_LINE_CHARS = 1_000


class ReadFileArgs(Args):
    """Arguments of `read_file`."""

    path: str = Field(description="File, relative to the workspace")
    offset: int = Field(1, ge=1, description="First line to show, counted from 1")
    limit: int = Field(300, ge=1, le=2_000, description="How many lines")


def read_file(ctx: ToolContext, args: ReadFileArgs) -> Observation:
    """Read a text file. Lines come numbered; the numbers are not part of the file."""
    lines = read_text(ctx.workspace, args.path).split("\n")
    crlf = any(line.endswith("\r") for line in lines)
    lines = [line.removesuffix("\r") for line in lines]
    if lines[-1] == "":
        lines.pop()
    if not lines:
        return Observation(text=f"{args.path} is empty")
    if args.offset > len(lines):
        raise ToolError(f"{args.path} has {count_of(len(lines), 'line')}, so no line {args.offset}")
    shown = _fitting(lines[args.offset - 1 : args.offset - 1 + args.limit])
    last = args.offset + len(shown) - 1
    title = f"{args.path}, lines {args.offset}-{last} of {len(lines)}"
    text = title + (", CRLF line ends:\n" if crlf else ":\n") + number_lines(shown, args.offset)
    if last < len(lines):
        text += f"\n[{len(lines) - last} more lines: offset={last + 1}]"
    return Observation(text=text)


def _fitting(lines: list[str]) -> list[str]:
    shown: list[str] = []
    chars = 0
    for line in lines:
        shown.append(reveal_text(cut_line(line, MAX_LINE_CHARS)))
        chars += len(shown[-1]) + 8
        if chars > MAX_CHARS - MAX_LINE_CHARS:
            break
    return shown


READ_FILE = Tool("read_file", ReadFileArgs, read_file)
