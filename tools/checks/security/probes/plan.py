"""What the probes are told: where the app is, its operations, and what is known of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = Any
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Param:
    """One thing that a request can carry."""

    name: str
    place: str
    """path, query, header, cookie, json, form or file."""
    schema: dict[str, Json]
    required: bool

    @property
    def is_text(self) -> bool:
        """Whether any text can be sent as it is."""
        kind = self.schema.get("type")
        closed = "enum" in self.schema or "const" in self.schema
        strict = self.schema.get("format") in ("uuid", "date", "date-time", "binary", "time")
        return kind in ("string", None) and not closed and not strict and "$ref" not in self.schema


@dataclass
class Operation:
    """A method on a path."""

    method: str
    path: str
    params: list[Param]
    body: str
    """json, form, multipart, raw or none."""
    dependencies: list[str] = field(default_factory=list)
    """Names of what the handler depends on."""
    place: tuple[str, int] | None = None
    """File and line of the handler."""
    summary: str = ""
    media_type: str = ""
    response: dict[str, Json] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """`METHOD /path`."""
        return f"{self.method} {self.path}"

    @property
    def path_names(self) -> list[str]:
        """Names of the parts of the path that vary."""
        return [param.name for param in self.params if param.place == "path"]

    @property
    def changes(self) -> bool:
        """Whether the method is one that changes something."""
        return self.method != "GET"

    def named(self, name: str) -> Param | None:
        """The parameter of that name."""
        return next((param for param in self.params if param.name == name), None)


@dataclass
class Plan:
    """Everything that the host knows."""

    base_url: str
    operations: list[Operation]
    secrets: list[str]
    """Values that the app was started with, or that stand in its source, which may open it."""
    logins: list[tuple[str, str]]
    """Pairs from the environment or the source that may be a login and its password."""
    signing_keys: list[str]
    canary_port: int
    outside: str
    outside_text: str
    words: list[str] = field(default_factory=list)
    """Short texts that the source compares with or has in tables."""
    headers: dict[str, str] = field(default_factory=dict)
    """Header, lower case -> the value that the source compares it with."""
    hosts: list[str] = field(default_factory=list)
    """Hosts that the environment or the source names."""
    xml_names: list[str] = field(default_factory=list)
    """Names of elements that the source looks for."""
    member_names: list[str] = field(default_factory=list)
    """Names of files that the source looks for in an archive."""
    archives: bool = False
    """Whether the source speaks of archives."""
    unpickles: bool = False
    """Whether the source speaks of pickles, YAML or the like."""
    patterns: bool = True
    """Whether the source has regular expressions."""
    spec: str = ""
    """Text of the spec, if there is one."""
    key_headers: list[str] = field(default_factory=list)
    """Headers that the document names for keys."""
    basic: bool = False
    """Whether HTTP basic authentication is spoken of."""


def load_plan(path: Path) -> Plan:
    """Read the plan and turn its OpenAPI document into operations."""
    data = json.loads(path.read_text())
    described = {
        (method, route["path"]): route for route in data["routes"] for method in route["methods"]
    }
    reads = data["reads"]
    document = data["openapi"]
    operations = []
    for path_text, item in document.get("paths", {}).items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method not in item and (method.upper(), path_text) not in described:
                continue
            route = described.get((method.upper(), path_text), {})
            found = _operation(document, method.upper(), path_text, item.get(method, {}), shared)
            found.dependencies = route.get("dependencies", [])
            if route.get("file"):
                found.place = (route["file"], route["line"])
            _add_reads(found, reads.get(f"{route.get('file')}:{route.get('name')}"))
            operations.append(found)
    plain = {key: value for key, value in data.items() if key not in ("routes", "reads", "openapi")}
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    plain["key_headers"] = [
        s["name"] for s in schemes if s.get("type") == "apiKey" and s["in"] == "header"
    ]
    plain["basic"] = any(s.get("scheme") == "basic" for s in schemes) or "HTTPBasic" in json.dumps(
        data["routes"]
    )
    plain["logins"] = [tuple(pair) for pair in plain["logins"]]
    return Plan(operations=operations, **plain)


def _operation(document: Json, method: str, path: str, item: Json, shared: list[Json]) -> Operation:
    params = [
        Param(
            entry["name"],
            entry["in"],
            resolve(document, entry.get("schema", {})),
            bool(entry.get("required")),
        )
        for entry in [*shared, *item.get("parameters", [])]
    ]
    known = {param.name for param in params if param.place == "path"}
    for part in path.split("{")[1:]:
        name = part.partition("}")[0].partition(":")[0]
        if name not in known:
            params.append(Param(name, "path", {"type": "string"}, True))
    body, media = "none", ""
    content = item.get("requestBody", {}).get("content", {})
    for media, described in content.items():
        schema = resolve(document, described.get("schema", {}))
        body, place = _body_kind(media)
        params += body_params(document, schema, place)
        break
    answer = item.get("responses", {}).get("200") or item.get("responses", {}).get("201") or {}
    contents = list(answer.get("content", {}).values())
    response = contents[0].get("schema", {}) if contents else {}
    text = f"{item.get('summary', '')} {item.get('description', '')}"
    plain_path = "".join(
        part
        if index == 0
        else "{" + part.partition("}")[0].partition(":")[0] + "}" + part.partition("}")[2]
        for index, part in enumerate(path.split("{"))
    )
    return Operation(
        method,
        plain_path,
        params,
        body,
        summary=text,
        media_type=media,
        response=resolve(document, response),
    )


def _body_kind(media: str) -> tuple[str, str]:
    if "multipart" in media:
        return "multipart", "form"
    if "urlencoded" in media:
        return "form", "form"
    return ("json", "json") if "json" in media else ("raw", "raw")


def body_params(document: Json, schema: dict[str, Json], place: str) -> list[Param]:
    """The properties of a body, one level deep; a body that is not an object is `` ."""
    if "properties" not in schema:
        return [Param("", place, schema, True)] if schema else []
    found = []
    for name, inner in schema["properties"].items():
        one = resolve(document, inner)
        binary = one.get("format") == "binary" or "contentMediaType" in one
        many = resolve(document, one.get("items", {})) if one.get("type") == "array" else {}
        is_file = binary or many.get("format") == "binary" or "contentMediaType" in many
        where = "file" if is_file else place
        found.append(Param(name, where, one, name in schema.get("required", [])))
    return found


def resolve(document: Json, schema: Json, depth: int = 6) -> dict[str, Json]:
    """The schema with references and optional wrappers taken away, as deep as is useful."""
    if not isinstance(schema, dict) or depth == 0:
        return {}
    if "$ref" in schema:
        target: Json = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target.get(part, {})
        return resolve(document, target, depth - 1)
    for key in ("anyOf", "oneOf", "allOf"):
        options = [item for item in schema.get(key, []) if item.get("type") != "null"]
        if options:
            rest = {name: value for name, value in schema.items() if name != key}
            return {**resolve(document, options[0], depth - 1), **rest}
    inner = dict(schema)
    if isinstance(inner.get("items"), dict):
        inner["items"] = resolve(document, inner["items"], depth - 1)
    if isinstance(inner.get("properties"), dict):
        inner["properties"] = {
            name: resolve(document, value, depth - 1) for name, value in inner["properties"].items()
        }
    return inner


def _add_reads(operation: Operation, reads: Json) -> None:
    """What the handler takes out of the request by itself."""
    if not reads:
        return
    known = {(param.place, param.name) for param in operation.params}
    text = {"type": "string"}
    if operation.body == "none" and reads["body"] != "none":
        operation.body = "multipart" if reads["body"] == "form" else reads["body"]
        place = {"form": "form", "json": "json", "raw": "raw"}[reads["body"]]
        for key in reads["keys"] or ([""] if place == "raw" else []):
            operation.params.append(Param(key, place, text, False))
    for place, names in (
        ("query", reads["query"]),
        ("header", reads["headers"]),
        ("cookie", reads["cookies"]),
    ):
        for name in names:
            skip = name.lower() in (
                "content-length",
                "content-type",
                "host",
                "transfer-encoding",
                "user-agent",
            )
            if (place, name) not in known and not skip:
                operation.params.append(Param(name, place, text, False))
