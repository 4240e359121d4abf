"""Where a person reads of independent tests and disputes, and who decides whether there are any."""

from contextlib import closing
from pathlib import Path

import pytest

from agent.admission import admit
from agent.console.lines import event_lines
from agent.console.progress import Progress
from agent.console.summary import summary_lines
from agent.events import Event, TestsFixed
from agent.examiner.suite import DroppedTest, ExamSuite
from agent.journal import read_journal
from agent.report import render_run, view_run
from agent.result import build_result
from agent.runs import RunFolder
from agent.settings import Settings, VerifierSettings, load_settings
from agent.task import AgentResult, AgentTask
from agent.trees import TreeStore
from tests.agent.examiner.test_dispute import MINE, dispute, disputed, ruled
from tests.agent.kit import Script


@pytest.fixture
def run(tmp_path: Path) -> tuple[list[Event], AgentResult]:
    rulings = {MINE: ruled("withdrawn", "line 1 has no song")}
    _, opened, _ = disputed(tmp_path, [dispute(MINE)], rulings)
    with closing(TreeStore(tmp_path / "repository.git")) as trees:
        result = build_result(RunFolder(tmp_path), opened.state, trees)
    return read_journal(tmp_path / "journal.jsonl"), result


def lines(events: list[Event]) -> list[str]:
    return [line.text for event in events for line in event_lines(event, Progress())]


def test_the_result_names_every_dispute(run: tuple[list[Event], AgentResult]) -> None:
    _, result = run
    [one] = result.disputes
    assert (one.test, one.ruling, one.why) == (MINE, "withdrawn", "line 1 has no song")
    assert one.reason == "the spec has no song"
    texts = [line.text for line in summary_lines(result, "")]
    assert f"withdrawn  {MINE}: line 1 has no song" in texts


def test_the_page_shows_tests_and_rulings(run: tuple[list[Event], AgentResult]) -> None:
    page = render_run(view_run(run[0]))
    assert "1 test by a call that saw the spec and the interface, no code." in page
    assert "R1, line 1: it answers." in page
    assert f"{MINE} <b>withdrawn</b>: line 1 has no song" in page


def test_the_log_has_a_line_for_each(run: tuple[list[Event], AgentResult]) -> None:
    told = lines(run[0])
    assert "a fresh call wrote independent tests (10 tokens)" in told
    assert "1 independent test fixed" in told
    assert f"{MINE} withdrawn: line 1 has no song" in told


@pytest.mark.parametrize(
    ("suite", "words"),
    [
        (ExamSuite(skipped="little is left"), "no independent tests: little is left"),
        (
            ExamSuite(dropped=(DroppedTest(id="x", why="y"),)),
            "no independent tests: none that was written can count",
        ),
    ],
)
def test_that_there_are_none_is_told(suite: ExamSuite, words: str) -> None:
    assert lines([TestsFixed(sha256=suite.sha256, suite=suite)]) == [words]


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize(
    ("model", "reads"),
    [("builtin", False), ("scripted:talk.yaml", False), ("openai:gpt", True), ("replay:a", True)],
)
def test_the_setting_decides_for_models_that_read(
    tmp_path: Path, model: str, *, wanted: bool, reads: bool
) -> None:
    settings = Settings(state_dir=tmp_path, verifier=VerifierSettings(independent_tests=wanted))
    task = AgentTask(spec="# A\n\n- It answers.\n", repository=tmp_path / "repo")
    started = admit(task, settings, Script([], name=model))
    assert started.independent_tests == (wanted and reads)


def test_it_is_on_unless_somebody_turns_it_off() -> None:
    assert Settings().verifier.independent_tests


@pytest.mark.parametrize("word", ["true", "false"])
def test_it_is_set_like_any_setting(tmp_path: Path, word: str) -> None:
    for overrides, env in (
        ([f"verifier.independent_tests={word}"], {}),
        ([], {"BACKEND_AGENT_VERIFIER_INDEPENDENT_TESTS": word}),
    ):
        settings = load_settings(overrides, {**env, "HOME": str(tmp_path)}, tmp_path)
        assert settings.verifier.independent_tests == (word == "true")
