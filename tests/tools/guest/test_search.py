from pathlib import Path

import pytest

from tools.guest.search import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "app/main.py": "def create_app():\n    return 1\n",
        "tests/test_main.py": "from app.main import create_app\n",
        ".agent/generated.json": "create_app",
        "app/__pycache__/main.pyc": "create_app",
        "image.png": "\0create_app",
        "long.txt": "create_app " + "x" * 300,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(*arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_literal_search_shows_place_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert found(capsys, "create_app()", ".", "text", "match") == [
        "1 match",
        "app/main.py:1: def create_app():",
    ]


def test_search_in_a_folder_or_file(capsys: pytest.CaptureFixture[str]) -> None:
    expected = ["1 match", "tests/test_main.py:1: from app.main import create_app"]
    assert found(capsys, "create", "tests", "text", "match") == expected
    assert found(capsys, "create", "tests/test_main.py", "text", "match") == expected


@pytest.mark.parametrize(
    ("pattern", "kind", "case", "count"),
    [
        ("create_app", "text", "match", 3),
        ("CREATE_APP", "text", "match", 0),
        ("CREATE_APP", "text", "ignore", 3),
        (r"create_\w+\(", "regex", "match", 1),
        (r"create_\w+\(", "text", "match", 0),
    ],
)
def test_patterns(
    capsys: pytest.CaptureFixture[str], pattern: str, kind: str, case: str, count: int
) -> None:
    assert len(found(capsys, pattern, ".", kind, case)) == 1 + count


def test_long_lines_and_long_lists_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    Path("many.txt").write_text("needle\n" * 150)
    assert found(capsys, "xxx", ".", "text", "match")[1].endswith("x...")
    lines = found(capsys, "needle", ".", "text", "match")
    assert (lines[0], len(lines)) == ("150 matches, the first 100", 101)


def test_a_bad_pattern_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("(a+", ".", "regex", "match") == 2
    assert (
        capsys.readouterr().out
        == "bad pattern at character 0: missing ), unterminated subpattern\n"
    )
