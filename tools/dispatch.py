"""From what a model wrote to what a tool says: finds the tool, reads its arguments, runs it."""

import json
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sandbox.workspace import PathError
from tools.base import AnyTool, Args, Observation, ToolContext, ToolError
from tools.excerpt import cut_line
from tools.observations import fit_observation


class Signature(Protocol):
    """What a model can call: a tool, or an action of the loop."""

    @property
    def name(self) -> str:
        """As the model writes it."""

    @property
    def args(self) -> type[Args]:
        """Its arguments."""

    @property
    def description(self) -> str:
        """What the model reads."""


SignatureT = TypeVar("SignatureT", bound=Signature)


def find_tool(tools: Iterable[SignatureT], name: str) -> SignatureT:
    """The tool of that name.

    Raises:
        ToolError: there is none; names the nearest ones.
    """
    by_name = {tool.name: tool for tool in tools}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, n=2, cutoff=0.5)
    guess = f", did you mean {' or '.join(map(repr, near))}?" if near else "."
    raise ToolError(f"unknown tool {name[:60]!r}{guess} Tools: {', '.join(by_name)}")


def parse_arguments(tool: Signature, text: str) -> Args:
    """The tool's arguments from the JSON text a model wrote.

    Raises:
        ToolError: not JSON, not an object, or fields are wrong; one line a problem.
    """
    data = _read_object(tool, text)
    try:
        return _validated(tool, data)
    except ValidationError as error:
        lines = [_explain(tool, problem) for problem in error.errors(include_url=False)]
        raise ToolError(f"wrong arguments for {tool.name}:\n" + "\n".join(lines)) from error


def run_tool(tool: AnyTool, ctx: ToolContext, args: Args) -> Observation:
    """What the tool says, safe to show and short enough to pay for.

    Raises:
        SandboxError: the machine failed; everything a model can mend is an observation instead.
    """
    try:
        said = tool.run(ctx, args)
    except (ToolError, PathError) as error:
        said = Observation(text=str(error), ok=False)
    except FileNotFoundError as error:
        said = Observation(text=f"no such file: {error.args[0]!r}; see list_files", ok=False)
    except ValidationError as error:
        said = Observation(text=_explain_invalid(error), ok=False)
    return fit_observation(ctx.workspace, said)


def _read_object(tool: Signature, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text or "{}", strict=False)
    except json.JSONDecodeError as error:
        raise ToolError(_explain_json(tool, text, error)) from error
    except RecursionError:
        raise ToolError(f"arguments of {tool.name} are nested too deeply") from None
    if not isinstance(data, dict):
        raise ToolError(
            f"arguments of {tool.name} must be one JSON object, got {type(data).__name__}: "
            f"{cut_line(text, 80)}"
        )
    return data


def _explain_json(tool: Signature, text: str, error: json.JSONDecodeError) -> str:
    near = text[max(0, error.pos - 60) : error.pos + 20]
    lines = [
        f"arguments of {tool.name} are not valid JSON: {error.msg} at character {error.pos} "
        f"(line {error.lineno}, column {error.colno}) of {len(text)}, near {near!r}."
    ]
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
        lines.append(
            "The text ends before the object is closed, so it was probably cut off by the output "
            "limit: send less in one call (split a file or use edit_file)."
        )
    else:
        lines.append('Inside JSON strings write \\n for a line end, \\" for a quote, \\\\ for \\.')
    return "\n".join(lines)


def _validated(tool: Signature, data: dict[str, Any]) -> Args:
    try:
        return tool.args.model_validate(data)
    except ValidationError as error:
        wrong = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
        decoded = {key: _decoded(data[key]) if key in wrong else data[key] for key in data}
        if decoded == data:
            raise
        return tool.args.model_validate(decoded)


def _decoded(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Some models send a list or an object as a string of JSON; what that string holds."""
    if not isinstance(value, str) or value.lstrip()[:1] not in {"[", "{"}:
        return value
    try:
        return json.loads(value, strict=False)
    except (json.JSONDecodeError, RecursionError):
        return value


def _explain(tool: Signature, problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"])) or "arguments"
    if problem["type"] == "extra_forbidden":
        known = list(tool.args.model_fields)
        near = get_close_matches(str(problem["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
        return f"- {where}: unknown argument, {hint}"
    if problem["type"] == "missing":
        return f"- {where}: missing; {_expected(tool, where)}"
    got = cut_line(repr(problem["input"]), 80)
    return f"- {where}: {problem['msg']}, got {got}"


def _explain_invalid(error: ValidationError) -> str:
    """What is wrong with a file that should hold a model, such as blueprint.json."""
    problems = (f"- {'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
    return f"not a valid {error.title}:\n" + "\n".join(problems)


def _expected(tool: Signature, name: str) -> str:
    field = tool.args.model_fields.get(name)
    return (field.description or "required") if field else "required"
