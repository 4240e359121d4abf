"""Mermaid `erDiagram` (mermaid.js.org/syntax/entityRelationshipDiagram), read into the document.

A diagram says less than a schema: a column may be null only when its comment says `optional`, and
a relation becomes a foreign key of the side that is many.
"""

import re
from dataclasses import dataclass, field

from tools.blueprint.words import plural, singular, snake_case
from tools.schema.common_types import postgres_type
from tools.schema.errors import SchemaError
from tools.schema.model import Column, DatabaseSchema, ForeignKey, Table

_REMEDY = "Correct the diagram; docs/spec.md shows what it may hold"
_NAME = r"(?:\"[^\"]+\"|[^\W\d][\w-]*)"
_RELATION = re.compile(
    rf"(?P<left>{_NAME})\s*(?P<from>\|o|\|\||\}}o|\}}\|)(?:--|\.\.)(?P<to>o\||\|\||o\{{|\|\{{)"
    rf"\s*(?P<right>{_NAME})\s*(?::\s*(?P<label>.*))?"
)
_OPEN = re.compile(
    rf"(?P<name>{_NAME})\s*(?:\[\s*\"?(?P<alias>[^\]\"]+)\"?\s*\])?\s*(?P<open>\{{)?"
)
_COLUMN = re.compile(
    r"(?P<type>[A-Za-z][\w()\[\],-]*)\s+(?P<name>\*?[^\W\d][\w-]*)"
    r"(?:\s+(?P<keys>(?:PK|FK|UK)(?:\s*,\s*(?:PK|FK|UK))*))?(?:\s+\"(?P<comment>[^\"]*)\")?"
)
_IGNORED = re.compile(r"(?:%%.*|direction\s+\w+|title\b.*|style\b.*|class(?:Def)?\b.*|---)?")


@dataclass
class _Box:
    """An entity of the diagram."""

    table: str
    line: int
    columns: dict[str, Column] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    """Columns marked FK, until a relation says where they lead."""
    foreign_keys: list[ForeignKey] = field(default_factory=list)


def parse_mermaid_er(text: str, name: str = "diagram") -> DatabaseSchema:
    """The tables that the diagram describes; entities without attributes are left out.

    Raises:
        SchemaError: a line that is not in the grammar, or a relation that needs a join table.
    """
    boxes: dict[str, _Box] = {}
    relations: list[tuple[int, re.Match[str]]] = []
    problems: list[tuple[int, str]] = []
    inside: _Box | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.split("%%")[0].strip()
        if line == "erDiagram" or _IGNORED.fullmatch(line):
            continue
        if inside is not None:
            inside = _read_inside(inside, line, number, problems)
        elif match := _RELATION.fullmatch(line):
            relations.append((number, match))
        elif match := _OPEN.fullmatch(line.removesuffix("}").strip()):
            box = boxes.setdefault(_word(match["name"]), _Box(_table(match), number))
            inside = box if match["open"] and not line.endswith("}") else None
        else:
            problems.append((number, f"{line!r} is neither an entity nor a relation. {_REMEDY}"))
    for number, match in relations:
        _relate(boxes, number, match, problems)
    if problems:
        raise SchemaError(name, problems)
    tables = tuple(_finish(box, boxes) for box in boxes.values() if box.columns)
    return DatabaseSchema(source=name, tables=tables)


def _read_inside(box: _Box, line: str, number: int, problems: list[tuple[int, str]]) -> _Box | None:
    if line == "}":
        return None
    match = _COLUMN.fullmatch(line)
    if match is None:
        problems.append((number, f"{line!r} is not `type name PK`. {_REMEDY}"))
        return box
    name, comment = match["name"].lstrip("*"), match["comment"] or ""
    keys = set(re.findall(r"PK|FK|UK", match["keys"] or ""))
    kind = postgres_type(match["type"])
    identity = "PK" in keys and "FK" not in keys and kind in {"int", "integer", "bigint", "serial"}
    box.columns[name] = Column(
        name=name,
        type=kind.replace("bigserial", "bigint").replace("serial", "integer"),
        nullable=bool(re.search(r"\b(?:optional|nullable|null)\b", comment, re.IGNORECASE)),
        identity="by_default" if identity else None,
        comment=comment,
        line=number,
    )
    box.key += [name] if "PK" in keys else []
    box.links += [name] if "FK" in keys else []
    box.uniques += [(name,)] if "UK" in keys else []
    return box


def _relate(
    boxes: dict[str, _Box], number: int, match: re.Match[str], problems: list[tuple[int, str]]
) -> None:
    left, right = boxes.get(_word(match["left"])), boxes.get(_word(match["right"]))
    if left is None or right is None or not (left.columns and right.columns):
        missing = match["left"] if left is None or not left.columns else match["right"]
        problems.append((number, f"the entity {missing} has no attributes. List them in {{ }}"))
        return
    many_left, many_right = "}" in match["from"], "{" in match["to"]
    if many_left and many_right:
        names = f"{match['left']} and {match['right']}"
        problems.append((number, f"{names} are many to many. Draw the join table between them"))
        return
    child, parent, end = (left, right, match["to"]) if many_left else (right, left, match["from"])
    column = _link(child, parent)
    if column not in child.columns:
        key = parent.columns[parent.key[0]] if len(parent.key) == 1 else None
        kind = key.type if key else "uuid"
        child.columns[column] = Column(name=column, type=kind, nullable="o" in end, line=number)
    if column in child.links:
        child.links.remove(column)
    child.foreign_keys.append(ForeignKey(columns=(column,), table=parent.table, line=number))
    if not (many_left or many_right) and child.key != [column]:
        child.uniques.append((column,))


def _link(child: _Box, parent: _Box) -> str:
    """The child's column that points to the parent: by its name, or the only one marked FK."""
    expected = f"{singular(parent.table)}_id"
    for name in (*child.links, *child.columns):
        if snake_case(name) == expected:
            return name
    return child.links[0] if len(child.links) == 1 else expected


def _finish(box: _Box, boxes: dict[str, _Box]) -> Table:
    """The table; columns marked FK without a relation lead where their name says."""
    keys = list(box.foreign_keys)
    tables = {singular(one.table): one for one in boxes.values()}
    for name in box.links:
        target = tables.get(snake_case(name).removesuffix("_id"))
        if target is not None:
            line = box.columns[name].line
            keys.append(ForeignKey(columns=(name,), table=target.table, line=line))
    return Table(
        name=box.table,
        columns=tuple(box.columns.values()),
        primary_key=tuple(box.key),
        uniques=tuple(dict.fromkeys(box.uniques)),
        foreign_keys=tuple(keys),
        line=box.line,
    )


def _table(match: re.Match[str]) -> str:
    name = snake_case(match["alias"] or _word(match["name"]))
    return plural(singular(name)) if name else _word(match["name"])


def _word(name: str) -> str:
    return name.strip('"')
