"""Shows what Python files offer: classes, functions and constants, without their bodies."""

import ast
import warnings
from collections.abc import Iterator

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import cut_line
from tools.files import read_text, visible_files

MAX_LINE_CHARS = 160

Function = ast.FunctionDef | ast.AsyncFunctionDef


class OutlineCodeArgs(Args):
    """Arguments of `outline_code`."""

    paths: list[str] = Field(min_length=1, description="Files or folders")


def outline_code(ctx: ToolContext, args: OutlineCodeArgs) -> Observation:
    """Show the signatures in Python files or folders: much shorter than reading them."""
    lines: list[str] = []
    for wanted in args.paths:
        files = [path for path in visible_files(ctx.workspace, wanted) if path.endswith(".py")]
        if not files:
            raise ToolError(f"no Python files in {wanted!r}; list_files shows what there is")
        for path in files:
            lines += [path, *outline_module(read_text(ctx.workspace, path))]
    return Observation(text="\n".join(lines))


def outline_module(text: str) -> Iterator[str]:
    """One indented line for each class, function and constant of a module's source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
        yield from (f"  {cut_line(line, MAX_LINE_CHARS)}" for line in _outline(body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"  cannot be parsed: {error or 'nested too deeply'}"


def _outline(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _signature(node)
            case ast.ClassDef():
                yield f"class {node.name}({', '.join(map(ast.unparse, node.bases))})"
                yield from (f"  {line}" for line in _outline(node.body))
            case ast.Assign() | ast.AnnAssign():
                yield ast.unparse(node)


def _signature(node: Function) -> Iterator[str]:
    yield from (f"@{ast.unparse(decorator)}" for decorator in node.decorator_list)
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    yield f"{start} {node.name}({ast.unparse(node.args)}){returns}"


OUTLINE_CODE = Tool("outline_code", OutlineCodeArgs, outline_code)
