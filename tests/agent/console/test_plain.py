"""Plain lines, word for word."""

import tarfile
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from agent.console.lines import Line
from agent.console.plain import PlainConsole
from agent.task import AgentResult, Artifact, EndReason
from tests.agent.console.story import STORY, UNMET, VERIFIED

GOLDEN = Path(__file__).parent / "data"


def told(result: AgentResult) -> str:
    stream = StringIO()
    stream_console = PlainConsole(stream)
    with stream_console:
        for event in STORY:
            stream_console.show(event)
        stream_console.finish(result)
    return stream.getvalue()


@pytest.mark.parametrize(("name", "result"), [("verified.txt", VERIFIED), ("unmet.txt", UNMET)])
def test_a_run_reads_as_a_log(name: str, result: AgentResult) -> None:
    assert told(result) == (GOLDEN / name).read_text(encoding="utf-8")


def test_marks_are_words_where_the_stream_knows_no_others() -> None:
    raw = BytesIO()
    console = PlainConsole(TextIOWrapper(raw, encoding="latin-1"))
    console.say(Line("good", "made"))
    console.say(Line("bad", "broke"))
    assert raw.getvalue() == b"ok made\nFAILED broke\n"


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        (
            "budget_steps",
            "raise the limit and go on: python -m agent resume k7f2m9qa --max-steps N",
        ),
        (
            "sandbox_error",
            "see `python -m agent doctor`, then go on: python -m agent resume k7f2m9qa",
        ),
        ("cancelled", "go on: python -m agent resume k7f2m9qa"),
    ],
)
def test_an_end_that_can_be_resumed_says_how(reason: EndReason, remedy: str) -> None:
    stream = StringIO()
    PlainConsole(stream).finish(UNMET.model_copy(update={"status": reason, "unmet": ()}))
    assert stream.getvalue().splitlines()[-1] == f"  next       {remedy}"


def test_a_long_list_is_cut_and_counted() -> None:
    stream = StringIO()
    PlainConsole(stream).finish(VERIFIED.model_copy(update={"assumptions": ("a",) * 25}))
    assert "             ... and 5 more\n" in stream.getvalue()


@pytest.mark.parametrize(
    ("file", "command"),
    [("compose.yaml", "docker compose up --build"), ("main.py", "less README.md")],
)
def test_the_start_command_fits_the_files(tmp_path: Path, file: str, command: str) -> None:
    path = tmp_path / "source.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(file))
    source = Artifact(path=path, kind="source", sha256="0" * 64, size=1)
    stream = StringIO()
    PlainConsole(stream).finish(VERIFIED.model_copy(update={"artifacts": (source,)}))
    assert f"  start      cd '/tmp/my shop' && {command}\n" in stream.getvalue()
