"""`list` and `show` read journals."""

from pathlib import Path

import pytest

from agent.cli import main
from agent.events import Event
from agent.journal import Journal
from tests.agent.console.story import STORY


def record(state_dir: Path, run_id: str, events: list[Event]) -> None:
    with Journal(state_dir / "runs" / run_id / "journal.jsonl") as journal:
        for event in events:
            journal.append(event)


@pytest.fixture
def state(tmp_path: Path) -> str:
    record(tmp_path, "k7f2m9qa", STORY)
    record(tmp_path, "k9zzzzzz", STORY[:9])
    return f"state_dir={tmp_path}"


def test_list_is_a_table(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "-c", state]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "run",
        "started",
        "(UTC)",
        "status",
        "steps",
        "model",
        "title",
        "branch",
    ]
    cells = {row.split()[0]: row.split()[1:] for row in rows}
    assert cells["k7f2m9qa"] == [
        *("2026-11-24", "09:00", "verified", "7", "openai:gpt-x", "Bookshop"),
        "agent/bookshop-k7f2m9qa",
    ]
    assert cells["k9zzzzzz"][2:4] == ["open", "3"]


def test_list_without_runs_says_where_it_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "-c", f"state_dir={tmp_path}"]) == 0
    assert capsys.readouterr().out == f"no runs in {tmp_path}\n"


def test_show_is_the_timeline(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "k7", "-c", state]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "- 0:00:00  run k7f2m9qa, model openai:gpt-x"
    assert "✗ 0:00:31  step 5: run_tests tests (20 s, 41 passed, 1 failed): done" in lines
    assert lines[-2].startswith("✓ verified: the verifier accepted it")
    assert lines[-1] == f"  journal: {tmp_path / 'runs' / 'k7f2m9qa' / 'journal.jsonl'}"


def test_show_of_a_run_without_an_end_says_how_to_go_on(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "k9", "-c", state]) == 0
    assert capsys.readouterr().out.splitlines()[-2] == (
        "! not ended: it is running, or was cut off (python -m agent resume k9zzzzzz)"
    )


@pytest.mark.parametrize(
    ("prefix", "says"),
    [
        ("k", "'k' is not unique: k7f2m9qa, k9zzzzzz"),
        ("zz", "there is no run 'zz'; `python -m agent list` shows them"),
    ],
)
def test_a_prefix_must_name_one_run(
    state: str, capsys: pytest.CaptureFixture[str], prefix: str, says: str
) -> None:
    assert main(["show", prefix, "-c", state]) == 2
    assert capsys.readouterr().err == f"error: {says}\n"


def test_show_of_one_step_is_all_that_the_model_saw_and_did(
    state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "k7", "--step", "1", "-c", state]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "- the model saw 2 messages"
    assert main(["show", "k7", "--step", "99", "-c", state]) == 2
    assert "there is no step 99: the run has 7 steps" in capsys.readouterr().err


def test_a_damaged_journal_says_which_line_and_what_can_be_saved(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "runs" / "k7f2m9qa" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:4], lines[4][:40] + b"\n", *lines[5:]]))
    for command in ("show", "resume"):
        assert main([command, "k7", "-c", state]) == 1
        said = capsys.readouterr().err
        assert "journal.jsonl:5: it is not a valid record. The 4 lines before it are intact" in said
        assert "`head -n 4`" in said
    assert main(["list", "-c", state]) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert "damaged" in rows["k7f2m9qa"]
    assert "open" in rows["k9zzzzzz"], "the others are listed"
    journal.write_bytes(b"".join(lines[:4]))
    assert main(["show", "k7", "-c", state]) == 0


def test_a_run_that_another_process_works_on_is_not_resumed(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(tmp_path / "runs" / "k9zzzzzz" / "journal.jsonl"):
        assert main(["resume", "k9", "-c", state]) == 2
        said = capsys.readouterr().err
        assert said.startswith("error: another process is working on 'k9zzzzzz'; wait for it")
        assert main(["show", "k9", "-c", state]) == 0, "looking is allowed"
