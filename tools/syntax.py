"""Refuses Python that does not parse, before it reaches the workspace."""

import ast
import warnings

SANDBOX_PYTHON = (3, 11)
"""The grammar that the sandbox's interpreter speaks."""


def syntax_problem(path: str, text: str) -> str | None:
    """Where and why a `.py` file does not parse; None when it does or is another kind of file."""
    if not path.endswith((".py", ".pyi")):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, feature_version=SANDBOX_PYTHON)
    except SyntaxError as error:
        return _point_at(path, text, error)
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{path} cannot be parsed: {error or 'nested too deeply'}"
    return None


def _point_at(path: str, text: str, error: SyntaxError) -> str:
    line, column = error.lineno or 1, error.offset or 1
    lines = text.splitlines()
    shown = lines[line - 1] if line <= len(lines) else ""
    caret = " " * (column - 1) + "^"
    return f"{path}:{line}:{column}: {error.msg}\n    {shown}\n    {caret}"
