"""PostgreSQL DDL, read with PostgreSQL's own grammar.

Statements are applied in order, so that `ALTER TABLE ... ADD CONSTRAINT` of a dump ends up in its
table. What does not describe tables (grants, owners, settings) is skipped; views, functions and
triggers are listed as left out; what would change the meaning of a table is an error.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

from pglast import ast, parse_sql
from pglast.enums import AlterTableType, ConstrType, ObjectType
from pglast.parser import ParseError

from tools.schema.columns import (
    ColumnParts,
    Node,
    constraint_check,
    constraint_foreign_key,
    names,
    read_column,
    read_index,
    sql,
    type_sql,
)
from tools.schema.errors import SchemaError
from tools.schema.model import (
    Check,
    Column,
    DatabaseSchema,
    Domain,
    EnumType,
    ForeignKey,
    Index,
    LeftOut,
    Table,
)

_NOT_RUN = (
    ast.VariableSetStmt, ast.GrantStmt, ast.TransactionStmt, ast.AlterOwnerStmt, ast.SelectStmt,
    ast.InsertStmt, ast.GrantRoleStmt, ast.AlterDefaultPrivilegesStmt, ast.CreateRoleStmt,
    ast.DropStmt,
)  # fmt: skip
"""What defines no object of the database's own: roles, rights, rows, settings."""
_SKIPPED = (
    ast.VariableSetStmt, ast.GrantStmt, ast.TransactionStmt, ast.CreateExtensionStmt,
    ast.CreateSchemaStmt, ast.CreateSeqStmt, ast.AlterSeqStmt, ast.AlterOwnerStmt, ast.SelectStmt,
    ast.DropStmt, ast.InsertStmt, ast.GrantRoleStmt, ast.AlterDefaultPrivilegesStmt,
    ast.CreateRoleStmt, ast.DoStmt,
)  # fmt: skip
_LEFT_OUT = {
    ast.ViewStmt: "view", ast.CreateFunctionStmt: "function", ast.CreateTrigStmt: "trigger",
    ast.CreateTableAsStmt: "materialized view", ast.RuleStmt: "rule",
    ast.CreatePolicyStmt: "policy", ast.CreateStatsStmt: "statistics",
    ast.CreateEventTrigStmt: "event trigger", ast.DefineStmt: "type, operator or aggregate",
    ast.CompositeTypeStmt: "composite type",
}  # fmt: skip


_BLANK = re.compile(r"(?:\s|--[^\n]*\n)*")
_PSQL_COMMAND = re.compile(r"^\\[a-z].*$", re.MULTILINE)
"""`\\connect`, `\\restrict`: dumps hold commands of psql, which are not SQL."""


class _UnsupportedError(Exception):
    """A statement that would change a table in a way the document cannot say."""


@dataclass
class _TableDraft:
    """A table while statements change it."""

    name: str
    namespace: str
    line: int
    columns: dict[str, Column] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)
    comment: str = ""

    def finish(self) -> Table:
        return Table(
            name=self.name,
            namespace=self.namespace,
            line=self.line,
            columns=tuple(self.columns.values()),
            primary_key=self.primary_key,
            uniques=tuple(dict.fromkeys(self.uniques)),
            foreign_keys=tuple(self.foreign_keys),
            checks=tuple(self.checks),
            indexes=tuple(self.indexes),
            partitions=tuple(self.partitions),
            comment=self.comment,
        )


def parse_ddl(text: str, name: str = "schema.sql") -> DatabaseSchema:
    """The tables that the statements describe.

    Args:
        text: PostgreSQL DDL.
        name: what to call it in messages and in `DatabaseSchema.source`.

    Raises:
        SchemaError: a syntax error, or every statement that cannot be represented.
    """
    if "\0" in text:
        raise SchemaError(name, [(1, "it is a binary file. Give SQL text")])
    text = _PSQL_COMMAND.sub(_blank, text)
    try:
        statements = parse_sql(text)
    except ParseError as error:
        index = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else 0
        line = text.count("\n", 0, index) + 1
        reason = f"{error.args[0]}. Correct the SQL; PostgreSQL's own grammar reads it"
        raise SchemaError(name, [(line, reason)]) from None
    reader = _Reader(text)
    for raw in statements:
        reader.read(raw)
    if reader.problems:
        raise SchemaError(name, reader.problems)
    return reader.finish(name)


def _is_owner_change(statement: Node) -> bool:
    commands = statement.cmds or () if isinstance(statement, ast.AlterTableStmt) else ()
    return bool(commands) and all(
        command.subtype == AlterTableType.AT_ChangeOwner for command in commands
    )


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


