"""Answers of an OpenAPI document's lists: whether they have pages, and how those look."""

import re
from dataclasses import dataclass

from pydantic import JsonValue

from agent.intake.openapi_schema import Node, Schemas
from agent.intake.yaml_lines import Path

_TOTAL = re.compile(r"(?:total|count)(?:_?(?:count|items|results))?|(?:items|results)_?total", re.I)
_NEXT = re.compile(r"next(?:_?(?:cursor|page_?token|token))?|cursor", re.I)


@dataclass(frozen=True)
class ListAnswer:
    """What a list answers, as far as its schema says it."""

    bare: bool = False
    """A JSON array, so there are no pages."""
    items: str = ""
    total: str = ""
    next: str = ""
    others: tuple[str, ...] = ()
    """Keys of a page that are none of these."""


def read_list_answer(schemas: Schemas, where: Path, node: Node) -> ListAnswer | None:
    """The successful JSON answer as a list; None when it is none."""
    found = _success_schema(schemas, where, node)
    if found is None:
        return None
    schema, path, _name = found
    if schema.get("type") == "array":
        return ListAnswer(bare=True)
    kinds = {
        one.name: schemas.resolve(one.node, one.path)[0].get("type")
        for one in schemas.properties(schema, path)
    }
    arrays = [name for name, kind in kinds.items() if kind == "array"]
    totals = [name for name, kind in kinds.items() if kind == "integer" and _TOTAL.fullmatch(name)]
    cursors = [name for name in kinds if name not in arrays and _NEXT.fullmatch(name)]
    if len(arrays) != 1:
        return None
    named = [arrays[0], *totals[:1], *cursors[:1]]
    others = tuple(name for name in kinds if name not in named)
    return ListAnswer(False, arrays[0], next(iter(totals), ""), next(iter(cursors), ""), others)


def shown_schema(schemas: Schemas, where: Path, node: Node) -> str:
    """The name of the schema whose objects are answered, in a list or alone; "" without."""
    found = _success_schema(schemas, where, node)
    if found is None:
        return ""
    schema, path, name = found
    for prop in schemas.properties(schema, path):
        inner, place, _name = schemas.resolve(prop.node, prop.path)
        if inner.get("type") == "array" and not name:
            schema, path = inner, place
    if schema.get("type") == "array":
        items = _child(schema, "items")
        return schemas.resolve(items, path)[2]
    return name


def _success_schema(schemas: Schemas, where: Path, node: Node) -> tuple[Node, Path, str] | None:
    responses = _child(node, "responses")
    for code in sorted(responses):
        if not re.fullmatch(r"2(?:\d\d|XX)", code):
            continue
        content = _child(_child(responses, code), "content")
        for kind, media in content.items():
            schema = _child(media, "schema")
            if "json" in kind and schema:
                path = (*where, "responses", code, "content", kind, "schema")
                return schemas.resolve(schema, path)
    return None


def _child(node: JsonValue, key: str) -> Node:
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, dict) else {}
