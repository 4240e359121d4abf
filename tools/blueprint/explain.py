"""Says what is wrong with Blueprint data, naming parts instead of list positions."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue, ValidationError


def explain_errors(error: ValidationError, data: Mapping[str, JsonValue]) -> str:
    """One line a problem, naming parts instead of list positions."""
    lines = []
    for problem in error.errors(include_url=False):
        where = _locate(data, problem["loc"])
        got = "" if problem["type"] == "missing" else f", got {problem['input']!r:.80}"
        lines.append(f"- {where}: {problem['msg']}{got}")
    return "\n".join(dict.fromkeys(lines))


def _locate(data: JsonValue | Mapping[str, JsonValue], path: Sequence[int | str]) -> str:
    """`entities.book.fields.price.type` for a path with list positions in it."""
    words: list[str] = []
    current: object = data
    for step in path:
        current = _child(current, step)
        words.append(_label(current, step))
    return ".".join(words) or "blueprint"


def _child(value: object, step: int | str) -> object:
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, value)  # pydantic adds steps for the branch of a union
    return value


def _label(value: object, step: int | str) -> str:
    if isinstance(step, str) or not isinstance(value, dict):
        return str(step)
    if "method" in value and "operation" in value:
        return f"{value['method']} {value.get('path')}"
    return str(value.get("name") or value.get("field") or value.get("entity") or step)