class _Reader:
    """Applies statements, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_ends = [match.start() for match in re.finditer("\n", text)]
        self._tables: dict[tuple[str, str], _TableDraft] = {}
        self._enums: list[EnumType] = []
        self._domains: list[Domain] = []
        self._left_out: list[LeftOut] = []
        self._statements: list[str] = []
        self._line = 1
        self.problems: list[tuple[int, str]] = []
        self._readers: dict[type, Callable[[Node], None]] = {
            ast.CreateStmt: self._create_table,
            ast.AlterTableStmt: self._alter_table,
            ast.IndexStmt: self._create_index,
            ast.CreateEnumStmt: self._create_enum,
            ast.CreateDomainStmt: self._create_domain,
            ast.CommentStmt: self._comment,
        }

    def read(self, raw: Node) -> None:
        """Apply one statement, or record why it cannot be."""
        statement = raw.stmt
        self._line = self._first_line(raw)
        if not isinstance(statement, _NOT_RUN) and not _is_owner_change(statement):
            self._statements.append(self._source(raw))
        reader = self._readers.get(type(statement))
        try:
            if reader is not None:
                reader(statement)
            elif type(statement) in _LEFT_OUT:
                what = _LEFT_OUT[type(statement)]
                self._left_out.append(LeftOut(what=what, line=self._line))
            elif not isinstance(statement, _SKIPPED):
                raise _UnsupportedError(f"{type(statement).__name__} is not supported")
        except _UnsupportedError as error:
            remedy = "Remove the statement, or write the table as it is in the end"
            self.problems.append((self._line, f"{error}. {remedy}"))

    def finish(self, name: str) -> DatabaseSchema:
        """The schema as the statements left it."""
        return DatabaseSchema(
            source=name,
            tables=tuple(draft.finish() for draft in self._tables.values()),
            enums=tuple(self._enums),
            domains=tuple(self._domains),
            left_out=tuple(self._left_out),
            statements=tuple(self._statements),
        )

    def _source(self, raw: Node) -> str:
        """The statement as it was written."""
        start = raw.stmt_location or 0
        end = start + raw.stmt_len if raw.stmt_len else len(self._text)
        return self._text[start:end].strip()

    def _first_line(self, raw: Node) -> int:
        """Line of the statement's first word; comments before it belong to it in the tree."""
        start = raw.stmt_location or 0
        relation = getattr(raw.stmt, "relation", None)
        location = getattr(relation, "location", None)
        return self._line_at(location if location and location > 0 else start)

    def _line_at(self, location: int) -> int:
        blank = _BLANK.match(self._text, location)
        return bisect_left(self._line_ends, blank.end() if blank else location) + 1

    def _create_table(self, statement: Node) -> None:
        relation = statement.relation
        draft = _TableDraft(relation.relname, relation.schemaname or "public", self._line)
        if statement.partbound:
            self._table(statement.inhRelations[0]).partitions.append(draft.name)
            return
        if statement.inhRelations:
            raise _UnsupportedError("table inheritance is not supported")
        if statement.partspec:
            what = f"division of {draft.name} into partitions"
            self._left_out.append(LeftOut(what=what, line=self._line))
        key = (draft.namespace, draft.name)
        if key in self._tables:
            if statement.if_not_exists:
                return
            raise _UnsupportedError(f"the table {draft.name} is created twice")
        self._tables[key] = draft
        for element in statement.tableElts or ():
            if isinstance(element, ast.ColumnDef):
                self._add_column(draft, element)
            elif isinstance(element, ast.Constraint):
                self._add_constraint(draft, element)
            else:
                raise _UnsupportedError("LIKE in CREATE TABLE is not supported")

    def _add_column(self, draft: _TableDraft, element: Node) -> None:
        line = self._line_at(element.location) if element.location else self._line
        parts: ColumnParts = read_column(element, line)
        draft.columns[parts.column.name] = parts.column
        for constraint in parts.constraints:
            self._add_constraint(draft, constraint, column=parts.column.name)

    def _add_constraint(
        self, draft: _TableDraft, constraint: Node, column: str | None = None
    ) -> None:
        line = self._line_at(constraint.location) if constraint.location else self._line
        columns = names(constraint.keys) or ((column,) if column else ())
        for detail in ("deferrable", "nulls_not_distinct", "is_no_inherit"):
            if getattr(constraint, detail):
                what = f"{detail.replace('_', ' ')} of a constraint of {draft.name}"
                self._left_out.append(LeftOut(what=what, line=line))
        match constraint.contype:
            case ConstrType.CONSTR_PRIMARY:
                draft.primary_key = columns
                self._require(draft, columns)
            case ConstrType.CONSTR_UNIQUE:
                draft.uniques.append(columns)
            case ConstrType.CONSTR_CHECK:
                draft.checks.append(constraint_check(constraint, line))
            case ConstrType.CONSTR_FOREIGN:
                draft.foreign_keys.append(constraint_foreign_key(constraint, column, line))
            case ConstrType.CONSTR_ATTR_DEFERRABLE:
                what = f"deferrable of a constraint of {draft.name}"
                self._left_out.append(LeftOut(what=what, line=line))
            case ConstrType.CONSTR_EXCLUSION:
                what = f"exclusion constraint of {draft.name}"
                self._left_out.append(LeftOut(what=what, line=line))

    def _require(self, draft: _TableDraft, columns: tuple[str, ...]) -> None:
        """Columns of a primary key are NOT NULL."""
        for name in columns:
            if name in draft.columns:
                self._change(draft, name, nullable=False)

    def _alter_table(self, statement: Node) -> None:
        if statement.objtype != ObjectType.OBJECT_TABLE:
            return
        draft = self._table(statement.relation)
        for command in statement.cmds or ():
            match command.subtype:
                case AlterTableType.AT_AddConstraint:
                    self._add_constraint(draft, command.def_)
                case AlterTableType.AT_AddColumn:
                    self._add_column(draft, command.def_)
                case AlterTableType.AT_ColumnDefault:
                    default = sql(command.def_) if command.def_ else None
                    self._change(draft, command.name, default=default)
                case AlterTableType.AT_SetNotNull:
                    self._change(draft, command.name, nullable=False)
                case AlterTableType.AT_AddIdentity:
                    kind = "always" if command.def_.generated_when == "a" else "by_default"
                    self._change(draft, command.name, identity=kind)
                case (
                    AlterTableType.AT_ChangeOwner
                    | AlterTableType.AT_EnableRowSecurity
                    | AlterTableType.AT_ClusterOn
                    | AlterTableType.AT_ReplicaIdentity
                ):
                    pass
                case other:
                    raise _UnsupportedError(f"ALTER TABLE with {other.name} is not supported")

    def _change(self, draft: _TableDraft, name: str, **update: object) -> None:
        if name not in draft.columns:
            raise _UnsupportedError(f"the table {draft.name} has no column {name!r}")
        draft.columns[name] = draft.columns[name].model_copy(update=update)

    def _create_index(self, statement: Node) -> None:
        draft = self._table(statement.relation)
        draft.indexes.append(read_index(statement, self._line))

    def _create_enum(self, statement: Node) -> None:
        values = tuple(value.sval for value in statement.vals or ())
        name = names(statement.typeName)[-1]
        self._enums.append(EnumType(name=name, values=values, line=self._line))

    def _create_domain(self, statement: Node) -> None:
        constraints = statement.constraints or ()
        kinds = {constraint.contype: constraint for constraint in constraints}
        default = kinds.get(ConstrType.CONSTR_DEFAULT)
        self._domains.append(
            Domain(
                name=names(statement.domainname)[-1],
                type=type_sql(statement.typeName),
                nullable=ConstrType.CONSTR_NOTNULL not in kinds,
                default=sql(default.raw_expr) if default else None,
                checks=tuple(
                    constraint_check(one, self._line)
                    for one in constraints
                    if one.contype == ConstrType.CONSTR_CHECK
                ),
                line=self._line,
            )
        )

    def _comment(self, statement: Node) -> None:
        if statement.objtype not in {ObjectType.OBJECT_TABLE, ObjectType.OBJECT_COLUMN}:
            return
        on_column = statement.objtype == ObjectType.OBJECT_COLUMN
        path = names(statement.object)
        if len(path) < 1 + on_column:
            raise _UnsupportedError("COMMENT ON COLUMN needs a table and a column")
        *namespace, table = path[:-1] if on_column else path
        draft = self._tables.get((namespace[-1] if namespace else "public", table))
        if draft is not None and on_column:
            self._change(draft, path[-1], comment=statement.comment or "")
        elif draft is not None:
            draft.comment = statement.comment or ""

    def _table(self, relation: Node) -> _TableDraft:
        draft = self._tables.get((relation.schemaname or "public", relation.relname))
        if draft is None:
            raise _UnsupportedError(f"there is no table {relation.relname} above this statement")
        return draft
