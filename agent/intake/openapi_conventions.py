"""Conventions that an OpenAPI document shows: the type of ids, how one logs in, names of tokens."""

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from agent.intake.openapi_schema import Node, Schemas
from agent.intake.operations import is_login
from agent.intake.yaml_lines import Path

_FORM = "application/x-www-form-urlencoded"


def id_words(schemas: Schemas) -> str:
    """`Ids: integer` when the `id` of every schema is a whole number; "" when they differ."""
    kinds: Counter[str] = Counter()
    for name, node in schemas.nodes.items():
        for prop in schemas.properties(node, ("components", "schemas", name)):
            if prop.name == "id":
                field = schemas.read(prop).field
                kinds["integer" if field.type in {"integer", "bigint"} else field.type] += 1
    if list(kinds) == ["integer"]:
        return "Ids: integer"
    return "Ids: uuid" if list(kinds) == ["uuid"] else ""


def login_words(schemas: Schemas, where: Path, node: Node) -> Iterator[str]:
    """The body and the tokens of a login; nothing for any other operation."""
    if where[-1] != "post" or not is_login(where[1]):
        return
    content = _child(node, "requestBody", "content")
    if "application/json" in content:
        names = _names(schemas, _child(content, "application/json", "schema"), where)
        logins = [name for name in names if name not in _password_names(names)]
        yield "Login: json"
        if len(logins) == 1:
            yield f"Login field: {logins[0]}"
    elif _FORM in content:
        yield "Login: form"
    answer = _child(node, "responses", "200", "content", "application/json", "schema")
    for name in _names(schemas, answer, where):
        if name.endswith("token") or name in {"access", "refresh", "jwt"}:
            kind = "Refresh" if "refresh" in name else "Access"
            yield f"{kind} tokens: under {name}"


def _password_names(names: list[str]) -> list[str]:
    return [name for name in names if "pass" in name.lower() or name in {"pwd", "secret"}]


def _names(schemas: Schemas, schema: Node, where: Path) -> list[str]:
    return [prop.name for prop in schemas.properties(schema, where)]


def _child(node: JsonValue, *keys: str) -> Node:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}
