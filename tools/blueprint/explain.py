"""Says what is wrong with Blueprint data, naming parts instead of list positions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from tools.blueprint.model import Blueprint


def explain_errors(error: ValidationError, data: Mapping[str, JsonValue]) -> list[str]:
    """One line a problem, naming parts instead of list positions."""
    lines = []
    for problem in error.errors(include_url=False):
        where = _locate(data, problem["loc"])
        if problem["type"] == "extra_forbidden" and (keys := _known_keys(problem["loc"])):
            lines.append(f"- {where}: unknown key; there are {', '.join(keys)}")
            continue
        got = "" if problem["type"] == "missing" else f", got {problem['input']!r:.80}"
        lines.append(f"- {where}: {problem['msg']}{got}{_other_type(problem)}")
    return list(dict.fromkeys(lines))


def _other_type(problem: ErrorDetails) -> str:
    """What to send when only the type of an allowed value is wrong; "" otherwise."""
    given, expected = problem["input"], str(problem.get("ctx", {}).get("expected", ""))
    if problem["type"] != "literal_error" or isinstance(given, bool):
        return ""
    if isinstance(given, str) and given in re.findall(r"(?<!')\b\d+\b(?!')", expected):
        return f"; send the number {given}, without quotes"
    if isinstance(given, int) and f"'{given}'" in expected:
        return f'; send the text "{given}", in quotes'
    return ""


def _known_keys(path: Sequence[int | str]) -> list[str]:
    """The keys that may stand where the last one of the path does not; [] if that is unclear."""
    model: type[BaseModel] = Blueprint
    for step in path[:-1]:
        if isinstance(step, str):
            field = model.model_fields.get(step)
            models = list(_models_in(field.annotation)) if field else []
            if len(models) != 1:
                return []
            model = models[0]
    return list(model.model_fields)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


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
