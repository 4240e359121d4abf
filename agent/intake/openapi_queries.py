"""Query parameters of an OpenAPI document: pages, filters and sorting."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from agent.intake.draft import Draft
from agent.intake.openapi_answers import ListAnswer
from agent.intake.openapi_schema import Node
from agent.intake.operations import clean_path
from agent.intake.statements import Statement
from agent.intake.yaml_lines import Path, YamlText
from tools.blueprint.model import Endpoint, Entity

_POSITIONS = ("page", "offset", "cursor", "after")
_SIZES = ("limit", "page_size", "per_page", "size", "pageSize", "perPage")
_USUAL_HEADERS = frozenset({"authorization", "accept", "content-type", "if-match"})
_SORTS = frozenset({"sort", "order", "order_by", "sort_by"})
_REMEDY = "Say what it does in an endpoint table: filter, search or sort by which fields."


@dataclass(frozen=True)
class Parameter:
    """A query parameter."""

    name: str
    line: int
    schema: Node
    description: str = ""


def read_parameters(
    text: YamlText, where: Path, node: Node, places: Container[str]
) -> Iterator[Parameter]:
    """The operation's parameters in those places, with those that its path shares."""
    root = text.value if isinstance(text.value, dict) else {}
    item = _child(_child(root, "paths"), where[1])
    for path, holder in ((where, node), (where[:2], item)):
        listed = holder.get("parameters")
        for number, one in enumerate(listed if isinstance(listed, list) else ()):
            found = _resolve(root, one if isinstance(one, dict) else {})
            if found.get("in") in places and isinstance(name := found.get("name"), str):
                line = text.line(*path, "parameters", str(number))
                words = found.get("description")
                told = " ".join(words.split()) if isinstance(words, str) else ""
                yield Parameter(name, line, _child(found, "schema"), told)


def pagination_words(parameters: list[Parameter], answer: ListAnswer | None) -> str | None:
    """The pages as a convention says them (`limit/offset, default 20, max 100`), or None."""
    position = next((one for one in parameters if one.name in _POSITIONS), None)
    size = next((one for one in parameters if one.name in _SIZES), None)
    if position is None or size is None or not re.fullmatch(r"[a-z_]+", size.name):
        return None
    words = f"Pagination: {position.name}/{size.name}"
    for key, word in (("default", "default"), ("maximum", "max")):
        if isinstance(number := size.schema.get(key), int):
            words += f", {word} {number}"
    named = {"items": answer.items, "total": answer.total, "next": answer.next} if answer else {}
    return words + "".join(f", {word} under {key}" for word, key in named.items() if key)


def apply_answer(
    draft: Draft, method: str, path: str, answer: ListAnswer, statement: Statement
) -> None:
    """Leave a list that answers a bare array without pages; ask about keys that no page has."""
    endpoint = draft.endpoints.get(f"{method} {clean_path(path, draft.conventions.base_path)}")
    if endpoint is None or endpoint.operation != "list":
        return
    pages = draft.conventions.pagination
    if answer.bare:
        draft.endpoints[endpoint.key] = endpoint.model_copy(update={"paged": False})
    elif answer.others or answer.items != pages.items_key:
        known = {answer.items: pages.items_key, answer.total: pages.total_key or answer.total}
        other = [*answer.others, *(key for key, ours in known.items() if key != ours)]
        draft.ask(
            statement.line,
            f"a page of {endpoint.key} holds {', '.join(other)}, which other pages do not",
            "Pages are the same everywhere: items, a total, a cursor. Say so in the conventions.",
        )


def apply_queries(draft: Draft, method: str, path: str, parameters: list[Parameter]) -> None:
    """Put them into the endpoint; one that means nothing known becomes a question at its line."""
    endpoint = draft.endpoints.get(f"{method} {clean_path(path, draft.conventions.base_path)}")
    entity = draft.entities.get(endpoint.entity or "") if endpoint else None
    if endpoint is None:
        return
    pages = draft.conventions.pagination
    for one in parameters:
        known = one.name in {pages.size_param, pages.position_param}
        changed = None if known else _applied(endpoint, entity, one)
        searches = one.name == "q" and endpoint.search
        if not known and changed is None and not searches:
            reason = f"the parameter `{one.name}` of {endpoint.key} is not understood"
            draft.ask(one.line, reason, _REMEDY)
        endpoint = changed or endpoint
    draft.endpoints[endpoint.key] = endpoint


def apply_headers(draft: Draft, method: str, path: str, parameters: list[Parameter]) -> None:
    """Let the endpoint take an `Idempotency-Key`; any other header becomes a question."""
    key = f"{method} {clean_path(path, draft.conventions.base_path)}"
    endpoint = draft.endpoints.get(key)
    if endpoint is None:
        return
    for one in parameters:
        name = one.name.lower()
        if name == "idempotency-key" and method == "POST":
            draft.endpoints[key] = endpoint.model_copy(update={"idempotent": True})
        elif name not in _USUAL_HEADERS:
            reason = f"the header or cookie `{one.name}` of {key} is not understood"
            draft.ask(one.line, reason, "Say what it does in a sentence of its own.")


def _applied(endpoint: Endpoint, entity: Entity | None, one: Parameter) -> Endpoint | None:
    names = {field.name for field in entity.fields} if entity else set()
    if endpoint.operation != "list":
        return None
    if one.name in names:
        return endpoint.model_copy(update={"filters": (*endpoint.filters, one.name)})
    values = one.schema.get("enum")
    if one.name in _SORTS and isinstance(values, list):
        fields = dict.fromkeys(str(value).lstrip("-+") for value in values)
        if set(fields) <= names:
            return endpoint.model_copy(update={"sort": tuple(fields)})
    return None


def _resolve(root: Node, node: Node) -> Node:
    target = node.get("$ref")
    if not isinstance(target, str):
        return node
    name = target.removeprefix("#/components/parameters/")
    return _child(_child(_child(root, "components"), "parameters"), name)


def _child(node: Node, key: str) -> Node:
    found = node.get(key)
    return found if isinstance(found, dict) else {}
