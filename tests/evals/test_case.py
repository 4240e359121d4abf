"""Cases are read strictly where they are ours, and made of specs with hidden tests."""

from collections import Counter
from pathlib import Path

import pytest

from evals.case import load_case, load_suite
from evals.command import SUITES
from evals.errors import CaseError
from evals.given import given_files
from evals.importing import import_cases
from evals.solution import faulty_files, solution_files
from tests.evals.kit import IDS, RIGHT, SPEC, TESTS, make_case

RECORDINGS = Path(__file__).parents[1] / "agent" / "recordings"


def test_a_written_case_is_read_again(tmp_path: Path) -> None:
    case = make_case(tmp_path / "notes")
    assert (case.name, case.kind, case.spec) == ("notes", "tiny", SPEC)
    assert case.config.task.name == f"{tmp_path.name}/notes"
    assert case.config.task.description == "Notes"
    assert dict(case.tests) == TESTS
    assert case.inventory == frozenset(IDS)
    assert case.blueprint.conventions.commands.port == 8000
    assert solution_files(case) == RIGHT
    assert faulty_files(case, "wrong") == {"app.py": b"all tests fail: test_refused\n"}


def test_metadata_says_how_the_backend_is_driven(tmp_path: Path) -> None:
    make_case(tmp_path / "notes")
    config = tmp_path / "notes" / "task.toml"
    more = 'kind = "tiny"\nstart = "python app.py"\nmigrate = ""\nport = 9000\nhealth_path = "/up"'
    config.write_text(config.read_text().replace('kind = "tiny"', more))
    conventions = load_case(tmp_path / "notes").blueprint.conventions
    commands = conventions.commands
    assert (commands.start, commands.migrate, commands.port) == ("python app.py", "", 9000)
    assert conventions.health_path == "/up"


@pytest.mark.parametrize(
    "path", ["task.toml", "instruction.md", "tests/test_notes.py", "solution/app.py", "new.txt"]
)
def test_every_file_counts_for_the_digest(tmp_path: Path, path: str) -> None:
    before = make_case(tmp_path / "notes").digest
    assert load_case(tmp_path / "notes").digest == before
    with (tmp_path / "notes" / path).open("a") as file:
        file.write("\n# changed\n")
    assert load_case(tmp_path / "notes").digest != before


WRONG = {
    "no spec": ("instruction.md", None, "instruction.md cannot be read"),
    "not TOML": ("task.toml", b"[task", "task.toml is not TOML"),
    "another schema": (
        "task.toml",
        b'schema_version = "9"\n',
        "schema_version: Input should be '1.4'",
    ),
    "no name": ("task.toml", b'schema_version = "1.4"\n', "task: Field required"),
    "a broken test": ("tests/test_notes.py", b"def", "test_notes.py is not Python"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_case_is_said(tmp_path: Path, name: str) -> None:
    path, content, words = WRONG[name]
    make_case(tmp_path / "notes")
    target = tmp_path / "notes" / path
    target.unlink() if content is None else target.write_bytes(content)
    with pytest.raises(CaseError, match=words):
        load_case(tmp_path / "notes")


def test_a_case_without_tests(tmp_path: Path) -> None:
    make_case(tmp_path / "notes")
    for path in (tmp_path / "notes" / "tests").iterdir():
        path.unlink()
    with pytest.raises(CaseError, match="holds no test"):
        load_case(tmp_path / "notes")


@pytest.mark.parametrize(
    ("content", "words"),
    [("other\n", "0 times"), ("pass pass\n", "2 times")],
    ids=["gone", "twice"],
)
def test_a_fault_that_no_longer_fits(tmp_path: Path, content: str, words: str) -> None:
    make_case(tmp_path / "notes")
    (tmp_path / "notes" / "solution" / "app.py").write_text(content)
    with pytest.raises(CaseError, match=words):
        faulty_files(load_case(tmp_path / "notes"), "wrong")


def test_a_fault_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no fault 'x'; there are: wrong"):
        faulty_files(make_case(tmp_path / "notes"), "x")


def test_a_case_without_a_solution(tmp_path: Path) -> None:
    make_case(tmp_path / "notes")
    (tmp_path / "notes" / "solution" / "app.py").unlink()
    with pytest.raises(CaseError, match="solution is empty"):
        solution_files(load_case(tmp_path / "notes"))


@pytest.mark.parametrize(
    ("suite", "names"),
    [
        ("smoke", "bookshop helpdesk todo"),
        ("components", "canteen claims courses fleet forum lockers seeds trails"),
    ],
)
def test_the_structured_suites_are_complete(suite: str, names: str) -> None:
    cases = load_suite(SUITES / suite)
    assert [case.name for case in cases] == names.split()
    for case in cases:
        faults = case.config.metadata.faults
        assert len(faults) >= 2
        assert all(faulty_files(case, fault.name) != solution_files(case) for fault in faults)
        assert {test.partition("::")[0] for test in case.inventory} >= {"test_security.py"}


def test_the_core_suite_is_complete() -> None:
    cases = load_suite(SUITES / "core")
    kinds = Counter(case.kind for case in cases)
    asked = "prose stories openapi constrained schema extension bugfix repair"
    assert kinds == dict.fromkeys(asked.split(), 3)
    for case in cases:
        faults = case.config.metadata.faults
        assert len(faults) >= 2
        assert all(faulty_files(case, fault.name) != solution_files(case) for fault in faults)
        assert {test.partition("::")[0] for test in case.inventory} >= {"test_security.py"}
        begins_with_files = case.kind in {"extension", "bugfix", "repair"}
        assert bool(given_files(case)) == begins_with_files


def test_a_folder_of_specs_becomes_a_suite(tmp_path: Path) -> None:
    cases = import_cases(RECORDINGS, tmp_path / "suite", kind="prose")
    case = next(case for case in cases if case.name == "toolshed")
    spec = (RECORDINGS / "toolshed" / "spec.md").read_text(encoding="utf-8")
    assert (case.name, case.kind, case.spec) == ("toolshed", "prose", spec)
    assert len(case.inventory) >= 30
    assert load_suite(tmp_path / "suite") == cases
    with pytest.raises(CaseError, match=r"already has .*toolshed"):
        import_cases(RECORDINGS, tmp_path / "suite")


def test_a_folder_with_nothing_to_import(tmp_path: Path) -> None:
    (tmp_path / "specs" / "one").mkdir(parents=True)
    with pytest.raises(CaseError, match="holds no folder with a spec"):
        import_cases(tmp_path / "specs", tmp_path / "suite")


@pytest.mark.parametrize(("name", "words"), [("gone", "no suite"), (".", "holds no case")])
def test_a_suite_that_is_none(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(CaseError, match=words):
        load_suite(tmp_path / name)
