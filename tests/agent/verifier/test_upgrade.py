"""Upgrades with rows in the old tables: the generated one passes, a careless one does not."""

from collections.abc import Mapping

import pytest

from agent.verifier.app_run import run_app
from agent.verifier.candidate import Candidate
from agent.verifier.predecessor import Predecessor, predecessor_of
from agent.verifier.verdict import CheckResult
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tests.tools.components.changes import CHANGES, NAMED, PLAIN
from tests.tools.components.test_migrations import evolve
from tools.blueprint.store import dump_blueprint
from tools.checks.upgrade.compare import losses
from tools.checks.upgrade.fill import Snapshot, TableContent
from tools.components import emit_backend
from tools.components.revisions import FOLDER

FIRST = f"{FOLDER}/0001_create_tables.py"
SECOND = f"{FOLDER}/0002_change_notes.py"
OLD_FILES = {
    **{path: text.encode() for path, text in emit_backend(PLAIN).items()},
    "blueprint.json": dump_blueprint(PLAIN),
}
WIPE = '    op.execute("DELETE FROM notes")\n'
BLANK = """    op.execute("UPDATE notes SET text = ''")\n"""
ADDED = '    op.alter_column("notes", "extra", server_default=None)\n'
FAULTS = {
    "rows that exist get no value": (
        SECOND,
        """server_default=sa.text("''"), """,
        "",
        "the upgrade fails where the old tables have rows",
    ),
    "rows are thrown away": (
        SECOND,
        ADDED,
        ADDED + WIPE,
        "rows did not come along",
    ),
    "values are thrown away": (
        SECOND,
        ADDED,
        ADDED + BLANK,
        "rows did not come along",
    ),
    "the first revision is written anew": (
        FIRST,
        'sa.Column("text", sa.String(200), nullable=False),\n',
        'sa.Column("text", sa.String(200), nullable=False),\n\n',
        "databases have these revisions already, so they must stay as they are",
    ),
}


def upgrade(files: dict[str, str], provider: SandboxProvider) -> CheckResult:
    coded = {path: text.encode() for path, text in files.items()}
    deadline = Deadline.after(120)
    before = predecessor_of(OLD_FILES)
    run = run_app(Candidate(coded, NAMED, provider, "test-upgrade", deadline, before))
    assert next(check for check in run.checks if check.name == "migrations").ok
    return next(check for check in run.checks if check.name == "upgrade")


@pytest.mark.docker
def test_the_generated_upgrade_keeps_the_rows(docker_provider: SandboxProvider) -> None:
    check = upgrade(evolve(*CHANGES["required text"]), docker_provider)
    assert (check.status, check.findings) == ("passed", ())


@pytest.mark.docker
@pytest.mark.parametrize("name", FAULTS)
def test_a_careless_upgrade_fails(docker_provider: SandboxProvider, name: str) -> None:
    path, right, wrong, detail = FAULTS[name]
    files = evolve(*CHANGES["required text"])
    assert right in files[path]
    files[path] = files[path].replace(right, wrong)
    check = upgrade(files, docker_provider)
    assert (check.status, check.detail) == ("failed", detail), check.findings


def test_a_predecessor_has_a_blueprint_and_revisions() -> None:
    found = predecessor_of(OLD_FILES)
    assert found == Predecessor(PLAIN, {FIRST: OLD_FILES[FIRST]})
    assert found.heads == ("0001",)


@pytest.mark.parametrize("without", ["blueprint.json", FIRST])
def test_else_there_is_none(without: str) -> None:
    assert predecessor_of({p: t for p, t in OLD_FILES.items() if p != without}) is None
    assert predecessor_of({**OLD_FILES, "blueprint.json": b"{}"}) is None


def content(types: dict[str, str], rows: Mapping[str, Mapping[str, str | None]]) -> Snapshot:
    return {"notes": TableContent.model_validate({"types": types, "rows": rows})}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": None}, {"a": "filled"}, []),
        ({"a": "1"}, {"a": "2"}, ["notes.a of row (1) was '1', is '2'"]),
        ({"a": "1"}, {"a": None}, ["notes.a of row (1) was '1', is None"]),
    ],
)
def test_values_are_compared(
    before: dict[str, str | None], after: dict[str, str | None], lines: list[str]
) -> None:
    types = {"a": "varchar"}
    old, new = content(types, {"(1)": before}), content({"a": "text"}, {"(1)": after})
    assert losses(old, new) == lines


def test_a_lost_row_is_told_and_a_dropped_table_is_not() -> None:
    old = content({"a": "int4"}, {"(1)": {"a": "1"}})
    assert losses(old, content({"a": "int4"}, {})) == ["notes: the row (1) is gone"]
    assert losses(old, {}) == []


def test_another_type_writes_values_in_another_way() -> None:
    old = content({"a": "date", "n": "numeric"}, {"(1)": {"a": "2026-01-01", "n": "1.00"}})
    new = content({"a": "timestamptz", "n": "numeric"}, {"(1)": {"a": "2026", "n": "1.000"}})
    assert losses(old, new) == []
