"""Replaces one passage of a file, and helps when the passage is not quite what the file has."""

from pydantic import Field

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.excerpt import number_lines
from tools.files import read_text, write_text
from tools.nearest import nearest_passage
from tools.syntax import syntax_problem

CONTEXT_LINES = 2
MAX_LINES_NAMED = 10


class EditFileArgs(Args):
    """Arguments of `edit_file`."""

    path: str = Field(description="File, relative to the workspace")
    old_text: str = Field(
        min_length=1, description="Passage to replace, exactly as in the file, without line numbers"
    )
    new_text: str = Field(description="What stands there afterwards; empty deletes the passage")


def edit_file(ctx: ToolContext, args: EditFileArgs) -> Observation:
    """Replace one passage of a file. `old_text` must occur exactly once: take a few lines around.

    An edit that breaks the syntax of a .py file is refused and nothing is written.
    """
    before = read_text(ctx.workspace, args.path)
    old, new = _in_line_ends_of(before, args.old_text, args.new_text)
    if old == new:
        raise ToolError("old_text and new_text are the same; nothing to do")
    if len(_line_numbers(before, old)) != 1:
        return _unmatched(args.path, before, old, new)
    after = before.replace(old, new)
    broken = syntax_problem(args.path, after)
    if broken and not syntax_problem(args.path, before):
        raise ToolError(f"this edit makes a syntax error, nothing was written:\n{broken}")
    write_text(ctx.workspace, args.path, after)
    text = f"edited {args.path}:\n{_around(after, before.index(old), len(new))}"
    if broken:
        text += f"\nThe file had a syntax error before and still has one: {broken}"
    return Observation(text=text)


def _in_line_ends_of(text: str, old: str, new: str) -> tuple[str, str]:
    """`old` and `new` with CRLF where the file has it; a file of mixed line ends as it comes."""
    mixed = text.count("\r\n") < text.count("\n")
    if "\r\n" not in text or (mixed and old in text):
        return old, new
    return _with_crlf(old), _with_crlf(new)


def _with_crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _unmatched(path: str, text: str, old: str, new: str) -> Observation:
    if found := _line_numbers(text, old):
        numbers = ", ".join(map(str, found[:MAX_LINES_NAMED]))
        numbers += ", ..." if len(found) > MAX_LINES_NAMED else ""
        raise ToolError(
            f"old_text occurs {len(found)} times in {path}, at lines {numbers}: "
            "add the lines around the one you mean. Nothing was written."
        )
    if new.strip() and (applied := _line_numbers(text, new)):
        return Observation(
            text=f"already applied: new_text is at line {applied[0]} of {path} and old_text is not "
            "in it. Nothing was written."
        )
    passage = nearest_passage(text, old)
    if passage is None:
        raise ToolError(
            f"old_text is not in {path}, nor anything like it; read_file shows what is. "
            "Nothing was written."
        )
    what = "It differs only in white space. " if passage.only_white_space else ""
    raise ToolError(
        f"old_text is not in {path}. {what}Did you mean these lines?\n"
        f"{number_lines(passage.lines, passage.first)}\nNothing was written."
    )


def _line_numbers(text: str, part: str) -> list[int]:
    """Lines (from 1) at which `part` starts, overlapping occurrences included."""
    numbers: list[int] = []
    at = text.find(part)
    while at >= 0:
        numbers.append(text.count("\n", 0, at) + 1)
        at = text.find(part, at + 1)
    return numbers


def _around(text: str, at: int, length: int) -> str:
    """The changed lines with two around them, numbered; the middle of a long change left out."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = text.count("\n", 0, at)
    last = text.count("\n", 0, at + length)
    start, end = max(0, first - CONTEXT_LINES), min(len(lines), last + 1 + CONTEXT_LINES)
    if end - start <= 12:
        return number_lines(lines[start:end], start + 1)
    head, tail = lines[start : start + 5], lines[end - 5 : end]
    return f"{number_lines(head, start + 1)}\n...\n{number_lines(tail, end - 4)}"


EDIT_FILE = Tool("edit_file", EditFileArgs, edit_file, changes_files=True, phase="after_freeze")
