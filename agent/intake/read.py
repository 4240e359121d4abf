"""Reading a spec: Markdown in, a draft Blueprint and everything that is wrong or open out."""

from dataclasses import dataclass

from agent.intake.assemble import build_blueprint
from agent.intake.claims import is_demand
from agent.intake.conventions import ConventionBook, read_conventions, set_values
from agent.intake.defaults import apply_rules, complete_fields, complete_order, complete_owners
from agent.intake.dictated_form import apply_form, find_form
from agent.intake.document import Document, parse_document
from agent.intake.draft import Draft
from agent.intake.endpoint_qualities import read_qualities
from agent.intake.endpoints import find_rows, infer_roles, read_endpoints
from agent.intake.entities import read_entities, read_enums
from agent.intake.framework import find_other_framework
from agent.intake.front_matter import FrontMatter, KeyPath, read_front_matter
from agent.intake.gherkin import read_features
from agent.intake.list_order import read_list_orders
from agent.intake.matrix import add_role_columns, read_matrix
from agent.intake.openapi import read_openapi_blocks, read_queries
from agent.intake.openapi_entities import ask_what_fills, read_openapi_entities
from agent.intake.openapi_words import read_words
from agent.intake.problem import Problem
from agent.intake.roles import read_roles
from agent.intake.rule_statements import read_rules, with_pieces
from agent.intake.state_charts import read_state_charts
from agent.intake.statements import Statement, collect_statements
from agent.intake.stories import group_stories
from agent.intake.table_blocks import read_table_blocks
from agent.intake.tables import merge_schema
from agent.intake.token_reuse import read_token_reuse
from agent.intake.topics import lead_paragraphs
from agent.intake.users import complete_endpoints, complete_users, decide_auth
from tools.blueprint.model import Blueprint
from tools.blueprint.validate import validate_blueprint
from tools.schema.model import DatabaseSchema

MAX_SPEC_CHARS = 2_000_000


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
    blueprint = build_blueprint(draft, document, front, statements)
    if form := find_form(text):
        blueprint = apply_form(blueprint, form)
    _report(draft, document, blueprint)
    errors = sorted({p for p in draft.problems if p.severity == "error"})
    questions = sorted({p for p in draft.problems if p.severity == "question"})
    return IntakeResult(blueprint, tuple(errors), tuple(questions))


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
    blocks = read_openapi_blocks(draft, group_stories(collect_statements(document)))
    statements = blocks.statements
    stated_auth = _read_settings(draft, front, lines, statements)
    default_role = read_roles(draft, front, statements)
    rows = [*find_rows(statements), *blocks.rows]
    infer_roles(draft, rows)
    read_enums(draft, statements)
    read_entities(draft, statements)
    statements = read_table_blocks(draft, statements)
    statements = read_openapi_entities(draft, blocks.apis, statements)
    if schema:
        merge_schema(draft, schema)
    if not front.no_auth:
        decide_auth(draft, stated_auth, rows, wanted=front.auth is not None)
    complete_users(draft, default_role)
    complete_fields(draft)
    statements = read_rules(draft, statements)
    read_state_charts(draft, statements)
    apply_rules(draft)
    read_endpoints(draft, rows)
    read_qualities(draft, statements)
    read_words(draft, blocks.apis, statements)
    read_queries(draft, blocks.apis)
    add_role_columns(draft, statements)
    read_matrix(draft, statements)
    complete_endpoints(draft)
    read_token_reuse(draft, statements)
    complete_order(draft)
    read_list_orders(draft, statements)
    complete_owners(draft)
    ask_what_fills(draft, blocks.apis)
    statements = read_features(draft, statements)
    return with_pieces(draft, statements)


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


def _report(draft: Draft, document: Document, blueprint: Blueprint) -> None:
    """Add what the whole shows: contradictions, gaps, and demands that stand in the summary."""
    for found in validate_blueprint(blueprint):
        report = draft.ask if found.gap else draft.error
        report(found.line or 1, f"{found.where}: {found.what}", found.fix)
    for paragraph in lead_paragraphs(document):
        for sentence in paragraph.sentences():
            if is_demand(sentence.text):
                draft.ask(
                    sentence.line,
                    f"text under the title is a summary, but this demands something: "
                    f"{sentence.text[:80]!r}",
                    "Put it under a heading of its own to make it a requirement.",
                )
