"""Rows of an entity table: each becomes a field, and what it says beyond that a piece."""

import re
from dataclasses import dataclass

from agent.intake.claims import is_claim
from agent.intake.columns import cell
from agent.intake.document import Row
from agent.intake.draft import Draft
from agent.intake.field_rules import apply_rule, read_role_names, split_rules
from agent.intake.field_types import TypeReading, read_reference, read_type
from agent.intake.statements import Statement
from tools.blueprint.model import EntityField, Reference
from tools.blueprint.words import snake_case

TYPES_HELP = (
    "Use string(100), text, integer, bigint, decimal(10,2), float, boolean, date, time, "
    "timestamp, interval, uuid, json, bytes, enum(a, b), text[] or -> entity."
)
_YES = frozenset({"yes", "y", "x", "✓", "✔", "true", "null", "nullable", "optional"})
_NO = frozenset({"no", "n", "✗", "false", "optional", "null", "nullable", "-"})
_KEY = re.compile(r"primary key|pk", re.IGNORECASE)
_RULE = re.compile(
    r"(?:copied|sum|the sum|a copy|the owner|default|primary key|pk)\b|.*->", re.IGNORECASE
)
_EVERYBODY = re.compile(r"all|any|anyone|everyone|everybody|any user|public|any role", re.I)
_DEFAULT = re.compile(r"default(?:s to\b)?\s*:?\s*(.+)", re.IGNORECASE)


@dataclass(frozen=True)
class FieldReader:
    """Reads the rows of one entity's table."""

    draft: Draft
    entity: str
    statement: Statement
    columns: dict[str, int]

    def read(self, row: Row) -> None:
        """Add the row's field to the entity, or report what is wrong with it."""
        name = snake_case(self._cell(row, "name"))
        text = self._cell(row, "type")
        if not (self._cell(row, "name") or text):
            return
        if not name:
            reason = f"{self._cell(row, 'name')!r} is no field name"
            self.draft.error(row.line, reason, "Use the letters a to z, digits and `_`.")
        elif any(one.name == name for one in self.draft.entities[self.entity].fields):
            reason = f"`{self.entity}.{name}` is listed twice"
            self.draft.error(row.line, reason, "Remove one of the two rows.")
        elif (reading := read_type(text, self.draft.entities, self.draft.enums)) is None:
            reason = f"the type {text!r} of `{self.entity}.{name}` is unknown"
            self.draft.error(row.line, reason, TYPES_HELP)
        else:
            self._add(row, self._typed(name, row.line, reading))

    def _cell(self, row: Row, meaning: str) -> str:
        return cell(row, self.columns, meaning)

    def _typed(self, name: str, line: int, reading: TypeReading) -> EntityField:
        update: dict[str, object] = {"name": name, "line": line}
        if reading.values:
            update["enum"] = self.draft.name_enum(self.entity, name, reading.values, line)
        if reading.target:
            target, key = reading.target
            update["references"] = Reference(entity=target, field=key or "id")
            if not reading.typed:
                self.draft.untyped.add((self.entity, name))
        return reading.field.model_copy(update=update)

    def _add(self, row: Row, field: EntityField) -> None:
        field = self._with_default(self._with_null(field, row), row)
        rules = split_rules(self._cell(row, "rules"))
        notes = split_rules(self._cell(row, "description"))
        field, left = _apply(*_refer(field, rules))
        field, told = _apply(*_refer(field, notes))
        prose = [piece for piece in told if not (is_claim(piece) or _RULE.match(piece))]
        description = {"description": ", ".join(prose), **self._by_role(row)}
        self.draft.put_field(self.entity, field.model_copy(update=description))
        for piece in [*left, *(piece for piece in told if piece not in prose)]:
            self._add_piece(row, field, piece)

    def _by_role(self, row: Row) -> dict[str, tuple[str, ...]]:
        """Who reads and who sets the field, from columns of their own."""
        told = {name: self._cell(row, name).strip("-*– ") for name in ("readers", "writers")}  # noqa: RUF001 - specs use the dash
        return {
            name: read_role_names(text)
            for name, text in told.items()
            if text and not _EVERYBODY.fullmatch(text)
        }

    def _add_piece(self, row: Row, field: EntityField, piece: str) -> None:
        """What is no rule about this column alone: a key, a wrong default, or for `rules`."""
        if _KEY.fullmatch(piece):
            self._add_to_key(field.name)
        elif match := _DEFAULT.fullmatch(piece):
            self._refuse_default(field, match[1], row)
        else:
            text = f"{self.entity}.{field.name} is {piece}"
            section = self.statement.section
            self.draft.pieces.append(
                Statement(row.line, text, section, text, parent=self.statement)
            )

    def _with_null(self, field: EntityField, row: Row) -> EntityField:
        required = self._cell(row, "required").lower()
        nullable = self._cell(row, "nullable").lower()
        if required in _NO or nullable in _YES:
            return field.model_copy(update={"nullable": True})
        return field

    def _with_default(self, field: EntityField, row: Row) -> EntityField:
        text = self._cell(row, "default").strip("-– ")  # noqa: RUF001 - specs use the dash
        changed = apply_rule(field, f"default {text}") if text else field
        if changed is None:
            self._refuse_default(field, text, row)
        return changed or field

    def _refuse_default(self, field: EntityField, text: str, row: Row) -> None:
        name = f"`{self.entity}.{field.name}`"
        reason = f"the default {text!r} of {name} does not fit its type {field.type}"
        self.draft.error(row.line, reason, "Correct the default or the type.")

    def _add_to_key(self, name: str) -> None:
        """Columns marked as primary key make it, in their order; `id` alone is the default."""
        entity = self.draft.entities[self.entity]
        others = tuple(one for one in entity.primary_key if entity.primary_key != ("id",))
        if name != "id" or others:
            key = (*others, name)
            self.draft.entities[self.entity] = entity.model_copy(update={"primary_key": key})


def _refer(field: EntityField, rules: list[str]) -> tuple[EntityField, list[str]]:
    """The field with the reference that one of the rules makes, and the other rules."""
    for rule in rules:
        target = read_reference(rule)
        if target is not None and field.references is None:
            reference = Reference(entity=target[0], field=target[1] or "id")
            rest = [one for one in rules if one is not rule]
            return field.model_copy(update={"references": reference}), rest
    return field, rules


def _apply(field: EntityField, rules: list[str]) -> tuple[EntityField, list[str]]:
    """The field with every known rule applied, and the rules that are not in the grammar."""
    left: list[str] = []
    for rule in rules:
        changed = apply_rule(field, rule)
        field = changed or field
        if changed is None:
            left.append(rule)
    return field, left
