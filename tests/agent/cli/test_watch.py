"""Running under a console: codes, Ctrl-C once and twice."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from agent.cli import notes_of
from agent.cli.watch import OnEvent, say_with, watch
from agent.console.plain import PlainConsole
from agent.task import AgentResult
from sandbox.deadline import CancelToken
from tests.agent.console.story import STORY, UNMET, VERIFIED


@pytest.mark.parametrize(("result", "code"), [(VERIFIED, 0), (UNMET, 3)])
def test_the_result_decides_the_code(result: AgentResult, code: int) -> None:
    stream = StringIO()

    def work(cancel: CancelToken, on_event: OnEvent) -> AgentResult:
        for event in STORY:
            on_event(event)
        return result

    assert watch(PlainConsole(stream), work) == code
    assert "run k7f2m9qa" in stream.getvalue()


@pytest.fixture
def older_thread() -> Iterator[None]:
    """A thread that was there before the signals were blocked, so the kernel may pick it."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("older_thread")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_ctrl_c_cancels_and_spares_our_children(number: signal.Signals) -> None:
    stream = StringIO()

    def work(cancel: CancelToken, on_event: OnEvent) -> AgentResult:
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            child.send_signal(number)
            os.kill(os.getpid(), number)
            assert cancel.wait(10)
            assert child.communicate(b"still here")[0] == b"still here"
        return VERIFIED.model_copy(update={"status": "cancelled"})

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert watch(PlainConsole(stream), work) == 130
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert "! stopping after this step, to be resumed later; " in stream.getvalue()


TWICE = """
import os, signal, sys, time
from agent.cli.watch import watch
from agent.console.plain import PlainConsole
from tests.agent.console.story import STORY

def work(cancel, on_event):
    on_event(STORY[0])
    os.kill(os.getpid(), signal.SIGINT)
    assert cancel.wait(10)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(30)

watch(PlainConsole(sys.stdout), work)
"""


def test_the_second_ctrl_c_leaves_at_once_and_says_how_to_resume() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWICE],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 130
    assert done.stderr == "stopped at once; go on: python -m agent resume k7f2m9qa\n"


@pytest.mark.parametrize(
    ("run_id", "notes"),
    [("", []), ("k7f2m9qa", ["go on: python -m agent resume k7f2m9qa"])],
)
def test_a_full_disk_says_how_to_go_on(run_id: str, notes: list[str]) -> None:
    def work(cancel: CancelToken, on_event: OnEvent) -> AgentResult:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space") as full:
        watch(PlainConsole(StringIO()), work, run_id=run_id)
    assert notes_of(full.value) == notes


def test_the_opening_follows_the_first_event() -> None:
    def work(cancel: CancelToken, on_event: OnEvent) -> AgentResult:
        on_event(STORY[0])
        return VERIFIED

    stream = StringIO()
    watch(PlainConsole(stream), work, opening="builtin because no key is set")
    assert stream.getvalue().splitlines()[2] == "- builtin because no key is set"


def test_others_text_is_said_line_by_line() -> None:
    stream = StringIO()
    say_with(PlainConsole(stream))("Step 1/3\n\x1b[1mStep 2/3\x1b[0m")
    assert stream.getvalue() == "- Step 1/3\n- Step 2/3\n"
