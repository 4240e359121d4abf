"""Fenced OpenAPI 3.0 and 3.1 documents: operations as endpoints, `security` as access."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydantic import JsonValue

from agent.intake.document import Fence, Paragraph
from agent.intake.draft import Draft
from agent.intake.endpoints import EndpointRow
from agent.intake.openapi_answers import ListAnswer, read_list_answer
from agent.intake.openapi_conventions import id_words, login_words
from agent.intake.openapi_queries import (
    Parameter,
    apply_answer,
    apply_headers,
    apply_queries,
    pagination_words,
    read_parameters,
)
from agent.intake.openapi_schema import Node, Schemas
from agent.intake.statements import Statement
from agent.intake.yaml_lines import Path, YamlError, YamlText, load_yaml

_START = re.compile(r"(?:^|[{,])\s*[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE)
_METHODS = ("get", "post", "put", "patch", "delete")
_SUCCESS = re.compile(r"2\d\d")
_PLAIN = re.compile(
    r"(?:no such \w+|unauthori[sz]ed|forbidden|malformed|conflict|errors?|default|too many requests"
    r"|not (?:found|valid|allowed|authenticated|authori[sz]ed)|validation error|unexpected error"
    r"|(?:bad|invalid) (?:request|input|body)|unprocessable (?:entity|content)|wrong \w+ or \w+"
    r"|.?)\.?",
    re.IGNORECASE,
)
"""Descriptions that say no more than their status."""
_REMEDY = "Correct it; spec.openapis.org describes the document."


@dataclass
class Operation:
    """One operation of a document."""

    statement: Statement
    method: str
    path: str
    where: Path
    node: Node
    told: list[tuple[Statement, str]] = field(default_factory=list)
    """Each sentence of its description, as a requirement and alone."""
    refusals: list[tuple[Statement, str]] = field(default_factory=list)
    """The same for descriptions of answers that refuse something, and of further successes."""


@dataclass
class Api:
    """One document of the spec."""

    statement: Statement
    text: YamlText
    schemas: Schemas
    operations: list[Operation] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    """Entities that its schemas describe."""

    def parameters(self, operation: Operation) -> list[Parameter]:
        """The operation's query parameters."""
        return list(read_parameters(self.text, operation.where, operation.node, {"query"}))

    def headers(self, operation: Operation) -> list[Parameter]:
        """The operation's headers and cookies."""
        places = {"header", "cookie"}
        return list(read_parameters(self.text, operation.where, operation.node, places))

    def answer(self, operation: Operation) -> ListAnswer | None:
        """What the operation answers when that is a list."""
        if operation.method != "GET":
            return None
        return read_list_answer(self.schemas, operation.where, operation.node)


@dataclass
class OpenApiBlocks:
    """What the documents of a spec say."""

    statements: list[Statement] = field(default_factory=list)
    """All statements of the spec, with one for each operation and schema in place of a block."""
    rows: list[EndpointRow] = field(default_factory=list)
    apis: list[Api] = field(default_factory=list)


def read_openapi_blocks(draft: Draft, statements: list[Statement]) -> OpenApiBlocks:
    """Read every OpenAPI document; what is wrong with one becomes a problem at its line."""
    found = OpenApiBlocks()
    for statement in statements:
        api = _open(draft, statement)
        if api is None:
            found.statements.append(statement)
            continue
        found.apis.append(api)
        api.operations.extend(_operations(draft, api))
        found.statements += _conventions(api)
        for operation in api.operations:
            found.statements.append(operation.statement)
            found.rows.append(_row(draft, api, operation))
            operation.told = list(_told(api, operation))
            operation.refusals = list(_refusals(api, operation))
            told = [*operation.told, *operation.refusals]
            found.statements += [statement for statement, _ in told]
    return found


def read_queries(draft: Draft, apis: list[Api]) -> None:
    """Put the query parameters of every operation into its endpoint, and whether it has pages."""
    for api in apis:
        for operation in api.operations:
            parameters = api.parameters(operation)
            apply_queries(draft, operation.method, operation.path, parameters)
            apply_headers(draft, operation.method, operation.path, api.headers(operation))
            answer = api.answer(operation)
            if answer is not None:
                apply_answer(draft, operation.method, operation.path, answer, operation.statement)


def _open(draft: Draft, statement: Statement) -> Api | None:
    fence = statement.fence
    if fence is None or not _is_openapi(fence):
        return None
    try:
        text = load_yaml(fence.placed_text)
    except YamlError as error:
        line = max(error.line, fence.line)
        draft.error(line, f"in the {fence.language} block: {error}", _REMEDY)
        return None
    root = text.value if isinstance(text.value, dict) else {}
    version = str(root.get("openapi") or root.get("swagger") or "")
    if not version.startswith("3."):
        reason = f"OpenAPI {version or '?'} is not read"
        draft.ask(fence.line + 1, reason, "Convert the document to OpenAPI 3.0 or 3.1.")
        return None
    nodes = _child(_child(root, "components"), "schemas")
    schemas = {name: node for name, node in nodes.items() if isinstance(node, dict)}
    return Api(statement, text, Schemas(text, schemas))


