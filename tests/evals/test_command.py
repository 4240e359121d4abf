"""The command line of evals: what it refuses, and the actions that run nothing."""

import json
from pathlib import Path

import pytest

from agent.cli import main
from evals.runner import run_eval
from tests.evals.kit import NOP, ORACLE, Here, Machines, make_case, make_eval

REFUSED = {
    "no suite": (["gone"], "there is no suite gone"),
    "two suites": (["smoke", "core"], "name a suite, and nothing else: smoke core"),
    "a key": (["smoke", "-c", "api_key=x"], "give the key in OPENAI_API_KEY"),
    "an unknown model": (["smoke", "--model", "nope"], "unknown model 'nope'"),
    "a price nobody knows": (
        ["smoke", "--model", "openai:x", "--base-url", "http://127.0.0.1:1", "--max-cost-usd", "1"],
        "the price of 'openai:x' is unknown",
    ),
    "a wrong limit": (["smoke", "--model", "builtin", "--suite-max-minutes", "0"], "max-minutes"),
    "nothing to resume": (["resume", "gone"], "gone/plan.json cannot be read"),
    "one to compare": (["compare", "a"], "needs the folders of two"),
    "nowhere to import to": (["import", "a"], "needs two folders"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words, said = REFUSED[name]
    assert main(["eval", *words]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_numbers_once_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_eval(tmp_path / "out", [make_case(tmp_path / "notes")], [ORACLE, NOP])
    provider = Machines()
    run_eval(folder, Here(provider, tmp_path), provider, watch=lambda progress, result: None)
    assert main(["eval", "show", str(folder.path)]) == 0
    assert "oracle" in capsys.readouterr().out
    rows = json.loads((folder.path / "numbers.json").read_text())
    assert [(row["agent"], row["passed"]["value"]) for row in rows] == [("oracle", 1), ("nop", 0)]
    assert "<title>Evaluation of tiny</title>" in (folder.path / "report.html").read_text()


def test_two_evaluations_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = [make_case(tmp_path / name) for name in ("a", "b")]
    for agent in (NOP, ORACLE):
        folder = make_eval(tmp_path / agent.kind, cases, [agent])
        provider = Machines()
        run_eval(folder, Here(provider, tmp_path), provider, watch=lambda progress, result: None)
    assert main(["eval", "compare", str(tmp_path / "nop"), str(tmp_path / "oracle")]) == 0
    said = capsys.readouterr().out
    assert "0%" in said
    assert "difference +100 points, p = 0.500: no more than noise" in said


def test_specs_are_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_case(tmp_path / "specs" / "notes")
    assert main(["eval", "import", str(tmp_path / "specs"), str(tmp_path / "suite")]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/suite/notes: 3 hidden tests\n"
