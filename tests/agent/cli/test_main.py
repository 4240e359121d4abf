"""The edge: what is imported when, and how errors become one line and a code."""

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli import main
from agent.errors import AgentError, JournalError, ModelUnavailable, SpecError
from sandbox.base import SandboxLostError, SandboxStartError

HEAVY = ("rich", "docker", "openai", "git", "langchain", "pydantic", "jinja2")


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["sandbox", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = python(
        "import sys\nfrom agent.cli import main\n"
        f"try: main({arguments!r})\n"
        f"except SystemExit as end: print(end.code, sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_a_run_loads_what_it_needs_when_it_needs_it() -> None:
    late = {
        "docker",
        "httpx2",
        "jinja2",
        "langchain",
        "lark_dbml",
        "openai",
        "pglast",
        "psycopg",
        "rich",
    }
    done = python(f"import sys, agent.cli.commands.run; print(sorted({late!r} & set(sys.modules)))")
    assert done.stdout == "[]\n"


def test_module_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "--help"], capture_output=True, text=True, check=True
    )
    assert "exit codes:" in done.stdout
    assert "130  cancelled" in done.stdout


class Command:
    """Stands where a command's module stands; does what it is told."""

    def __init__(self, act: Callable[[], int]) -> None:
        self._act = act

    def execute(self, _options: object) -> int:
        return self._act()


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], int]:
    def run(act: Callable[[], int]) -> int:
        monkeypatch.setitem(sys.modules, "agent.cli.commands.list", Command(act))
        return main(["list"])

    return run


def noted(error: Exception) -> Exception:
    error.add_note("go on: python -m agent resume k7")
    return error


def raising(error: BaseException) -> Callable[[], int]:
    def act() -> int:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SpecError("a.md:3: no\x1b[2J\nb.md:4: nor"), 2, "error: a.md:3: no\nerror: b.md:4: nor\n"),
        (ModelUnavailable("no answer"), 6, "error: no answer\n"),
        (SandboxStartError("no engine"), 7, "error: no engine\n"),
        (JournalError("line 3 is damaged"), 1, "error: line 3 is damaged\n"),
        (AgentError("odd"), 1, "error: odd\n"),
        (KeyboardInterrupt(), 130, "error: stopped\n"),
        (
            noted(SandboxLostError("it died")),
            7,
            "error: it died; go on: python -m agent resume k7\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/state"),
            2,
            "error: cannot write to /state: Permission denied; change its permissions, or name "
            "another folder\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "/state/runs/x"),
            2,
            "error: cannot write to /state/runs/x: No space left on device; free some space\n",
        ),
    ],
)
def test_an_error_is_a_line_and_a_code(
    run_command: Callable[[Callable[[], int]], int],
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    said: str,
) -> None:
    assert run_command(raising(error)) == code
    assert capsys.readouterr() == ("", said)


def test_an_unknown_os_error_is_not_hidden(
    run_command: Callable[[Callable[[], int]], int],
) -> None:
    with pytest.raises(OSError, match="odd"):
        run_command(raising(OSError(errno.EIO, "odd")))


def test_a_reader_that_left_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agent", "list", "-c", f"state_dir={tmp_path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        assert done.stderr.read() == b""
        assert done.wait() == 1


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["run", "a.md", "--json", "--plain"]])
def test_wrong_options_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m agent")
