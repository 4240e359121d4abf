"""Prisma models (prisma.io/docs/orm/reference/prisma-schema-reference), read into the document.

Tables and columns are named as the database has them (`@@map`, `@map`). Fields of another model's
type are relations: the side with `fields:` holds the foreign key, the other has no column.
"""

from dataclasses import dataclass, field

from tools.schema.common_types import quote_text
from tools.schema.errors import SchemaError
from tools.schema.model import Column, DatabaseSchema, EnumType, ForeignKey, Index, Table
from tools.schema.tokens import Token, TokenError, Tokens

_REMEDY = "Correct the Prisma schema; prisma.io/docs describes it"
_TYPES = {
    "String": "text", "Boolean": "boolean", "Int": "integer", "BigInt": "bigint",
    "Float": "double precision", "Decimal": "numeric(65,30)", "DateTime": "timestamp(3)",
    "Json": "jsonb", "Bytes": "bytea",
}  # fmt: skip
_NATIVE = {
    "doubleprecision": "double precision", "smallint": "smallint", "varchar": "varchar",
    "timestamptz": "timestamptz", "inet": "inet",
}  # fmt: skip
_ACTIONS = {
    "Cascade": "cascade", "Restrict": "restrict", "NoAction": "no_action",
    "SetNull": "set_null", "SetDefault": "set_default",
}  # fmt: skip
_CALLS = {
    "uuid": "gen_random_uuid()", "now": "now()", "cuid": None, "nanoid": None, "ulid": None,
    "auto": None,
}  # fmt: skip


@dataclass
class _Attribute:
    """`@default(now())`, `@relation(fields: [a], references: [id])`."""

    name: str
    line: int
    arguments: dict[str, list[Token]] = field(default_factory=dict)
    """Argument -> its words; the first unnamed one under ""."""

    def words(self, key: str = "") -> tuple[str, ...]:
        """The names in an argument such as `[a, b(sort: Desc)]`."""
        tokens, depth, found = self.arguments.get(key, []), 0, []
        for token in tokens:
            depth += (token.text == "(") - (token.text == ")")
            if token.kind in {"word", "quoted"} and depth == 0 and token.text.strip():
                found.append(token.text)
        return tuple(found)


@dataclass
class _Field:
    name: str
    kind: str
    line: int
    optional: bool
    many: bool
    attributes: dict[str, _Attribute]

    @property
    def column(self) -> str:
        named = self.attributes.get("map")
        words = named.words() or named.words("name") if named else ()
        return words[0] if words else self.name


@dataclass
class _Model:
    name: str
    line: int
    fields: dict[str, _Field] = field(default_factory=dict)
    attributes: list[_Attribute] = field(default_factory=list)

    @property
    def table(self) -> str:
        for one in self.attributes:
            if one.name == "map" and (words := one.words() or one.words("name")):
                return words[0]
        return self.name

    def columns(self, names: tuple[str, ...], line: int) -> tuple[str, ...]:
        """The columns of those fields. Raises TokenError for an unknown one."""
        if unknown := [name for name in names if name not in self.fields]:
            raise TokenError(line, f"the model {self.name} has no field {unknown[0]!r}")
        return tuple(self.fields[name].column for name in names)


def parse_prisma(text: str, name: str = "schema.prisma") -> DatabaseSchema:
    """The tables that the models describe.

    Raises:
        SchemaError: it is not a Prisma schema, or names a type or field that is not there.
    """
    try:
        models, enums = _read(Tokens(text))
        tables = tuple(_table(model, models, enums) for model in models.values())
    except TokenError as error:
        raise SchemaError(name, [(error.line, f"{error}. {_REMEDY}")]) from None
    return DatabaseSchema(source=name, tables=tables, enums=tuple(enums.values()))


def _read(tokens: Tokens) -> tuple[dict[str, _Model], dict[str, EnumType]]:
    models: dict[str, _Model] = {}
    enums: dict[str, EnumType] = {}
    while tokens.next.kind != "end":
        line = tokens.next.line
        if tokens.is_next("datasource", "generator", "type", "view"):
            tokens.skip_block()
        elif tokens.skip("model"):
            model = _Model(tokens.name(), line)
            if model.name in models:
                raise TokenError(line, f"the model {model.name} is described twice")
            models[model.name] = _read_model(tokens, model)
        elif tokens.skip("enum"):
            name = tokens.name()
            enums[name] = EnumType(name=name, values=_read_values(tokens), line=line)
        else:
            raise tokens.wrong("model, enum, datasource or generator")
    return models, enums


def _read_values(tokens: Tokens) -> tuple[str, ...]:
    values: list[str] = []
    tokens.expect("{")
    while not tokens.skip("}"):
        if tokens.is_next("@", "@@"):
            mapped = _read_attribute(tokens)
            if mapped.name == "map" and values and mapped.words():
                values[-1] = mapped.words()[0]
        else:
            values.append(tokens.name())
    return tuple(values)


