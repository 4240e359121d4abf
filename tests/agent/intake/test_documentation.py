"""docs/spec.md shows only what intake understands."""

import re
from pathlib import Path

import pytest

from agent.intake import read_spec
from agent.intake.access import read_access
from agent.intake.convention_grammar import read_convention
from agent.intake.document import Section, Table, parse_document
from agent.intake.endpoint_qualities import read_quality
from agent.intake.field_rules import apply_rule
from agent.intake.field_types import read_type
from agent.intake.rules import read_rule
from tests.agent.intake.test_rules import ENTITIES, KNOWN
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import EntityField, FieldType, Reference

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "spec.md").read_text(encoding="utf-8")
KINDS: tuple[FieldType, ...] = ("string", "integer", "decimal", "timestamptz", "uuid")


def section(heading: str) -> Section:
    return next(one for one in parse_document(TEXT).sections if one.heading == heading)


def cells(heading: str, column: str) -> list[tuple[str, str]]:
    """(first cell, cell of the column) of every row of the section's tables."""
    tables = [block for block in section(heading).blocks if isinstance(block, Table)]
    return [
        (row.cells[0], row.cells[table.header.index(column)])
        for table in tables
        if column in table.header
        for row in table.rows
    ]


def code(heading: str, column: str) -> list[str]:
    """Every `code` span of the column."""
    lines = TEXT.rpartition(f"\n## {heading}\n")[2].split("\n## ")[0].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {column} "))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(line.split("|")[1])
    return [span for row in rows for span in re.findall(r"`([^`]+)`", row)]


def test_the_small_example_is_understood_whole() -> None:
    example = re.search(r"```markdown\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    result = read_spec(example[1])
    assert (result.problems, result.questions) == ((), ())
    assert uncovered(result.blueprint) == []
    assert len(result.blueprint.endpoints) == 10


@pytest.mark.parametrize("text", [text for text in code("Entities", "type") if text != "?"])
def test_types(text: str) -> None:
    assert read_type(text, ("book",), ()) is not None


@pytest.mark.parametrize("rule", code("Entities", "rule"))
def test_field_rules(rule: str) -> None:
    reference = Reference(entity="book")
    fields = [EntityField(name="x", type=kind, references=reference) for kind in KINDS]
    key = rule == "primary key"  # a rule about the entity, see test_small_specs
    assert key or any(apply_rule(field, rule) for field in fields)


@pytest.mark.parametrize("cell", code("Endpoints", "access"))
def test_access(cell: str) -> None:
    access, unknown = read_access(cell, ("admin", "staff", "customer"))
    assert access is not None
    assert unknown == []


@pytest.mark.parametrize(("promise", "wordings"), cells("Endpoints", "wording"))
def test_promises_of_endpoints(promise: str, wordings: str) -> None:
    for wording in wordings.split(" · "):
        words = wording.removeprefix("POST /orders ")
        assert read_quality(words) is not None, promise


@pytest.mark.parametrize(("rule", "wording"), cells("Rules", "wording"))
def test_rules(rule: str, wording: str) -> None:
    assert read_rule(wording, ENTITIES, None, KNOWN) is not None, rule


@pytest.mark.parametrize(("topics", "values"), cells("Conventions", "values"))
def test_conventions(topics: str, values: str) -> None:
    for topic in topics.split(", "):
        for value in values.split(" · "):
            assert read_convention(f"{topic}: {value}") is not None


@pytest.mark.parametrize(
    "name", ["examples/bookshop/spec.md", "examples/helpdesk/spec.md", "examples/lending/spec.md"]
)
def test_linked_examples_exist(name: str) -> None:
    assert f"../{name}" in TEXT
    assert (ROOT / name).is_file()
