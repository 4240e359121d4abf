"""JSON Schema as OpenAPI 3.0 and 3.1 write it: properties and what kind of field each one is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from agent.intake.yaml_lines import Path, YamlText
from tools.blueprint.model import EntityField
from tools.blueprint.patterns import pattern_problem

Node = dict[str, JsonValue]
_REF = "#/components/schemas/"
_STRINGS: dict[str, dict[str, object]] = {
    "date": {"type": "date"}, "date-time": {"type": "timestamptz"}, "time": {"type": "time"},
    "duration": {"type": "interval"}, "uuid": {"type": "uuid"}, "binary": {"type": "bytes"},
    "byte": {"type": "bytes"}, "email": {"type": "string", "format": "email", "max_length": 254},
    "uri": {"type": "string", "format": "url", "max_length": 2048},
    "url": {"type": "string", "format": "url", "max_length": 2048},
    "decimal": {"type": "decimal", "precision": 12, "scale": 2},
}  # fmt: skip
_WORDS = (
    "$ref type format enum nullable default description example examples title items minLength "
    "maxLength minimum maximum exclusiveMinimum exclusiveMaximum readOnly writeOnly properties "
    "required allOf anyOf oneOf additionalProperties multipleOf deprecated pattern"
)
_READ = frozenset(_WORDS.split())


@dataclass
class Property:
    """A property of a schema."""

    name: str
    path: Path
    node: Node
    required: bool


@dataclass(frozen=True)
class FieldReading:
    """What a property says."""

    field: EntityField
    values: tuple[str, ...] = ()
    """Of an enum."""
    enum: str = ""
    """The schema that defines the enum, when it has a name."""
    child: str = ""
    """Schema of the objects that an array holds."""
    open: tuple[str, ...] = ()
    """Keywords that were not understood."""


@dataclass(frozen=True)
class Schemas:
    """The schemas of a document."""

    text: YamlText
    nodes: dict[str, Node]

    def resolve(self, node: Node, path: Path) -> tuple[Node, Path, str]:
        """The node behind its `$ref`, its path, and the schema's name ("" for an inline one)."""
        for _ in range(20):
            target = node.get("$ref")
            name = str(target).removeprefix(_REF) if isinstance(target, str) else ""
            if not name or name not in self.nodes:
                return node, path, ""
            found = self.nodes[name]
            if "$ref" not in found:
                return found, ("components", "schemas", name), name
            node, path = found, ("components", "schemas", name)
        return {}, path, ""

    def properties(
        self, node: Node, path: Path, seen: frozenset[str] = frozenset()
    ) -> Iterator[Property]:
        """The properties of an object, with those that `allOf` adds."""
        node, path, name = self.resolve(node, path)
        if name in seen:
            return
        seen |= {name} if name else set()
        parts = node.get("allOf")
        for number, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, dict):
                yield from self.properties(part, (*path, "allOf", str(number)), seen)
        required = node.get("required")
        names = required if isinstance(required, list) else []
        properties = node.get("properties")
        for key, item in (properties if isinstance(properties, dict) else {}).items():
            where = (*path, "properties", key)
            yield Property(key, where, item if isinstance(item, dict) else {}, key in names)

    def read(self, prop: Property) -> FieldReading:
        """The property as a field named `x`."""
        node, _path, name = self.resolve(prop.node, prop.path)
        node, nullable, odd = _without_null(node)
        if "$ref" in node:
            node, _path, name = self.resolve(node, prop.path)
        reading = self._typed({**node, **_beside(prop.node)}, name, prop.path)
        update: dict[str, object] = {}
        if nullable or node.get("nullable") is True or prop.node.get("nullable") is True:
            update["nullable"] = True
        if isinstance(text := prop.node.get("description"), str):
            update["description"] = " ".join(text.split())
        if prop.node.get("readOnly") is True:
            update["writable"] = "never"
        if prop.node.get("writeOnly") is True:
            update["readable"] = False
        if (pattern := node.get("pattern")) and reading.field.pattern != pattern:
            odd = (*odd, f"pattern {pattern}")
        left = (*odd, *(key for key in node if key not in _READ and not key.startswith("x-")))
        changed = reading.field.model_copy(update=update)
        return FieldReading(changed, reading.values, reading.enum, reading.child, left)

    def _typed(self, node: Node, name: str, path: Path) -> FieldReading:
        values = node.get("enum")
        if isinstance(values, list):
            texts = tuple(str(one) for one in values if one is not None)
            field = EntityField(name="x", type="enum", default=_default(node, "enum"))
            return FieldReading(field, texts, name)
        kind = node.get("type")
        if kind == "array":
            return self._array(node, path)
        update: dict[str, object] = {"type": "jsonb"}
        if kind == "string":
            update = _string(node)
        elif kind == "integer":
            update = {"type": "bigint" if node.get("format") == "int64" else "integer"}
        elif kind == "number":
            update = {"type": "float"}
            if node.get("format") == "decimal" or node.get("multipleOf") == 0.01:
                update = _STRINGS["decimal"]
        elif kind == "boolean":
            update = {"type": "boolean"}
        if update["type"] not in {"jsonb", "string", "text", "boolean"}:
            update |= _bounds(node)
        update["default"] = _default(node, str(update["type"]))
        return FieldReading(EntityField(name="x", type="text").model_copy(update=update))

    def _array(self, node: Node, path: Path) -> FieldReading:
        items = node.get("items")
        item, where, name = self.resolve(items if isinstance(items, dict) else {}, path)
        if isinstance(item.get("properties"), dict) or "allOf" in item:
            return FieldReading(EntityField(name="x", type="jsonb"), child=name)
        if item.get("type") not in {"string", "integer", "number", "boolean"}:
            return FieldReading(EntityField(name="x", type="jsonb"))
        reading = self._typed(item, name, where)
        update = {"type": "array", "item_type": reading.field.type, "default": None}
        return FieldReading(reading.field.model_copy(update=update), reading.values, reading.enum)


