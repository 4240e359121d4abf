"""DBML (dbml.dbdiagram.io/docs), read into the document with the line of every table and column.

Projects, groups, sticky notes and records describe no table and are skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tools.schema.common_types import postgres_type, quote_text
from tools.schema.errors import SchemaError
from tools.schema.model import (
    Check,
    Column,
    DatabaseSchema,
    EnumType,
    ForeignKey,
    Index,
    Table,
)
from tools.schema.tokens import Token, TokenError, Tokens

_REMEDY = "Correct the DBML; dbml.dbdiagram.io/docs describes it"
_SKIPPED = ("project", "tablegroup", "note", "records", "diagramview")
_RELATIONS = ("<>", "<", ">", "-")
_ACTIONS = ("no action", "restrict", "cascade", "set null", "set default")
Settings = dict[str, Token]
"""Setting in lower case -> its value; a flag such as `pk` has itself as value."""


@dataclass
class _TableDraft:
    name: str
    namespace: str
    line: int
    columns: dict[str, Column] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    comment: str = ""

    def finish(self) -> Table:
        columns = self.columns | {
            name: self.columns[name].model_copy(update={"nullable": False})
            for name in self.key
            if name in self.columns
        }
        return Table(
            name=self.name,
            namespace=self.namespace,
            columns=tuple(columns.values()),
            primary_key=self.key,
            uniques=tuple(self.uniques),
            foreign_keys=tuple(self.foreign_keys),
            checks=tuple(self.checks),
            indexes=tuple(self.indexes),
            comment=self.comment,
            line=self.line,
        )


@dataclass(frozen=True)
class _End:
    """One side of a relation."""

    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Relation:
    left: _End
    sign: str
    right: _End
    line: int
    settings: Settings = field(default_factory=dict)


def parse_dbml(text: str, name: str = "schema.dbml") -> DatabaseSchema:
    """The tables that the text describes.

    Raises:
        SchemaError: it is not DBML, or a relation leads nowhere.
    """
    try:
        reader = _Reader(Tokens(text))
        reader.read()
        return reader.finish(name)
    except TokenError as error:
        raise SchemaError(name, [(error.line, f"{error}. {_REMEDY}")]) from None


class _Reader:
    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._tables: dict[str, _TableDraft] = {}
        self._aliases: dict[str, str] = {}
        self._partials: dict[str, _TableDraft] = {}
        self._enums: list[EnumType] = []
        self._relations: list[_Relation] = []

    def read(self) -> None:
        """Every element of the text."""
        tokens = self._tokens
        while tokens.next.kind != "end":
            line = tokens.next.line
            if tokens.is_next(*_SKIPPED):
                tokens.skip_block()
            elif tokens.skip("table"):
                self._table(line)
            elif tokens.skip("tablepartial"):
                draft = _TableDraft(tokens.name(), "public", line)
                self._settings()
                self._partials[draft.name] = draft
                self._body(draft)
            elif tokens.skip("enum"):
                self._enum(line)
            elif tokens.skip("ref"):
                self._reference(line)
            else:
                raise tokens.wrong("Table, Enum, Ref, TablePartial, TableGroup, Project or Note")

    def finish(self, name: str) -> DatabaseSchema:
        """The document. Raises TokenError for a relation that leads nowhere."""
        for relation in self._relations:
            self._relate(relation)
        tables = tuple(draft.finish() for draft in self._tables.values())
        return DatabaseSchema(source=name, tables=tables, enums=tuple(self._enums))

    def _path(self) -> list[str]:
        parts = [self._tokens.name()]
        while self._tokens.skip("."):
            if self._tokens.is_next("("):
                break
            parts.append(self._tokens.name())
        return parts

    def _table(self, line: int) -> None:
        *namespace, name = self._path()
        draft = _TableDraft(name, namespace[-1] if namespace else "public", line)
        key = name if draft.namespace == "public" else f"{draft.namespace}.{name}"
        if key in self._tables:
            raise TokenError(line, f"the table {key!r} is described twice")
        if self._tokens.skip("as"):
            self._aliases[self._tokens.name()] = key
        settings = self._settings()
        draft.comment = settings["note"].text if "note" in settings else ""
        self._tables[key] = draft
        self._body(draft)

    def _body(self, draft: _TableDraft) -> None:
        tokens = self._tokens
        tokens.expect("{")
        while not tokens.skip("}"):
            token = tokens.take()
            if token.text == "~" and token.kind == "sign":
                self._include(draft, tokens.name(), token.line)
            elif token.kind not in {"word", "quoted"}:
                found = repr(token.text) if token.kind != "end" else "the end"
                raise TokenError(token.line, f"expected a column and found {found}")
            elif token.text.lower() == "note" and tokens.is_next(":", "{"):
                draft.comment = self._note()
            elif token.text.lower() == "indexes" and tokens.is_next("{"):
                self._each(lambda: self._index(draft))
            elif token.text.lower() == "checks" and tokens.is_next("{"):
                self._each(lambda: self._check(draft))
            else:
                self._column(draft, token)

    def _each(self, read: Callable[[], None]) -> None:
        self._tokens.expect("{")
        while not self._tokens.skip("}"):
            read()

    def _note(self) -> str:
        block = self._tokens.take().text == "{"
        token = self._tokens.take()
        if token.kind not in {"text", "quoted"}:
            raise TokenError(token.line, "expected a text in quotes")
        if block:
            self._tokens.expect("}")
        return token.text

    def _include(self, draft: _TableDraft, name: str, line: int) -> None:
        partial = self._partials.get(name)
        if partial is None:
            raise TokenError(line, f"there is no TablePartial {name!r} above this line")
        draft.columns |= partial.columns
        draft.key = (*draft.key, *partial.key)
        draft.uniques += partial.uniques
        draft.checks += partial.checks
        draft.indexes += partial.indexes
        for relation in [one for one in self._relations if one.left.table == f"~{name}"]:
            key = draft.name if draft.namespace == "public" else f"{draft.namespace}.{draft.name}"
            self._relations.append(replace(relation, left=_End(key, relation.left.columns)))

    def _column(self, draft: _TableDraft, named: Token) -> None:
        kind = self._type()
        settings = self._settings(draft, named.text)
        name = named.text
        if "pk" in settings or "primary key" in settings:
            draft.key = (*draft.key, name)
        if "unique" in settings:
            draft.uniques.append((name,))
        if "check" in settings:
            draft.checks.append(Check(expression=settings["check"].text, line=named.line))
        if name in draft.columns:
            raise TokenError(named.line, f"the column {name!r} is described twice")
        counted = "increment" in settings
        draft.columns[name] = Column(
            name=name,
            type=_SERIAL.get(kind.lower(), kind),
            nullable="not null" not in settings and not counted,
            default=_default(settings.get("default")),
            identity="by_default" if counted or kind.lower() in _SERIAL else None,
            comment=settings["note"].text if "note" in settings else "",
            line=named.line,
        )

    def _type(self) -> str:
        tokens = self._tokens
        line = tokens.next.line
        kind = ".".join(self._path())
        while tokens.next.line == line and tokens.is_next(*_TYPE_WORDS):
            kind += f" {tokens.take().text}"
        if tokens.skip("("):
            sizes = []
            while not tokens.skip(")"):
                token = tokens.take()
                if token.kind == "end":
                    raise tokens.wrong("')'")
                sizes.append(token.text)
            kind += f"({''.join(sizes)})"
        return postgres_type(kind) + ("[]" if tokens.skip_pair("[", "]") else "")

    def _settings(self, draft: _TableDraft | None = None, column: str = "") -> Settings:
        tokens, found = self._tokens, Settings()
        if not tokens.skip("["):
            return found
        while not tokens.skip("]"):
            name = tokens.take()
            words = [name.text.lower()]
            while tokens.next.kind == "word" and not tokens.is_next(":", ",", "]"):
                words.append(tokens.take().text.lower())
            key, value = " ".join(words), name
            if name.kind == "end":
                raise tokens.wrong("']'")
            if tokens.skip(":"):
                if key == "ref" and draft is not None:
                    self._inline_reference(draft, column, name.line)
                else:
                    value = self._value()
            found[key] = value
            if not tokens.is_next("]"):
                tokens.expect(",")
        return found

    def _value(self) -> Token:
        """A value; the words of `set null` are one."""
        token = self._tokens.take()
        if token.kind == "end":
            raise self._tokens.wrong("a value")
        words = [token.text]
        while token.kind == "word" and self._tokens.next.kind == "word":
            words.append(self._tokens.take().text)
        return replace(token, text=" ".join(words))

    def _index(self, draft: _TableDraft) -> None:
        tokens = self._tokens
        line, group = tokens.next.line, tokens.skip("(")
        keys = [self._index_key()]
        while group and not tokens.skip(")"):
            tokens.expect(",")
            keys.append(self._index_key())
        settings = self._settings()
        names = tuple(keys)
        if "pk" in settings:
            draft.key = names
        elif "unique" in settings and "name" not in settings and set(names) <= set(draft.columns):
            draft.uniques.append(names)
        else:
            draft.indexes.append(
                Index(
                    name=settings["name"].text if "name" in settings else None,
                    keys=names,
                    unique="unique" in settings,
                    method=settings["type"].text.lower() if "type" in settings else "btree",
                    line=line,
                )
            )

    def _index_key(self) -> str:
        if self._tokens.next.kind == "expression":
            return self._tokens.take().text
        return self._tokens.name()

    def _check(self, draft: _TableDraft) -> None:
        token = self._tokens.take()
        if token.kind != "expression":
            raise TokenError(token.line, f"expected a condition in ` and found {token.text!r}")
        settings = self._settings()
        name = settings["name"].text if "name" in settings else None
        draft.checks.append(Check(expression=token.text, name=name, line=token.line))

    def _enum(self, line: int) -> None:
        name, values = self._path()[-1], []
        self._tokens.expect("{")
        while not self._tokens.skip("}"):
            values.append(self._tokens.name())
            self._settings()
        self._enums.append(EnumType(name=name, values=tuple(values), line=line))

    def _reference(self, line: int) -> None:
        tokens = self._tokens
        if tokens.next.kind in {"word", "quoted"}:
            tokens.take()
        block = tokens.skip("{")
        if not block:
            tokens.expect(":")
        while True:
            self._relations.append(self._relation(line))
            if not block or tokens.skip("}"):
                return

    def _relation(self, line: int) -> _Relation:
        left, sign, right = self._end(), self._sign(), self._end()
        return _Relation(left, sign, right, line, self._settings())

    def _inline_reference(self, draft: _TableDraft, column: str, line: int) -> None:
        key = draft.name if draft.namespace == "public" else f"{draft.namespace}.{draft.name}"
        left = _End(f"~{key}" if draft.name in self._partials else key, (column,))
        self._relations.append(_Relation(left, self._sign(), self._end(), line))

    def _sign(self) -> str:
        if not self._tokens.is_next(*_RELATIONS):
            raise self._tokens.wrong("one of >, <, -, <>")
        return self._tokens.take().text

    def _end(self) -> _End:
        table = self._path()
        if self._tokens.skip("("):
            columns = [self._tokens.name()]
            while not self._tokens.skip(")"):
                self._tokens.expect(",")
                columns.append(self._tokens.name())
        else:
            columns = [table.pop()]
        return _End(".".join(table).removeprefix("public."), tuple(columns))

    def _relate(self, relation: _Relation) -> None:
        if relation.left.table.startswith("~"):
            return
        if relation.sign == "<>":
            reason = "a many-to-many relation needs a table of its own. Describe the join table"
            raise TokenError(relation.line, reason)
        child, parent = relation.left, relation.right
        if relation.sign == "<":
            child, parent = parent, child
        draft = self._side(child, relation.line)
        self._side(parent, relation.line)
        actions = {
            key: _action(relation.settings[word])
            for key, word in (("on_delete", "delete"), ("on_update", "update"))
            if word in relation.settings
        }
        draft.foreign_keys.append(
            ForeignKey.model_validate(
                {
                    "columns": child.columns,
                    "table": self._aliases.get(parent.table, parent.table),
                    "references": parent.columns,
                    "line": relation.line,
                    **actions,
                }
            )
        )
        if relation.sign == "-" and child.columns not in {*draft.uniques, draft.key}:
            draft.uniques.append(child.columns)

    def _side(self, end: _End, line: int) -> _TableDraft:
        draft = self._tables.get(self._aliases.get(end.table, end.table))
        missing = [name for name in end.columns if draft and name not in draft.columns]
        if draft is None or missing or not end.columns:
            known = ".".join(filter(None, [end.table, ", ".join(missing or end.columns)]))
            raise TokenError(line, f"the relation names {known!r}, which is not described")
        return draft


_TYPE_WORDS = ("precision", "varying", "with", "without", "time", "zone")
_SERIAL = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}


def _default(value: Token | None) -> str | None:
    if value is None or value.text.lower() == "null":
        return None
    if value.kind in {"text", "quoted"}:
        return quote_text(value.text)
    return value.text


def _action(value: Token) -> str:
    words = " ".join(value.text.lower().split())
    if words not in _ACTIONS:
        raise TokenError(value.line, f"the action {words!r} is none of {', '.join(_ACTIONS)}")
    return words.replace(" ", "_")