def _read_model(tokens: Tokens, model: _Model) -> _Model:
    tokens.expect("{")
    while not tokens.skip("}"):
        if tokens.is_next("@@"):
            model.attributes.append(_read_attribute(tokens))
            continue
        line, name, kind = tokens.next.line, tokens.name(), tokens.name()
        if kind == "Unsupported":
            raise TokenError(line, f"the type of {name!r} is Unsupported")
        many = tokens.skip_pair("[", "]")
        optional = tokens.skip("?")
        attributes = {}
        while tokens.is_next("@"):
            attribute = _read_attribute(tokens)
            attributes[attribute.name] = attribute
        if name in model.fields:
            raise TokenError(line, f"the field {name!r} is described twice")
        model.fields[name] = _Field(name, kind, line, optional, many, attributes)
    return model


def _read_attribute(tokens: Tokens) -> _Attribute:
    line = tokens.take().line
    name = tokens.name()
    while tokens.skip("."):
        name = f"{name}.{tokens.name()}"
    attribute = _Attribute(name, line)
    if not tokens.skip("("):
        return attribute
    depth, key = 1, ""
    while True:
        token = tokens.take()
        depth += (token.text in {"(", "["}) - (token.text in {")", "]"})
        if token.kind == "end":
            raise tokens.wrong("')'")
        if depth == 0:
            return attribute
        if depth == 1 and token.kind == "word" and tokens.skip(":"):
            key = token.text
        elif depth == 1 and token.text == "," and token.kind == "sign":
            key = f"{key}," if key in attribute.arguments else key
        else:
            attribute.arguments.setdefault(key, []).append(token)


def _table(model: _Model, models: dict[str, _Model], enums: dict[str, EnumType]) -> Table:
    plain = [one for one in model.fields.values() if one.kind not in models]
    if not plain:
        raise TokenError(model.line, f"the model {model.name} has no columns")
    linked = [one for one in model.fields.values() if one.kind in models]
    keys = [(one.column,) for one in plain if "id" in one.attributes] + _groups(model, "id")
    uniques = [(one.column,) for one in plain if "unique" in one.attributes]
    return Table(
        name=model.table,
        columns=tuple(_column(model, one, enums) for one in plain),
        primary_key=keys[0] if keys else (),
        uniques=(*uniques, *_groups(model, "unique")),
        foreign_keys=tuple(key for one in linked for key in _foreign_keys(model, one, models)),
        indexes=tuple(Index(keys=group, line=model.line) for group in _groups(model, "index")),
        line=model.line,
    )


def _groups(model: _Model, name: str) -> list[tuple[str, ...]]:
    """The columns of each `@@name([a, b])`."""
    return [
        model.columns(one.words() or one.words("fields"), one.line)
        for one in model.attributes
        if one.name == name and (one.words() or one.words("fields"))
    ]


def _column(model: _Model, one: _Field, enums: dict[str, EnumType]) -> Column:
    native = next((a for a in one.attributes.values() if a.name.startswith("db.")), None)
    kind = _TYPES.get(one.kind) or (one.kind if one.kind in enums else "")
    if not kind:
        raise TokenError(one.line, f"the type {one.kind!r} of {model.name}.{one.name} is unknown")
    default, counted = _default(one)
    return Column(
        name=one.column,
        type=(_native(native) if native else kind) + ("[]" if one.many else ""),
        nullable=one.optional,
        default=default,
        identity="by_default" if counted else None,
        line=one.line,
    )


def _native(attribute: _Attribute) -> str:
    word = attribute.name.removeprefix("db.").lower()
    sizes = [token.text for token in attribute.arguments.get("", []) if token.kind == "number"]
    sizes += [t.text for t in attribute.arguments.get(",", []) if t.kind == "number"]
    kind = _NATIVE.get(word, word)
    return f"{kind}({','.join(sizes)})" if sizes else kind


def _default(one: _Field) -> tuple[str | None, bool]:
    """SQL default, and whether the database counts."""
    attribute = one.attributes.get("default")
    tokens = attribute.arguments.get("", []) if attribute else []
    if not tokens or tokens[0].text == "autoincrement":
        return None, bool(tokens)
    first = tokens[0]
    if first.text == "dbgenerated":
        return next((t.text for t in tokens if t.kind == "quoted"), None), False
    if first.kind == "word" and len(tokens) > 1 and tokens[1].text == "(":
        return _CALLS.get(first.text), False
    if first.text == "[":
        return "'{}'" if len(tokens) == 2 else None, False
    bare = first.kind == "number" or one.kind == "Boolean"
    return (first.text if bare else quote_text(first.text)), False


def _foreign_keys(model: _Model, one: _Field, models: dict[str, _Model]) -> list[ForeignKey]:
    relation = one.attributes.get("relation")
    names = relation.words("fields") if relation else ()
    if relation is None or not names:
        back = [f.many for f in models[one.kind].fields.values() if f.kind == model.name]
        if one.many and back and all(back):
            reason = (
                f"{model.name}.{one.name} is a many-to-many relation without a model of its own"
            )
            raise TokenError(one.line, reason)
        return []
    target = models[one.kind]
    action = (*relation.words("onDelete"), "")[0]
    default = "set_null" if one.optional else "restrict"
    return [
        ForeignKey.model_validate(
            {
                "columns": model.columns(names, relation.line),
                "table": target.table,
                "references": target.columns(relation.words("references"), relation.line),
                "on_delete": _ACTIONS.get(action, default),
                "on_update": _ACTIONS.get((*relation.words("onUpdate"), "")[0], "cascade"),
                "line": one.line,
            }
        )
    ]
