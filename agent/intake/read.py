"""Reading a spec: Markdown in, a draft Blueprint and everything that is wrong or open out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from agent.intake.conventions import ConventionBook, read_conventions, set_values
from agent.intake.defaults import apply_rules, complete_fields, complete_order, complete_owners
from agent.intake.document import Document, parse_document
from agent.intake.draft import Draft
from agent.intake.endpoints import find_rows, infer_roles, read_endpoints
from agent.intake.entities import describe, entity_of, read_entities, read_enums
from agent.intake.framework import find_other_framework
from agent.intake.front_matter import FrontMatter, KeyPath, read_front_matter
from agent.intake.matrix import add_role_columns, read_matrix
from agent.intake.problem import Problem
from agent.intake.roles import read_roles
from agent.intake.rules import EntityChange, read_rule
from agent.intake.statements import Statement, collect_statements, summarize
from agent.intake.tables import merge_schema
from agent.intake.users import complete_endpoints, complete_users, decide_auth
from tools.blueprint.model import Blueprint, Requirement, Traced
from tools.blueprint.validate import validate_blueprint
from tools.blueprint.words import snake_case
from tools.schema.model import DatabaseSchema

MAX_SPEC_CHARS = 2_000_000
TracedT = TypeVar("TracedT", bound=Traced)


@dataclass(frozen=True)
class IntakeResult:
    """What was understood."""

    blueprint: Blueprint
    """A draft: a model completes it from the prose, or it stays as it is."""
    problems: tuple[Problem, ...] = ()
    """Errors, in line order; a run does not start while there are any."""
    questions: tuple[Problem, ...] = ()
    """What the spec leaves open and a model or its author has to decide."""


def read_spec(spec: str | bytes, schema: DatabaseSchema | None = None) -> IntakeResult:
    """Read a spec. Never raises for what is in it: everything wrong is in `problems`.

    Args:
        spec: Markdown text, or the bytes of a UTF-8 file.
        schema: tables that the Database Agent handed over; they win over the spec's.
    """
    text = _decode(spec)
    if isinstance(text, Problem):
        return IntakeResult(Blueprint(name="backend", title="Backend"), (text,))
    document = parse_document(text)
    front, lines, problems = read_front_matter(document.front_matter)
    draft = Draft(problems=problems)
    if other := find_other_framework(text):
        draft.problems.append(other)
    statements = _fill(draft, document, front, lines, schema)
    return _result(draft, document, front, statements)


def _decode(spec: str | bytes) -> str | Problem:
    if isinstance(spec, bytes):
        try:
            spec = spec.decode("utf-8-sig")
        except UnicodeDecodeError:
            return Problem(1, "the spec is not UTF-8 text", "Save it as a UTF-8 Markdown file.")
    if "\0" in spec:
        return Problem(1, "the spec is a binary file", "Give a Markdown file.")
    if not spec.strip():
        return Problem(1, "the spec is empty", "Describe the backend; docs/spec.md shows how.")
    if len(spec) > MAX_SPEC_CHARS:
        size = f"{len(spec):,} characters"
        return Problem(1, f"the spec has {size}", f"Keep it under {MAX_SPEC_CHARS:,}.")
    return spec


def _fill(
    draft: Draft,
    document: Document,
    front: FrontMatter,
    lines: dict[KeyPath, int],
    schema: DatabaseSchema | None,
) -> list[Statement]:
    """Every reading step, in the order in which they need each other; all statements."""
    statements = collect_statements(document)
    stated_auth = _read_settings(draft, front, lines, statements)
    default_role = read_roles(draft, front, statements)
    rows = find_rows(statements)
    infer_roles(draft, rows)
    read_enums(draft, statements)
    read_entities(draft, statements)
    if schema:
        merge_schema(draft, schema)
    if not front.no_auth:
        decide_auth(draft, stated_auth, rows, wanted=front.auth is not None)
    complete_users(draft, default_role)
    complete_fields(draft)
    statements = _read_rules(draft, statements)
    apply_rules(draft)
    read_endpoints(draft, rows)
    add_role_columns(draft, statements)
    read_matrix(draft, statements)
    complete_endpoints(draft)
    complete_order(draft)
    complete_owners(draft)
    return _with_pieces(draft, statements)


def _read_settings(
    draft: Draft, front: FrontMatter, lines: dict[KeyPath, int], statements: list[Statement]
) -> dict[str, object]:
    """Fill the conventions; returns the options of `Auth` that sentences state."""
    book = ConventionBook()
    for name, value in set_values(front.conventions).items():
        book.add({name: value}, lines.get(("conventions", *name.split(".")), 2), draft)
    for name, value in (set_values(front.auth) if front.auth else {}).items():
        book.add({f"auth.{name}": value}, lines.get(("auth", name), 2), draft)
    read_conventions(draft, statements, book)
    draft.conventions = book.conventions()
    return book.auth()


def _read_rules(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """Try every sentence, item and left-over piece of a cell; all statements, pieces included."""
    statements = _with_pieces(draft, statements)
    for statement in statements:
        if not statement.words or statement in draft.understood:
            continue
        context = entity_of(draft, statement.section)
        reading = read_rule(statement.words, draft.entities, context)
        if reading is None:
            describe(draft, statement)
            continue
        source = statement.parent or statement
        if isinstance(reading, EntityChange):
            entity = draft.entities[reading.entity]
            draft.entities[reading.entity] = reading.change(entity)
            draft.satisfy("entity", reading.entity, source)
        else:
            draft.satisfy("rule", str(len(draft.rules)), source)
            draft.rules.append(reading.model_copy(update={"line": statement.line}))
        if statement.parent:
            draft.note(statement)
    return statements


def _with_pieces(draft: Draft, statements: list[Statement]) -> list[Statement]:
    """The statements with each waiting piece after the statement whose cell it stands in."""
    waiting: dict[Statement | None, list[Statement]] = {}
    for piece in draft.pieces:
        waiting.setdefault(piece.parent, []).append(piece)
    draft.pieces = []
    return [one for statement in statements for one in (statement, *waiting.get(statement, ()))]


def _result(
    draft: Draft, document: Document, front: FrontMatter, statements: list[Statement]
) -> IntakeResult:
    numbered = [statement for statement in statements if statement not in draft.notes]
    ids = {statement: f"R{number}" for number, statement in enumerate(numbered, start=1)}
    heading = next((s.heading for s in document.sections if s.heading), "Backend")
    title = front.title or heading
    blueprint = Blueprint(
        name=front.name or _identifier(title),
        title=title,
        summary=front.summary or summarize(document),
        conventions=draft.conventions,
        enums=_traced(draft, "enum", draft.enums, ids),
        entities=_traced(draft, "entity", draft.entities, ids),
        roles=_traced(draft, "role", draft.roles, ids),
        auth=draft.auth,
        endpoints=_traced(draft, "endpoint", draft.endpoints, ids),
        rules=_traced(draft, "rule", {str(i): rule for i, rule in enumerate(draft.rules)}, ids),
        requirements=tuple(Requirement(id=ids[s], text=s.text, line=s.line) for s in numbered),
        assumptions=tuple(draft.assumptions),
    )
    for found in validate_blueprint(blueprint):
        report = draft.ask if found.gap else draft.error
        report(found.line or 1, f"{found.where}: {found.what}", found.fix)
    errors = sorted({p for p in draft.problems if p.severity == "error"})
    questions = sorted({p for p in draft.problems if p.severity == "question"})
    return IntakeResult(blueprint, tuple(errors), tuple(questions))


def _traced(
    draft: Draft, kind: str, parts: Mapping[str, TracedT], ids: dict[Statement, str]
) -> tuple[TracedT, ...]:
    """The parts with the ids of the statements that each one satisfies."""
    result = []
    for name, part in parts.items():
        sources = draft.sources.get((kind, name), [])
        known = dict.fromkeys(ids[source] for source in sources if source in ids)
        result.append(part.model_copy(update={"requirements": tuple(known)}))
    return tuple(result)


def _identifier(title: str) -> str:
    return snake_case(title) or "backend"