def _without_null(node: Node) -> tuple[Node, bool, tuple[str, ...]]:
    """The node without its alternative null, whether it had one, and choices left open."""
    kinds = node.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        return {**node, "type": others[0] if len(others) == 1 else "object"}, "null" in kinds, ()
    for key in ("anyOf", "oneOf"):
        choices = node.get(key)
        if isinstance(choices, list):
            others = [one for one in choices if one != {"type": "null"}]
            if len(others) == 1 and isinstance(others[0], dict):
                return {**node, **others[0]}, len(others) < len(choices), ()
            return node, len(others) < len(choices), (key,)
    return node, False, ()


def _beside(node: Node) -> Node:
    return {key: value for key, value in node.items() if key not in {"$ref", "type", "anyOf"}}


def _string(node: Node) -> dict[str, object]:
    update = dict(_STRINGS.get(str(node.get("format")), {"type": "text"}))
    if update["type"] not in {"string", "text"}:
        return update
    low, high, pattern = (node.get(key) for key in ("minLength", "maxLength", "pattern"))
    if isinstance(pattern, str) and "format" not in update and pattern_problem(pattern) is None:
        update["pattern"] = pattern
    if isinstance(low, int):
        update["min_length"] = low
    if isinstance(high, int):
        update |= {"type": "string", "max_length": high}
    return update


def _bounds(node: Node) -> dict[str, object]:
    bounds: dict[str, object] = {}
    step = 1.0 if node.get("type") == "integer" else 0.01
    for side, sign in (("imum", 0), ("imum", 1)):
        for end, direction in (("min", 1), ("max", -1)):
            key = f"{end}{side}" if not sign else f"exclusive{end.capitalize()}{side}"
            value = node.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                bounds[f"{end}imum"] = float(value) + sign * direction * step
            elif value is True:  # OpenAPI 3.0: a flag beside the bound
                limit = node.get(f"{end}imum")
                if isinstance(limit, int | float):
                    bounds[f"{end}imum"] = float(limit) + direction * step
    return bounds


def _default(node: Node, kind: str) -> JsonValue:
    value = node.get("default")
    if kind == "decimal" and isinstance(value, int | float | str):
        text = str(value)
        return text if re.fullmatch(r"-?\d+(\.\d+)?", text) else None
    return value if isinstance(value, str | int | float | bool) else None