def _is_openapi(fence: Fence) -> bool:
    named = fence.language in {"openapi", "yaml", "yml", "json"}
    return named and (fence.language == "openapi" or _START.search(fence.text) is not None)


def _child(node: JsonValue, *keys: str) -> Node:
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _conventions(api: Api) -> Iterator[Statement]:
    """Base path, ids, logins and pages, in the words that conventions are read from."""
    servers = _child(api.text.value).get("servers")
    server = servers[0] if isinstance(servers, list) and servers else None
    url = str(server.get("url", "")) if isinstance(server, dict) else ""
    path = re.sub(r"^https?://[^/]*", "", url).rstrip("/")
    if re.fullmatch(r"(?:/[\w.-]+)+", path):
        line, words = api.text.line("servers"), f"Base path: {path}"
        yield Statement(line, words, api.statement.section, words)
    if words := id_words(api.schemas):
        yield Statement(api.text.line("components", "schemas"), words, api.statement.section, words)
    seen = set()
    for operation in api.operations:
        pages = pagination_words(api.parameters(operation), api.answer(operation))
        login = login_words(api.schemas, operation.where, operation.node)
        for words in (*([pages] if pages else ()), *login):
            if words not in seen:
                seen.add(words)
                yield Statement(operation.statement.line, words, api.statement.section, words)


def _operations(draft: Draft, api: Api) -> Iterator[Operation]:
    for path, item in _child(api.text.value, "paths").items():
        for method, node in (item if isinstance(item, dict) else {}).items():
            where = ("paths", path, method)
            if method == "$ref":
                draft.ask(api.text.line(*where), "a path in another file", "Write it here.")
            if method not in _METHODS or not isinstance(node, dict):
                continue
            if not path.startswith("/"):
                draft.error(api.text.line(*where), f"the path {path!r} has no `/`", _REMEDY)
                continue
            summary = str(node.get("summary") or node.get("operationId") or "")
            text = f"{method.upper()} {path}: {summary}".rstrip(": ")
            statement = api.statement.part(api.text.line(*where), text)
            yield Operation(statement, method.upper(), path, where, node)


def _row(draft: Draft, api: Api, operation: Operation) -> EndpointRow:
    responses = _child(operation.node, "responses")
    status = next((code for code in responses if _SUCCESS.fullmatch(code)), "")
    summary = operation.node.get("summary")
    return EndpointRow(
        operation.statement,
        operation.method,
        operation.path,
        _access(draft, api, operation),
        summary.strip().rstrip(".") if isinstance(summary, str) else "",
        status,
    )


def _access(draft: Draft, api: Api, operation: Operation) -> str | None:
    """The access as a cell would say it; None when the document does not decide it."""
    node, root = operation.node, _child(api.text.value)
    if isinstance(roles := node.get("x-roles") or node.get("x-access"), list | str):
        return ", ".join(map(str, roles)) if isinstance(roles, list) else roles
    security = node.get("security", root.get("security"))
    if security is None:
        return "public" if _child(root, "components", "securitySchemes") else None
    if not isinstance(security, list) or not security or {} in security:
        return "public"
    scopes = [
        str(scope)
        for one in security
        for scopes in (one.values() if isinstance(one, dict) else ())
        for scope in (scopes if isinstance(scopes, list) else ())
    ]
    if all(re.fullmatch(r"[a-z_]+", scope) for scope in scopes):
        return ", ".join(scopes) or "any user"
    draft.ask(
        api.text.line(*operation.where, "security"),
        f"the scopes {', '.join(scopes)} of {operation.method} {operation.path} are no roles",
        "Say which roles may call it: `x-roles: [admin]` in the operation, or an endpoint table.",
    )
    return None


def _refusals(api: Api, operation: Operation) -> Iterator[tuple[Statement, str]]:
    """What the answers' descriptions add to their status."""
    successes = 0
    responses = _child(operation.node, "responses")
    for code in responses:
        answer = _child(responses, code)
        text = answer.get("description")
        good = _SUCCESS.fullmatch(code) is not None
        successes += good
        if not isinstance(text, str) or (good and successes < 2) or _PLAIN.fullmatch(text.strip()):
            continue
        line = api.text.line(*operation.where, "responses", code)
        words = " ".join(_whole(answer, text).split())
        whole = f"{operation.method} {operation.path}: {code} {words}"
        yield api.statement.part(line, whole), words


def _whole(answer: Node, text: str) -> str:
    """The description with what an unquoted comma in `{description: a, or b}` cut off."""
    return ", ".join([text, *(key for key, value in answer.items() if value is None)])


def _told(api: Api, operation: Operation) -> Iterator[tuple[Statement, str]]:
    """The sentences of an operation's description."""
    text, where = operation.node.get("description"), (*operation.where, "description")
    if isinstance(text, str):
        line = api.text.line(*where)
        for sentence in Paragraph(line, text).sentences():
            told = f"{operation.method} {operation.path}: {sentence.text}"
            yield api.statement.part(line, told), sentence.text
