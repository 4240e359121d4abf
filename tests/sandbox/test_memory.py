from collections.abc import Sequence

import pytest

from sandbox.base import (
    ExecResult,
    SandboxLostError,
    SandboxSpec,
    SandboxStartError,
    UnsafeFileError,
)
from sandbox.deadline import CancelToken, Deadline
from sandbox.docker import DockerSandbox
from sandbox.memory import MemoryProvider


def echo(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
    files["ran.txt"] = " ".join(argv).encode()
    return ExecResult(exit_code=len(argv), output=" ".join(argv))


def test_commands_are_played_by_the_answer() -> None:
    sandbox = MemoryProvider(echo).open(SandboxSpec(run_id="r"))
    result = sandbox.exec(["one", "two"], deadline=Deadline.after(5))
    assert (result.exit_code, result.output, result.ok) == (2, "one two", False)
    assert sandbox.get() == {"ran.txt": b"one two"}


def test_every_command_succeeds_without_an_answer() -> None:
    with MemoryProvider().open(SandboxSpec(run_id="r")) as sandbox:
        assert sandbox.exec(["anything"], deadline=Deadline.after(5)).ok
    assert not sandbox.alive


def test_long_output_is_cut() -> None:
    def shout(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        return ExecResult(exit_code=0, output="x" * 1000)

    sandbox = MemoryProvider(shout).open(SandboxSpec(run_id="r"))
    result = sandbox.exec(["x"], deadline=Deadline.after(5), max_output_chars=10)
    assert result.truncated
    assert result.output.startswith("xxxxx\n[...")


def test_a_deadline_that_is_over_plays_nothing() -> None:
    sandbox = MemoryProvider(echo).open(SandboxSpec(run_id="r"))
    result = sandbox.exec(["one"], deadline=Deadline.after(0))
    assert (result.exit_code, result.stopped_by, result.output) == (None, "timeout", "")
    assert not sandbox.alive
    with pytest.raises(SandboxLostError):
        sandbox.exec(["one"], deadline=Deadline.after(5))


def test_a_cancel_during_the_answer_is_seen_after_it() -> None:
    token = CancelToken()

    def cancel(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        token.cancel()
        return ExecResult(exit_code=0, output="half")

    sandbox = MemoryProvider(cancel).open(SandboxSpec(run_id="r"))
    result = sandbox.exec(["x"], deadline=Deadline.after(5, token))
    assert (result.exit_code, result.stopped_by, result.output) == (None, "cancel", "half")
    assert not sandbox.alive


@pytest.mark.parametrize(
    ("limit", "alive"), [("memory", True), ("output", False), ("timeout", False)]
)
def test_a_limit_that_an_answer_plays_kills_like_a_real_one(limit: str, alive: bool) -> None:
    played = ExecResult(exit_code=None, output="", stopped_by=limit)  # type: ignore[arg-type] # from the table above
    sandbox = MemoryProvider(lambda argv, files: played).open(SandboxSpec(run_id="r"))
    assert sandbox.exec(["x"], deadline=Deadline.after(5)).stopped_by == limit
    assert sandbox.alive is alive


def test_hostile_files_of_an_answer_are_refused() -> None:
    def plant(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        files["../evil"] = b""
        return ExecResult(exit_code=0, output="")

    sandbox = MemoryProvider(plant).open(SandboxSpec(run_id="r"))
    sandbox.exec(["x"], deadline=Deadline.after(5))
    with pytest.raises(UnsafeFileError, match="inside"):
        sandbox.get()


def test_reaping_closes_the_open_ones_of_a_run() -> None:
    provider = MemoryProvider()
    first, second = (provider.open(SandboxSpec(run_id=run_id)) for run_id in ("a", "b"))
    assert [provider.reap("a"), provider.reap("a")] == [1, 0]
    assert [first.alive, second.alive] == [False, True]


def test_only_a_memory_sandbox_can_be_a_neighbor() -> None:
    provider = MemoryProvider()
    first = provider.open(SandboxSpec(run_id="r"))
    assert provider.open(SandboxSpec(run_id="r", shares_network_with=first)).alive
    stranger = DockerSandbox.__new__(DockerSandbox)
    with pytest.raises(SandboxStartError, match="memory sandbox"):
        provider.open(SandboxSpec(run_id="r", shares_network_with=stranger))


def test_the_report_says_that_nothing_is_isolated() -> None:
    assert "nothing is isolated" in MemoryProvider().describe()["sandbox"]
