"""File changes of commands; `test_tools_in_machine.py` runs real ones."""

from collections.abc import Callable, Sequence

from sandbox.base import ExecResult
from sandbox.memory import Answer
from tools.base import Observation, ToolContext
from tools.run_command import RunCommandArgs, run_command

MakeContext = Callable[[Answer], ToolContext]


def run(ctx: ToolContext, command: str = "make") -> Observation:
    return run_command(ctx, RunCommandArgs(command=command))


def playing(play: Callable[[dict[str, bytes]], ExecResult]) -> Answer:
    def answer(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        return play(files) if "make" in argv else ExecResult(exit_code=0, output="")

    return answer


def test_changes_are_adopted_and_named(make_context: MakeContext) -> None:
    def make(files: dict[str, bytes]) -> ExecResult:
        del files["old.txt"]
        files["new.txt"] = b"new"
        return ExecResult(exit_code=0, output="made\n")

    ctx = make_context(playing(make))
    ctx.workspace.write("old.txt", b"old")
    assert run(ctx) == Observation(
        text="exit code 0 after 0.0 s\nchanged files: new.txt, old.txt\nmade"
    )
    assert list(ctx.workspace.files()) == ["blueprint.json", "new.txt"]


def test_a_failing_command_keeps_its_changes(make_context: MakeContext) -> None:
    def make(files: dict[str, bytes]) -> ExecResult:
        files["new.txt"] = b"new"
        return ExecResult(exit_code=2, output="")

    ctx = make_context(playing(make))
    assert run(ctx) == Observation(text="exit code 2 after 0.0 s\nchanged files: new.txt", ok=False)


def test_files_of_the_harness_stay_as_they_were(make_context: MakeContext) -> None:
    def make(files: dict[str, bytes]) -> ExecResult:
        files["blueprint.json"] = b"{}"
        files[".agent/generated.json"] = b"forged"
        files[".agent/junit.xml"] = b"left over"
        return ExecResult(exit_code=0, output="")

    ctx = make_context(playing(make))
    ctx.workspace.write(".agent/generated.json", b"true")
    blueprint = ctx.workspace.read("blueprint.json")
    assert run(ctx).text == "exit code 0 after 0.0 s"
    assert ctx.workspace.read("blueprint.json") == blueprint
    assert ctx.workspace.read(".agent/generated.json") == b"true"
    assert list(ctx.workspace.files()) == [".agent/generated.json", "blueprint.json"]


def test_a_machine_that_dies_takes_no_file_with_it(make_context: MakeContext) -> None:
    def make(files: dict[str, bytes]) -> ExecResult:
        files.clear()
        return ExecResult(exit_code=None, output="", stopped_by="output")

    ctx = make_context(playing(make))
    ctx.workspace.write("app.py", b"x = 1\n")
    assert "The sandbox machine is gone" in run(ctx).text
    assert list(ctx.workspace.files()) == ["app.py", "blueprint.json"]


def test_a_lack_of_memory_is_told(make_context: MakeContext) -> None:
    killed = ExecResult(exit_code=137, output="", stopped_by="memory")
    said = run(make_context(playing(lambda files: killed)))
    assert said == Observation(
        text="the command used more memory than the sandbox has and was killed after 0.0 s.",
        ok=False,
    )


def test_long_lists_and_long_output_are_cut(make_context: MakeContext) -> None:
    def make(files: dict[str, bytes]) -> ExecResult:
        files.update({f"f{number:02}": b"" for number in range(25)})
        return ExecResult(exit_code=0, output="x" * 20_000)

    said = run(make_context(playing(make))).text
    assert "f19 and 5 more\n" in said
    assert "10000 characters left out: filter the output with grep or tail" in said
