"""Each check says what is there, or what to do."""

from pathlib import Path

import pytest

from agent.cli import main
from agent.doctor import (
    check_disk,
    check_docker,
    check_git,
    check_model,
    check_sandbox,
    check_state_dir,
)
from agent.settings import Settings


def test_an_engine_that_is_not_there_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    [finding] = check_docker()
    assert (finding.name, finding.ok) == ("Docker", False)
    assert f"no Docker engine at unix://{tmp_path}/docker.sock" in finding.detail
    assert "install one" in finding.detail


def test_the_command_fails_when_one_check_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert main(["doctor", "--model", "builtin", "-c", f"state_dir={tmp_path}"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["✓", "✓", "✗", "✓", "✓", "✓"]
    assert lines[-1] == "✓ model: builtin, as asked for"


def test_git_that_is_missing_or_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not check_git().ok
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho git version 2.20.1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert check_git().detail == "2.20.1 is too old; install 2.28 or newer"


def test_a_model_that_cannot_be_opened(tmp_path: Path) -> None:
    finding = check_model(Settings(state_dir=tmp_path), "openai:gpt-x")
    assert not finding.ok
    assert "OPENAI_API_KEY" in finding.detail


def test_folders_that_do_not_exist_yet_are_judged_by_their_parent(tmp_path: Path) -> None:
    assert check_state_dir(tmp_path / "a" / "b").ok
    assert check_disk(tmp_path / "a" / "b").ok


@pytest.mark.bubblewrap
def test_bubblewrap_is_tried_and_its_limits_are_named() -> None:
    first, second = check_sandbox("bubblewrap")
    assert (first.name, first.ok, second.ok) == ("bubblewrap", True, True)
    assert "processes 256" in first.detail


def test_no_bwrap_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    [finding] = check_sandbox("bubblewrap")
    assert not finding.ok
    assert "bwrap does not work here (no namespaces); " in finding.detail


def test_local_is_never_well() -> None:
    [finding] = check_sandbox("local")
    assert not finding.ok
